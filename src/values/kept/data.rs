//! A ConfigMap or Secret with a values file in it, as Flux's `valuesFrom` and many others read it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_yaml::Value;

use super::Coding;
use super::object::{ANYBODY, Object, Said};
use crate::yaml::{self, Path};

/// The key that Flux reads where none is named.
const DOCUMENTED: &str = "values.yaml";

/// The values of the documented key, else of the only one that holds a mapping.
pub(super) fn object(object: &Object<'_>) -> Vec<(Path, Coding, Said)> {
    let fields: &[(&str, Coding)] = match object.kind {
        "Secret" => &[("stringData", Coding::Text), ("data", Coding::Base64)],
        _ => &[("data", Coding::Text)],
    };
    let mut found = Vec::new();
    for (field, coding) in fields {
        let entries = object.value.get(*field).and_then(Value::as_mapping);
        for (key, value) in entries.into_iter().flatten() {
            // A documented key without a value has nothing yet.
            let nothing = key.as_str() == Some(DOCUMENTED) && value.is_null();
            let text = value.as_str().or(nothing.then_some(""));
            if let Some((key, text)) = key.as_str().zip(text) {
                found.push((*field, *coding, key, text));
            }
        }
    }
    let is_documented = |key: &str| key == DOCUMENTED;
    if found.iter().any(|(.., key, _)| is_documented(key)) {
        found.retain(|(.., key, _)| is_documented(key));
    } else {
        found.retain(|(_, coding, _, text)| holds_a_mapping(*coding, text));
        if found.len() > 1 {
            found.clear();
        }
    }
    let said = || Said {
        object: object.shown(),
        engine: ANYBODY,
        ..Said::default()
    };
    let places = found.into_iter();
    places
        .map(|(field, coding, key, _)| (Path::from([field, key]), coding, said()))
        .collect()
}

fn holds_a_mapping(coding: Coding, text: &str) -> bool {
    let decoded = match coding {
        Coding::Base64 => {
            let bytes = STANDARD.decode(text.trim()).ok();
            bytes.and_then(|bytes| String::from_utf8(bytes).ok())
        }
        Coding::Mapping | Coding::Text => Some(text.to_owned()),
    };
    let value = decoded.and_then(|text| yaml::value_of(&text).ok());
    value.is_some_and(|value| value.is_mapping())
}
