//! Keys of ConfigMaps and Secrets that the API server refuses, and with them the whole upgrade; no rendering by Helm tells.

use super::Object;

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
            keys.filter(|key| !is_key(key)).map(|key| RefusedKey {
                kind: object.kind.clone(),
                object: object.name.clone(),
                key: key.to_owned(),
            })
        })
        .collect()
}

/// Whether the API server takes `key`.
fn is_key(key: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (1..=253).contains(&key.len())
        && key.chars().all(allowed)
        && key != "."
        && !key.starts_with("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the API server of `make e2e` takes or refuses them.
    #[test]
    fn keys_are_those_of_the_api_server() {
        let long = "a".repeat(253);
        for good in ["a", "A_b-c.d", ".a", "a..b", "1", long.as_str()] {
            assert!(is_key(good), "{good:?}");
        }
        let longer = "a".repeat(254);
        for bad in [
            "",
            ".",
            "..",
            "..a",
            "a b",
            "a/b",
            "ü",
            "a+b",
            "a:b",
            longer.as_str(),
        ] {
            assert!(!is_key(bad), "{bad:?}");
        }
    }
}
