//! Values files that several targets share: each is edited by all of them, and written once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::certs::Fingerprint;
use crate::plan::Target;

/// The contents of values files as the targets that were planned so far leave them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Drafts(BTreeMap<PathBuf, Draft>);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Draft {
    text: String,
    /// The certificates that are not in the file on disk.
    added: BTreeSet<Fingerprint>,
}

impl Drafts {
    /// What a file will hold, where a target edits it.
    pub(super) fn of(&self, path: &Path) -> Option<&str> {
        let draft = self.0.get(&place_of(path))?;
        Some(&draft.text)
    }

    /// Takes the edits of a target in.
    pub(super) fn take(&mut self, target: &Target) {
        let file = &target.file;
        if file.changes() {
            let draft = self.0.entry(place_of(&file.path)).or_default();
            draft.text.clone_from(&file.after);
            let added = target.placed.iter().filter(|one| one.added);
            draft
                .added
                .extend(added.map(|one| one.certificate.fingerprint));
        }
    }

    /// Gives every edit of a file its final content. The first of its targets writes it, since a file that changes leaves
    /// something to do for each; for the others it is there already.
    pub(super) fn settle(&self, targets: &mut [Target]) {
        for (path, draft) in &self.0 {
            let sharing = targets.iter_mut();
            let sharing = sharing.filter(|target| place_of(&target.file.path) == *path);
            for (index, target) in sharing.enumerate() {
                target.file.after.clone_from(&draft.text);
                if index > 0 {
                    target.file.before = Some(draft.text.clone());
                }
                for one in &mut target.placed {
                    one.added |= draft.added.contains(&one.certificate.fingerprint);
                }
            }
        }
        self.pin(targets);
    }

    /// What a target only reads will be as those before it leave it.
    fn pin(&self, targets: &mut [Target]) {
        let mut written = BTreeSet::new();
        for target in targets {
            for (path, content) in &mut target.pinned.files {
                let place = place_of(path);
                if let (true, Some(draft)) = (written.contains(&place), self.0.get(&place)) {
                    *content = draft.text.clone().into_bytes();
                }
            }
            written.extend(target.file.changes().then(|| place_of(&target.file.path)));
        }
    }
}

/// Whether a file belongs to two of the targets.
pub(super) fn are_shared<'a>(files: impl Iterator<Item = &'a [PathBuf]>) -> bool {
    let mut seen = BTreeMap::new();
    for (target, files) in files.enumerate() {
        for file in files {
            if *seen.entry(place_of(file)).or_insert(target) != target {
                return true;
            }
        }
    }
    false
}

/// The file that a path leads to, however it is written.
fn place_of(path: &Path) -> PathBuf {
    let known = path.canonicalize().or_else(|_| std::path::absolute(path));
    known.unwrap_or_else(|_| path.to_path_buf())
}
