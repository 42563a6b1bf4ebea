//! Aliases: the names of certificates in `extraCerts`, and, with `.crt`, the keys of their ConfigMaps.

use std::collections::BTreeSet;

use super::mozilla;

/// Longest key of a ConfigMap or Secret (Kubernetes `IsConfigMapKey`).
const MAX_KEY_LENGTH: usize = 253;

/// Longest alias: the longest key, less `.crt`.
const MAX_LENGTH: usize = MAX_KEY_LENGTH - ".crt".len();

/// Whether the API server takes `key` as one of a ConfigMap or Secret (`IsConfigMapKey` of apimachinery's `validation.go`).
#[must_use]
pub fn is_object_key(key: &str) -> bool {
    (1..=MAX_KEY_LENGTH).contains(&key.len())
        && key.chars().all(is_key_char)
        && key != "."
        && !key.starts_with("..")
}

/// Whether `alias` makes such a key as it is; a leading dot, which Kubernetes takes, would hide its file.
#[must_use]
pub fn is_valid(alias: &str) -> bool {
    alias.len() <= MAX_LENGTH && !alias.starts_with('.') && is_object_key(alias)
}

/// A valid alias made from a common name or a file name: lower case, anything foreign as a dash.
#[must_use]
pub fn sanitise(name: &str) -> String {
    let mut alias = String::new();
    for c in name.chars() {
        if is_key_char(c) {
            alias.push(c.to_ascii_lowercase());
        } else if !alias.ends_with('-') {
            alias.push('-');
        }
    }
    let alias = alias.trim_matches(|c| c == '-' || c == '.');
    // All ASCII by now, so a byte index is a character index; room is left for a number.
    let alias = alias.get(..MAX_LENGTH - 8).unwrap_or(alias);
    if alias.is_empty() {
        "ca".to_owned()
    } else {
        alias.to_owned()
    }
}

/// Aliases taken so far, and the names of Mozilla's roots. Two that differ in case only would meet in one file on a case-blind disk, so they count as one.
#[derive(Debug, Default)]
pub struct Taken(BTreeSet<String>);

impl Taken {
    /// Whether `alias` is taken.
    #[must_use]
    pub fn contains(&self, alias: &str) -> bool {
        self.0.contains(&alias.to_ascii_lowercase()) || mozilla::is_taken_name(alias)
    }

    /// Takes `alias` as it is.
    pub fn insert(&mut self, alias: &str) {
        self.0.insert(alias.to_ascii_lowercase());
    }

    /// Takes `wanted`, or `wanted-2`, `wanted-3`, … and returns which.
    pub fn claim(&mut self, wanted: &str) -> String {
        let mut alias = wanted.to_owned();
        let mut number = 1usize;
        while self.contains(&alias) {
            number += 1;
            alias = format!("{wanted}-{number}");
        }
        self.insert(&alias);
        alias
    }
}

fn is_key_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_people_become_keys() {
        assert_eq!(
            sanitise("Acme Corp Root CA (2024)"),
            "acme-corp-root-ca-2024"
        );
        assert_eq!(sanitise("Müller & Söhne"), "m-ller-s-hne");
        assert_eq!(sanitise("..//.."), "ca");
        assert_eq!(sanitise("日本"), "ca");
        assert!(is_valid(&sanitise(&"x".repeat(10_000))));
    }

    #[test]
    fn aliases_that_differ_in_case_only_count_as_taken() {
        let mut taken = Taken::default();
        assert_eq!(taken.claim("Root"), "Root");
        assert_eq!(taken.claim("root"), "root-2");
        assert_eq!(taken.claim("ROOT"), "ROOT-3");
    }

    #[test]
    fn keys_kubernetes_refuses_are_not_valid() {
        for bad in ["", "..", ".hidden", "a b", "a/b", "ä", "a=b"] {
            assert!(!is_valid(bad), "{bad:?}");
        }
        assert!(is_valid("corp-root_1.G2"));
    }

    /// As the API server of `make e2e` takes or refuses them.
    #[test]
    fn keys_are_those_of_the_api_server() {
        let long = "a".repeat(253);
        for good in ["a", "A_b-c.d", ".a", "a..b", "1", long.as_str()] {
            assert!(is_object_key(good), "{good:?}");
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
            assert!(!is_object_key(bad), "{bad:?}");
        }
    }
}
