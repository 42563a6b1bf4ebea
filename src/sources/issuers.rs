//! The issuers that a certificate names by URL (Authority Information Access, RFC 5280, 4.2.2.1), fetched.

use std::time::Duration;

use crate::certs::{Certificate, pem};

/// More than any chain in use has.
const MAX_STEPS: usize = 8;

/// Larger than any certificate, or a PKCS#7 with a few of them.
const MAX_BYTES: u64 = 1024 * 1024;

/// The issuers above `certificate` that can be fetched, lowest first, and why the way ended before a root, if it did.
///
/// Only `http://` is followed, as the RFC advises: a TLS connection would need the very trust that is being looked for. What
/// comes back counts only where its key made the signature below it.
#[must_use]
pub fn fetch_above(
    certificate: &Certificate,
    patience: Duration,
) -> (Vec<Certificate>, Option<String>) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(patience))
        .build()
        .into();
    let mut found: Vec<Certificate> = Vec::new();
    for _ in 0..MAX_STEPS {
        let last = found.last().unwrap_or(certificate);
        if last.is_own_issuer() {
            return (found, None);
        }
        match fetch_issuer(&agent, last) {
            Ok(issuer) => found.push(issuer),
            Err(why) => return (found, Some(why)),
        }
    }
    (
        found,
        Some(format!("the chain has more than {MAX_STEPS} issuers")),
    )
}

fn fetch_issuer(agent: &ureq::Agent, certificate: &Certificate) -> Result<Certificate, String> {
    let mut why = format!(
        "{} names no http:// address of its issuer",
        certificate.subject
    );
    let urls = &certificate.facts.issuer_urls;
    for url in urls.iter().filter(|url| url.starts_with("http://")) {
        match fetch(agent, url) {
            Ok(candidates) => {
                let issuer = candidates
                    .into_iter()
                    .find(|one| certificate.is_signed_by(one));
                match issuer {
                    Some(issuer) => return Ok(issuer),
                    None => {
                        let subject = &certificate.subject;
                        why = format!("{url} has no certificate that issued {subject}");
                    }
                }
            }
            Err(error) => why = format!("{url}: {error}"),
        }
    }
    Err(why)
}

fn fetch(agent: &ureq::Agent, url: &str) -> Result<Vec<Certificate>, String> {
    let mut response = agent.get(url).call().map_err(|error| error.to_string())?;
    let body = response
        .body_mut()
        .with_config()
        .limit(MAX_BYTES)
        .read_to_vec();
    let body = body.map_err(|error| error.to_string())?;
    let blocks = pem::parse(&body).map_err(|error| error.to_string())?;
    Ok(blocks.into_iter().map(|block| block.certificate).collect())
}
