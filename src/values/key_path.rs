//! A path of keys, as people write it.

use std::fmt;
use std::str::FromStr;

/// The keys that lead to values below others, as helm's `--set` writes them: `platform.clearml-enterprise-agent`, a dot of a
/// key's own as `\.`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyPath(Vec<String>);

impl KeyPath {
    /// Its keys, from the root down.
    #[must_use]
    pub fn keys(&self) -> &[String] {
        &self.0
    }
}

impl FromIterator<String> for KeyPath {
    fn from_iter<I: IntoIterator<Item = String>>(keys: I) -> Self {
        Self(keys.into_iter().collect())
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.0.iter().map(|key| key.replace('.', "\\."));
        f.write_str(&keys.collect::<Vec<_>>().join("."))
    }
}

impl FromStr for KeyPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut keys = vec![String::new()];
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            if letter == '.' {
                keys.push(String::new());
                continue;
            }
            if "[]{}=,".contains(letter) || letter.is_whitespace() {
                return Err(format!(
                    "{text:?} is no path of keys: {letter:?} does not stand in one; keys have dots between them, as in platform.agent"
                ));
            }
            let letter = match letter {
                '\\' => letters.next(),
                letter => Some(letter),
            };
            if let Some(key) = keys.last_mut() {
                key.extend(letter);
            }
        }
        if keys.iter().any(String::is_empty) {
            return Err(format!(
                "{text:?} is no path of keys: there is nothing before, between or behind its dots; a dot of a key's own is written as \\."
            ));
        }
        Ok(Self(keys))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_dots_between_them_and_may_have_some_of_their_own() {
        for (text, keys) in [
            ("agent", vec!["agent"]),
            ("platform.agent-1", vec!["platform", "agent-1"]),
            (r"acme\.io.agent", vec!["acme.io", "agent"]),
        ] {
            let path: KeyPath = text.parse().unwrap();
            assert_eq!(path.keys(), keys);
            assert_eq!(path.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_path_of_keys_is_told_with_the_reason() {
        for (text, why) in [
            ("", "nothing before"),
            (".", "nothing before"),
            ("a.", "nothing before"),
            ("a..b", "nothing before"),
            ("a[0]", "'['"),
            ("a=b", "'='"),
            ("a b", "' '"),
        ] {
            let error = text.parse::<KeyPath>().unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
