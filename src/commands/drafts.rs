//! Values files that several targets share: each is edited by all of them, and written once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::certs::Fingerprint;
use crate::files;
use crate::overrides::Taken;
use crate::plan::Target;

/// The contents of values files as the targets that were planned so far leave them.
#[derive(Debug, Clone, Default)]
pub(super) struct Drafts(BTreeMap<PathBuf, Draft>);

#[derive(Debug, Clone, Default)]
struct Draft {
    text: String,
    /// The certificates that are not in the file on disk.
    added: BTreeSet<Fingerprint>,
    /// Those that are there and go.
    taken: Vec<Taken>,
}

impl Drafts {
    /// What a file will hold, where a target edits it.
    pub(super) fn of(&self, path: &Path) -> Option<&str> {
        let draft = self.0.get(&files::place_of(path))?;
        Some(&draft.text)
    }

    /// Takes the edits of a target in.
    pub(super) fn take(&mut self, target: &Target) {
        let file = &target.file;
        if file.changes() {
            let draft = self.0.entry(files::place_of(&file.path)).or_default();
            draft.text.clone_from(&file.after);
            let added = target.placed.iter().filter(|one| one.added);
            draft
                .added
                .extend(added.map(|one| one.certificate.fingerprint));
            draft.taken.extend(target.taken.iter().cloned());
        }
    }

    /// Whether a target edits a file further than these.
    pub(super) fn miss(&self, target: &Target) -> bool {
        let file = &target.file;
        file.changes() && self.of(&file.path) != Some(file.after.as_str())
    }

    /// Gives every edit of a file its final content. The first of its targets writes it, since a file that changes leaves
    /// something to do for each; for the others it is there already.
    pub(super) fn settle<'a>(&self, targets: impl Iterator<Item = &'a mut Target>) {
        let mut targets: Vec<&mut Target> = targets.collect();
        for (path, draft) in &self.0 {
            let sharing = targets.iter_mut();
            let sharing = sharing.filter(|target| files::place_of(&target.file.path) == *path);
            for (index, target) in sharing.enumerate() {
                target.file.after.clone_from(&draft.text);
                if index > 0 {
                    target.file.before = Some(draft.text.clone());
                }
                for one in &mut target.placed {
                    one.added |= draft.added.contains(&one.certificate.fingerprint);
                }
                target.taken.clone_from(&draft.taken);
            }
        }
        self.pin(&mut targets);
    }

    /// What a target only reads will be as those before it leave it.
    fn pin(&self, targets: &mut [&mut Target]) {
        let mut written = BTreeSet::new();
        for target in targets {
            for (path, content) in &mut target.pinned.files {
                let place = files::place_of(path);
                if let (true, Some(draft)) = (written.contains(&place), self.0.get(&place)) {
                    *content = draft.text.clone().into_bytes();
                }
            }
            written.extend(
                target
                    .file
                    .changes()
                    .then(|| files::place_of(&target.file.path)),
            );
        }
    }
}

/// Lets the next target write a file that is shared, where the one that would write it has no turn.
pub(super) fn pass_on(targets: &mut [Target]) {
    for index in 0..targets.len() {
        let Some((writer, others)) = targets.get_mut(index..).and_then(<[_]>::split_first_mut)
        else {
            return;
        };
        if !writer.is_refused() || !writer.file.changes() {
            continue;
        }
        let place = files::place_of(&writer.file.path);
        let mut others = others.iter_mut().filter(|one| !one.is_refused());
        let next = others.find(|one| files::place_of(&one.file.path) == place);
        if let Some(next) = next {
            next.file.before.clone_from(&writer.file.before);
        }
    }
}

/// The targets, by their indices, in groups that share files with each other.
pub(super) fn sharing<'a>(lists: impl Iterator<Item = &'a [PathBuf]>) -> Vec<Vec<usize>> {
    let mut groups: Vec<(BTreeSet<PathBuf>, Vec<usize>)> = Vec::new();
    for (target, list) in lists.enumerate() {
        let places = list.iter().map(|file| files::place_of(file)).collect();
        let mut joined = (places, vec![target]);
        let (same, others): (Vec<_>, Vec<_>) = groups
            .into_iter()
            .partition(|(known, _): &(BTreeSet<PathBuf>, _)| !known.is_disjoint(&joined.0));
        groups = others;
        for (files, targets) in same {
            joined.0.extend(files);
            joined.1.extend(targets);
        }
        joined.1.sort_unstable();
        groups.push(joined);
    }
    groups.into_iter().map(|(_, targets)| targets).collect()
}
