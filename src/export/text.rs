//! YAML as text: comments by hand, values by our own writer, which quotes what a reader could take for something else.

use serde_yaml::{Mapping, Value};

use crate::yaml;

/// What each file begins with, so that it is known as ours.
const MARK: &str = "# Made by helm clearml-certs export";

/// Whether a file is one of ours, which the next run may write anew.
#[must_use]
pub fn is_ours(text: &str) -> bool {
    text.starts_with(MARK)
}

/// The first lines of a file: what it is, how it was made, what to do next.
pub(super) fn head(file: &str, engine: &str, more: &[String]) -> String {
    let from = format!(
        "{MARK} --to {engine} -c {}: change that file and run it again instead of editing this one.",
        shell_words::quote(file)
    );
    let lines = [from].into_iter().chain(more.iter().cloned());
    lines
        .flat_map(|line| comment(line.trim_start_matches("# ")))
        .collect()
}

/// A comment, whatever is in it.
fn comment(text: &str) -> Vec<String> {
    let is_end = |c: char| c.is_control() || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}');
    let lines = text.split('\n');
    lines
        .map(|line| format!("# {}\n", line.replace(is_end, " ")))
        .collect()
}

/// A document. (What is made here has no tags, and texts for keys: all of it can be written.)
pub(super) fn document(value: &Value) -> String {
    let written = value.as_mapping().map(yaml::document);
    written.and_then(Result::ok).unwrap_or_default()
}

/// A mapping of these keys, in this order.
pub(super) fn map<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let fields = fields.into_iter();
    let fields = fields.map(|(key, value)| (Value::from(key), value));
    Value::Mapping(fields.collect::<Mapping>())
}

/// A mapping with another key, where it has a value.
pub(super) fn with(map: Value, key: &str, value: Option<Value>) -> Value {
    match (map, value) {
        (Value::Mapping(mut map), Some(value)) => {
            map.insert(Value::from(key), value);
            Value::Mapping(map)
        }
        (map, _) => map,
    }
}

/// A list.
pub(super) fn list<T: Into<Value>>(items: impl IntoIterator<Item = T>) -> Value {
    Value::Sequence(items.into_iter().map(Into::into).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What YAML 1.1 takes for something else than a text counts too: Kubernetes and Helm read it.
    #[test]
    fn what_could_be_taken_for_something_else_is_quoted() {
        for word in [
            "1.10",
            "0",
            "007",
            "1e3",
            "true",
            "yes",
            "no",
            "on",
            "off",
            "null",
            "~",
            "12:30:00",
            "0x1f",
            ".inf",
            "a: b",
            "{{.x}}",
            "# c",
            "",
            " a",
            "2026-01-01",
            "=",
            "<<",
            "y",
            "N",
        ] {
            let text = document(&map([("key", word.into())]));
            let value = text.trim_start_matches("key: ").trim_end();
            assert!(value.starts_with(['\'', '"']), "{text}");
        }
    }

    #[test]
    fn no_comment_gets_out_of_its_line() {
        let head = head(
            "a\nkey: value",
            "flux",
            &["x\u{2028}evil: 1\r\n".to_owned()],
        );
        assert!(head.lines().all(|line| line.starts_with('#')), "{head}");
        assert!(is_ours(&head), "{head}");
    }
}
