//! Lints on certificates that share a name.

use std::collections::HashMap;

use super::{Subject, date};
use crate::certs::bundle::Entry;
use crate::certs::chain::Chain;
use crate::finding::Finding;

/// The CAs of each subject. A server may share the name of its CA.
pub(super) fn by_subject<'a>(
    entries: &'a [Entry],
    chain: &Chain,
) -> HashMap<&'a str, Vec<&'a Entry>> {
    let mut subjects: HashMap<&str, Vec<&Entry>> = HashMap::new();
    let authorities = entries.iter().enumerate();
    for (_, entry) in authorities.filter(|(index, _)| chain.role(*index).is_authority()) {
        subjects
            .entry(entry.certificate.subject_key.as_str())
            .or_default()
            .push(entry);
    }
    subjects
}

/// Of several CAs of one name, the older is reported: during a change of keys both belong there, afterwards it is a leftover.
pub(super) fn same_subject(subject: &Subject<'_>) -> Option<Finding> {
    // Servers go by the former one as long as they name it.
    if !subject.is_authority() || subject.is_named_by_serial {
        return None;
    }
    let newer = subject
        .namesakes
        .iter()
        .find(|other| other.certificate.not_before > subject.certificate.not_before);
    if let Some(newer) = newer {
        let remedy = if subject.certificate.shares_key_with(&newer.certificate) {
            "leave it out once every server has a certificate issued since: those that name it by its serial number need it until then; which releases have it: helm clearml-certs status -A"
        } else {
            "leave it out once every server has a certificate of the newer one; which releases have it: helm clearml-certs status -A"
        };
        return Some(
            Finding::note(
                "older-generation",
                format!(
                    "{} is an older generation of {}, which is valid from {}",
                    subject.name(),
                    newer.origin,
                    date(newer.certificate.not_before)
                ),
            )
            .hint(remedy),
        );
    }
    let facts = &subject.certificate.facts;
    let twin = subject.namesakes.iter().find(|other| {
        other.certificate.not_before == subject.certificate.not_before
            && other.certificate.fingerprint > subject.certificate.fingerprint
            && (facts.subject_key_id.is_none()
                || other.certificate.facts.subject_key_id != facts.subject_key_id)
    })?;
    Some(
        Finding::warning(
            "same-subject-other-key",
            format!(
                "{} and {} have the same name and different keys; clients may try the wrong one and say \"certificate signature failure\"",
                subject.name(),
                twin.origin
            ),
        )
        .hint("find out which of them signs your servers' certificates, and give that one"),
    )
}
