//! `status` alone, where the namespace has no release: those that have some are there to choose from.

use std::collections::BTreeMap;

use anyhow::Result;

use super::inside;
use crate::certs::lint::EXPIRES_WITHIN_DAYS;
use crate::cli::{StatusArgs, StatusOutput};
use crate::exit::was_left;
use crate::helm::Helm;
use crate::interrupt;
use crate::kube::{ClusterAddress, Kubectl};
use crate::request::TargetSpec;
use crate::ui::{self, Screen};
use crate::vendor::Component;

/// Where to look instead.
pub(super) enum Elsewhere {
    /// In one namespace.
    In(String),
    /// In all of them.
    Everywhere,
}

impl Elsewhere {
    /// What to look for there.
    pub(super) fn specs(&self) -> Vec<TargetSpec> {
        let spec = |component| TargetSpec {
            namespace: match self {
                Self::In(namespace) => Some(namespace.clone()),
                Self::Everywhere => None,
            },
            ..TargetSpec::of(component)
        };
        Component::ALL.map(spec).to_vec()
    }

    /// Whether all namespaces are meant.
    pub(super) fn is_everywhere(&self) -> bool {
        matches!(self, Self::Everywhere)
    }
}

/// Whether nothing says where to look, and somebody is there to be asked and sees what comes of it.
pub(super) fn may_ask(arguments: &StatusArgs, is_listed: bool) -> bool {
    let says_where = !arguments.components.is_empty()
        || !arguments.places.0.are_default()
        || arguments.looks_further()
        || is_listed;
    let is_plain = arguments.certificates.is_empty() && arguments.ignore.is_empty();
    let for_people = is_plain && arguments.output == StatusOutput::Text && ui::is_interactive();
    !says_where && for_people && ui::shows_results()
}

/// The namespaces that have releases, to choose from. `None` where there are none, where that may not be seen, and where the user
/// wants none of them.
pub(super) fn chosen(
    arguments: &StatusArgs,
    cluster: &ClusterAddress,
    screen: &Screen,
) -> Result<Option<Elsewhere>> {
    let helm = Helm::at(cluster)?;
    let (found, inside) = screen.meanwhile("looking for releases in all namespaces", || {
        let all = helm.releases_everywhere().unwrap_or_default().into_iter();
        let all: Vec<_> = all.map(|one| (one.namespace, one.release)).collect();
        let kubectl = Kubectl::at(cluster).map_err(|error| format!("{error:#}"));
        let inside = inside::with_ours(&all, &kubectl, None);
        (all, inside)
    });
    interrupt::check()?;
    let mut by_namespace: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (namespace, release) in found {
        let is_named = |component: &Component| release.version_as(*component).is_some();
        let place = (namespace, release.name.clone());
        if Component::ALL.iter().any(is_named) || inside.contains(&place) {
            let (namespace, name) = place;
            by_namespace.entry(namespace).or_default().push(name);
        }
    }
    if by_namespace.is_empty() {
        return Ok(None);
    }
    let mut labels = vec!["all namespaces".to_owned()];
    labels.extend(by_namespace.iter_mut().map(|(namespace, names)| {
        names.sort();
        format!("{namespace}: {}", names.join(", "))
    }));
    let here = cluster.namespace();
    let question = format!("No release of ClearML in {here}. Where to look?");
    let index = match ui::choose(&question, &labels) {
        Ok(index) => index,
        Err(error) if was_left(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let namespace = index.checked_sub(1);
    let namespace = namespace.and_then(|index| by_namespace.into_keys().nth(index));
    let mut words = vec!["clearml-certs", "status"];
    match &namespace {
        Some(name) => words.extend(["-n", name]),
        None => words.push("-A"),
    }
    words.extend(arguments.skip_probe.then_some("--skip-probe"));
    let days = arguments.expires_within.to_string();
    if arguments.expires_within != EXPIRES_WITHIN_DAYS {
        words.extend(["--expires-within", &days]);
    }
    let line = cluster.helm(&words);
    screen.note(&format!("The same without a question:\n  {line}"));
    Ok(Some(namespace.map_or(Elsewhere::Everywhere, Elsewhere::In)))
}
