//! Changes of a text, collected and applied at once.

use std::ops::Range;

/// Replacements of parts of a text that do not overlap.
#[derive(Debug, Default)]
pub(super) struct Splices(Vec<(Range<usize>, String)>);

impl Splices {
    pub(super) fn replace(&mut self, range: Range<usize>, new: impl Into<String>) {
        self.0.push((range, new.into()));
    }

    pub(super) fn delete(&mut self, range: Range<usize>) {
        self.replace(range, "");
    }

    /// Insertions at one place stand in the order in which they were made.
    pub(super) fn insert(&mut self, at: usize, new: impl Into<String>) {
        self.replace(at..at, new);
    }

    /// From the first change to the last.
    pub(super) fn extent(&self) -> Option<Range<usize>> {
        let start = self.0.iter().map(|(range, _)| range.start).min()?;
        let end = self.0.iter().map(|(range, _)| range.end).max()?;
        Some(start..end)
    }

    /// The new text; `None` if two changes overlap or one lies outside the text.
    pub(super) fn apply(mut self, text: &str) -> Option<String> {
        self.0.sort_by_key(|(range, _)| (range.start, range.end));
        let mut result = String::with_capacity(text.len());
        let mut done = 0;
        for (range, new) in self.0 {
            result.push_str(text.get(done..range.start)?);
            result.push_str(&new);
            done = range.end.max(range.start);
        }
        result.push_str(text.get(done..)?);
        Some(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_apply_wherever_they_were_made() {
        let mut splices = Splices::default();
        splices.insert(5, "!");
        splices.delete(0..1);
        splices.replace(1..3, "u");
        splices.insert(5, "?");
        assert_eq!(splices.apply("hello").as_deref(), Some("ulo!?"));
    }

    #[test]
    fn overlapping_changes_are_refused() {
        let mut splices = Splices::default();
        splices.delete(0..3);
        splices.insert(2, "x");
        assert_eq!(splices.apply("hello"), None);
    }
}
