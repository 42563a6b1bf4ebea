//! Carrying out a plan: write, upgrade, look, and put back what did not take.

use std::path::PathBuf;

use anyhow::Result;
use time::OffsetDateTime;

use crate::exit::Stop;
use crate::files;
use crate::helm::{Deployed, Helm, HelmError};
use crate::interrupt;
use crate::plan::{FileChange, Observed, Target};

/// What became of one target.
#[derive(Debug)]
pub enum Outcome {
    /// Nothing had to change.
    Unchanged,
    /// The release is at a new revision.
    Done {
        /// Its revision, where Helm could tell.
        revision: Option<u64>,
        /// What helm wrote to stderr all the same.
        warnings: String,
        /// Where the override file's former content is kept.
        backup: Option<PathBuf>,
    },
    /// Helm failed.
    Failed {
        /// What helm said.
        error: HelmError,
        /// Where that leaves the release and the override file.
        aftermath: Aftermath,
        /// Where the override file's former content is kept.
        backup: Option<PathBuf>,
    },
    /// Not begun, since an earlier target failed or the user interrupted.
    Untouched,
}

/// Where a failed upgrade leaves things: the override file follows its release.
#[derive(Debug)]
pub enum Aftermath {
    /// The release is what it was, and so is the file.
    AsBefore,
    /// The release has the new values (a revision that failed to become ready, say), and so has the file.
    MovedOn {
        /// The new revision.
        revision: u64,
        /// Its state: `failed`, `pending-upgrade`, …
        status: String,
    },
    /// The cluster no longer answers; the file was put back.
    Unknown(HelmError),
}

/// Carries out one target that has something to change. `on_line` gets each line that helm prints.
///
/// # Errors
/// The override file could not be written, or changed since the preview; the release was not touched then.
pub fn target(helm: &Helm, target: &Target, on_line: impl FnMut(&str)) -> Result<Outcome> {
    let mut backup = write(&target.file)?;
    match helm.upgrade(&target.upgrade, on_line) {
        Ok(warnings) => Ok(Outcome::Done {
            warnings,
            revision: current(helm, target).ok().flatten().map(|now| now.revision),
            backup,
        }),
        Err(error) => {
            let aftermath = aftermath(helm, target);
            if !matches!(aftermath, Aftermath::MovedOn { .. }) {
                put_back(&target.file, backup.take())?;
            }
            Ok(Outcome::Failed {
                error,
                aftermath,
                backup,
            })
        }
    }
}

/// Writes the override file, if it changes, and gives the place of its former content.
///
/// # Errors
/// It changed since it was read, or cannot be written; it is as it was then.
pub fn write(file: &FileChange) -> Result<Option<PathBuf>> {
    interrupt::check()?;
    if files::read(&file.path)? != file.before {
        return Err(Stop::refused(format!(
            "{} was changed by somebody else since it was shown here; nothing was done. Run the command again",
            file.path.display()
        ))
        .into());
    }
    if !file.changes() {
        return Ok(None);
    }
    let backup = file
        .before
        .as_deref()
        .map(|text| files::back_up(&file.path, text, OffsetDateTime::now_utc()))
        .transpose()?;
    if let Err(error) = files::replace(&file.path, &file.after) {
        // Nothing was written, so there is nothing to go back to.
        backup.map(std::fs::remove_file).transpose()?;
        return Err(error);
    }
    Ok(backup)
}

/// Puts the former content back; its copy is not needed then.
fn put_back(file: &FileChange, backup: Option<PathBuf>) -> Result<()> {
    if !file.changes() {
        return Ok(());
    }
    match &file.before {
        Some(text) => files::replace(&file.path, text)?,
        None => std::fs::remove_file(&file.path)?,
    }
    backup.map(std::fs::remove_file).transpose()?;
    Ok(())
}

/// The release as it is now, if it exists.
fn current(helm: &Helm, target: &Target) -> Result<Option<Deployed>, HelmError> {
    let at = &target.coordinates;
    helm.deployed(&at.release, &at.namespace)
}

fn aftermath(helm: &Helm, target: &Target) -> Aftermath {
    let now = match current(helm, target) {
        Err(error) => return Aftermath::Unknown(error),
        Ok(now) => now,
    };
    let before = match &target.observed {
        Observed::Present(before, _) => Some(before),
        Observed::Absent | Observed::Unknown(_) => None,
    };
    match (before, now) {
        (_, None) => Aftermath::AsBefore,
        // A rollback makes a new revision too, with the old values.
        (Some(before), Some(now))
            if now.revision == before.revision || now.values == before.values =>
        {
            Aftermath::AsBefore
        }
        (_, Some(now)) => Aftermath::MovedOn {
            revision: now.revision,
            status: now.status,
        },
    }
}
