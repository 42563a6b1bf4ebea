//! Flags that are lists: Helm reads the words of `-f` as a line of comma-separated values (pflag's `StringSlice`, Go's
//! `encoding/csv`), so that `-f a.yaml,b.yaml` names two files.

use std::path::{Path, PathBuf};

/// The files that one word of `-f` names. A file whose name has commas in it wins, as the user sees it in the folder.
#[must_use]
pub fn files_of(word: &Path) -> Vec<PathBuf> {
    let whole = || vec![word.to_path_buf()];
    match word.to_str() {
        Some(text) if text.contains([',', '"']) && !word.exists() => fields(text)
            .map_or_else(whole, |fields| {
                fields.into_iter().map(PathBuf::from).collect()
            }),
        _ => whole(),
    }
}

/// A path as a word of `-f`, so that Helm reads it as one file.
pub(super) fn word_of(path: &Path) -> String {
    let text = path.display().to_string();
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

/// The fields of a line; `None` where its quotes are none that Go takes.
fn fields(line: &str) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_field(quoted)?,
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                let (field, after) = rest.split_at(end);
                (field.to_owned(), after)
            }
        };
        if field.contains('"') && !rest.starts_with('"') {
            return None;
        }
        fields.push(field);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None if after.is_empty() => return Some(fields),
            None => return None,
        }
    }
}

/// What stands before the closing quote, and what follows it.
fn quoted_field(text: &str) -> Option<(String, &str)> {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('"')?;
        field.push_str(part);
        match after.strip_prefix('"') {
            Some(next) => {
                field.push('"');
                rest = next;
            }
            None => return Some((field, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_separate_files_as_they_do_for_helm() {
        for (word, files) in [
            ("a.yaml", &["a.yaml"][..]),
            ("a.yaml,b.yaml", &["a.yaml", "b.yaml"]),
            ("\"a,b.yaml\",c", &["a,b.yaml", "c"]),
            ("\"a\"\"b\"", &["a\"b"]),
            ("a\"b,c", &["a\"b,c"]),
            ("\"a", &["\"a"]),
            ("a,", &["a", ""]),
        ] {
            let files: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
            assert_eq!(files_of(Path::new(word)), files, "{word}");
        }
    }

    #[test]
    fn a_path_is_one_word_whatever_it_is_called() {
        for path in ["a.yaml", "a,b.yaml", "a \"b\".yaml", "a\nb"] {
            let word = word_of(Path::new(path));
            assert_eq!(fields(&word).unwrap(), [path]);
        }
        assert_eq!(word_of(Path::new("a b.yaml")), "a b.yaml");
    }
}
