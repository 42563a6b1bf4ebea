//! Typed difference → splices: what is equal is left alone, down to the single scalar.

use serde_yaml::{Mapping, Value};

use super::edit::Editor;
use super::gap;
use super::node::{Entry, Item, Kind, Layout, Node};
use super::render;
use super::replace::Slot;
use super::values;
use super::{Path, Position, YamlError};

/// How the items of two lists are matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Matching {
    /// Items with the same index belong together; what is longer is added or removed at the end.
    ByIndex,
    /// Items that are equal, or have the same name, belong together; order is kept.
    ByContent,
}

/// The index of an old item and of the new item that belongs to it; one is missing for a removal or an addition.
type Pair = (Option<usize>, Option<usize>);

/// More comparisons than this are not worth a better match.
const MAX_COMPARISONS: usize = 250_000;

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
                    Matching::ByIndex => by_index(old.len(), new.len()),
                    Matching::ByContent => self.by_content(old, new, *layout),
                };
                if pairs.iter().any(|(old, _)| old.is_some())
                    && pairs.iter().any(|pair| matches!(pair, (Some(_), Some(_))))
                {
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
                .map(|(key, value)| editor.written(render::flow_entry(key, value)))
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
                        .map(|value| editor.written(render::flow(value)))
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

    /// Matches equal items at both ends, then the longest common run of alike items between.
    fn by_content(&self, old: &[Value], new: &[Value], layout: Layout) -> Vec<Pair> {
        let head = old
            .iter()
            .zip(new)
            .take_while(|(old, new)| self.is_same(old, new))
            .count();
        let (old_rest, new_rest) = (
            old.get(head..).unwrap_or_default(),
            new.get(head..).unwrap_or_default(),
        );
        let tail = old_rest
            .iter()
            .rev()
            .zip(new_rest.iter().rev())
            .take_while(|(old, new)| self.is_same(old, new))
            .count();
        let (old_end, new_end) = (old.len() - tail, new.len() - tail);
        let mut matches: Vec<(usize, usize)> = (0..head).map(|at| (at, at)).collect();
        if (old_end - head).saturating_mul(new_end - head) <= MAX_COMPARISONS {
            let alike = |from: usize, to: usize| match (old.get(from), new.get(to)) {
                (Some(old), Some(new)) => self.is_same(old, new) || have_same_name(old, new),
                _ => false,
            };
            matches.extend(longest_common(head..old_end, head..new_end, alike));
        }
        matches.extend((0..tail).map(|at| (old_end + at, new_end + at)));
        matches.push((old.len(), new.len()));

        let mut pairs = Vec::new();
        let (mut from, mut to) = (0, 0);
        for (next_from, next_to) in matches {
            // Between two matches, what can be rewritten in place is; mappings without a common name are not.
            while from < next_from && to < next_to {
                let both_mappings = matches!(
                    (old.get(from), new.get(to)),
                    (Some(Value::Mapping(_)), Some(Value::Mapping(_)))
                );
                if both_mappings && layout == Layout::Block {
                    break;
                }
                pairs.push((Some(from), Some(to)));
                from += 1;
                to += 1;
            }
            pairs.extend((from..next_from).map(|from| (Some(from), None)));
            pairs.extend((to..next_to).map(|to| (None, Some(to))));
            if next_from < old.len() {
                pairs.push((Some(next_from), Some(next_to)));
            }
            (from, to) = (next_from + 1, next_to + 1);
        }
        pairs
    }

    /// Refuses what must not be changed in place: aliases, anchors that others repeat, and tags.
    pub(super) fn check_editable(&self, node: &Node, path: &Path) -> Result<(), YamlError> {
        let at = node.position(self.text);
        if let Kind::Alias(id) = node.kind {
            let anchored = self.tree.anchored(id);
            return Err(YamlError::AliasInTheWay {
                at,
                path: path.clone(),
                alias: gap::slice(self.text, node.content.start, node.content.end).to_owned(),
                anchor_at: anchored.map_or(at, |node| node.position(self.text)),
            });
        }
        if let Some(anchor) = &node.anchor
            && let Some(alias) = self.tree.alias_of(anchor, &node.content)
        {
            return Err(YamlError::SharedAnchor {
                at,
                path: path.clone(),
                anchor: anchor.name.clone(),
                alias_at: Position::of(self.text, alias),
            });
        }
        match &node.tag {
            Some(tag) if !tag.is_collection => Err(YamlError::TagInTheWay {
                at,
                path: path.clone(),
                tag: tag.text.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// Refuses to take away what aliases elsewhere repeat.
    pub(super) fn check_removable(&self, node: &Node, path: &Path) -> Result<(), YamlError> {
        let whole = node.start..node.content.end;
        let mut shared = None;
        node.walk(&mut |inner| {
            if let Some(anchor) = &inner.anchor
                && let Some(alias) = self.tree.alias_of(anchor, &whole)
            {
                shared.get_or_insert((inner, anchor, alias));
            }
        });
        match shared {
            None => Ok(()),
            Some((inner, anchor, alias)) => Err(YamlError::SharedAnchor {
                at: inner.position(self.text),
                path: path.clone(),
                anchor: anchor.name.clone(),
                alias_at: Position::of(self.text, alias),
            }),
        }
    }

    fn check_no_merge(&self, entries: &[Entry], path: &Path) -> Result<(), YamlError> {
        match entries.iter().find(|entry| entry.is_merge()) {
            None => Ok(()),
            Some(merge) => Err(YamlError::InheritedKey {
                at: merge.key.position(self.text),
                path: path.clone(),
            }),
        }
    }
}

fn by_index(old: usize, new: usize) -> Vec<Pair> {
    (0..old.max(new))
        .map(|at| ((at < old).then_some(at), (at < new).then_some(at)))
        .collect()
}

/// Both are mappings whose first key, of either, has the same text in both: `name`, `alias`, `key`, …
fn have_same_name(old: &Value, new: &Value) -> bool {
    let (Value::Mapping(old), Value::Mapping(new)) = (old, new) else {
        return false;
    };
    let names = |one: &Mapping, other: &Mapping| {
        one.iter()
            .next()
            .is_some_and(|(key, value)| value.is_string() && other.get(key) == Some(value))
    };
    names(old, new) || names(new, old)
}

/// The longest common subsequence of two ranges.
fn longest_common(
    old: std::ops::Range<usize>,
    new: std::ops::Range<usize>,
    alike: impl Fn(usize, usize) -> bool,
) -> Vec<(usize, usize)> {
    let (rows, columns) = (old.len() + 1, new.len() + 1);
    // lengths[row][column]: the longest common run of what follows row and column.
    let mut lengths = vec![0_usize; rows * columns];
    let mut matched = vec![false; rows * columns];
    let get = |lengths: &[usize], row: usize, column: usize| {
        lengths.get(row * columns + column).copied().unwrap_or(0)
    };
    for row in (0..old.len()).rev() {
        for column in (0..new.len()).rev() {
            let is_match = alike(old.start + row, new.start + column);
            let length = if is_match {
                get(&lengths, row + 1, column + 1) + 1
            } else {
                get(&lengths, row + 1, column).max(get(&lengths, row, column + 1))
            };
            if let (Some(slot), Some(flag)) = (
                lengths.get_mut(row * columns + column),
                matched.get_mut(row * columns + column),
            ) {
                *slot = length;
                *flag = is_match;
            }
        }
    }
    let (mut row, mut column) = (0, 0);
    let mut common = Vec::new();
    while row < old.len() && column < new.len() {
        if matched
            .get(row * columns + column)
            .copied()
            .unwrap_or_default()
        {
            common.push((old.start + row, new.start + column));
            row += 1;
            column += 1;
        } else if get(&lengths, row + 1, column) >= get(&lengths, row, column + 1) {
            row += 1;
        } else {
            column += 1;
        }
    }
    common
}
