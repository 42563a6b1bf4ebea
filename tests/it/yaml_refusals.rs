//! What is refused, where the refusal points, and that nothing has changed then.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use helm_clearml_certs::yaml::{Document, Path, YamlError};
use serde_yaml::Value;

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

/// The text is refused on sight.
#[track_caller]
fn refused(text: &str, code: &str, line: usize, column: usize) -> YamlError {
    let error = Document::parse(text).unwrap_err();
    check(&error, code, line, column);
    error
}

/// The edit is refused, and the text stays.
#[track_caller]
fn edit_refused(
    text: &str,
    edit: impl FnOnce(&mut Document) -> Result<(), YamlError>,
    code: &str,
    line: usize,
    column: usize,
) -> YamlError {
    let mut document = Document::parse(text).unwrap();
    let error = edit(&mut document).unwrap_err();
    assert_eq!(document.text(), text, "changed in spite of {error}");
    check(&error, code, line, column);
    error
}

#[track_caller]
fn check(error: &YamlError, code: &str, line: usize, column: usize) {
    let at = error.position();
    assert_eq!(
        (error.code(), at.line, at.column),
        (code, line, column),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .starts_with(&format!("line {line}, column {column}: ")),
        "{error}"
    );
}

#[test]
fn syntax_errors_are_told_in_plain_words() {
    for (text, line, column, words) in [
        ("a:\n\tb: 1\n", 2, 2, "tab"),
        ("a: b: c\n", 1, 5, "second `: `"),
        ("a: 1\n b: 2\n", 2, 3, "indented deeper"),
        ("a: 1\nb: \"x\nc: 1\n", 2, 4, "never closed"),
        ("a: [1, 2\nb: 1\n", 2, 2, "bracket"),
        ("a: *nobody\n", 1, 4, "anchor that does not exist"),
        ("a: @x\n", 1, 4, "quotes"),
        ("a: \"x\0y\"\n", 1, 6, "character"),
        ("a: 1\nword\n", 2, 1, "key: value"),
    ] {
        let error = refused(text, "invalid-yaml", line, column);
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn templates_are_named_as_such_wherever_they_stand() {
    refused("a: {{ .Values.x }}\n", "unrendered-template", 1, 4);
    refused("a:\n- {{ .x }}\n", "unrendered-template", 2, 3);
    refused(
        "{{- if .x }}\na: 1\n{{- end }}\n",
        "unrendered-template",
        1,
        1,
    );
    refused("a: 1\n{{ include \"x\" . }}\n", "unrendered-template", 2, 1);
    refused(
        "a:\n  {{- toYaml .x | nindent 4 }}\n",
        "unrendered-template",
        2,
        3,
    );
    assert!(Document::parse("a: '{{ .x }}'\nb: name-{{ .x }}\n").is_ok());
}

#[test]
fn a_file_holds_one_document_and_that_is_a_mapping() {
    refused("a: 1\n---\nb: 1\n", "multiple-documents", 2, 1);
    refused("a: 1\n---\n", "multiple-documents", 2, 1);
    refused("a: 1\n...\n# c\nb: 1\n", "multiple-documents", 4, 1);
    refused("# c\n- a\n", "root-not-a-mapping", 2, 1);
    refused("text\n", "root-not-a-mapping", 1, 1);
    refused("--- |\n text\n", "root-not-a-mapping", 1, 5);
}

#[test]
fn duplicate_keys_are_refused_wherever_they_are() {
    let error = refused("a: 1\nb:\n  c: 1\n  'c': 2\n", "duplicate-key", 4, 3);
    assert!(
        error.to_string().contains("first at line 3, column 3"),
        "{error}"
    );
    refused("a: {1: x, \"1\": y}\n", "duplicate-key", 1, 11);
    refused("0x1: a\n1: b\n", "readers-disagree", 1, 1);
}

#[test]
fn carriage_returns_on_their_own_are_refused() {
    refused("a: 1\rb: 2\r", "bare-carriage-return", 1, 5);
    refused("a: 1\r\nb: 2\r\r\n", "bare-carriage-return", 2, 5);
}

#[test]
fn what_readers_understand_differently_is_refused() {
    // A line separator ends a comment in YAML 1.1 but not in 1.2.
    refused("a: 1 # x\u{85}b: 2\n", "readers-disagree", 1, 1);
    refused("\ta: 1\n", "readers-disagree", 1, 1);
}

#[test]
fn a_refusal_never_repeats_a_value() {
    let error = refused("a: !!int hunter2\n", "readers-disagree", 1, 4);
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[test]
fn merge_keys_merge_mappings_only() {
    refused("a:\n  <<: [1]\n", "merge-not-a-mapping", 2, 3);
    refused("a:\n  <<: text\n", "merge-not-a-mapping", 2, 3);
}

#[test]
fn aliases_and_shared_anchors_are_not_edited_through() {
    let text = "base: &base\n  list: [1]\nuse: *base\nother: 1\n";
    let error = edit_refused(
        text,
        |d| d.set(["use", "list"], &yaml("[2]")),
        "alias-in-the-way",
        3,
        6,
    );
    assert!(
        error.to_string().contains("`*base`") && error.to_string().contains("line 1, column 7"),
        "{error}"
    );
    edit_refused(
        text,
        |d| d.append(["use", "list"], &yaml("2")),
        "alias-in-the-way",
        3,
        6,
    );
    let error = edit_refused(
        text,
        |d| d.set(["base", "x"], &yaml("2")),
        "shared-anchor",
        1,
        7,
    );
    assert!(error.to_string().contains("line 3, column 6"), "{error}");
    edit_refused(text, |d| d.remove(["base"]), "shared-anchor", 1, 7);
    edit_refused(
        "a:\n  b: &b 1\nc: *b\n",
        |d| d.set(["a"], &yaml("2")),
        "shared-anchor",
        2,
        6,
    );
    edit_refused(
        "a: &a 1\nb: [*a]\n",
        |d| d.set(["a"], &yaml("2")),
        "shared-anchor",
        1,
        4,
    );
}

#[test]
fn inherited_keys_are_not_overridden_silently() {
    let text = "base: &base\n  a: 1\nuse:\n  <<: *base\n  b: 2\n";
    edit_refused(
        text,
        |d| d.set(["use", "a"], &yaml("2")),
        "inherited-key",
        4,
        3,
    );
    edit_refused(text, |d| d.remove(["use", "a"]), "inherited-key", 4, 3);
    let mut document = Document::parse(text).unwrap();
    document.set(["use", "a"], &yaml("1")).unwrap();
    assert_eq!(
        document.text(),
        text,
        "what is inherited already need not be written"
    );
    document.set(["use", "c"], &yaml("3")).unwrap();
    assert_eq!(
        document.text(),
        text.replace("  b: 2\n", "  b: 2\n  c: 3\n")
    );
}

#[test]
fn what_is_of_another_kind_stays_in_the_way() {
    edit_refused(
        "a: text\n",
        |d| d.set(["a", "b"], &yaml("1")),
        "not-a-mapping",
        1,
        4,
    );
    edit_refused(
        "a:\n  - 1\n",
        |d| d.set(["a", "b"], &yaml("1")),
        "not-a-mapping",
        2,
        3,
    );
    edit_refused(
        "a:\n  b: 1\n",
        |d| d.append(["a"], &yaml("1")),
        "not-a-list",
        2,
        3,
    );
    edit_refused(
        "a: text\n",
        |d| d.merge(["a"], "name", &[yaml("{name: x}")]),
        "not-a-list",
        1,
        4,
    );
    let second = Path::from(&["a"]).then(1);
    edit_refused(
        "a: [1]\n",
        |d| d.set(&second, &yaml("1")),
        "index-out-of-range",
        1,
        4,
    );
    edit_refused(
        "a: 1\n",
        |d| d.set(Path::from(&["b"]).then(0), &yaml("1")),
        "index-out-of-range",
        1,
        1,
    );
}

#[test]
fn tags_are_not_touched() {
    edit_refused(
        "a: !secret x\n",
        |d| d.set(["a"], &yaml("y")),
        "tag-in-the-way",
        1,
        4,
    );
    edit_refused(
        "a: !list [x]\n",
        |d| d.set(["a"], &yaml("y")),
        "tag-in-the-way",
        1,
        4,
    );
    let mut document = Document::parse("a: !!map\n  b: 1\n").unwrap();
    document.set(["a", "c"], &yaml("2")).unwrap();
    assert_eq!(document.text(), "a: !!map\n  b: 1\n  c: 2\n");
}

#[test]
fn names_must_tell_items_apart() {
    let text = "a:\n- name: x\n- name: y\n- name: x\n";
    let error = edit_refused(
        text,
        |d| d.merge(["a"], "name", &[yaml("{name: x, v: 1}")]),
        "ambiguous-item",
        4,
        3,
    );
    assert!(error.to_string().contains("line 2, column 3"), "{error}");
    edit_refused(
        text,
        |d| d.unmerge(["a"], "name", &["x"]),
        "ambiguous-item",
        4,
        3,
    );
    edit_refused(
        text,
        |d| d.merge(["a"], "name", &[yaml("{v: 1}")]),
        "item-without-key",
        2,
        1,
    );
    let mut document = Document::parse(text).unwrap();
    document
        .merge(["a"], "name", &[yaml("{name: y, v: 1}")])
        .unwrap();
    assert_eq!(
        document.text(),
        "a:\n- name: x\n- name: y\n  v: 1\n- name: x\n"
    );
}

#[test]
fn nothing_is_added_below_a_block_text_that_ends_without_a_newline() {
    edit_refused(
        "a: |\n  x",
        |d| d.set(["b"], &yaml("1")),
        "no-final-newline",
        2,
        4,
    );
    let mut document = Document::parse("b: 1\na: |\n  x").unwrap();
    document.set(["b"], &yaml("2")).unwrap();
    assert_eq!(document.text(), "b: 2\na: |\n  x");
}

#[test]
fn an_edit_that_would_change_a_neighbour_is_refused() {
    // Without `b`, the comment would become a line of the text above it.
    let error = edit_refused(
        "a: |\n  x\nb: 1\n    # deep\n",
        |d| d.remove(["b"]),
        "unsafe-edit",
        3,
        1,
    );
    assert!(error.to_string().contains("`a`"), "{error}");
}

#[test]
fn what_cannot_be_written_is_refused() {
    edit_refused(
        "a: 1\n",
        |d| d.set(["b"], &yaml("!tag x")),
        "unwritable-value",
        1,
        1,
    );
    edit_refused(
        "a: 1\n",
        |d| d.set(["b"], &yaml("{1: x}")),
        "unwritable-value",
        1,
        1,
    );
    edit_refused(
        "a: 1\n",
        |d| d.set(["k".repeat(2000).as_str()], &yaml("1")),
        "unwritable-value",
        1,
        1,
    );
    let mut deep = Value::Null;
    for _ in 0..120 {
        deep = Value::Sequence(vec![deep]);
    }
    edit_refused("a: 1\n", |d| d.set(["b"], &deep), "unwritable-value", 1, 1);
}

/// Nothing that is nested this deep takes long, or overflows the stack.
#[track_caller]
fn too_deep(text: &str) {
    let started = Instant::now();
    let error = Document::parse(text).unwrap_err();
    assert_eq!(error.code(), "nested-too-deep", "{error}");
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn bottomless_nesting_is_refused() {
    const LEVELS: usize = 100_000;
    too_deep(&"[".repeat(LEVELS));
    too_deep(&format!("a: {}{}", "[".repeat(LEVELS), "]".repeat(LEVELS)));
    too_deep(&"{a: ".repeat(LEVELS));
    too_deep(&format!("a:\n  {}x", "- ".repeat(LEVELS)));
    too_deep(&format!("{}x", "? ".repeat(LEVELS)));
    let mut nested = String::new();
    for level in 0..3000 {
        writeln!(nested, "{:level$}a:", "").unwrap();
    }
    too_deep(&nested);
}

#[test]
fn what_is_deep_but_not_bottomless_is_edited() {
    let mut text = String::new();
    let mut path = Path::root();
    for level in 0..90 {
        writeln!(text, "{:level$}a:", "").unwrap();
        path = path.then("a");
    }
    let mut document = Document::parse(&text).unwrap();
    document.set(path.then("b"), &yaml("1")).unwrap();
    assert_eq!(document.get(path.then("b")).unwrap(), Some(yaml("1")));
}

#[test]
fn aliases_that_multiply_beyond_reason_are_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let repeated = vec![format!("*a{}", level - 1); 9].join(", ");
        writeln!(text, "a{level}: &a{level} [{repeated}]").unwrap();
    }
    let started = Instant::now();
    assert_eq!(Document::parse(&text).unwrap_err().code(), "too-large");
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_value_that_contains_itself_is_refused() {
    refused("a: &x [*x]\n", "readers-disagree", 1, 4);
}
