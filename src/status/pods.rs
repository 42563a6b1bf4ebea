//! The live objects and the pods: pods that were started without the certificates, or before those were what they are, and
//! init containers that wait.

use std::collections::BTreeSet;

use serde_yaml::Value;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::live::owner_of;
use super::{Agreement, Baseline, Evidence, moment};
use crate::finding::Finding;
use crate::overrides::Placed;
use crate::plan::{aliases, without_login};
use crate::proof::{Arrival, Carriers, Itself, Object, PodPlace, keeps_pods, mounted_by, prove};
use crate::trust_store::REQUESTS;

/// So long an init container may take before it is said to wait: images have been pulled by then, and a server that is there has
/// answered.
const PATIENCE: Duration = Duration::minutes(1);

/// What is wrong with a pod.
enum Trouble {
    /// It does not bring these certificates where its workload's release does.
    Without(String),
    /// It started before what it mounts had its present content.
    Older(String),
}

/// The moments at which pods started that may have read other certificates than what they mount holds now. Helm's history tells
/// what that was.
#[must_use]
pub fn in_doubt(evidence: &Evidence<'_>) -> BTreeSet<OffsetDateTime> {
    let image = evidence.image();
    let baseline = evidence.baseline(image.as_deref());
    let workloads = baseline.workloads();
    let pods = workloads.flat_map(|(arrival, kind, name)| {
        let pods = pods_of(evidence, kind, name);
        pods.map(move |pod| (arrival, pod))
    });
    let late = pods.filter_map(|(arrival, pod)| {
        let since = reads_since(pod, arrival)?;
        let mut mounted = mounted(evidence, &baseline, pod).into_iter();
        mounted.any(|(_, written)| written > since).then_some(since)
    });
    late.collect()
}

/// Looks at every pod of the workloads that bring certificates.
pub(super) fn compare(
    evidence: &Evidence<'_>,
    baseline: &Baseline<'_>,
) -> (Agreement, Vec<Finding>) {
    let mut findings = Vec::new();
    let (mut seen, mut unknown) = (0, None);
    for (arrival, kind, name) in baseline.workloads() {
        let pods: Vec<&Object> = pods_of(evidence, kind, name).collect();
        seen += pods.len();
        let mut troubled = Vec::new();
        for pod in &pods {
            findings.extend(waiting(evidence, arrival, pod));
            match trouble(evidence, baseline, arrival, pod) {
                Ok(trouble) => troubled.extend(trouble.map(|trouble| (*pod, trouble))),
                Err(why) => unknown = Some(why),
            }
        }
        let Some((first, trouble)) = troubled.first() else {
            continue;
        };
        let what = match trouble {
            Trouble::Without(aliases) => format!("were started without {aliases}"),
            Trouble::Older(what) => what.clone(),
        };
        findings.push(
            Finding::error(
                "pods-keep-old-content",
                format!(
                    "{}: {} of {} pods of {kind} {name} {what} (such as {})",
                    evidence.name(),
                    troubled.len(),
                    pods.len(),
                    first.name
                ),
            )
            .hint(format!(
                "unless a rollout is going on, restart them: {}",
                evidence.restart(first, &format!("{}/{name}", kind.to_ascii_lowercase()))
            )),
        );
    }
    let agreement = if !findings.is_empty() {
        Agreement::Differs
    } else if let Some(why) = evidence.live.unread(super::live::POD) {
        Agreement::Unknown(why.to_owned())
    } else if let Some(why) = unknown {
        Agreement::Unknown(why)
    } else if seen == 0 {
        // It may be the workload whose pods are looked for.
        let unread = evidence.unread_document();
        unread.map_or(Agreement::Nothing, Agreement::Unknown)
    } else {
        Agreement::Same
    };
    if let (Agreement::Unknown(why), false) = (&agreement, baseline.trusts.certificates.is_empty())
    {
        findings.push(Finding::note(
            "pods-unknown",
            format!(
                "whether the pods of {} have its certificates cannot be told: {why}",
                evidence.name()
            ),
        ));
    }
    (agreement, findings)
}

impl Baseline<'_> {
    /// The workloads that keep pods running and bring certificates to them, with kind and name.
    fn workloads(&self) -> impl Iterator<Item = (&Arrival, &str, &str)> {
        self.proof.workloads.iter().filter_map(|arrival| {
            let PodPlace::Workload { kind, name } = &arrival.place else {
                return None;
            };
            let certificates = &self.trusts.certificates;
            let gets = |one: &Placed| arrival.gets(one.certificate.fingerprint);
            let brings = keeps_pods(kind) && certificates.iter().any(gets);
            brings.then_some((arrival, kind.as_str(), name.as_str()))
        })
    }
}

/// The pods of a workload that run or are about to.
fn pods_of<'a>(
    evidence: &Evidence<'a>,
    kind: &str,
    name: &str,
) -> impl Iterator<Item = &'a Object> {
    let (kind, name) = (kind.to_owned(), name.to_owned());
    let live = evidence.live;
    live.pods().filter(move |pod| {
        !is_over(pod) && owner_of(pod).is_some_and(|(of, owner)| of == kind && owner == name)
    })
}

/// Whether a pod has ended or is about to.
pub(super) fn is_over(pod: &Object) -> bool {
    let phase = pod.get(&["status", "phase"]).and_then(Value::as_str);
    pod.get(&["metadata", "deletionTimestamp"]).is_some()
        || matches!(phase, Some("Succeeded" | "Failed"))
}

/// What a pod does not have that its workload's release brings: judged by what it mounts, as that was when it started.
///
/// # Errors
/// It cannot be told, and why.
fn trouble(
    evidence: &Evidence<'_>,
    baseline: &Baseline<'_>,
    arrival: &Arrival,
    pod: &Object,
) -> Result<Option<Trouble>, String> {
    let since = reads_since(pod, arrival);
    let mounted = mounted(evidence, baseline, pod).into_iter();
    let late: Vec<(&Object, OffsetDateTime)> = mounted
        .filter(|(_, written)| since.is_some_and(|since| *written > since))
        .collect();
    let (Some(since), Some((object, written))) = (since, late.first()) else {
        let lost = lost(baseline, arrival, pod, &baseline.objects);
        return Ok(lost.map(Trouble::Without));
    };
    let what = format!("{} {}", object.kind, object.name);
    let Some(earlier) = evidence.earlier.get(&since) else {
        return match lost(baseline, arrival, pod, &baseline.objects) {
            Some(_) => Ok(Some(Trouble::Older(
                "do not mount what the release has".to_owned(),
            ))),
            None => Err(format!(
                "{} started on {}, before {what} was last written on {}, and Helm's history does not tell what it held then",
                pod.name,
                moment(since),
                moment(*written)
            )),
        };
    };
    if let Some(lost) = lost(baseline, arrival, pod, &earlier.objects) {
        return Ok(Some(Trouble::Without(lost)));
    }
    let then = Carriers::find(&earlier.objects);
    let held = |carriers: &Carriers, object: &Object| -> BTreeSet<_> {
        let within = carriers.within(&object.kind, &object.name);
        within.map(|(_, certificate)| certificate).collect()
    };
    let changed = late
        .iter()
        .find(|(object, _)| held(&then, object) != held(&baseline.proof.carriers, object));
    Ok(changed.map(|(object, written)| {
        Trouble::Older(format!(
            "were started before {} {} got its present certificates on {}",
            object.kind,
            object.name,
            moment(*written)
        ))
    }))
}

/// The certificates that get less far in a pod than its workload was rendered for, where `objects` hold them.
fn lost(
    baseline: &Baseline<'_>,
    arrival: &Arrival,
    pod: &Object,
    objects: &[Object],
) -> Option<String> {
    let started = started(pod, objects, &baseline.itself);
    aliases(&baseline.trusts.certificates, |one| {
        let certificate = one.certificate.fingerprint;
        let reach = |arrival: &Arrival| arrival.reach(certificate, REQUESTS);
        arrival.gets(certificate) && started.as_ref().map(reach) < Some(reach(arrival))
    })
}

/// What a pod has from what it mounts, where `objects` are what that was when it started.
pub(super) fn started(pod: &Object, objects: &[Object], itself: &Itself<'_>) -> Option<Arrival> {
    let mounted = mounted_by(pod);
    let is_mounted = |one: &&Object| {
        let mut mounted = mounted.iter();
        mounted.any(|(kind, name)| *kind == one.kind && *name == one.name)
    };
    let carriers = objects.iter().filter(is_mounted);
    let objects: Vec<Object> = carriers.chain([pod]).cloned().collect();
    // Whose the pod is was told by its workload.
    let itself = Itself {
        part: None,
        ..*itself
    };
    prove(&objects, &itself).workloads.into_iter().next()
}

/// The live objects with certificates that a pod mounts, and when each was last written.
fn mounted<'a>(
    evidence: &Evidence<'a>,
    baseline: &Baseline<'_>,
    pod: &Object,
) -> Vec<(&'a Object, OffsetDateTime)> {
    let carrying = baseline.proof.carriers.carrying_objects();
    let mounted = mounted_by(pod);
    let objects = evidence.live.objects.iter().filter(|object| {
        carrying.contains(&(object.kind.as_str(), object.name.as_str()))
            && mounted
                .iter()
                .any(|(kind, name)| *kind == object.kind && *name == object.name)
    });
    objects
        .filter_map(|object| Some((object, written(object)?)))
        .collect()
}

/// When an object was last written, as far as the API server notes it.
fn written(object: &Object) -> Option<OffsetDateTime> {
    let managers = object.get(&["metadata", "managedFields"]);
    let managers = managers.and_then(Value::as_sequence).into_iter().flatten();
    let times = managers.filter_map(|manager| manager.get("time").and_then(time_of));
    times
        .max()
        .or_else(|| time_of(object.get(&["metadata", "creationTimestamp"])?))
}

/// Since when a pod has what it read: init containers run once, and where none makes the bundle, a container that starts anew
/// reads anew.
fn reads_since(pod: &Object, arrival: &Arrival) -> Option<OffsetDateTime> {
    let created = time_of(pod.get(&["metadata", "creationTimestamp"])?)?;
    let mut inits = arrival.init_containers();
    if inits.any(|container| container.admission.is_updater) {
        return Some(created);
    }
    let statuses = pod.get(&["status", "containerStatuses"]);
    let statuses = statuses.and_then(Value::as_sequence).into_iter().flatten();
    let started = statuses.filter_map(|status| {
        let running = status.get("state")?.get("running")?;
        time_of(running.get("startedAt")?)
    });
    Some(
        started
            .min()
            .map_or(created, |started| started.max(created)),
    )
}

pub(super) fn time_of(value: &Value) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(value.as_str()?, &Rfc3339).ok()
}

/// The first init container that has not ended, where it takes too long.
fn waiting(evidence: &Evidence<'_>, arrival: &Arrival, pod: &Object) -> Option<Finding> {
    let statuses = pod.get(&["status", "initContainerStatuses"])?;
    let statuses = statuses.as_sequence()?;
    let state = |status: &Value, name: &str| status.get("state")?.get(name).cloned();
    let is_sidecar = |name: &str| {
        let containers = pod.get(&["spec", "initContainers"]);
        let containers = containers.and_then(Value::as_sequence);
        let mut containers = containers.into_iter().flatten();
        containers.any(|one| {
            one.get("name").and_then(Value::as_str) == Some(name)
                && one.get("restartPolicy").and_then(Value::as_str) == Some("Always")
        })
    };
    let name_of = |status: &Value| {
        let name = status.get("name").and_then(Value::as_str);
        name.unwrap_or_default().to_owned()
    };
    let has_ended = |status: &Value| {
        let code = state(status, "terminated").and_then(|ended| ended.get("exitCode")?.as_i64());
        code == Some(0)
    };
    let mut all = statuses.iter().enumerate();
    let (index, status) =
        all.find(|(_, status)| !has_ended(status) && !is_sidecar(&name_of(status)))?;
    let since = state(status, "running")
        .and_then(|running| time_of(running.get("startedAt")?))
        .or_else(|| time_of(pod.get(&["metadata", "creationTimestamp"])?))?;
    let age = evidence.now - since;
    if age < PATIENCE {
        return None;
    }
    let name = name_of(status);
    let asked = arrival.init_containers().find(|one| one.name == name);
    let asked = asked.map_or(&[][..], |one| &one.asked);
    let servers: Vec<String> = asked
        .iter()
        .map(|(one, _)| without_login(&one.url))
        .collect();
    let (what, hint) = match servers.first() {
        Some(first) => (
            format!("it asks {} before anything else starts", servers.join(", ")),
            {
                let source = evidence.as_source();
                let words = ["clearml-certs", "probe", first, "--ca", &source];
                let probe = evidence.id.cluster.helm(&words);
                format!("see whether clients trust that: {probe}")
            },
        ),
        None => {
            let why = state(status, "waiting").and_then(|one| {
                let reason = one.get("reason")?.as_str()?.to_owned();
                Some(format!("it says {reason}"))
            });
            let namespace = pod.namespace_in(&evidence.id.namespace);
            let words = ["logs", &pod.name, "-c", &name, "-n", namespace];
            (
                why.unwrap_or_else(|| "it has not ended".to_owned()),
                format!("see what it says: {}", evidence.id.cluster.kubectl(&words)),
            )
        }
    };
    Some(
        Finding::error(
            "pod-waits",
            format!(
                "{}: pod {} has been at Init:{index}/{} for {}, in its init container {name}: {what}",
                evidence.name(),
                pod.name,
                statuses.len(),
                shown_duration(age)
            ),
        )
        .hint(hint),
    )
}

/// As people say how long something took.
fn shown_duration(length: Duration) -> String {
    match length.whole_minutes() {
        minutes if minutes < 120 => format!("{minutes} minutes"),
        minutes if minutes < 48 * 60 => format!("{} hours", length.whole_hours()),
        _ => format!("{} days", length.whole_days()),
    }
}
