//! Carrying out one target.

use std::path::PathBuf;

use anyhow::Result;

use super::aftermath::{self, Aftermath};
use super::check::{self, Check};
use super::cluster::Cluster;
use super::file::FileEnd;
use super::how::How;
use super::parts::{Part, Parts, Written};
use super::still;
use crate::helm::{Helm, HelmError};
use crate::plan::Target;

/// What became of one target.
#[derive(Debug)]
pub enum Outcome {
    /// Nothing had to change.
    Unchanged,
    /// The override file alone was written (`--files-only`).
    Written {
        /// Where its former content is kept.
        backup: Option<PathBuf>,
    },
    /// Helm is done with it.
    Done {
        /// What was seen in the cluster then.
        check: Check,
        /// What helm wrote to stderr all the same.
        warnings: String,
        /// Where the override file's former content is kept.
        backup: Option<PathBuf>,
    },
    /// Helm failed.
    Failed {
        /// What helm said.
        error: HelmError,
        /// Where that leaves the release.
        aftermath: Aftermath,
        /// Where that leaves the override file.
        file: FileEnd,
        /// Where the override file's former content is kept.
        backup: Option<PathBuf>,
    },
    /// Not begun.
    Untouched(Untouched),
}

/// Why a target was not begun.
#[derive(Debug)]
pub enum Untouched {
    /// Its turn did not come: an earlier target failed, or the user interrupted.
    NoTurn,
    /// It goes with another target, whose upgrade failed and left something in its file as well.
    Beside {
        /// Where that leaves its override file.
        file: FileEnd,
        /// Where the file's former content is kept.
        backup: Option<PathBuf>,
    },
    /// An error finding stood in its way.
    Refused,
    /// Something is not as it was shown, or its file cannot be written; what was said then.
    Stopped(String),
}

/// Carries out one target that has something to change, and with it those of its release. `on_line` gets each line that helm prints;
/// `is_done` is told when nothing more is done to it, and what is in the cluster is looked at.
///
/// # Errors
/// Something is not as it was shown, or an override file could not be written; the release was not touched then.
pub(super) fn carry_out(
    helm: &Helm,
    target: &Target,
    (with, parts): (&[&Target], &Parts),
    how: &How<'_>,
    cluster: Option<&Cluster<'_>>,
    on_line: impl FnMut(&str),
    is_done: &dyn Fn(),
) -> Result<Outcome> {
    still::as_shown(helm, target, cluster.and_then(|one| one.as_shown.as_ref()))?;
    let all = std::iter::once(target).chain(with.iter().copied());
    let mut written = Written::all(all, how.backups)?.into_iter();
    let own = written.next();
    match helm.upgrade(&target.upgrade, how.patience, on_line) {
        Ok(warnings) => {
            is_done();
            for (one, Written { backup, .. }) in with.iter().zip(written) {
                parts.leave(one, Part::Well { backup });
            }
            Ok(Outcome::Done {
                check: check::of(helm, target, cluster),
                warnings,
                backup: own.and_then(|own| own.backup),
            })
        }
        Err(error) => {
            let aftermath = aftermath::of(helm, target, &error);
            let has_new = aftermath.has_new_values();
            for (one, written) in with.iter().zip(written) {
                let (file, backup) = written.ended(has_new);
                parts.leave(one, Part::Failed { file, backup });
            }
            let own = own.map(|own| own.ended(has_new));
            let (file, backup) = own.unwrap_or((FileEnd::AsBefore, None));
            Ok(Outcome::Failed {
                error,
                aftermath,
                file,
                backup,
            })
        }
    }
}

/// What became of a target that goes with another. What runs of the release as a whole, that one has looked at.
pub(super) fn looked_at(
    helm: &Helm,
    target: &Target,
    parts: &Parts,
    cluster: Option<&Cluster<'_>>,
) -> Outcome {
    match parts.take(target) {
        Some(Part::Well { backup }) => {
            let mut check = check::of(helm, target, cluster);
            check.keeping.clear();
            Outcome::Done {
                check,
                warnings: String::new(),
                backup,
            }
        }
        Some(Part::Failed { file, backup }) if !matches!(file, FileEnd::AsBefore) => {
            Outcome::Untouched(Untouched::Beside { file, backup })
        }
        Some(Part::Failed { .. }) | None => Outcome::Untouched(Untouched::NoTurn),
    }
}
