//! The documents of a file, each by its bytes.

use std::ops::Range;

/// The documents of a stream, whole lines each, with the `---` that begins them and the `...` that ends them. No line of a scalar
/// begins with either (YAML 1.2, 9.1.2). A document may say nothing, but what stands before the first `---` or after a `...` and
/// says nothing (comments, directives) belongs to the document after it.
pub(super) fn documents(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut start, mut at) = (0, 0);
    let mut is_begun = false;
    let mut ended = None;
    for line in text.split_inclusive('\n') {
        if is_mark(line, "...") {
            ended = Some(at + line.len());
        } else {
            let begins = is_mark(line, "---");
            let line = line.trim_start_matches('\u{feff}').trim();
            let says_something = !line.is_empty() && !line.starts_with(['#', '%']);
            let end = match ended {
                Some(end) if says_something => Some(end),
                None if begins && is_begun => Some(at),
                _ => None,
            };
            if let Some(end) = end {
                found.push(start..end);
                start = end;
                (is_begun, ended) = (false, None);
            }
            is_begun |= says_something;
        }
        at += line.len();
    }
    found.push(start..text.len());
    found
}

/// Whether a line begins (`---`) or ends (`...`) a document; what it is may stand behind the one.
fn is_mark(line: &str, mark: &str) -> bool {
    let rest = line.strip_prefix(mark);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
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
            ("---\n---\na: 1\n", vec!["---\n", "---\na: 1\n"]),
            (
                "---\r\n# c\r\n---\r\na: 1\r\n",
                vec!["---\r\n# c\r\n", "---\r\na: 1\r\n"],
            ),
            (
                "# head\n---\n# only this\n---\na: 1\n---\n---\n",
                vec![
                    "# head\n---\n# only this\n",
                    "---\na: 1\n",
                    "---\n",
                    "---\n",
                ],
            ),
            (
                "\u{feff}---\n--- # two\na: 1\n",
                vec!["\u{feff}---\n", "--- # two\na: 1\n"],
            ),
            ("a: 1\n...\nb: 1\n", vec!["a: 1\n...\n", "b: 1\n"]),
            (
                "a: 1\r\n... # end\r\n\r\n# c\r\n%YAML 1.2\r\n---\r\nb: 1\r\n",
                vec![
                    "a: 1\r\n... # end\r\n",
                    "\r\n# c\r\n%YAML 1.2\r\n---\r\nb: 1\r\n",
                ],
            ),
            (
                "a: 1\n...\n...\n# after\n---\nb: 1\n...\n# last\n",
                vec!["a: 1\n...\n...\n", "# after\n---\nb: 1\n...\n# last\n"],
            ),
            (
                "a: |\n  ...\n  b\n...x: 1\n",
                vec!["a: |\n  ...\n  b\n...x: 1\n"],
            ),
            ("", vec![""]),
        ] {
            assert_eq!(split(text), wanted, "{text:?}");
        }
    }
}
