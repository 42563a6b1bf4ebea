//! What may reach a terminal: text of files, servers and clusters is shown, and moves no cursor and turns no line around.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with every character that a terminal acts on, other than line breaks, tabs and colours, written out: `\u{202e}`.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_acted_on) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match colour(rest) {
            Some(colour) => {
                shown.push_str(colour);
                colour.len()
            }
            None if is_acted_on(first) && !rest.starts_with("\r\n") => {
                let _ = write!(shown, "{}", first.escape_unicode());
                first.len_utf8()
            }
            None => {
                shown.push(first);
                first.len_utf8()
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    Cow::Owned(shown)
}

/// Control characters (a carriage return before a line feed is none), and those that change the direction of text or break lines
/// (Unicode's bidirectional algorithm, UAX #9, 2; Trojan Source, CVE-2021-42574).
fn is_acted_on(char: char) -> bool {
    match char {
        '\n' | '\t' => false,
        '\u{061c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' => true,
        other => other.is_control(),
    }
}

/// The colour or weight that a text begins with, of those that are used here.
fn colour(text: &str) -> Option<&str> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    let end = parameters.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    let is_colour = parameters.get(end..)?.starts_with('m');
    let number = parameters.get(..end)?;
    // Reset, bold, dim, italic, underlined; the six colours that show on any ground. No concealed text.
    let is_known = matches!(
        number,
        "" | "0" | "1" | "2" | "3" | "4" | "31" | "32" | "33" | "34" | "35" | "36"
    );
    (is_colour && is_known).then(|| text.get(..2 + end + 1))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_moves_no_cursor_and_turns_no_line_around() {
        for (text, shown) in [
            ("plain\n\ttext äöü\n", "plain\n\ttext äöü\n"),
            ("\u{1b}[31mred\u{1b}[0m", "\u{1b}[31mred\u{1b}[0m"),
            ("a\u{1b}[8mhidden", "a\\u{1b}[8mhidden"),
            (
                "a\u{1b}[2Jb\u{1b}]0;t\u{7}",
                "a\\u{1b}[2Jb\\u{1b}]0;t\\u{7}",
            ),
            ("dos\r\n", "dos\r\n"),
            ("over\rwritten", "over\\u{d}written"),
            ("nim\u{202e}da", "nim\\u{202e}da"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("\u{1b}[", "\\u{1b}["),
        ] {
            assert_eq!(printable(text), shown);
        }
    }
}
