//! The documents of a file, each by its bytes.

use std::ops::Range;

/// The documents of a stream, whole lines each, with the `---` that begins them. No line of a scalar begins with `---` or `...`
/// (YAML 1.2, 9.1.2). What stands before the first `---` and says nothing (comments, directives) belongs to the document after it.
pub(super) fn documents(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut start, mut at) = (0, 0);
    let mut says_something = false;
    for line in text.split_inclusive('\n') {
        let is_mark = line
            .strip_prefix("---")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']));
        if is_mark {
            if says_something {
                found.push(start..at);
                start = at;
            }
            // What a document is may stand on the line of its mark.
            let rest = line.trim_start_matches('-').trim();
            says_something = !rest.is_empty() && !rest.starts_with('#');
        } else {
            let line = line.trim_start_matches('\u{feff}').trim();
            says_something |= !line.is_empty() && !line.starts_with(['#', '%']);
        }
        at += line.len();
    }
    found.push(start..text.len());
    found
}

/// The line of a byte, counted from 1.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    before.bytes().filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<&str> {
        documents(text).into_iter().map(|one| &text[one]).collect()
    }

    #[test]
    fn documents_are_whole_lines_and_nothing_is_left_out() {
        for (text, wanted) in [
            ("a: 1\n", vec!["a: 1\n"]),
            (
                "# head\n---\na: 1\n--- # two\nb: 1",
                vec!["# head\n---\na: 1\n", "--- # two\nb: 1"],
            ),
            (
                "%YAML 1.2\n---\na: 1\n...\n",
                vec!["%YAML 1.2\n---\na: 1\n...\n"],
            ),
            (
                "a: |\n  ---\n  b\n---x: 1\n",
                vec!["a: |\n  ---\n  b\n---x: 1\n"],
            ),
            ("---\r\na: 1\r\n---\r\n", vec!["---\r\na: 1\r\n", "---\r\n"]),
            (
                "--- {a: 1}\n---\nb: 1\n",
                vec!["--- {a: 1}\n", "---\nb: 1\n"],
            ),
            ("", vec![""]),
        ] {
            assert_eq!(split(text), wanted, "{text:?}");
        }
    }
}
