//! Arbitrary text, edited wherever it offers a place; the promises of `Document` must hold.

#![no_main]

use helm_clearml_certs::yaml::{Document, Path, YamlError};
use libfuzzer_sys::fuzz_target;
use serde_yaml::{Mapping, Value};

fuzz_target!(|text: &str| {
    let Ok(document) = Document::parse(text) else {
        return;
    };
    assert_eq!(document.text(), text);
    for scalar in document.scalars() {
        assert!(text.get(scalar.span).is_some());
    }
    let mut places = Vec::new();
    collect(document.value(), &Path::root(), &mut places);
    // One place and one value a run, chosen by the text itself: a run stays short, and a finding stays a single file.
    let choice = text.bytes().fold(7, |sum: usize, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    let new = values().swap_remove(choice % values().len());
    let (path, value) = &places[choice / 64 % places.len()];
    assert!(document.get(path).is_ok());
    match value {
        Value::Mapping(mapping) if choice & 1 == 0 => add_and_remove_key(&document, path, mapping, &new),
        Value::Sequence(items) if choice & 1 == 0 => add_and_remove_item(&document, path, items, &new),
        _ if choice & 2 == 0 => {
            let mut edited = document.clone();
            let result = edited.remove(path);
            holds(&document, &edited, &result);
        }
        _ => {
            let mut edited = document.clone();
            let result = edited.set(path, &new);
            if holds(&document, &edited, &result) {
                assert_eq!(edited.get(path), Ok(Some(new)), "{}", edited.text());
            }
        }
    }
});

fn add_and_remove_key(document: &Document, path: &Path, mapping: &Mapping, new: &Value) {
    let path = path.then("a key that is new");
    let mut edited = document.clone();
    let result = edited.set(&path, new);
    if holds(document, &edited, &result) && !mapping.is_empty() {
        let with_key = edited.text().to_owned();
        assert!(edited.remove(&path).is_ok(), "{with_key}");
        assert_same_but_final_newline(document, &edited, &with_key);
    }
}

fn add_and_remove_item(document: &Document, path: &Path, items: &[Value], new: &Value) {
    let mut edited = document.clone();
    let result = edited.append(path, new);
    if holds(document, &edited, &result) && !items.is_empty() {
        let with_item = edited.text().to_owned();
        assert!(edited.remove(path.then(items.len())).is_ok(), "{with_item}");
        assert_same_but_final_newline(document, &edited, &with_item);
    }
}

/// A refused edit changes nothing; an accepted one is read back as it says. Returns whether it was accepted.
fn holds(before: &Document, after: &Document, result: &Result<(), YamlError>) -> bool {
    match result {
        Ok(()) => {
            let read = Document::parse(after.text()).expect("an edited text can be read");
            assert_eq!(read.value(), after.value(), "{}", after.text());
            true
        }
        Err(error) => {
            assert_eq!(before.text(), after.text(), "{error}");
            assert!(error.position().line > 0 && error.position().column > 0);
            false
        }
    }
}

/// A block scalar at the end of a file that had no final newline leaves one behind.
fn assert_same_but_final_newline(before: &Document, after: &Document, between: &str) {
    let (before, after) = (before.text(), after.text());
    let gained_one = !before.ends_with('\n') && after.strip_suffix('\n').is_some_and(|text| text.trim_end_matches('\r') == before);
    assert!(before == after || gained_one, "{before:?}\n{between:?}\n{after:?}");
}

fn values() -> Vec<Value> {
    let item = Mapping::from_iter([
        (Value::from("name"), Value::from("yes")),
        (Value::from("pem"), Value::from("-----BEGIN\nAA==\n-----END\n")),
    ]);
    vec![
        Value::from("plain"),
        Value::Null,
        Value::from("two\nlines\n"),
        Value::Sequence(vec![item.into()]),
        Value::Mapping(Mapping::new()),
    ]
}

/// Every place whose keys are texts.
fn collect<'v>(value: &'v Value, path: &Path, found: &mut Vec<(Path, &'v Value)>) {
    found.push((path.clone(), value));
    match value {
        Value::Mapping(mapping) => {
            for (key, value) in mapping {
                if let Some(key) = key.as_str() {
                    collect(value, &path.then(key), found);
                }
            }
        }
        Value::Sequence(items) => {
            for (at, item) in items.iter().enumerate() {
                collect(item, &path.then(at), found);
            }
        }
        _ => {}
    }
}
