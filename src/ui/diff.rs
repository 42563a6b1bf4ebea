//! Unified diffs, coloured.

use console::style;

use super::detail::Detail;
use super::fit;
use super::folded::{folded, narrowed};
use crate::plan::FileChange;
use crate::report::{self, DiffLine};

/// The edit of an override file.
pub(super) fn of(file: &FileChange, detail: Detail) -> String {
    coloured(&report::of_file(file), detail, 0).join("\n")
}

/// The differing lines of two texts with three lines around them, to stand behind `indent` columns.
pub(super) fn hunks(before: &str, after: &str, detail: Detail, indent: usize) -> Vec<String> {
    coloured(&report::of_texts(before, after), detail, indent)
}

fn coloured(lines: &[DiffLine], detail: Detail, indent: usize) -> Vec<String> {
    let width = fit::width_of_results().map(|width| width.saturating_sub(indent));
    let lines = if detail.certificates {
        lines.iter().map(|line| narrowed(line, width)).collect()
    } else {
        folded(lines, width)
    };
    let lines = lines.iter().map(|line| {
        let text = style(line.to_string());
        let text = match line {
            DiffLine::File(_) => text.bold(),
            DiffLine::Hunk(_) => text.cyan(),
            DiffLine::Same(_) => text,
            DiffLine::Added(_) => text.green(),
            DiffLine::Removed(_) => text.red(),
        };
        text.to_string()
    });
    lines.collect()
}
