//! Names that Kubernetes takes, for what is called something else.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

/// The most that every place of such a name takes: a label's value, an object's name with a hash behind it.
const LONGEST: usize = 63;

/// The digits that tell apart what would have the same name.
const DIGITS: usize = 6;

/// A name for each of `keys`, which may repeat: the parts of a key with dashes between. Where two would be called the same, or one
/// is too long, what it is tells it apart, so that a name does not depend on the order.
pub(super) fn unique(keys: &[Vec<&str>]) -> Vec<String> {
    let plain: Vec<String> = keys.iter().map(|key| plain(&key.join("-"))).collect();
    let mut meant: BTreeMap<&str, Vec<&Vec<&str>>> = BTreeMap::new();
    for (name, key) in plain.iter().zip(keys) {
        let known = meant.entry(name).or_default();
        if !known.contains(&key) {
            known.push(key);
        }
    }
    let named = plain.iter().zip(keys).map(|(name, key)| {
        let is_alone = meant.get(name.as_str()).is_none_or(|all| all.len() == 1);
        if is_alone && name.len() <= LONGEST && !name.is_empty() {
            return name.clone();
        }
        let cut: String = name.chars().take(LONGEST - DIGITS - 1).collect();
        format!("{}-{}", cut.trim_end_matches('-'), digits(key))
            .trim_start_matches('-')
            .to_owned()
    });
    named.collect()
}

fn plain(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join("-")
}

fn digits(key: &[&str]) -> String {
    let digest = Sha256::digest(key.join("\0").as_bytes());
    let bytes = digest.iter().take(DIGITS / 2);
    bytes
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_it_is_of_and_only_what_would_be_called_the_same_has_digits() {
        let names = unique(&[
            vec!["team-a", "agent"],
            vec!["team-a", "agent"],
            vec!["kubernetes-admin@kubernetes", "Team.B"],
        ]);
        assert_eq!(
            names,
            [
                "team-a-agent",
                "team-a-agent",
                "kubernetes-admin-kubernetes-team-b"
            ]
        );
        let alike = unique(&[vec!["a-b", "c"], vec!["a", "b-c"]]);
        assert_ne!(alike[0], alike[1]);
        assert!(
            alike.iter().all(|name| name.starts_with("a-b-c-")),
            "{alike:?}"
        );
        let other_way_round = unique(&[vec!["a", "b-c"], vec!["a-b", "c"]]);
        assert_eq!(alike[0], other_way_round[1]);
    }

    #[test]
    fn every_name_is_one_that_kubernetes_takes() {
        let long = "x".repeat(80);
        for key in [
            vec!["@"],
            vec![""],
            vec![long.as_str(), "y"],
            vec!["-a-", "ä"],
        ] {
            let names = unique(std::slice::from_ref(&key));
            let name = &names[0];
            let ends_well = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
            assert!(name.len() <= LONGEST, "{name}");
            assert!(
                ends_well(name.chars().next()) && ends_well(name.chars().last()),
                "{name}"
            );
        }
    }
}
