//! Unified diffs, coloured.

use console::style;

use crate::plan::FileChange;
use crate::report::{self, Line};

/// The edit of an override file.
pub(super) fn of(file: &FileChange) -> String {
    coloured(&report::of_file(file)).join("\n")
}

/// The differing lines of two texts with three lines around them.
pub(super) fn hunks(before: &str, after: &str) -> Vec<String> {
    coloured(&report::of_texts(before, after))
}

fn coloured(lines: &[Line]) -> Vec<String> {
    let lines = lines.iter().map(|line| {
        let text = style(line.to_string());
        let text = match line {
            Line::File(_) => text.bold(),
            Line::Hunk(_) => text.cyan(),
            Line::Same(_) => text,
            Line::Added(_) => text.green(),
            Line::Removed(_) => text.red(),
        };
        text.to_string()
    });
    lines.collect()
}
