//! Values inside an object, as a text of their own: taken out, and put back where they stood.
//!
//! Lines that an edit leaves go back byte for byte, however they were indented; new ones get the indentation of the place. What
//! comes of it is read again: the values have to be those that were put in, and everything around them what it was.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_yaml::Value;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::documents::{documents, line_of};
use super::{Coding, Refused};
use crate::yaml::{self, Document, Part, Path, Step};

/// Notes what a text's header was that had to become another, as the editor notes former values.
const WAS: &str = " # was ";

/// A place in a file where values stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lens {
    /// The bytes of the document.
    pub(super) document: Range<usize>,
    /// Where in it.
    pub(super) path: Path,
    /// How they are written there.
    pub(super) coding: Coding,
}

/// What the lens sees of a text.
struct Seen<'a> {
    text: &'a str,
    document: Document,
    part: Part,
    /// Line breaks up to where the values begin, so that their text has the line numbers of the file.
    before: String,
}

impl Lens {
    /// The values' text. Blank lines before it give its lines the numbers that they have in the file.
    pub(super) fn get(&self, text: &str) -> Result<String, Refused> {
        let seen = self.look(text)?;
        let inner = self.inner(&seen)?;
        let read = yaml::value_of(&inner).map_err(|error| {
            let why = format!("{} cannot be read by itself: {error}", self.path);
            seen.refused(self, why)
        })?;
        if !same(&read, &self.reading(&seen)?) {
            let why = format!(
                "{} does not say the same by itself as in its place, so it cannot be edited there",
                self.path
            );
            return Err(seen.refused(self, why));
        }
        Ok(inner)
    }

    /// The text with other values in the place of those that `get` gave.
    pub(super) fn put(&self, text: &str, inner: &str) -> Result<String, Refused> {
        let seen = self.look(text)?;
        let former = self.inner(&seen)?;
        if inner == former {
            return Ok(text.to_owned());
        }
        let wanted = yaml::value_of(inner)
            .map_err(|error| seen.refused(self, format!("{}: {error}", self.path)))?;
        let mut refused = None;
        for document in self.written(&seen, &former, inner, &wanted)? {
            let whole = spliced(text, &self.document, &document);
            match self.is_right(&seen, &whole, document.len(), &wanted) {
                Ok(()) => return Ok(whole),
                Err(why) => refused = Some(why),
            }
        }
        Err(refused
            .unwrap_or_else(|| seen.refused(self, "nothing can be written there".to_owned())))
    }

    fn look<'a>(&self, text: &'a str) -> Result<Seen<'a>, Refused> {
        let part = text.get(self.document.clone()).unwrap_or_default();
        let first = line_of(text, self.document.start);
        let document = Document::parse(part).map_err(|error| {
            let at = error.position();
            Refused::at(first + at.line - 1, error.to_string())
        })?;
        let place = document.part(self.path.clone());
        let mut seen = Seen {
            text: part,
            document,
            part: place,
            before: String::new(),
        };
        let start = match (&seen.part, self.coding) {
            (Part::Nothing, _) | (Part::Text { .. }, Coding::Base64) => return Ok(seen),
            (Part::Lines { header, lines, .. }, Coding::Mapping) if header.is_empty() => {
                lines.start
            }
            (Part::Lines { header, lines, .. }, Coding::Text) if !header.is_empty() => lines.start,
            (Part::Braces(span), Coding::Mapping) => span.start,
            (Part::Text { .. } | Part::Folded, Coding::Text) => {
                return Err(seen.refused(
                    self,
                    format!(
                        "{} is a text in one line, in quotes or folded (>), in which no line can be edited: write it as a block ({}: |)",
                        self.path,
                        last(&self.path)
                    ),
                ));
            }
            (Part::Lines { header, .. }, Coding::Base64) if !header.is_empty() => {
                return Err(seen.refused(
                    self,
                    format!(
                        "{} is base64 in several lines: write it in one, or as stringData",
                        self.path
                    ),
                ));
            }
            (Part::Alias, _) => {
                return Err(seen.refused(
                    self,
                    format!(
                        "{} is an alias, whose anchor others share: write the values out there",
                        self.path
                    ),
                ));
            }
            _ => {
                let what = match self.coding {
                    Coding::Mapping => "a mapping below its key",
                    Coding::Text | Coding::Base64 => "a text",
                };
                return Err(seen.refused(self, format!("{} is not {what}", self.path)));
            }
        };
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let lines = line_of(text, self.document.start + start) - 1;
        seen.before = newline.repeat(lines);
        Ok(seen)
    }

    /// What stands there, as a text of its own.
    fn inner(&self, seen: &Seen<'_>) -> Result<String, Refused> {
        let slice = |span: &Range<usize>| seen.text.get(span.clone()).unwrap_or_default();
        let before = &seen.before;
        Ok(match &seen.part {
            Part::Lines { lines, indent, .. } => {
                let lines = slice(lines).split_inclusive('\n');
                let inner: String = lines.map(|line| dedented(line, *indent)).collect();
                format!("{before}{inner}")
            }
            Part::Braces(span) => format!("{before}{}\n", slice(span)),
            Part::Text { span, .. } => {
                let coded = slice(span).trim_matches(['"', '\'']);
                let bytes = STANDARD.decode(coded.trim()).ok();
                let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
                let why = || format!("{} is no text in base64", self.path);
                text.ok_or_else(|| seen.refused(self, why()))?
            }
            _ => String::new(),
        })
    }

    /// What the engine reads there.
    fn reading(&self, seen: &Seen<'_>) -> Result<Value, Refused> {
        let value = seen.document.get(self.path.clone()).ok().flatten();
        let text = match (self.coding, value) {
            (_, None) => return Ok(Value::Null),
            (Coding::Mapping, Some(value)) => return Ok(value),
            (Coding::Base64, Some(_)) => self.inner(seen)?,
            (Coding::Text, Some(Value::String(text))) => text,
            (Coding::Text, Some(_)) => String::new(),
        };
        yaml::value_of(&text).map_err(|error| seen.refused(self, format!("{}: {error}", self.path)))
    }

    /// The document with the values, in the ways that it can be written, the least change first.
    fn written(
        &self,
        seen: &Seen<'_>,
        former: &str,
        inner: &str,
        wanted: &Value,
    ) -> Result<Vec<String>, Refused> {
        if let Some(document) = self.former(seen, inner, wanted)? {
            return Ok(vec![document]);
        }
        Ok(match &seen.part {
            Part::Lines {
                header,
                lines,
                indent,
            } => {
                let inner = inner.strip_prefix(&seen.before).unwrap_or(inner);
                let former = former.strip_prefix(&seen.before).unwrap_or(former);
                let follows = lines.end < seen.text.len();
                let new = indented(seen, lines, former, inner, *indent, follows);
                let with = |start: usize, header: &str, end: usize| {
                    let [head, tail] = [seen.text.get(..start), seen.text.get(lines.end..)]
                        .map(Option::unwrap_or_default);
                    let between = seen.text.get(end..lines.start).unwrap_or_default();
                    format!("{head}{header}{between}{new}{tail}")
                };
                headers(seen.text, header)
                    .into_iter()
                    .map(|(said, end)| with(header.start, &said, end))
                    .collect()
            }
            Part::Braces(span) => vec![spliced(seen.text, span, inner.trim())],
            Part::Text { span, quote } => {
                // Without quotes, no text at all would be a null.
                let none = inner.is_empty().then_some('"');
                let quote = quote.or(none).map(String::from).unwrap_or_default();
                let coded = format!("{quote}{}{quote}", STANDARD.encode(inner));
                vec![spliced(seen.text, span, &coded)]
            }
            _ => vec![self.begun(seen, inner, wanted)?],
        })
    }

    /// Values where there were none.
    fn begun(&self, seen: &Seen<'_>, inner: &str, wanted: &Value) -> Result<String, Refused> {
        let mut document = seen.document.clone();
        document.note_former_values();
        let value = match self.coding {
            Coding::Mapping => wanted.clone(),
            Coding::Text => Value::String(format!("{}\n", inner.trim_end())),
            Coding::Base64 => Value::String(STANDARD.encode(inner)),
        };
        let header = |document: &Document| {
            let start = document.span(self.path.clone())?.start;
            let rest = document.text().get(start..)?;
            let header = rest.split_whitespace().next()?.to_owned();
            header.starts_with('|').then_some((start, header))
        };
        let former = header(&document);
        document
            .set(self.path.clone(), &value)
            .map_err(|error| seen.refused(self, error.to_string()))?;
        let now = header(&document);
        let mut text = document.into_text();
        // The editor notes what said nothing, but for a text without a line.
        if let (Some((_, former)), Some((start, now))) = (former, now) {
            text.insert_str(start + now.len(), &format!("{WAS}{former}"));
        }
        Ok(text)
    }

    /// The document as it was before there were values, where there are none any more. Comments that were there are not lost.
    fn former(
        &self,
        seen: &Seen<'_>,
        inner: &str,
        wanted: &Value,
    ) -> Result<Option<String>, Refused> {
        if !same(wanted, &Value::Null) {
            return Ok(None);
        }
        let rest: Vec<&str> = match inner.trim() {
            "{}" => Vec::new(),
            text => text
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .collect(),
        };
        let has_former = || seen.document.has_former(self.path.clone());
        let goes = match &seen.part {
            Part::Lines { .. } | Part::Braces(_) => rest.is_empty() || has_former(),
            // A key with base64 was there before, whatever stood below it.
            Part::Text { .. } => has_former(),
            _ => false,
        };
        if !goes {
            return Ok(None);
        }
        let document = self.taken_back(seen)?;
        let has = |comment: &&str| document.lines().any(|line| line.trim() == *comment);
        Ok(rest.iter().all(has).then_some(document))
    }

    /// What stood there before any values did.
    fn taken_back(&self, seen: &Seen<'_>) -> Result<String, Refused> {
        if let Part::Lines { header, lines, .. } = &seen.part
            && let Some((was, end)) = noted(seen.text, header)
        {
            let head = spliced(seen.text, &(lines.clone()), "");
            return Ok(spliced(&head, &(header.start..end), was));
        }
        let mut document = seen.document.clone();
        let steps = self.path.steps();
        let around: Path = steps.iter().take(steps.len() - 1).cloned().collect();
        document
            .take_back(self.path.clone())
            .and_then(|()| document.prune(around))
            .map_err(|error| seen.refused(self, error.to_string()))?;
        Ok(document.into_text())
    }

    /// Whether the file says what it should, and all else that it said.
    fn is_right(
        &self,
        seen: &Seen<'_>,
        whole: &str,
        length: usize,
        wanted: &Value,
    ) -> Result<(), Refused> {
        let broken = |why: &str| {
            seen.refused(
                self,
                format!(
                    "the edit of {} would not be read back as it was meant: {why}",
                    self.path
                ),
            )
        };
        let now = Self {
            document: self.document.start..self.document.start + length,
            ..self.clone()
        };
        if !documents(whole).contains(&now.document) {
            return Err(broken("it would begin or end another document"));
        }
        let after = now.look(whole).map_err(|error| broken(&error.why))?;
        if !same(&now.reading(&after)?, wanted) {
            return Err(broken("the values would be others"));
        }
        let without = |seen: &Seen<'_>| {
            let mut value = seen.document.value().clone();
            take_out(&mut value, self.path.steps());
            value
        };
        if without(&after) != without(seen) {
            return Err(broken("what stands around them would change"));
        }
        if yaml::is_json(seen.text) && !yaml::is_json(after.text) {
            return Err(broken("it would be no JSON any more"));
        }
        Ok(())
    }
}

impl Seen<'_> {
    fn refused(&self, lens: &Lens, why: String) -> Refused {
        let steps = lens.path.steps();
        let at = (0..=steps.len()).rev().find_map(|depth| {
            let path: Path = steps.iter().take(depth).cloned().collect();
            self.document.position(path)
        });
        Refused {
            line: at.map(|at| at.line),
            document: lens.document.start,
            why,
        }
    }
}

/// The headers that a text may have, each with the end of what it takes the place of: what it was before, what it is, and one
/// that keeps the line break at the text's end, which a certificate that ends it needs. A mapping has none.
fn headers(text: &str, header: &Range<usize>) -> Vec<(String, usize)> {
    let said = text.get(header.clone()).unwrap_or_default();
    let as_it_is = (said.to_owned(), header.end);
    match noted(text, header) {
        Some((was, end)) => vec![(was.to_owned(), end), as_it_is],
        None if said.contains('-') => {
            let keeping = format!("{}{WAS}{said}", said.replace('-', ""));
            vec![as_it_is, (keeping, header.end)]
        }
        None => vec![as_it_is],
    }
}

/// The header that a text had before, where that is noted, and where the note ends.
fn noted<'a>(text: &'a str, header: &Range<usize>) -> Option<(&'a str, usize)> {
    let line = text.get(header.end..)?.lines().next()?;
    let was = line.strip_prefix(WAS)?.split(' ').next()?;
    let end = header.end + WAS.len() + was.len();
    (!header.is_empty() && was.starts_with('|')).then_some((was, end))
}

/// A line without the indentation of its place.
fn dedented(line: &str, indent: usize) -> &str {
    let blanks = line.bytes().take(indent).take_while(|byte| *byte == b' ');
    let rest = line.get(blanks.count()..).unwrap_or_default();
    // A comment may stand anywhere.
    if rest.trim_start().starts_with('#') && !line.starts_with(&" ".repeat(indent)) {
        rest.trim_start()
    } else {
        rest
    }
}

/// The lines for the place: those that stay as they are there, and new ones indented.
fn indented(
    seen: &Seen<'_>,
    place: &Range<usize>,
    former: &str,
    inner: &str,
    indent: usize,
    follows: bool,
) -> String {
    let here: Vec<&str> = seen
        .text
        .get(place.clone())
        .unwrap_or_default()
        .split_inclusive('\n')
        .collect();
    let old: Vec<&str> = former.split_inclusive('\n').collect();
    let new: Vec<&str> = inner.split_inclusive('\n').collect();
    let mut lines = String::new();
    for operation in capture_diff_slices(Algorithm::Myers, &old, &new) {
        if let DiffOp::Equal { old_index, len, .. } = operation {
            let kept = here.iter().skip(old_index).take(len);
            lines.extend(kept.copied());
            continue;
        }
        for line in new.get(operation.new_range()).unwrap_or_default() {
            if !line.trim_end_matches(['\r', '\n']).is_empty() {
                lines.push_str(&" ".repeat(indent));
            }
            lines.push_str(line);
        }
    }
    if follows && !lines.ends_with('\n') {
        lines.push_str(if seen.text.contains("\r\n") {
            "\r\n"
        } else {
            "\n"
        });
    }
    lines
}

fn spliced(text: &str, span: &Range<usize>, new: &str) -> String {
    let [before, after] =
        [text.get(..span.start), text.get(span.end..)].map(Option::unwrap_or_default);
    format!("{before}{new}{after}")
}

/// Whether two readings are the same values; none at all are an empty mapping.
fn same(one: &Value, other: &Value) -> bool {
    let is_nothing = |value: &Value| {
        value.is_null()
            || value
                .as_mapping()
                .is_some_and(serde_yaml::Mapping::is_empty)
    };
    one == other || is_nothing(one) && is_nothing(other)
}

/// Takes a value out, and the mappings around it that are left empty.
fn take_out(value: &mut Value, steps: &[Step]) {
    let Some((step, rest)) = steps.split_first() else {
        return;
    };
    match (value, step) {
        (Value::Mapping(mapping), Step::Key(key)) => {
            let Some(inner) = mapping.get_mut(key.as_str()) else {
                return;
            };
            take_out(inner, rest);
            let is_left_empty = inner.is_null()
                || inner
                    .as_mapping()
                    .is_some_and(serde_yaml::Mapping::is_empty);
            if rest.is_empty() || is_left_empty {
                mapping.remove(key.as_str());
            }
        }
        (Value::Sequence(items), Step::Index(index)) => {
            if let Some(item) = items.get_mut(*index) {
                take_out(item, rest);
            }
        }
        _ => {}
    }
}

fn last(path: &Path) -> String {
    match path.steps().last() {
        Some(Step::Key(key)) => key.clone(),
        _ => path.to_string(),
    }
}
