//! The documentation of the refusals is complete.

use super::*;

const AT: Position = Position {
    line: 12,
    column: 3,
};
const FIRST: Position = Position { line: 4, column: 3 };

/// One of each, as a user might meet it.
fn samples() -> Vec<YamlError> {
    let path = || Path::from(&["customCertificates", "extraCerts"]);
    vec![
        YamlError::Invalid {
            at: AT,
            problem: "a tab stands where only spaces may indent".to_owned(),
            remedy: "Replace the tabs on this line by spaces",
        },
        YamlError::Template { at: AT },
        YamlError::MultipleDocuments { at: AT },
        YamlError::RootNotMapping {
            at: AT,
            found: "a list",
        },
        YamlError::DuplicateKey {
            at: AT,
            first: FIRST,
            key: "extraCerts".to_owned(),
        },
        YamlError::TooDeep { at: AT, limit: 100 },
        YamlError::TooLarge {
            at: AT,
            limit: "50,000 values",
        },
        YamlError::BareCarriageReturn { at: AT },
        YamlError::ReadersDisagree {
            at: AT,
            detail: String::new(),
        },
        YamlError::MergeNotMapping { at: AT },
        YamlError::AliasInTheWay {
            at: AT,
            path: path(),
            alias: "*certs".to_owned(),
            anchor_at: FIRST,
        },
        YamlError::SharedAnchor {
            at: AT,
            path: path(),
            anchor: "&certs".to_owned(),
            alias_at: FIRST,
        },
        YamlError::InheritedKey {
            at: AT,
            path: path(),
        },
        YamlError::NotAMapping {
            at: AT,
            path: path(),
            found: "a single value",
        },
        YamlError::NotAList {
            at: AT,
            path: path(),
            found: "a mapping",
        },
        YamlError::IndexOutOfRange {
            at: AT,
            path: path().then(2),
            length: 1,
        },
        YamlError::TagInTheWay {
            at: AT,
            path: path(),
            tag: "!secret".to_owned(),
        },
        YamlError::AmbiguousItem {
            at: AT,
            first: FIRST,
            path: path(),
            key: "alias".to_owned(),
            name: "corp-root".to_owned(),
        },
        YamlError::ItemWithoutKey {
            at: AT,
            path: path(),
            key: "alias".to_owned(),
        },
        YamlError::UnwritableValue {
            at: AT,
            path: path(),
            problem: "it is nested too deep",
        },
        YamlError::NoFinalNewline { at: AT },
        YamlError::Unsafe {
            at: AT,
            path: path(),
            problem: "`customCertificates.other` would not be as intended".to_owned(),
        },
    ]
}

/// The codes as [`YamlError::code`] lists them, one for each variant.
fn codes() -> Vec<String> {
    let listed = include_str!("../error.rs").lines().filter_map(|line| {
        let (_, code) = line.trim().strip_prefix("Self::")?.split_once("} => \"")?;
        Some(code.strip_suffix("\",")?.to_owned())
    });
    listed.collect()
}

#[test]
fn every_refusal_has_a_sample_here() {
    let sampled: Vec<&str> = samples().iter().map(YamlError::code).collect();
    assert_eq!(sampled, codes());
}

#[test]
fn every_refusal_begins_with_its_place() {
    for sample in samples() {
        assert_eq!(sample.position(), AT);
        assert!(
            sample.to_string().starts_with("line 12, column 3: "),
            "{sample}"
        );
    }
}

#[test]
fn the_documentation_lists_every_refusal_with_its_message_and_its_remedy() {
    let table: String = samples().iter().map(row).collect();
    let documented: String = include_str!("../../../docs/yaml-refusals.md")
        .split_inclusive('\n')
        .filter(|line| line.starts_with("| `"))
        .collect();
    assert_eq!(
        documented, table,
        "docs/yaml-refusals.md should hold\n{table}"
    );
}

/// The sentence before the first full stop is the message, what follows is the remedy.
fn row(error: &YamlError) -> String {
    let text = error.to_string();
    let (_, text) = text.split_once(": ").unwrap();
    let (message, remedy) = text.split_once(". ").unwrap();
    let escaped = |text: &str| text.replace('|', "\\|");
    format!(
        "| `{}` | {} | {} |\n",
        error.code(),
        escaped(message),
        escaped(remedy)
    )
}
