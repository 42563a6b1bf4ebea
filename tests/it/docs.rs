//! The documentation says what the code does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use helm_clearml_certs::helm::OLDEST;
use semver::Version;

use crate::support::programs::link;
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

/// The severities that the code gives to a finding, where the code stands in the call itself.
fn severities(sources: &str) -> BTreeMap<&str, BTreeSet<&'static str>> {
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (call, severity) in [
        ("Finding::error(", "error"),
        ("Finding::warning(", "warning"),
        ("Finding::note(", "note"),
    ] {
        for place in sources.split(call).skip(1) {
            let (before, rest) = place.split_once('"').unwrap();
            if before.trim().is_empty() {
                let code = rest.split('"').next().unwrap();
                found.entry(code).or_default().insert(severity);
            }
        }
    }
    found
}

#[test]
fn findings_have_the_severity_that_the_page_gives_them() {
    let page = fs::read_to_string(repository().join("docs/findings.md")).unwrap();
    let sources = sources(&repository().join("src"));
    let in_code = severities(&sources);
    let mut compared = 0;
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.split(" | ").collect();
        let code = cells[0].trim_start_matches("| `").trim_end_matches('`');
        let Some(given) = in_code.get(code) else {
            continue;
        };
        let words: BTreeSet<&str> = cells[1]
            .split(|c: char| !c.is_ascii_alphabetic())
            .filter(|word| ["error", "warning", "note"].contains(word))
            .collect();
        assert!(
            words.is_superset(given),
            "{code}: the code has {given:?}, the page {words:?}"
        );
        // An error may be let pass, or be a warning of what is there already.
        let derived = |word: &&&str| {
            !given.contains(**word) && (**word != "warning" || !given.contains("error"))
        };
        let more: Vec<_> = words.iter().filter(derived).collect();
        assert!(
            more.is_empty(),
            "{code}: the page has {more:?}, the code {given:?}"
        );
        compared += 1;
    }
    assert!(compared > 60, "{compared}");
}

#[test]
fn contributing_lists_what_the_check_looks_for() {
    let output = std::process::Command::new(repository().join("scripts/requirements"))
        .arg("--table")
        .output()
        .unwrap();
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.lines().count() > 10, "{table}");
    let page = fs::read_to_string(repository().join("CONTRIBUTING.md")).unwrap();
    assert!(
        page.contains(&table),
        "CONTRIBUTING.md lacks the table of scripts/requirements --table:\n{table}"
    );
}

/// A line with everything missing, where nothing is on the PATH but what a POSIX system has.
#[test]
fn what_is_missing_is_told_before_anything_is_built() {
    let programs = tempfile::TempDir::new().unwrap();
    link(
        &["bash", "cat", "dirname", "sed", "grep", "cut", "env"],
        programs.path(),
    );
    let output = std::process::Command::new(repository().join("scripts/demo"))
        .env_clear()
        .env("PATH", programs.path())
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(output.stdout.is_empty());
    let message = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<_> = message.lines().collect();
    assert_eq!(lines.len(), 5, "{message}");
    let rust = format!("Rust {}", env!("CARGO_PKG_RUST_VERSION"));
    assert!(lines[0].contains(&rust), "{message}");
    assert!(lines[4].contains("Perl"), "{message}");
}

#[test]
fn the_page_of_helm_versions_has_those_that_are_tested() {
    let read = |name: &str| fs::read_to_string(repository().join(name)).unwrap();
    let (list, page) = (read("scripts/helm-versions"), read("docs/helm-versions.md"));
    let tested: Vec<&str> = list
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_digit()))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let told: Vec<&str> = page
        .lines()
        .filter_map(|row| row.strip_prefix("| ")?.split(' ').next())
        .filter(|word| word.starts_with(|c: char| c.is_ascii_digit()))
        .collect();
    assert_eq!(told, tested);
    let oldest = Version::parse(tested[0]).unwrap();
    assert_eq!((oldest.major, oldest.minor), (OLDEST.major, OLDEST.minor));
}

#[test]
fn the_plugin_has_the_version_of_the_crate() {
    let manifest = fs::read_to_string(repository().join("plugin.yaml")).unwrap();
    let plugin: serde_yaml::Value = serde_yaml::from_str(&manifest).unwrap();
    assert_eq!(plugin["version"].as_str(), Some(env!("CARGO_PKG_VERSION")));
}
