//! Where a failed upgrade leaves the release. The override file follows it, by what the release has.

use crate::helm::{Deployed, Helm, HelmError, Revision, last_good, way_back, way_out_of_pending};
use crate::interrupt;
use crate::plan::Target;
use crate::values;

/// The release after an upgrade that failed.
#[derive(Debug)]
pub enum Aftermath {
    /// It is what it was: absent, or at its revision.
    AsBefore,
    /// It has another revision.
    Moved(Moved),
    /// It was there before, and is gone.
    Gone,
    /// The cluster does not tell, or was not asked, since the user did not want to wait for it.
    Unknown(Option<HelmError>),
}

/// A revision that was not there before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Its number.
    pub revision: u64,
    /// Its state: `deployed`, `failed`, `pending-upgrade`, …
    pub status: String,
    /// Who made it.
    pub by: By,
    /// Whether it has what this run writes into the override file, so that the file keeps it.
    pub has_new_values: bool,
    /// The command that leads out of its state, or back; never to a revision that failed, and never away from what
    /// somebody else deployed.
    pub way_out: Option<String>,
}

/// Who made a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// This run's upgrade (one that failed to become ready, say).
    Us,
    /// Helm, going back.
    Rollback,
    /// Somebody else, meanwhile.
    Others,
}

impl Aftermath {
    /// Whether the release has the new values, and the file is to keep them.
    pub(super) fn has_new_values(&self) -> bool {
        matches!(self, Self::Moved(moved) if moved.has_new_values)
    }
}

/// Asks for the release as it is now, after `failure`.
pub(super) fn of(helm: &Helm, target: &Target, failure: &HelmError) -> Aftermath {
    if interrupt::insisted() {
        return Aftermath::Unknown(None);
    }
    let at = &target.coordinates;
    let now = match unless_signalled(|| helm.deployed(&at.id.release, &at.id.namespace)) {
        Err(_) if interrupt::insisted() => return Aftermath::Unknown(None),
        Err(error) => return Aftermath::Unknown(Some(error)),
        Ok(now) => now,
    };
    let before = target.observed.release().map(|release| &release.deployed);
    let now = now.filter(|one| target.is_of_release(one));
    let now = match (before, now) {
        (None, None) => return Aftermath::AsBefore,
        (Some(_), None) => return Aftermath::Gone,
        (Some(before), Some(now)) if now.revision == before.revision => return Aftermath::AsBefore,
        (_, Some(now)) => now,
    };
    // Without it less is known, and nothing is guessed.
    let history =
        unless_signalled(|| helm.history(&at.id.release, &at.id.namespace)).unwrap_or_default();
    let has_new = has_new_values(target, &now);
    let by = if failure.never_began() {
        By::Others
    } else {
        whose(before, &now, has_new, &history)
    };
    let way_out = if now.status.starts_with("pending") {
        Some(way_out_of_pending(at, &history))
    } else if by == By::Us && now.status != "deployed" {
        let earlier: Vec<Revision> = history
            .into_iter()
            .filter(|one| one.revision < now.revision)
            .collect();
        last_good(&earlier).map(|revision| way_back(at, revision))
    } else {
        None
    };
    Aftermath::Moved(Moved {
        revision: now.revision,
        status: now.status,
        by,
        has_new_values: has_new == Some(true),
        way_out,
    })
}

/// A signal that reached helm before it reached us is handed on to what runs by then: it did not mean this look, which is
/// taken once more.
fn unless_signalled<T>(look: impl Fn() -> Result<T, HelmError>) -> Result<T, HelmError> {
    match look() {
        Err(error) if error.is_signalled() => look(),
        looked => looked,
    }
}

/// Whether the release has what this run writes; `None` where the file's values do not change, so that there is nothing to
/// tell by, and nothing to keep.
fn has_new_values(target: &Target, now: &Deployed) -> Option<bool> {
    let change = [&target.given_before, &target.given];
    // What a flag gives, the release has whatever the file says.
    let counts = |path: &str| !target.arguments.may_set(path);
    values::agree_on(change, [&now.values, &target.given], counts)
}

fn whose(
    before: Option<&Deployed>,
    now: &Deployed,
    has_new: Option<bool>,
    history: &[Revision],
) -> By {
    let mut history = history.iter();
    let said = history.find(|one| one.revision == now.revision);
    // A rollback makes a new revision with all that the old one had. Another chart with the same values is no way back.
    let is_as_before =
        before.is_some_and(|before| now.values == before.values && now.manifest == before.manifest);
    match said {
        Some(said) if said.is_rollback() => By::Rollback,
        _ if has_new == Some(true) => By::Us,
        _ if is_as_before => By::Rollback,
        // The values of before with another chart.
        _ if has_new.is_none() && before.is_some_and(|one| one.values == now.values) => By::Us,
        _ => By::Others,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(revision: u64, status: &str, values: &str) -> Deployed {
        Deployed {
            revision,
            status: status.to_owned(),
            values: serde_yaml::from_str(values).unwrap(),
            manifest: String::new(),
            ..Deployed::default()
        }
    }

    #[test]
    fn the_history_the_values_and_the_manifest_tell_who_made_a_revision() {
        let old = release(3, "deployed", "a: 1");
        let said = |description: &str| {
            [Revision {
                revision: 5,
                status: "deployed".to_owned(),
                updated: String::new(),
                description: description.to_owned(),
            }]
        };
        let by =
            |now: &Deployed, is_new, history: &[Revision]| whose(Some(&old), now, is_new, history);
        let same = release(5, "deployed", "a: 1");
        assert_eq!(by(&same, Some(false), &[]), By::Rollback);
        let further_back = release(5, "deployed", "a: 0");
        assert_eq!(
            by(&further_back, Some(false), &said("Rollback to 1")),
            By::Rollback
        );
        assert_eq!(
            by(&further_back, Some(false), &said("Upgrade complete")),
            By::Others
        );
        assert_eq!(by(&release(4, "failed", "a: 2"), Some(true), &[]), By::Us);
        let other_chart = Deployed {
            manifest: "kind: Other".to_owned(),
            ..same
        };
        assert_eq!(by(&other_chart, Some(false), &[]), By::Others);
        assert_eq!(by(&other_chart, None, &[]), By::Us);
        assert_eq!(
            whose(None, &release(1, "failed", "a: 2"), Some(true), &[]),
            By::Us
        );
    }
}
