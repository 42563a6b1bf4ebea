//! The certificates that were named, and those that are deployed.

use super::{Agreement, Evidence};
use crate::certs::bundle::Entry;
use crate::certs::{Fingerprint, mozilla};
use crate::finding::Finding;
use crate::overrides::Placed;

/// Certificates that are to be deployed.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// The certificates.
    pub entries: &'a [Entry],
    /// Where they were read, for people.
    pub sources: &'a [String],
    /// Whether nothing else is to be deployed beside them.
    pub is_all: bool,
}

/// Whether what is deployed is still what the sources hold. Public roots that a bundle has beside are no difference.
pub(super) fn compare(evidence: &Evidence<'_>, placed: &[Placed]) -> (Agreement, Vec<Finding>) {
    let Some(Given {
        entries,
        sources,
        is_all,
    }) = evidence.given
    else {
        return (Agreement::Nothing, Vec::new());
    };
    let words = sources.join(", ");
    let is_deployed = |wanted: Fingerprint| {
        let mut placed = placed.iter();
        placed.any(|one| one.certificate.fingerprint == wanted)
    };
    let missing = entries
        .iter()
        .map(|entry| &entry.certificate)
        .filter(|one| !is_deployed(one.fingerprint));
    let missing: Vec<&str> = missing.map(|one| one.subject.as_str()).collect();
    let more: Vec<&Placed> = placed
        .iter()
        .filter(|one| !mozilla::is_public_root(one.certificate.fingerprint))
        .filter(|one| {
            let mut entries = entries.iter();
            !entries.any(|entry| entry.certificate.fingerprint == one.certificate.fingerprint)
        })
        .collect();
    let mut findings = Vec::new();
    if !missing.is_empty() {
        let flags = sources.iter().flat_map(|one| ["--ca", one.as_str()]);
        let flags: Vec<&str> = flags.collect();
        findings.push(
            Finding::error(
                "ca-differs",
                format!(
                    "{} is without what {words} holds: {}",
                    evidence.name(),
                    missing.join("; ")
                ),
            )
            .hint(format!(
                "deploy it: {}",
                evidence.command("install", &flags)
            )),
        );
    }
    if let Some(first) = more.first() {
        let aliases: Vec<&str> = more.iter().map(|one| one.alias.as_str()).collect();
        let prefix = first.certificate.fingerprint.prefix();
        let finding = Finding::error(
            "ca-differs",
            format!(
                "{} still has what {words} does not hold: {}",
                evidence.name(),
                aliases.join(", ")
            ),
        )
        .hint(format!(
            "once no server needs it, take it out: {}",
            evidence.command("remove", &["--sha256", &prefix])
        ));
        findings.push(if is_all {
            finding
        } else {
            finding.at_most_warning()
        });
    }
    let agreement = if findings.is_empty() {
        Agreement::Same
    } else {
        Agreement::Differs
    };
    (agreement, findings)
}
