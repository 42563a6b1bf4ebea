//! What stands between values: lines, blanks and comments.

/// The byte order mark that may begin a text.
const BOM: char = '\u{feff}';

/// The part of `text` from `start` to `end`; empty where there is no such part.
pub(super) fn slice(text: &str, start: usize, end: usize) -> &str {
    text.get(start..end).unwrap_or_default()
}

/// The rest of `text` from `at`.
pub(super) fn rest(text: &str, at: usize) -> &str {
    text.get(at..).unwrap_or_default()
}

/// Length of the byte order mark at the start of the text.
pub(super) fn bom_len(text: &str) -> usize {
    if text.starts_with(BOM) {
        BOM.len_utf8()
    } else {
        0
    }
}

/// The start of the line that holds `at`, after a byte order mark.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    slice(text, 0, at)
        .rfind('\n')
        .map_or_else(|| bom_len(text), |newline| newline + 1)
}

/// The end of the line that holds `at`, before its line break.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    let next = next_line(text, at);
    let line = slice(text, at, next);
    at + line.trim_end_matches('\n').trim_end_matches('\r').len()
}

/// The start of the line after the one that holds `at`, or the end of the text.
pub(super) fn next_line(text: &str, at: usize) -> usize {
    rest(text, at)
        .find('\n')
        .map_or(text.len(), |newline| at + newline + 1)
}

/// The column of `at` in characters, from 0.
pub(super) fn column(text: &str, at: usize) -> usize {
    slice(text, line_start(text, at), at).chars().count()
}

/// Nothing but spaces stands before `at` on its line.
pub(super) fn starts_line(text: &str, at: usize) -> bool {
    slice(text, line_start(text, at), at)
        .bytes()
        .all(|byte| byte == b' ')
}

/// Nothing but blanks stands from `at` to the end of its line.
pub(super) fn ends_line(text: &str, at: usize) -> bool {
    slice(text, at, line_end(text, at)).trim().is_empty()
}

/// Skips blanks, line breaks and comments from `at`.
pub(super) fn skip(text: &str, mut at: usize) -> usize {
    loop {
        let gap = rest(text, at);
        let blank = gap.len() - gap.trim_start_matches([' ', '\t', '\r', '\n', BOM]).len();
        at += blank;
        if !rest(text, at).starts_with('#') {
            return at;
        }
        at = next_line(text, at);
    }
}

/// Where a new entry at `column` goes after the line that holds `end`: below comments, and blanks, that are indented
/// deeper than it. They belong to what stands above, and a new block scalar would swallow them.
pub(super) fn insertion_line(text: &str, end: usize, column: usize) -> usize {
    let mut at = next_line(text, end);
    let mut insertion = at;
    for line in rest(text, at).split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let is_blank = line.trim().is_empty();
        let is_comment = line.trim_start_matches(' ').starts_with('#');
        let is_deeper = indent > column;
        let may_belong_above = is_blank || (is_comment && is_deeper);
        if !may_belong_above {
            break;
        }
        at += line.len();
        if is_deeper {
            insertion = at;
        }
    }
    insertion
}

/// The least column at which a block scalar can stand below the line that holds `end` without swallowing the blanks
/// and the comment that come first there.
pub(super) fn column_for_literal(text: &str, end: usize) -> usize {
    let mut least = 0;
    for line in rest(text, next_line(text, end)).lines() {
        let content = line.trim_start_matches(' ');
        let indent = line.len() - content.len();
        if content.starts_with('#') {
            return least.max(indent + 1);
        }
        if !content.trim().is_empty() {
            break;
        }
        least = least.max(indent);
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_no_column() {
        let text = "\u{feff}a: 1\n";
        assert_eq!(column(text, 3), 0);
        assert_eq!(line_start(text, 5), 3);
        assert!(starts_line(text, 3));
    }

    #[test]
    fn line_ends_leave_out_either_break() {
        assert_eq!(line_end("ab\r\ncd", 1), 2);
        assert_eq!(line_end("ab\ncd", 0), 2);
        assert_eq!(line_end("ab\ncd", 4), 5);
        assert_eq!(next_line("ab\r\ncd", 0), 4);
    }

    #[test]
    fn a_new_entry_goes_below_deeper_comments_only() {
        let text = "a:\n    # deep\n\n    # deeper still\n  # mine\nb: 1\n";
        assert_eq!(rest(text, insertion_line(text, 1, 2)), "  # mine\nb: 1\n");
        assert_eq!(insertion_line(text, 1, 8), 3);
    }
}
