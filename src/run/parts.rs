//! The targets that one upgrade deploys beside the one that runs it: their files are written with its own, and when their turn comes,
//! they learn how it ended and look at what is theirs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use anyhow::Result;

use super::file::{FileEnd, as_it_stands, put_back, write};
use crate::backups::Backups;
use crate::helm::TargetId;
use crate::plan::{FileChange, Target};
use crate::vendor::Component;

/// How it ended for a target that went with another, and its override file.
#[derive(Debug)]
pub(super) enum Part {
    Well {
        backup: Option<PathBuf>,
    },
    Failed {
        file: FileEnd,
        backup: Option<PathBuf>,
    },
}

/// What those that ran an upgrade leave to those that go with them.
#[derive(Debug, Default)]
pub(super) struct Parts(Mutex<BTreeMap<(TargetId, Component), Part>>);

impl Parts {
    /// Says how it ended for a target.
    pub(super) fn leave(&self, target: &Target, part: Part) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(key(target), part);
    }

    /// How it ended for a target; nothing where the one that it goes with was not begun.
    pub(super) fn take(&self, target: &Target) -> Option<Part> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&key(target))
    }
}

fn key(target: &Target) -> (TargetId, Component) {
    let at = &target.coordinates;
    (at.id.clone(), at.component)
}

/// An override file that was written, and where its former content is.
pub(super) struct Written {
    edit: FileChange,
    pub(super) backup: Option<PathBuf>,
}

impl Written {
    /// Writes the files of some targets, or none of them.
    ///
    /// # Errors
    /// One cannot be written; the others are as they were, unless it is said.
    pub(super) fn all<'a>(
        targets: impl Iterator<Item = &'a Target>,
        backups: &Backups,
    ) -> Result<Vec<Self>> {
        let mut all: Vec<Self> = Vec::new();
        for target in targets {
            match Self::one(target, backups) {
                Ok(one) => all.push(one),
                Err(error) => return Err(all.into_iter().rev().fold(error, Self::undone)),
            }
        }
        Ok(all)
    }

    fn one(target: &Target, backups: &Backups) -> Result<Self> {
        let edit = as_it_stands(&target.file)?;
        let backup = write(&edit, backups)?;
        Ok(Self { edit, backup })
    }

    fn undone(error: anyhow::Error, mut written: Self) -> anyhow::Error {
        match put_back(&written.edit, &mut written.backup) {
            FileEnd::AsBefore => error,
            _ => error.context(format!(
                "{} is written already, and could not be put back",
                written.edit.path.display()
            )),
        }
    }

    /// Where a failed upgrade leaves it: what the release has, the file keeps.
    pub(super) fn ended(mut self, has_new_values: bool) -> (FileEnd, Option<PathBuf>) {
        let end = if has_new_values && self.edit.changes() {
            FileEnd::Kept
        } else {
            put_back(&self.edit, &mut self.backup)
        };
        (end, self.backup)
    }
}
