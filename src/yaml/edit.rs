//! One edit, from the path to a text that two readers have read back.

use serde_yaml::{Mapping, Value};

use super::bounds::MAX_DEPTH;
use super::document::Document;
use super::gap;
use super::json;
use super::matching::Matching;
use super::node::{Entry, Kind, Layout, Node, Tree};
use super::note::{Former, NO_FINAL_NEWLINE, Note};
use super::render::Renderer;
use super::replace::Slot;
use super::reread;
use super::scalar::Context;
use super::splices::Splices;
use super::style::{self, Style};
use super::values;
use super::{Path, Position, Step, YamlError};

/// Collects the changes of one edit.
pub(super) struct Editor<'a> {
    pub(super) text: &'a str,
    pub(super) tree: &'a Tree,
    /// Where the content of an empty document goes.
    pub(super) end: usize,
    pub(super) renderer: Renderer,
    pub(super) has_merges: bool,
    /// Whether what is written over is noted beside it.
    pub(super) notes: bool,
    pub(super) splices: Splices,
    path: &'a Path,
    /// The deepest value on the path that exists.
    reached: usize,
}

/// Writes `new` at `path`.
pub(super) fn put(
    document: &mut Document,
    path: &Path,
    new: Value,
    matching: Matching,
) -> Result<(), YamlError> {
    let assigned = new.clone();
    run(
        document,
        path,
        |value| values::assign(value, path.steps(), assigned),
        |editor, root, raw| {
            if values::is_deeper_than(&new, MAX_DEPTH) {
                return Err(editor.unwritable("it is nested too deep"));
            }
            editor.put(root, Slot::Root, raw, 0, new, matching)
        },
    )
}

/// Removes the value at `path`, which exists.
pub(super) fn remove(document: &mut Document, path: &Path) -> Result<(), YamlError> {
    run(
        document,
        path,
        |value| values::take_out(value, path.steps()),
        |editor, root, raw| editor.remove(root, Slot::Root, raw, 0),
    )
}

/// Gives `node`, which stands at `path`, the `value` that it had before it was written over.
pub(super) fn give_back(
    document: &mut Document,
    path: &Path,
    node: &Node,
    former: &Former,
    value: Value,
) -> Result<(), YamlError> {
    run(
        document,
        path,
        |whole| values::assign(whole, path.steps(), value),
        |editor, _, _| {
            editor.reached = node.start;
            editor.check_removable(node, path)?;
            match former {
                Former::Noted(note) => editor.leave_of_note(node, note),
                Former::Padded(empty) => editor.splices.replace(node.content.clone(), *empty),
            }
            Ok(())
        },
    )
}

/// Makes the changes that `edit` collects; `change` does to a value what they are meant to do to the text.
fn run(
    document: &mut Document,
    path: &Path,
    change: impl FnOnce(&mut Value),
    edit: impl FnOnce(&mut Editor<'_>, &Node, &Value) -> Result<(), YamlError>,
) -> Result<(), YamlError> {
    let original = document.text();
    let tree = document.tree();
    // Lines are inserted whole. A last line without a line break gets one for the time of the edit, except where that
    // would add it to the value of a block scalar.
    let is_open = original.len() > gap::bom_len(original) && !original.ends_with('\n');
    let lends_line_break = is_open && !tree.ends_in_block_scalar(original);
    let mut text = original.to_owned();
    if lends_line_break {
        text.push_str(style::line_break(original));
    }
    // Braces alone are as much YAML.
    let is_empty = matches!(&tree.root.kind, Kind::Mapping(_, entries) if entries.is_empty());
    let is_json = !is_empty && json::is_json(original);
    let mut editor = Editor {
        text: &text,
        tree,
        end: if tree.end == original.len() {
            text.len()
        } else {
            tree.end
        },
        renderer: Renderer {
            style: Style::of(&text, &tree.root),
            flow: if is_json {
                Context::Json
            } else {
                Context::Flow
            },
        },
        has_merges: document.has_merges(),
        notes: document.is_noting(),
        splices: Splices::default(),
        path,
        reached: 0,
    };
    edit(&mut editor, &tree.root, document.raw())?;
    let at = editor.reached;
    let refuse = |problem: String| YamlError::Unsafe {
        at: Position::of(original, at),
        path: path.clone(),
        problem,
    };
    let splices = std::mem::take(&mut editor.splices);
    let changed = splices.extent();
    let edited = splices
        .apply(&text)
        .ok_or_else(|| refuse("the changes would overlap".to_owned()))?;
    if is_json && !json::is_json(&edited) {
        return Err(refuse("it would be no JSON any more".to_owned()));
    }
    let count = |text: &str| text.matches(NO_FINAL_NEWLINE).count();
    let returns_line_break = document.is_noting() && count(&edited) < count(original);
    if document.is_read_back_later() && !lends_line_break && !returns_line_break {
        let part = changed.and_then(|changed| reread::part(tree, original, &changed, &edited));
        if let Some(part) = part {
            document.take_on_trust(edited, part, change);
            return Ok(());
        }
    }
    let mut expected = document.value().clone();
    change(&mut expected);
    let unreadable = |error: YamlError| refuse(format!("the result would be refused: {error}"));
    let mut result = Document::parse(&edited).map_err(unreadable)?;
    if lends_line_break || returns_line_break {
        let closed = match result.tree().ends_in_block_scalar(&edited) {
            false => Some(without_final_line_break(&edited).to_owned()),
            true if lends_line_break && document.is_noting() => noting_the_end(&result),
            true => None,
        };
        if let Some(closed) = closed {
            result = Document::parse(&closed).map_err(unreadable)?;
        }
    }
    match first_change(&expected, result.value(), &Path::root()) {
        None => {
            document.take_over(result);
            Ok(())
        }
        Some(other) => Err(refuse(format!("`{other}` would not be as intended"))),
    }
}

fn without_final_line_break(text: &str) -> &str {
    let open = text.strip_suffix('\n').unwrap_or(text);
    open.strip_suffix('\r').unwrap_or(open)
}

/// The text, with the note at the block text it ends in that its last line break is not the user's.
fn noting_the_end(document: &Document) -> Option<String> {
    let mut text = document.text().to_owned();
    let header_end = document.tree().root.last_leaf().block_header_end()?;
    text.insert_str(header_end, &format!(" {NO_FINAL_NEWLINE}"));
    Some(text)
}

/// The path of the first difference.
fn first_change(expected: &Value, found: &Value, path: &Path) -> Option<Path> {
    if expected == found {
        return None;
    }
    match (expected, found) {
        (Value::Mapping(expected), Value::Mapping(found)) if expected.len() == found.len() => {
            expected.iter().find_map(|(key, value)| {
                let path = path.then(key.as_str().unwrap_or_default());
                match found.get(key) {
                    Some(found) => first_change(value, found, &path),
                    None => Some(path),
                }
            })
        }
        (Value::Sequence(expected), Value::Sequence(found)) if expected.len() == found.len() => {
            let mut pairs = expected.iter().zip(found).enumerate();
            pairs.find_map(|(at, (expected, found))| first_change(expected, found, &path.then(at)))
        }
        _ => Some(path.clone()),
    }
    .or_else(|| Some(path.clone()))
}

impl Editor<'_> {
    /// Puts `new` below `node`, which stands `depth` steps down the path.
    fn put(
        &mut self,
        node: &Node,
        slot: Slot,
        raw: &Value,
        depth: usize,
        new: Value,
        matching: Matching,
    ) -> Result<(), YamlError> {
        let here = self.prefix(depth);
        self.reached = node.start;
        let steps = self.path.steps().get(depth..).unwrap_or_default();
        let Some((step, deeper)) = steps.split_first() else {
            return self.sync(node, slot, &here, raw, &new, matching);
        };
        self.check_editable(node, &here)?;
        if node.is_null() {
            if steps.iter().any(|step| matches!(step, Step::Index(_))) {
                return Err(self.missing_index(node, depth, 0));
            }
            self.check_removable(node, &here)?;
            return self.replace(node, slot, &values::wrap(steps, new));
        }
        match (&node.kind, step) {
            (Kind::Mapping(layout, entries), Step::Key(key)) => {
                if let Some((entry, value)) = child(entries, raw, key) {
                    let slot = self.slot_of_entry(entry, *layout);
                    return self.put(&entry.value, slot, value, depth + 1, new, matching);
                }
                self.check_not_inherited(entries, raw, key, depth)?;
                if deeper.iter().any(|step| matches!(step, Step::Index(_))) {
                    return Err(self.missing_index(node, depth + 1, 0));
                }
                self.add_entry(
                    node,
                    slot,
                    *layout,
                    entries,
                    key,
                    &values::wrap(deeper, new),
                )
            }
            (Kind::List(layout, items), Step::Index(index)) => {
                let value = raw.as_sequence().and_then(|values| values.get(*index));
                match (items.get(*index), value) {
                    (Some(item), Some(value)) => {
                        let slot = self.slot_of_item(item, *layout);
                        self.put(&item.value, slot, value, depth + 1, new, matching)
                    }
                    _ => Err(self.missing_index(node, depth, items.len())),
                }
            }
            (_, Step::Key(_)) => Err(YamlError::NotAMapping {
                at: node.position(self.text),
                path: here,
                found: node.describe(),
            }),
            (_, Step::Index(_)) => Err(YamlError::NotAList {
                at: node.position(self.text),
                path: here,
                found: node.describe(),
            }),
        }
    }

    fn add_entry(
        &mut self,
        node: &Node,
        slot: Slot,
        layout: Layout,
        entries: &[Entry],
        key: &str,
        value: &Value,
    ) -> Result<(), YamlError> {
        let key = Value::from(key);
        let has_comment = gap::slice(self.text, node.content.start, node.content.end).contains('#');
        match layout {
            Layout::Block => self.add_entries(entries, &[(&key, value)]),
            Layout::Flow if entries.is_empty() && !has_comment => {
                let mapping = Mapping::from_iter([(key, value.clone())]);
                self.replace(node, slot, &Value::Mapping(mapping))
            }
            Layout::Flow => {
                let written = self.written(self.renderer.flow_entry(&key, value))?;
                let spans: Vec<(usize, usize)> = entries
                    .iter()
                    .map(|entry| (entry.start, entry.end()))
                    .collect();
                self.add_flow(&node.content, &spans, spans.len(), &[written]);
                Ok(())
            }
            Layout::Pair => {
                Err(self.unsafe_at(node.start, "it is a pair without braces inside a flow list"))
            }
        }
    }

    /// Removes what the path leads to below `node`, which stands `depth` steps down.
    fn remove(
        &mut self,
        node: &Node,
        slot: Slot,
        raw: &Value,
        depth: usize,
    ) -> Result<(), YamlError> {
        let here = self.prefix(depth);
        self.reached = node.start;
        self.check_editable(node, &here)?;
        let steps = self.path.steps().get(depth..).unwrap_or_default();
        let Some((step, deeper)) = steps.split_first() else {
            return Ok(());
        };
        match (&node.kind, step) {
            (Kind::Mapping(layout, entries), Step::Key(key)) => {
                let Some((entry, value)) = child(entries, raw, key) else {
                    return self.check_not_inherited(entries, raw, key, depth);
                };
                if !deeper.is_empty() {
                    let slot = self.slot_of_entry(entry, *layout);
                    return self.remove(&entry.value, slot, value, depth + 1);
                }
                self.check_not_inherited(entries, raw, key, depth)?;
                self.check_removable(&entry.value, &here.then(key.as_str()))?;
                self.reached = entry.start;
                let spans: Vec<(usize, usize)> = entries
                    .iter()
                    .map(|entry| (entry.start, entry.end()))
                    .collect();
                let removed: Vec<bool> = entries
                    .iter()
                    .map(|other| other.start == entry.start)
                    .collect();
                self.remove_one(
                    node,
                    slot,
                    *layout,
                    &spans,
                    &removed,
                    &Value::Mapping(Mapping::new()),
                )
            }
            (Kind::List(layout, items), Step::Index(index)) => {
                let value = raw.as_sequence().and_then(|values| values.get(*index));
                let (Some(item), Some(value)) = (items.get(*index), value) else {
                    return Ok(());
                };
                if !deeper.is_empty() {
                    let slot = self.slot_of_item(item, *layout);
                    return self.remove(&item.value, slot, value, depth + 1);
                }
                self.check_removable(&item.value, &here.then(*index))?;
                self.reached = item.start;
                let spans: Vec<(usize, usize)> =
                    items.iter().map(|item| (item.start, item.end())).collect();
                let removed: Vec<bool> = (0..items.len()).map(|at| at == *index).collect();
                self.remove_one(
                    node,
                    slot,
                    *layout,
                    &spans,
                    &removed,
                    &Value::Sequence(Vec::new()),
                )
            }
            _ => Ok(()),
        }
    }

    fn remove_one(
        &mut self,
        node: &Node,
        slot: Slot,
        layout: Layout,
        spans: &[(usize, usize)],
        removed: &[bool],
        empty: &Value,
    ) -> Result<(), YamlError> {
        match layout {
            Layout::Flow => self.remove_flow(&node.content, spans, removed),
            Layout::Block if spans.len() > 1 => self.remove_children(spans, removed),
            Layout::Block => return self.replace(node, slot, empty),
            Layout::Pair => {
                return Err(
                    self.unsafe_at(node.start, "it is a pair without braces inside a flow list")
                );
            }
        }
        Ok(())
    }

    /// Takes out the value, and leaves of the note what was there before.
    fn leave_of_note(&mut self, node: &Node, note: &Note) {
        let content = node.content.clone();
        let is_written = !note.former.is_empty();
        if let Some(header_end) = node.block_header_end() {
            self.delete_block_scalar_lines(node, header_end);
        }
        // The value stands before the note on one line, or below it.
        if !node.is_block_collection() && !content.is_empty() && content.start < note.span.start {
            let from = if is_written {
                content.start
            } else {
                node.after_properties
            };
            self.splices.delete(
                from..if is_written {
                    note.former.start
                } else {
                    note.span.end
                },
            );
            return;
        }
        if !content.is_empty() {
            self.splices.delete(self.lines_of(node));
        }
        if is_written {
            self.splices.delete(note.span.start..note.former.start);
        } else {
            self.splices.delete(node.after_properties..note.span.end);
        }
    }

    /// Inserts whole lines.
    pub(super) fn insert_lines(&mut self, at: usize, lines: String) -> Result<(), YamlError> {
        let is_after_open_line =
            at == self.text.len() && at > gap::bom_len(self.text) && !self.text.ends_with('\n');
        if is_after_open_line {
            return Err(YamlError::NoFinalNewline {
                at: Position::of(self.text, at),
            });
        }
        self.splices.insert(at, lines);
        Ok(())
    }

    pub(super) fn written<T>(&self, written: Result<T, &'static str>) -> Result<T, YamlError> {
        written.map_err(|problem| self.unwritable(problem))
    }

    pub(super) fn unsafe_at(&self, at: usize, problem: &str) -> YamlError {
        YamlError::Unsafe {
            at: Position::of(self.text, at),
            path: self.path.clone(),
            problem: problem.to_owned(),
        }
    }

    fn unwritable(&self, problem: &'static str) -> YamlError {
        YamlError::UnwritableValue {
            at: Position::of(self.text, self.reached),
            path: self.path.clone(),
            problem,
        }
    }

    fn missing_index(&self, node: &Node, depth: usize, length: usize) -> YamlError {
        YamlError::IndexOutOfRange {
            at: node.position(self.text),
            path: self.prefix(depth + 1),
            length,
        }
    }

    /// The first `depth` steps of the path.
    pub(super) fn prefix(&self, depth: usize) -> Path {
        self.path.steps().iter().take(depth).cloned().collect()
    }
}

/// The entry with this key, and its value.
fn child<'n, 'v>(
    entries: &'n [Entry],
    raw: &'v Value,
    key: &str,
) -> Option<(&'n Entry, &'v Value)> {
    let mapping = raw.as_mapping()?;
    entries
        .iter()
        .zip(mapping)
        .find(|(_, (name, _))| name.as_str() == Some(key) || values::is_written(name, key))
        .map(|(entry, (_, value))| (entry, value))
}
