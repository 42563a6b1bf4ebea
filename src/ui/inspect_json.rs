//! `inspect -o json`: the same facts for programs.

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use super::Screen;
use super::certificate_json::{certificate_facts, verdicts};
use crate::certs::bundle::Entry;
use crate::certs::verdict::Client;
use crate::commands::Inspection;

/// Raised when a field changes its meaning or goes away; new fields may come at any time.
const SCHEMA_VERSION: u32 = 1;

impl Screen {
    /// Prints everything as one JSON object.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn inspection_json(&self, inspection: &Inspection) -> Result<()> {
        let certificates: Vec<Value> = inspection
            .entries
            .iter()
            .enumerate()
            .map(|(index, entry)| certificate(inspection, index, entry))
            .collect();
        let servers: Vec<Value> = inspection
            .servers
            .iter()
            .map(|(host, said)| json!({"host": host, "verdicts": verdicts(said.iter().map(Some))}))
            .collect();
        let refusals: Map<String, Value> = Client::ALL
            .iter()
            .zip(inspection.refusals())
            .map(|(client, count)| (client.id().to_owned(), json!(count)))
            .collect();
        let whole = json!({
            "schemaVersion": SCHEMA_VERSION,
            "certificates": certificates,
            "refusals": refusals,
            "servers": servers,
            "findings": inspection.findings,
        });
        let text = serde_json::to_string_pretty(&whole).context("cannot write JSON")?;
        self.result(&text);
        Ok(())
    }
}

fn certificate(inspection: &Inspection, index: usize, entry: &Entry) -> Value {
    let issuer = inspection
        .chain
        .issuer(index)
        .and_then(|issuer| inspection.entries.get(issuer))
        .map(|issuer| issuer.certificate.fingerprint.to_string());
    let said = inspection.verdicts.get(index).into_iter().flatten();
    let mut object = certificate_facts(&entry.certificate, inspection.now);
    object.insert("alias".to_owned(), json!(entry.alias));
    object.insert("origin".to_owned(), json!(entry.origin));
    object.insert("issuerInSet".to_owned(), json!(issuer));
    let said = verdicts(said.map(Option::as_ref));
    object.insert("verdicts".to_owned(), Value::Object(said));
    Value::Object(object)
}
