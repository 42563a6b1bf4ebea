//! `probe -o json`: the same facts for programs.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::Screen;
use super::certificate_json::{certificate_facts, verdicts};
use crate::certs::Certificate;
use crate::commands::{Probe, Probed};
use crate::tls::Version;

/// Raised when a field changes its meaning or goes away; new fields may come at any time.
const SCHEMA_VERSION: u32 = 1;

impl Screen {
    /// Prints everything as one JSON object.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn probe_json(&self, probe: &Probe) -> Result<()> {
        let servers: Vec<Value> = probe.servers.iter().map(|one| server(probe, one)).collect();
        let whole = json!({
            "schemaVersion": SCHEMA_VERSION,
            "servers": servers,
            "findings": probe.findings,
        });
        let text = serde_json::to_string_pretty(&whole).context("cannot write JSON")?;
        self.result(&text);
        Ok(())
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
