//! Text that fits: measured in columns, not in bytes or characters.

use console::{Term, measure_text_width, truncate_str};

const CUT: &str = "…";

/// The columns that results have: those of the terminal, or as many as they want in a pipe or a file.
pub(super) fn width_of_results() -> Option<usize> {
    width_of(&Term::stdout())
}

/// The columns that diagnostics have.
pub(super) fn width_of_notes() -> Option<usize> {
    width_of(&Term::stderr())
}

fn width_of(term: &Term) -> Option<usize> {
    let columns = term.size_checked().map(|(_, columns)| usize::from(columns));
    columns.filter(|columns| term.is_term() && *columns > 0)
}

/// `text` in at most `width` columns, its end cut off.
pub(super) fn end(text: &str, width: usize) -> String {
    truncate_str(text, width, CUT).into_owned()
}

/// `text` in at most `width` columns, its middle cut out: both ends of a name tell which one it is.
pub(super) fn middle(text: &str, width: usize) -> String {
    if measure_text_width(text) <= width {
        return text.to_owned();
    }
    let Some(room) = width.checked_sub(1) else {
        return String::new();
    };
    let head = taken(text.chars(), room.div_ceil(2));
    let left = room - measure_text_width(&head);
    let tail: String = taken(text.chars().rev(), left).chars().rev().collect();
    format!("{head}{CUT}{tail}")
}

/// A line broken between words, so that no part is wider than `width`, unless a word alone is. What may be pasted into a shell is one
/// word.
pub(super) fn wrapped(line: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut now = String::new();
    for piece in pieces(line) {
        let wide = measure_text_width(&now) + 1 + measure_text_width(&piece);
        if !now.is_empty() && wide > width {
            lines.push(std::mem::take(&mut now));
        }
        if !now.is_empty() {
            now.push(' ');
        }
        now += &piece;
    }
    lines.extend((!now.is_empty()).then_some(now));
    lines
}

/// A line of results, broken between words where the terminal is narrower; what follows stands behind `indent` columns.
pub(super) fn result_line(line: &str, indent: usize) -> String {
    let Some(width) = width_of_results().filter(|width| measure_text_width(line) > *width) else {
        return line.to_owned();
    };
    // What stands before the text, such as a word and blanks, stays as it is.
    let lead = line.len() - line.trim_start().len();
    let label = line.get(..indent).filter(|label| label.ends_with("  "));
    let (label, text) = match label {
        Some(label) => (label, line.get(indent..).unwrap_or_default()),
        None => line.split_at_checked(lead).unwrap_or(("", line)),
    };
    let lines = wrapped(text, width.saturating_sub(indent.max(lead)));
    format!("{label}{}", lines.join(&format!("\n{:indent$}", "")))
}

/// The words of a line; a command in backquotes, or behind a colon up to the next semicolon, is one.
fn pieces(line: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut is_open = false;
    for word in line.split_whitespace() {
        let was_open = is_open;
        match pieces.last_mut() {
            Some(last) if was_open => {
                last.push(' ');
                *last += word;
            }
            _ => pieces.push(word.to_owned()),
        }
        let quotes = word.matches('`').count();
        let piece = pieces.last().map(String::as_str).unwrap_or_default();
        is_open = if piece.contains('`') {
            was_open != (quotes % 2 == 1)
        } else {
            let before = pieces.iter().rev().nth(1);
            let begins = ["helm", "kubectl"].contains(&word);
            let is_command = begins && before.is_some_and(|before| before.ends_with(':'));
            (was_open || is_command) && !word.ends_with([';', ','])
        };
    }
    pieces
}

/// Prose for people, broken between words and indented alike. What may be pasted into a shell stays in one piece.
pub(super) fn prose(text: &str, width: usize) -> String {
    let is_for_a_shell = |line: &str| {
        let begins = ["helm ", "kubectl ", "sh ", "command: ", "$ "];
        begins
            .iter()
            .any(|sign| line.trim_start().starts_with(sign))
    };
    let lines = text.lines().flat_map(|line| {
        if measure_text_width(line) <= width || is_for_a_shell(line) {
            return vec![line.to_owned()];
        }
        let indent = line.len() - line.trim_start().len();
        let broken = wrapped(line, width.saturating_sub(indent + 2));
        let indented = broken.iter().enumerate().map(|(number, part)| {
            let more = if number == 0 { 0 } else { 2 };
            format!("{}{part}", " ".repeat(indent + more))
        });
        indented.collect()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Names that one line has room for.
const NAMES_SHOWN: usize = 4;

/// A few names, and how many more there are.
pub(super) fn listed(names: &[&str]) -> String {
    match names.split_at_checked(NAMES_SHOWN) {
        Some((first, rest)) if !rest.is_empty() => {
            format!("{} and {} more", first.join(", "), rest.len())
        }
        _ => names.join(", "),
    }
}

/// As many characters as fit into `width` columns.
fn taken(chars: impl Iterator<Item = char>, width: usize) -> String {
    let mut text = String::new();
    for char in chars {
        text.push(char);
        if measure_text_width(&text) > width {
            text.pop();
            break;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_left_alone() {
        assert_eq!(end("abc", 3), "abc");
        assert_eq!(middle("abc", 3), "abc");
        assert_eq!(middle("日本", 4), "日本");
    }

    #[test]
    fn what_does_not_fit_keeps_what_tells_it_apart() {
        assert_eq!(end("abcdef", 4), "abc…");
        assert_eq!(
            middle("CN=Acme Root CA, O=Acme Corporation", 20),
            "CN=Acme Ro…rporation"
        );
        assert_eq!(middle("日本語日本語", 6), "日…語");
        assert_eq!(middle("abcdef", 1), "…");
        assert_eq!(middle("abcdef", 0), "");
    }

    #[test]
    fn prose_is_broken_between_words_and_commands_are_not() {
        assert_eq!(wrapped("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrapped("incomprehensible", 7), ["incomprehensible"]);
        assert_eq!(wrapped("", 7), Vec::<String>::new());
        let text = "  what is so, and why\n  hint: log in: helm registry login x\n  helm upgrade -i a b\nshort";
        let broken = "  what is\n    so, and\n    why\n  hint:\n    log in:\n    helm registry login x\n  helm upgrade -i a b\nshort";
        assert_eq!(prose(text, 12), broken);
        assert_eq!(
            wrapped("ask: helm repo list; then `helm pull x y`, or not", 10),
            [
                "ask:",
                "helm repo list;",
                "then",
                "`helm pull x y`,",
                "or not"
            ]
        );
        assert_eq!(
            wrapped("an open ` stays with its words", 8),
            ["an open", "` stays with its words"]
        );
    }

    #[test]
    fn nothing_is_ever_wider_than_asked_for() {
        for width in 0..30 {
            for text in [
                "CN=Acme Root CA, O=Acme",
                "日本語 Root ルート認証局 CA",
                "ａｂｃ",
            ] {
                assert!(
                    measure_text_width(&middle(text, width)) <= width,
                    "{text} {width}"
                );
                assert!(
                    measure_text_width(&end(text, width)) <= width.max(1),
                    "{text} {width}"
                );
            }
        }
    }
}
