//! The public YAML test suite: every document is edited correctly or refused with a reason.

use std::collections::BTreeMap;

use helm_clearml_certs::yaml::{Document, Path};
use serde_json::Value as Json;
use serde_yaml::{Mapping, Value};

struct Case {
    id: String,
    yaml: String,
    fail: bool,
    /// What the text means, if it is a single document that JSON can express.
    json: Option<Json>,
}

fn cases() -> Vec<Case> {
    include_str!("../yaml/suite/cases.jsonl")
        .lines()
        .map(|line| {
            let case: Json = serde_json::from_str(line).unwrap();
            Case {
                id: case["id"].as_str().unwrap().to_owned(),
                yaml: case["yaml"].as_str().unwrap().to_owned(),
                fail: case["fail"] == true,
                json: case["json"]
                    .as_str()
                    .and_then(|json| serde_json::from_str(json).ok()),
            }
        })
        .collect()
}

/// Every mapping and list whose path is made of texts.
fn collections(value: &Value, path: &Path, found: &mut Vec<(Path, usize)>) {
    match value {
        Value::Mapping(mapping) => {
            found.push((path.clone(), mapping.len()));
            for (key, value) in mapping
                .iter()
                .filter_map(|(key, value)| Some((key.as_str()?, value)))
            {
                collections(value, &path.then(key), found);
            }
        }
        Value::Sequence(items) => {
            found.push((path.clone(), items.len()));
            for (at, item) in items.iter().enumerate() {
                collections(item, &path.then(at), found);
            }
        }
        _ => {}
    }
}

/// Adds something to every collection of the document and removes it again. Returns the refusals by code.
fn edit_everywhere(id: &str, yaml: &str) -> Vec<&'static str> {
    let document = match Document::parse(yaml) {
        Ok(document) => document,
        Err(error) => {
            assert!(error.to_string().contains("line "), "{id}: {error}");
            return vec![error.code()];
        }
    };
    let new = Value::Mapping(Mapping::from_iter([
        ("name".into(), "yes".into()),
        ("text".into(), "a\nb".into()),
    ]));
    let mut refusals = Vec::new();
    let mut places = Vec::new();
    collections(document.value(), &Path::root(), &mut places);
    for (path, length) in places {
        let is_list = document.get(&path).unwrap().unwrap().is_sequence();
        let mut edited = document.clone();
        let (added, result) = if is_list {
            (path.then(length), edited.append(&path, &new))
        } else {
            (path.then("added"), edited.set(path.then("added"), &new))
        };
        if let Err(error) = result {
            assert_eq!(edited.text(), yaml, "{id}: {error}");
            refusals.push(error.code());
            continue;
        }
        let with_added = edited.text().to_owned();
        assert_eq!(
            edited.get(&added).unwrap().as_ref(),
            Some(&new),
            "{id}:\n{with_added}"
        );
        edited.remove(&added).unwrap();
        if length > 0 {
            let gained_newline =
                !yaml.ends_with('\n') && edited.text().strip_suffix('\n') == Some(yaml);
            assert!(
                edited.text() == yaml || gained_newline,
                "{id}:\n{yaml}\n{with_added}\n{}",
                edited.text()
            );
        }
    }
    refusals
}

#[test]
fn every_document_is_edited_and_restored_or_refused() {
    let mut refusals: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut edited = 0;
    for case in cases() {
        let codes = edit_everywhere(&case.id, &case.yaml);
        edited += usize::from(codes.is_empty());
        for code in codes {
            refusals.entry(code).or_default().push(case.id.clone());
        }
    }
    assert!(
        edited > 90,
        "only {edited} documents were edited: {refusals:#?}"
    );
}

#[test]
fn every_document_is_edited_and_restored_or_refused_under_a_key_too() {
    let mut edited = 0;
    for case in cases() {
        let is_plain_block = !case.yaml.contains(['%', '\t', '\r', '\u{feff}'])
            && !case.yaml.contains("---")
            && !case.yaml.contains("...");
        if is_plain_block {
            let indented = case.yaml.trim_end_matches('\n').replace('\n', "\n  ");
            let codes = edit_everywhere(&case.id, &format!("first: 1\nunder:\n  {indented}\n"));
            edited += usize::from(codes.is_empty());
        }
    }
    assert!(edited > 120, "only {edited} documents were edited");
}

/// Equal as JSON, where `450.0` and `450` are one number.
fn is_same(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => one.as_f64() == other.as_f64(),
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| is_same(one, other))
        }
        (Json::Object(one), Json::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(key, value)| other.get(key).is_some_and(|other| is_same(value, other)))
        }
        _ => one == other,
    }
}

#[test]
fn valid_mappings_are_read_as_the_suite_says_or_refused_because_libyaml_cannot_read_them() {
    let mut differently = Vec::new();
    let mut right = 0;
    for case in cases().into_iter().filter(|case| !case.fail) {
        let Some(json @ Json::Object(_)) = case.json else {
            continue;
        };
        match Document::parse(&case.yaml) {
            Ok(document)
                if is_same(
                    &crate::yaml_support::json_of_libyaml(document.value()),
                    &json,
                ) =>
            {
                right += 1;
            }
            Ok(_) => differently.push(case.id),
            Err(error) => assert_eq!(error.code(), "readers-disagree", "{}: {error}", case.id),
        }
    }
    // A block text that ends with the file, without a newline: libyaml, and with it Helm, adds none; the suite does.
    assert_eq!(differently, ["L24T-1"]);
    assert!(right >= 98, "only {right} are read");
}

#[test]
fn invalid_documents_are_refused_unless_both_readers_take_them() {
    let accepted: Vec<String> = cases()
        .into_iter()
        .filter(|case| case.fail && Document::parse(&case.yaml).is_ok())
        .map(|case| case.id)
        .collect();
    // Lines inside brackets or quotes that are indented too little: every reader in use takes them.
    assert_eq!(accepted, ["9C9N", "DK95-1", "QB6E"]);
}
