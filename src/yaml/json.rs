//! JSON, which is YAML too: who reads it as JSON alone must be able to after an edit.

use serde::de::IgnoredAny;

/// Whether a document is an object of JSON, behind a `---` or not.
#[must_use]
pub fn is_json(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let text = text.strip_prefix("---").map_or(text, str::trim_start);
    text.starts_with('{') && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::super::{Document, Path};
    use super::*;

    #[test]
    fn json_is_told_from_yaml_in_braces() {
        for text in [
            "{\"a\": 1}",
            "\r\n{\r\n\t\"a\": [null, 1.5]\r\n}\r\n",
            "\u{feff}{ \"a\": {} }\n",
            "---\n{\"a\": 1}\n",
            "{}\n",
        ] {
            assert!(is_json(text), "{text}");
        }
        for text in [
            "",
            "{a: 1}",
            "{\"a\": b}",
            "{\"a\": 1} # one\n",
            "\"a\": 1\n",
            "{\"a\": 1}\n---\n{\"b\": 1}\n",
        ] {
            assert!(!is_json(text), "{text}");
        }
    }

    /// Writes what an edit of ours writes, and takes it out again.
    fn there_and_back(text: &str) -> String {
        let mut document = Document::parse(text).unwrap();
        document.note_former_values();
        let item = |pem: &str| {
            let item =
                format!("{{alias: corp, pem: \"{pem}\", on: true, none: null, '1': [x, 2]}}");
            serde_yaml::from_str(&item).unwrap()
        };
        document.append(["certs", "list"], &item("one\\n")).unwrap();
        let at = Path::from(["certs", "list"]).then(0);
        document.set(at, &item("\\u007f\\0\\e\\\"\\\\\\t")).unwrap();
        document.append(["certs", "list"], &item("two")).unwrap();
        document.set(["image"], &"plain".into()).unwrap();
        let written = document.text().to_owned();
        document.take_back(["image"]).unwrap();
        document.take_back(["certs", "list"]).unwrap();
        document.prune(["certs"]).unwrap();
        assert_eq!(document.text(), text);
        written
    }

    #[test]
    fn json_stays_json_however_it_is_laid_out() {
        for text in [
            "{\"a\": 1}",
            "{\"certs\":{},\"a\":1}\n",
            "{\"a\": 1, \"certs\": {\"list\": []}}\r\n",
            "{\n  \"a\": 1,\n  \"certs\": {\n    \"mode\": \"x\"\n  }\n}\n",
            "{\r\n    \"a\": {\r\n        \"b\": []\r\n    }\r\n}\r\n",
            "---\n{\"a\": 1}\n",
        ] {
            let written = there_and_back(text);
            assert!(is_json(&written), "{written}");
            let read: serde_json::Value =
                serde_json::from_str(written.trim_start_matches('-')).unwrap();
            let first = &read["certs"]["list"][0];
            assert_eq!(first["pem"], "\u{7f}\0\u{1b}\"\\\t", "{written}");
            assert_eq!(first["1"][0], "x");
            assert_eq!(read["certs"]["list"][1]["pem"], "two");
        }
    }

    #[test]
    fn yaml_in_braces_is_written_as_before() {
        assert_eq!(
            there_and_back("{a: 1}\n"),
            "{a: 1, certs: {list: [{alias: corp, pem: \"\\u007F\\u0000\\u001B\\\"\\\\\\t\", \"on\": true, none: null, \"1\": [x, 2]}, {alias: corp, pem: two, \"on\": true, none: null, \"1\": [x, 2]}]}, image: plain}\n"
        );
    }

    #[test]
    fn braces_alone_are_as_much_yaml_and_become_lines() {
        let written = there_and_back("{}\n");
        assert!(written.starts_with("# was {}\ncerts:\n"), "{written}");
        assert_eq!(there_and_back("{\"certs\": {}}").lines().count(), 1);
    }

    #[test]
    fn what_json_has_no_word_for_is_refused() {
        let mut document = Document::parse("{\"a\": 1}\n").unwrap();
        let error = document.set(["b"], &f64::INFINITY.into()).unwrap_err();
        assert!(error.to_string().contains("no JSON any more"), "{error}");
        assert_eq!(document.text(), "{\"a\": 1}\n");
    }
}
