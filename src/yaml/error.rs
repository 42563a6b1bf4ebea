//! Every way in which a document, or an edit of it, is refused.

use thiserror::Error;

use super::{Path, Position};

/// Why a YAML text cannot be read or edited safely. After any of these the document is what it was.
///
/// The message names line and column, what stands in the way, and what to change by hand. It quotes keys, anchors and
/// tags, never values, which may be secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum YamlError {
    /// The text is not YAML.
    #[error("{at}: not valid YAML: {problem}. {remedy}")]
    Invalid {
        /// Where the reader stopped.
        at: Position,
        /// What the reader met.
        problem: String,
        /// What usually mends it.
        remedy: &'static str,
    },
    /// `{{ … }}` outside a string: a chart template, not a values file.
    #[error(
        "{at}: an unrendered template `{{{{ … }}}}` stands where YAML is expected. Render the file first, or quote the \
         template if it is meant as text: '{{{{ … }}}}'"
    )]
    Template {
        /// The first brace.
        at: Position,
    },
    /// More than one document in the file.
    #[error(
        "{at}: a second YAML document starts here, and Helm reads only one per values file. Split the file at `---` \
         and name the part that holds the values"
    )]
    MultipleDocuments {
        /// The start of the second document.
        at: Position,
    },
    /// The document is a list or a scalar.
    #[error(
        "{at}: the file holds {found} where a values file holds a mapping. Put the content under a key, `key: …`"
    )]
    RootNotMapping {
        /// The start of the root.
        at: Position,
        /// What it is, with its article.
        found: &'static str,
    },
    /// A key stands twice in one mapping; readers differ on which one counts.
    #[error(
        "{at}: the key `{key}` stands here a second time, first at {first}; only one of them counts, and readers \
         differ on which. Keep one of the two"
    )]
    DuplicateKey {
        /// The second one.
        at: Position,
        /// The first one.
        first: Position,
        /// The key.
        key: String,
    },
    /// Nested deeper than any values file needs to be.
    #[error("{at}: nested more than {limit} levels deep. Check for a bracket that is never closed")]
    TooDeep {
        /// Where the limit was passed.
        at: Position,
        /// The limit in levels.
        limit: usize,
    },
    /// More values than any release can hold, be it by aliases that repeat others.
    #[error(
        "{at}: more than {limit} up to here, with what aliases repeat: no release of Helm holds that much. Write \
         less, or repeat less"
    )]
    TooLarge {
        /// Where the limit was passed.
        at: Position,
        /// The limit, such as `50,000 values`.
        limit: &'static str,
    },
    /// A carriage return without a line feed; readers differ on whether it ends the line.
    #[error(
        "{at}: a carriage return stands alone, without a line feed, and readers differ on whether it ends the line. \
         Convert the line ends, for example with `dos2unix` or `mac2unix`"
    )]
    BareCarriageReturn {
        /// The carriage return.
        at: Position,
    },
    /// The two readers see different things.
    #[error(
        "{at}: YAML readers do not agree on this{detail}, so Helm might read something else than is meant. Write it in \
         plainer YAML: quote the text, or drop the unusual syntax"
    )]
    ReadersDisagree {
        /// The first place where they differ.
        at: Position,
        /// What the stricter reader says, if it says anything.
        detail: String,
    },
    /// A `<<` that merges something other than a mapping.
    #[error(
        "{at}: `<<` merges something that is not a mapping. Point it at an anchored mapping, `<<: *anchor`"
    )]
    MergeNotMapping {
        /// The `<<` key.
        at: Position,
    },
    /// The way leads through an alias: the edit would change its anchor's place too.
    #[error(
        "{at}: `{path}` is the alias `{alias}`: an edit here would also change the place it stands for, at {anchor_at}. \
         Replace the alias with a copy of its content, then try again"
    )]
    AliasInTheWay {
        /// The alias.
        at: Position,
        /// The path of the alias.
        path: Path,
        /// The alias as written, `*name`.
        alias: String,
        /// Where the content really stands.
        anchor_at: Position,
    },
    /// The way leads through an anchor that aliases repeat elsewhere.
    #[error(
        "{at}: `{path}` is anchored as `{anchor}` and repeated at {alias_at}: an edit here would change that place too. \
         Replace that alias with a copy of the content, then try again"
    )]
    SharedAnchor {
        /// The anchored value.
        at: Position,
        /// The path of the anchored value.
        path: Path,
        /// The anchor as written, `&name`.
        anchor: String,
        /// The first alias that repeats it.
        alias_at: Position,
    },
    /// The key comes from a `<<` merge, not from the mapping itself.
    #[error(
        "{at}: `{path}` comes in through the merge key `<<` here. Write the key itself into this mapping with the value \
         it should have, then try again"
    )]
    InheritedKey {
        /// The `<<` key.
        at: Position,
        /// The path of the inherited key.
        path: Path,
    },
    /// A scalar or a list stands where a mapping is needed.
    #[error(
        "{at}: `{path}` is {found}, and the edit needs a mapping there. Remove the value, or turn it into a mapping"
    )]
    NotAMapping {
        /// The value in the way.
        at: Position,
        /// Its path.
        path: Path,
        /// What it is, with its article.
        found: &'static str,
    },
    /// A scalar or a mapping stands where a list is needed.
    #[error(
        "{at}: `{path}` is {found}, and the edit needs a list there. Remove the value, or turn it into a list: `- …`"
    )]
    NotAList {
        /// The value in the way.
        at: Position,
        /// Its path.
        path: Path,
        /// What it is, with its article.
        found: &'static str,
    },
    /// A list has no item with that index.
    #[error("{at}: `{path}` does not exist: the list here has {length} item(s). Count from 0")]
    IndexOutOfRange {
        /// The list.
        at: Position,
        /// The path of the missing item.
        path: Path,
        /// How many items there are.
        length: usize,
    },
    /// The value on the way carries a tag whose meaning only its owner knows.
    #[error(
        "{at}: `{path}` carries the tag `{tag}`, whose meaning is not known here. Remove the tag, then try again"
    )]
    TagInTheWay {
        /// The tagged value.
        at: Position,
        /// Its path.
        path: Path,
        /// The tag as written.
        tag: String,
    },
    /// Several items of a list have the name by which one of them is to be edited.
    #[error(
        "{at}: a second item of `{path}` has the same `{key}` `{name}` as the one at {first}, so it is unclear which is \
         meant. Rename or remove one of them"
    )]
    AmbiguousItem {
        /// The second item.
        at: Position,
        /// The first item.
        first: Position,
        /// The path of the list.
        path: Path,
        /// The key that should tell items apart.
        key: String,
        /// The name that does not.
        name: String,
    },
    /// An item to merge lacks the key by which items are told apart.
    #[error(
        "{at}: an item to be merged into `{path}` has no text under `{key}`, by which items are told apart. Give it one"
    )]
    ItemWithoutKey {
        /// The list.
        at: Position,
        /// Its path.
        path: Path,
        /// The missing key.
        key: String,
    },
    /// The value to write has no plain YAML form.
    #[error("{at}: `{path}` cannot be written: {problem}. Write a plainer value there")]
    UnwritableValue {
        /// Where it was to be written.
        at: Position,
        /// Its path.
        path: Path,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The file ends inside a `|` text without a final newline; adding after it would add a newline to that text.
    #[error(
        "{at}: the file ends inside a block text (`|` or `>`) without a final newline; adding anything after it would \
         add a newline to that text. End the file with a newline, then try again: echo >> FILE"
    )]
    NoFinalNewline {
        /// The end of the file.
        at: Position,
    },
    /// The edit would have changed something else too, or lost a comment's place.
    #[error(
        "{at}: `{path}` cannot be edited without changing something else ({problem}). Make the change by hand, or \
         simplify the YAML around this line"
    )]
    Unsafe {
        /// Where the edit was to happen.
        at: Position,
        /// What was to be edited.
        path: Path,
        /// What would have happened.
        problem: String,
    },
}

impl YamlError {
    /// A stable name of the refusal, for JSON output and documentation.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Invalid { .. } => "invalid-yaml",
            Self::Template { .. } => "unrendered-template",
            Self::MultipleDocuments { .. } => "multiple-documents",
            Self::RootNotMapping { .. } => "root-not-a-mapping",
            Self::DuplicateKey { .. } => "duplicate-key",
            Self::TooDeep { .. } => "nested-too-deep",
            Self::TooLarge { .. } => "too-large",
            Self::BareCarriageReturn { .. } => "bare-carriage-return",
            Self::ReadersDisagree { .. } => "readers-disagree",
            Self::MergeNotMapping { .. } => "merge-not-a-mapping",
            Self::AliasInTheWay { .. } => "alias-in-the-way",
            Self::SharedAnchor { .. } => "shared-anchor",
            Self::InheritedKey { .. } => "inherited-key",
            Self::NotAMapping { .. } => "not-a-mapping",
            Self::NotAList { .. } => "not-a-list",
            Self::IndexOutOfRange { .. } => "index-out-of-range",
            Self::TagInTheWay { .. } => "tag-in-the-way",
            Self::AmbiguousItem { .. } => "ambiguous-item",
            Self::ItemWithoutKey { .. } => "item-without-key",
            Self::UnwritableValue { .. } => "unwritable-value",
            Self::NoFinalNewline { .. } => "no-final-newline",
            Self::Unsafe { .. } => "unsafe-edit",
        }
    }

    /// Where in the file.
    #[must_use]
    pub const fn position(&self) -> Position {
        match self {
            Self::Invalid { at, .. }
            | Self::Template { at }
            | Self::MultipleDocuments { at }
            | Self::RootNotMapping { at, .. }
            | Self::DuplicateKey { at, .. }
            | Self::TooDeep { at, .. }
            | Self::TooLarge { at, .. }
            | Self::BareCarriageReturn { at }
            | Self::ReadersDisagree { at, .. }
            | Self::MergeNotMapping { at }
            | Self::AliasInTheWay { at, .. }
            | Self::SharedAnchor { at, .. }
            | Self::InheritedKey { at, .. }
            | Self::NotAMapping { at, .. }
            | Self::NotAList { at, .. }
            | Self::IndexOutOfRange { at, .. }
            | Self::TagInTheWay { at, .. }
            | Self::AmbiguousItem { at, .. }
            | Self::ItemWithoutKey { at, .. }
            | Self::UnwritableValue { at, .. }
            | Self::NoFinalNewline { at }
            | Self::Unsafe { at, .. } => *at,
        }
    }
}

#[cfg(test)]
mod tests;
