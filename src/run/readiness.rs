//! How many of a release's pods are ready, while helm waits for them: helm itself says nothing until it is done.

use serde_json::Value as Json;

use crate::kube::Kubectl;
use crate::plan::Target;

/// The kinds whose pods helm waits for.
const WORKLOADS: [&str; 3] = ["Deployment", "StatefulSet", "DaemonSet"];

/// What to ask for.
#[derive(Debug)]
pub(super) struct Readiness<'a> {
    kubectl: &'a Kubectl,
    namespace: &'a str,
    workloads: Vec<String>,
}

impl<'a> Readiness<'a> {
    /// Of the workloads that the chart renders.
    #[must_use]
    pub(super) fn of(target: &'a Target, kubectl: &'a Kubectl) -> Self {
        let workloads = target
            .rendered
            .objects
            .iter()
            .filter(|object| WORKLOADS.contains(&object.kind.as_str()))
            .map(|object| format!("{}/{}", object.kind.to_lowercase(), object.name));
        Self {
            kubectl,
            namespace: &target.coordinates.namespace,
            workloads: workloads.collect(),
        }
    }

    /// `pods ready 1/2`, where the cluster tells.
    #[must_use]
    pub(super) fn look(&self) -> Option<String> {
        if self.workloads.is_empty() {
            return None;
        }
        let workloads = self.workloads.iter().map(String::as_str);
        let asked: Vec<&str> = ["get"]
            .into_iter()
            .chain(workloads)
            .chain(["-n", self.namespace, "-o", "json", "--request-timeout=2s"])
            .collect();
        let answer = serde_json::from_slice(&self.kubectl.run(&asked).ok()?).ok()?;
        let (ready, wanted) = counted(&answer);
        Some(format!("pods ready {ready}/{wanted}"))
    }
}

/// The pods of the new revision that are ready, and those that are wanted.
fn counted(answer: &Json) -> (u64, u64) {
    let several = answer.get("items").and_then(Json::as_array);
    let workloads = several.map_or(std::slice::from_ref(answer), Vec::as_slice);
    let each = workloads.iter().map(|workload| {
        let number = |path: &str| workload.pointer(path).and_then(Json::as_u64);
        let status = |name: &str| number(&format!("/status/{name}"));
        match status("desiredNumberScheduled") {
            Some(wanted) => {
                let new = status("updatedNumberScheduled").unwrap_or(0);
                (status("numberReady").unwrap_or(0).min(new), wanted)
            }
            None => {
                let wanted = number("/spec/replicas").unwrap_or(1);
                let new = status("updatedReplicas").unwrap_or(0);
                (status("readyReplicas").unwrap_or(0).min(new), wanted)
            }
        }
    });
    each.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ready_pods_of_the_new_revision_count() {
        let deployment =
            json!({"spec": {"replicas": 3}, "status": {"updatedReplicas": 2, "readyReplicas": 3}});
        assert_eq!(counted(&deployment), (2, 3));
        assert_eq!(counted(&json!({"spec": {}, "status": {}})), (0, 1));
        let daemons = json!({"status": {"desiredNumberScheduled": 5, "updatedNumberScheduled": 5, "numberReady": 4}});
        assert_eq!(counted(&json!({"items": [deployment, daemons]})), (6, 8));
    }
}
