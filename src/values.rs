//! Helm's values: merging, comparing and looking up, as Helm does it.

pub mod foreign;
pub mod kept;
mod key_path;
pub mod scalar;

use serde_yaml::{Mapping, Value};

use crate::secrets::{is_secret_below, is_secret_key};
use crate::yaml::{self, Path, Step};

pub use key_path::KeyPath;

/// Looks a value up by keys; an explicit null counts as absent, as it does for Helm.
#[must_use]
pub fn lookup<'a>(values: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter()
        .try_fold(values, |value, key| value.get(*key))
        .filter(|value| !value.is_null())
}

/// Whether there are items in a list at a path.
#[must_use]
pub fn fills(values: &Value, list: &[&str]) -> bool {
    let items = lookup(values, list).and_then(Value::as_sequence);
    items.is_some_and(|items| !items.is_empty())
}

/// Whether values have a key, whatever its value: null is how a chart declares what it understands and leaves empty.
#[must_use]
pub fn has(values: &Value, path: &[&str]) -> bool {
    path.iter()
        .try_fold(values, |value, key| value.get(*key))
        .is_some()
}

/// A scalar as a program sees it: whoever forgets the quotes around `0` or `false` means the text.
#[must_use]
pub fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Merges values files as `helm upgrade -f a -f b` does: maps merge, everything else is replaced by the later file. Every key is a
/// text then, as what Helm stores has it.
#[must_use]
pub fn merge<'a>(files: impl IntoIterator<Item = &'a Value>) -> Value {
    let mut merged = Value::Mapping(Mapping::new());
    for file in files {
        if !file.is_null() {
            merge_into(&mut merged, file);
        }
    }
    merged
}

fn merge_into(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Mapping(base), Value::Mapping(over)) => {
            for (key, value) in over {
                let key = key_as_text(key);
                match base.get_mut(&key) {
                    Some(inner) => merge_into(inner, value),
                    None => {
                        base.insert(key, with_text_keys(value));
                    }
                }
            }
        }
        (base, over) => *base = with_text_keys(over),
    }
}

fn with_text_keys(value: &Value) -> Value {
    match value {
        Value::Sequence(items) => items.iter().map(with_text_keys).collect(),
        Value::Mapping(mapping) => {
            let entries = mapping.iter();
            let entries = entries.map(|(key, inner)| (key_as_text(key), with_text_keys(inner)));
            Value::Mapping(entries.collect())
        }
        other => other.clone(),
    }
}

fn key_as_text(key: &Value) -> Value {
    scalar_text(key).map_or_else(|| key.clone(), Value::String)
}

/// Whether two sets of values mean the same to a chart: order does not count, and null counts as absent.
#[must_use]
pub fn equivalent(a: &Value, b: &Value) -> bool {
    without_nulls(a) == without_nulls(b)
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Null => Value::Mapping(Mapping::new()),
        Value::Mapping(mapping) => Value::Mapping(
            mapping
                .iter()
                .filter(|(_, inner)| !inner.is_null())
                .map(|(key, inner)| (key.clone(), without_nulls(inner)))
                .collect(),
        ),
        Value::Sequence(items) => Value::Sequence(items.iter().map(without_nulls).collect()),
        scalar => scalar.clone(),
    }
}

/// A place where two sets of values differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference<'a> {
    /// Keys with dots between them; an item of a list by its alias or name, else by its number: `a.b[corp]`.
    pub path: String,
    /// Whether any key on the way is a credential's.
    pub is_secret: bool,
    /// Absent where it is new.
    pub before: Option<&'a Value>,
    /// Absent where it goes.
    pub after: Option<&'a Value>,
}

/// Every place where `after` differs from `before`, in the order of keys. Null against absent is no difference.
#[must_use]
pub fn differences<'a>(before: &'a Value, after: &'a Value) -> Vec<Difference<'a>> {
    let mut found = Vec::new();
    let root = Difference {
        path: String::new(),
        is_secret: false,
        before: Some(before),
        after: Some(after),
    };
    root.descend(&mut found);
    found
}

/// Whether a shown path is another's, or leads to it: `a` to `a.b` and `a[0]`.
#[must_use]
pub fn is_around(outer: &str, inner: &str) -> bool {
    let rest = inner.strip_prefix(outer);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Whether `a` and `b` agree wherever `before` and `after` differ, and where that is anywhere at all; `counts` says which
/// paths are looked at.
#[must_use]
pub fn agree_on(
    [before, after]: [&Value; 2],
    [a, b]: [&Value; 2],
    counts: impl Fn(&str) -> bool,
) -> Option<bool> {
    let mut changed = differences(before, after);
    changed.retain(|one| counts(&one.path));
    if changed.is_empty() {
        return None;
    }
    let mut apart = differences(a, b).into_iter();
    Some(!apart.any(|one| {
        let mut changed = changed.iter();
        changed.any(|other| is_around(&one.path, &other.path) || is_around(&other.path, &one.path))
    }))
}

impl<'a> Difference<'a> {
    fn descend(self, found: &mut Vec<Self>) {
        let null = &Value::Null;
        match (self.before.unwrap_or(null), self.after.unwrap_or(null)) {
            (before, after) if before == after => {}
            (
                before @ (Value::Mapping(_) | Value::Null),
                after @ (Value::Mapping(_) | Value::Null),
            ) if before.is_mapping() || after.is_mapping() => {
                self.descend_mapping(found);
            }
            (Value::Sequence(before), Value::Sequence(after)) => {
                self.descend_list(before, after, found);
            }
            _ => found.push(self),
        }
    }

    fn descend_mapping(&self, found: &mut Vec<Self>) {
        let keys =
            |value: Option<&'a Value>| value.and_then(Value::as_mapping).into_iter().flatten();
        let mut all: Vec<String> = keys(self.before)
            .chain(keys(self.after))
            .map(|(key, _)| shown_key(key))
            .collect();
        all.sort_unstable();
        all.dedup();
        for key in all {
            let get = |value: Option<&'a Value>| value.and_then(|value| value.get(&key));
            let separator = if self.path.is_empty() { "" } else { "." };
            let inner = Self {
                path: format!("{}{separator}{key}", self.path),
                is_secret: is_secret_below(self.is_secret, &key),
                before: get(self.before),
                after: get(self.after),
            };
            inner.descend(found);
        }
    }

    /// Items that have names are compared by name, so that one more in front does not change all others.
    fn descend_list(&self, before: &'a [Value], after: &'a [Value], found: &mut Vec<Self>) {
        let item = |name: String, before: Option<&'a Value>, after: Option<&'a Value>| Self {
            path: format!("{}[{name}]", self.path),
            is_secret: self.is_secret || is_secret_key(&name) && !has_alias(before.or(after)),
            before,
            after,
        };
        let descend = |one: Self, found: &mut Vec<Self>| match (one.before, one.after) {
            (Some(_), Some(_)) => one.descend(found),
            _ => found.push(one),
        };
        let (Some(before_names), Some(after_names)) = (names(before), names(after)) else {
            for index in 0..before.len().max(after.len()) {
                let (before, after) = (before.get(index), after.get(index));
                descend(item(index.to_string(), before, after), found);
            }
            return;
        };
        for (name, new) in after_names.iter().zip(after) {
            let old = before_names.iter().position(|one| one == name);
            let old = old.and_then(|at| before.get(at));
            descend(item((*name).to_owned(), old, Some(new)), found);
        }
        for (name, old) in before_names.iter().zip(before) {
            if !after_names.contains(name) {
                descend(item((*name).to_owned(), Some(old), None), found);
            }
        }
    }
}

/// A certificate's entry: its alias is no credential, whatever it is called.
fn has_alias(item: Option<&Value>) -> bool {
    item.is_some_and(|item| item.get("alias").is_some())
}

/// What an item of a list goes by: a certificate by its alias, everything else by its name.
#[must_use]
pub fn name_of(item: &Value) -> Option<&str> {
    ["alias", "name"]
        .into_iter()
        .find_map(|key| item.get(key)?.as_str())
}

/// The name of each item, where all have one and no two the same.
fn names(items: &[Value]) -> Option<Vec<&str>> {
    let mut names = Vec::new();
    for item in items {
        let name = name_of(item)?;
        if names.contains(&name) {
            return None;
        }
        names.push(name);
    }
    Some(names)
}

fn shown_key(key: &Value) -> String {
    key.as_str()
        .map_or_else(|| format!("{key:?}"), str::to_owned)
}

/// A deployed value that no file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Unheld<'a> {
    /// Where it is.
    pub path: Path,
    /// What it says.
    pub value: &'a Value,
}

/// The values that `deployed` has and `files` has not: what the next `helm upgrade -i -f` would lose.
///
/// A list counts as one value, since Helm replaces lists whole. A null counts where it takes one of the chart's
/// `defaults` away.
#[must_use]
pub fn unheld<'a>(deployed: &'a Value, files: &Value, defaults: &Value) -> Vec<Unheld<'a>> {
    let mut found = Vec::new();
    collect_unheld(
        deployed,
        Some(files),
        Some(defaults),
        &Path::root(),
        &mut found,
    );
    found
}

fn collect_unheld<'a>(
    deployed: &'a Value,
    files: Option<&Value>,
    default: Option<&Value>,
    at: &Path,
    found: &mut Vec<Unheld<'a>>,
) {
    match (deployed, files) {
        // An empty one is a value of its own where it makes a key that the chart does not have: a queue, say.
        (Value::Mapping(mapping), Some(Value::Mapping(_)) | None)
            if !mapping.is_empty() || files.is_some() || default.is_some() =>
        {
            for (key, value) in mapping {
                let files = files.and_then(|values| values.get(key));
                let default = default.and_then(|values| values.get(key));
                collect_unheld(value, files, default, &at.then(shown_key(key)), found);
            }
        }
        (Value::Null, _) if default.is_none_or(Value::is_null) => {}
        (value, None) => found.push(Unheld {
            path: at.clone(),
            value,
        }),
        // The file says something else on purpose, null included.
        (_, Some(_)) => {}
    }
}

/// The value at a path of keys; null counts as a value.
#[must_use]
pub fn at<'a>(values: &'a Value, path: &Path) -> Option<&'a Value> {
    path.steps()
        .iter()
        .try_fold(values, |value, step| match step {
            Step::Key(key) => yaml::under(value.as_mapping()?, key),
            Step::Index(index) => value.get(*index),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yaml(text: &str) -> Value {
        serde_yaml::from_str(text).unwrap()
    }

    #[test]
    fn maps_merge_and_lists_are_replaced() {
        let merged = merge([
            &yaml("a: {b: 1, c: 2}\nl: [1, 2]"),
            &yaml("a: {c: 3}\nl: [9]"),
            &Value::Null,
        ]);
        assert_eq!(merged, yaml("a: {b: 1, c: 3}\nl: [9]"));
    }

    #[test]
    fn keys_are_texts_as_helm_stores_them() {
        let merged = merge([&yaml("{7: {true: [{8080: a}]}}"), &yaml("'7': {b: 1}")]);
        assert_eq!(merged, yaml("'7': {'true': [{'8080': a}], b: 1}"));
    }

    #[test]
    fn a_deployed_value_that_no_file_holds_is_found() {
        let deployed = yaml(
            "image: {password: p, tag: '1'}\nlist: [1]\nkept: 1\ngone: null\noff: null\nqueues: {new: {}, old: {}}",
        );
        let files = yaml("image: {tag: '2'}\nkept: null");
        let defaults = yaml("off: {a: 1}\nqueues: {old: {a: 1}}");
        let found = unheld(&deployed, &files, &defaults);
        let paths: Vec<String> = found.iter().map(|one| one.path.to_string()).collect();
        assert_eq!(paths, ["image.password", "list", "off", "queues.new"]);
        assert_eq!(at(&deployed, &found[0].path), Some(&"p".into()));
        assert!(unheld(&deployed, &deployed, &defaults).is_empty());
    }

    #[test]
    fn differences_are_found_by_name_where_items_have_one() {
        let before = yaml("l: [{alias: a, pem: 1}, {alias: b, pem: 2}]\nplain: [1, 2]\nn: null");
        let after =
            yaml("l: [{alias: new, pem: 0}, {alias: a, pem: 1}, {alias: b, pem: 3}]\nplain: [1]");
        let found = differences(&before, &after);
        let paths: Vec<&str> = found.iter().map(|one| one.path.as_str()).collect();
        assert_eq!(paths, ["l[new]", "l[b].pem", "plain[1]"]);
        assert!(differences(&after, &after).is_empty());
    }

    #[test]
    fn agreement_counts_where_something_changed() {
        let [before, after] = ["a: 1", "{a: 1, l: [{alias: x, pem: p}]}"].map(yaml);
        let agrees =
            |one: &str, other: &Value| agree_on([&before, &after], [&yaml(one), other], |_| true);
        let with = "{a: 2, l: [{alias: x, pem: p}]}";
        assert_eq!(agrees(with, &after), Some(true));
        assert_eq!(agrees(with, &before), Some(false));
        assert_eq!(agrees("{a: 2}", &before), Some(true));
        assert_eq!(agrees("{l: [{alias: x, pem: q}]}", &after), Some(false));
        assert_eq!(
            agree_on([&before, &after], [&before, &after], |_| false),
            None
        );
        assert_eq!(
            agree_on([&before, &before], [&before, &after], |_| true),
            None
        );
    }

    #[test]
    fn null_means_absent() {
        assert!(equivalent(&yaml("a: 1\nb: null"), &yaml("a: 1")));
        assert!(equivalent(&Value::Null, &yaml("{}")));
        assert!(!equivalent(&yaml("a: 1"), &yaml("a: 2")));
        assert_eq!(lookup(&yaml("a: {b: null}"), &["a", "b"]), None);
    }
}
