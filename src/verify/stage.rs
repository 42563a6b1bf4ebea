//! How far the pod has come, in the cluster's own words.

use std::fmt;

use serde_json::Value as Json;

use crate::kube::pod::{self, text};

/// How far a pod is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// It is on its way; what it is at.
    Going(String),
    /// An init container runs.
    Initializing {
        /// Its name.
        container: String,
        /// What it wrote last; its log is not part of what is read here.
        words: String,
    },
    /// Something holds it up that passes when the cluster has room for it.
    Held(String),
    /// Something holds it up that does not pass by waiting, as a rule.
    Blocked(String),
    /// The API server does not let it be made: Pod Security, a quota, a policy; in its words.
    Rejected(String),
    /// It has ended, and the container that asks never started: why, and the container whose last words tell more.
    Lost {
        /// Why, in the cluster's words.
        why: String,
        /// The init container that failed.
        container: Option<String>,
    },
    /// The container that asks has ended, and its log is there.
    Ended {
        /// Why it did not end by itself, in the cluster's words.
        killed: Option<String>,
    },
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Going(what) | Self::Held(what) | Self::Blocked(what) => f.write_str(what),
            Self::Initializing { container, words } if words.is_empty() => {
                write!(f, "the init container {container} runs")
            }
            Self::Initializing { container, words } => {
                write!(f, "the init container {container} runs: {words}")
            }
            Self::Rejected(why) | Self::Lost { why, .. } => f.write_str(why),
            Self::Ended { .. } => f.write_str("reading its log"),
        }
    }
}

/// Reads a pod (`None` where there is none yet), the events of its Job and its own, and tells how far it is. `container` is the
/// one that asks.
#[must_use]
pub fn stage(pod: Option<&Json>, events: &[Json], container: &str) -> Stage {
    let Some(pod) = pod else {
        return match last(events, "FailedCreate") {
            Some(message) => Stage::Rejected(rejection(&message)),
            None => Stage::Going("waiting for the pod to be made".to_owned()),
        };
    };
    let mut own = pod::statuses(pod, "containerStatuses");
    let asking = own.find(|one| text(one, &["name"]) == Some(container));
    let asking = asking.and_then(|one| one.get("state"));
    if let Some(ended) = asking.and_then(|state| state.get("terminated")) {
        return ended_or_lost(pod, ended);
    }
    let phase = text(pod, &["status", "phase"]).unwrap_or_default();
    if let Some((name, code)) = pod::failed_init(pod) {
        return Stage::Lost {
            why: format!("the init container {name} failed with exit code {code}"),
            container: Some(name.to_owned()),
        };
    }
    if matches!(phase, "Failed" | "Succeeded") {
        let why = ["message", "reason"];
        let why = why.iter().find_map(|field| text(pod, &["status", field]));
        let why = why.unwrap_or("the pod ended before its container started");
        return Stage::Lost {
            why: why.to_owned(),
            container: None,
        };
    }
    if asking.is_some_and(|state| state.get("running").is_some()) {
        return Stage::Going("asking".to_owned());
    }
    if let Some(why) = pod::blocked(pod) {
        return Stage::Blocked(why.replace(
            &format!("the container {container}"),
            "the task's container",
        ));
    }
    if let Some(why) = pod::unscheduled(pod) {
        return Stage::Held(why);
    }
    for reason in [
        "FailedMount",
        "FailedAttachVolume",
        "FailedCreatePodSandBox",
    ] {
        if let Some(message) = last(events, reason) {
            return Stage::Blocked(format!("{reason}: {message}"));
        }
    }
    if let Some(name) = pod::running_init(pod) {
        return Stage::Initializing {
            container: name.to_owned(),
            words: String::new(),
        };
    }
    if let Some(message) = last(events, "Pulling").filter(|_| last(events, "Started").is_none()) {
        return Stage::Going(message.to_lowercase());
    }
    Stage::Going("waiting for its containers to start".to_owned())
}

/// A container that could not even start ends like one that ran.
fn ended_or_lost(pod: &Json, ended: &Json) -> Stage {
    let reason = text(ended, &["reason"]).unwrap_or_default();
    let message = text(ended, &["message"]);
    match reason {
        "StartError" | "ContainerCannotRun" | "ContainerStatusUnknown" => Stage::Lost {
            why: message.unwrap_or(reason).to_owned(),
            container: None,
        },
        "Completed" => Stage::Ended { killed: None },
        reason => {
            let of_pod = text(pod, &["status", "message"]);
            Stage::Ended {
                killed: Some(of_pod.or(message).unwrap_or(reason).to_owned()),
            }
        }
    }
}

/// The message of the last event of a reason.
fn last(events: &[Json], reason: &str) -> Option<String> {
    let found = events.iter().rev();
    let mut found = found.filter(|one| text(one, &["reason"]) == Some(reason));
    found
        .find_map(|one| text(one, &["message"]))
        .map(str::to_owned)
}

/// Without the controller's own introduction.
fn rejection(message: &str) -> String {
    let message = message.strip_prefix("Error creating: ").unwrap_or(message);
    message.to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(status: &Json) -> Json {
        json!({"status": status})
    }

    fn of(status: &Json) -> Stage {
        stage(Some(&pod(status)), &[], "ask")
    }

    fn held(stage: &Stage) -> &str {
        match stage {
            Stage::Held(why)
            | Stage::Blocked(why)
            | Stage::Initializing { container: why, .. }
            | Stage::Rejected(why)
            | Stage::Going(why)
            | Stage::Lost { why, .. } => why,
            Stage::Ended { .. } => "ended",
        }
    }

    #[test]
    fn what_the_admission_says_is_said() {
        let event = |message: &str| json!({"reason": "FailedCreate", "message": message});
        let denied = event("Error creating: pods \"x\" is forbidden: exceeded quota: q");
        let said = stage(None, &[denied], "ask");
        assert_eq!(
            said,
            Stage::Rejected("pods \"x\" is forbidden: exceeded quota: q".to_owned())
        );
        assert!(matches!(stage(None, &[], "ask"), Stage::Going(_)));
        assert!(matches!(stage(None, &[json!({})], "ask"), Stage::Going(_)));
    }

    #[test]
    fn what_holds_a_pod_up_is_told() {
        let unschedulable = json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available"}]});
        assert_eq!(
            held(&of(&unschedulable)),
            "unschedulable: 0/1 nodes are available"
        );
        let pull = json!({"phase": "Pending", "initContainerStatuses": [{"name": "init", "image": "i", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such"}}}]});
        assert_eq!(
            held(&of(&pull)),
            "ImagePullBackOff of the container init, image i: no such"
        );
        let creating = json!({"phase": "Pending", "containerStatuses": [{"name": "ask", "state": {"waiting": {"reason": "ContainerCreating"}}}]});
        assert!(matches!(of(&creating), Stage::Going(_)));
        let events = [json!({"reason": "FailedMount", "message": "configmap \"ca\" not found"})];
        let mount = stage(Some(&pod(&creating)), &events, "ask");
        assert_eq!(held(&mount), "FailedMount: configmap \"ca\" not found");
        assert!(matches!(mount, Stage::Blocked(_)));
        let runs = json!({"initContainerStatuses": [{"name": "init", "state": {"running": {}}}]});
        assert_eq!(held(&of(&runs)), "init");
    }

    #[test]
    fn an_init_container_that_fails_ends_it() {
        let failed = json!({"phase": "Failed", "initContainerStatuses": [{"name": "init", "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}], "containerStatuses": [{"name": "ask", "state": {"waiting": {"reason": "PodInitializing"}}}]});
        let Stage::Lost { container, .. } = of(&failed) else {
            panic!("{:?}", of(&failed));
        };
        assert_eq!(container.as_deref(), Some("init"));
    }

    #[test]
    fn its_end_is_seen_whatever_a_sidecar_does() {
        let ended = |terminated: Json| json!({"phase": "Running", "containerStatuses": [{"name": "side", "state": {"running": {}}}, {"name": "ask", "state": {"terminated": terminated}}]});
        assert_eq!(
            of(&ended(json!({"exitCode": 0, "reason": "Completed"}))),
            Stage::Ended { killed: None }
        );
        let killed = of(&ended(json!({"exitCode": 137, "reason": "OOMKilled"})));
        assert_eq!(
            killed,
            Stage::Ended {
                killed: Some("OOMKilled".to_owned())
            }
        );
        let no_shell = of(&ended(
            json!({"exitCode": 128, "reason": "StartError", "message": "exec: \"/bin/sh\": no such file"}),
        ));
        assert!(held(&no_shell).contains("/bin/sh"), "{no_shell:?}");
        assert!(matches!(no_shell, Stage::Lost { .. }));
    }

    #[test]
    fn a_pod_that_was_evicted_says_why() {
        let evicted = of(
            &json!({"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource"}),
        );
        assert_eq!(held(&evicted), "The node was low on resource");
        assert_eq!(held(&of(&json!({}))), "waiting for its containers to start");
    }
}
