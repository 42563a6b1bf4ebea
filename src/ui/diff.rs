//! Unified diffs.

use console::style;
use similar::{ChangeTag, TextDiff};

use super::redact;
use crate::certs::summary;
use crate::plan::FileChange;

/// The edit of an override file as a unified diff, secrets masked and certificates in one line each.
pub(super) fn of(file: &FileChange) -> String {
    let shown = |text: &str| summary::summarised(&redact::values_file(text));
    let before = file.before.as_deref().map(shown).unwrap_or_default();
    let name = file.path.display();
    let old = if file.before.is_some() {
        name.to_string()
    } else {
        "/dev/null".to_owned()
    };
    let mut lines = vec![
        style(format!("--- {old}")).bold().to_string(),
        style(format!("+++ {name}")).bold().to_string(),
    ];
    lines.extend(hunks(&before, &shown(&file.after)));
    lines.join("\n")
}

/// The differing lines of two texts with three lines around them.
pub(super) fn hunks(before: &str, after: &str) -> Vec<String> {
    let diff = TextDiff::from_lines(before, after);
    let mut lines = Vec::new();
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        let header = hunk.header().to_string();
        lines.push(style(header.trim_end()).cyan().to_string());
        for change in hunk.iter_changes() {
            let text = change.value().trim_end_matches(['\n', '\r']);
            lines.push(match change.tag() {
                ChangeTag::Equal => format!(" {text}"),
                ChangeTag::Insert => style(format!("+{text}")).green().to_string(),
                ChangeTag::Delete => style(format!("-{text}")).red().to_string(),
            });
        }
    }
    lines
}
