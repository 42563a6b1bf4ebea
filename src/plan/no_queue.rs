//! An agent without a queue: no template is rendered yet, so the base template is judged as the values have it.

use serde_yaml::Value;

use super::Request;
use crate::finding::Finding;
use crate::overrides::task_pods::{self, Strategy};
use crate::proof::{PodPlace, Proof};
use crate::values;
use crate::vendor::{PodList, TaskPodKeys};

/// Adds the base template to the proof where no queue makes a pod of it yet, and says so. `given` is all that the upgrade
/// gives to the chart.
pub(super) fn judge(
    request: &Request<'_>,
    strategy: Strategy,
    keys: &TaskPodKeys,
    given: &Value,
    proof: &mut Proof,
) -> Option<Finding> {
    let values = values::merge([&request.chart.values, given]);
    let is_rendered = !proof.task_pods.is_empty() || !proof.broken.is_empty();
    if strategy == Strategy::Off || is_rendered || !has_no_queue(proof, keys, &values) {
        return None;
    }
    let what = match strategy {
        Strategy::Template => {
            let base = keys.base.join(".");
            proof.add_task_pod(PodPlace::Values(base.clone()), &pod_of(&values, keys));
            format!("{base} was judged instead")
        }
        Strategy::Propagate | Strategy::Off => {
            "what they get can be shown once there is one".to_owned()
        }
    };
    let empty = keys
        .queues
        .as_ref()
        .map(|queues| format!(" ({} is empty)", queues.all.join(".")));
    Some(Finding::note(
        "no-queue",
        format!(
            "release {} has no queue{}, so nothing starts task pods yet; {what}",
            request.coordinates.id.release,
            empty.unwrap_or_default()
        ),
    ))
}

/// Whether there is no queue to make pods for: the chart says so with a blank text, or the values do.
fn has_no_queue(proof: &Proof, keys: &TaskPodKeys, values: &Value) -> bool {
    let is_blank = proof.blank.iter().any(|text| text.key == keys.template_key);
    let queues = keys.queues.as_ref();
    is_blank || queues.is_some_and(|queues| !task_pods::has_queues(values, queues))
}

/// The pod that a queue would get from the base template.
fn pod_of(values: &Value, keys: &TaskPodKeys) -> Value {
    let list = |list: PodList| {
        let path = [keys.base, &[list.key()]].concat();
        let items = values::lookup(values, &path).cloned();
        (Value::from(list.key()), items.unwrap_or(Value::Null))
    };
    let container = [PodList::Env, PodList::VolumeMounts].map(list);
    let container = Value::Mapping(container.into_iter().collect());
    let spec = [PodList::InitContainers, PodList::Volumes].map(list);
    let containers = (Value::from("containers"), Value::Sequence(vec![container]));
    Value::Mapping(spec.into_iter().chain([containers]).collect())
}
