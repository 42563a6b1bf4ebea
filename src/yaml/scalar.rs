//! How a single text is written so that every reader gets that text back.

/// Where a text is to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// In a block collection.
    Block,
    /// Inside brackets or braces.
    Flow,
    /// Inside those of a text that is JSON.
    Json,
}

/// On one line: plain where YAML 1.1 and 1.2 readers all take it as this text, else in double quotes, as JSON has it always.
pub(super) fn inline(text: &str, context: Context) -> String {
    if context != Context::Json && is_plain(text, context) {
        text.to_owned()
    } else {
        quote(text)
    }
}

/// The lines of a `|` block for a text of several lines, and the header; `None` where a block cannot hold the text.
///
/// `indicator` is the number of columns to write into the header where the first line is indented itself.
pub(super) fn literal(text: &str, indicator: usize) -> Option<(String, Vec<&str>)> {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let lines: Vec<&str> = body.split('\n').collect();
    let last = lines.last()?;
    let first_written = lines.iter().find(|line| !line.is_empty())?;
    let leading_blank = lines.iter().take_while(|line| line.is_empty()).count();
    let holds = text.contains('\n')
        && text
            .chars()
            .all(|c| c == '\n' || c == '\t' || is_printable(c))
        && !last.trim().is_empty()
        && !first_written.trim_start_matches(' ').starts_with('\t')
        && !first_written.trim().is_empty()
        && leading_blank < lines.len();
    if !holds {
        return None;
    }
    let indented = if first_written.starts_with(' ') {
        indicator.to_string()
    } else {
        String::new()
    };
    let chomping = if text.ends_with('\n') { "" } else { "-" };
    Some((format!("|{indented}{chomping}"), lines))
}

/// In double quotes, on one line, with the escapes that JSON has too.
fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if is_printable(c) => quoted.push(c),
            c => quoted.push_str(&escape(c)),
        }
    }
    quoted.push('"');
    quoted
}

/// No character beyond four digits is escaped.
fn escape(c: char) -> String {
    format!("\\u{:04X}", u32::from(c))
}

/// What YAML 1.1 and 1.2 readers alike take as it is, in quotes and blocks: no control characters, no line break but
/// the line feed, no byte order mark.
fn is_printable(c: char) -> bool {
    match c {
        '\u{2028}' | '\u{2029}' | '\u{feff}' => false,
        ' '..='~' | '\u{a0}'..='\u{fffd}' => true,
        c => c >= '\u{10000}',
    }
}

fn is_plain(text: &str, context: Context) -> bool {
    let Some(first) = text.chars().next() else {
        return false;
    };
    let flow = context == Context::Flow;
    let blank_at_an_end = text.starts_with(' ') || text.ends_with(' ');
    // A dash begins a list item only before a blank; an option such as `-c` reads better without quotes.
    let is_option =
        text.starts_with('-') && text.chars().nth(1).is_some_and(|c| c.is_ascii_alphabetic());
    let indicator_first = !is_option && "-?:,[]{}#&*!|>'\"%@`=<~".contains(first);
    let indicator_first = indicator_first || text.starts_with("...");
    let splits = text.contains(": ") || text.contains(" #") || text.ends_with(':');
    let splits_in_flow = flow && text.contains([',', '[', ']', '{', '}', ':']);
    let is_text = !(is_word(text) || is_number_like(text));
    let is_one_text = !(blank_at_an_end || indicator_first || splits || splits_in_flow);
    is_text && is_one_text && text.chars().all(is_printable)
}

/// The words that some reader takes as a boolean or null.
fn is_word(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    matches!(
        lower.as_str(),
        "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null"
    )
}

/// What some reader takes as a number, a base-60 number or a date; and what is close enough to confuse a human.
fn is_number_like(text: &str) -> bool {
    let unsigned = text
        .strip_prefix(['+', '-'])
        .unwrap_or(text)
        .to_ascii_lowercase();
    if matches!(unsigned.as_str(), ".inf" | ".nan" | ".") {
        return true;
    }
    let digits = |text: &str, set: &str| text.chars().all(|c| set.contains(c));
    let with_radix = [
        ("0x", "0123456789abcdef_.p+-"),
        ("0o", "01234567_"),
        ("0b", "01_"),
    ];
    if with_radix.iter().any(|(prefix, set)| {
        unsigned
            .strip_prefix(prefix)
            .is_some_and(|rest| digits(rest, set))
    }) {
        return true;
    }
    let starts_like_one = unsigned.starts_with(|c: char| c.is_ascii_digit())
        || unsigned
            .strip_prefix('.')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if !starts_like_one {
        return false;
    }
    let is_date = text.get(..5).is_some_and(|year| {
        year.ends_with('-') && year.chars().take(4).all(|c| c.is_ascii_digit())
    });
    // Two dots make an address or a version, which no reader takes as a number.
    is_date || (digits(&unsigned, "0123456789_,:.e+-") && unsigned.matches('.').count() < 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_stays_plain() {
        for text in [
            "a",
            "ubuntu:22.04",
            "-c",
            "/etc/ssl/certs",
            "https://api.acme.example/x?y=z#part",
            "10.0.0.1",
            "1.21.3",
            "a, b",
            "it's",
            "x -y",
            "Größe",
            "1Gi",
            "500m",
            "sha256:0011",
            "no way",
        ] {
            assert_eq!(inline(text, Context::Block), text);
        }
    }

    #[test]
    fn what_any_reader_takes_as_something_else_is_quoted() {
        for text in [
            "",
            "~",
            "null",
            "Null",
            "yes",
            "No",
            "ON",
            "off",
            "y",
            "N",
            "true",
            "FALSE",
            "1",
            "-1",
            "+1",
            "0x1F",
            "0o14",
            "0b1",
            "014",
            "1_000",
            "1e3",
            "1.5",
            ".5",
            "5.",
            "-.inf",
            ".NaN",
            "190:20:30",
            "1:30",
            "2001-01-01",
            "2001-12-14t21:59:43.10-05:00",
            " a",
            "a ",
            "a: b",
            "a:",
            "a #b",
            "#a",
            "&a",
            "*a",
            "!a",
            "%a",
            "@a",
            "`a",
            "- a",
            "?",
            ": a",
            "[a",
            "{a",
            "|",
            ">",
            "'a",
            "\"a",
            "---",
            "...",
            "=",
            "<<",
            "a\tb",
            "a\u{85}b",
            "\u{feff}a",
        ] {
            assert!(
                inline(text, Context::Block).starts_with('"'),
                "{text:?} is plain"
            );
        }
    }

    #[test]
    fn commas_and_brackets_are_quoted_inside_flow_collections_only() {
        assert_eq!(inline("a,b", Context::Block), "a,b");
        assert_eq!(inline("a,b", Context::Flow), "\"a,b\"");
    }

    #[test]
    fn quotes_escape_what_cannot_stand_in_a_line() {
        assert_eq!(
            inline("a\r\n\t\"\\\u{7f}\u{2028}\u{e000}😀\0", Context::Block),
            "\"a\\r\\n\\t\\\"\\\\\\u007F\\u2028\u{e000}😀\\u0000\""
        );
    }

    #[test]
    fn a_block_keeps_its_final_newline_or_strips_it() {
        assert_eq!(literal("a\nb\n", 2), Some(("|".to_owned(), vec!["a", "b"])));
        assert_eq!(literal("a\nb", 2), Some(("|-".to_owned(), vec!["a", "b"])));
    }

    #[test]
    fn a_block_says_where_its_content_begins_if_that_is_unclear() {
        assert_eq!(
            literal("  a\nb\n", 2),
            Some(("|2".to_owned(), vec!["  a", "b"]))
        );
    }

    #[test]
    fn texts_that_a_block_would_change_are_left_to_quotes() {
        for text in [
            "a",
            "a\n\n",
            "\n",
            " \n a\n",
            "a\r\nb\n",
            "\ta\nb\n",
            "a\n \n",
            "a\u{1b}\nb\n",
        ] {
            assert_eq!(literal(text, 2), None, "{text:?}");
        }
    }
}
