//! Text that fits: measured in columns, not in bytes or characters.

use console::{Term, measure_text_width, truncate_str};

const CUT: &str = "…";

/// The columns that results have: those of the terminal, or as many as they want in a pipe or a file.
pub(super) fn width_of_results() -> Option<usize> {
    let term = Term::stdout();
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
