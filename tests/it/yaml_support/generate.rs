//! Values files as people write them, at random: every layout, comments anywhere, any indentation.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_yaml::{Mapping, Value};

/// A file, and the choices that made it.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) text: String,
}

#[derive(Debug, Clone)]
enum Tree {
    Leaf(usize),
    List {
        items: Vec<(Decoration, Tree)>,
        offset: usize,
        dash: &'static str,
    },
    Mapping {
        entries: Vec<(Decoration, &'static str, Tree)>,
        indent: usize,
    },
}

/// What people put around an entry.
#[derive(Debug, Clone)]
struct Decoration {
    above: Vec<Above>,
    behind: &'static str,
}

#[derive(Debug, Clone)]
enum Above {
    Blank(&'static str),
    Comment { indent: usize },
}

/// Values as written; `\n` continues on a line that is indented deeper than the parent.
const LEAVES: &[&str] = &[
    "1",
    "true",
    "plain text",
    "\"double \\\" quoted\"",
    "'single '' quoted'",
    "~",
    "",
    "null",
    "yes",
    "'{{ .Values.x }}'",
    "https://api.acme.example:8443/x#y",
    "{}",
    "[]",
    "{ }",
    "[1, two, \"three\"]",
    "[ a , b ]",
    "{a: 1, \"b\": [x], c: }",
    "{\"json\": true, \"list\": []}",
    "[{name: a, value: \"1\"}, {name: b}]",
    "[\n  {name: a},  # first\n  {name: b},\n]",
    "[\n  one,\n  two\n]",
    "{\n  a: 1,\n  # inside\n  b: 2\n}",
    "first\n  second\n  third",
    "\"first\n  second\"",
    "|\n  literal\n    deeper\n  back",
    "|-\n  literal\n\n  after a blank line",
    "|+\n  kept\n\n",
    ">-\n  folded\n  text",
    "|2\n    leading blanks",
    "|",
    "[a: 1, b]",
    "&anchor value",
    "&anchored {a: 1}",
    "!!str 12",
    "*text",
    "*map",
    "{<<: *map, own: 1}",
    "\n  <<: *map\n  own: 1",
];

/// What the aliases among the leaves stand for.
const ANCHORS: &str = "x-text: &text shared\nx-map: &map\n  from map: 1\n";

/// How many of the leaves are nothing unusual.
const ORDINARY_LEAVES: usize = 30;

const KEYS: &[&str] = &[
    "name",
    "value",
    "\"quoted\"",
    "'single'",
    "a.b/c",
    "extraCerts",
    "env",
    "k8s",
    "with space",
    "Ünïcödé",
    "x-1",
    "9",
];

fn decoration() -> impl Strategy<Value = Decoration> {
    let above = prop_oneof![
        3 => Just(Vec::new()),
        1 => vec(
            prop_oneof![
                2 => Just(Above::Blank("")),
                1 => Just(Above::Blank("   ")),
                3 => (0_usize..7).prop_map(|indent| Above::Comment { indent }),
            ],
            1..4
        ),
    ];
    let behind = prop_oneof![
        4 => Just(""),
        1 => Just("  # why"),
        1 => Just("   "),
    ];
    (above, behind).prop_map(|(above, behind)| Decoration { above, behind })
}

fn tree(leaves: usize) -> impl Strategy<Value = Tree> {
    let leaf = (0..leaves).prop_map(Tree::Leaf);
    leaf.prop_recursive(4, 24, 5, |inner| {
        let list = (
            vec((decoration(), inner.clone()), 1..5),
            prop_oneof![Just(0_usize), Just(2), Just(4), Just(1)],
            prop_oneof![4 => Just("- "), 1 => Just("-   "), 1 => Just("-\n")],
        )
            .prop_map(|(items, offset, dash)| Tree::List {
                items,
                offset,
                dash,
            });
        prop_oneof![2 => mapping(inner.boxed()), 1 => list]
    })
}

fn mapping(inner: BoxedStrategy<Tree>) -> impl Strategy<Value = Tree> {
    let keys = proptest::sample::subsequence(KEYS, 1..6);
    (
        keys.prop_shuffle(),
        vec((decoration(), inner), 6),
        1_usize..6,
    )
        .prop_map(|(keys, values, indent)| Tree::Mapping {
            entries: keys
                .into_iter()
                .zip(values)
                .map(|(key, (decoration, value))| (decoration, key, value))
                .collect(),
            indent,
        })
}

/// A file without anchors and tags.
pub(crate) fn ordinary_file() -> impl Strategy<Value = File> {
    file(ORDINARY_LEAVES)
}

/// A file with whatever YAML has.
pub(crate) fn any_file() -> impl Strategy<Value = File> {
    file(LEAVES.len())
}

fn file(leaves: usize) -> impl Strategy<Value = File> {
    let prologue = prop_oneof![
        6 => Just(""),
        1 => Just("---\n"),
        1 => Just("# licence\n---\n"),
        1 => Just("%YAML 1.2\n---\n"),
        1 => Just("\u{feff}"),
        1 => Just("\n# top\n\n"),
    ];
    let epilogue = prop_oneof![
        6 => Just(""),
        1 => Just("# end\n"),
        1 => Just("\n\n"),
        1 => Just("   # deep end\n"),
        1 => Just("...\n"),
    ];
    let root = mapping(tree(leaves).boxed());
    (
        prologue,
        root,
        epilogue,
        any::<bool>(),
        prop::bool::weighted(0.2),
    )
        .prop_map(move |(prologue, root, epilogue, crlf, open)| {
            let mut text = prologue.to_owned();
            if leaves > ORDINARY_LEAVES {
                text.push_str(ANCHORS);
            }
            write_block(&root, 0, &mut text);
            text.push_str(epilogue);
            if open {
                text.truncate(text.trim_end_matches('\n').len());
            }
            if crlf {
                text = text.replace('\n', "\r\n");
            }
            File { text }
        })
}

/// Writes a tree as lines from `column`.
fn write_block(tree: &Tree, column: usize, out: &mut String) {
    match tree {
        Tree::Leaf(_) => unreachable!("leaves stand behind something"),
        Tree::Mapping { entries, indent } => {
            for (at, (decoration, key, value)) in entries.iter().enumerate() {
                if at > 0 || out.ends_with('\n') || out.is_empty() {
                    write_above(decoration, column, out);
                    out.push_str(&" ".repeat(column));
                }
                out.push_str(key);
                out.push(':');
                write_behind(value, decoration, column, *indent, out);
            }
        }
        Tree::List { items, dash, .. } => {
            for (at, (decoration, value)) in items.iter().enumerate() {
                if at > 0 || out.ends_with('\n') {
                    write_above(decoration, column, out);
                    out.push_str(&" ".repeat(column));
                }
                match value {
                    Tree::Leaf(_) => {
                        out.push('-');
                        write_behind(value, decoration, column, 2, out);
                    }
                    Tree::Mapping { .. } | Tree::List { .. } => {
                        out.push_str(dash);
                        let inner = if dash.ends_with('\n') {
                            column + 2
                        } else {
                            column + dash.len()
                        };
                        write_block(value, inner, out);
                    }
                }
            }
        }
    }
}

fn write_above(decoration: &Decoration, column: usize, out: &mut String) {
    for line in &decoration.above {
        match line {
            Above::Blank(blanks) => out.push_str(blanks),
            Above::Comment { indent } => {
                out.push_str(&" ".repeat((column + indent).saturating_sub(2)));
                out.push_str("# note: [unclosed");
            }
        }
        out.push('\n');
    }
}

/// Writes a value behind its key's `:` or its `-`, which stands in `column`.
fn write_behind(
    value: &Tree,
    decoration: &Decoration,
    column: usize,
    indent: usize,
    out: &mut String,
) {
    match value {
        Tree::Leaf(leaf) => {
            let leaf = LEAVES.get(*leaf).copied().unwrap_or_default();
            let (first, rest) = leaf
                .split_once('\n')
                .map_or((leaf, None), |(first, rest)| (first, Some(rest)));
            if !first.is_empty() {
                out.push(' ');
                out.push_str(first);
            }
            let may_have_comment = rest.is_none() || first.starts_with(['|', '>', '[', '{']);
            if may_have_comment {
                out.push_str(decoration.behind);
            }
            out.push('\n');
            for line in rest.into_iter().flat_map(|rest| rest.split('\n')) {
                if !line.is_empty() {
                    out.push_str(&" ".repeat(column + indent.saturating_sub(1)));
                    out.push_str(line);
                }
                out.push('\n');
            }
        }
        Tree::Mapping { .. } => {
            out.push_str(decoration.behind);
            out.push('\n');
            write_block(value, column + indent, out);
        }
        Tree::List { offset, .. } => {
            out.push_str(decoration.behind);
            out.push('\n');
            write_block(value, column + offset, out);
        }
    }
}

/// A value to write.
pub(crate) fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        4 => proptest::sample::select(TEXTS).prop_map(str::to_owned),
        1 => "[ -~\n\té\u{85}\u{2028}😀]{0,24}",
    ];
    let leaf = prop_oneof![
        5 => text.prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => (-1.0e9..1.0e9).prop_map(Value::from),
        1 => Just(Value::Null),
        1 => Just(Value::Sequence(Vec::new())),
        1 => Just(Value::Mapping(Mapping::new())),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Sequence),
            vec(("[a-z]{1,6}|yes|1|a: b|<x>", inner), 0..4).prop_map(|entries| {
                entries
                    .into_iter()
                    .map(|(key, value)| (Value::from(key), value))
                    .collect::<Mapping>()
                    .into()
            }),
        ]
    })
}

const TEXTS: &[&str] = &[
    "plain",
    "yes",
    "1e3",
    "0x10",
    "null",
    "",
    " lead",
    "a: b",
    "x #y",
    "- x",
    "'q'",
    "two\nlines\n",
    "two\nlines",
    "  leading\nblanks\n",
    "\nleading newline\n",
    "trailing\n\n",
    "tab\tinside",
    "a\r\nb",
    "-----BEGIN CERTIFICATE-----\nMIIB+g==\n-----END CERTIFICATE-----\n",
    "# no comment\nat all\n",
    "---\nnot a document\n",
    "{{ .Values.x }}",
];
