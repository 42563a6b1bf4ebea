//! What is too much to be read. A few bytes can cost a reader far more than their number: brackets within brackets, and aliases
//! of aliases.

use std::collections::HashMap;

use granit_parser::{Event, Options, Parser, Span, StrInput};

use super::{Position, YamlError, syntax_error};

/// Levels of nesting that are read; Helm's values never come near.
pub(super) const MAX_DEPTH: usize = 100;

/// Values that a document may have once its aliases are replaced by what they repeat: twenty-five times what a large values
/// file has. An edit and its preview hold several copies, which take some 200 MiB then.
const MAX_VALUES: usize = 50_000;

/// Bytes of text that it may have then: as many as a file.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// The events of a text, as long as it is not too much.
pub(super) struct Events<'a> {
    text: &'a str,
    parser: Parser<'a, StrInput<'a>>,
    count: Count,
}

impl<'a> Events<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let mut options = Options::default();
        // More than 96 comment lines in a row are an error when comments are events.
        options.set_emit_comments(false);
        options.emit_anchor_events = true;
        options.flow_nesting_limit = MAX_DEPTH;
        options.block_nesting_limit = MAX_DEPTH;
        // As libyaml and Helm's reader do.
        options.block_scalar_eof_without_line_feed = true;
        Self {
            text,
            parser: Parser::new_from_str_with_options(text, options),
            count: Count::default(),
        }
    }
}

impl<'a> Iterator for Events<'a> {
    type Item = Result<(Event<'a>, Span), YamlError>;

    /// The next event, or why the text is not read: it is no YAML, nested too deep, or too large.
    fn next(&mut self) -> Option<Self::Item> {
        let (event, span) = match self.parser.next()? {
            Ok(event) => event,
            Err(error) => return Some(Err(syntax_error::refusal(self.text, &error, MAX_DEPTH))),
        };
        self.count.add(&event);
        if self.count.size.values > MAX_VALUES {
            return Some(Err(too_large(self.text, &span, "50,000 values")));
        }
        if self.count.size.bytes > MAX_BYTES {
            return Some(Err(too_large(self.text, &span, "8 MiB of text")));
        }
        Some(Ok((event, span)))
    }
}

/// Goes through the events of a text, of which nothing is kept.
///
/// # Errors
/// It is no YAML, nested too deep, or too large.
pub(super) fn check(text: &str) -> Result<(), YamlError> {
    Events::of(text).try_for_each(|event| event.map(drop))
}

fn too_large(text: &str, span: &Span, limit: &'static str) -> YamlError {
    let offset = span.start.byte_offset().unwrap_or_default();
    YamlError::TooLarge {
        at: Position::of(text, offset),
        limit,
    }
}

/// What a text costs who holds it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Size {
    values: usize,
    bytes: usize,
}

impl Size {
    fn plus(self, more: Self) -> Self {
        Self {
            values: self.values.saturating_add(more.values),
            bytes: self.bytes.saturating_add(more.bytes),
        }
    }

    fn minus(self, less: Self) -> Self {
        Self {
            values: self.values.saturating_sub(less.values),
            bytes: self.bytes.saturating_sub(less.bytes),
        }
    }
}

#[derive(Default)]
struct Count {
    size: Size,
    /// The collections that are open: what there was before each, and its anchor.
    open: Vec<(Size, Option<usize>)>,
    /// What each anchor stands for.
    anchored: HashMap<usize, Size>,
    /// The last value that is no collection.
    last: Size,
}

impl Count {
    fn add(&mut self, event: &Event<'_>) {
        match event {
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                self.open.push((self.size, None));
                self.size.values += 1;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some((before, Some(anchor))) = self.open.pop() {
                    self.anchored.insert(anchor, self.size.minus(before));
                }
            }
            Event::Scalar(text, ..) => {
                self.last = Size {
                    values: 1,
                    bytes: text.len(),
                };
                self.size = self.size.plus(self.last);
            }
            // It comes right behind the node's own event.
            Event::Anchor(id, _) => match self.open.last_mut() {
                Some((before, anchor)) if before.values + 1 == self.size.values => {
                    *anchor = Some(*id);
                }
                _ => drop(self.anchored.insert(*id, self.last)),
            },
            Event::Alias(id) => {
                let repeated = self.anchored.get(id).copied().unwrap_or_default();
                self.size = self.size.plus(repeated);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Option<&'static str> {
        check(text).err().map(|error| error.code())
    }

    #[test]
    fn aliases_count_as_what_they_repeat() {
        let list = |anchor: &str, item: &str, times: usize| {
            format!("{anchor}: &{anchor} [{}]\n", vec![item; times].join(","))
        };
        let laughs = ["x", "*a", "*b", "*c", "*d", "*e"];
        let laughs: String = ["a", "b", "c", "d", "e", "f"]
            .iter()
            .zip(laughs)
            .map(|(anchor, item)| list(anchor, item, 10))
            .collect();
        assert_eq!(code(&laughs), Some("too-large"));
        assert_eq!(code(&(list("a", "x", 1000) + &list("b", "*a", 40))), None);
        assert_eq!(
            code(&(list("a", "x", 1000) + &list("b", "*a", 60))),
            Some("too-large")
        );
        assert_eq!(code("a: &a 1\nb: &b {c: *a}\nd: [*a, *b]\n"), None);
    }

    #[test]
    fn a_text_counts_as_often_as_it_is_repeated() {
        let text = format!("a: &a {}\n", "x".repeat(1024 * 1024));
        let repeated = |times: usize| format!("{text}b: [{}]\n", vec!["*a"; times].join(","));
        assert_eq!(code(&repeated(6)), None);
        assert_eq!(code(&repeated(9)), Some("too-large"));
        let within = format!("a: &a {{b: {}}}\n", "x".repeat(1024 * 1024));
        assert_eq!(
            code(&(within + &format!("c: [{}]\n", vec!["*a"; 20].join(",")))),
            Some("too-large")
        );
    }

    #[test]
    fn brackets_are_refused_before_they_cost_anything() {
        assert_eq!(code(&"[".repeat(200_000)), Some("nested-too-deep"));
        assert_eq!(code(&"{a: ".repeat(200_000)), Some("nested-too-deep"));
        assert_eq!(
            code(&format!("a:\n{}", "- 1\n".repeat(300_000))),
            Some("too-large")
        );
    }
}
