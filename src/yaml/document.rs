//! The public face: read, look up, edit.

use std::collections::HashMap;
use std::ops::Range;

use serde_yaml::{Mapping, Value};

use super::edit;
use super::matching::Matching;
use super::node::{Entry, Kind, Node, Tree};
use super::note::Former;
use super::parse;
use super::reread::Part;
use super::values;
use super::{Path, Position, Step, YamlError};

/// One YAML document: its text, where each value stands in it, and what it means.
///
/// Every edit is all or nothing, and is read back before it counts: after an error the document is what it was. An
/// edit whose result equals what is there changes no byte.
#[derive(Debug, Clone)]
pub struct Document {
    text: String,
    tree: Tree,
    raw: Value,
    /// `raw` with merge keys followed, where there are any.
    merged: Option<Value>,
    /// Whether both readers look at the result of all edits only, and not at that of each.
    is_read_back_later: bool,
    /// Whether what is written over is noted beside it.
    is_noting: bool,
}

/// A single value of a document, as [`Document::scalars`] lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar<'a> {
    /// Where it is in the document.
    pub path: Path,
    /// Where it is in the text, in bytes, with its quotes or block header.
    pub span: Range<usize>,
    /// What it says, unquoted and unfolded; `~` for a null that is not written.
    pub text: &'a str,
}

impl Document {
    /// Reads the text of one document, whose root is a mapping. No content at all is an empty mapping.
    ///
    /// # Errors
    ///
    /// Whatever is not one valid document that all readers understand alike: see the first half of [`YamlError`].
    pub fn parse(text: &str) -> Result<Self, YamlError> {
        let tree = parse::parse(text)?;
        let raw = values::read(text, &tree.root)?;
        let merge = first_merge(&tree.root);
        let merged =
            match merge {
                None => None,
                Some(entry) => Some(values::resolve_merges(&raw).ok_or_else(|| {
                    YamlError::MergeNotMapping {
                        at: entry.key.position(text),
                    }
                })?),
            };
        Ok(Self {
            text: text.to_owned(),
            tree,
            raw,
            merged,
            is_read_back_later: false,
            is_noting: false,
        })
    }

    /// From here on, edits note what they write over where it says nothing (null, `[]`, `{}`, `""`, `false`), as a comment
    /// behind it, so that [`Document::take_back`] and [`Document::prune`] give back the text's former bytes.
    pub fn note_former_values(&mut self) {
        self.is_noting = true;
    }

    /// Makes many edits as one: read back once, all or nothing.
    ///
    /// Between them, only what each touched is read anew. Where the readers do not find at the end what the edits meant, the
    /// edits are made again, each read back by itself, so that the one in the way is named: `edits` may run twice.
    ///
    /// # Errors
    ///
    /// What `edits` returns; the document is then unchanged.
    pub fn transaction<T, E: From<YamlError>>(
        &mut self,
        edits: impl Fn(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        if self.is_read_back_later {
            return edits(self);
        }
        let mut draft = self.clone();
        draft.is_read_back_later = self.merged.is_none();
        if let Ok(result) = edits(&mut draft)
            && let Ok(read) = Self::parse(&draft.text)
            && read.value() == draft.value()
        {
            self.take_over(read);
            return Ok(result);
        }
        let mut draft = self.clone();
        let result = edits(&mut draft)?;
        *self = draft;
        Ok(result)
    }

    /// The text as it is now.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text as it is now.
    #[must_use]
    pub fn into_text(self) -> String {
        self.text
    }

    /// What the document means: aliases and merge keys followed.
    ///
    /// Plain words follow YAML 1.2: `yes` is text here. Helm, which follows 1.1 there, takes it as `true`.
    #[must_use]
    pub fn value(&self) -> &Value {
        self.merged.as_ref().unwrap_or(&self.raw)
    }

    /// The value at a path; `None` if it is absent, or below a null.
    ///
    /// # Errors
    ///
    /// [`YamlError::NotAMapping`] or [`YamlError::NotAList`] if something else stands where the path needs one.
    pub fn get(&self, path: impl Into<Path>) -> Result<Option<Value>, YamlError> {
        let path = path.into();
        let mut value = self.value();
        for (depth, step) in path.steps().iter().enumerate() {
            let next = match (value, step) {
                (Value::Null, _) => None,
                (Value::Mapping(mapping), Step::Key(key)) => values::under(mapping, key),
                (Value::Sequence(items), Step::Index(index)) => items.get(*index),
                _ => {
                    let here: Path = path.steps().iter().take(depth).cloned().collect();
                    return Err(self.wrong_kind(here, value, matches!(step, Step::Key(_))));
                }
            };
            match next {
                Some(next) => value = next,
                None => return Ok(None),
            }
        }
        Ok(Some(value.clone()))
    }

    /// Line and column of the value at a path, or of its key where the value is not written.
    #[must_use]
    pub fn position(&self, path: impl Into<Path>) -> Option<Position> {
        let (key, node) = self.locate(&path.into())?;
        let at = if node.start == node.content.end {
            key
        } else {
            node.start
        };
        Some(Position::of(&self.text, at))
    }

    /// Line and column of the key of the value at a path, or of the list item's `-`.
    #[must_use]
    pub fn position_of_key(&self, path: impl Into<Path>) -> Option<Position> {
        let (key, _) = self.locate(&path.into())?;
        Some(Position::of(&self.text, key))
    }

    /// The bytes of the value at a path as written, without its anchor and tag.
    #[must_use]
    pub fn span(&self, path: impl Into<Path>) -> Option<Range<usize>> {
        self.locate(&path.into())
            .map(|(_, node)| node.content.clone())
    }

    /// Every single value with its place, in the order of the text.
    ///
    /// What an alias repeats is listed again under the alias's path, with the place where it really stands: a password
    /// is known by the path that uses it.
    pub fn scalars(&self) -> impl Iterator<Item = Scalar<'_>> {
        let mut found = Vec::new();
        collect_scalars(
            &self.tree.root,
            &self.tree.anchored(),
            &Path::root(),
            &mut found,
        );
        found.into_iter()
    }

    /// Writes a value, and the mappings on the way to it that do not exist yet.
    ///
    /// What stands there already is changed only where it differs: lists are matched item by item.
    ///
    /// # Errors
    ///
    /// See the second half of [`YamlError`]; the document is then unchanged.
    pub fn set(&mut self, path: impl Into<Path>, value: &Value) -> Result<(), YamlError> {
        self.put(&path.into(), value.clone(), Matching::ByContent)
    }

    /// Adds an item at the end of a list, which is created if there is none.
    ///
    /// # Errors
    ///
    /// See [`Document::set`]; [`YamlError::NotAList`] if something else stands there.
    pub fn append(&mut self, path: impl Into<Path>, item: &Value) -> Result<(), YamlError> {
        self.extend(path, vec![item.clone()])
    }

    /// Adds items at the end of a list, in one edit; without items nothing is created.
    ///
    /// # Errors
    ///
    /// See [`Document::append`].
    pub fn extend(&mut self, path: impl Into<Path>, more: Vec<Value>) -> Result<(), YamlError> {
        let path = path.into();
        let mut items = self.list(&path)?;
        if more.is_empty() {
            return Ok(());
        }
        items.extend(more);
        self.put(&path, Value::Sequence(items), Matching::ByIndex)
    }

    /// Writes items into a list by name: each replaces the item with the same text under `key`, or is added at the
    /// end. Every other item stays as it is.
    ///
    /// # Errors
    ///
    /// See [`Document::append`]; [`YamlError::AmbiguousItem`] if two items of the list have one of the names.
    pub fn merge(
        &mut self,
        path: impl Into<Path>,
        key: &str,
        items: &[Value],
    ) -> Result<(), YamlError> {
        let path = path.into();
        let present = self.list(&path)?;
        for item in items {
            let Some(name) = values::name(item, key) else {
                return Err(YamlError::ItemWithoutKey {
                    at: self.nearest(&path),
                    path,
                    key: key.to_owned(),
                });
            };
            self.check_unambiguous(&path, &present, key, name)?;
        }
        if items.is_empty() {
            return Ok(());
        }
        let merged = values::upsert(&present, key, items);
        self.put(&path, Value::Sequence(merged), Matching::ByIndex)
    }

    /// Removes the items of a list that have one of the names under `key`. The list stays, if need be as `[]`.
    ///
    /// # Errors
    ///
    /// See [`Document::merge`].
    pub fn unmerge(
        &mut self,
        path: impl Into<Path>,
        key: &str,
        names: &[&str],
    ) -> Result<(), YamlError> {
        let path = path.into();
        let present = self.list(&path)?;
        for name in names {
            self.check_unambiguous(&path, &present, key, name)?;
        }
        let is_named =
            |item: &&Value| values::name(item, key).is_some_and(|name| names.contains(&name));
        let kept: Vec<Value> = present
            .iter()
            .filter(|item| !is_named(item))
            .cloned()
            .collect();
        if kept.len() == present.len() {
            return Ok(());
        }
        self.put(&path, Value::Sequence(kept), Matching::ByContent)
    }

    /// Removes a key or an item. The collection around it stays, if need be as `{}` or `[]`; nothing happens if the
    /// path does not exist. Comments above what is removed stay.
    ///
    /// # Errors
    ///
    /// See [`Document::set`].
    pub fn remove(&mut self, path: impl Into<Path>) -> Result<(), YamlError> {
        let path = path.into();
        if path.steps().is_empty() {
            return self.put(&path, Value::Mapping(Mapping::new()), Matching::ByContent);
        }
        if values::lookup(self.value(), &path).is_some() {
            edit::remove(self, &path)?;
        }
        Ok(())
    }

    /// Takes out what was written at a path: gives back what is noted as its former value, else removes it. Nothing happens
    /// if the path does not exist.
    ///
    /// # Errors
    ///
    /// See [`Document::set`].
    pub fn take_back(&mut self, path: impl Into<Path>) -> Result<(), YamlError> {
        let path = path.into();
        if values::lookup(self.value(), &path).is_none() {
            return Ok(());
        }
        let Some(node) = self.locate(&path).map(|(_, node)| node.clone()) else {
            return self.remove(path);
        };
        let Some(former) = Former::of(&self.text, &node, path.steps().is_empty()) else {
            return self.remove(path);
        };
        let value = match values::typed(former.written(&self.text))? {
            // A document without content is an empty mapping.
            Value::Null if path.steps().is_empty() => Value::Mapping(Mapping::new()),
            value => value,
        };
        edit::give_back(self, &path, &node, &former, value)
    }

    /// Whether [`Document::take_back`] knows what stood at a path before.
    #[must_use]
    pub fn has_former(&self, path: impl Into<Path>) -> bool {
        let path = path.into();
        let node = self.locate(&path).map(|(_, node)| node);
        node.and_then(|node| Former::of(&self.text, node, path.steps().is_empty()))
            .is_some()
    }

    /// Takes out a collection that nothing is left in, and those around it that are left empty by that: each gives back what
    /// is noted as its former value, or goes.
    ///
    /// # Errors
    ///
    /// See [`Document::set`].
    pub fn prune(&mut self, path: impl Into<Path>) -> Result<(), YamlError> {
        let mut steps = path.into().steps().to_vec();
        loop {
            let path = Path::from(steps.clone());
            let is_empty = match values::lookup(self.value(), &path) {
                Some(Value::Mapping(mapping)) => mapping.is_empty(),
                Some(Value::Sequence(items)) => items.is_empty(),
                _ => false,
            };
            if !is_empty {
                return Ok(());
            }
            self.take_back(path.clone())?;
            let is_given_back = values::lookup(self.value(), &path).is_some();
            if is_given_back || steps.pop().is_none() {
                return Ok(());
            }
        }
    }

    pub(super) fn tree(&self) -> &Tree {
        &self.tree
    }

    pub(super) fn is_noting(&self) -> bool {
        self.is_noting
    }

    /// What the document means, with aliases but not merge keys followed: entry by entry as in the tree.
    pub(super) fn raw(&self) -> &Value {
        &self.raw
    }

    pub(super) fn is_read_back_later(&self) -> bool {
        self.is_read_back_later
    }

    /// Takes over the text after an edit that is read back later; `part` is what was read of it, and `change` what it means.
    pub(super) fn take_on_trust(
        &mut self,
        text: String,
        part: Part,
        change: impl FnOnce(&mut Value),
    ) {
        self.text = text;
        self.tree.replace(part);
        change(&mut self.raw);
    }

    /// Takes over an edit's result, which was read back.
    pub(super) fn take_over(&mut self, result: Self) {
        *self = Self {
            is_read_back_later: self.is_read_back_later,
            is_noting: self.is_noting,
            ..result
        };
    }

    pub(super) fn has_merges(&self) -> bool {
        self.merged.is_some()
    }

    fn put(&mut self, path: &Path, new: Value, matching: Matching) -> Result<(), YamlError> {
        if path.steps().is_empty() && !new.is_mapping() {
            return Err(YamlError::UnwritableValue {
                at: self.tree.root.position(&self.text),
                path: path.clone(),
                problem: "the document itself must stay a mapping",
            });
        }
        if values::lookup(self.value(), path) != Some(&new) {
            edit::put(self, path, new, matching)?;
        }
        Ok(())
    }

    /// The list at a path; empty if there is none yet.
    fn list(&self, path: &Path) -> Result<Vec<Value>, YamlError> {
        match self.get(path)? {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Sequence(items)) => Ok(items),
            Some(other) => Err(self.wrong_kind(path.clone(), &other, false)),
        }
    }

    fn wrong_kind(&self, path: Path, value: &Value, needs_mapping: bool) -> YamlError {
        let at = self.nearest(&path);
        let found = match value {
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
            Value::Tagged(_) => "a value with a tag",
            _ => "a single value",
        };
        if needs_mapping {
            YamlError::NotAMapping { at, path, found }
        } else {
            YamlError::NotAList { at, path, found }
        }
    }

    /// Refuses a name that two items have.
    fn check_unambiguous(
        &self,
        path: &Path,
        items: &[Value],
        key: &str,
        name: &str,
    ) -> Result<(), YamlError> {
        let mut same = items
            .iter()
            .enumerate()
            .filter(|(_, item)| values::name(item, key) == Some(name))
            .map(|(at, _)| at);
        match (same.next(), same.next()) {
            (Some(first), Some(second)) => Err(YamlError::AmbiguousItem {
                at: self.nearest(&path.then(second)),
                first: self.nearest(&path.then(first)),
                path: path.clone(),
                key: key.to_owned(),
                name: name.to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// The position of a path, or of what exists on the way to it.
    fn nearest(&self, path: &Path) -> Position {
        let steps = path.steps();
        (0..=steps.len())
            .rev()
            .find_map(|depth| self.position(steps.iter().take(depth).cloned().collect::<Path>()))
            .unwrap_or(Position { line: 1, column: 1 })
    }

    /// Where the key and the value of a path stand, aliases followed.
    pub(super) fn locate(&self, path: &Path) -> Option<(usize, &Node)> {
        let mut node = &self.tree.root;
        let mut key = node.start;
        for step in path.steps() {
            if let Kind::Alias(id) = node.kind {
                node = self.tree.anchored().remove(&id)?;
            }
            (key, node) = match (&node.kind, step) {
                (Kind::Mapping(_, entries), Step::Key(name)) => {
                    let entry = entries.iter().find(|entry| entry.name() == Some(name))?;
                    (entry.start, &entry.value)
                }
                (Kind::List(_, items), Step::Index(index)) => {
                    let item = items.get(*index)?;
                    (item.start, &item.value)
                }
                _ => return None,
            };
        }
        Some((key, node))
    }
}

fn collect_scalars<'a>(
    node: &'a Node,
    anchored: &HashMap<usize, &'a Node>,
    path: &Path,
    found: &mut Vec<Scalar<'a>>,
) {
    match &node.kind {
        Kind::Scalar(scalar) => found.push(Scalar {
            path: path.clone(),
            span: node.content.clone(),
            text: &scalar.text,
        }),
        Kind::Alias(id) => {
            if let Some(node) = anchored.get(id) {
                collect_scalars(node, anchored, path, found);
            }
        }
        Kind::List(_, items) => {
            for (at, item) in items.iter().enumerate() {
                collect_scalars(&item.value, anchored, &path.then(at), found);
            }
        }
        Kind::Mapping(_, entries) => {
            for entry in entries {
                let path = entry
                    .name()
                    .map_or_else(|| path.clone(), |name| path.then(name));
                collect_scalars(&entry.value, anchored, &path, found);
            }
        }
    }
}

/// The first merge key of a tree.
fn first_merge(root: &Node) -> Option<&Entry> {
    let mut found = None;
    root.walk(&mut |node| {
        if let Kind::Mapping(_, entries) = &node.kind
            && found.is_none()
        {
            found = entries.iter().find(|entry| entry.is_merge());
        }
    });
    found
}
