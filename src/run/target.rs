//! Carrying out one target.

use std::path::PathBuf;

use anyhow::Result;

use super::aftermath::{self, Aftermath};
use super::check::{self, Check};
use super::file::{self, FileEnd};
use crate::backups::Backups;
use crate::exit::Stop;
use crate::helm::{Helm, HelmError};
use crate::plan::Target;
use crate::release::Snapshot;

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

/// Refuses where somebody else deployed since the preview: the plan was made for the release as it was then. A release that
/// was absent is not asked for again; one that came meanwhile is helm's to refuse or to take over.
fn still_as_shown(helm: &Helm, target: &Target) -> Result<()> {
    let Some(Snapshot {
        deployed: before, ..
    }) = target.observed.release()
    else {
        return Ok(());
    };
    let at = &target.coordinates;
    let now = helm.deployed(&at.release, &at.namespace)?;
    let now = now.map(|now| (now.revision, now.status));
    if now.as_ref() == Some(&(before.revision, before.status.clone())) {
        return Ok(());
    }
    let now = now.map_or("is gone".to_owned(), |(revision, status)| {
        format!("is at revision {revision} ({status}) now")
    });
    Err(Stop::refused(format!(
        "release {} in {} {now}, and not at revision {} ({}) as it was shown here: somebody else deployed; nothing was done to it. Run the command again",
        at.release, at.namespace, before.revision, before.status
    ))
    .into())
}

/// Carries out one target that has something to change. `on_line` gets each line that helm prints.
///
/// # Errors
/// The override file could not be written, or changed since the preview; the release was not touched then.
pub(super) fn carry_out(
    helm: &Helm,
    target: &Target,
    backups: &Backups,
    on_line: impl FnMut(&str),
) -> Result<Outcome> {
    still_as_shown(helm, target)?;
    let mut backup = file::write(&target.file, backups)?;
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
