//! Which releases there are in a cluster, as far as that may be seen.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::super::bundles;
use super::inside;
use crate::certs::bundle::Entry;
use crate::finding::Finding;
use crate::helm::{Helm, HelmError, ReleaseSummary, chart_and_version};
use crate::kube::{ClusterAddress, Kubectl};
use crate::proof::Object;
use crate::request::TargetSpec;
use crate::side_by_side::{AT_ONCE, side_by_side};
use crate::sources::{Access, Place, Source};
use crate::status::{Live, by_release, chart_of};
use crate::vendor::{Component, Recognised, recognised};

/// A cluster that answers.
pub(super) struct Surveyed {
    pub(super) helm: Helm,
    pub(super) kubectl: Result<Kubectl, String>,
    /// The releases that may be ours, with what is known so far.
    pub(super) candidates: Vec<Candidate>,
    /// The releases whose live objects alone can be seen.
    pub(super) shadows: Vec<Shadow>,
    /// The certificates that are to be deployed, where sources were named and could be read.
    pub(super) given: Option<Vec<Entry>>,
    /// What may not be read, and what was strange about the sources.
    pub(super) findings: Vec<Finding>,
}

/// A release that may be of one of the charts that are looked for.
pub(super) struct Candidate {
    pub(super) namespace: String,
    pub(super) listed: ReleaseSummary,
    /// Whose chart it is, or which have theirs inside it; none where its values have to tell.
    pub(super) components: Vec<Component>,
}

/// A release that Helm may not tell of.
pub(super) struct Shadow {
    pub(super) namespace: String,
    pub(super) release: String,
    pub(super) component: Component,
    /// The chart's name and version.
    pub(super) chart: (String, Option<String>),
    pub(super) live: Live,
    /// Why Helm may not tell.
    pub(super) why: String,
}

/// A place that Helm may not list; `None` for all namespaces together.
struct Closed {
    namespace: Option<String>,
    why: String,
}

/// What is looked for, beside the releases that were named.
#[derive(Clone, Copy)]
pub(super) struct Looked<'a> {
    /// In all namespaces.
    pub(super) everywhere: bool,
    /// What is to be deployed.
    pub(super) sources: &'a [Source],
}

/// Looks for releases in one cluster.
///
/// # Errors
/// It does not answer.
pub(super) fn survey(
    looked: Looked<'_>,
    specs: &[TargetSpec],
    given: &[Entry],
    cluster: &ClusterAddress,
) -> Result<Surveyed> {
    let helm = Helm::at(cluster)?;
    helm.ask_version_in_background();
    let kubectl = Kubectl::at(cluster).map_err(|error| format!("{error:#}"));
    let (listed, closed, live) = if looked.everywhere {
        everywhere(&helm, &kubectl)?
    } else {
        let (listed, closed) = in_namespaces(&helm, &namespaces(specs, cluster))?;
        (listed, closed, None)
    };
    let is_open = specs.iter().any(|spec| spec.release.is_none());
    let inside =
        (looked.everywhere && is_open).then(|| inside::with_ours(&listed, &kubectl, live.as_ref()));
    let mut surveyed = Surveyed {
        candidates: candidates(listed, specs, inside.as_ref()),
        shadows: Vec::new(),
        given: None,
        findings: Vec::from_iter(unseen(&closed, cluster, &kubectl)),
        helm,
        kubectl,
    };
    surveyed.add_shadows(&closed, live.as_ref(), specs);
    surveyed.read_sources(looked.sources, given, cluster);
    Ok(surveyed)
}

/// The namespaces that are looked in: a component's own, else that of `-n`.
fn namespaces(specs: &[TargetSpec], cluster: &ClusterAddress) -> Vec<String> {
    let names = specs.iter();
    let names = names.map(|spec| spec.namespace_in(cluster).to_owned());
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

type Listed = Vec<(String, ReleaseSummary)>;

/// The releases of some namespaces, and the namespaces that Helm may not list.
fn in_namespaces(helm: &Helm, namespaces: &[String]) -> Result<(Listed, Vec<Closed>), HelmError> {
    let answers = side_by_side(namespaces, AT_ONCE, |namespace| helm.releases(namespace));
    let (mut listed, mut closed) = (Vec::new(), Vec::new());
    for (namespace, answer) in namespaces.iter().zip(answers) {
        match answer {
            Ok(releases) => listed.extend(releases.into_iter().map(|one| (namespace.clone(), one))),
            Err(error) => closed.push(Closed::by(error, Some(namespace))?),
        }
    }
    Ok((listed, closed))
}

/// The releases of all namespaces. Who may not list Helm's Secrets everywhere may do so in some: those that have live objects of
/// a release, as far as they can be seen, else that of `-n`.
fn everywhere(
    helm: &Helm,
    kubectl: &Result<Kubectl, String>,
) -> Result<(Listed, Vec<Closed>, Option<Live>), HelmError> {
    let error = match helm.releases_everywhere() {
        Ok(all) => {
            let all = all.into_iter().map(|one| (one.namespace, one.release));
            return Ok((all.collect(), Vec::new(), None));
        }
        Err(error) => error,
    };
    let all = Closed::by(error, None)?;
    let live = live_of(kubectl, None);
    let seen = by_release(live.objects.clone());
    let mut names: BTreeSet<String> = seen
        .keys()
        .map(|(namespace, _)| namespace.clone())
        .collect();
    names.insert(helm.cluster().namespace().to_owned());
    let names: Vec<String> = names.into_iter().collect();
    let (listed, mut closed) = in_namespaces(helm, &names)?;
    closed.insert(0, all);
    Ok((listed, closed, Some(live)))
}

impl Closed {
    /// What Helm may not do; any other failure is the cluster's.
    fn by(error: HelmError, namespace: Option<&str>) -> Result<Self, HelmError> {
        let why = error.forbidden().ok_or(error)?;
        Ok(Self {
            namespace: namespace.map(str::to_owned),
            why,
        })
    }
}

/// What may not be read, in the cluster's own words, and what is shown instead.
fn unseen(
    closed: &[Closed],
    cluster: &ClusterAddress,
    kubectl: &Result<Kubectl, String>,
) -> Option<Finding> {
    let first = closed.first()?;
    let names: Vec<&str> = closed
        .iter()
        .filter_map(|one| one.namespace.as_deref())
        .collect();
    let place = match names.as_slice() {
        [] => "of all namespaces together".to_owned(),
        [only] => format!("in namespace {only}"),
        several => format!("in the namespaces {}", several.join(", ")),
    };
    let mut asking = vec!["auth", "can-i", "list", "secrets"];
    match (&first.namespace, names.as_slice()) {
        (Some(namespace), [_]) => asking.extend(["-n", namespace]),
        _ => asking.push("-A"),
    }
    let instead = match (kubectl, names.is_empty()) {
        (Err(why), _) => format!("live objects cannot be looked at instead: {why}"),
        (Ok(_), false) => "shown is what live objects tell".to_owned(),
        (Ok(_), true) => "so looked at are the namespaces in which live objects of releases can be seen, and that of -n".to_owned(),
    };
    Some(
        Finding::warning(
            "no-rights",
            format!(
                "Helm's releases {place} may not be read ({}); {instead}",
                first.why
            ),
        )
        .hint(format!(
            "ask for the right to get and list secrets there, where Helm keeps releases: {}",
            cluster.kubectl(&asking)
        )),
    )
}

/// Those of the releases that may be of a chart that is looked for. A chart of another name has to be looked at by its values,
/// which costs a call each: in all namespaces only those that have something of ours `inside`.
fn candidates(
    listed: Listed,
    specs: &[TargetSpec],
    inside: Option<&BTreeSet<(String, String)>>,
) -> Vec<Candidate> {
    let is_worth_it = |namespace: &str, name: &str| {
        inside.is_none_or(|inside| inside.contains(&(namespace.to_owned(), name.to_owned())))
    };
    let is_there = listed.into_iter().filter(|(_, one)| !one.is_uninstalled());
    let may_be = is_there.filter_map(|(namespace, listed)| {
        let is_named = |spec: &&TargetSpec| spec.release.as_ref() == Some(&listed.name);
        let here: Vec<&TargetSpec> = specs.iter().filter(|one| one.allows(&namespace)).collect();
        let named = here.iter().copied().filter(is_named);
        let named: BTreeSet<Component> = named.map(|spec| spec.component).collect();
        let components = if named.is_empty() {
            let open = here.iter().filter(|spec| spec.release.is_none());
            let mut open = open.map(|spec| spec.component).peekable();
            open.peek()?;
            let (chart, _) = chart_and_version(&listed.chart);
            match recognised(chart) {
                Recognised::As(component) => vec![open.find(|one| *one == component)?],
                Recognised::No if !is_worth_it(&namespace, &listed.name) => return None,
                Recognised::Perhaps | Recognised::No => Vec::new(),
            }
        } else {
            named.into_iter().collect()
        };
        Some(Candidate {
            namespace,
            listed,
            components,
        })
    });
    may_be.collect()
}

impl TargetSpec {
    /// Whether it may be in a namespace.
    pub(super) fn allows(&self, namespace: &str) -> bool {
        self.namespace.as_deref().is_none_or(|own| own == namespace)
    }
}

/// Whether a source is in a cluster, so that each has its own.
pub(super) fn is_in_cluster(source: &Source) -> bool {
    matches!(source.place, Place::Object(_) | Place::Release { .. })
}

impl Surveyed {
    /// The certificates that are to be deployed here: `given`, and what the sources hold that are in this cluster.
    fn read_sources(&mut self, sources: &[Source], given: &[Entry], cluster: &ClusterAddress) {
        if sources.is_empty() {
            return;
        }
        let here = sources.iter().filter(|one| is_in_cluster(one));
        let here: Vec<Source> = here.cloned().collect();
        match bundles::read(&here, &Access::looking(cluster)) {
            Ok((bundle, findings)) => {
                self.given = Some([given, &bundle.entries].concat());
                self.findings.extend(findings);
            }
            Err(error) => self.findings.push(
                Finding::error(
                    "ca-unreadable",
                    format!("on {cluster}, what is to be deployed cannot be read, so nothing is compared with it: {error:#}"),
                )
                .hint("name a source that is there, with its namespace: configmap:NAMESPACE/NAME"),
            ),
        }
    }

    /// The releases of closed namespaces, by their live objects.
    fn add_shadows(&mut self, closed: &[Closed], live: Option<&Live>, specs: &[TargetSpec]) {
        let one_by_one: Vec<&Closed> = closed
            .iter()
            .filter(|one| one.namespace.is_some())
            .collect();
        for closed in one_by_one {
            let Some(namespace) = &closed.namespace else {
                continue;
            };
            let live = match live {
                Some(live) => live.clone(),
                None => live_of(&self.kubectl, Some(namespace)),
            };
            let releases = by_release(live.objects).into_iter();
            let here = releases.filter(|((place, _), _)| place == namespace);
            let shadows = here.filter_map(|((namespace, release), objects)| {
                let component = component_of(&release, &namespace, &objects, specs)?;
                let label = chart_of(&objects).unwrap_or_default();
                let (name, version) = chart_and_version(&label);
                Some(Shadow {
                    component,
                    chart: (
                        name.to_owned(),
                        (!version.is_empty()).then(|| version.to_owned()),
                    ),
                    live: Live {
                        objects,
                        unread: live.unread.clone(),
                    },
                    why: closed.why.clone(),
                    namespace,
                    release,
                })
            });
            self.shadows.extend(shadows);
        }
    }

    /// The live objects of one release, where helm may not read them all itself.
    pub(super) fn live_of(&self, namespace: &str, release: &str) -> Live {
        let live = live_of(&self.kubectl, Some(namespace));
        let mut releases: BTreeMap<_, Vec<Object>> = by_release(live.objects);
        let key = (namespace.to_owned(), release.to_owned());
        Live {
            objects: releases.remove(&key).unwrap_or_default(),
            unread: live.unread,
        }
    }
}

/// Whose a release is, by its objects: by the chart's label, else by a container that only one component has.
fn component_of(
    release: &str,
    namespace: &str,
    objects: &[Object],
    specs: &[TargetSpec],
) -> Option<Component> {
    let here = || specs.iter().filter(|spec| spec.allows(namespace));
    if let Some(spec) = here().find(|spec| spec.release.as_deref() == Some(release)) {
        return Some(spec.component);
    }
    let label = chart_of(objects).unwrap_or_default();
    let (chart, _) = chart_and_version(&label);
    let mut open = here().filter(|spec| spec.release.is_none());
    let found = open.find(|spec| inside::is_of(spec.component, chart, objects))?;
    Some(found.component)
}

/// The kinds that are looked at, with kubectl's names for them.
const KINDS: [(&str, &str); 5] = [
    ("ConfigMap", "configmaps"),
    ("Deployment", "deployments"),
    ("StatefulSet", "statefulsets"),
    ("DaemonSet", "daemonsets"),
    ("Pod", "pods"),
];

/// The live objects of a namespace, or of all: in one call where all kinds may be read.
fn live_of(kubectl: &Result<Kubectl, String>, namespace: Option<&str>) -> Live {
    let secrets = ("Secret", "Secrets were not looked at".to_owned());
    let mut live = Live {
        objects: Vec::new(),
        unread: vec![secrets],
    };
    let kubectl = match kubectl {
        Ok(kubectl) => kubectl,
        Err(why) => return Live::untold(why),
    };
    let get = |names: &str| -> Result<Vec<Object>> {
        let place: &[&str] = match &namespace {
            Some(namespace) => &["-n", namespace],
            None => &["--all-namespaces"],
        };
        let words: &[&str] = &[
            "-o",
            "json",
            "--show-managed-fields",
            "--request-timeout=20s",
        ];
        let printed = kubectl.run(&[&["get", names], place, words].concat())?;
        Ok(Object::listed(&serde_json::from_slice(&printed)?))
    };
    let names: Vec<&str> = KINDS.iter().map(|(_, name)| *name).collect();
    if let Ok(objects) = get(&names.join(",")) {
        live.objects = objects;
        return live;
    }
    for ((kind, name), answer) in KINDS
        .iter()
        .zip(side_by_side(&names, AT_ONCE, |name| get(name)))
    {
        match answer {
            Ok(objects) => live.objects.extend(objects),
            Err(error) => {
                let why = format!("{error:#}");
                let why = why.lines().next().unwrap_or_default();
                live.unread
                    .push((*kind, format!("{name} may not be read: {why}")));
            }
        }
    }
    live
}
