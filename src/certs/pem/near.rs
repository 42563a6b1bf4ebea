//! Lines that a person takes for a boundary, and no client does: with other dashes, in small letters, behind a comment sign.

/// How a line that looks like a boundary differs from one; `None` where it does not look like one.
pub(super) fn miss(line: &str) -> Option<&'static str> {
    let trimmed = line.trim();
    // What a dash may have become on its way through an editor, a chat or a web page.
    let is_dash = |c: char| "-\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2212}".contains(c);
    let words = trimmed.trim_matches(is_dash);
    let before = trimmed.len() - trimmed.trim_start_matches(is_dash).len();
    let (before, rest) = trimmed.split_at(before);
    let after = rest.get(words.len()..).unwrap_or_default();
    let label = words.trim().to_ascii_uppercase();
    let parts: Vec<&str> = label.split_whitespace().collect();
    let (["BEGIN" | "END", "CERTIFICATE" | "PKCS7" | "CMS"]
    | ["BEGIN" | "END", "X509" | "TRUSTED", "CERTIFICATE"]) = parts.as_slice()
    else {
        return None;
    };
    Some(if before.is_empty() && after.is_empty() {
        "has no dashes"
    } else if !before.chars().chain(after.chars()).all(|c| c == '-') {
        "has dashes of another kind"
    } else if before.len() != 5 || after.len() != 5 {
        "has more or less than five dashes"
    } else if words != words.to_ascii_uppercase() {
        "has small letters"
    } else if words != words.trim() || words.contains("  ") {
        "has blanks where none belong"
    } else {
        return None;
    })
}

/// What stands behind a comment sign.
pub(super) fn uncommented(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let signs = ["#", "//", ";"];
    signs.iter().find_map(|sign| line.strip_prefix(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_boundary_is_told_by_what_it_lacks() {
        for (line, why) in [
            ("----BEGIN CERTIFICATE-----", "more or less than five"),
            ("------END CERTIFICATE------", "more or less than five"),
            (
                "\u{2013}\u{2013}BEGIN CERTIFICATE\u{2013}\u{2013}",
                "another kind",
            ),
            ("\u{2014}--BEGIN CERTIFICATE---", "another kind"),
            ("BEGIN CERTIFICATE", "no dashes"),
            ("----- BEGIN CERTIFICATE -----", "blanks"),
            ("-----BEGIN  CERTIFICATE-----", "blanks"),
            ("-----Begin Certificate-----", "small letters"),
            ("-----begin trusted certificate-----", "small letters"),
        ] {
            assert!(
                miss(line).is_some_and(|said| said.contains(why)),
                "{line}: {:?}",
                miss(line)
            );
        }
        for line in [
            "-----BEGIN CERTIFICATE-----",
            "the end of the certificate",
            "Begin a new certificate",
            "End-user certificate",
            "---------------------------",
            "",
        ] {
            assert_eq!(miss(line), None, "{line}");
        }
    }
}
