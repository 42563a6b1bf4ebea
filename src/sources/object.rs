//! What a ConfigMap or a Secret holds, be it in a cluster or in a file of manifests.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_yaml::Value;

use super::{Reading, holds_certificate, is_certificate_name, is_key_name, parsed, skipped};
use crate::exit::Stop;
use crate::finding::Finding;
use crate::proof::{Flawed, Manifest, Object};

/// The content of each key.
pub(super) type Contents = BTreeMap<String, Vec<u8>>;

/// The keys of an object, decoded where the API has them in base64. `shown` is how messages name it.
///
/// # Errors
/// What should be base64 is not.
pub(super) fn contents(object: &Object, shown: &str) -> Result<Contents> {
    let is_secret = object.kind == "Secret";
    let mut contents = Contents::new();
    for (field, is_encoded) in [
        ("data", is_secret),
        ("binaryData", true),
        ("stringData", false),
    ] {
        let entries = object.get(&[field]).and_then(Value::as_mapping);
        for (key, value) in entries.into_iter().flatten() {
            let (Some(key), Some(text)) = (key.as_str(), value.as_str()) else {
                continue;
            };
            let content = if is_encoded {
                let joined: String = text.split_whitespace().collect();
                let decoded = STANDARD.decode(joined);
                decoded.map_err(|_| anyhow!("{shown} {key} is not base64"))?
            } else {
                text.as_bytes().to_vec()
            };
            contents.insert(key.to_owned(), content);
        }
    }
    Ok(contents)
}

/// The certificates of all keys; there may be none.
///
/// # Errors
/// One that should be a certificate is none (a [`Stop`] with code 3).
pub(super) fn certificates(contents: &Contents, shown: &str) -> Result<Reading> {
    let mut reading = Reading::default();
    let mut others = Vec::new();
    for (key, content) in contents {
        let place = format!("{shown} {key}");
        if content.iter().all(u8::is_ascii_whitespace) {
            reading.notes.push(Finding::note(
                "certificate-key-empty",
                format!("{place} is empty"),
            ));
        } else if is_certificate_name(key) || holds_certificate(content) {
            reading.given.extend(parsed(content, &place, key)?);
        } else if !is_key_name(key) {
            others.push(key.clone());
        }
    }
    let place = format!("{shown}: ");
    reading.notes.extend(skipped(&place, &others));
    Ok(reading)
}

/// The refusal of an object without certificates.
pub(super) fn holds_none(contents: &Contents, shown: &str) -> Stop {
    let keys: Vec<&str> = contents.keys().map(String::as_str).collect();
    Stop::refused(format!(
        "{shown} holds no certificate; its keys: {}",
        keys.join(", ")
    ))
}

/// The certificates of a file of manifests; `None` where it is something else.
pub(super) fn of_manifests(text: &str, name: &str) -> Option<Result<Reading>> {
    let manifest = Manifest::read(text);
    let objects = manifest.objects.into_iter().flat_map(items);
    let objects: Vec<Object> = objects.filter(Object::holds_texts).collect();
    let is_whole = |one: &Object| one.get(&["apiVersion"]).is_some();
    if objects.is_empty() || !objects.iter().all(is_whole) {
        return None;
    }
    // What cannot be read may be what was meant.
    let may_be_meant = |one: &&Flawed| {
        ["CERTIFICATE", "Secret", "List"]
            .iter()
            .any(|word| one.text.contains(word))
    };
    let mut flawed = manifest.unreadable.iter().chain(&manifest.repeated);
    if let Some(first) = flawed.find(may_be_meant) {
        let (line, why) = (first.line, &first.why);
        return Some(Err(Stop::refused(format!(
            "{name}:{line}: this document is not plain YAML, so certificates of it would be left out: {why}; mend it, or give a file of the others"
        ))
        .into()));
    }
    Some(of_objects(&objects, name))
}

fn of_objects(objects: &[Object], name: &str) -> Result<Reading> {
    let mut all = Reading::default();
    let mut none = None;
    for object in objects {
        let shown = format!("{name} ({} {})", object.kind, object.name);
        let contents = contents(object, &shown)?;
        let reading = certificates(&contents, &shown)?;
        if reading.given.is_empty() {
            none = Some(holds_none(&contents, &shown));
        }
        all.given.extend(reading.given);
        all.notes.extend(reading.notes);
    }
    match none {
        Some(none) if all.given.is_empty() => Err(none.into()),
        _ => Ok(all),
    }
}

/// The objects of a List, or the object itself.
fn items(object: Object) -> Vec<Object> {
    if object.kind.ends_with("List") {
        Object::listed(&object.value)
    } else {
        vec![object]
    }
}
