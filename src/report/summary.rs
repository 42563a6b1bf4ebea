//! A target in numbers: what an eye needs right above the question.

use serde_json::{Value, json};

use super::diff::{self, DiffLine};
use crate::finding::Severity;
use crate::overrides::Placed;
use crate::plan::{Change, Plan, Target};

/// What happens to a target, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Lines that the override file gains.
    pub lines_added: usize,
    /// Lines that it loses.
    pub lines_removed: usize,
    /// Objects that are new.
    pub created: usize,
    /// Objects that change.
    pub changed: usize,
    /// Objects that go.
    pub removed: usize,
}

impl Counts {
    /// Counts a target's changes.
    #[must_use]
    pub fn of(target: &Target) -> Self {
        let file = &target.file;
        let lines = if file.is_edited() {
            match &file.inside {
                Some(inside) => diff::of_texts(&inside.before, &inside.after),
                None => diff::of_texts(file.before.as_deref().unwrap_or_default(), &file.after),
            }
        } else {
            Vec::new()
        };
        let count = |is: fn(&DiffLine) -> bool| lines.iter().filter(|line| is(line)).count();
        let objects = |change: Change| {
            let objects = target.changes.objects.iter();
            objects.filter(|object| object.change == change).count()
        };
        Self {
            lines_added: count(|line| matches!(line, DiffLine::Added(_))),
            lines_removed: count(|line| matches!(line, DiffLine::Removed(_))),
            created: objects(Change::Added),
            changed: objects(Change::Changed),
            removed: objects(Change::Removed),
        }
    }
}

/// How many warnings a plan has.
#[must_use]
pub fn warnings(plan: &Plan) -> usize {
    let of_targets = plan.targets.iter().flat_map(|target| &target.findings);
    let all = plan.findings.iter().chain(of_targets);
    all.filter(|finding| finding.severity == Severity::Warning)
        .count()
}

/// The summary of a target in JSON.
pub(super) fn json(target: &Target) -> Value {
    let counts = Counts::of(target);
    let named = |all: &[Placed]| -> Vec<Value> {
        let all = all.iter();
        all.map(|one| {
            json!({
                "alias": one.alias,
                "subject": one.certificate.subject,
                "sha256": one.certificate.fingerprint.to_string(),
            })
        })
        .collect()
    };
    json!({
        "trustAdded": named(&target.trust.added),
        "trustRemoved": named(&target.trust.gone),
        "publicRootsRemoved": target.trust.loses_public,
        "fileLinesAdded": counts.lines_added,
        "fileLinesRemoved": counts.lines_removed,
        "objectsCreated": counts.created,
        "objectsChanged": counts.changed,
        "objectsRemoved": counts.removed,
        "podsReplaced": target.replaced,
        "otherValues": target.other_values,
    })
}
