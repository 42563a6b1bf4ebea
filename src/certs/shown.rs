//! What stands in a certificate, as text for people.

use std::fmt::Write as _;

/// Upper-case hex pairs with colons, as OpenSSL prints them.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3);
    for (index, byte) in bytes.iter().enumerate() {
        let colon = if index > 0 { ":" } else { "" };
        // Writing to a String cannot fail.
        let _ = write!(text, "{colon}{byte:02X}");
    }
    text
}

/// A name as it may go to a terminal or into a comment: no control characters, so that no certificate moves the cursor, and
/// nothing that ends a line (YAML 1.1, 4.2, knows two line breaks that Unicode counts as none).
pub(super) fn printable(name: &str) -> String {
    let is_left_out = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    name.chars()
        .map(|c| if is_left_out(c) { '\u{FFFD}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_in_its_line_and_moves_no_cursor() {
        let name = "a\n\u{85}\u{2028}\u{2029}\u{1b}[2Jé";
        assert_eq!(
            printable(name),
            "a\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}[2Jé"
        );
    }
}
