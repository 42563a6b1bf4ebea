//! "Did you mean …?"

use std::path::Path;

/// How alike two words must be to be worth a suggestion; clap's own bound for commands and flags is 0.7, and its words are fewer.
const LIKENESS: f64 = 0.8;

/// The candidate that a mistyped word most probably meant.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= LIKENESS)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// `; did you mean FILE?` for a path that does not exist, where its folder has something of a similar name; else nothing.
#[must_use]
pub fn file_like(missing: &Path) -> String {
    let folder = missing.parent().unwrap_or(Path::new(""));
    let looked_in = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let entries = std::fs::read_dir(looked_in).into_iter().flatten();
    let names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    let wrong = missing.file_name().unwrap_or_default().to_string_lossy();
    nearest(&wrong, names.iter().map(String::as_str))
        .map(|name| format!("; did you mean {}?", folder.join(name).display()))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_understood_and_another_word_is_not() {
        let components = ["agent", "gateway", "apps"];
        assert_eq!(nearest("agnet", components), Some("agent"));
        assert_eq!(nearest("gatway", components), Some("gateway"));
        assert_eq!(nearest("server", components), None);
    }

    #[test]
    fn the_nearest_file_is_named_with_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let right = folder.path().join("corp-root.pem");
        std::fs::create_dir(&right).unwrap();
        let text = file_like(&folder.path().join("corp-rot.pem"));
        assert_eq!(text, format!("; did you mean {}?", right.display()));
        assert_eq!(file_like(&folder.path().join("README")), "");
        assert_eq!(file_like(Path::new("/nowhere/x.pem")), "");
        assert_eq!(file_like(Path::new("/")), "");
    }
}
