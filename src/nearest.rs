//! "Did you mean …?"

use std::path::{Path, PathBuf};

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
    fitting_file_like(missing, |_| true)
}

/// The same, of those that fit what is wanted; what begins with what was typed comes first.
#[must_use]
pub fn fitting_file_like(missing: &Path, fits: impl Fn(&Path) -> bool) -> String {
    nearest_file(missing, fits)
        .map(|file| format!("; did you mean {}?", file.display()))
        .unwrap_or_default()
}

/// What is there in the place of a path that is not, and fits.
#[must_use]
pub fn nearest_file(missing: &Path, fits: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    let folder = missing.parent().unwrap_or(Path::new(""));
    let looked_in = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let entries = std::fs::read_dir(looked_in).into_iter().flatten();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let names: Vec<String> = names.filter(|name| fits(&folder.join(name))).collect();
    let wrong = missing.file_name().unwrap_or_default().to_string_lossy();
    let all = || names.iter().map(String::as_str);
    let begun = all().filter(|name| !wrong.is_empty() && name.starts_with(&*wrong));
    nearest(&wrong, begun)
        .or_else(|| nearest(&wrong, all()))
        .map(|name| folder.join(name))
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
        // A key beside it is nearer, and is none.
        std::fs::create_dir(folder.path().join("corp-root.key")).unwrap();
        let is_pem = |path: &Path| path.extension().is_some_and(|end| end == "pem");
        let begun = folder.path().join("corp-root");
        assert_eq!(nearest_file(&begun, is_pem).unwrap(), right);
        std::fs::create_dir(folder.path().join("xcorp-root")).unwrap();
        let first = nearest_file(&begun, |_| true).unwrap();
        assert!(first.to_string_lossy().contains("/corp-root."), "{first:?}");
        assert_eq!(file_like(&folder.path().join("README")), "");
        assert_eq!(file_like(Path::new("/nowhere/x.pem")), "");
        assert_eq!(file_like(Path::new("/")), "");
    }
}
