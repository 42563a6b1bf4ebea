//! Certificates and verdicts as JSON.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::certs::verdict::{Client, Verdict};
use crate::certs::{Certificate, Role};

/// Everything that a certificate says of itself.
pub(super) fn certificate_facts(
    certificate: &Certificate,
    role: Role,
    now: OffsetDateTime,
) -> Map<String, Value> {
    let facts = &certificate.facts;
    let object = json!({
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "role": role.to_string(),
        "selfSigned": certificate.is_self_signed(),
        "isCA": certificate.is_ca,
        "pathLength": facts.basic_constraints.and_then(|constraints| constraints.path_length),
        "version": facts.version,
        "serial": facts.serial,
        "notBefore": moment(certificate.not_before),
        "notAfter": moment(certificate.not_after),
        "daysLeft": (certificate.not_after - now).whole_days(),
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
        "issuerUrls": facts.issuer_urls,
        "sha256": certificate.fingerprint.to_string(),
        "sha1": certificate.sha1(),
        "pem": certificate.pem(),
    });
    match object {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// As RFC 3339 writes it.
pub(super) fn moment(moment: OffsetDateTime) -> Option<String> {
    moment.format(&Rfc3339).ok()
}

/// What each client says, in the order of [`Client::ALL`].
pub(super) fn verdicts<'a>(said: impl IntoIterator<Item = &'a Verdict>) -> Map<String, Value> {
    Client::ALL
        .iter()
        .zip(said)
        .map(|(client, verdict)| {
            let value = match verdict {
                Verdict::Trusted => json!({"trusted": true}),
                Verdict::Refused(text) => json!({"trusted": false, "error": text}),
            };
            (client.id().to_owned(), value)
        })
        .collect()
}
