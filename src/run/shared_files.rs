//! Values files that several targets have. The first that has its turn writes such a file; where it fails and puts that back, the next
//! one writes it. Nobody else may take the file for what it will be before that is known.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Result;

use super::file::as_it_stands;
use crate::files;
use crate::plan::{Plan, Target};

/// Those of a plan.
pub(super) struct SharedFiles {
    /// Where the targets' paths lead: while a file is new, that could be said otherwise before it is there and after.
    places: BTreeMap<PathBuf, PathBuf>,
    /// For who writes one.
    locks: BTreeMap<PathBuf, Mutex<()>>,
}

impl SharedFiles {
    pub(super) fn of(plan: &Plan) -> Self {
        let paths = plan.targets.iter().map(|one| one.file.path.clone());
        let paths: Vec<(PathBuf, PathBuf)> = paths
            .map(|path| (path.clone(), files::place_of(&path)))
            .collect();
        let mut seen = BTreeSet::new();
        let shared = paths.iter().filter(|(_, place)| !seen.insert(place));
        let locks = shared.map(|(_, place)| (place.clone(), Mutex::default()));
        Self {
            locks: locks.collect(),
            places: paths.into_iter().collect(),
        }
    }

    /// Waits until nobody is at work who wrote a file of these targets. Who has to write one itself holds it then for as long as
    /// what this gives lives; for all others the file is what it will be.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(super) fn hold<'s, 't>(
        &'s self,
        targets: impl Iterator<Item = &'t Target>,
    ) -> Result<Vec<MutexGuard<'s, ()>>> {
        let files = targets.filter_map(|one| Some((self.places.get(&one.file.path)?, one)));
        let files: BTreeMap<&PathBuf, &Target> = files.collect();
        // All take them in the same order, so that no two wait for each other.
        let shared = files.keys().filter_map(|place| self.locks.get(*place));
        let held: Vec<_> = shared
            .map(|file| file.lock().unwrap_or_else(PoisonError::into_inner))
            .collect();
        for target in files.values() {
            if as_it_stands(&target.file)?.changes() {
                return Ok(held);
            }
        }
        Ok(Vec::new())
    }
}
