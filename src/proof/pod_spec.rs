//! The pod spec of anything that has one.

use serde_yaml::Value;

/// Where a pod, a workload, a `CronJob` and a `PodTemplate` have it, and the pod's metadata beside it.
const PLACES: [&[&str]; 4] = [
    &[],
    &["spec", "template"],
    &["spec", "jobTemplate", "spec", "template"],
    &["template"],
];

/// The pod in an object, whatever its kind says, if it has one at all: a map with `spec`.
fn pod(object: &Value) -> Option<&Value> {
    let places = PLACES.iter();
    let mut pods = places.filter_map(|path| crate::values::lookup(object, path));
    pods.find(|pod| {
        let containers = crate::values::lookup(pod, &["spec", "containers"]);
        containers.is_some_and(Value::is_sequence)
    })
}

/// The pod spec in an object.
pub(super) fn pod_spec(object: &Value) -> Option<&Value> {
    pod(object)?.get("spec")
}

/// A pod as a template has it.
#[derive(Debug, Clone, PartialEq)]
pub struct PodTemplate {
    /// Its labels, annotations and whatever else; null where it has none.
    pub metadata: Value,
    /// Its spec, which has a list of containers.
    pub spec: Value,
}

impl PodTemplate {
    /// The pod in an object.
    pub(super) fn of(object: &Value) -> Option<Self> {
        let pod = pod(object)?;
        Some(Self {
            metadata: pod.get("metadata").cloned().unwrap_or_default(),
            spec: pod.get("spec")?.clone(),
        })
    }
}
