//! A YAML document that can be edited without touching a byte that need not change.
//!
//! [`Document`] owns the text of one YAML file and knows where each value stands in it. Edits are splices of that
//! text: comments, blank lines, quotes, indentation, line ends, a byte order mark and a missing final newline stay as
//! the file's owner wrote them. What cannot be edited safely is refused with a [`YamlError`] that names line and
//! column, and then nothing has changed.
//!
//! Two readers stand behind it: `granit-parser` says *where* things are, `yaml_serde` says *what* they are, and a file
//! on which they disagree is refused. Every edit is read back by both before it counts.
//!
//! | file | purpose |
//! | --- | --- |
//! | `document` | [`Document`]: the public face |
//! | `path` | [`Path`]: where in the document |
//! | `position` | [`Position`]: where in the file |
//! | `error` | [`YamlError`]: every refusal, with what to do about it |
//! | `node`, `parse`, `gap` | text → tree of spans |
//! | `syntax_error` | the parser's errors in plain words |
//! | `values` | the typed reading, and what an edit should make of it |
//! | `style` | the indentation habits of a file |
//! | `scalar`, `render` | typed value → YAML text |
//! | `json` | whether a text is JSON, and stays it |
//! | `edit` | one edit from path to verified text |
//! | `reread` | after one edit of many: what it touched, read anew |
//! | `note` | what stood there before, noted beside what is written over it |
//! | `bounds` | what is too much to be read |
//! | `guard` | what must not be edited in place |
//! | `splices` | changes of the text, collected and applied at once |
//! | `part` | [`Part`]: a value that is a document by itself |
//! | `sync`, `matching`, `block`, `flow`, `replace` | typed difference → splices |

mod block;
mod bounds;
mod document;
mod edit;
mod error;
mod flow;
mod gap;
mod guard;
mod json;
mod matching;
mod node;
mod note;
mod parse;
mod part;
mod path;
mod position;
mod render;
mod replace;
mod reread;
mod scalar;
mod splices;
mod style;
mod sync;
mod syntax_error;
mod values;

pub use document::{Document, Scalar};
pub use error::YamlError;
pub use json::is_json;
pub use part::Part;
pub use path::{Path, Step};
pub use position::Position;
pub use values::under;

/// Why a text is too much to be read: nested too deep, or too many values. What else is wrong with it, a reader tells.
#[must_use]
pub fn excess(text: &str) -> Option<YamlError> {
    let refused = bounds::check(text).err();
    refused.filter(|error| {
        matches!(
            error,
            YamlError::TooDeep { .. } | YamlError::TooLarge { .. }
        )
    })
}

/// What a text means that is only read: every `<<` is replaced by what it merges, as Helm sees it.
///
/// # Errors
/// It is not YAML, or more than can be read.
pub fn value_of(text: &str) -> Result<serde_yaml::Value, YamlError> {
    if let Some(excess) = excess(text) {
        return Err(excess);
    }
    let value = values::typed(text)?;
    Ok(merged(value, text))
}

/// What the documents of a text mean that somebody else made, as Helm, Kubernetes and `PyYAML` read it: of a key that stands twice,
/// the last counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AsTaken {
    /// Each document that is not empty.
    pub values: Vec<serde_yaml::Value>,
    /// Why they are not plain YAML, where a key stands twice.
    pub repeated: Option<String>,
}

impl AsTaken {
    /// Reads a text; what is too much to be read is asked by [`excess`].
    ///
    /// # Errors
    /// It is not YAML for anybody.
    pub fn read(text: &str) -> Result<Self, serde_yaml::Error> {
        let (values, repeated) = match all::<serde_yaml::Value>(text) {
            Ok(values) => (values, None),
            // Of what our reader refuses, this one takes a key that stands twice, and nothing else.
            Err(error) => match all::<serde_json::Value>(text) {
                Ok(values) => {
                    let values = values.into_iter().map(serde_yaml::to_value);
                    (values.collect::<Result<_, _>>()?, Some(error.to_string()))
                }
                Err(_) => return Err(error),
            },
        };
        let values = values.into_iter().filter(|value| !value.is_null());
        Ok(Self {
            values: values.map(|value| merged(value, text)).collect(),
            repeated,
        })
    }
}

fn all<T: serde::de::DeserializeOwned>(text: &str) -> Result<Vec<T>, serde_yaml::Error> {
    serde_yaml::Deserializer::from_str(text)
        .map(T::deserialize)
        .collect()
}

/// A value of `text` with every `<<` replaced by what it merges.
fn merged(value: serde_yaml::Value, text: &str) -> serde_yaml::Value {
    if text.contains("<<") {
        values::resolve_merges(&value).unwrap_or(value)
    } else {
        value
    }
}

/// A mapping as a document of its own, written so that readers of YAML 1.1 and 1.2 take the same from it: Kubernetes and Helm are of
/// the former, where `yes` is no text.
///
/// # Errors
/// A tag, or a key that is no text.
pub fn document(mapping: &serde_yaml::Mapping) -> Result<String, &'static str> {
    let plain = render::Renderer {
        style: style::Style::PLAIN,
        flow: scalar::Context::Flow,
    };
    plain.entries(mapping, 0)
}
