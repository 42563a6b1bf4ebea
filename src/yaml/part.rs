//! A value of a document that is a document by itself: a mapping, or a text that is YAML again.

use std::ops::Range;

use super::gap;
use super::node::{Kind, Layout, ScalarStyle};
use super::{Document, Path};

/// How a value is written, as far as it matters to who edits it as a text of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// It is not there, or null, or an empty collection or text.
    Nothing,
    /// A mapping by indentation, or a literal text (`|`).
    Lines {
        /// The header of the text, `|2-`; empty where it is a mapping.
        header: Range<usize>,
        /// Its lines, whole, with comments that belong to it.
        lines: Range<usize>,
        /// The column of its content.
        indent: usize,
    },
    /// A mapping in braces.
    Braces(Range<usize>),
    /// A text on one line, or in quotes.
    Text {
        /// Where it stands, with its quotes.
        span: Range<usize>,
        /// Its quote, where it has one.
        quote: Option<char>,
    },
    /// A folded text (`>`): its lines are not the text's.
    Folded,
    /// An alias.
    Alias,
    /// Something else.
    Other,
}

impl Document {
    /// How the value at a path is written.
    #[must_use]
    pub fn part(&self, path: impl Into<Path>) -> Part {
        let Some((_, node)) = self.locate(&path.into()) else {
            return Part::Nothing;
        };
        let text = self.text();
        let content = node.content.clone();
        if node.is_null() {
            return Part::Nothing;
        }
        match &node.kind {
            Kind::Alias(_) => Part::Alias,
            Kind::List(_, items) if items.is_empty() => Part::Nothing,
            Kind::Mapping(_, entries) if entries.is_empty() => Part::Nothing,
            Kind::Mapping(Layout::Flow, _) => Part::Braces(content),
            Kind::Mapping(Layout::Block, _) => {
                let indent = gap::column(text, content.start);
                let first = gap::next_line(text, node.after_properties);
                // An entry on the line of its dash is below no line of its own.
                if indent == 0 || first > content.start {
                    return Part::Other;
                }
                let last = gap::insertion_line(text, content.end, indent - 1);
                Part::Lines {
                    header: first..first,
                    lines: first..last,
                    indent,
                }
            }
            Kind::Scalar(scalar) => match scalar.style {
                ScalarStyle::Block { .. } if !gap::rest(text, content.start).starts_with('|') => {
                    Part::Folded
                }
                ScalarStyle::Block { .. } if scalar.text.trim().is_empty() => Part::Nothing,
                ScalarStyle::Block { header_end, indent } => Part::Lines {
                    header: content.start..header_end,
                    lines: gap::next_line(text, header_end)..gap::next_line(text, content.end),
                    indent: indent.unwrap_or_default(),
                },
                _ if scalar.text.trim().is_empty() => Part::Nothing,
                ScalarStyle::Plain => Part::Text {
                    span: content,
                    quote: None,
                },
                ScalarStyle::Quoted => Part::Text {
                    quote: gap::rest(text, content.start).chars().next(),
                    span: content,
                },
            },
            Kind::List(..) | Kind::Mapping(Layout::Pair, _) => Part::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(text: &str) -> (Part, String) {
        let document = Document::parse(text).unwrap();
        let part = document.part(["a", "b"]);
        let lines = match &part {
            Part::Lines { lines, .. } => text[lines.clone()].to_owned(),
            _ => String::new(),
        };
        (part, lines)
    }

    #[test]
    fn a_mappings_lines_have_the_comments_that_belong_to_it() {
        let (found, lines) =
            part("a:\n  b: # here\n\n    # one\n    c: 1\n\n    # two\n\n  # three\n  d: 2\n");
        assert_eq!(lines, "\n    # one\n    c: 1\n\n    # two\n");
        assert!(matches!(found, Part::Lines { indent: 4, .. }));
        assert_eq!(part("a:\n  b:\n    c: 1").1, "    c: 1");
        assert_eq!(part("a:\n  b: &x\n   c: 1\nd: *x\n").1, "   c: 1\n");
    }

    #[test]
    fn a_literal_texts_lines_are_its_content() {
        let (found, lines) = part("a:\n  b: |2- # here\n      c: 1\n    d: 2\n\ne: 1\n");
        assert_eq!(lines, "      c: 1\n    d: 2\n");
        assert!(matches!(found, Part::Lines { indent: 4, .. }), "{found:?}");
        assert_eq!(
            part("a:\n  b: |+\n    c: 1\n\n\ne: 1\n").1,
            "    c: 1\n\n\n"
        );
    }

    #[test]
    fn what_is_no_text_of_its_own_is_told() {
        for (text, wanted) in [
            ("a: {}\n", Part::Nothing),
            ("a: {b: }\n", Part::Nothing),
            ("a:\n  b: ''\n", Part::Nothing),
            ("a:\n  b: |\n", Part::Nothing),
            ("a:\n  b: {}\n", Part::Nothing),
            ("a:\n  b: >\n    c\n", Part::Folded),
            ("x: &x {c: 1}\na:\n  b: *x\n", Part::Alias),
            ("a:\n  b: [1]\n", Part::Other),
            ("a: {b: {c: 1}}\n", Part::Braces(7..13)),
        ] {
            assert_eq!(part(text).0, wanted, "{text}");
        }
        let text = Part::Text {
            span: 7..10,
            quote: Some('\''),
        };
        assert_eq!(part("a:\n b: 'c'\n").0, text);
    }
}
