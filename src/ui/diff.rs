//! Unified diffs.

use console::style;
use similar::{ChangeTag, TextDiff};

use super::redact;
use crate::plan::FileChange;

/// The edit of an override file as a unified diff, secrets masked; empty where nothing changes.
pub(super) fn of(file: &FileChange) -> String {
    let before = file
        .before
        .as_deref()
        .map(redact::values_file)
        .unwrap_or_default();
    let after = redact::values_file(&file.after);
    let name = file.path.display();
    let old = if file.before.is_some() {
        name.to_string()
    } else {
        "/dev/null".to_owned()
    };
    let diff = TextDiff::from_lines(&before, &after);
    let mut lines = vec![
        style(format!("--- {old}")).bold().to_string(),
        style(format!("+++ {name}")).bold().to_string(),
    ];
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        lines.push(
            style(hunk.header().to_string().trim_end())
                .cyan()
                .to_string(),
        );
        for change in hunk.iter_changes() {
            let text = change.value().trim_end_matches(['\n', '\r']);
            lines.push(match change.tag() {
                ChangeTag::Equal => format!(" {text}"),
                ChangeTag::Insert => style(format!("+{text}")).green().to_string(),
                ChangeTag::Delete => style(format!("-{text}")).red().to_string(),
            });
        }
    }
    lines.join("\n")
}
