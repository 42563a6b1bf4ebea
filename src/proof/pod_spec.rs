//! The pod spec of anything that has one.

use serde_yaml::Value;

/// Where a pod, a workload, a `CronJob` and a `PodTemplate` have it.
const PLACES: [&[&str]; 4] = [
    &["spec"],
    &["spec", "template", "spec"],
    &["spec", "jobTemplate", "spec", "template", "spec"],
    &["template", "spec"],
];

/// The pod spec in an object, whatever its kind says, if it has one at all.
pub(super) fn pod_spec(object: &Value) -> Option<&Value> {
    PLACES
        .iter()
        .filter_map(|path| crate::values::lookup(object, path))
        .find(|spec| spec.get("containers").is_some_and(Value::is_sequence))
}
