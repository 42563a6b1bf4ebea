//! What can be seen before anything is asked.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::path::{Path, PathBuf};

use super::super::default_chart::default_chart;
use super::offered;
use crate::files;
use crate::guided::{Given, Seen};
use crate::helm::{Helm, HelmError, PlacedRelease};
use crate::kube::{ClusterAddress, Kubectl};
use crate::overrides::{Mode, mode_in};
use crate::plan::named_in;
use crate::sources::Place;
use crate::ui::Screen;
use crate::vendor::{Component, Layout};
use crate::yaml;

/// Looks around: the cluster, the override files, this machine.
pub(super) fn survey(given: &Given, helm: &Helm, screen: &Screen) -> Seen {
    let cluster = helm.cluster();
    let Ok(looked) = screen.step("looking for what is deployed", || {
        Ok::<_, Infallible>(releases(helm, cluster.namespace()))
    });
    let (releases, is_silent) = match looked {
        Ok(releases) => (releases, false),
        Err(error) => {
            let why = error.message.lines().last().unwrap_or_default();
            let (is_silent, so) = if error.is_cluster_unreachable() {
                (
                    true,
                    "The cluster does not answer, so nothing can be deployed, and only files can be written",
                )
            } else {
                (
                    false,
                    "The cluster does not tell what is deployed, so names have to be typed",
                )
            };
            screen.note(&format!("{so} ({why})."));
            (Vec::new(), is_silent)
        }
    };
    let mut seen = Seen {
        namespaces: if is_silent {
            Vec::new()
        } else {
            namespaces(&releases, cluster)
        },
        releases,
        is_silent,
        namespace: cluster.namespace().to_owned(),
        certificates: if given.certificates {
            Vec::new()
        } else {
            offered::certificates()
        },
        has_system_bundle: "system".parse::<Place>().is_ok(),
        ..Seen::default()
    };
    for component in Component::ALL {
        let documented = component.documented();
        seen.charts.push((component, default_chart(documented)));
        if Path::new(documented.override_file).is_file() {
            seen.files.push(component);
        }
        let concerned = given.components.is_empty() || given.components.contains(&component);
        for file in values_files(component, given).iter().filter(|_| concerned) {
            read(file, component, &mut seen);
        }
    }
    seen
}

/// Every namespace's releases; those of the current one where the others may not be seen.
fn releases(helm: &Helm, namespace: &str) -> Result<Vec<PlacedRelease>, HelmError> {
    helm.releases_everywhere().or_else(|error| {
        if error.is_cluster_unreachable() {
            Err(error)
        } else {
            let here = helm.releases(namespace)?.into_iter();
            let placed = here.map(|release| PlacedRelease {
                namespace: namespace.to_owned(),
                release,
            });
            Ok(placed.collect())
        }
    })
}

/// Helm cannot list namespaces; kubectl can, and releases tell some. By name.
fn namespaces(releases: &[PlacedRelease], cluster: &ClusterAddress) -> Vec<String> {
    let of_releases = releases.iter().map(|release| release.namespace.clone());
    let all = of_releases.chain(all_namespaces(cluster).unwrap_or_default());
    let all: BTreeSet<String> = all.collect();
    all.into_iter().collect()
}

/// The user's namespaces; those of Kubernetes itself hold no ClearML.
fn all_namespaces(cluster: &ClusterAddress) -> Option<Vec<String>> {
    let mut names = Kubectl::at(cluster).ok()?.namespaces().ok()?;
    names.retain(|name| !name.starts_with("kube-"));
    Some(names)
}

fn values_files(component: Component, given: &Given) -> Vec<PathBuf> {
    let named = given.options.iter().find(|one| one.component == component);
    match named {
        Some(options) if !options.values.is_empty() => options.values.clone(),
        _ => vec![component.documented().override_file.into()],
    }
}

/// What an override file tells. One that cannot be read is refused with its line later.
fn read(file: &Path, component: Component, seen: &mut Seen) {
    let Ok(Some(text)) = files::read(file) else {
        return;
    };
    let Ok(values) = yaml::value_of(&text) else {
        return;
    };
    let layout = Layout::of(component, "", &values);
    if mode_in(&values, layout.certificates) == Mode::Replace {
        seen.replaces = Some(component);
    }
    for server in named_in(&values, layout) {
        let url = server.endpoint.to_string();
        if !seen.servers.iter().any(|(known, _)| *known == url) {
            let name = server.path.rsplit('.').next().unwrap_or_default();
            seen.servers.push((url, name.to_owned()));
        }
    }
}
