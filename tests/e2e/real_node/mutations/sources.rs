//! The sources of the projected volume: missing, twice, under other names, of other kinds.

use super::Mutation;
use crate::real_node::case::Case;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

pub(super) const ALL: &[Mutation] = &[
    ("the source is missing", |case| {
        let one = case.source().clone();
        case.sources().retain(|other| *other != one);
    }),
    ("the object is missing", |case| {
        *case.carrier() = Value::Null;
    }),
    ("the object is missing, and may be", |case| {
        case.source()["configMap"]["optional"] = true.into();
        *case.carrier() = Value::Null;
    }),
    ("the source is there twice", |case| {
        let again = case.source().clone();
        case.sources().push(again);
    }),
    (
        "another source of the same file name comes after it",
        |case| clash(case, true),
    ),
    (
        "another source of the same file name comes before it",
        |case| clash(case, false),
    ),
    ("another key", |case| {
        case.rename_key("other-name.crt");
        case.source()["configMap"]
            .as_object_mut()
            .unwrap()
            .remove("items");
    }),
    ("a key without .crt", |case| case.rename_key("acme")),
    ("a key in capitals", |case| case.rename_key("ACME.CRT")),
    ("a key that ends in .pem", |case| {
        case.rename_key("acme.pem");
    }),
    ("a key that ends in .crt.bak", |case| {
        case.rename_key("acme.crt.bak");
    }),
    ("a path of its own", |case| item(case, "renamed.crt")),
    ("a path in a folder", |case| {
        item(case, "folder/renamed.crt");
    }),
    ("a path without .crt", |case| item(case, "renamed")),
    ("a key without .crt and a path with it", |case| {
        case.rename_key("acme");
        item(case, "renamed.crt");
    }),
    ("a key that is not there", |case| {
        item(case, "renamed.crt");
        case.source()["configMap"]["items"][0]["key"] = "nothing".into();
    }),
    ("a key that is not there, and may be missing", |case| {
        item(case, "renamed.crt");
        case.source()["configMap"]["items"][0]["key"] = "nothing".into();
        case.source()["configMap"]["optional"] = true.into();
    }),
    ("a Secret", |case| {
        let name = case.carrier()["metadata"]["name"].clone();
        let carrier = case.carrier();
        carrier["kind"] = "Secret".into();
        encode(carrier, "data");
        let mut source = case.sources().iter_mut();
        let source = source.find(|one| one["configMap"]["name"] == name).unwrap();
        *source = json!({"secret": source["configMap"]});
    }),
    ("binary data", |case| {
        let carrier = case.carrier();
        encode(carrier, "binaryData");
        carrier.as_object_mut().unwrap().remove("data");
    }),
    ("a volume of the one ConfigMap", |case| {
        let mut source = case.source()["configMap"].clone();
        source["defaultMode"] = 0o644.into();
        let volume = case.volume();
        *volume = json!({"name": volume["name"], "configMap": source});
    }),
    ("a second text in the same object", |case| {
        let carrier = case.carrier();
        carrier["data"]["readme"] = "nothing of interest".into();
    }),
];

fn clash(case: &mut Case, after: bool) {
    let mut object = case.carrier().clone();
    let key = case.key();
    // The file's name, whatever the key is.
    let path = case.source()["configMap"]["items"][0]["path"]
        .as_str()
        .map_or_else(|| key.clone(), str::to_owned);
    object["metadata"]["name"] = "somebody-elses".into();
    object["data"] = json!({&path: "# nothing\n"});
    case.objects.push(object);
    let source = json!({"configMap": {"name": "somebody-elses"}});
    let sources = case.sources();
    sources.insert(if after { sources.len() } else { 0 }, source);
}

fn item(case: &mut Case, path: &str) {
    let key = case.key();
    case.source()["configMap"]["items"] = json!([{"key": key, "path": path}]);
}

/// Moves the texts to `field`, in base64.
fn encode(object: &mut Value, field: &str) {
    let encoded = object["data"].as_object().unwrap().iter();
    let encoded: serde_json::Map<String, Value> = encoded
        .map(|(key, text)| (key.clone(), STANDARD.encode(text.as_str().unwrap()).into()))
        .collect();
    object[field] = encoded.into();
}
