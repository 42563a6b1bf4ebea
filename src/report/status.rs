//! What `status` found out, and `status -o json`.

use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::certificate::{moment, verdicts};
use super::{SCHEMA_VERSION, id};
use crate::exit::ExitCode;
use crate::finding::{self, Finding};
use crate::kube::ClusterAddress;
use crate::overrides::Placed;
use crate::plan::{Answer, NamedServer};
use crate::proof::Reach;
use crate::status::{Agreement, Queue, ReleaseStatus, word_of_mode, word_of_task_pods};

/// The present state of all releases that were looked for.
#[derive(Debug)]
pub struct Status {
    /// The moment that counts as now.
    pub now: OffsetDateTime,
    /// How much validity must be left.
    pub expires_within: Duration,
    /// The clusters that were looked in.
    pub clusters: Vec<ClusterState>,
    /// The releases that were found, by cluster, namespace and name.
    pub releases: Vec<ReleaseStatus>,
    /// What is wrong beside what is wrong with one release.
    pub findings: Vec<Finding>,
}

/// A cluster that was looked in.
#[derive(Debug)]
pub struct ClusterState {
    /// Which one.
    pub address: ClusterAddress,
    /// Why it does not tell, where it does not.
    pub error: Option<String>,
}

impl Status {
    /// Every finding, those of releases last.
    pub fn all_findings(&self) -> impl Iterator<Item = &Finding> {
        let of_releases = self.releases.iter().flat_map(|release| &release.findings);
        self.findings.iter().chain(of_releases)
    }

    /// Whether some certificate that is no public root ends within the days that must be left.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        let mut findings = self.findings.iter();
        findings.any(|one| {
            crate::certs::lint::tells_end(one.code) && one.severity > finding::Severity::Note
        })
    }

    /// The exit code that says it.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        let errors = || {
            let findings = self.all_findings();
            findings.filter(|one| one.severity == finding::Severity::Error)
        };
        let is_wrong = errors().next().is_some();
        let found = if is_wrong || self.is_ending() {
            ExitCode::Refused
        } else {
            ExitCode::Done
        };
        let is_silent = self.clusters.iter().any(|one| one.error.is_some())
            || errors().any(|one| one.code == "ca-unreadable");
        found.worse(if is_silent {
            ExitCode::Failed
        } else {
            ExitCode::Done
        })
    }

    /// Everything as one JSON object.
    #[must_use]
    pub fn json(&self) -> Value {
        let clusters = self.clusters.iter().map(|one| {
            json!({
                "cluster": one.address.name(),
                "server": one.address.server(),
                "error": one.error,
            })
        });
        let releases = self.releases.iter().map(|one| release(one, self.now));
        json!({
            "schemaVersion": SCHEMA_VERSION,
            "checkedAt": moment(self.now),
            "inStep": self.exit_code() == ExitCode::Done,
            "clusters": clusters.collect::<Vec<_>>(),
            "releases": releases.collect::<Vec<_>>(),
            "findings": self.findings,
        })
    }
}

fn release(release: &ReleaseStatus, now: OffsetDateTime) -> Value {
    let certificates = release.certificates.iter().map(|one| certificate(one, now));
    json!({
        "id": id(&release.id),
        "component": release.component.name(),
        "chart": release.chart,
        "chartVersion": release.version,
        "valuesPath": release.values_path,
        "revision": release.revision.as_ref().map(|(number, _)| number),
        "state": release.revision.as_ref().map(|(_, state)| state),
        "hidden": release.hidden,
        "deployedBy": release.engine.as_ref().map(|one| json!({
            "engine": one.name,
            "kind": one.kind,
            "namespace": one.namespace,
            "name": one.object,
        })),
        "mode": release.mode.map(word_of_mode),
        "certificates": certificates.collect::<Vec<_>>(),
        "taskPods": release.task_pods.map(word_of_task_pods),
        "queues": release.queues.iter().map(queue).collect::<Vec<_>>(),
        "agreement": {
            "file": agreement(&release.file),
            "live": agreement(&release.live),
            "pods": agreement(&release.pods),
            "ca": agreement(&release.given),
        },
        "servers": release.servers.iter().map(server).collect::<Vec<_>>(),
        "findings": release.findings,
    })
}

fn certificate(placed: &Placed, now: OffsetDateTime) -> Value {
    let certificate = &placed.certificate;
    json!({
        "alias": placed.alias,
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "sha256": certificate.fingerprint.to_string(),
        "notBefore": moment(certificate.not_before),
        "notAfter": moment(certificate.not_after),
        "daysLeft": (certificate.not_after - now).whole_days(),
    })
}

fn queue(queue: &Queue) -> Value {
    json!({
        "queue": queue.name,
        "place": queue.place.to_string(),
        "reach": match queue.reach {
            Reach::Nowhere => "nowhere",
            Reach::Mounted => "mounted",
            Reach::Bundled => "bundled",
            Reach::Read => "read",
        },
        "gaps": queue.gaps,
    })
}

fn agreement(agreement: &Agreement) -> Value {
    let (state, why) = match agreement {
        Agreement::Same => ("same", None),
        Agreement::Differs => ("differs", None),
        Agreement::Unknown(why) => ("unknown", Some(why)),
        Agreement::Nothing => ("nothing", None),
    };
    json!({"state": state, "why": why})
}

fn server(server: &NamedServer) -> Value {
    let (error, said) = match &server.answer {
        Some(Answer::Unreachable(why)) => (Some(why), None),
        Some(Answer::Judged { verdicts: said, .. }) => (None, Some(verdicts(said))),
        None => (None, None),
    };
    json!({
        "path": server.path,
        "url": server.endpoint.to_string(),
        "error": error,
        "verdicts": said,
    })
}
