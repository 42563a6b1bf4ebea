//! Carrying out a plan: write, upgrade, look, and put back what did not take.

mod aftermath;
mod check;
mod file;
mod readiness;
mod restart;

use std::path::PathBuf;

use anyhow::Result;

use crate::helm::{Helm, HelmError};
use crate::plan::Target;

pub use aftermath::Aftermath;
pub use check::Check;
pub use file::{FileEnd, write};
pub use readiness::Readiness;
pub use restart::restart;

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
    /// Not begun, since an earlier target failed or the user interrupted.
    Untouched,
}

/// Carries out one target that has something to change. `on_line` gets each line that helm prints.
///
/// # Errors
/// The override file could not be written, or changed since the preview; the release was not touched then.
pub fn target(helm: &Helm, target: &Target, on_line: impl FnMut(&str)) -> Result<Outcome> {
    let mut backup = write(&target.file)?;
    match helm.upgrade(&target.upgrade, on_line) {
        Ok(warnings) => Ok(Outcome::Done {
            check: check::of(helm, target),
            warnings,
            backup,
        }),
        Err(error) => {
            let aftermath = aftermath::of(helm, target);
            let file = if aftermath.has_new_values() {
                FileEnd::Kept
            } else {
                file::put_back(&target.file, &mut backup)
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
