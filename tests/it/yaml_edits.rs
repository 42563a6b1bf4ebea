//! What single edits do to the text around them.

use helm_clearml_certs::yaml::{Document, Path, Position, YamlError};
use serde_yaml::Value;

const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIB+g==\n-----END CERTIFICATE-----\n";

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

/// `before` after an edit that must succeed, and change nothing when it is made again.
#[track_caller]
fn after(before: &str, edit: impl Fn(&mut Document) -> Result<(), YamlError>) -> String {
    let mut document = Document::parse(before).unwrap();
    edit(&mut document).unwrap();
    document.into_text()
}

#[track_caller]
fn set(before: &str, keys: &[&str], value: &str) -> String {
    let value = yaml(value);
    let once = after(before, |document| document.set(keys, &value));
    assert_eq!(
        after(&once, |document| document.set(keys, &value)),
        once,
        "a second time"
    );
    once
}

#[test]
fn a_scalar_is_replaced_in_place_and_its_comment_stays() {
    assert_eq!(
        set("a: 1   # why\nb: 2\n", &["a"], "2"),
        "a: 2   # why\nb: 2\n"
    );
    assert_eq!(set("a: 'x'\n", &["a"], "yes please"), "a: yes please\n");
    assert_eq!(
        set("a:\n  on its own line\n", &["a"], "short"),
        "a:\n  short\n"
    );
    assert_eq!(
        set("a: first\n  second # why\nb: 1\n", &["a"], "one"),
        "a: one # why\nb: 1\n"
    );
}

#[test]
fn setting_what_is_there_changes_no_byte_however_it_is_written() {
    for text in [
        "a: [ 1,2 ]\n",
        "a:   \"x\"\n",
        "a: >-\n  folded\n  text\n",
        "a: ~\n",
        "a: 0x10\n",
        "a: &x !!str 1\nb: *x\n",
    ] {
        let document = Document::parse(text).unwrap();
        let value = document.get(["a"]).unwrap().unwrap();
        assert_eq!(after(text, |document| document.set(["a"], &value)), text);
    }
}

#[test]
fn parents_are_created_on_the_way() {
    assert_eq!(set("", &["a", "b", "c"], "1"), "a:\n  b:\n    c: 1\n");
    assert_eq!(set("a:\n", &["a", "b"], "1"), "a:\n  b: 1\n");
    assert_eq!(
        set("a: {}   # none\n", &["a", "b"], "1"),
        "a:   # none\n  b: 1\n"
    );
    assert_eq!(
        set("a: ~ # none\nz: 1\n", &["a", "b"], "1"),
        "a: # none\n  b: 1\nz: 1\n"
    );
}

#[test]
fn new_keys_stand_where_their_siblings_stand() {
    assert_eq!(
        set("a:\n      b: 1\nc: 2\n", &["a", "d"], "3"),
        "a:\n      b: 1\n      d: 3\nc: 2\n"
    );
}

#[test]
fn new_content_follows_the_habits_of_the_file() {
    let wide = "a:\n    b:\n        - 1\n";
    assert_eq!(
        set(wide, &["c"], "{d: {e: [1]}}"),
        "a:\n    b:\n        - 1\nc:\n    d:\n        e:\n            - 1\n"
    );
    let indentless = "a:\n- 1\n";
    assert_eq!(
        set(indentless, &["c"], "[1, [2, 3]]"),
        "a:\n- 1\nc:\n- 1\n- - 2\n  - 3\n"
    );
}

#[test]
fn line_ends_a_byte_order_mark_and_a_missing_final_newline_stay() {
    assert_eq!(
        set("a: 1\r\n", &["b", "c"], "2"),
        "a: 1\r\nb:\r\n  c: 2\r\n"
    );
    assert_eq!(set("\u{feff}a: 1\n", &["b"], "2"), "\u{feff}a: 1\nb: 2\n");
    assert_eq!(set("\u{feff}", &["b"], "2"), "\u{feff}b: 2\n");
    assert_eq!(set("a: 1", &["b"], "2"), "a: 1\nb: 2");
    assert_eq!(set("a: 1\r\nb: 2", &["b"], "3"), "a: 1\r\nb: 3");
    assert_eq!(
        after("a: 1\nb: 2", |document| document.remove(["b"])),
        "a: 1"
    );
}

#[test]
fn document_markers_and_directives_stay_around_the_content() {
    assert_eq!(set("---\n", &["a"], "1"), "---\na: 1\n");
    assert_eq!(set("--- # c\n", &["a"], "1"), "--- # c\na: 1\n");
    assert_eq!(set("--- {}\n", &["a"], "1"), "---\na: 1\n");
    assert_eq!(set("{}\n", &["a"], "1"), "a: 1\n");
    assert_eq!(
        set("%YAML 1.1\n---\na: 1\n...\n# end\n", &["b"], "2"),
        "%YAML 1.1\n---\na: 1\nb: 2\n...\n# end\n"
    );
    assert_eq!(
        after("---\na: 1\n", |document| document.remove(["a"])),
        "---\n"
    );
}

#[test]
fn texts_of_several_lines_become_blocks() {
    assert_eq!(
        set("a: 1 # why\nb: 2\n", &["a"], "\"x\\ny\\n\""),
        "a: | # why\n  x\n  y\nb: 2\n"
    );
    assert_eq!(
        set("a: |\n     x\n     y\nb: 2\n", &["a"], "\"z\\nw\""),
        "a: |-\n     z\n     w\nb: 2\n"
    );
    assert_eq!(set("a:\n", &["a"], "\"  x\\ny\\n\""), "a: |2\n    x\n  y\n");
    assert_eq!(
        set("a: [1]\n", &["a"], "\"x\\n\\n y\\n\""),
        "a: |\n  x\n\n   y\n"
    );
    let list = after("a:\n- x\n", |document| {
        document.append(["a"], &Value::from(PEM))
    });
    assert_eq!(
        list,
        "a:\n- x\n- |\n  -----BEGIN CERTIFICATE-----\n  MIIB+g==\n  -----END CERTIFICATE-----\n"
    );
}

#[test]
fn a_block_text_does_not_swallow_the_comments_below_it() {
    assert_eq!(
        set("pem:\n    # deep example\nb: 1\n", &["pem"], "\"x\\ny\\n\""),
        "pem: |\n     x\n     y\n    # deep example\nb: 1\n"
    );
    let below = after("list:\n- x\n      # deep\n", |document| {
        document.append(["list"], &Value::from("x\ny\n"))
    });
    assert_eq!(below, "list:\n- x\n      # deep\n- |\n  x\n  y\n");
}

#[test]
fn a_new_collection_behind_a_dash_does_not_swallow_the_comment_below_it_either() {
    let path = Path::from(["a"]).then(0);
    let value = yaml("{b: \"x\\ny\\n\"}");
    for item in ["{ }", "text", "|\n      block", "[1]", ""] {
        let before = format!("a:\n- {item}\n     # deep\n- 1\n");
        let edited = after(&before, |document| document.set(&path, &value));
        assert!(edited.contains("\n     # deep\n"), "{edited}");
    }
}

#[test]
fn long_runs_of_comments_are_no_obstacle() {
    let comments = "  # - alias: example\n".repeat(20_000);
    let before = format!("a:\n{comments}b: 1\n");
    assert_eq!(
        set(&before, &["a"], "[1]"),
        format!("a:\n  - 1\n{comments}b: 1\n")
    );
}

#[test]
fn flow_collections_grow_in_their_own_form() {
    assert_eq!(
        set("a: {b: 1}  # c\n", &["a", "d"], "{e: [x, 'y, z']}"),
        "a: {b: 1, d: {e: [x, \"y, z\"]}}  # c\n"
    );
    assert_eq!(
        set("a: { b: 1 }\n", &["a", "d"], "null"),
        "a: { b: 1, d: null }\n"
    );
    assert_eq!(set("a: [{b: }]\n", &["c"], "1"), "a: [{b: }]\nc: 1\n");
    assert_eq!(
        set(
            "a: {\n  b: 1,  # one\n  c: 2   # two\n}\n",
            &["a", "d"],
            "3"
        ),
        "a: {\n  b: 1,  # one\n  c: 2,   # two\n  d: 3\n}\n"
    );
    assert_eq!(
        after("a: [\n  x,\n]\n", |document| document
            .append(["a"], &Value::from("w"))),
        "a: [\n  x,\n  w,\n]\n"
    );
}

#[test]
fn removing_from_flow_collections_takes_the_comma_along() {
    let without = |text: &str, index: usize| {
        after(text, |document| {
            document.remove(Path::from(&["a"]).then(index))
        })
    };
    assert_eq!(without("a: [x, y, z]\n", 0), "a: [y, z]\n");
    assert_eq!(without("a: [x, y, z]\n", 1), "a: [x, z]\n");
    assert_eq!(without("a: [x, y, z]\n", 2), "a: [x, y]\n");
    assert_eq!(without("a: [x]\n", 0), "a: []\n");
    assert_eq!(
        without("a: [\n  x,\n  # about y\n  y  # why\n]\n", 1),
        "a: [\n  x\n  # about y\n]\n"
    );
}

#[test]
fn removing_leaves_the_comments_above_and_an_empty_collection() {
    assert_eq!(
        after("a:\n  # about b\n  b: 1  # why\nc: 2\n", |document| {
            document.remove(["a", "b"])
        }),
        "a: {}\n  # about b\nc: 2\n"
    );
    assert_eq!(
        after("a: 1\nb: |\n  x\n\n  y\n\nc: 2\n", |document| document
            .remove(["b"])),
        "a: 1\n\nc: 2\n"
    );
    assert_eq!(
        after("a: 1\n", |document| document.remove(["missing", "below"])),
        "a: 1\n"
    );
    assert_eq!(
        after("a: 1\n", |document| document.remove(["a", "below"])),
        "a: 1\n"
    );
}

#[test]
fn removing_the_key_behind_a_dash_moves_the_next_one_up() {
    let first = Path::from(&["a"]).then(0).then("x");
    assert_eq!(
        after("a:\n- x: 1\n  y: 2\n", |document| document.remove(&first)),
        "a:\n- y: 2\n"
    );
    assert_eq!(
        after("a:\n- x: 1\n", |document| document.remove(&first)),
        "a:\n- {}\n"
    );
    let commented = after("a:\n- x: 1\n  # about y\n  y: 2\n", |document| {
        document.remove(&first)
    });
    assert_eq!(
        Document::parse(&commented).unwrap().value(),
        &yaml("a: [{y: 2}]")
    );
    assert!(commented.contains("# about y"));
}

#[test]
fn a_list_is_rewritten_item_by_item() {
    assert_eq!(
        set(
            "a:\n# one\n- x\n# two\n- y  # why\n# three\n- z\n",
            &["a"],
            "[x, z, w]"
        ),
        "a:\n# one\n- x\n# two\n# three\n- z\n- w\n"
    );
    assert_eq!(set("a:\n- y\n", &["a"], "[x, y]"), "a:\n- x\n- y\n");
    assert_eq!(
        set(
            "a:\n- name: x\n  v: 1  # one\n- name: y\n  v: 2  # two\n",
            &["a"],
            "[{name: y, v: 3}]"
        ),
        "a:\n- name: y\n  v: 3  # two\n"
    );
}

#[test]
fn merging_replaces_namesakes_where_they_stand() {
    let before = "env:\n- name: A   # first\n  value: old\n- name: B\n  value: b\n";
    let items = [yaml("{name: A, value: new}"), yaml("{name: C}")];
    assert_eq!(
        after(before, |document| document.merge(["env"], "name", &items)),
        "env:\n- name: A   # first\n  value: new\n- name: B\n  value: b\n- name: C\n"
    );
    assert_eq!(
        after(before, |document| document.merge(["env"], "name", &[])),
        before
    );
}

#[test]
fn unmerging_removes_by_name_and_ignores_what_is_missing() {
    let before = "env:\n- name: A\n- name: B\n  # inside\n  value: b\n- {name: C}\n";
    assert_eq!(
        after(before, |document| document.unmerge(
            ["env"],
            "name",
            &["B", "X"]
        )),
        "env:\n- name: A\n- {name: C}\n"
    );
    assert_eq!(
        after(before, |document| document.unmerge(
            ["env"],
            "name",
            &["A", "B", "C"]
        )),
        "env: []\n"
    );
    assert_eq!(
        after(before, |document| document.unmerge(
            ["missing"],
            "name",
            &["A"]
        )),
        before
    );
}

#[test]
fn an_anchor_that_nobody_repeats_stays_where_it_is() {
    assert_eq!(set("a: &x []\n", &["a"], "[1]"), "a: &x\n  - 1\n");
    assert_eq!(set("a:\n- &x 1\n", &["a"], "[[2]]"), "a:\n- &x\n  - 2\n");
}

#[test]
fn values_are_read_with_aliases_and_merge_keys_followed() {
    let text = "base: &base\n  a: 1\n  b: 2\nuse:\n  <<: *base\n  b: 3\ncopy: *base\n";
    let document = Document::parse(text).unwrap();
    assert_eq!(document.get(["use"]).unwrap(), Some(yaml("{a: 1, b: 3}")));
    assert_eq!(document.get(["copy", "b"]).unwrap(), Some(yaml("2")));
    assert_eq!(
        document.position(["copy", "b"]),
        Some(Position { line: 3, column: 6 })
    );
    assert_eq!(
        set(text, &["use", "c"], "4"),
        text.replace("  b: 3\n", "  b: 3\n  c: 4\n")
    );
}

#[test]
fn an_absent_value_is_none_and_a_wrong_kind_is_an_error() {
    let document = Document::parse("a: 1\nb:\nc: []\n").unwrap();
    assert_eq!(document.get(["x", "y"]), Ok(None));
    assert_eq!(document.get(["b", "y"]), Ok(None));
    assert_eq!(document.get(["b"]), Ok(Some(Value::Null)));
    assert_eq!(
        document.get(["a", "y"]).unwrap_err().code(),
        "not-a-mapping"
    );
    assert_eq!(
        document.get(Path::from(&["a"]).then(0)).unwrap_err().code(),
        "not-a-list"
    );
}

#[test]
fn positions_and_spans_point_at_the_value() {
    let text = "\u{feff}a: \"x\"\nb:\n  c:\n  ü: &n |\n    text\n";
    let document = Document::parse(text).unwrap();
    assert_eq!(
        document.position(["a"]),
        Some(Position { line: 1, column: 4 })
    );
    assert_eq!(
        document.position(["b", "c"]),
        Some(Position { line: 3, column: 3 })
    );
    assert_eq!(
        document.position(["b", "ü"]),
        Some(Position { line: 4, column: 6 })
    );
    assert_eq!(document.position(["missing"]), None);
    assert_eq!(&text[document.span(["a"]).unwrap()], "\"x\"");
    assert_eq!(&text[document.span(["b", "ü"]).unwrap()], "|\n    text");
}

#[test]
fn every_scalar_is_listed_under_every_path_that_uses_it() {
    let text = "secret: &s hunter2\nimageCredentials:\n  password: *s\nlist: [a, {b: 'c'}]\n";
    let document = Document::parse(text).unwrap();
    let found: Vec<(String, &str, &str)> = document
        .scalars()
        .map(|scalar| (scalar.path.to_string(), scalar.text, &text[scalar.span]))
        .collect();
    assert_eq!(
        found,
        [
            ("secret".to_owned(), "hunter2", "hunter2"),
            ("imageCredentials.password".to_owned(), "hunter2", "hunter2"),
            ("list[0]".to_owned(), "a", "a"),
            ("list[1].b".to_owned(), "c", "'c'"),
        ]
    );
}

#[test]
fn a_value_that_yaml_cannot_hold_plainly_is_refused_before_anything_changes() {
    let mut document = Document::parse("a: 1\n").unwrap();
    let numbered_key = yaml("{1: x}");
    assert_eq!(
        document.set(["b"], &numbered_key).unwrap_err().code(),
        "unwritable-value"
    );
    assert_eq!(
        document
            .set(Path::root(), &Value::from("x"))
            .unwrap_err()
            .code(),
        "unwritable-value"
    );
    assert_eq!(document.text(), "a: 1\n");
}
