//! Names of files, for completion.

use std::path::{Path, is_separator};

use crate::files;

/// Folders, and files of the kind that is wanted; every file where none of that kind fits. Folders end in a slash.
#[must_use]
pub fn below(text: &str, is_wanted: &dyn Fn(&str) -> bool) -> Vec<String> {
    let start = text.rsplit(is_separator).next().unwrap_or_default();
    let folder = text.strip_suffix(start).unwrap_or_default();
    let mut names: Vec<(String, bool)> = files::entries(Path::new(folder))
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            Some((name, entry.path().is_dir()))
        })
        .filter(|(name, _)| {
            name.starts_with(start) && name.starts_with('.') == start.starts_with('.')
        })
        .collect();
    names.sort();
    let is_kind = |(name, is_folder): &(String, bool)| *is_folder || is_wanted(name);
    if names.iter().any(is_kind) {
        names.retain(is_kind);
    }
    names
        .into_iter()
        .map(|(name, is_folder)| format!("{folder}{name}{}", if is_folder { "/" } else { "" }))
        .collect()
}

/// Whether a file is one of Helm values.
#[must_use]
pub fn is_values_file(name: &str) -> bool {
    has_ending(name, "yaml") || has_ending(name, "yml")
}

/// Whether a file is a packaged chart.
#[must_use]
pub fn is_packaged_chart(name: &str) -> bool {
    has_ending(name, "tgz")
}

fn has_ending(name: &str, ending: &str) -> bool {
    Path::new(name).extension().is_some_and(|one| one == ending)
}
