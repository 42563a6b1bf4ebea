//! Rules of the namespace that reject a pod for the sake of the container that brings the certificates into its bundle: helm prints
//! a line at most, and of task pods nothing but the agent's log tells.

use serde_json::Value;

use super::Scene;
use crate::finding::Finding;
use crate::proof::{Arrival, ContainerArrival, RESOURCES};

/// What a namespace demands of every pod.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamespaceRules {
    /// Whether it enforces the Pod Security Standard *restricted*.
    is_restricted: bool,
    /// The resources that each container has to name, in the words of quotas, and the quota that wants it.
    quota: Vec<(&'static str, String)>,
}

/// The label of the Pod Security Admission.
const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

impl NamespaceRules {
    /// Reads the namespace, and the list of its `ResourceQuota` and `LimitRange` objects, as the API gives them.
    #[must_use]
    pub fn read(namespace: &Value, quotas: &Value) -> Self {
        let labels = namespace.pointer("/metadata/labels");
        let enforced = labels.and_then(|labels| labels.get(ENFORCE));
        let items: Vec<&Value> = list(quotas, "/items");
        let of_kind = |kind: &str| {
            let wanted = items.iter().copied();
            let kind = kind.to_owned();
            wanted.filter(move |one| one.get("kind").and_then(Value::as_str) == Some(&kind))
        };
        let quota = RESOURCES.into_iter().filter_map(|resource| {
            // A quota calls requests by either name.
            let short = resource.trim_start_matches("requests.");
            let by = of_kind("ResourceQuota").find(|quota| {
                let hard = quota.pointer("/spec/hard");
                hard.is_some_and(|hard| hard.get(resource).or_else(|| hard.get(short)).is_some())
            })?;
            let has_default = of_kind("LimitRange")
                .flat_map(|range| list(range, "/spec/limits"))
                .any(|limit| gives_default(limit, resource));
            let name = by.pointer("/metadata/name").and_then(Value::as_str);
            (!has_default).then(|| (resource, name.unwrap_or_default().to_owned()))
        });
        Self {
            is_restricted: enforced.and_then(Value::as_str) == Some("restricted"),
            quota: quota.collect(),
        }
    }
}

fn list<'a>(value: &'a Value, pointer: &str) -> Vec<&'a Value> {
    let items = value.pointer(pointer).and_then(Value::as_array);
    items.into_iter().flatten().collect()
}

/// Whether a limit range fills in the resource where a container names none: a default limit counts as the request too.
fn gives_default(limit: &Value, resource: &str) -> bool {
    let (kind, name) = resource.split_once('.').unwrap_or_default();
    let of = |field: &str| limit.pointer(&format!("/{field}/{name}")).is_some();
    let is_container = limit.get("type").and_then(Value::as_str) == Some("Container");
    is_container && (of("default") || kind == "requests" && of("defaultRequest"))
}

/// What the namespace's rules, or the kubelet's own, have against the containers that make the bundle.
pub(super) fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let proof = &scene.target.proof;
    let pods: Vec<&Arrival> = proof.workloads.iter().chain(&proof.task_pods).collect();
    let rules = scene.rules.cloned().unwrap_or_default();
    let restricted = || {
        let lacks = |one: &ContainerArrival| one.admission.against_restricted.clone();
        let (places, what, alone) = refused(&pods, lacks)?;
        let finding = at(
            alone,
            "pod-security-refuses",
            format!(
                "the namespace {} enforces the Pod Security Standard restricted, and {places} lacks {what}: the API server rejects every such pod",
                scene.target.coordinates.namespace
            ),
        );
        Some(finding.hint(
            "--mode replace needs no such container; or let the chart's security context cover it",
        ))
    };
    let quota = || {
        let wanted: Vec<&str> = rules.quota.iter().map(|(resource, _)| *resource).collect();
        let lacks = |one: &ContainerArrival| {
            let unnamed = one.admission.unnamed.iter().copied();
            unnamed
                .filter(|resource| wanted.contains(resource))
                .collect()
        };
        let (places, what, alone) = refused(&pods, lacks)?;
        let (_, by) = rules.quota.first()?;
        let finding = at(
            alone,
            "quota-refuses",
            format!(
                "the quota {by} of namespace {} wants {what} of every container, and {places} names none: the API server rejects every such pod (\"must specify\")",
                scene.target.coordinates.namespace
            ),
        );
        Some(finding.hint("a LimitRange with defaults lets such containers in; or --mode replace, which needs none"))
    };
    let as_root = || {
        let lacks = |one: &ContainerArrival| {
            let open = one.admission.is_user_open;
            Vec::from_iter(open.then_some("runAsUser"))
        };
        let (places, ..) = refused(&pods, lacks)?;
        Some(
            Finding::warning(
                "init-container-as-root",
                format!(
                    "{places} must not be root (runAsNonRoot) and names no runAsUser: where its image is root's, as the agent's are, the kubelet says \"container has runAsNonRoot and image will run as root\", and the pod never starts"
                ),
            )
            .hint("name a runAsUser beside runAsNonRoot, or use --mode replace, which needs no such container"),
        )
    };
    [
        rules.is_restricted.then(restricted).flatten(),
        quota(),
        as_root(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// An error where the certificates alone are why pods are rejected.
fn at(alone: bool, code: &'static str, message: String) -> Finding {
    if alone {
        Finding::error(code, message)
    } else {
        Finding::warning(code, message)
    }
}

/// The containers that make the bundle and lack something: where they are, what it is, and whether all others have it.
fn refused(
    pods: &[&Arrival],
    lacks: impl Fn(&ContainerArrival) -> Vec<&'static str>,
) -> Option<(String, String, bool)> {
    let found = pods.iter().flat_map(|pod| {
        let updaters = pod.containers.iter().filter(|one| one.admission.is_updater);
        let refused = updaters.filter(|one| !lacks(one).is_empty());
        refused.map(move |one| (pod, one))
    });
    let found: Vec<_> = found.collect();
    let (pod, container) = found.first()?;
    let more = match found.len() - 1 {
        0 => String::new(),
        n => format!(" (and {n} more such)"),
    };
    let others = pod
        .containers
        .iter()
        .filter(|one| !one.admission.is_updater);
    let alone = others.into_iter().all(|one| lacks(one).is_empty());
    Some((
        format!("the container {} of {}{more}", container.name, pod.place),
        lacks(container).join(", "),
        alone,
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rules(items: &Value) -> NamespaceRules {
        let namespace = json!({"metadata": {"labels": {ENFORCE: "restricted"}}});
        NamespaceRules::read(&namespace, &json!({"items": items}))
    }

    #[test]
    fn a_limit_range_fills_in_what_a_quota_wants() {
        let quota = json!({"kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"hard": {"limits.cpu": "9", "memory": "9Gi", "pods": "9"}}});
        let wanted = |items: &Value| {
            let rules = rules(items).quota.into_iter();
            rules.map(|(resource, _)| resource).collect::<Vec<_>>()
        };
        assert_eq!(wanted(&json!([quota])), ["limits.cpu", "requests.memory"]);
        let range = |kind: &str, limits: Value| {
            let mut limits = limits;
            limits["type"] = kind.into();
            json!({"kind": "LimitRange", "spec": {"limits": [limits]}})
        };
        let defaults = json!({"default": {"cpu": "1", "memory": "1Gi"}});
        assert!(wanted(&json!([quota, range("Container", defaults.clone())])).is_empty());
        assert_eq!(wanted(&json!([quota, range("Pod", defaults)])).len(), 2);
        let requests = json!({"defaultRequest": {"cpu": "1", "memory": "1Gi"}});
        assert_eq!(
            wanted(&json!([quota, range("Container", requests)])),
            ["limits.cpu"]
        );
        assert!(wanted(&json!([])).is_empty());
    }

    #[test]
    fn what_cannot_be_read_demands_nothing() {
        assert!(rules(&json!([])).is_restricted);
        assert_eq!(
            NamespaceRules::read(&Value::Null, &Value::Null),
            NamespaceRules::default()
        );
    }
}
