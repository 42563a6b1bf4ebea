//! The texts that ConfigMaps and Secrets hold.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_yaml::Value;

use super::Object;

/// The texts of a ConfigMap (`data`, decoded `binaryData`) or Secret (`stringData`, decoded `data`).
pub(super) fn texts(object: &Object) -> Vec<(String, String)> {
    let (plain, encoded) = if object.kind == "Secret" {
        ("stringData", "data")
    } else {
        ("data", "binaryData")
    };
    let entries = |field: &str| -> Vec<(String, String)> {
        let mapping = object.get(&[field]).and_then(Value::as_mapping);
        mapping
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| Some((key.as_str()?.to_owned(), value.as_str()?.to_owned())))
            .collect()
    };
    let mut texts = entries(plain);
    texts.extend(entries(encoded).into_iter().filter_map(|(key, value)| {
        let bytes = STANDARD.decode(value.trim()).ok()?;
        Some((key, String::from_utf8(bytes).ok()?))
    }));
    texts
}
