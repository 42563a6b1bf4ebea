//! What `probe` found out, and `probe -o json`.

use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::SCHEMA_VERSION;
use super::certificate::{certificate_facts, verdicts};
use crate::certs::Certificate;
use crate::certs::bundle::Entry;
use crate::certs::chain::Chain;
use crate::certs::judgement::{Cause, Remedy};
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
    /// The given certificates that its chain leads to, but for those that it presents.
    pub given: Vec<Certificate>,
    /// Who issued whom, among the presented, then the fetched, then the given ones.
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
    /// Why it is refused, where more than trust is missing.
    pub cause: Option<Cause>,
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
    /// The certificates that [`Self::chain`] counts, in its order.
    #[must_use]
    pub fn certificates(&self) -> Vec<&Certificate> {
        let presented = self.presented.iter().map(|one| &one.certificate);
        presented.chain(&self.fetched).chain(&self.given).collect()
    }

    /// A server that could not be asked.
    #[must_use]
    pub fn unreachable(endpoint: &Endpoint, why: String) -> Self {
        Self {
            endpoint: endpoint.clone(),
            unreachable: Some(why),
            presented: Vec::new(),
            fetched: Vec::new(),
            given: Vec::new(),
            chain: Chain::default(),
            version: None,
            versions: Vec::new(),
            proxy: None,
            verdicts: Vec::new(),
            remedy: None,
            cause: None,
            findings: Vec::new(),
        }
    }
}

fn server(probe: &Probe, server: &Probed) -> Value {
    let all = server.certificates();
    let certificates = |from: usize, count: usize| -> Vec<Value> {
        let indexed = all.iter().enumerate().skip(from).take(count);
        let facts =
            indexed.map(|(index, one)| certificate_facts(one, server.chain.role(index), probe.now));
        facts.map(Value::Object).collect()
    };
    let added = |one: &Certificate| {
        let index = all.iter().position(|known| *known == one);
        let role = index.map_or_else(|| one.role(), |index| server.chain.role(index));
        Value::Object(certificate_facts(one, role, probe.now))
    };
    let (presented, fetched) = (server.presented.len(), server.fetched.len());
    let trusts: Vec<Value> = server
        .verdicts
        .iter()
        .map(|(name, said)| json!({"trust": name, "verdicts": verdicts(said)}))
        .collect();
    json!({
        "url": server.endpoint.to_string(),
        "error": server.unreachable,
        "proxy": server.proxy,
        "tlsVersion": server.version.map(Version::number),
        "tlsVersions": server.versions.iter().copied().map(Version::number).collect::<Vec<_>>(),
        "presented": certificates(0, presented),
        "fetched": certificates(presented, fetched),
        "given": certificates(presented + fetched, server.given.len()),
        "trusts": trusts,
        "remedy": server.remedy.as_ref().map(|remedy| json!({
            "enough": remedy.is_enough(),
            "add": remedy.add.iter().map(added).collect::<Vec<_>>(),
            "verdicts": verdicts(&remedy.verdicts),
        })),
        "findings": server.findings,
    })
}
