//! Values files that several targets share: each is edited by all of them, and written once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::certs::Fingerprint;
use crate::files;
use crate::helm::TargetId;
use crate::overrides::Taken;
use crate::plan::Target;

/// The contents of values files as the targets that were planned so far leave them.
#[derive(Debug, Clone, Default)]
pub(super) struct Drafts(BTreeMap<PathBuf, Draft>);

/// Where a component has its certificates in a file that has those of others too.
type Keys = &'static [&'static str];

#[derive(Debug, Clone, Default)]
struct Draft {
    text: String,
    /// The certificates that are not in the file on disk, and below which keys they come.
    added: BTreeSet<(Keys, Fingerprint)>,
    /// Those that are there and go.
    taken: Vec<(Keys, Taken)>,
    /// The place, among all targets, of the first that edits it.
    first: usize,
}

/// The drafts as the target at a place among all sees them; those of one release are all at the place of its first.
#[derive(Clone, Copy)]
pub(super) struct AsDrafted<'a> {
    drafts: &'a Drafts,
    by: usize,
}

impl<'a> AsDrafted<'a> {
    /// What the file that it edits will hold.
    pub(super) fn edited(self, path: &Path) -> Option<&'a str> {
        self.drafts.of(path)
    }

    /// What a file that it only reads holds when its turn comes: what comes behind it has edited nothing yet, but for what is
    /// deployed with it.
    pub(super) fn read(self, path: &Path) -> Option<&'a str> {
        let draft = self.drafts.0.get(&files::place_of(path))?;
        (draft.first <= self.by).then_some(draft.text.as_str())
    }
}

impl Drafts {
    /// These, as the target at a place sees them.
    pub(super) fn seen_by(&self, by: usize) -> AsDrafted<'_> {
        AsDrafted { drafts: self, by }
    }

    /// What a file will hold, where a target edits it.
    fn of(&self, path: &Path) -> Option<&str> {
        let draft = self.0.get(&files::place_of(path))?;
        Some(&draft.text)
    }

    /// Takes the edits of the target at a place in.
    pub(super) fn take(&mut self, target: &Target, by: usize) {
        let file = &target.file;
        if file.changes() {
            let new = Draft {
                first: by,
                ..Draft::default()
            };
            let draft = self.0.entry(files::place_of(&file.path)).or_insert(new);
            draft.first = draft.first.min(by);
            draft.text.clone_from(&file.after);
            let keys = target.layout.certificates;
            let added = target.placed.iter().filter(|one| one.added);
            let added = added.map(|one| (keys, one.certificate.fingerprint));
            draft.added.extend(added);
            let taken = target.taken.iter().cloned();
            draft.taken.extend(taken.map(|one| (keys, one)));
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
                    target.file.unwritten = Some(target.file.before.take());
                    target.file.before = Some(draft.text.clone());
                }
                let keys = target.layout.certificates;
                for one in &mut target.placed {
                    one.added |= draft.added.contains(&(keys, one.certificate.fingerprint));
                }
                let taken = draft.taken.iter().filter(|(at, _)| *at == keys);
                target.taken = taken.map(|(_, one)| one.clone()).collect();
            }
        }
        self.pin(&mut targets);
    }

    /// What a target only reads will be as those before it leave it.
    fn pin(&self, targets: &mut [&mut Target]) {
        let changing = targets.iter().filter(|target| target.file.changes());
        let changing: Vec<(TargetId, PathBuf)> = changing
            .map(|one| (one.coordinates.id.clone(), files::place_of(&one.file.path)))
            .collect();
        let mut written = BTreeSet::new();
        for target in targets {
            for (path, content) in &mut target.pinned.files {
                let place = files::place_of(path);
                if let (true, Some(draft)) = (written.contains(&place), self.0.get(&place)) {
                    *content = draft.text.clone().into_bytes();
                }
            }
            // What goes with it is written with it.
            let id = &target.coordinates.id;
            let with_it = changing.iter().filter(|(one, _)| one.is_same_release(id));
            written.extend(with_it.map(|(_, place)| place.clone()));
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
