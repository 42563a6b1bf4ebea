//! Releases of charts that have the vendor's inside them: helm's list tells a chart's name alone, and each release's values cost a call.
//! What runs of it tells, for all of a cluster in one.

use std::collections::BTreeSet;
use std::slice;

use anyhow::Result;

use crate::helm::{ReleaseSummary, chart_and_version};
use crate::kube::Kubectl;
use crate::proof::Object;
use crate::status::{Live, by_release, chart_of};
use crate::vendor::{Component, Layout, Recognised, recognised};

/// Of the releases in a list of all namespaces, those of a chart of no vendor's name that have a workload of a component's: namespaces
/// and names. None where kubectl does not tell. `live` is what was seen of the cluster already.
pub(super) fn with_ours(
    listed: &[(String, ReleaseSummary)],
    kubectl: &Result<Kubectl, String>,
    live: Option<&Live>,
) -> BTreeSet<(String, String)> {
    let foreign = listed.iter().filter(|(_, one)| is_foreign(one));
    let foreign: BTreeSet<(&str, &str)> = foreign
        .map(|(namespace, one)| (namespace.as_str(), one.name.as_str()))
        .collect();
    if foreign.is_empty() {
        return BTreeSet::new();
    }
    let asked;
    let objects: &[Object] = match (live, kubectl) {
        (Some(live), _) => &live.objects,
        (None, Ok(kubectl)) => {
            asked = workloads(kubectl).unwrap_or_default();
            &asked
        }
        (None, Err(_)) => &[],
    };
    // A cluster has many others.
    let ours = objects.iter().filter(|object| is_ours(object)).cloned();
    let releases = by_release(ours.collect()).into_keys();
    releases
        .filter(|(namespace, release)| foreign.contains(&(namespace, release)))
        .collect()
}

/// What each component starts has a Deployment.
fn workloads(kubectl: &Kubectl) -> Result<Vec<Object>> {
    let printed = kubectl.run(&[
        "get",
        "deployments",
        "--all-namespaces",
        "-o",
        "json",
        "--request-timeout=20s",
    ])?;
    Ok(Object::listed(&serde_json::from_slice(&printed)?))
}

fn is_foreign(listed: &ReleaseSummary) -> bool {
    let (chart, _) = chart_and_version(&listed.chart);
    !listed.is_uninstalled() && recognised(chart) == Recognised::No
}

/// Whether an object is of a component's chart, by the label of that, or has a container that only a component has: under an alias a
/// chart labels its objects with that.
fn is_ours(object: &Object) -> bool {
    let alone = slice::from_ref(object);
    let label = chart_of(alone).unwrap_or_default();
    let (chart, _) = chart_and_version(&label);
    let mut all = Component::ALL.into_iter();
    all.any(|component| is_of(component, chart, alone))
}

/// Whether objects with this chart on their label are a component's: by its name, else by a container that only that has.
pub(super) fn is_of(component: Component, chart: &str, objects: &[Object]) -> bool {
    match recognised(chart) {
        Recognised::As(known) => known == component,
        Recognised::Perhaps | Recognised::No => {
            let layout = Layout::named(component, chart);
            layout
                .container
                .is_some_and(|name| has_container(objects, name))
        }
    }
}

fn has_container(objects: &[Object], name: &str) -> bool {
    objects.iter().any(|object| {
        let containers = object.get(&["spec", "template", "spec", "containers"]);
        let containers = containers.and_then(serde_yaml::Value::as_sequence);
        let mut containers = containers.into_iter().flatten();
        containers.any(|one| one.get("name").and_then(serde_yaml::Value::as_str) == Some(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment(release: &str, chart: &str, container: &str) -> String {
        format!(
            "---\nkind: Deployment\nmetadata:\n  name: {release}-{container}\n  namespace: ml\n  labels: {{helm.sh/chart: {chart}-1.2.3}}\n  annotations: {{meta.helm.sh/release-name: {release}, meta.helm.sh/release-namespace: ml}}\nspec: {{template: {{spec: {{containers: [{{name: {container}}}]}}}}}}\n"
        )
    }

    fn listed(name: &str, chart: &str, status: &str) -> (String, ReleaseSummary) {
        let summary = ReleaseSummary {
            name: name.into(),
            chart: format!("{chart}-1.0.0"),
            status: status.into(),
            updated: String::new(),
            revision: "1".into(),
        };
        ("ml".into(), summary)
    }

    #[test]
    fn what_runs_tells_which_releases_have_ours_inside() {
        let text = [
            deployment("by-label", "clearml-enterprise-app-gateway", "gateway"),
            deployment("by-container", "agent", "k8s-glue"),
            deployment("other", "nginx", "nginx"),
            deployment("gone", "agent", "k8s-glue"),
            deployment("vendors", "clearml-enterprise-agent", "k8s-glue"),
            deployment("unlisted", "agent", "k8s-glue"),
        ];
        let live = Live {
            objects: crate::proof::parse(&text.concat()).unwrap(),
            unread: Vec::new(),
        };
        let listed = [
            listed("by-label", "acme", "deployed"),
            listed("by-container", "acme", "failed"),
            listed("other", "nginx", "deployed"),
            listed("gone", "acme", "uninstalled"),
            listed("vendors", "clearml-enterprise-agent", "deployed"),
        ];
        let none = Err("no kubectl".to_owned());
        let found = with_ours(&listed, &none, Some(&live));
        let names: Vec<&str> = found.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["by-container", "by-label"]);
        assert!(with_ours(&listed, &none, None).is_empty());
    }
}
