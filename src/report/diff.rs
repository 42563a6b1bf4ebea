//! Unified diffs.

use std::fmt;

use similar::{ChangeTag, TextDiff};

use crate::certs::summary;
use crate::plan::FileChange;
use crate::secrets;

/// A line of a unified diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiffLine {
    /// `--- old` or `+++ new`.
    File(String),
    /// `@@ -1,2 +1,3 @@`.
    Hunk(String),
    /// A line that stays.
    Same(String),
    /// A line that comes.
    Added(String),
    /// A line that goes.
    Removed(String),
}

impl DiffLine {
    /// What it says, without its sign.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::File(text)
            | Self::Hunk(text)
            | Self::Same(text)
            | Self::Added(text)
            | Self::Removed(text) => text,
        }
    }

    /// A line of the same kind that says something else.
    #[must_use]
    pub fn with(&self, text: String) -> Self {
        match self {
            Self::File(_) => Self::File(text),
            Self::Hunk(_) => Self::Hunk(text),
            Self::Same(_) => Self::Same(text),
            Self::Added(_) => Self::Added(text),
            Self::Removed(_) => Self::Removed(text),
        }
    }
}

impl fmt::Display for DiffLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(text) | Self::Hunk(text) => f.write_str(text),
            Self::Same(text) => write!(f, " {text}"),
            Self::Added(text) => write!(f, "+{text}"),
            Self::Removed(text) => write!(f, "-{text}"),
        }
    }
}

/// The edit of an override file, secrets masked and certificates in one line each.
#[must_use]
pub fn of_file(file: &FileChange) -> Vec<DiffLine> {
    let shown = |text: &str| summary::summarised(&secrets::masked_file(text));
    // Around the values there may be anything, secrets of others among it.
    let (before, after) = match &file.inside {
        Some(inside) => (Some(inside.before.as_str()), inside.after.as_str()),
        None => (file.before.as_deref(), file.after.as_str()),
    };
    // Each is read as YAML, which takes most of the time of a preview of large files.
    let (before, after) = std::thread::scope(|scope| {
        let before = scope.spawn(|| before.map(shown).unwrap_or_default());
        let after = shown(after);
        match before.join() {
            Ok(before) => (before, after),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    });
    let name = match &file.inside {
        Some(inside) => format!("{} ({})", file.path.display(), inside.place),
        None => file.path.display().to_string(),
    };
    let old = if file.before.is_some() {
        name.clone()
    } else {
        "/dev/null".to_owned()
    };
    let mut lines = vec![
        DiffLine::File(format!("--- {old}")),
        DiffLine::File(format!("+++ {name}")),
    ];
    lines.extend(of_texts(&before, &after));
    lines
}

/// The differing lines of two texts with three lines around them.
#[must_use]
pub fn of_texts(before: &str, after: &str) -> Vec<DiffLine> {
    let diff = TextDiff::from_lines(before, after);
    let mut lines = Vec::new();
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        lines.push(DiffLine::Hunk(
            hunk.header().to_string().trim_end().to_owned(),
        ));
        for change in hunk.iter_changes() {
            let text = change.value().trim_end_matches(['\n', '\r']).to_owned();
            lines.push(match change.tag() {
                ChangeTag::Equal => DiffLine::Same(text),
                ChangeTag::Insert => DiffLine::Added(text),
                ChangeTag::Delete => DiffLine::Removed(text),
            });
        }
    }
    lines
}
