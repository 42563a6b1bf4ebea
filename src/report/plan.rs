//! `install` and `remove -o json`: the whole plan, and what became of it, for programs (docs/json.md, docs/schema/install.schema.json).

use std::path::Path;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::certificate::{certificate_facts, verdicts};
use super::ending::Ending;
use super::verify::Verified;
use super::{SCHEMA_VERSION, dependency, diff, id, summary};
use crate::certs::bundle::Entry;
use crate::certs::chain::Chain;
use crate::certs::{Certificate, Role};
use crate::overrides::task_pods::Strategy;
use crate::overrides::{Mode, Placed, Taken};
use crate::plan::{Action, Answer, FileChange, NamedServer, Observed, Plan, Target};
use crate::preflight::Workload;
use crate::proof::PodPlace;
use crate::run::{Aftermath, By, Check, FileEnd, Outcome, Untouched};
use crate::vendor::Component;

/// The plan, and with it what became of each target if it was carried out.
#[must_use]
pub fn plan_json(
    plan: &Plan,
    ending: Ending,
    outcomes: &[(&Target, Outcome)],
    verified: &[Vec<Verified>],
) -> Value {
    let now = OffsetDateTime::now_utc();
    let result_of = |index: usize| outcomes.get(index).map(|(_, outcome)| outcome);
    let targets: Vec<Value> = plan
        .targets
        .iter()
        .enumerate()
        .map(|(index, target)| {
            let mut json = target_json(target, result_of(index));
            let verified = verified.get(index).map(|all| {
                let all = all.iter().map(Verified::json);
                all.collect::<Vec<_>>()
            });
            if let Some(fields) = json.as_object_mut() {
                fields.insert("verification".to_owned(), json!(verified));
            }
            json
        })
        .collect();
    let unplanned = plan.unplanned.iter().map(|one| {
        json!({
            "id": id(&one.id),
            "component": one.component.name(),
            "release": one.id.release,
            "namespace": one.id.namespace,
            "cluster": one.id.cluster.to_string(),
            "error": format!("{:#}", one.error),
        })
    });
    let unplanned: Vec<Value> = unplanned.collect();
    let all: Vec<&Certificate> = plan.entries.iter().map(|one| &one.certificate).collect();
    let chain = Chain::of(&all);
    let given = plan.entries.iter().enumerate();
    let given = given.filter(|(_, entry)| !entry.of_bundle);
    let certificates: Vec<Value> = given
        .map(|(index, entry)| certificate(entry, chain.role(index), now))
        .collect();
    let system = plan.entries.iter().filter(|entry| entry.of_bundle);
    json!({
        "schemaVersion": SCHEMA_VERSION,
        "outcome": ending.word(),
        "hasChanges": plan.has_changes(),
        "certificates": certificates,
        "systemCertificates": system.count(),
        "findings": plan.findings,
        "targets": targets,
        "unplanned": unplanned,
        "warnings": summary::warnings(plan),
    })
}

fn certificate(entry: &Entry, role: Role, now: OffsetDateTime) -> Value {
    let mut object = certificate_facts(&entry.certificate, role, now);
    object.insert("alias".to_owned(), json!(entry.alias));
    object.insert("origin".to_owned(), json!(entry.origin));
    Value::Object(object)
}

fn target_json(target: &Target, outcome: Option<&Outcome>) -> Value {
    let at = &target.coordinates;
    json!({
        "id": id(&at.id),
        "component": at.component.name(),
        "release": at.id.release,
        "namespace": at.id.namespace,
        "cluster": at.id.cluster.to_string(),
        "chart": at.chart,
        "chartVersion": at.version,
        "dependency": target.inner.as_ref().map(dependency),
        "action": match target.action {
            Action::Install => "install",
            Action::Upgrade => "upgrade",
            Action::Nothing => "nothing",
        },
        "deployed": deployed(&target.observed),
        "mode": match target.mode {
            Mode::Append => "append",
            Mode::Replace => "replace",
        },
        "taskPods": match target.strategy {
            Strategy::Propagate => "propagate",
            Strategy::Template => "template",
            Strategy::Off => "off",
        },
        "file": file(&target.file),
        "certificates": target.placed.iter().map(|placed| arrival(target, placed)).collect::<Vec<_>>(),
        "removed": target.taken.iter().map(removed).collect::<Vec<_>>(),
        "servers": target.servers.iter().map(server).collect::<Vec<_>>(),
        "changes": target.changes,
        "summary": summary::json(target),
        "findings": target.findings,
        "goesWith": target.goes_with.map(Component::name),
        "command": (target.file.inside.is_none() && target.goes_with.is_none())
            .then(|| target.upgrade.shown()),
        "result": outcome.map(|outcome| result(target, outcome)),
    })
}

fn removed(taken: &Taken) -> Value {
    let certificate = taken.certificate.as_ref();
    json!({
        "alias": taken.alias,
        "subject": certificate.map(|one| &one.subject),
        "sha256": certificate.map(|one| one.fingerprint.to_string()),
        "origin": taken.origin,
    })
}

/// The release as it runs; null where there is none, or nothing is known.
fn deployed(observed: &Observed) -> Value {
    match observed.release() {
        Some(release) => json!({
            "revision": release.deployed.revision,
            "status": release.deployed.status,
            "chart": release.listed.chart,
        }),
        None => Value::Null,
    }
}

fn file(file: &FileChange) -> Value {
    let change = match (&file.before, file.is_edited()) {
        (_, false) => "none",
        (None, true) => "created",
        (Some(_), true) => "edited",
    };
    let diff = file.is_edited().then(|| {
        diff::of_file(file)
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    });
    json!({"path": shown(&file.path), "change": change, "diff": diff})
}

/// A certificate that the file lists, and its way into the pods.
fn arrival(target: &Target, placed: &Placed) -> Value {
    let fingerprint = placed.certificate.fingerprint;
    let carriers = target.proof.carriers.of(fingerprint).iter();
    let carried: Vec<Value> = carriers
        .map(|one| json!({"kind": one.kind, "name": one.object, "key": one.key}))
        .collect();
    let arrivals = target.proof.workloads.iter().chain(&target.proof.task_pods);
    let mounted: Vec<String> = arrivals
        .filter(|arrival| arrival.gets(fingerprint))
        .map(|arrival| arrival.place.to_string())
        .collect();
    let queues: Vec<&str> = target
        .proof
        .task_pods
        .iter()
        .filter(|arrival| arrival.gets(fingerprint))
        .filter_map(|arrival| match &arrival.place {
            PodPlace::Template(place) => place.queue.as_deref(),
            PodPlace::Workload { .. } | PodPlace::Values(_) => None,
        })
        .collect();
    json!({
        "alias": placed.alias,
        "added": placed.added,
        "subject": placed.certificate.subject,
        "sha256": fingerprint.to_string(),
        "carriedBy": carried,
        "mountedIn": mounted,
        "queues": queues,
    })
}

fn server(server: &NamedServer) -> Value {
    let (reachable, said) = match &server.answer {
        None => (Value::Null, Map::new()),
        Some(Answer::Unreachable(_)) => (json!(false), Map::new()),
        Some(Answer::Judged { verdicts: said, .. }) => (json!(true), verdicts(said)),
    };
    json!({
        "value": server.path,
        "host": server.endpoint.host,
        "port": server.endpoint.port,
        "reachable": reachable,
        "verdicts": said,
    })
}

fn result(target: &Target, outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Unchanged => json!({"outcome": "unchanged"}),
        Outcome::Untouched(Untouched::NoTurn) => json!({"outcome": "untouched"}),
        Outcome::Untouched(Untouched::Beside { file, backup }) => json!({
            "outcome": "untouched",
            "file": file_end(file),
            "backup": backup.as_deref().map(shown),
        }),
        Outcome::Untouched(Untouched::Refused) => json!({"outcome": "refused"}),
        Outcome::Untouched(Untouched::Stopped(why)) => {
            json!({"outcome": "untouched", "error": why})
        }
        Outcome::Written { backup } => json!({
            "outcome": "written",
            "backup": backup.as_deref().map(shown),
        }),
        Outcome::Done {
            check,
            warnings,
            backup,
        } => done(target, check, warnings, backup.as_deref()),
        Outcome::Failed {
            error,
            aftermath,
            file,
            backup,
        } => {
            let (release, revision, status, way_out) = release_end(aftermath);
            json!({
                "outcome": "failed",
                "error": error.to_string(),
                "release": release,
                "revision": revision,
                "status": status,
                "wayOut": way_out,
                "file": file_end(file),
                "backup": backup.as_deref().map(shown),
            })
        }
    }
}

fn done(target: &Target, check: &Check, warnings: &str, backup: Option<&Path>) -> Value {
    let restart = |workload: &Workload| {
        json!({
            "kind": workload.kind,
            "name": workload.name,
            "restart": workload.restart(&target.coordinates),
        })
    };
    let restarted = check.restarted.iter();
    json!({
        "outcome": if check.problems.is_empty() { "done" } else { "suspicious" },
        "revision": check.revision,
        "live": check.live,
        "problems": check.problems,
        "waiting": check.waiting,
        "keepingOldContent": check.keeping.iter().map(restart).collect::<Vec<_>>(),
        "restarted": restarted.map(Workload::reference).collect::<Vec<_>>(),
        "warnings": warnings.trim(),
        "backup": backup.map(shown),
    })
}

type ReleaseEnd<'a> = (&'static str, Option<u64>, Option<&'a str>, Option<&'a str>);

fn release_end(aftermath: &Aftermath) -> ReleaseEnd<'_> {
    match aftermath {
        Aftermath::AsBefore => ("as-before", None, None, None),
        Aftermath::Moved(moved) => (
            match moved.by {
                By::Us => "moved-on",
                By::Rollback => "went-back",
                By::Others => "overtaken",
            },
            Some(moved.revision),
            Some(&moved.status),
            moved.way_out.as_deref(),
        ),
        Aftermath::Gone => ("gone", None, None, None),
        Aftermath::Unknown(_) => ("unknown", None, None, None),
    }
}

fn file_end(file: &FileEnd) -> &'static str {
    match file {
        FileEnd::AsBefore => "as-before",
        FileEnd::Kept => "kept",
        FileEnd::ChangedByOthers => "changed-by-others",
        FileEnd::NotPutBack(_) => "not-put-back",
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
