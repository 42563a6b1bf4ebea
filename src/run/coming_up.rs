//! Whether the pods of what was just deployed come up, as far as that is decided within seconds: helm without `--wait` is done
//! when the API server has taken the objects, and says nothing of pods that are rejected, or whose image is nowhere.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use serde_yaml::Value;

use super::check::Check;
use crate::interrupt;
use crate::kube::Kubectl;
use crate::kube::pod::{self, at, condition, text};
use crate::plan::Target;
use crate::proof::Object;

/// For how long to look at most.
const BOUND: Duration = Duration::from_secs(5);

/// How long to wait before looking again.
const LOOK_AGAIN: Duration = Duration::from_millis(400);

/// A workload, and the labels of its pods.
struct Awaited {
    kind: String,
    namespace: String,
    name: String,
    selector: String,
}

impl Awaited {
    fn of(object: &Object, namespace: &str) -> Option<Self> {
        if !object.keeps_pods() || object.is_hook() {
            return None;
        }
        let labels = object.get(&["spec", "selector", "matchLabels"])?;
        let labels = labels.as_mapping()?.iter();
        let label =
            |(key, value): (&Value, &Value)| Some(format!("{}={}", key.as_str()?, value.as_str()?));
        Some(Self {
            kind: object.kind.clone(),
            namespace: object.namespace_in(namespace).to_owned(),
            name: object.name.clone(),
            selector: labels.map(label).collect::<Option<Vec<_>>>()?.join(","),
        })
    }

    /// It, and what its labels find; it mostly has those labels itself, so that one call tells of all.
    fn look(&self, kubectl: &Kubectl) -> Option<(Json, Vec<Json>)> {
        let get = |words: &[&str]| -> Option<Json> {
            let all = [
                &["get"],
                words,
                &["-n", &self.namespace, "-o", "json", "--request-timeout=3s"],
            ]
            .concat();
            serde_json::from_slice(&kubectl.run(&all).ok()?).ok()
        };
        let kind = self.kind.to_lowercase();
        let mut all = get(&[&format!("{kind}s,replicasets,pods"), "-l", &self.selector])?;
        let mut items = std::mem::take(all.get_mut("items")?.as_array_mut()?);
        let is_own = |one: &Json| {
            text(one, &["kind"]) == Some(&self.kind)
                && text(one, &["metadata", "name"]) == Some(&self.name)
        };
        let own = match items.iter().position(is_own) {
            Some(index) => items.swap_remove(index),
            None => get(&[&format!("{kind}/{}", self.name)])?,
        };
        Some((own, items))
    }
}

/// What a look at a workload tells.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    /// Why its new pods cannot come up.
    problem: Option<String>,
    /// What they wait for.
    waiting: Option<String>,
    /// Whether all of them run, if not ready yet.
    all_run: bool,
    /// Whether all of them are ready.
    all_ready: bool,
}

/// Adds to `check` what is wrong with the new pods of `target`, and what they wait for. Where the cluster does not tell,
/// nothing is claimed.
pub(super) fn look(kubectl: &Kubectl, target: &Target, check: &mut Check) {
    let namespace = &target.coordinates.id.namespace;
    let mut open: Vec<(Awaited, bool)> = target
        .rendered
        .objects
        .iter()
        .filter_map(|object| Awaited::of(object, namespace))
        .map(|workload| (workload, false))
        .collect();
    let started = Instant::now();
    while !open.is_empty() && !interrupt::requested() {
        let is_last = started.elapsed() > BOUND;
        open.retain_mut(|(workload, ran)| {
            let Some((own, below)) = workload.look(kubectl) else {
                return false;
            };
            let seen = judge(&own, &below);
            let name = format!("{} {}", workload.kind, workload.name);
            if let Some(problem) = seen.problem {
                check.problems.push(format!("{name}: {problem}"));
                return false;
            }
            // A container that crashes at once runs for a moment, too.
            let ran_before = std::mem::replace(ran, seen.all_run);
            let is_decided = seen.all_ready || seen.all_run && ran_before || is_last;
            if is_decided && !seen.all_ready {
                let waiting = seen
                    .waiting
                    .unwrap_or_else(|| "its new pods are not ready yet".to_owned());
                check.waiting.push(format!("{name}: {waiting}"));
            }
            !is_decided
        });
        if !open.is_empty() {
            thread::sleep(LOOK_AGAIN);
        }
    }
}

/// Judges a workload by its status, and by the replica sets and pods that its labels find.
fn judge(own: &Json, below: &[Json]) -> Seen {
    let number = |path: &[&str]| at(own, path).and_then(Json::as_u64);
    let is_observed =
        number(&["status", "observedGeneration"]) >= number(&["metadata", "generation"]);
    if !is_observed {
        return Seen::default();
    }
    let failure =
        condition(own, "ReplicaFailure").filter(|one| text(one, &["status"]) == Some("True"));
    if let Some(failure) = failure {
        let reason = text(failure, &["reason"]).unwrap_or_default();
        let message = text(failure, &["message"]).unwrap_or_default();
        return Seen {
            problem: Some(format!("no pod can be made ({reason}): {message}")),
            ..Seen::default()
        };
    }
    let pods = new_pods(own, below);
    let wanted = match number(&["status", "desiredNumberScheduled"]) {
        Some(wanted) => wanted,
        None => number(&["spec", "replicas"]).unwrap_or(1),
    };
    let is_ready = |pod: &&&Json| {
        condition(pod, "Ready").and_then(|one| text(one, &["status"])) == Some("True")
    };
    let runs =
        |pod: &&&Json| pod::all_statuses(pod).any(|one| at(one, &["state", "running"]).is_some());
    let count = |is: &dyn Fn(&&&Json) -> bool| pods.iter().filter(is).count() as u64;
    let problem = pods.iter().find_map(|pod| {
        let name = text(pod, &["metadata", "name"]).unwrap_or_default();
        let crashed = pod::failed_init(pod).map(|(container, code)| {
            format!("the init container {container} failed with exit code {code}")
        });
        let problem = pod::blocked(pod).or(crashed)?;
        Some(format!("the pod {name} does not come up: {problem}"))
    });
    let waiting = pods.iter().find_map(|pod| {
        let name = text(pod, &["metadata", "name"]).unwrap_or_default();
        let init = pod::running_init(pod).map(|one| format!("its init container {one} runs"));
        let why = pod::unscheduled(pod).or(init)?;
        Some(format!("the pod {name} is not ready yet: {why}"))
    });
    Seen {
        problem,
        waiting,
        all_run: count(&runs) >= wanted,
        all_ready: count(&is_ready) >= wanted,
    }
}

/// The pods of the newest revision that are to stay.
fn new_pods<'a>(own: &Json, below: &'a [Json]) -> Vec<&'a Json> {
    let kind = |one: &&Json, kind: &str| text(one, &["kind"]) == Some(kind);
    let owned = |one: &Json, uid: Option<&str>| {
        let owners = at(one, &["metadata", "ownerReferences"]).and_then(Json::as_array);
        let mut owners = owners.into_iter().flatten();
        uid.is_some() && owners.any(|owner| text(owner, &["uid"]) == uid)
    };
    let uid = |one| text(one, &["metadata", "uid"]);
    let revision = [
        "metadata",
        "annotations",
        "deployment.kubernetes.io/revision",
    ];
    let hash = ["metadata", "labels", "controller-revision-hash"];
    let mut sets = below.iter().filter(|one| kind(one, "ReplicaSet"));
    let newest =
        sets.find(|one| owned(one, uid(own)) && text(one, &revision) == text(own, &revision));
    let owner = if text(own, &["kind"]) == Some("Deployment") {
        newest.and_then(uid)
    } else {
        uid(own)
    };
    let update = text(own, &["status", "updateRevision"]);
    let pods = below.iter().filter(|one| kind(one, "Pod"));
    let pods = pods.filter(|pod| {
        let goes = at(pod, &["metadata", "deletionTimestamp"]).is_some();
        let is_new = update.is_none() || text(pod, &hash) == update;
        owned(pod, owner) && is_new && !goes
    });
    pods.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment(status: &Json) -> Json {
        json!({
            "kind": "Deployment",
            "metadata": {"name": "d", "uid": "1", "generation": 2, "annotations": {"deployment.kubernetes.io/revision": "2"}},
            "spec": {"replicas": 1},
            "status": status,
        })
    }

    fn below(pod: &Json) -> Vec<Json> {
        let set = |uid: &str, revision: &str| json!({"kind": "ReplicaSet", "metadata": {"uid": uid, "ownerReferences": [{"uid": "1"}], "annotations": {"deployment.kubernetes.io/revision": revision}}});
        let pod_of = |owner: &str, status: &Json| json!({"kind": "Pod", "metadata": {"name": format!("p{owner}"), "ownerReferences": [{"uid": owner}]}, "status": status});
        let old = json!({"conditions": [{"type": "Ready", "status": "True"}]});
        vec![
            set("10", "1"),
            set("11", "2"),
            pod_of("10", &old),
            pod_of("11", pod),
        ]
    }

    fn seen(pod: &Json) -> Seen {
        judge(&deployment(&json!({"observedGeneration": 2})), &below(pod))
    }

    #[test]
    fn a_pod_that_nobody_may_make_is_a_problem() {
        let status = json!({"observedGeneration": 2, "conditions": [{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "pods \"d-x\" is forbidden: violates PodSecurity"}]});
        let problem = judge(&deployment(&status), &[]).problem.unwrap();
        assert_eq!(
            problem,
            "no pod can be made (FailedCreate): pods \"d-x\" is forbidden: violates PodSecurity"
        );
        let former = json!({"observedGeneration": 1, "conditions": [{"type": "ReplicaFailure", "status": "True"}]});
        assert_eq!(judge(&deployment(&former), &[]), Seen::default());
    }

    #[test]
    fn the_new_pods_count_and_not_the_old_ones() {
        let ready = json!({"conditions": [{"type": "Ready", "status": "True"}]});
        assert!(seen(&ready).all_ready);
        let pull = json!({"containerStatuses": [{"name": "c", "image": "i", "state": {"waiting": {"reason": "ErrImagePull", "message": "no such"}}}]});
        let problem = seen(&pull).problem.unwrap();
        assert_eq!(
            problem,
            "the pod p11 does not come up: ErrImagePull of the container c, image i: no such"
        );
        assert!(!seen(&json!({})).all_ready);
    }

    #[test]
    fn what_is_not_decided_is_told_as_such() {
        let init =
            json!({"initContainerStatuses": [{"name": "init-k8s-glue", "state": {"running": {}}}]});
        let looked = seen(&init);
        assert!(looked.all_run && !looked.all_ready && looked.problem.is_none());
        assert!(
            looked
                .waiting
                .unwrap()
                .ends_with("its init container init-k8s-glue runs")
        );
        let unscheduled = json!({"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no nodes"}]});
        assert!(
            seen(&unscheduled)
                .waiting
                .unwrap()
                .ends_with("unschedulable: no nodes")
        );
        let crashed = json!({"initContainerStatuses": [{"name": "init", "lastState": {"terminated": {"exitCode": 1}}, "state": {"running": {}}}]});
        assert!(
            seen(&crashed)
                .problem
                .unwrap()
                .ends_with("failed with exit code 1")
        );
    }
}
