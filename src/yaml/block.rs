//! Entries and items of collections that are written by indentation.

use serde_yaml::Value;

use super::YamlError;
use super::edit::Editor;
use super::gap;
use super::node::{Entry, Item};

impl Editor<'_> {
    /// Adds entries below the last one.
    pub(super) fn add_entries(
        &mut self,
        entries: &[Entry],
        new: &[(&Value, &Value)],
    ) -> Result<(), YamlError> {
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
            return Ok(());
        };
        let column = gap::column(self.text, first.start);
        let mut lines = String::new();
        for (key, value) in new {
            lines += &self.written(self.renderer.entry(key, value, column))?;
        }
        self.insert_lines(gap::insertion_line(self.text, last.end(), column), lines)
    }

    /// Adds items after the first `after` ones.
    pub(super) fn add_items(
        &mut self,
        items: &[Item],
        after: usize,
        new: &[Value],
    ) -> Result<(), YamlError> {
        let Some(first) = items.first() else {
            return Ok(());
        };
        let column = gap::column(self.text, first.start);
        let lines = self.written(self.renderer.items(new, column))?;
        match after.checked_sub(1).and_then(|before| items.get(before)) {
            Some(above) => {
                self.insert_lines(gap::insertion_line(self.text, above.end(), column), lines)
            }
            None if gap::starts_line(self.text, first.start) => {
                self.insert_lines(gap::line_start(self.text, first.start), lines)
            }
            // The first item shares its line with the dash of the list that holds it: `- - first`.
            None => {
                let indent = " ".repeat(column);
                self.splices.insert(
                    first.start,
                    format!("{}{indent}", lines.trim_start_matches(' ')),
                );
                Ok(())
            }
        }
    }

    /// Removes children of a block collection, each given by where it starts and ends. At least one must stay.
    pub(super) fn remove_children(&mut self, children: &[(usize, usize)], removed: &[bool]) {
        let mut joined_until = None;
        if let (Some((first, _)), Some(true)) = (children.first(), removed.first())
            && !gap::starts_line(self.text, *first)
        {
            joined_until = self.join_first_line(children, removed);
        }
        for ((start, end), _) in children
            .iter()
            .zip(removed)
            .filter(|(_, removed)| **removed)
        {
            if joined_until.is_some_and(|until| *start < until) {
                continue;
            }
            if gap::starts_line(self.text, *start) {
                let lines = gap::line_start(self.text, *start)..gap::next_line(self.text, *end);
                self.splices.delete(lines);
            } else {
                self.splices.delete(*start..*end);
            }
        }
    }

    /// The first children share their line with a dash, `- first: 1`: moves the first that stays up to it, unless a
    /// comment stands between. Returns where it began.
    fn join_first_line(&mut self, children: &[(usize, usize)], removed: &[bool]) -> Option<usize> {
        let kept = removed.iter().position(|removed| !removed)?;
        let (first, _) = children.first()?;
        let (_, last_end) = children.get(kept.checked_sub(1)?)?;
        let (kept_start, _) = children.get(kept)?;
        if !gap::slice(self.text, *last_end, *kept_start)
            .trim()
            .is_empty()
        {
            return None;
        }
        self.splices.delete(*first..*kept_start);
        Some(*kept_start)
    }
}
