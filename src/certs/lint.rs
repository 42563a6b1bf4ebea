//! What is wrong with a certificate before any server is asked.
//!
//! A lint is a function and a row in [`LINTS`].

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::bundle::Entry;
use crate::finding::Finding;

type Lint = fn(&Entry, OffsetDateTime) -> Option<Finding>;

const LINTS: [Lint; 4] = [expired, not_yet_valid, expires_soon, not_a_ca];

/// Every finding about the given certificates at the moment `now`.
///
/// The machine's own bundle is its maker's business: every distribution ships roots that have expired.
#[must_use]
pub fn check(entries: &[Entry], now: OffsetDateTime) -> Vec<Finding> {
    entries
        .iter()
        .filter(|entry| !entry.from_system)
        .flat_map(|entry| LINTS.iter().filter_map(move |lint| lint(entry, now)))
        .collect()
}

fn expired(entry: &Entry, now: OffsetDateTime) -> Option<Finding> {
    let certificate = &entry.certificate;
    (certificate.not_after < now).then(|| {
        Finding::error(
            "certificate-expired",
            format!(
                "{} ({}) expired on {}; every client would say \"certificate has expired\"",
                certificate.subject,
                entry.origin,
                date(certificate.not_after)
            ),
        )
        .hint("ask whoever runs the CA for its current certificate")
    })
}

fn not_yet_valid(entry: &Entry, now: OffsetDateTime) -> Option<Finding> {
    let certificate = &entry.certificate;
    (certificate.not_before > now).then(|| {
        Finding::warning(
            "certificate-not-yet-valid",
            format!(
                "{} ({}) is valid only from {}; until then clients say \"certificate is not yet valid\"",
                certificate.subject,
                entry.origin,
                date(certificate.not_before)
            ),
        )
    })
}

fn expires_soon(entry: &Entry, now: OffsetDateTime) -> Option<Finding> {
    let certificate = &entry.certificate;
    let left = certificate.not_after - now;
    (left >= time::Duration::ZERO && left < time::Duration::days(30)).then(|| {
        Finding::warning(
            "certificate-expires-soon",
            format!(
                "{} ({}) expires in {} days, on {}",
                certificate.subject,
                entry.origin,
                left.whole_days(),
                date(certificate.not_after)
            ),
        )
        .hint("give its successor too, with another --ca: both can be trusted at the same time")
    })
}

fn not_a_ca(entry: &Entry, _: OffsetDateTime) -> Option<Finding> {
    let certificate = &entry.certificate;
    (!certificate.is_ca).then(|| {
        Finding::warning(
            "certificate-not-a-ca",
            format!(
                "{} ({}) is no CA but a server's own certificate, issued by {}; Python up to 3.12 and uv will not trust the server for it",
                certificate.subject, entry.origin, certificate.issuer
            ),
        )
        .hint("give the certificate of the CA that issued it instead")
    })
}

/// A moment as people read it; a date no calendar holds falls back to the plain form.
#[must_use]
pub fn date(moment: OffsetDateTime) -> String {
    moment
        .format(&Rfc3339)
        .ok()
        .and_then(|text| text.split('T').next().map(str::to_owned))
        .unwrap_or_else(|| moment.to_string())
}
