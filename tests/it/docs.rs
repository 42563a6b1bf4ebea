//! The documentation says what the code does.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::repository;

/// Every Rust source under `folder`, in one text.
fn sources(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &sources(&path);
        } else {
            text += &fs::read_to_string(&path).unwrap();
        }
    }
    text
}

/// The quoted words that look like finding codes.
fn quoted_codes(text: &str) -> BTreeSet<&str> {
    text.split('"')
        .filter(|word| word.contains('-') && !word.starts_with('-') && !word.ends_with('-'))
        .filter(|word| word.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
        .collect()
}

#[test]
fn every_documented_finding_exists_and_every_finding_is_documented() {
    let page = fs::read_to_string(repository().join("docs/findings.md")).unwrap();
    let documented: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    let sources = sources(&repository().join("src"));
    let quoted = quoted_codes(&sources);
    for code in &documented {
        assert!(
            quoted.contains(code),
            "docs/findings.md has {code}, the code has not"
        );
    }
    // The code is a call's first word in quotes, after at most one other argument.
    for call in [
        "Finding::error(",
        "Finding::warning(",
        "Finding::note(",
        "self.conflict(",
    ] {
        for place in sources.split(call).skip(1) {
            let (before, rest) = place.split_once('"').unwrap();
            if before.contains("code") {
                continue;
            }
            let code = rest.split('"').next().unwrap();
            assert!(documented.contains(code), "docs/findings.md lacks {code}");
        }
    }
}

#[test]
fn the_plugin_has_the_version_of_the_crate() {
    let manifest = fs::read_to_string(repository().join("plugin.yaml")).unwrap();
    let plugin: serde_yaml::Value = serde_yaml::from_str(&manifest).unwrap();
    assert_eq!(plugin["version"].as_str(), Some(env!("CARGO_PKG_VERSION")));
}
