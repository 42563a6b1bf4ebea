//! What is too much to be read. A few bytes can cost a reader far more than their number: brackets within brackets, and aliases
//! of aliases.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScanError, Span};

use super::parse::{MAX_DEPTH, options};
use super::{Position, YamlError, syntax_error};

/// Values that a document may have once its aliases are replaced by what they repeat: a hundred times what a large values
/// file has, in some 100 MiB.
pub(super) const MAX_VALUES: usize = 200_000;

/// Goes through the events of a text, of which nothing is kept.
///
/// # Errors
/// It is no YAML, nested too deep, or too large.
pub(super) fn check(text: &str) -> Result<(), YamlError> {
    let mut count = Count::default();
    for event in Parser::new_from_str_with_options(text, options()) {
        let (event, span) =
            event.map_err(|error: ScanError| syntax_error::refusal(text, &error, MAX_DEPTH))?;
        count.add(&event);
        if count.values > MAX_VALUES {
            return Err(too_large(text, &span));
        }
    }
    Ok(())
}

fn too_large(text: &str, span: &Span) -> YamlError {
    let offset = span.start.byte_offset().unwrap_or_default();
    YamlError::TooLarge {
        at: Position::of(text, offset),
        limit: MAX_VALUES,
    }
}

#[derive(Default)]
struct Count {
    values: usize,
    /// The collections that are open: how many values there were before each, and its anchor.
    open: Vec<(usize, Option<usize>)>,
    /// How many values each anchor stands for.
    anchored: HashMap<usize, usize>,
}

impl Count {
    fn add(&mut self, event: &Event<'_>) {
        match event {
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                self.open.push((self.values, None));
                self.values += 1;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some((before, Some(anchor))) = self.open.pop() {
                    self.anchored.insert(anchor, self.values - before);
                }
            }
            Event::Scalar(..) => self.values += 1,
            // It comes right behind the node's own event.
            Event::Anchor(id, _) => match self.open.last_mut() {
                Some((before, anchor)) if *before + 1 == self.values => *anchor = Some(*id),
                _ => drop(self.anchored.insert(*id, 1)),
            },
            Event::Alias(id) => {
                let size = self.anchored.get(id).copied().unwrap_or(1);
                self.values = self.values.saturating_add(size);
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
        assert_eq!(code(&(list("a", "x", 1000) + &list("b", "*a", 100))), None);
        assert_eq!(
            code(&(list("a", "x", 1000) + &list("b", "*a", 300))),
            Some("too-large")
        );
        assert_eq!(code("a: &a 1\nb: &b {c: *a}\nd: [*a, *b]\n"), None);
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
