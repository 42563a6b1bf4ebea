//! What of the rendered objects the API server would refuse or lose, in the midst of the upgrade and without a word of Helm's.

use std::collections::BTreeMap;

use super::edits::Settled;
use crate::certs::alias;
use crate::finding::Finding;
use crate::overrides::Placed;
use crate::proof::{Carriers, Object, ObjectId, RefusedKey, refused_keys};

const HINT: &str = "give the entry another alias, in quotes where it is a number";

/// An alias that breaks the chart's template: it becomes a key there, mostly without quotes.
pub(super) fn not_rendered(placed: &[Placed], error: &str) -> Option<Finding> {
    let mut held = placed.iter().filter(|one| !one.added);
    let odd = held.find(|one| !one.alias.is_empty() && !alias::is_valid(&one.alias))?;
    let message = format!(
        "{}: the alias {:?} can be no key, and the chart does not render with it: {error}",
        odd.origin, odd.alias
    );
    Some(Finding::error("object-key-refused", message).hint(HINT))
}

pub(super) fn findings(settled: &Settled) -> Vec<Finding> {
    let mut findings = keys(settled);
    findings.extend(twice(settled));
    findings
}

/// Objects of one name that carry certificates: the last one replaces the others.
fn twice(settled: &Settled) -> Vec<Finding> {
    let carries = |object: &&Object| {
        let found = Carriers::find(std::slice::from_ref(*object));
        let mut placed = settled.placed.iter();
        placed.any(|one| !found.of(one.certificate.fingerprint).is_empty())
    };
    let mut seen: BTreeMap<ObjectId<'_>, Vec<&Object>> = BTreeMap::new();
    for object in settled
        .rendered
        .objects
        .iter()
        .filter(|one| one.holds_texts())
    {
        seen.entry(object.id()).or_default().push(object);
    }
    // Nearly every name is there once, and texts take their time to read.
    let repeated = seen.into_iter().filter(|(_, objects)| objects.len() > 1);
    repeated
        .map(|(id, objects)| (id, objects.into_iter().filter(carries).count()))
        .filter(|(_, count)| *count > 1)
        .map(|(id, count)| {
            let (kind, name) = (id.kind, id.name);
            Finding::error(
                "object-twice",
                format!(
                    "{count} objects with certificates are rendered as {kind} {name}, and the last replaces the others: pods get its certificates alone"
                ),
            )
            .hint(format!(
                "the name has {} characters; where the chart cuts names, a shorter release name keeps them apart",
                name.chars().count()
            ))
        })
        .collect()
}

fn keys(settled: &Settled) -> Vec<Finding> {
    let refused = refused_keys(&settled.rendered.objects);
    if refused.is_empty() {
        return Vec::new();
    }
    let carriers = Carriers::find(&settled.rendered.objects);
    let of_entry = |one: &RefusedKey| {
        let carried = carriers.under(&one.kind, &one.object, &one.key);
        let mut placed = settled.placed.iter();
        placed.find(|placed| carried.contains(&placed.certificate.fingerprint))
    };
    let finding = |one: RefusedKey| {
        let RefusedKey { kind, object, key } = &one;
        let rule = RefusedKey::rule();
        match of_entry(&one) {
            Some(placed) => Finding::error(
                "object-key-refused",
                format!(
                    "{}: the alias {:?} becomes the key {key:?} of {kind} {object}, which the API server refuses, and the whole upgrade with it: {rule}",
                    placed.origin, placed.alias
                ),
            )
            .hint(HINT),
            None => Finding::error(
                "object-key-refused",
                format!(
                    "{kind} {object} has the key {key:?}, which the API server refuses, and the whole upgrade with it: {rule}"
                ),
            )
            .hint("find the value that the chart makes it from, and change that"),
        }
    };
    refused.into_iter().map(finding).collect()
}
