//! Keys of ConfigMaps and Secrets that the API server refuses, and with them the whole upgrade; no rendering by Helm tells.

use super::Object;
use crate::certs::alias;

/// What the API server says of a key that it refuses (`IsConfigMapKey` of apimachinery's `validation.go`).
const RULE: &str = "a key has letters, digits, '-', '_' and '.' alone, at most 253 of them, and begins with at most one '.'";

/// A key that is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedKey {
    /// `ConfigMap` or `Secret`.
    pub kind: String,
    /// The object's name.
    pub object: String,
    /// The key as it is rendered.
    pub key: String,
}

impl RefusedKey {
    /// Why it is refused.
    #[must_use]
    pub const fn rule() -> &'static str {
        RULE
    }
}

/// The keys of a manifest that the API server would refuse.
#[must_use]
pub fn refused_keys(objects: &[Object]) -> Vec<RefusedKey> {
    let texts = objects.iter().filter(|object| object.holds_texts());
    texts
        .flat_map(|object| {
            let mappings = ["data", "binaryData", "stringData"]
                .into_iter()
                .filter_map(|field| object.get(&[field])?.as_mapping());
            let keys = mappings.flat_map(|mapping| mapping.keys().filter_map(|key| key.as_str()));
            keys.filter(|key| !alias::is_object_key(key))
                .map(|key| RefusedKey {
                    kind: object.kind.clone(),
                    object: object.name.clone(),
                    key: key.to_owned(),
                })
        })
        .collect()
}
