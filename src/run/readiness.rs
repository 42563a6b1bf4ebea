//! How many of a release's pods are ready, while helm waits for them: helm itself says nothing until it is done.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::kube::Kubectl;
use crate::plan::Target;

/// What to ask for.
#[derive(Debug)]
pub(super) struct Readiness<'a> {
    kubectl: &'a Kubectl,
    /// The workloads of each namespace.
    workloads: BTreeMap<&'a str, Vec<String>>,
}

impl<'a> Readiness<'a> {
    /// Of the workloads that the chart renders.
    #[must_use]
    pub(super) fn of(target: &'a Target, kubectl: &'a Kubectl) -> Self {
        let objects = target.rendered.objects.iter();
        let mut workloads: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for object in objects.filter(|object| object.keeps_pods()) {
            let namespace = object.namespace_in(&target.coordinates.id.namespace);
            let name = format!("{}/{}", object.kind.to_lowercase(), object.name);
            workloads.entry(namespace).or_default().push(name);
        }
        Self { kubectl, workloads }
    }

    /// `pods ready 1/2`, where the cluster tells.
    #[must_use]
    pub(super) fn look(&self) -> Option<String> {
        if self.workloads.is_empty() {
            return None;
        }
        let counts = self.workloads.iter().map(|(namespace, workloads)| {
            let workloads: Vec<&str> = workloads.iter().map(String::as_str).collect();
            let place = ["-n", namespace, "-o", "json", "--request-timeout=2s"];
            let asked = [&["get"], workloads.as_slice(), &place].concat();
            let answer = serde_json::from_slice(&self.kubectl.run(&asked).ok()?).ok()?;
            Some(counted(&answer))
        });
        let counts: Vec<(u64, u64)> = counts.collect::<Option<_>>()?;
        let ready: u64 = counts.iter().map(|(ready, _)| ready).sum();
        let wanted: u64 = counts.iter().map(|(_, wanted)| wanted).sum();
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
