//! Lints on when a certificate is valid.

use time::Duration;

use super::{Subject, date};
use crate::certs::Role;
use crate::finding::Finding;

pub(super) fn expired(subject: &Subject<'_>) -> Option<Finding> {
    let end = subject.certificate.not_after;
    (end < subject.options.now).then(|| {
        Finding::error(
            "certificate-expired",
            format!(
                "{} expired on {}; {} would say \"certificate has expired\"",
                subject.name(),
                date(end),
                // webpki looks at no dates of a CA that it is given as trust.
                match subject.role {
                    Role::Root | Role::Intermediate => "every client but uv",
                    Role::Leaf | Role::SelfSignedServer => "every client",
                }
            ),
        )
        .hint("ask whoever runs the CA for its current certificate")
    })
}

pub(super) fn not_yet_valid(subject: &Subject<'_>) -> Option<Finding> {
    let start = subject.certificate.not_before;
    (start > subject.options.now).then(|| {
        Finding::warning(
            "certificate-not-yet-valid",
            format!(
                "{} is valid only from {}; until then clients say \"certificate is not yet valid\"",
                subject.name(),
                date(start)
            ),
        )
        .hint("wait for that day, or check this machine's clock")
    })
}

pub(super) fn expires_soon(subject: &Subject<'_>) -> Option<Finding> {
    let end = subject.certificate.not_after;
    let left = end - subject.options.now;
    (left >= Duration::ZERO && left < subject.options.expires_within).then(|| {
        Finding::warning(
            "certificate-expires-soon",
            format!(
                "{} expires in {} days, on {}",
                subject.name(),
                left.whole_days(),
                date(end)
            ),
        )
        .hint("give its successor too, with another --ca: both can be trusted at the same time; where it is deployed: helm clearml-certs status -A")
    })
}

/// A CA of 40 years outlives its algorithms; a server certificate of more than 825 days is refused by Apple's clients, and
/// public CAs have long stopped issuing any (CA/Browser Forum ballot 193).
pub(super) fn very_long(subject: &Subject<'_>) -> Option<Finding> {
    let certificate = subject.certificate;
    let days = (certificate.not_after - certificate.not_before).whole_days();
    let usual = match subject.role {
        Role::Root | Role::Intermediate => 40 * 366,
        Role::Leaf | Role::SelfSignedServer => 825,
    };
    (days > usual).then(|| {
        Finding::note(
            "certificate-validity-very-long",
            format!(
                "{} is valid for {} years; clients on Linux accept that, browsers on Apple systems do not accept it of a server",
                subject.name(),
                days / 365
            ),
        )
    })
}
