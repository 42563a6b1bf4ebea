//! What a value was before something was written over it, noted beside it: `extraCerts: # was []`.
//!
//! Once something else stands there, null, `~`, `[]`, `{}`, `""`, `false` and nothing at all cannot be told apart. With the note,
//! taking the new value out gives back the file's former bytes. Inside brackets there is no place for a comment: what was `[]`
//! there has blanks inside its brackets, `[ a, b ]`.

use std::ops::Range;

use super::gap;
use super::node::{Kind, Layout, Node, ScalarStyle};

/// What a note begins with. The former value follows as it was written, so that what stood behind it stays where it is.
const WAS: &str = "# was ";

/// How a value is noted that was not written at all.
const NOT_WRITTEN: &str = "empty";

/// Notes, at the block text that the file now ends with, that there was no line break at its end.
pub(super) const NO_FINAL_NEWLINE: &str = "# no newline at the end of the file";

/// A note in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note {
    /// All of it.
    pub(super) span: Range<usize>,
    /// The former value in it; empty where it was not written.
    pub(super) former: Range<usize>,
}

/// What a value was before it was written over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Former {
    /// A note has it.
    Noted(Note),
    /// This empty collection, inside brackets.
    Padded(&'static str),
}

impl Former {
    /// What a value tells of it; the whole document has its note anywhere.
    pub(super) fn of(text: &str, node: &Node, is_document: bool) -> Option<Self> {
        let note = || {
            if is_document {
                within(text, 0..text.len())
            } else {
                beside(text, node)
            }
        };
        let padded = was_padded(text, node).map(Self::Padded);
        padded.or_else(|| note().map(Self::Noted))
    }

    /// As it was written.
    pub(super) fn written<'a>(&self, text: &'a str) -> &'a str {
        match self {
            Self::Noted(note) => gap::slice(text, note.former.start, note.former.end),
            Self::Padded(empty) => empty,
        }
    }
}

/// A collection inside brackets that is written into an empty one.
pub(super) fn padded(collection: &str) -> String {
    let mut chars = collection.chars();
    match (chars.next(), chars.next_back()) {
        (Some(open), Some(close)) => format!("{open} {} {close}", chars.as_str()),
        _ => collection.to_owned(),
    }
}

/// The empty collection that a padded one was; both its blanks are there when all has been taken out of it.
fn was_padded(text: &str, node: &Node) -> Option<&'static str> {
    let (collection, is_empty) = match &node.kind {
        Kind::List(Layout::Flow, items) => ("[]", items.is_empty()),
        Kind::Mapping(Layout::Flow, entries) => ("{}", entries.is_empty()),
        _ => return None,
    };
    let (open, close) = collection.split_at(1);
    let written = gap::slice(text, node.content.start, node.content.end);
    let inner = written.strip_prefix(open)?.strip_suffix(close)?;
    let is_padded = inner.len() > 1 && inner.starts_with(' ') && inner.ends_with(' ');
    (is_padded && (!is_empty || inner.len() == 2)).then_some(collection)
}

/// The note for a value that is about to be written over: for one that says nothing, or `false`.
pub(super) fn of(text: &str, node: &Node) -> Option<String> {
    let written = gap::slice(text, node.content.start, node.content.end);
    let says_nothing = match &node.kind {
        _ if node.tag.is_some() => false,
        Kind::Scalar(scalar) if scalar.style == ScalarStyle::Quoted => scalar.text.is_empty(),
        Kind::Scalar(_) => node.is_null() || written == "false",
        Kind::List(Layout::Flow, items) => items.is_empty(),
        Kind::Mapping(Layout::Flow, entries) => entries.is_empty(),
        _ => false,
    };
    // What is written over several lines does not fit into a comment.
    (says_nothing && !written.contains(['\n', '#'])).then(|| {
        let former = if written.is_empty() {
            NOT_WRITTEN
        } else {
            written
        };
        format!("{WAS}{former}")
    })
}

/// The note beside a value: between its key and it, or behind it on its first line.
fn beside(text: &str, node: &Node) -> Option<Note> {
    let above = node.after_properties..node.content.start;
    let behind = match node.block_header_end() {
        Some(header_end) => header_end..gap::line_end(text, header_end),
        None if node.is_block_collection() => 0..0,
        None => node.content.end..gap::line_end(text, node.content.end),
    };
    within(text, above).or_else(|| within(text, behind))
}

/// The first note in a part of the text that holds blanks and comments alone.
fn within(text: &str, part: Range<usize>) -> Option<Note> {
    let mut at = part.start;
    for line in gap::slice(text, part.start, part.end).split_inclusive('\n') {
        if let Some(hash) = line.find('#') {
            let comment = line.get(hash..)?;
            if let Some(length) = comment.strip_prefix(WAS).and_then(former) {
                let start = at + hash;
                let from = start + WAS.len();
                let is_written = gap::slice(text, from, from + length) != NOT_WRITTEN;
                return Some(Note {
                    span: start..from + length,
                    former: from..from + if is_written { length } else { 0 },
                });
            }
        }
        at += line.len();
    }
    None
}

/// The length of the former value that a text begins with.
fn former(text: &str) -> Option<usize> {
    let words = [
        NOT_WRITTEN,
        "null",
        "Null",
        "NULL",
        "~",
        "false",
        "\"\"",
        "''",
    ];
    let word = words.into_iter().find(|word| text.starts_with(word));
    let length = match word {
        Some(word) => word.len(),
        None => ["[]", "{}"].into_iter().find_map(|pair| {
            let (open, close) = pair.split_at(1);
            let inner = text.strip_prefix(open)?.trim_start_matches([' ', '\t']);
            inner
                .starts_with(close)
                .then(|| text.len() - inner.len() + close.len())
        })?,
    };
    let rest = text.get(length..)?;
    (rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n'])).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::super::{Document, Path};
    use super::*;

    #[test]
    fn what_was_empty_inside_brackets_is_so_again_however_it_is_taken_out() {
        let text = "a: {b: {}, c: [], d: 1}\r\n";
        let mut document = Document::parse(text).unwrap();
        document.note_former_values();
        document.set(["a", "b", "x", "z"], &1.into()).unwrap();
        document.append(["a", "c"], &2.into()).unwrap();
        assert_eq!(document.text(), "a: {b: { x: {z: 1} }, c: [ 2 ], d: 1}\r\n");
        document.take_back(["a", "b", "x", "z"]).unwrap();
        document.prune(["a", "b", "x"]).unwrap();
        document.take_back(Path::from(["a", "c"]).then(0)).unwrap();
        document.prune(["a", "c"]).unwrap();
        assert_eq!(document.text(), text);
    }

    fn found(text: &str) -> Option<&str> {
        let note = within(text, 0..text.len())?;
        text.get(note.former)
    }

    #[test]
    fn a_note_is_read_with_what_follows_it() {
        assert_eq!(found(" # was []  # none yet"), Some("[]"));
        assert_eq!(found(" # was { }"), Some("{ }"));
        assert_eq!(found(" # was empty\r\n"), Some(""));
        assert_eq!(found(" # mine\n  # was ~\n"), Some("~"));
    }

    #[test]
    fn other_comments_are_none() {
        for text in [
            "",
            " # was",
            " # was emptied",
            " # was [1]",
            " # it was []",
            " # was falsely",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
