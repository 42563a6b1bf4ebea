//! What `probe` found out, and `probe -o json`.

use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::SCHEMA_VERSION;
use super::certificate::{certificate_facts, verdicts};
use crate::certs::Certificate;
use crate::certs::bundle::Entry;
use crate::certs::chain::Chain;
use crate::certs::judgement::Remedy;
use crate::certs::verdict::Verdict;
use crate::finding::Finding;
use crate::tls::{Endpoint, Version};

/// What was found out about all servers.
#[derive(Debug)]
pub struct Probe {
    /// The moment that counts as now.
    pub now: OffsetDateTime,
    /// How much validity must be left.
    pub expires_within: Duration,
    /// One for each URL.
    pub servers: Vec<Probed>,
    /// What is wrong with the proposed certificates.
    pub findings: Vec<Finding>,
}

/// What was found out about one server.
#[derive(Debug)]
pub struct Probed {
    /// Where it is.
    pub endpoint: Endpoint,
    /// Why it could not be asked, where it could not.
    pub unreachable: Option<String>,
    /// What it presents, its own certificate first.
    pub presented: Vec<Entry>,
    /// Issuers that were fetched from the addresses that certificates name.
    pub fetched: Vec<Certificate>,
    /// Who issued whom, among the presented and then the fetched ones.
    pub chain: Chain,
    /// The version of TLS that was agreed on.
    pub version: Option<Version>,
    /// Every version that it accepts.
    pub versions: Vec<Version>,
    /// The proxy that the connection went through.
    pub proxy: Option<String>,
    /// What each client says under each trust: its name, and verdicts in the order of [`crate::certs::verdict::Client::ALL`].
    pub verdicts: Vec<(&'static str, Vec<Verdict>)>,
    /// What would make clients trust it that do not.
    pub remedy: Option<Remedy>,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

impl Probe {
    /// Everything as one JSON object.
    #[must_use]
    pub fn json(&self) -> Value {
        let servers: Vec<Value> = self.servers.iter().map(|one| server(self, one)).collect();
        json!({
            "schemaVersion": SCHEMA_VERSION,
            "servers": servers,
            "findings": self.findings,
        })
    }
}

impl Probed {
    /// A server that could not be asked.
    #[must_use]
    pub fn unreachable(endpoint: &Endpoint, why: String) -> Self {
        Self {
            endpoint: endpoint.clone(),
            unreachable: Some(why),
            presented: Vec::new(),
            fetched: Vec::new(),
            chain: Chain::default(),
            version: None,
            versions: Vec::new(),
            proxy: None,
            verdicts: Vec::new(),
            remedy: None,
            findings: Vec::new(),
        }
    }
}

fn server(probe: &Probe, server: &Probed) -> Value {
    let certificates = |all: &[&Certificate]| -> Vec<Value> {
        let facts = all.iter().map(|one| certificate_facts(one, probe.now));
        facts.map(Value::Object).collect()
    };
    let presented: Vec<&Certificate> = server
        .presented
        .iter()
        .map(|one| &one.certificate)
        .collect();
    let trusts: Vec<Value> = server
        .verdicts
        .iter()
        .map(|(name, said)| json!({"trust": name, "verdicts": verdicts(said.iter().map(Some))}))
        .collect();
    json!({
        "url": server.endpoint.to_string(),
        "error": server.unreachable,
        "proxy": server.proxy,
        "tlsVersion": server.version.map(Version::number),
        "tlsVersions": server.versions.iter().copied().map(Version::number).collect::<Vec<_>>(),
        "presented": certificates(&presented),
        "fetched": certificates(&server.fetched.iter().collect::<Vec<_>>()),
        "trusts": trusts,
        "remedy": server.remedy.as_ref().map(|remedy| json!({
            "enough": remedy.is_enough(),
            "add": certificates(&remedy.add.iter().collect::<Vec<_>>()),
            "verdicts": verdicts(remedy.verdicts.iter().map(Some)),
        })),
        "findings": server.findings,
    })
}
