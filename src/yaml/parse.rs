//! Text → tree of spans, from the events of `granit-parser`.
//!
//! The events say what there is and where its content lies; the indicators between (`-`, `?`, `:`, `,`) are found by
//! reading on from the end of what came before, since between two values stand only blanks, comments and indicators.
//! Three habits of the events matter: the span of a null that is not written is empty and may lie before the `:`; the
//! span of a block scalar begins at its content and runs past the blank lines below; a block collection has no
//! end of its own, it ends with its last value.

use std::collections::HashMap;
use std::iter::Peekable;

use granit_parser::{Event, ScalarStyle as Style, Span, StructureStyle, Tag as EventTag};

use super::bounds::{Events, MAX_DEPTH};
use super::gap;
use super::node::{Anchor, Entry, Item, Kind, Layout, Node, ScalarNode, ScalarStyle, Tag, Tree};
use super::{Position, YamlError};

/// Reads the one document of `text`.
pub(super) fn parse(text: &str) -> Result<Tree, YamlError> {
    if let Some(at) = bare_carriage_return(text) {
        return Err(YamlError::BareCarriageReturn {
            at: Position::of(text, at),
        });
    }
    let mut builder = Builder {
        text,
        events: Events::of(text).peekable(),
        aliases: Vec::new(),
        depth: 0,
    };
    builder.document()
}

fn bare_carriage_return(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    text.match_indices('\r')
        .map(|(at, _)| at)
        .find(|at| bytes.get(at + 1) != Some(&b'\n'))
}

struct Builder<'a> {
    text: &'a str,
    events: Peekable<Events<'a>>,
    aliases: Vec<(usize, usize)>,
    depth: usize,
}

impl<'a> Builder<'a> {
    fn document(&mut self) -> Result<Tree, YamlError> {
        let mut root = None;
        let mut end = self.text.len();
        loop {
            match self.next()? {
                None | Some((Event::StreamEnd, _)) => break,
                Some((Event::DocumentStart(explicit, _), span)) => {
                    let (start, after_marker) = bytes(&span);
                    if root.is_some() {
                        // The event of a document without `---` lies wherever the parser stood.
                        let at = if explicit {
                            start
                        } else {
                            gap::skip(self.text, start)
                        };
                        return Err(YamlError::MultipleDocuments { at: self.at(at) });
                    }
                    let from = if explicit {
                        after_marker
                    } else {
                        gap::bom_len(self.text)
                    };
                    root = Some(self.node(from)?);
                }
                Some((Event::DocumentEnd, span)) => {
                    let (start, marker_end) = bytes(&span);
                    if marker_end > start {
                        end = start;
                    }
                }
                Some(_) => {}
            }
        }
        let root = root.unwrap_or_else(|| empty(gap::bom_len(self.text)));
        Ok(Tree {
            root,
            end,
            aliases: std::mem::take(&mut self.aliases),
        })
    }

    /// The next node, which may begin at `from`.
    fn node(&mut self, from: usize) -> Result<Node, YamlError> {
        let Some((event, span)) = self.next()? else {
            return Err(self.lost(from));
        };
        let start = gap::skip(self.text, from);
        let (content_start, content_end) = bytes(&span);
        match event {
            Event::Alias(id) => {
                self.aliases.push((id, content_start));
                Ok(Node {
                    start,
                    after_properties: from,
                    content: content_start..content_end,
                    anchor: None,
                    tag: None,
                    kind: Kind::Alias(id),
                })
            }
            Event::Scalar(text, style, _, tag) => {
                let properties = self.properties(from, &span, tag.as_deref())?;
                self.scalar(properties, start, &span, text.into_owned(), style)
            }
            Event::SequenceStart(style, _, tag) => {
                let properties = self.properties(from, &span, tag.as_deref())?;
                self.nested(content_start, |builder| match style {
                    StructureStyle::Flow => builder.flow_list(properties, start, content_end),
                    StructureStyle::Block => builder.block_list(properties, start),
                })
            }
            Event::MappingStart(style, _, tag) => {
                let properties = self.properties(from, &span, tag.as_deref())?;
                let braces = content_end > content_start;
                self.nested(content_start, |builder| match style {
                    StructureStyle::Flow if braces => {
                        builder.flow_mapping(properties, start, content_end)
                    }
                    StructureStyle::Flow => builder.pair(properties, start),
                    StructureStyle::Block => builder.block_mapping(properties, start),
                })
            }
            _ => Err(self.lost(from)),
        }
    }

    fn scalar(
        &self,
        properties: Properties,
        start: usize,
        span: &Span,
        text: String,
        style: Style,
    ) -> Result<Node, YamlError> {
        let (content_start, content_end) = bytes(span);
        let after = properties.end;
        let (content, style) = match style {
            Style::Literal | Style::Folded => {
                let header = gap::skip(self.text, after);
                let indicators = gap::rest(self.text, header);
                if !indicators.starts_with(['|', '>']) {
                    return Err(self.lost(header));
                }
                let plain = indicators
                    .trim_start_matches(|c: char| "|>+-".contains(c) || c.is_ascii_digit());
                let header_end = self.text.len() - plain.len();
                let keeps = gap::slice(self.text, header, header_end).contains('+');
                let end = self.block_scalar_end(span, header_end, keeps);
                (
                    header..end,
                    ScalarStyle::Block {
                        header_end,
                        indent: span.indent,
                    },
                )
            }
            Style::Plain if content_start == content_end => (after..after, ScalarStyle::Plain),
            Style::Plain => (content_start..content_end, ScalarStyle::Plain),
            Style::SingleQuoted | Style::DoubleQuoted => {
                (content_start..content_end, ScalarStyle::Quoted)
            }
        };
        let start = if content.is_empty() && properties.is_empty() {
            after
        } else {
            start
        };
        Ok(properties.node(start, content, Kind::Scalar(ScalarNode { text, style })))
    }

    /// The end of the last line of a block scalar: blank lines below count only where `+` keeps them, or where they
    /// are indented deeper than the content.
    fn block_scalar_end(&self, span: &Span, header_end: usize, keeps: bool) -> usize {
        let (content_start, span_end) = bytes(span);
        if content_start >= span_end || content_start < header_end {
            return header_end;
        }
        let mut end = span_end;
        loop {
            let line_start = gap::line_start(self.text, end);
            if line_start <= header_end {
                return header_end;
            }
            let line = gap::slice(self.text, line_start, end).trim_end_matches(['\r', '\n']);
            let spaces_only = line.bytes().all(|byte| byte == b' ');
            let is_open = line_start == end || end < gap::line_end(self.text, end);
            let counts = !spaces_only || line.len() > span.indent.unwrap_or_default();
            if counts || (keeps && !is_open) {
                return line_start + line.len();
            }
            // Step over the line break before this line.
            end = gap::line_end(self.text, gap::line_start(self.text, line_start - 1));
            if keeps {
                return end;
            }
        }
    }

    fn flow_list(
        &mut self,
        properties: Properties,
        start: usize,
        opened: usize,
    ) -> Result<Node, YamlError> {
        let mut items = Vec::new();
        let mut at = opened;
        let end = loop {
            if let Some(end) = self.end_of(&Event::SequenceEnd)? {
                break end;
            }
            let item_start = gap::skip(self.text, at);
            let value = self.node(at)?;
            at = self.after_comma(value.content.end);
            items.push(Item {
                start: item_start,
                value,
            });
        };
        let content = opened.saturating_sub(1)..end;
        Ok(properties.node(start, content, Kind::List(Layout::Flow, items)))
    }

    fn block_list(&mut self, properties: Properties, start: usize) -> Result<Node, YamlError> {
        let mut items: Vec<Item> = Vec::new();
        let mut at = properties.end;
        while self.end_of(&Event::SequenceEnd)?.is_none() {
            let dash = gap::skip(self.text, at);
            if !gap::rest(self.text, dash).starts_with('-') {
                return Err(self.lost(dash));
            }
            let value = self.node(dash + 1)?;
            at = value.content.end;
            items.push(Item { start: dash, value });
        }
        let first = items.first().map_or(at, |item| item.start);
        Ok(properties.node(start, first..at, Kind::List(Layout::Block, items)))
    }

    fn flow_mapping(
        &mut self,
        properties: Properties,
        start: usize,
        opened: usize,
    ) -> Result<Node, YamlError> {
        let mut entries = Entries::default();
        let mut at = opened;
        let end = loop {
            if let Some(end) = self.end_of(&Event::MappingEnd)? {
                break end;
            }
            let entry = self.entry(at, Layout::Flow)?;
            at = self.after_comma(entry.end());
            entries.push(self.text, entry)?;
        };
        let content = opened.saturating_sub(1)..end;
        if gap::rest(self.text, content.start).starts_with("{{") {
            return Err(YamlError::Template {
                at: self.at(content.start),
            });
        }
        Ok(properties.node(start, content, Kind::Mapping(Layout::Flow, entries.list)))
    }

    fn pair(&mut self, properties: Properties, start: usize) -> Result<Node, YamlError> {
        let mut entries = Entries::default();
        let mut at = properties.end;
        while self.end_of(&Event::MappingEnd)?.is_none() {
            let entry = self.entry(at, Layout::Pair)?;
            at = entry.end();
            entries.push(self.text, entry)?;
        }
        let first = entries.list.first().map_or(at, |entry| entry.start);
        Ok(properties.node(start, first..at, Kind::Mapping(Layout::Pair, entries.list)))
    }

    fn block_mapping(&mut self, properties: Properties, start: usize) -> Result<Node, YamlError> {
        let mut entries = Entries::default();
        let mut at = properties.end;
        while self.end_of(&Event::MappingEnd)?.is_none() {
            let entry = self.entry(at, Layout::Block)?;
            at = entry.end();
            entries.push(self.text, entry)?;
        }
        let first = entries.list.first().map_or(at, |entry| entry.start);
        Ok(properties.node(start, first..at, Kind::Mapping(Layout::Block, entries.list)))
    }

    fn entry(&mut self, from: usize, layout: Layout) -> Result<Entry, YamlError> {
        let start = gap::skip(self.text, from);
        let key_from = if is_indicator(self.text, start, '?') {
            start + 1
        } else {
            start
        };
        let key = self.node(key_from)?;
        let colon = gap::skip(self.text, key.content.end);
        let has_colon = match layout {
            Layout::Block => is_indicator(self.text, colon, ':'),
            Layout::Flow | Layout::Pair => gap::rest(self.text, colon).starts_with(':'),
        };
        let after_colon = has_colon.then_some(colon + 1);
        let mut value_from = after_colon.unwrap_or(key.content.end);
        if layout != Layout::Block && gap::rest(self.text, colon).starts_with(": ") {
            // What follows an empty value must not stick to the colon: `{a: , b: 1}`.
            value_from += 1;
        }
        let value = self.node(value_from)?;
        Ok(Entry {
            start,
            key,
            after_colon,
            value,
        })
    }

    /// The anchor and the tag before a node's content.
    fn properties(
        &mut self,
        from: usize,
        span: &Span,
        tag: Option<&EventTag>,
    ) -> Result<Properties, YamlError> {
        let mut end = from;
        let mut anchor = None;
        if let Some(Ok((Event::Anchor(..), _))) = self.events.peek()
            && let Some((Event::Anchor(id, _), span)) = self.next()?
        {
            let (start, anchor_end) = bytes(&span);
            end = end.max(anchor_end);
            anchor = Some(Anchor {
                id,
                name: gap::slice(self.text, start, anchor_end).to_owned(),
            });
        }
        let tag = tag.map(|tag| {
            let (start, tag_end) = span.tag_span().map_or((end, end), |span| bytes(&span));
            end = end.max(tag_end);
            Tag {
                text: gap::slice(self.text, start, tag_end).to_owned(),
                is_collection: matches!(tag.core_suffix(), Some("map" | "seq")),
            }
        });
        Ok(Properties { end, anchor, tag })
    }

    /// Takes the closing event if it is next, and says where it ends.
    fn end_of(&mut self, closing: &Event<'_>) -> Result<Option<usize>, YamlError> {
        let closes = matches!(self.events.peek(), Some(Ok((event, _))) if event == closing);
        if !closes {
            return Ok(None);
        }
        Ok(self.next()?.map(|(_, span)| bytes(&span).1))
    }

    /// After the comma that may follow a flow item.
    fn after_comma(&self, end: usize) -> usize {
        let comma = gap::skip(self.text, end);
        if gap::rest(self.text, comma).starts_with(',') {
            comma + 1
        } else {
            end
        }
    }

    fn nested(
        &mut self,
        at: usize,
        build: impl FnOnce(&mut Self) -> Result<Node, YamlError>,
    ) -> Result<Node, YamlError> {
        if self.depth == MAX_DEPTH {
            return Err(self.too_deep(at));
        }
        self.depth += 1;
        let node = build(self);
        self.depth -= 1;
        node
    }

    fn next(&mut self) -> Result<Option<(Event<'a>, Span)>, YamlError> {
        self.events.next().transpose()
    }

    fn at(&self, offset: usize) -> Position {
        Position::of(self.text, offset)
    }

    fn too_deep(&self, at: usize) -> YamlError {
        YamlError::TooDeep {
            at: self.at(at),
            limit: MAX_DEPTH,
        }
    }

    /// The text and the events do not fit together as expected.
    fn lost(&self, at: usize) -> YamlError {
        YamlError::ReadersDisagree {
            at: self.at(at),
            detail: String::new(),
        }
    }
}

/// The anchor and the tag of a node, and where its content may begin.
struct Properties {
    end: usize,
    anchor: Option<Anchor>,
    tag: Option<Tag>,
}

impl Properties {
    fn is_empty(&self) -> bool {
        self.anchor.is_none() && self.tag.is_none()
    }

    fn node(self, start: usize, content: std::ops::Range<usize>, kind: Kind) -> Node {
        Node {
            start,
            after_properties: self.end,
            content,
            anchor: self.anchor,
            tag: self.tag,
            kind,
        }
    }
}

/// The entries of a mapping, each key once.
#[derive(Default)]
struct Entries {
    list: Vec<Entry>,
    seen: HashMap<String, usize>,
}

impl Entries {
    /// Keys are compared as text: `1` and `"1"` are the same key once the values are JSON, as they are for Helm.
    fn push(&mut self, text: &str, entry: Entry) -> Result<(), YamlError> {
        if let Some(name) = entry.name()
            && let Some(first) = self.seen.insert(name.to_owned(), entry.key.start)
        {
            return Err(YamlError::DuplicateKey {
                at: entry.key.position(text),
                first: Position::of(text, first),
                key: name.to_owned(),
            });
        }
        self.list.push(entry);
        Ok(())
    }
}

/// A null that is not written.
fn empty(at: usize) -> Node {
    let nothing = ScalarNode {
        text: "~".to_owned(),
        style: ScalarStyle::Plain,
    };
    let none = Properties {
        end: at,
        anchor: None,
        tag: None,
    };
    none.node(at, at..at, Kind::Scalar(nothing))
}

/// `indicator` stands at `at`, followed by a blank, a line break or the end of the text.
fn is_indicator(text: &str, at: usize, indicator: char) -> bool {
    let mut chars = gap::rest(text, at).chars();
    chars.next() == Some(indicator)
        && chars
            .next()
            .is_none_or(|next| matches!(next, ' ' | '\t' | '\r' | '\n'))
}

/// The first and the last byte of a span; the parser gives both for every text it is handed whole.
fn bytes(span: &Span) -> (usize, usize) {
    let range = span.byte_range().unwrap_or_default();
    (range.start, range.end)
}
