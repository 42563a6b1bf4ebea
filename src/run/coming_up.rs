//! Whether the pods of what was just deployed come up, as far as that is decided within seconds: helm without `--wait` is done
//! when the API server has taken the objects, and says nothing of pods that are rejected, or whose image is nowhere.

use std::time::{Duration, Instant};

use serde_json::Value as Json;
use serde_yaml::Value;

use super::check::Check;
use super::cluster::Cluster;
use crate::interrupt;
use crate::kube::pod::{self, at, condition, text};
use crate::kube::{Kubectl, Reference};
use crate::plan::Target;
use crate::proof::Object;
use crate::release::reference;

/// For how long to look at most.
const BOUND: Duration = Duration::from_secs(5);

/// How long to wait before looking again; from then on twice as long each time.
const LOOK_AGAIN: Duration = Duration::from_millis(400);

/// A workload, and the labels of its pods.
struct Awaited {
    reference: Reference,
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
            reference: reference(object, namespace),
            selector: labels.map(label).collect::<Option<Vec<_>>>()?.join(","),
        })
    }

    /// It, and what its labels find; it mostly has those labels itself, so that one call tells of all.
    fn look(&self, kubectl: &Kubectl) -> Option<(Json, Vec<Json>)> {
        let get = |words: &[&str]| -> Option<Json> {
            let all = [
                &["get"],
                words,
                &[
                    "-n",
                    &self.reference.namespace,
                    "-o",
                    "json",
                    "--request-timeout=3s",
                ],
            ]
            .concat();
            serde_json::from_slice(&kubectl.run(&all).ok()?).ok()
        };
        let kind = self.reference.kind.to_lowercase();
        let mut all = get(&[&format!("{kind}s,replicasets,pods"), "-l", &self.selector])?;
        let mut items = std::mem::take(all.get_mut("items")?.as_array_mut()?);
        let own = match items.iter().position(|one| self.reference.is(one)) {
            Some(index) => items.swap_remove(index),
            None => get(&[&format!("{kind}/{}", self.reference.name)])?,
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
///
/// Where many ask (`cluster`), the workloads' own statuses are looked at along with others, and pods only at last, where those do
/// not tell: each look at pods takes a process.
pub(super) fn look(
    kubectl: &Kubectl,
    cluster: Option<&Cluster<'_>>,
    target: &Target,
    check: &mut Check,
) {
    let namespace = &target.coordinates.id.namespace;
    let mut open: Vec<(Awaited, bool)> = target
        .rendered
        .objects
        .iter()
        .filter_map(|object| Awaited::of(object, namespace))
        .map(|workload| (workload, false))
        .collect();
    let started = Instant::now();
    let mut pause = LOOK_AGAIN;
    // Pods that are ready at once are rare, and each look is one more.
    if cluster.is_some() && !open.is_empty() {
        interrupt::pause(pause);
    }
    while !open.is_empty() && !interrupt::requested() {
        let is_last = started.elapsed() >= BOUND;
        match cluster {
            Some(cluster) if !is_last => look_at_own(cluster, &mut open, check),
            _ => open.retain_mut(|(workload, ran)| {
                let look = || workload.look(kubectl);
                let looked = match cluster {
                    Some(cluster) => cluster.room.have(look),
                    None => look(),
                };
                let Some((own, below)) = looked else {
                    return false;
                };
                let seen = judge(&own, &below);
                !is_decided(&workload.reference, seen, ran, is_last, check)
            }),
        }
        if !open.is_empty() && !is_last {
            interrupt::pause(pause.min(BOUND.saturating_sub(started.elapsed())));
            pause *= 2;
        }
    }
}

/// Takes those out of which their own statuses tell all there is to say.
fn look_at_own(cluster: &Cluster<'_>, open: &mut Vec<(Awaited, bool)>, check: &mut Check) {
    let references = open.iter().map(|(workload, _)| workload.reference.clone());
    let found = cluster.look_ups.look_up(references.collect());
    open.retain(|(workload, _)| {
        let Some(own) = found.find(&workload.reference) else {
            return true;
        };
        if is_rolled_out(own) {
            return false;
        }
        let problem = judge(own, &[]).problem;
        let is_open = problem.is_none();
        check
            .problems
            .extend(problem.map(|problem| told(&workload.reference, &problem)));
        is_open
    });
}

fn told(workload: &Reference, what: &str) -> String {
    format!("{} {}: {what}", workload.kind, workload.name)
}

/// Whether no more is to be awaited of a workload; adds what there is to say then.
fn is_decided(
    workload: &Reference,
    seen: Seen,
    ran: &mut bool,
    is_last: bool,
    check: &mut Check,
) -> bool {
    if let Some(problem) = seen.problem {
        check.problems.push(told(workload, &problem));
        return true;
    }
    // A container that crashes at once runs for a moment, too.
    let ran_before = std::mem::replace(ran, seen.all_run);
    let is_decided = seen.all_ready || seen.all_run && ran_before || is_last;
    if is_decided && !seen.all_ready {
        let waiting = seen
            .waiting
            .unwrap_or_else(|| "its new pods are not ready yet".to_owned());
        check.waiting.push(told(workload, &waiting));
    }
    is_decided
}

/// Whether the controller has seen the workload as it is now.
fn is_observed(own: &Json) -> bool {
    let number = |path: &[&str]| at(own, path).and_then(Json::as_u64);
    number(&["status", "observedGeneration"]) >= number(&["metadata", "generation"])
}

/// Whether its status tells that all its pods are of the newest revision, and ready.
fn is_rolled_out(own: &Json) -> bool {
    let number = |path: &[&str]| at(own, path).and_then(Json::as_u64);
    let status = |field: &str| number(&["status", field]).unwrap_or(0);
    let counts = match number(&["status", "desiredNumberScheduled"]) {
        Some(wanted) => [
            wanted,
            status("updatedNumberScheduled"),
            status("numberReady"),
        ],
        None => {
            let wanted = number(&["spec", "replicas"]).unwrap_or(1);
            // Old pods that are still there count as well.
            if status("replicas") != wanted {
                return false;
            }
            [wanted, status("updatedReplicas"), status("readyReplicas")]
        }
    };
    is_observed(own) && counts.iter().all(|count| *count == counts[0])
}

/// Judges a workload by its status, and by the replica sets and pods that its labels find.
fn judge(own: &Json, below: &[Json]) -> Seen {
    if !is_observed(own) {
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
    let number = |path: &[&str]| at(own, path).and_then(Json::as_u64);
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

    #[test]
    fn a_workload_whose_pods_are_all_new_and_ready_is_rolled_out() {
        let rolled_out = |replicas: u64, updated: u64, ready: u64| {
            let counts = json!({"observedGeneration": 2, "replicas": replicas, "updatedReplicas": updated, "readyReplicas": ready});
            is_rolled_out(&deployment(&counts))
        };
        assert!(rolled_out(1, 1, 1));
        // An old one that is ready beside the new one that is not.
        assert!(!rolled_out(2, 1, 1));
        assert!(!rolled_out(1, 0, 1) && !rolled_out(1, 1, 0) && !rolled_out(0, 0, 0));
        let former = json!({"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1});
        assert!(!is_rolled_out(&deployment(&former)));
        let daemons = |updated: u64, ready: u64| {
            is_rolled_out(
                &json!({"kind": "DaemonSet", "metadata": {}, "status": {"desiredNumberScheduled": 3, "updatedNumberScheduled": updated, "numberReady": ready}}),
            )
        };
        assert!(daemons(3, 3) && !daemons(2, 3) && !daemons(3, 2));
    }
}
