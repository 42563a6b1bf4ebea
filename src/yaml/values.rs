//! The typed reading of a document, and what an edit should make of it. No text here.

use serde_yaml::{Mapping, Value};

use super::gap;
use super::node::{Kind, Node, ScalarStyle};
use super::{Path, Position, Step, YamlError};

/// What the whole document means. A document without content is an empty mapping.
pub(super) fn read(text: &str, root: &Node) -> Result<Value, YamlError> {
    let value = if root.is_null() && root.content.is_empty() && root.anchor.is_none() {
        // Nothing but comments: some readers call that no document at all.
        Value::Null
    } else {
        typed(text)?
    };
    if let Some(node) = first_difference(root, &value) {
        return Err(YamlError::ReadersDisagree {
            at: node.position(text),
            detail: String::new(),
        });
    }
    match value {
        Value::Null if root.tag.is_none() => Ok(Value::Mapping(Mapping::new())),
        Value::Mapping(_) => Ok(value),
        _ => Err(YamlError::RootNotMapping {
            at: Position::of(text, root.content.start),
            found: root.describe(),
        }),
    }
}

/// The typed reader alone.
pub(super) fn typed(text: &str) -> Result<Value, YamlError> {
    // This reader counts the byte order mark as a column, unlike Helm's, which drops it first.
    let bom = gap::bom_len(text);
    serde_yaml::from_str(gap::rest(text, bom)).map_err(|error| disagreement(text, bom, &error))
}

fn disagreement(text: &str, bom: usize, error: &serde_yaml::Error) -> YamlError {
    let offset = bom + error.location().map_or(0, |location| location.index());
    let message = error.to_string();
    // Messages with quotes in them repeat what the file says, which may be a secret.
    let is_general = !message.contains(['"', '`']);
    YamlError::ReadersDisagree {
        at: Position::of(text, offset.min(text.len())),
        detail: if is_general {
            format!(" ({message})")
        } else {
            String::new()
        },
    }
}

/// The first value that the spans and the typed reading see differently.
fn first_difference<'n>(node: &'n Node, value: &Value) -> Option<&'n Node> {
    let value = match value {
        Value::Tagged(tagged) => &tagged.value,
        other => other,
    };
    let same = match (&node.kind, value) {
        (Kind::Alias(_), _) => return None,
        (Kind::Scalar(_), Value::Sequence(_) | Value::Mapping(_)) => false,
        (Kind::Scalar(scalar), Value::String(text)) => node.tag.is_some() || scalar.text == *text,
        (Kind::Scalar(scalar), _) => node.tag.is_some() || scalar.style == ScalarStyle::Plain,
        (Kind::List(_, items), Value::Sequence(values)) if items.len() == values.len() => {
            let mut pairs = items.iter().zip(values);
            return pairs.find_map(|(item, value)| first_difference(&item.value, value));
        }
        (Kind::Mapping(_, entries), Value::Mapping(values)) if entries.len() == values.len() => {
            let mut pairs = entries.iter().zip(values);
            return pairs.find_map(|(entry, (key, value))| {
                first_difference(&entry.key, key).or_else(|| first_difference(&entry.value, value))
            });
        }
        _ => false,
    };
    (!same).then_some(node)
}

/// The value with every `<<` replaced by what it merges, as Go's reader does (measured with Helm 3.17 and 4.3): the first of several
/// mappings wins, then whatever stands last. So a mapping's own key wins behind a `<<` alone, other than in YAML's own words.
///
/// `None` if some `<<` merges anything but mappings.
pub(super) fn resolve_merges(value: &Value) -> Option<Value> {
    match value {
        Value::Sequence(items) => items
            .iter()
            .map(resolve_merges)
            .collect::<Option<_>>()
            .map(Value::Sequence),
        Value::Mapping(mapping) => {
            let mut resolved = Mapping::new();
            for (key, value) in mapping {
                if !is_merge_key(key) {
                    resolved.insert(key.clone(), resolve_merges(value)?);
                    continue;
                }
                let sources = match value {
                    Value::Sequence(sources) => sources.as_slice(),
                    single => std::slice::from_ref(single),
                };
                for source in sources.iter().rev() {
                    let Value::Mapping(source) = resolve_merges(source)? else {
                        return None;
                    };
                    resolved.extend(source);
                }
            }
            Some(Value::Mapping(resolved))
        }
        other => Some(other.clone()),
    }
}

fn is_merge_key(key: &Value) -> bool {
    key.as_str() == Some("<<")
}

/// The value under a name: a key may be a number, or another word that is no text for the typed reader.
#[must_use]
pub fn under<'v>(mapping: &'v Mapping, name: &str) -> Option<&'v Value> {
    mapping
        .get(name)
        .or_else(|| mapping.get(key_named(mapping, name)?))
}

/// The key that is no text and is written as `name`.
fn key_named<'v>(mapping: &'v Mapping, name: &str) -> Option<&'v Value> {
    mapping.keys().find(|key| is_written(key, name))
}

/// Whether a key that is no text is written as `name`.
pub(super) fn is_written(key: &Value, name: &str) -> bool {
    match key {
        Value::Number(number) => number.to_string() == name,
        Value::Bool(yes) => yes.to_string() == name,
        _ => false,
    }
}

/// The key under which `name` stands, or would.
fn key_for(mapping: &Mapping, name: &str) -> Value {
    let other = key_named(mapping, name).filter(|_| !mapping.contains_key(name));
    other.cloned().unwrap_or_else(|| Value::from(name))
}

/// The value at a path.
pub(super) fn lookup<'v>(value: &'v Value, path: &Path) -> Option<&'v Value> {
    path.steps()
        .iter()
        .try_fold(value, |value, step| match (value, step) {
            (Value::Mapping(mapping), Step::Key(key)) => under(mapping, key),
            (Value::Sequence(items), Step::Index(index)) => items.get(*index),
            _ => None,
        })
}

/// Puts `new` at `steps` below `value`, creating mappings where there is nothing or null.
///
/// Does nothing where something else stands in the way; the spans are asked about that first.
pub(super) fn assign(value: &mut Value, steps: &[Step], new: Value) {
    let Some((step, deeper)) = steps.split_first() else {
        *value = new;
        return;
    };
    match step {
        Step::Key(key) => {
            if value.is_null() {
                *value = Value::Mapping(Mapping::new());
            }
            if let Value::Mapping(mapping) = value {
                let key = key_for(mapping, key);
                let child = mapping.entry(key).or_insert(Value::Null);
                assign(child, deeper, new);
            }
        }
        Step::Index(index) => {
            if let Some(child) = value
                .as_sequence_mut()
                .and_then(|items| items.get_mut(*index))
            {
                assign(child, deeper, new);
            }
        }
    }
}

/// Takes the value at `steps` out of its mapping or list.
pub(super) fn take_out(value: &mut Value, steps: &[Step]) {
    let Some((step, deeper)) = steps.split_first() else {
        return;
    };
    match (value, step) {
        (Value::Mapping(mapping), Step::Key(key)) => {
            let key = key_for(mapping, key);
            if deeper.is_empty() {
                mapping.shift_remove(&key);
            } else if let Some(child) = mapping.get_mut(&key) {
                take_out(child, deeper);
            }
        }
        (Value::Sequence(items), Step::Index(index)) if *index < items.len() => {
            if deeper.is_empty() {
                items.remove(*index);
            } else if let Some(child) = items.get_mut(*index) {
                take_out(child, deeper);
            }
        }
        _ => {}
    }
}

/// `new` under the keys of `steps`, outermost first.
pub(super) fn wrap(steps: &[Step], new: Value) -> Value {
    steps.iter().rev().fold(new, |inner, step| match step {
        Step::Key(key) => Value::Mapping(Mapping::from_iter([(Value::from(key.as_str()), inner)])),
        Step::Index(_) => Value::Sequence(vec![inner]),
    })
}

/// The text under `key` of an item.
pub(super) fn name<'v>(item: &'v Value, key: &str) -> Option<&'v str> {
    item.as_mapping()?.get(key)?.as_str()
}

/// `list` with `items` put over those of the same name under `key`, or after the end.
pub(super) fn upsert(list: &[Value], key: &str, items: &[Value]) -> Vec<Value> {
    let mut merged = list.to_vec();
    for item in items {
        let same = merged
            .iter_mut()
            .find(|other| name(other, key).is_some() && name(other, key) == name(item, key));
        match same {
            Some(other) => other.clone_from(item),
            None => merged.push(item.clone()),
        }
    }
    merged
}

/// How many levels of collections `value` has, counted no further than `limit`.
pub(super) fn is_deeper_than(value: &Value, limit: usize) -> bool {
    match value {
        Value::Sequence(items) => {
            limit == 0 || items.iter().any(|item| is_deeper_than(item, limit - 1))
        }
        Value::Mapping(mapping) => {
            limit == 0
                || mapping
                    .values()
                    .any(|value| is_deeper_than(value, limit - 1))
        }
        _ => false,
    }
}
