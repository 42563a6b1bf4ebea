//! `inspect -o json`: the same facts for programs.

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Screen;
use crate::certs::bundle::Entry;
use crate::certs::verdict::{Client, Verdict};
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
        let whole = json!({
            "schemaVersion": SCHEMA_VERSION,
            "certificates": certificates,
            "servers": servers,
            "findings": inspection.findings,
        });
        let text = serde_json::to_string_pretty(&whole).context("cannot write JSON")?;
        self.result(&text);
        Ok(())
    }
}

fn certificate(inspection: &Inspection, index: usize, entry: &Entry) -> Value {
    let certificate = &entry.certificate;
    let facts = &certificate.facts;
    let issuer = inspection
        .chain
        .issuer(index)
        .and_then(|issuer| inspection.entries.get(issuer))
        .map(|issuer| issuer.certificate.fingerprint.to_string());
    let said = inspection.verdicts.get(index).into_iter().flatten();
    json!({
        "alias": entry.alias,
        "origin": entry.origin,
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "role": certificate.role().to_string(),
        "selfSigned": certificate.is_self_signed(),
        "isCA": certificate.is_ca,
        "pathLength": facts.basic_constraints.and_then(|constraints| constraints.path_length),
        "version": facts.version,
        "serial": facts.serial,
        "notBefore": moment(certificate.not_before),
        "notAfter": moment(certificate.not_after),
        "daysLeft": (certificate.not_after - inspection.now).whole_days(),
        "key": facts.key.to_string(),
        "signature": facts.signature,
        "names": facts.names,
        "keyUsage": facts.key_usage,
        "extendedKeyUsage": facts.extended_key_usage,
        "nameConstraints": facts.name_constraints.as_ref().map(|constraints| json!({
            "permitted": constraints.permitted,
            "excluded": constraints.excluded,
        })),
        "subjectKeyId": facts.subject_key_id,
        "authorityKeyId": facts.authority_key_id,
        "sha256": certificate.fingerprint.to_string(),
        "sha1": certificate.sha1(),
        "issuerInSet": issuer,
        "verdicts": verdicts(said.map(Option::as_ref)),
        "pem": certificate.pem(),
    })
}

fn moment(moment: OffsetDateTime) -> Option<String> {
    moment.format(&Rfc3339).ok()
}

fn verdicts<'a>(said: impl Iterator<Item = Option<&'a Verdict>>) -> Map<String, Value> {
    Client::ALL
        .iter()
        .zip(said)
        .map(|(client, verdict)| {
            let value = match verdict {
                Some(Verdict::Trusted) => json!({"trusted": true}),
                Some(Verdict::Refused(text)) => json!({"trusted": false, "error": text}),
                None => Value::Null,
            };
            (client.id().to_owned(), value)
        })
        .collect()
}
