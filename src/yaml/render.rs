//! Typed value → YAML text.

use serde_yaml::{Mapping, Value};

use super::scalar::{self, Context};
use super::style::Style;

/// Where an inline value or a block of lines is to stand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    /// The column of the key, the `?` or the `-` that holds the value.
    pub(super) parent: usize,
    /// The column at which a mapping under the parent begins.
    pub(super) mapping: usize,
    /// The column at which the dashes of a list under the parent begin.
    pub(super) list: usize,
    /// The column at which the lines of a `|` block under the parent begin.
    pub(super) literal: usize,
}

impl Columns {
    /// The places of values behind a dash at this column: on its line, right after `- `.
    pub(super) const fn behind_dash(dash: usize) -> Self {
        Self {
            parent: dash,
            mapping: dash + 2,
            list: dash + 2,
            literal: dash + 2,
        }
    }
}

/// A value, written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Written {
    /// On the line of its key or dash, without the blank before it; empty for a null that need not be written.
    Inline(String),
    /// A header on the line of its key or dash, and whole lines below.
    Literal { header: String, lines: String },
    /// Whole lines, the first of which begins at this column.
    Lines { column: usize, lines: String },
}

/// Writes values in the style of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Renderer {
    pub(super) style: Style,
    /// What stands in brackets and braces is YAML, or JSON.
    pub(super) flow: Context,
}

impl Renderer {
    /// The places of values under a key at `parent`.
    pub(super) fn under_key(self, parent: usize) -> Columns {
        Columns {
            parent,
            mapping: parent + self.style.mapping,
            list: parent + self.style.list,
            literal: parent + self.style.mapping,
        }
    }

    /// `value` at `place`; `null` stands for a null there.
    pub(super) fn write(
        self,
        value: &Value,
        place: Columns,
        null: &str,
    ) -> Result<Written, &'static str> {
        let written = match value {
            Value::Null => Written::Inline(null.to_owned()),
            Value::Sequence(items) if !items.is_empty() => Written::Lines {
                column: place.list,
                lines: self.items(items, place.list)?,
            },
            Value::Mapping(mapping) if !mapping.is_empty() => Written::Lines {
                column: place.mapping,
                lines: self.entries(mapping, place.mapping)?,
            },
            Value::String(text) => {
                match scalar::literal(text, place.literal.saturating_sub(place.parent)) {
                    Some((header, lines)) => Written::Literal {
                        header,
                        lines: self.indent(&lines, place.literal),
                    },
                    None => Written::Inline(scalar::inline(text, Context::Block)),
                }
            }
            other => Written::Inline(self.flow(other)?),
        };
        Ok(written)
    }

    /// Lines of text at a column; empty lines stay empty.
    fn indent(self, lines: &[&str], column: usize) -> String {
        let mut indented = String::new();
        for line in lines {
            if !line.is_empty() {
                indented.extend(std::iter::repeat_n(' ', column));
                indented.push_str(line);
            }
            indented.push_str(self.style.line_break);
        }
        indented
    }

    /// The entries of a mapping as whole lines, from `column`.
    pub(super) fn entries(self, mapping: &Mapping, column: usize) -> Result<String, &'static str> {
        mapping
            .iter()
            .try_fold(String::new(), |lines, (key, value)| {
                Ok(lines + &self.entry(key, value, column)?)
            })
    }

    /// One entry as whole lines, from `column`.
    pub(super) fn entry(
        self,
        key: &Value,
        value: &Value,
        column: usize,
    ) -> Result<String, &'static str> {
        let key = key_text(key, Context::Block)?;
        let line_break = self.style.line_break;
        Ok(match self.write(value, self.under_key(column), "")? {
            Written::Inline(text) if text.is_empty() => format!("{:column$}{key}:{line_break}", ""),
            Written::Inline(text) => format!("{:column$}{key}: {text}{line_break}", ""),
            Written::Literal { header, lines } => {
                format!("{:column$}{key}: {header}{line_break}{lines}", "")
            }
            Written::Lines { lines, .. } => format!("{:column$}{key}:{line_break}{lines}", ""),
        })
    }

    /// List items as whole lines, with the dashes at `column`.
    pub(super) fn items(self, items: &[Value], column: usize) -> Result<String, &'static str> {
        items.iter().try_fold(String::new(), |lines, item| {
            Ok(lines + &self.item(item, column)?)
        })
    }

    fn item(self, item: &Value, column: usize) -> Result<String, &'static str> {
        let line_break = self.style.line_break;
        Ok(
            match self.write(item, Columns::behind_dash(column), "null")? {
                Written::Inline(text) => format!("{:column$}- {text}{line_break}", ""),
                Written::Literal { header, lines } => {
                    format!("{:column$}- {header}{line_break}{lines}", "")
                }
                Written::Lines { lines, .. } => {
                    format!("{:column$}- {}", "", lines.trim_start_matches(' '))
                }
            },
        )
    }

    /// `value` on one line, in brackets and braces.
    pub(super) fn flow(self, value: &Value) -> Result<String, &'static str> {
        Ok(match value {
            Value::Null => "null".to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Number(value) => value.to_string(),
            Value::String(text) => scalar::inline(text, self.flow),
            Value::Sequence(items) => {
                let items = items.iter().map(|item| self.flow(item));
                let items: Vec<String> = items.collect::<Result<_, _>>()?;
                format!("[{}]", items.join(", "))
            }
            Value::Mapping(mapping) => {
                let entries = mapping.iter();
                let entries = entries.map(|(key, value)| self.flow_entry(key, value));
                let entries: Vec<String> = entries.collect::<Result<_, _>>()?;
                format!("{{{}}}", entries.join(", "))
            }
            Value::Tagged(_) => {
                return Err("it carries a YAML tag");
            }
        })
    }

    /// One entry of a flow mapping.
    pub(super) fn flow_entry(self, key: &Value, value: &Value) -> Result<String, &'static str> {
        let key = key_text(key, self.flow)?;
        Ok(format!("{key}: {}", self.flow(value)?))
    }
}

fn key_text(key: &Value, context: Context) -> Result<String, &'static str> {
    /// What YAML allows a key on one line.
    const MAX_KEY: usize = 1024;
    let Value::String(key) = key else {
        return Err("one of its keys is not text");
    };
    let written = scalar::inline(key, context);
    if written.chars().count() >= MAX_KEY {
        return Err(
            "one of its keys is longer than the 1024 characters that YAML allows on a line",
        );
    }
    Ok(written)
}
