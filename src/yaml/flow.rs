//! Entries and items of collections in brackets and braces.
//!
//! A collection that is written with one item a line keeps that form; in any other, new items follow on the line of
//! the last one.

use std::ops::Range;

use super::edit::Editor;
use super::gap;

impl Editor<'_> {
    /// Adds a written item after the first `after` of `children`, each given by where it starts and ends; `content`
    /// is the collection with its brackets.
    pub(super) fn add_flow(
        &mut self,
        content: &Range<usize>,
        children: &[(usize, usize)],
        after: usize,
        new: &[String],
    ) {
        let joined = new.join(", ");
        let before = after.checked_sub(1).and_then(|before| children.get(before));
        match (before, children.first()) {
            (Some((start, end)), _) => match self.own_line(content, *start, *end) {
                Some(OwnLine { comma }) if after == children.len() => {
                    let indent = gap::slice(self.text, gap::line_start(self.text, *start), *start);
                    let line_break = self.renderer.style.line_break;
                    let separator = format!(",{line_break}{indent}");
                    let lines = new.join(&separator);
                    let last_comma = if comma.is_some() { "," } else { "" };
                    if comma.is_none() {
                        self.splices.insert(*end, ",");
                    }
                    self.splices.insert(
                        gap::next_line(self.text, *end),
                        format!("{indent}{lines}{last_comma}{line_break}"),
                    );
                }
                _ => self.splices.insert(*end, format!(", {joined}")),
            },
            (None, Some((start, _))) => self.splices.insert(*start, format!("{joined}, ")),
            (None, None) => {
                let close = content.end.saturating_sub(1);
                let open = gap::slice(self.text, content.start + 1, close);
                // `{ }` becomes `{ a: 1 }`.
                let at = if open.trim_matches(' ').is_empty() && open.len() > 1 {
                    content.start + 2
                } else {
                    close
                };
                self.splices.insert(at, joined);
            }
        }
    }

    /// Removes children of a flow collection, each given by where it starts and ends.
    pub(super) fn remove_flow(
        &mut self,
        content: &Range<usize>,
        children: &[(usize, usize)],
        removed: &[bool],
    ) {
        let mut at = 0;
        while at < children.len() {
            if !removed.get(at).copied().unwrap_or_default() {
                at += 1;
                continue;
            }
            let count = removed
                .iter()
                .skip(at)
                .take_while(|removed| **removed)
                .count();
            self.remove_flow_run(content, children, at, at + count);
            at += count;
        }
    }

    /// Removes the children from `first` up to `next`.
    fn remove_flow_run(
        &mut self,
        content: &Range<usize>,
        children: &[(usize, usize)],
        first: usize,
        next: usize,
    ) {
        let (Some((start, _)), Some((_, end))) =
            (children.get(first), children.get(next.saturating_sub(1)))
        else {
            return;
        };
        let before = first.checked_sub(1).and_then(|before| children.get(before));
        let lines = self.own_line(content, *start, *end).map(|line| {
            (
                line,
                gap::line_start(self.text, *start)..gap::next_line(self.text, *end),
            )
        });
        match (lines, before, children.get(next)) {
            (Some((line, lines)), before, following) => {
                self.splices.delete(lines);
                if line.comma.is_none()
                    && following.is_none()
                    && let Some((_, before_end)) = before
                    && let Some(comma) = self.comma_after(*before_end)
                {
                    self.splices.delete(comma..comma + 1);
                }
            }
            (None, _, Some((following, _))) => self.splices.delete(*start..*following),
            (None, Some((_, before_end)), None) => self.splices.delete(*before_end..*end),
            (None, None, None) => {
                let end = self.comma_after(*end).map_or(*end, |comma| comma + 1);
                self.splices.delete(*start..end);
            }
        }
    }

    /// The comma that follows an item, if one does.
    fn comma_after(&self, end: usize) -> Option<usize> {
        let comma = gap::skip(self.text, end);
        gap::rest(self.text, comma)
            .starts_with(',')
            .then_some(comma)
    }

    /// The items from `start` to `end` stand on lines of their own, inside the brackets.
    fn own_line(&self, content: &Range<usize>, start: usize, end: usize) -> Option<OwnLine> {
        let line_end = gap::line_end(self.text, end);
        let after = gap::slice(self.text, end, line_end);
        let (comma, after) = match after.trim_start_matches([' ', '\t']).strip_prefix(',') {
            Some(rest) => (Some(line_end - rest.len() - 1), rest),
            None => (None, after),
        };
        let after = after.trim_start_matches([' ', '\t']);
        let is_own = gap::starts_line(self.text, start)
            && gap::line_start(self.text, start) > content.start
            && line_end < content.end
            && (after.is_empty() || after.starts_with('#'));
        is_own.then_some(OwnLine { comma })
    }
}

/// What follows items on lines of their own.
struct OwnLine {
    /// The comma on the last line.
    comma: Option<usize>,
}
