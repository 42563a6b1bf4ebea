//! What can be seen before anything is asked.

use std::convert::Infallible;
use std::path::{Path, PathBuf};

use serde_yaml::Value;

use super::super::default_chart::default_chart;
use crate::guided::{Given, Seen};
use crate::helm::{Helm, HelmError, PlacedRelease};
use crate::kube::{ClusterAddress, Kubectl};
use crate::plan::named_in;
use crate::sources::Place;
use crate::ui::Screen;
use crate::values;
use crate::vendor::{Component, Layout, OVERRIDE_BUNDLE};

/// Looks around: the cluster, the override files, this machine.
pub(super) fn survey(given: &Given, helm: &Helm, screen: &Screen) -> Seen {
    let cluster = helm.cluster();
    let Ok(looked) = screen.step("looking for what is deployed", || {
        Ok::<_, Infallible>(releases(helm, cluster.namespace()))
    });
    let releases = looked.unwrap_or_else(|error| {
        let why = error.message.lines().last().unwrap_or_default();
        screen.note(&format!(
            "The cluster cannot be asked what is deployed, so names have to be typed ({why})."
        ));
        Vec::new()
    });
    let mut seen = Seen {
        namespaces: namespaces(&releases, cluster),
        releases,
        namespace: cluster.namespace().to_owned(),
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

/// Helm cannot list namespaces; kubectl can, and releases tell some.
fn namespaces(releases: &[PlacedRelease], cluster: &ClusterAddress) -> Vec<String> {
    if releases.is_empty() {
        return all_namespaces(cluster).unwrap_or_default();
    }
    let mut names: Vec<String> = releases
        .iter()
        .map(|release| release.namespace.clone())
        .chain(all_namespaces(cluster).unwrap_or_default())
        .collect();
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
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
    let Ok(text) = std::fs::read_to_string(file) else {
        return;
    };
    let Ok(values) = serde_yaml::from_str::<Value>(&text) else {
        return;
    };
    let layout = Layout::of(component, "", &values);
    if replaces(&values, layout) {
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

fn replaces(values: &Value, layout: &Layout) -> bool {
    let path = layout.under_certificates(OVERRIDE_BUNDLE);
    values::lookup(values, &path)
        .and_then(Value::as_str)
        .is_some_and(|text| !text.trim().is_empty())
}
