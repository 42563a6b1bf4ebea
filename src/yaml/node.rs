//! The tree of spans: where each value of a document stands in its text.

use std::collections::HashMap;
use std::ops::Range;

use super::Position;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// First byte of the anchor, the tag or the content, whichever comes first.
    pub(super) start: usize,
    /// Where the content may begin: right after the indicator (`:`, `-`, …), the anchor and the tag.
    pub(super) after_properties: usize,
    /// The content as written, without the line break that ends it; empty for a null that is not written.
    ///
    /// A block scalar begins with its header `|` or `>`; it and a block collection end with the last line of content.
    pub(super) content: Range<usize>,
    pub(super) anchor: Option<Anchor>,
    pub(super) tag: Option<Tag>,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Scalar(ScalarNode),
    /// An alias of the anchor with this id.
    Alias(usize),
    List(Layout, Vec<Item>),
    Mapping(Layout, Vec<Entry>),
}

#[derive(Debug, Clone)]
pub(super) struct ScalarNode {
    /// The text after unquoting and unfolding; `~` for a null that is not written.
    pub(super) text: String,
    pub(super) style: ScalarStyle,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ScalarStyle {
    Plain,
    Quoted,
    /// `|` or `>`.
    Block {
        /// The end of the header, `|2-`.
        header_end: usize,
        /// The column of the content from 0, if there is any.
        indent: Option<usize>,
    },
}

/// How a collection is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// By indentation.
    Block,
    /// In brackets or braces.
    Flow,
    /// A pair inside a flow list without braces of its own, `[a: b]`.
    Pair,
}

#[derive(Debug, Clone)]
pub(super) struct Item {
    /// The `-`; in a flow list the start of the item.
    pub(super) start: usize,
    pub(super) value: Node,
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// The key, or the `?` before it.
    pub(super) start: usize,
    pub(super) key: Node,
    /// Right after the `:`, if there is one.
    pub(super) after_colon: Option<usize>,
    pub(super) value: Node,
}

#[derive(Debug, Clone)]
pub(super) struct Anchor {
    pub(super) id: usize,
    /// As written, with `&`.
    pub(super) name: String,
}

#[derive(Debug, Clone)]
pub(super) struct Tag {
    /// As written.
    pub(super) text: String,
    /// One of YAML's own collection tags, which say no more than the layout does.
    pub(super) is_collection: bool,
}

impl Node {
    /// A plain scalar that YAML reads as null.
    pub(super) fn is_null(&self) -> bool {
        self.tag.is_none()
            && matches!(&self.kind, Kind::Scalar(scalar)
            if scalar.style == ScalarStyle::Plain
                && matches!(scalar.text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// What it is, with its article, for error messages.
    pub(super) fn describe(&self) -> &'static str {
        match self.kind {
            Kind::Scalar(_) => "a single value",
            Kind::Alias(_) => "an alias",
            Kind::List(..) => "a list",
            Kind::Mapping(..) => "a mapping",
        }
    }

    /// A block list or block mapping.
    pub(super) fn is_block_collection(&self) -> bool {
        matches!(
            self.kind,
            Kind::List(Layout::Block, _) | Kind::Mapping(Layout::Block, _)
        )
    }

    /// The header's end, if this is a block scalar.
    pub(super) fn block_header_end(&self) -> Option<usize> {
        match &self.kind {
            Kind::Scalar(ScalarNode {
                style: ScalarStyle::Block { header_end, .. },
                ..
            }) => Some(*header_end),
            _ => None,
        }
    }

    /// The value that ends last in the text.
    pub(super) fn last_leaf(&self) -> &Node {
        let mut node = self;
        loop {
            let last = match &node.kind {
                Kind::List(Layout::Block, items) => items.last().map(|item| &item.value),
                Kind::Mapping(Layout::Block, entries) => entries.last().map(|entry| &entry.value),
                _ => None,
            };
            match last {
                Some(child) => node = child,
                None => return node,
            }
        }
    }

    /// The node and all below it, keys included, in the order of the text.
    pub(super) fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Node)) {
        visit(self);
        match &self.kind {
            Kind::List(_, items) => items.iter().for_each(|item| item.value.walk(visit)),
            Kind::Mapping(_, entries) => {
                for entry in entries {
                    entry.key.walk(visit);
                    entry.value.walk(visit);
                }
            }
            Kind::Scalar(_) | Kind::Alias(_) => {}
        }
    }

    pub(super) fn position(&self, text: &str) -> Position {
        Position::of(text, self.start)
    }
}

impl Entry {
    /// The key's text, if it is a scalar.
    pub(super) fn name(&self) -> Option<&str> {
        match &self.key.kind {
            Kind::Scalar(scalar) => Some(&scalar.text),
            _ => None,
        }
    }

    /// The merge key `<<`, unquoted.
    pub(super) fn is_merge(&self) -> bool {
        matches!(&self.key.kind, Kind::Scalar(scalar)
            if scalar.style == ScalarStyle::Plain && scalar.text == "<<")
    }

    /// The end of the entry, without what follows on its last line.
    pub(super) fn end(&self) -> usize {
        self.value
            .content
            .end
            .max(self.after_colon.unwrap_or_default())
            .max(self.key.content.end)
    }
}

impl Item {
    /// The end of the item, without what follows on its last line.
    pub(super) fn end(&self) -> usize {
        self.value.content.end
    }
}

/// A whole document.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    pub(super) root: Node,
    /// Where a mapping's content would go if the document is empty: before `...`, or the end of the text.
    pub(super) end: usize,
    /// Each alias: the id of its anchor, and its offset.
    pub(super) aliases: Vec<(usize, usize)>,
}

impl Tree {
    /// The first alias outside `except` that repeats this anchor.
    pub(super) fn alias_of(&self, anchor: &Anchor, except: &Range<usize>) -> Option<usize> {
        self.aliases
            .iter()
            .find(|(id, at)| *id == anchor.id && !except.contains(at))
            .map(|(_, at)| *at)
    }

    /// The nodes that carry an anchor, by its id.
    pub(super) fn anchored(&self) -> HashMap<usize, &Node> {
        let mut found = HashMap::new();
        if !self.aliases.is_empty() {
            self.root.walk(&mut |node| {
                if let Some(anchor) = &node.anchor {
                    found.insert(anchor.id, node);
                }
            });
        }
        found
    }

    /// The text ends in a block scalar.
    pub(super) fn ends_in_block_scalar(&self, text: &str) -> bool {
        let last = self.root.last_leaf();
        last.block_header_end().is_some()
            && text
                .get(last.content.end..)
                .is_some_and(|rest| matches!(rest, "" | "\n" | "\r\n"))
    }
}
