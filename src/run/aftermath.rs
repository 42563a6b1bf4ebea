//! Where a failed upgrade leaves the release. The override file follows it.

use crate::helm::{Deployed, Helm, HelmError, way_back, way_out_of_pending};
use crate::plan::Target;

/// The release after an upgrade that failed.
#[derive(Debug)]
pub enum Aftermath {
    /// It is what it was: absent, or at its revision.
    AsBefore,
    /// It has a new revision with the values of before: it was rolled back.
    WentBack {
        /// The new revision.
        revision: u64,
        /// Its state: `deployed`, or `failed` where the way back failed too.
        status: String,
    },
    /// It has the new values (a revision that failed to become ready, say).
    MovedOn {
        /// The new revision.
        revision: u64,
        /// Its state: `failed`, `pending-upgrade`, …
        status: String,
        /// The command that leads out of that, or back.
        way_out: Option<String>,
    },
    /// It was there before, and is gone.
    Gone,
    /// The cluster does not tell.
    Unknown(HelmError),
}

impl Aftermath {
    /// Whether the release has the new values, and the file is to keep them.
    pub(super) fn has_new_values(&self) -> bool {
        matches!(self, Self::MovedOn { .. })
    }
}

/// Asks for the release as it is now.
pub(super) fn of(helm: &Helm, target: &Target) -> Aftermath {
    let at = &target.coordinates;
    let ask = || helm.deployed(&at.release, &at.namespace);
    // A signal that reached helm before it reached us is handed on to what runs by then: it did not mean this look.
    let now = match ask().or_else(|error| {
        if error.is_signalled() {
            ask()
        } else {
            Err(error)
        }
    }) {
        Err(error) => return Aftermath::Unknown(error),
        Ok(now) => now,
    };
    let before = target.observed.release().map(|release| &release.deployed);
    judge(before, now, |now| {
        let back_to = before.map(|before| before.revision);
        if now.status.starts_with("pending") {
            let history = helm.history(&at.release, &at.namespace).ok()?;
            Some(way_out_of_pending(at, &history))
        } else {
            Some(way_back(at, back_to?))
        }
    })
}

fn judge(
    before: Option<&Deployed>,
    now: Option<Deployed>,
    way_out: impl FnOnce(&Deployed) -> Option<String>,
) -> Aftermath {
    match (before, now) {
        (None, None) => Aftermath::AsBefore,
        (Some(_), None) => Aftermath::Gone,
        (Some(before), Some(now)) if now.revision == before.revision => Aftermath::AsBefore,
        // A rollback makes a new revision with all that the old one had. Another chart with the same values is no way back,
        // and neither is a rollback that is not done.
        (Some(before), Some(now))
            if now.values == before.values
                && now.manifest == before.manifest
                && !now.status.starts_with("pending") =>
        {
            Aftermath::WentBack {
                revision: now.revision,
                status: now.status,
            }
        }
        (_, Some(now)) => Aftermath::MovedOn {
            way_out: way_out(&now),
            revision: now.revision,
            status: now.status,
        },
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
        }
    }

    fn after(before: Option<&Deployed>, now: Option<Deployed>) -> Aftermath {
        judge(before, now, |_| Some("way".to_owned()))
    }

    #[test]
    fn the_revision_and_the_values_tell_where_the_release_is() {
        let old = release(3, "deployed", "a: 1");
        assert!(matches!(after(None, None), Aftermath::AsBefore));
        assert!(matches!(
            after(Some(&old), Some(old.clone())),
            Aftermath::AsBefore
        ));
        assert!(matches!(after(Some(&old), None), Aftermath::Gone));
        let rolled_back = after(Some(&old), Some(release(5, "deployed", "a: 1")));
        assert!(matches!(
            rolled_back,
            Aftermath::WentBack { revision: 5, .. }
        ));
        let unfinished = after(Some(&old), Some(release(5, "pending-rollback", "a: 1")));
        assert!(matches!(unfinished, Aftermath::MovedOn { .. }));
        let other_chart = Deployed {
            manifest: "kind: Other".to_owned(),
            ..release(4, "failed", "a: 1")
        };
        let other_chart = after(Some(&old), Some(other_chart));
        assert!(matches!(other_chart, Aftermath::MovedOn { .. }));
        let killed = after(Some(&old), Some(release(4, "pending-upgrade", "a: 2")));
        assert!(matches!(killed, Aftermath::MovedOn { revision: 4, .. }));
        let first = after(None, Some(release(1, "failed", "a: 2")));
        assert!(matches!(first, Aftermath::MovedOn { revision: 1, .. }));
    }

    #[test]
    fn only_a_release_with_the_new_values_keeps_the_new_file() {
        let moved = after(None, Some(release(1, "failed", "a: 2")));
        assert!(moved.has_new_values());
        for other in [Aftermath::AsBefore, Aftermath::Gone] {
            assert!(!other.has_new_values());
        }
    }
}
