//! Targets that a preview would say the same of, but for their own names: it is said once.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Detail, changes, diff, findings, target as facts_of};
use crate::files;
use crate::plan::{Plan, Target};

/// Targets that are alike, in the plan's order.
#[derive(Debug)]
pub(super) struct Group<'a> {
    pub(super) first: &'a Target,
    pub(super) others: Vec<&'a Target>,
}

impl<'a> Group<'a> {
    pub(super) fn len(&self) -> usize {
        1 + self.others.len()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &'a Target> + '_ {
        std::iter::once(self.first).chain(self.others.iter().copied())
    }
}

/// The targets of a plan, those that are alike together.
pub(super) fn groups(plan: &Plan) -> Vec<Group<'_>> {
    let mut groups: Vec<(String, Group<'_>)> = Vec::new();
    let lone = plan.targets.len() < 2;
    // How many have the same file.
    let mut sharing: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for target in &plan.targets {
        *sharing
            .entry(files::place_of(&target.file.path))
            .or_default() += 1;
    }
    for target in &plan.targets {
        let shape = if lone {
            String::new()
        } else {
            shape(target, &sharing)
        };
        match groups.iter_mut().find(|(known, _)| *known == shape) {
            Some((_, group)) => group.others.push(target),
            None => groups.push((
                shape,
                Group {
                    first: target,
                    others: Vec::new(),
                },
            )),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// What a preview says of a target, its own names taken out.
fn shape(target: &Target, sharing: &BTreeMap<PathBuf, usize>) -> String {
    let at = &target.coordinates;
    // What is left out of a preview may differ all the same.
    let whole = Detail {
        certificates: true,
        manifest: false,
    };
    let mut said = facts_of::facts(target);
    said.push(changes::of(target, whole));
    said.extend(target.findings.iter().map(findings::shown));
    // A file that others have too is edited by the first of them for all.
    let count = sharing.get(&files::place_of(&target.file.path));
    said.push(if count.is_some_and(|count| *count > 1) {
        target.file.after.clone()
    } else if target.file.changes() {
        diff::of(&target.file, whole)
    } else {
        String::new()
    });
    let mut text = said.join("\n");
    let path = target.file.path.display().to_string();
    let cluster = at.id.cluster.to_string();
    let mut names = [
        (cluster.as_str(), "{cluster}"),
        (path.as_str(), "{file}"),
        (&at.id.release, "{release}"),
        (&at.id.namespace, "{namespace}"),
        (at.id.cluster.name(), "{context}"),
    ];
    // A name may be a part of another.
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    for (name, place) in names {
        text = without(&text, name, place);
    }
    text
}

/// A text in which `place` stands for a name, wherever that is no part of another word.
fn without(text: &str, name: &str, place: &str) -> String {
    if name.is_empty() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut end = 0;
    for (at, _) in text.match_indices(name) {
        let (before, behind) = (text.get(..at), text.get(at + name.len()..));
        let before = before.and_then(|text| text.chars().next_back());
        let behind = behind.and_then(|text| text.chars().next());
        if [before, behind]
            .into_iter()
            .flatten()
            .any(char::is_alphanumeric)
        {
            continue;
        }
        out += text.get(end..at).unwrap_or_default();
        out += place;
        end = at + name.len();
    }
    out + text.get(end..).unwrap_or_default()
}

/// Where the targets of a group are: a line for each release name and cluster, with its namespaces.
pub(super) fn places(plan: &Plan, group: &Group<'_>) -> Vec<String> {
    let mut places: BTreeMap<(String, &str), Vec<&str>> = BTreeMap::new();
    for target in group.all() {
        let at = &target.coordinates;
        let of = plan.of_cluster(&at.id.cluster);
        let namespaces = places.entry((of, &at.id.release)).or_default();
        namespaces.push(&at.id.namespace);
    }
    let line = |((of, release), namespaces): ((String, &str), Vec<&str>)| {
        format!("{release} in {}{of}", namespaces.join(", "))
    };
    places.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_a_part_of_another_word_stays() {
        let said = without("queue of eu, eu-west, neu", "eu", "{context}");
        assert_eq!(said, "queue of {context}, {context}-west, neu");
        assert_eq!(without("a", "", "x"), "a");
        assert_eq!(without("eu", "eu", "x"), "x");
    }
}
