//! What `inspect` found out, and `inspect -o json`.

use serde_json::{Map, Value, json};
use time::{Duration, OffsetDateTime};

use super::SCHEMA_VERSION;
use super::certificate::{certificate_facts, verdicts};
use crate::certs::bundle::Entry;
use crate::certs::chain::Chain;
use crate::certs::verdict::{Client, Verdict};
use crate::finding::Finding;
use crate::status::{Trusts, word_of_mode, word_of_task_pods};
use crate::tls::Endpoint;
use crate::vendor::Component;

/// Everything that `inspect` found out, for a screen or for JSON.
#[derive(Debug)]
pub struct Inspection {
    /// The moment that counts as now.
    pub now: OffsetDateTime,
    /// How much validity must be left.
    pub expires_within: Duration,
    /// The certificates, each once.
    pub entries: Vec<Entry>,
    /// Who issued whom.
    pub chain: Chain,
    /// What each client says of each certificate as trust, in the order of the entries and of [`Client::ALL`].
    pub verdicts: Vec<Vec<Verdict>>,
    /// The servers among the sources, and what each client says of them with the given certificates as trust.
    pub servers: Vec<(String, Vec<Verdict>)>,
    /// The servers that were looked at alone, with no trust beside them to judge them by.
    pub unjudged: Vec<Endpoint>,
    /// The override files among the sources, and what they say of their releases.
    pub overrides: Vec<InspectedOverride>,
    /// The releases among the sources, by their names, and the command that tells how each stands.
    pub releases: Vec<(String, String)>,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// An override file, in the words that `status` has for a release.
#[derive(Debug)]
pub struct InspectedOverride {
    /// Its path as it was given.
    pub file: String,
    /// Whose it is, as far as it tells.
    pub component: Component,
    /// What it says.
    pub trusts: Trusts,
}

impl Inspection {
    /// How many of the certificates each client refuses as trust, in the order of [`Client::ALL`].
    #[must_use]
    pub fn refusals(&self) -> [usize; Client::ALL.len()] {
        let mut counts = [0; Client::ALL.len()];
        for verdicts in &self.verdicts {
            for (count, verdict) in counts.iter_mut().zip(verdicts) {
                *count += usize::from(!verdict.is_trusted());
            }
        }
        counts
    }

    /// Everything as one JSON object.
    #[must_use]
    pub fn json(&self) -> Value {
        let certificates: Vec<Value> = self
            .entries
            .iter()
            .enumerate()
            .map(|(index, entry)| certificate(self, index, entry))
            .collect();
        let servers: Vec<Value> = self
            .servers
            .iter()
            .map(|(host, said)| json!({"host": host, "verdicts": verdicts(said)}))
            .collect();
        let refusals: Map<String, Value> = Client::ALL
            .iter()
            .zip(self.refusals())
            .map(|(client, count)| (client.id().to_owned(), json!(count)))
            .collect();
        json!({
            "schemaVersion": SCHEMA_VERSION,
            "certificates": certificates,
            "refusals": refusals,
            "servers": servers,
            "overrides": self.overrides.iter().map(override_file).collect::<Vec<_>>(),
            "findings": self.findings,
        })
    }
}

fn override_file(one: &InspectedOverride) -> Value {
    let certificates = one.trusts.certificates.iter().map(|placed| {
        json!({"alias": placed.alias, "sha256": placed.certificate.fingerprint.to_string()})
    });
    json!({
        "file": one.file,
        "component": one.component.name(),
        "mode": one.trusts.mode.map(word_of_mode),
        "taskPods": one.trusts.task_pods.map(word_of_task_pods),
        "certificates": certificates.collect::<Vec<_>>(),
    })
}

fn certificate(inspection: &Inspection, index: usize, entry: &Entry) -> Value {
    let issuer = inspection
        .chain
        .issuer(index)
        .and_then(|issuer| inspection.entries.get(issuer))
        .map(|issuer| issuer.certificate.fingerprint.to_string());
    let said = inspection.verdicts.get(index).into_iter().flatten();
    let mut object = certificate_facts(
        &entry.certificate,
        inspection.chain.role(index),
        inspection.now,
    );
    object.insert("alias".to_owned(), json!(entry.alias));
    object.insert("origin".to_owned(), json!(entry.origin));
    object.insert("issuerInSet".to_owned(), json!(issuer));
    let said = verdicts(said);
    object.insert("verdicts".to_owned(), Value::Object(said));
    Value::Object(object)
}
