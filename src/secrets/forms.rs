//! The forms in which a secret is printed by those who handle it.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// A secret as it is, and as base64, JSON, YAML, Go and URLs write it; each form once.
#[must_use]
pub fn forms(secret: &str) -> Vec<String> {
    let json = serde_json::to_string(secret).unwrap_or_default();
    let json = json.trim_matches('"').to_owned();
    let backslashes = secret.replace('\\', r"\\");
    let mut forms = vec![
        secret.to_owned(),
        STANDARD.encode(secret),
        URL_SAFE.encode(secret),
        // Go's JSON is made to stand in HTML, too.
        json.replace('&', r"\u0026")
            .replace('<', r"\u003c")
            .replace('>', r"\u003e"),
        // JSON inside of JSON: Helm's own log lines.
        json.replace('\\', r"\\").replace('"', r#"\""#),
        json,
        // Since 3.18 helm quotes a value that the chart's schema refuses.
        backslashes.replace('\'', r"\'"),
        secret.replace('\'', "''"),
        in_url(secret, "%20"),
        in_url(secret, "+"),
    ];
    forms.sort_unstable();
    forms.dedup();
    forms
}

/// Percent-encoded (RFC 3986, 2.1), with a blank as forms or paths have it.
fn in_url(secret: &str, blank: &str) -> String {
    let mut encoded = String::new();
    for byte in secret.bytes() {
        match byte {
            b' ' => encoded.push_str(blank),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::forms;

    #[test]
    fn every_form_is_there_once() {
        let forms = forms(r#"a'b"<c&d e/\"#);
        for form in [
            r#"a'b"<c&d e/\"#,
            "YSdiIjxjJmQgZS9c",
            r#"a'b\"<c&d e/\\"#,
            r#"a'b\"\u003cc\u0026d e/\\"#,
            r#"a'b\\\"<c&d e/\\\\"#,
            r#"a\'b"<c&d e/\\"#,
            r#"a''b"<c&d e/\"#,
            "a%27b%22%3Cc%26d%20e%2F%5C",
            "a%27b%22%3Cc%26d+e%2F%5C",
        ] {
            assert!(forms.contains(&form.to_owned()), "{form} in {forms:?}");
        }
        assert_eq!(super::forms("plain"), ["cGxhaW4=", "plain"]);
    }
}
