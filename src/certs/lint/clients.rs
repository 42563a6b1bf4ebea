//! What the engines of the clients refuse that no other lint foretells.

use super::Subject;
use crate::certs::judgement::refusals;
use crate::certs::verdict::{Client, Trust, Verdict};
use crate::finding::{Finding, Severity};

/// These speak for every client.
const SAID_OF_ALL: [&str; 3] = [
    "certificate-expired",
    "certificate-not-a-ca",
    "certificate-not-yet-valid",
];

/// What to have mended, by what OpenSSL says.
const REMEDIES: [(&str, &str); 5] = [
    (
        "unhandled critical extension",
        "have it reissued with no extension marked critical but basicConstraints, keyUsage and nameConstraints: its key may stay",
    ),
    (
        "unsuitable certificate purpose",
        "have it reissued without extended key usage, or with serverAuth in it: its key may stay",
    ),
    (
        "explicit ECC parameters",
        "have it reissued with a named curve: OpenSSL wants the same key under its curve's name",
    ),
    (
        "path length constraint exceeded",
        "have the CA above it reissued with a larger pathlen, or without any",
    ),
    (
        "invalid CA certificate",
        "have it reissued as version 3, with basicConstraints CA:TRUE: its key may stay",
    ),
];

/// Judges a certificate as trust among the others, unless what was `found` says it all.
pub(super) fn refused(subject: &Subject<'_>, trust: &Trust, found: &[Finding]) -> Option<Finding> {
    let is_said =
        |one: &Finding| one.severity == Severity::Error || SAID_OF_ALL.contains(&one.code);
    if !subject.options.as_trust || found.iter().any(is_said) {
        return None;
    }
    let verdicts = trust.verdicts_on(subject.certificate, subject.role);
    let is_told = |verdict: &Verdict| match verdict {
        Verdict::Trusted => true,
        Verdict::Refused(words) => found.iter().any(|one| one.message.contains(words.as_str())),
    };
    let untold = || {
        let said = Client::ALL.into_iter().zip(&verdicts);
        said.filter(|(_, verdict)| !is_told(verdict))
    };
    let said: Vec<String> = refusals(untold())
        .iter()
        .map(|(words, clients)| {
            let clients: Vec<&str> = clients.iter().map(|client| client.name()).collect();
            format!("{} will say \"{words}\"", clients.join(", "))
        })
        .collect();
    if said.is_empty() {
        return None;
    }
    let said = said.join("; ");
    let by_every_python = Client::PYTHONS
        .iter()
        .all(|python| untold().any(|(client, _)| client == *python));
    let finding = if by_every_python {
        Finding::error(
            "certificate-refused",
            format!("{} is of no use as trust: {said}", subject.name()),
        )
    } else {
        Finding::warning(
            "certificate-refused-by-some",
            format!("{} is not trusted by every client: {said}", subject.name()),
        )
    };
    let remedy = REMEDIES.iter().find(|(words, _)| said.contains(words));
    Some(finding.hint(remedy.map_or(
        "ask whoever runs the CA for a certificate without that; helm clearml-certs inspect judges it",
        |(_, remedy)| remedy,
    )))
}
