//! Carrying out one target.

use std::path::PathBuf;

use anyhow::Result;

use super::aftermath::{self, Aftermath};
use super::check::{self, Check};
use super::cluster::Cluster;
use super::file::{self, FileEnd};
use super::how::How;
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
    /// An error finding stood in its way.
    Refused,
    /// Something is not as it was shown, or its file cannot be written; what was said then.
    Stopped(String),
}

/// Carries out one target that has something to change. `on_line` gets each line that helm prints; `is_done` is told when nothing
/// more is done to it, and what is in the cluster is looked at.
///
/// # Errors
/// Something is not as it was shown, or the override file could not be written; the release was not touched then.
pub(super) fn carry_out(
    helm: &Helm,
    target: &Target,
    how: &How<'_>,
    cluster: Option<&Cluster<'_>>,
    on_line: impl FnMut(&str),
    is_done: &dyn Fn(),
) -> Result<Outcome> {
    still::as_shown(helm, target, cluster.map(|one| &one.as_shown))?;
    let edit = file::as_it_stands(&target.file)?;
    let mut backup = file::write(&edit, how.backups)?;
    match helm.upgrade(&target.upgrade, how.patience, on_line) {
        Ok(warnings) => {
            is_done();
            Ok(Outcome::Done {
                check: check::of(helm, target, cluster.map(|one| &one.look_ups)),
                warnings,
                backup,
            })
        }
        Err(error) => {
            let aftermath = aftermath::of(helm, target, &error);
            let file = if aftermath.has_new_values() {
                FileEnd::Kept
            } else {
                file::put_back(&edit, &mut backup)
            };
            Ok(Outcome::Failed {
                error,
                aftermath,
                file,
                backup,
            })
        }
    }
}
