//! The indentation habits of a file, for what is written into it.

use super::gap;
use super::node::{Kind, Layout, Node};

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Style {
    /// Columns from a key to the keys of the mapping under it.
    pub(super) mapping: usize,
    /// Columns from a key to the dashes of the list under it; 0 for `key:` and `- item` below each other.
    pub(super) list: usize,
    /// The line break.
    pub(super) line_break: &'static str,
}

impl Style {
    /// Of a text that is made whole.
    pub(super) const PLAIN: Self = Self {
        mapping: 2,
        list: 2,
        line_break: "\n",
    };

    /// What most of the file does; two columns where it gives no example.
    pub(super) fn of(text: &str, root: &Node) -> Self {
        let mut mappings = Habit::default();
        let mut lists = Habit::default();
        root.walk(&mut |node| {
            let Kind::Mapping(Layout::Block, entries) = &node.kind else {
                return;
            };
            for entry in entries {
                let habit = match &entry.value.kind {
                    Kind::Mapping(Layout::Block, _) => &mut mappings,
                    Kind::List(Layout::Block, _) => &mut lists,
                    _ => continue,
                };
                let first = entry.value.content.start;
                if gap::starts_line(text, first) {
                    habit.count(
                        gap::column(text, first).saturating_sub(gap::column(text, entry.start)),
                    );
                }
            }
        });
        Self {
            mapping: mappings.most_frequent().max(1),
            list: lists.most_frequent(),
            line_break: line_break(text),
        }
    }
}

/// The line break of the first line; a line feed if there is none.
pub(super) fn line_break(text: &str) -> &'static str {
    let first = text.split_inclusive('\n').next().unwrap_or_default();
    if first.ends_with("\r\n") {
        "\r\n"
    } else {
        "\n"
    }
}

/// How often each indentation up to eight columns occurs.
#[derive(Default)]
struct Habit([usize; 9]);

impl Habit {
    fn count(&mut self, columns: usize) {
        if let Some(count) = self.0.get_mut(columns) {
            *count += 1;
        }
    }

    fn most_frequent(&self) -> usize {
        const DEFAULT: usize = 2;
        let most = self.0.iter().copied().max().unwrap_or_default();
        let at_default = self.0.get(DEFAULT).copied().unwrap_or_default();
        if at_default == most {
            return DEFAULT;
        }
        self.0
            .iter()
            .position(|count| *count == most)
            .unwrap_or(DEFAULT)
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    fn style(text: &str) -> (usize, usize) {
        let tree = parse(text).unwrap();
        let style = Style::of(text, &tree.root);
        (style.mapping, style.list)
    }

    #[test]
    fn a_file_without_examples_gets_two_columns() {
        assert_eq!(style("a: 1\n"), (2, 2));
    }

    #[test]
    fn the_majority_decides() {
        assert_eq!(
            style("a:\n    b: 1\nc:\n    d:\n    - 1\ne:\n  f: 1\n"),
            (4, 0)
        );
        assert_eq!(style("a:\n   - 1\nb:\n   - 1\nc:\n- 1\n"), (2, 3));
    }

    #[test]
    fn what_shares_a_line_with_its_dash_is_no_example() {
        assert_eq!(style("a:\n- b:\n      c: 1\n- d: 1\n"), (4, 0));
    }
}
