//! One value in place of another of a different shape.

use std::ops::Range;

use serde_yaml::Value;

use super::YamlError;
use super::edit::Editor;
use super::gap;
use super::node::{Kind, Node, ScalarNode, ScalarStyle};
use super::note;
use super::render::{Columns, Written};

/// Where a value hangs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// The document itself.
    Root,
    /// Under a block key at this column.
    Key(usize),
    /// Under a block key at this column that has no `:`, `? key`.
    BareKey(usize),
    /// Behind a block dash at this column.
    Dash(usize),
    /// Somewhere inside brackets or braces, after its `:` if it has a key.
    Flow,
    /// Inside braces, under a key without a `:`.
    FlowBareKey,
}

/// How the present value is written.
enum Present {
    /// Not at all.
    Nothing,
    /// A scalar on its key's line or right below, or a flow collection.
    Text { own_line: bool },
    /// A header, and lines below.
    BlockScalar { header_end: usize },
    /// Lines, the first of which may follow a dash.
    Collection { own_line: bool },
}

impl Editor<'_> {
    /// Writes `new` where `node` stands.
    pub(super) fn replace(
        &mut self,
        node: &Node,
        slot: Slot,
        new: &Value,
    ) -> Result<(), YamlError> {
        let place = match slot {
            Slot::Flow | Slot::FlowBareKey => return self.replace_flow(node, slot, new),
            Slot::BareKey(_) => {
                return Err(self.unsafe_at(node.start, "its key is written without a `:`"));
            }
            Slot::Root => Columns {
                parent: 0,
                mapping: 0,
                list: 0,
                literal: 0,
            },
            Slot::Key(column) => self.literal_place(node, self.renderer.under_key(column)),
            Slot::Dash(column) => self.literal_place(node, Columns::behind_dash(column)),
        };
        let null = if matches!(slot, Slot::Dash(_)) {
            "null"
        } else {
            ""
        };
        let present = self.present(node);
        let is_emptied_root =
            slot == Slot::Root && matches!(new, Value::Mapping(mapping) if mapping.is_empty());
        if is_emptied_root && node.is_block_collection() {
            self.splices.delete(self.lines_of(node));
            return Ok(());
        }
        let note = self.note(node, slot);
        match self.written(self.renderer.write(new, place, null))? {
            Written::Inline(text) => {
                self.write_inline(node, &present, &noted(text, note));
                Ok(())
            }
            Written::Literal { header, lines } => {
                self.write_literal(node, &present, &noted(header, note), lines)
            }
            Written::Lines { column, lines } => match note {
                Some(note) => self.write_lines_below(node, column, &note, lines),
                None => self.write_lines(node, &present, slot, column, lines),
            },
        }
    }

    /// What the value was, where that is to be noted: under a key, or as the whole document.
    fn note(&self, node: &Node, slot: Slot) -> Option<String> {
        let has_place = match slot {
            Slot::Key(_) => true,
            Slot::Root => !node.content.is_empty(),
            _ => false,
        };
        (self.notes && has_place)
            .then(|| note::of(self.text, node))
            .flatten()
    }

    /// Writes lines below a note that takes the place of the value.
    fn write_lines_below(
        &mut self,
        node: &Node,
        column: usize,
        note: &str,
        lines: String,
    ) -> Result<(), YamlError> {
        let content = node.content.clone();
        let below = gap::insertion_line(self.text, content.end, column);
        if content.is_empty() {
            self.splices
                .insert(node.after_properties, format!(" {note}"));
        } else {
            self.splices.replace(content, note);
        }
        self.insert_lines(below, lines)
    }

    fn replace_flow(&mut self, node: &Node, slot: Slot, new: &Value) -> Result<(), YamlError> {
        let mut text = self.written(self.renderer.flow(new))?;
        if self.notes && note::of(self.text, node).is_some() && text.starts_with(['[', '{']) {
            text = note::padded(&text);
        }
        if !node.content.is_empty() {
            self.splices.replace(node.content.clone(), text);
        } else if slot == Slot::FlowBareKey {
            self.splices
                .insert(node.after_properties, format!(": {text}"));
        } else {
            let at = node.after_properties;
            let blank = if gap::slice(self.text, 0, at).ends_with(' ') {
                ""
            } else {
                " "
            };
            self.splices.insert(at, format!("{blank}{text}"));
        }
        Ok(())
    }

    fn present(&self, node: &Node) -> Present {
        let own_line =
            gap::slice(self.text, node.after_properties, node.content.start).contains('\n');
        match &node.kind {
            _ if node.content.is_empty() => Present::Nothing,
            Kind::Scalar(ScalarNode {
                style: ScalarStyle::Block { header_end, .. },
                ..
            }) => Present::BlockScalar {
                header_end: *header_end,
            },
            _ if node.is_block_collection() => Present::Collection {
                own_line: own_line || gap::starts_line(self.text, node.content.start),
            },
            _ => Present::Text { own_line },
        }
    }

    /// A block scalar stays at the column of the one it replaces, and is indented deeper than a comment right below.
    fn literal_place(&self, node: &Node, place: Columns) -> Columns {
        let present = match &node.kind {
            Kind::Scalar(ScalarNode {
                style: ScalarStyle::Block { indent, .. },
                ..
            }) => indent.filter(|column| *column > place.parent),
            _ => None,
        };
        let first_line = gap::line_start(self.text, node.content.start);
        let has_lines_above = first_line > gap::next_line(self.text, node.after_properties);
        let line = if node.is_block_collection() && has_lines_above {
            node.after_properties
        } else {
            node.content.end
        };
        let column = present.unwrap_or(place.literal);
        Columns {
            literal: column.max(gap::column_for_literal(self.text, line)),
            ..place
        }
    }

    fn write_inline(&mut self, node: &Node, present: &Present, text: &str) {
        let spaced = if text.is_empty() {
            String::new()
        } else {
            format!(" {text}")
        };
        let from = node.after_properties;
        let content = node.content.clone();
        match *present {
            Present::Nothing => self.splices.insert(from, spaced),
            Present::Text { own_line } if text.is_empty() => {
                if !own_line {
                    self.splices.delete(from..content.end);
                } else if gap::ends_line(self.text, content.end) {
                    self.splices.delete(self.lines_of(node));
                } else {
                    self.splices.delete(content);
                }
            }
            Present::Text { .. } => self.splices.replace(content, text),
            Present::BlockScalar { header_end } => {
                let start = if text.is_empty() { from } else { content.start };
                self.splices.replace(start..header_end, text);
                self.delete_block_scalar_lines(node, header_end);
            }
            Present::Collection { own_line: true } => {
                self.splices.insert(from, spaced);
                self.splices.delete(self.lines_of(node));
            }
            Present::Collection { own_line: false } => {
                self.splices.replace(from..content.end, spaced);
            }
        }
    }

    fn write_literal(
        &mut self,
        node: &Node,
        present: &Present,
        header: &str,
        lines: String,
    ) -> Result<(), YamlError> {
        let from = node.after_properties;
        let content = node.content.clone();
        match *present {
            Present::Nothing => {
                self.splices.insert(from, format!(" {header}"));
                self.insert_lines(gap::next_line(self.text, from), lines)
            }
            Present::Text { .. } => {
                let below = gap::next_line(self.text, content.end);
                self.splices.replace(content, header);
                self.insert_lines(below, lines)
            }
            Present::BlockScalar { header_end } => {
                self.splices.replace(content.start..header_end, header);
                let body = self.block_scalar_lines(node, header_end);
                self.splices.replace(body, lines);
                Ok(())
            }
            Present::Collection { own_line: true } => {
                self.splices.insert(from, format!(" {header}"));
                self.splices.insert(gap::next_line(self.text, from), lines);
                self.splices.delete(self.lines_of(node));
                Ok(())
            }
            Present::Collection { own_line: false } => {
                self.splices
                    .replace(from..content.end, format!(" {header}"));
                self.insert_lines(gap::next_line(self.text, content.end), lines)
            }
        }
    }

    fn write_lines(
        &mut self,
        node: &Node,
        present: &Present,
        slot: Slot,
        column: usize,
        lines: String,
    ) -> Result<(), YamlError> {
        let from = node.after_properties;
        let content = node.content.clone();
        let below = gap::insertion_line(self.text, content.end, column);
        // A collection can follow its dash on the line only if neither an anchor nor a tag stands between, and if no
        // comment stands below that its last line could swallow.
        let may_follow_dash = matches!(slot, Slot::Dash(_))
            && node.anchor.is_none()
            && node.tag.is_none()
            && below == gap::next_line(self.text, content.end);
        match *present {
            Present::Nothing if slot == Slot::Root => return self.insert_lines(self.end, lines),
            Present::Nothing if may_follow_dash && gap::ends_line(self.text, from) => {
                self.write_behind_dash(from, from, &lines);
            }
            Present::Nothing => return self.insert_lines(below, lines),
            Present::Text { own_line } => {
                let ends_line = gap::ends_line(self.text, content.end);
                let fills_lines = own_line || gap::starts_line(self.text, content.start);
                if fills_lines && ends_line {
                    return self.replace_lines(self.lines_of(node), below, lines);
                }
                if may_follow_dash && ends_line {
                    self.write_behind_dash(from, content.end, &lines);
                    return Ok(());
                }
                self.splices
                    .delete(if own_line { content } else { from..content.end });
                return self.insert_lines(below, lines);
            }
            Present::BlockScalar { header_end } => {
                let body = self.block_scalar_lines(node, header_end);
                if may_follow_dash && gap::ends_line(self.text, header_end) {
                    self.write_behind_dash(from, header_end, &lines);
                    self.splices.delete(body);
                } else {
                    self.splices.delete(from..header_end);
                    return self.replace_lines(body, below, lines);
                }
            }
            Present::Collection { own_line: true } => {
                return self.replace_lines(self.lines_of(node), below, lines);
            }
            Present::Collection { own_line: false } if may_follow_dash => {
                self.write_behind_dash(from, content.end, &lines);
            }
            Present::Collection { own_line: false } => {
                self.splices.delete(from..content.end);
                return self.insert_lines(below, lines);
            }
        }
        Ok(())
    }

    /// Deletes whole lines and writes others, which may have to stand further below.
    fn replace_lines(
        &mut self,
        old: Range<usize>,
        below: usize,
        new: String,
    ) -> Result<(), YamlError> {
        if below == old.end {
            self.splices.replace(old, new);
            return Ok(());
        }
        self.splices.delete(old);
        self.insert_lines(below, new)
    }

    /// The whole lines on which the content stands.
    pub(super) fn lines_of(&self, node: &Node) -> Range<usize> {
        gap::line_start(self.text, node.content.start)..gap::next_line(self.text, node.content.end)
    }

    /// The lines below the header of a block scalar.
    fn block_scalar_lines(&self, node: &Node, header_end: usize) -> Range<usize> {
        let start = gap::next_line(self.text, header_end);
        start..gap::next_line(self.text, node.content.end).max(start)
    }

    pub(super) fn delete_block_scalar_lines(&mut self, node: &Node, header_end: usize) {
        let lines = self.block_scalar_lines(node, header_end);
        self.splices.delete(lines);
    }

    /// Writes lines behind a dash, in place of all from `start` to the end of the line that holds `end`: the first line
    /// follows the dash, the last ends with the line break that is there.
    fn write_behind_dash(&mut self, start: usize, end: usize, lines: &str) {
        let first = lines.trim_start_matches(' ');
        let whole = first.strip_suffix('\n').unwrap_or(first);
        let text = whole.strip_suffix('\r').unwrap_or(whole);
        self.splices
            .replace(start..gap::line_end(self.text, end), format!(" {text}"));
    }
}

/// A value's first line, with what it was before.
fn noted(text: String, note: Option<String>) -> String {
    match note {
        Some(note) if !text.is_empty() => format!("{text} {note}"),
        _ => text,
    }
}
