//! The release and the live objects.

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml::Value;

use super::{Agreement, Baseline, Evidence, Stored};
use crate::finding::Finding;
use crate::overrides::Placed;
use crate::plan::aliases;
use crate::proof::{Arrival, Carriers, Found, Object, PodPlace, prove};
use crate::trust_store::REQUESTS;

/// What a cluster has of one release.
#[derive(Debug, Clone, Default)]
pub struct Live {
    /// Its objects and their pods.
    pub objects: Vec<Object>,
    /// The kinds that were not read, and why; what is not here of them may be there.
    pub unread: Vec<(&'static str, String)>,
}

/// Every kind that matters here.
const KINDS: [&str; 6] = [
    "ConfigMap",
    "Secret",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    POD,
];

impl Live {
    /// Nothing is known of any object.
    #[must_use]
    pub fn untold(why: &str) -> Self {
        Self {
            objects: Vec::new(),
            unread: KINDS.map(|kind| (kind, why.to_owned())).into(),
        }
    }

    pub(super) fn without_pods(&self) -> Vec<Object> {
        let others = self.objects.iter().filter(|object| object.kind != POD);
        others.cloned().collect()
    }

    pub(super) fn pods(&self) -> impl Iterator<Item = &Object> {
        self.objects.iter().filter(|object| object.kind == POD)
    }

    /// Why a kind may not be read.
    pub(super) fn unread(&self, kind: &str) -> Option<&str> {
        let mut unread = self.unread.iter();
        let (_, why) = unread.find(|(one, _)| *one == kind)?;
        Some(why)
    }
}

/// The kind of a pod.
pub(super) const POD: &str = "Pod";

/// Where Helm notes the release that an object is of (`meta.helm.sh`, since Helm 3.2).
const RELEASE: &[&str] = &["metadata", "annotations", "meta.helm.sh/release-name"];
const RELEASE_NAMESPACE: &[&str] = &["metadata", "annotations", "meta.helm.sh/release-namespace"];
/// The label that charts put on their objects by Helm's own convention.
const CHART: &[&str] = &["metadata", "labels", "helm.sh/chart"];

/// Live objects by the namespace and the name of their release, each with the pods that its workloads own. What is of no release
/// is left out.
#[must_use]
pub fn by_release(objects: Vec<Object>) -> BTreeMap<(String, String), Vec<Object>> {
    let text = |object: &Object, path: &[&str]| {
        let text = object.get(path).and_then(Value::as_str);
        text.map(str::to_owned)
    };
    let mut releases: BTreeMap<(String, String), Vec<Object>> = BTreeMap::new();
    let mut owners: BTreeMap<(String, String, String), (String, String)> = BTreeMap::new();
    let (pods, others): (Vec<Object>, Vec<Object>) =
        objects.into_iter().partition(|object| object.kind == POD);
    for object in others {
        let named = text(&object, RELEASE_NAMESPACE).zip(text(&object, RELEASE));
        if let Some(release) = named {
            let namespace = object.id().namespace.to_owned();
            let owner = (namespace, object.kind.clone(), object.name.clone());
            owners.insert(owner, release.clone());
            releases.entry(release).or_default().push(object);
        }
    }
    for pod in pods {
        let release = owner_of(&pod).and_then(|(kind, name)| {
            let owner = (pod.id().namespace.to_owned(), kind, name);
            owners.get(&owner)
        });
        if let Some(objects) = release.and_then(|release| releases.get_mut(release)) {
            objects.push(pod);
        }
    }
    releases
}

/// The chart that objects are of, with its version in the same word, by their labels.
#[must_use]
pub fn chart_of(objects: &[Object]) -> Option<String> {
    let mut labels = objects.iter().filter_map(|object| object.get(CHART));
    // A `+` may not stand in a label.
    Some(labels.find_map(Value::as_str)?.replace('_', "+"))
}

/// Kind and name of the workload that a pod is of: a Deployment's pods belong to its `ReplicaSet`, which is called like it and
/// the hash of its template.
pub(super) fn owner_of(pod: &Object) -> Option<(String, String)> {
    let owners = pod.get(&["metadata", "ownerReferences"])?.as_sequence()?;
    let is_controller = |owner: &&Value| owner.get("controller") == Some(&Value::Bool(true));
    let owner = owners.iter().find(is_controller)?;
    let text = |field: &str| owner.get(field).and_then(Value::as_str);
    let (kind, name) = (text("kind")?, text("name")?);
    if kind != "ReplicaSet" {
        return Some((kind.to_owned(), name.to_owned()));
    }
    let hash = pod.get(&["metadata", "labels", "pod-template-hash"])?;
    let deployment = name.strip_suffix(hash.as_str()?)?.strip_suffix('-')?;
    Some(("Deployment".to_owned(), deployment.to_owned()))
}

/// Compares the certificates of ConfigMaps and Secrets by content, and whether workloads and task pods of the cluster still
/// bring them where the release's do.
pub(super) fn compare(
    evidence: &Evidence<'_>,
    baseline: &Baseline<'_>,
) -> (Agreement, Vec<Finding>) {
    if let Stored::Hidden(why) = evidence.stored {
        return (Agreement::Unknown(why.to_owned()), Vec::new());
    }
    let placed = &baseline.trusts.certificates;
    let carriers = &baseline.proof.carriers;
    let carrying = carriers.carrying_objects();
    if placed.is_empty() && carrying.is_empty() {
        return (Agreement::Nothing, Vec::new());
    }
    let live = evidence.live;
    let mut apart = Vec::new();
    let mut unread: BTreeSet<String> = BTreeSet::new();
    for (kind, name, found) in carriers.found_in(&Carriers::find(&live.objects)) {
        if let (Some(why), true) = (live.unread(kind), found != Found::Same) {
            unread.insert(why.to_owned());
            continue;
        }
        match found {
            Found::Same => {}
            Found::Other => apart.push(format!("{kind} {name} has other certificates")),
            Found::Nothing => apart.push(format!("{kind} {name} is gone")),
        }
    }
    // As if the cluster had every certificate as rendered: what else keeps them from arriving?
    let is_carrier = |object: &Object| carrying.contains(&(object.kind.as_str(), &object.name));
    let mut mixed = live.without_pods();
    mixed.retain(|object| !is_carrier(object));
    let rendered = baseline.objects.iter().filter(|one| is_carrier(one));
    mixed.extend(rendered.cloned());
    let now = prove(&mixed, &baseline.itself);
    let pairs = [
        (&baseline.proof.workloads, &now.workloads),
        (&baseline.proof.task_pods, &now.task_pods),
    ];
    for (rendered, live_ones) in pairs {
        for arrival in rendered {
            let (kind, name) = holder(&arrival.place);
            if let Some(why) = live.unread(kind) {
                unread.insert(why.to_owned());
                continue;
            }
            let is_there = live
                .objects
                .iter()
                .any(|one| one.kind == kind && one.name == name);
            let there = live_ones.iter().find(|one| one.place == arrival.place);
            apart.extend(lost(arrival, there, is_there, placed));
        }
    }
    let mut findings = Vec::new();
    if !apart.is_empty() {
        findings.push(
            Finding::error(
                "live-objects-differ",
                format!(
                    "the cluster has not what {} says: {}",
                    evidence.name(),
                    apart.join("; ")
                ),
            )
            .hint(format!(
                "put it back: {}\n  (what was edited with kubectl, Helm 4 leaves to who edited it: add -- --force-conflicts)",
                evidence.put_back()
            )),
        );
    }
    unread.extend(evidence.unread_document());
    let agreement = match (apart.is_empty(), unread.first()) {
        (false, _) => Agreement::Differs,
        (true, None) => Agreement::Same,
        (true, Some(why)) => Agreement::Unknown(why.clone()),
    };
    if let Agreement::Unknown(why) = &agreement {
        findings.push(Finding::note(
            "live-objects-unknown",
            format!(
                "whether the cluster has what {} says is known in part only: {why}",
                evidence.name()
            ),
        ));
    }
    (agreement, findings)
}

/// Kind and name of the object that a pod spec stands in.
fn holder(place: &PodPlace) -> (&str, &str) {
    match place {
        PodPlace::Workload { kind, name } => (kind, name),
        PodPlace::Template(place) => (&place.text.kind, &place.text.object),
        PodPlace::Values(path) => ("", path),
    }
}

/// What gets less far in the cluster than it was rendered to.
fn lost(
    rendered: &Arrival,
    live: Option<&Arrival>,
    is_there: bool,
    placed: &[Placed],
) -> Option<String> {
    let gets_less_far = |one: &Placed| {
        let certificate = one.certificate.fingerprint;
        let reach = |arrival: &Arrival| arrival.reach(certificate, REQUESTS);
        live.map(reach) < Some(reach(rendered)) && rendered.gets(certificate)
    };
    let aliases = aliases(placed, gets_less_far)?;
    let (kind, name) = holder(&rendered.place);
    Some(if is_there {
        format!("{} no longer gets {aliases}", rendered.place)
    } else {
        format!("{kind} {name} is gone")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::parse;

    #[test]
    fn pods_belong_to_the_release_of_their_workload() {
        let object = |kind: &str, name: &str, more: &str| {
            format!("kind: {kind}\nmetadata:\n  name: {name}\n  namespace: ml\n{more}---\n")
        };
        let of = |release: &str| {
            format!(
                "  annotations: {{meta.helm.sh/release-name: {release}, meta.helm.sh/release-namespace: ml}}\n"
            )
        };
        let owned = |kind: &str, name: &str, more: &str| {
            format!("  ownerReferences: [{{controller: true, kind: {kind}, name: {name}}}]\n{more}")
        };
        let stream = object("Deployment", "agent", &of("a"))
            + &object("StatefulSet", "db", &of("b"))
            + &object("ConfigMap", "nobodys", "")
            + &object(
                "Pod",
                "agent-77-x",
                &owned(
                    "ReplicaSet",
                    "agent-77",
                    "  labels: {pod-template-hash: '77'}\n",
                ),
            )
            + &object("Pod", "db-0", &owned("StatefulSet", "db", ""))
            + &object("Pod", "alone", "");
        let found = by_release(parse(&stream).unwrap());
        let names: Vec<(&str, Vec<&str>)> = found
            .iter()
            .map(|((_, release), objects)| {
                let names = objects.iter().map(|one| one.name.as_str());
                (release.as_str(), names.collect())
            })
            .collect();
        assert_eq!(
            names,
            [
                ("a", vec!["agent", "agent-77-x"]),
                ("b", vec!["db", "db-0"])
            ]
        );
    }

    #[test]
    fn a_chart_is_told_by_its_label() {
        let stream = "kind: ConfigMap\nmetadata: {name: a}\n---\nkind: ConfigMap\nmetadata: {name: b, labels: {helm.sh/chart: agent-1.2.3_abc}}\n";
        let chart = chart_of(&parse(stream).unwrap());
        assert_eq!(chart.as_deref(), Some("agent-1.2.3+abc"));
    }
}
