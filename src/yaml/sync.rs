//! Typed difference → splices: what is equal is left alone, down to the single scalar.

use serde_yaml::{Mapping, Value};

use super::edit::Editor;
use super::gap;
use super::matching::{self, Matching, Pair};
use super::node::{Entry, Item, Kind, Layout, Node};
use super::replace::Slot;
use super::values;
use super::{Path, YamlError};

impl Editor<'_> {
    /// Makes the value at `node` equal to `new`. `old` is what it is, with aliases but not merge keys followed.
    pub(super) fn sync(
        &mut self,
        node: &Node,
        slot: Slot,
        path: &Path,
        old: &Value,
        new: &Value,
        matching: Matching,
    ) -> Result<(), YamlError> {
        if self.is_same(old, new) {
            return Ok(());
        }
        self.check_editable(node, path)?;
        match (&node.kind, old, new) {
            (Kind::Mapping(layout, entries), Value::Mapping(old), Value::Mapping(new))
                if !entries.is_empty() =>
            {
                self.check_no_merge(entries, path)?;
                let stays = old.keys().any(|key| new.contains_key(key));
                if stays {
                    return self.sync_mapping(node, *layout, entries, path, old, new);
                }
            }
            (Kind::List(layout, items), Value::Sequence(old), Value::Sequence(new))
                if !items.is_empty() && !new.is_empty() =>
            {
                let pairs = match matching {
                    Matching::ByIndex => matching::by_index(old.len(), new.len()),
                    Matching::ByContent => matching::by_content(
                        old,
                        new,
                        |old, new| self.is_same(old, new),
                        // A comment on a mapping belongs to what it names; inside brackets nothing can be rewritten
                        // and removed at one place.
                        |old, new| *layout == Layout::Block && old.is_mapping() && new.is_mapping(),
                    ),
                };
                // Where nothing stays, the list is rewritten as a whole.
                if pairs.iter().any(|pair| matches!(pair, (Some(_), Some(_)))) {
                    return self.sync_list(node, *layout, items, path, (old, new), &pairs);
                }
            }
            _ => {}
        }
        self.check_removable(node, path)?;
        self.replace(node, slot, new)
    }

    fn sync_mapping(
        &mut self,
        node: &Node,
        layout: Layout,
        entries: &[Entry],
        path: &Path,
        old: &Mapping,
        new: &Mapping,
    ) -> Result<(), YamlError> {
        let mut removed = Vec::with_capacity(entries.len());
        for (entry, (key, old_value)) in entries.iter().zip(old) {
            let path = path.then(key.as_str().unwrap_or_default());
            let kept = new.get(key);
            removed.push(kept.is_none());
            if let Some(new_value) = kept {
                let slot = self.slot_of_entry(entry, layout);
                self.sync(
                    &entry.value,
                    slot,
                    &path,
                    old_value,
                    new_value,
                    Matching::ByContent,
                )?;
            } else {
                self.check_removable(&entry.value, &path)?;
            }
        }
        let added: Vec<(&Value, &Value)> = new
            .iter()
            .filter(|(key, _)| !old.contains_key(*key))
            .collect();
        let spans: Vec<(usize, usize)> = entries
            .iter()
            .map(|entry| (entry.start, entry.end()))
            .collect();
        self.remove_and_add(node, layout, &spans, &removed, path, |editor| {
            if layout == Layout::Block {
                return editor.add_entries(entries, &added);
            }
            let written: Vec<String> = added
                .iter()
                .map(|(key, value)| editor.written(editor.renderer.flow_entry(key, value)))
                .collect::<Result<_, _>>()?;
            if !written.is_empty() {
                let last_kept = removed
                    .iter()
                    .rposition(|removed| !removed)
                    .map_or(0, |last| last + 1);
                editor.add_flow(&node.content, &spans, last_kept, &written);
            }
            Ok(())
        })
    }

    fn sync_list(
        &mut self,
        node: &Node,
        layout: Layout,
        items: &[Item],
        path: &Path,
        (old, new): (&[Value], &[Value]),
        pairs: &[Pair],
    ) -> Result<(), YamlError> {
        let mut removed = vec![false; items.len()];
        let mut added: Vec<(usize, Vec<Value>)> = Vec::new();
        let mut passed = 0;
        for pair in pairs {
            match *pair {
                (Some(from), Some(to)) => {
                    passed = from + 1;
                    if let (Some(item), Some(old), Some(new)) =
                        (items.get(from), old.get(from), new.get(to))
                    {
                        let slot = self.slot_of_item(item, layout);
                        self.sync(
                            &item.value,
                            slot,
                            &path.then(from),
                            old,
                            new,
                            Matching::ByContent,
                        )?;
                    }
                }
                (Some(from), None) => {
                    passed = from + 1;
                    if let Some(item) = items.get(from) {
                        self.check_removable(&item.value, &path.then(from))?;
                    }
                    if let Some(removed) = removed.get_mut(from) {
                        *removed = true;
                    }
                }
                (None, Some(to)) => {
                    let value = new.get(to).cloned().unwrap_or_default();
                    match added.last_mut() {
                        Some((after, values)) if *after == passed => values.push(value),
                        _ => added.push((passed, vec![value])),
                    }
                }
                (None, None) => {}
            }
        }
        let spans: Vec<(usize, usize)> =
            items.iter().map(|item| (item.start, item.end())).collect();
        self.remove_and_add(node, layout, &spans, &removed, path, |editor| {
            for (after, values) in &added {
                if layout == Layout::Block {
                    editor.add_items(items, *after, values)?;
                } else {
                    let written: Vec<String> = values
                        .iter()
                        .map(|value| editor.written(editor.renderer.flow(value)))
                        .collect::<Result<_, _>>()?;
                    editor.add_flow(&node.content, &spans, *after, &written);
                }
            }
            Ok(())
        })
    }

    fn remove_and_add(
        &mut self,
        node: &Node,
        layout: Layout,
        spans: &[(usize, usize)],
        removed: &[bool],
        path: &Path,
        add: impl FnOnce(&mut Self) -> Result<(), YamlError>,
    ) -> Result<(), YamlError> {
        match layout {
            Layout::Block => self.remove_children(spans, removed),
            Layout::Flow => self.remove_flow(&node.content, spans, removed),
            Layout::Pair if removed.contains(&true) => {
                return Err(YamlError::Unsafe {
                    at: node.position(self.text),
                    path: path.clone(),
                    problem: "it is a pair without braces inside a flow list".to_owned(),
                });
            }
            Layout::Pair => {}
        }
        add(self)
    }

    pub(super) fn slot_of_entry(&self, entry: &Entry, layout: Layout) -> Slot {
        match (layout, entry.after_colon) {
            (Layout::Block, Some(_)) => Slot::Key(gap::column(self.text, entry.start)),
            (Layout::Block, None) => Slot::BareKey(gap::column(self.text, entry.start)),
            (_, Some(_)) => Slot::Flow,
            (_, None) => Slot::FlowBareKey,
        }
    }

    pub(super) fn slot_of_item(&self, item: &Item, layout: Layout) -> Slot {
        match layout {
            Layout::Block => Slot::Dash(gap::column(self.text, item.start)),
            Layout::Flow | Layout::Pair => Slot::Flow,
        }
    }

    fn is_same(&self, old: &Value, new: &Value) -> bool {
        old == new || (self.has_merges && values::resolve_merges(old).as_ref() == Some(new))
    }
}
