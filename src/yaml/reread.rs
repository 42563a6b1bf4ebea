//! Reading anew only what an edit touched, for edits that are read back as a whole later.
//!
//! A block mapping at the root is a row of entries that know nothing of each other, unless aliases tie them together. So the
//! entries around the changes are parsed by themselves, and those behind them move.

use std::ops::Range;

use super::gap;
use super::node::{Entry, Kind, Layout, Node, ScalarStyle, Tree};
use super::parse;

/// The entries around a change as they are after it.
#[derive(Debug)]
pub(super) struct Part {
    entries: Vec<Entry>,
    /// Which of the tree's they replace.
    replaced: Range<usize>,
    /// How far those behind them move.
    by: isize,
    /// The length of the whole text after the change.
    end: usize,
}

/// Reads what differs in `edited`, where `changed` of `text` became something else; `None` where only reading it whole tells.
pub(super) fn part(tree: &Tree, text: &str, changed: &Range<usize>, edited: &str) -> Option<Part> {
    let entries = entries(&tree.root)?;
    if tree.end != text.len() || !tree.aliases.is_empty() {
        return None;
    }
    // What is put right before an entry may belong to the one above it.
    let first = entries
        .iter()
        .rposition(|entry| entry.start < changed.start)?;
    let behind = entries.iter().position(|entry| entry.start > changed.end);
    let behind = behind.unwrap_or(entries.len());
    let start = entries.get(first)?.start;
    let end = entries.get(behind).map_or(text.len(), |entry| entry.start);
    let by = isize::try_from(edited.len()).ok()? - isize::try_from(text.len()).ok()?;
    if gap::line_start(text, start) != start || gap::line_start(text, end) != end {
        return None;
    }
    let part = edited.get(start..end.checked_add_signed(by)?)?;
    let read = parse::parse(part).ok()?;
    if read.end != part.len() || !read.aliases.is_empty() {
        return None;
    }
    let mut read = self::entries(&read.root)?.to_vec();
    let start = isize::try_from(start).ok()?;
    for entry in &mut read {
        entry.shift(start);
    }
    Some(Part {
        entries: read,
        replaced: first..behind,
        by,
        end: edited.len(),
    })
}

impl Tree {
    /// Puts in what was read of the text after a change.
    pub(super) fn replace(&mut self, part: Part) {
        let Kind::Mapping(_, entries) = &mut self.root.kind else {
            return;
        };
        let behind = entries.iter_mut().skip(part.replaced.end);
        behind.for_each(|entry| entry.shift(part.by));
        entries.splice(part.replaced, part.entries);
        self.root.content.end = entries.last().map_or(part.end, Entry::end);
        self.end = part.end;
    }
}

/// The entries of a plain block mapping.
fn entries(root: &Node) -> Option<&[Entry]> {
    match &root.kind {
        Kind::Mapping(Layout::Block, entries) if root.anchor.is_none() && root.tag.is_none() => {
            Some(entries)
        }
        _ => None,
    }
}

fn shifted(at: &mut usize, by: isize) {
    *at = at.saturating_add_signed(by);
}

impl Entry {
    fn shift(&mut self, by: isize) {
        shifted(&mut self.start, by);
        if let Some(at) = &mut self.after_colon {
            shifted(at, by);
        }
        self.key.shift(by);
        self.value.shift(by);
    }
}

impl Node {
    fn shift(&mut self, by: isize) {
        for at in [
            &mut self.start,
            &mut self.after_properties,
            &mut self.content.start,
            &mut self.content.end,
        ] {
            shifted(at, by);
        }
        match &mut self.kind {
            Kind::Scalar(scalar) => {
                if let ScalarStyle::Block { header_end, .. } = &mut scalar.style {
                    shifted(header_end, by);
                }
            }
            Kind::Alias(_) => {}
            Kind::List(_, items) => {
                for item in items {
                    shifted(&mut item.start, by);
                    item.value.shift(by);
                }
            }
            Kind::Mapping(_, entries) => entries.iter_mut().for_each(|entry| entry.shift(by)),
        }
    }
}
