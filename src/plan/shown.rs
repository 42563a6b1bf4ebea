//! Values as they may be shown: keys in order, secrets masked, certificates in one line each.
//!
//! Two values that are compared are made showable together, so that a secret that changes is seen to change.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_yaml::{Mapping, Value};

use crate::certs::{pem, summary};
use crate::proof::Object;
use crate::secrets::{MASK, is_secret_key};
use crate::values::{self, Difference};

/// Stands for a secret whose other side is another one.
const MASK_BEFORE: &str = "*** (the former one)";
const MASK_AFTER: &str = "*** (another one)";

/// Which side of a comparison a value stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

/// What a mapping's keys say of the values below them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// A chart's values: whatever stands below a secret's key is secret.
    Values,
    /// A Kubernetes object, where `secretKeyRef` and `imagePullSecrets` only point at secrets: text under a secret's key
    /// is secret.
    Object,
    /// Below a key that makes everything secret.
    Secret,
}

/// Two objects as YAML.
pub(super) fn objects(before: Option<&Object>, after: Option<&Object>) -> [Option<String>; 2] {
    let value = |object: Option<&Object>| object.map(|object| object.value.clone());
    let pair = sides(value(before).as_ref(), value(after).as_ref(), object);
    pair.map(|shown| shown.and_then(|shown| serde_yaml::to_string(&shown).ok()))
}

/// One object as YAML.
pub(super) fn one_object(object: &Object) -> String {
    let [_, shown] = objects(None, Some(object));
    shown.unwrap_or_default()
}

/// The two sides of a difference in one line each.
pub(super) fn difference(difference: &Difference<'_>) -> [Option<String>; 2] {
    let reading = if difference.is_secret {
        Reading::Secret
    } else {
        Reading::Values
    };
    let pair = sides(difference.before, difference.after, |one, other, side| {
        shown(one, other, side, reading)
    });
    pair.map(|shown| shown.map(|shown| one_line(&shown)))
}

fn sides(
    before: Option<&Value>,
    after: Option<&Value>,
    show: impl Fn(&Value, Option<&Value>, Side) -> Value,
) -> [Option<Value>; 2] {
    [
        before.map(|value| show(value, after, Side::Before)),
        after.map(|value| show(value, before, Side::After)),
    ]
}

fn object(value: &Value, other: Option<&Value>, side: Side) -> Value {
    let kind = value.get("kind").and_then(Value::as_str);
    let (secret, bytes): (&[&str], _) = match kind {
        Some("Secret") => (&["data", "stringData"], "data"),
        _ => (&[], "binaryData"),
    };
    let Value::Mapping(fields) = value else {
        return value.clone();
    };
    let fields = sorted(fields).map(|(key, inner)| {
        let name = key.as_str().unwrap_or_default();
        let other = other.and_then(|other| other.get(key));
        let reading = if secret.contains(&name) {
            Reading::Secret
        } else {
            Reading::Object
        };
        let inner = if name == bytes {
            (decoded(inner), other.map(decoded))
        } else {
            (inner.clone(), other.cloned())
        };
        (
            key.clone(),
            shown(&inner.0, inner.1.as_ref(), side, reading),
        )
    });
    Value::Mapping(fields.collect())
}

/// Base64 of text as that text; of anything else, as it is.
fn decoded(data: &Value) -> Value {
    let text = |value: &Value| {
        let bytes = STANDARD.decode(value.as_str()?.trim()).ok()?;
        String::from_utf8(bytes).ok().map(Value::from)
    };
    match data {
        Value::Mapping(entries) => Value::Mapping(
            entries
                .iter()
                .map(|(key, value)| (key.clone(), text(value).unwrap_or_else(|| value.clone())))
                .collect(),
        ),
        other => other.clone(),
    }
}

fn shown(value: &Value, other: Option<&Value>, side: Side, reading: Reading) -> Value {
    match value {
        Value::Mapping(mapping) => {
            // An environment variable is a secret by the name beside its value.
            let named = mapping.get("name").and_then(Value::as_str);
            let is_named = named.is_some_and(is_secret_key);
            let entries = sorted(mapping).map(|(key, inner)| {
                let name = key.as_str().unwrap_or_default();
                let reading = match reading {
                    _ if is_named && name == "value" => Reading::Secret,
                    Reading::Values if is_secret_key(name) => Reading::Secret,
                    Reading::Object if is_secret_key(name) && inner.is_string() => Reading::Secret,
                    outer => outer,
                };
                let other = other.and_then(|other| other.get(key));
                (key.clone(), shown(inner, other, side, reading))
            });
            Value::Mapping(entries.collect())
        }
        Value::Sequence(items) => {
            let items = items.iter().enumerate().map(|(index, item)| {
                let other = other.and_then(|other| counterpart(other, index, item));
                shown(item, other, side, reading)
            });
            Value::Sequence(items.collect())
        }
        Value::String(text) => {
            if reading == Reading::Secret && pem::parse(text.as_bytes()).is_err() {
                mask(value, other, side)
            } else {
                tidy(text).into()
            }
        }
        Value::Null | Value::Bool(_) => value.clone(),
        scalar if reading == Reading::Secret => mask(scalar, other, side),
        scalar => scalar.clone(),
    }
}

/// The item of the other list that `item` is compared with: the one of its name, else the one in its place.
fn counterpart<'a>(other: &'a Value, index: usize, item: &Value) -> Option<&'a Value> {
    match (values::name_of(item), other.as_sequence()) {
        (Some(name), Some(items)) => items
            .iter()
            .find(|other| values::name_of(other) == Some(name)),
        _ => other.get(index),
    }
}

fn mask(value: &Value, other: Option<&Value>, side: Side) -> Value {
    let mask = match (other, side) {
        (Some(other), Side::Before) if other != value => MASK_BEFORE,
        (Some(other), Side::After) if other != value => MASK_AFTER,
        _ => MASK,
    };
    mask.into()
}

/// Certificates in one line each; no blanks at line ends, for which YAML would write the whole text in one line.
fn tidy(text: &str) -> String {
    let summarised = summary::summarised(text);
    let lines: Vec<&str> = summarised.split('\n').map(str::trim_end).collect();
    lines.join("\n")
}

fn sorted(mapping: &Mapping) -> impl Iterator<Item = (&Value, &Value)> {
    let mut entries: Vec<_> = mapping.iter().collect();
    entries.sort_by(|(a, _), (b, _)| a.as_str().cmp(&b.as_str()));
    entries.into_iter()
}

/// A value in one line, as YAML would take it back where it is short enough.
fn one_line(value: &Value) -> String {
    match value {
        Value::String(text) if !text.contains('\n') => text.clone(),
        Value::String(text) => text.trim_end().replace('\n', " "),
        other => serde_json::to_string(other).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(before: &str, after: &str) -> [String; 2] {
        let read = |text: &str| crate::proof::parse(text).unwrap().remove(0);
        objects(Some(&read(before)), Some(&read(after))).map(Option::unwrap)
    }

    #[test]
    fn secrets_are_masked_and_still_seen_to_change() {
        let secret = |a: &str, b: &str| format!("kind: Secret\ndata: {{same: {a}, other: {b}}}\n");
        let [before, after] = both(&secret("YQ==", "Yg=="), &secret("YQ==", "Yw=="));
        assert!(before.contains("same: '***'"), "{before}");
        assert!(before.contains("other: '*** (the former one)'"), "{before}");
        assert!(after.contains("other: '*** (another one)'"), "{after}");
    }

    #[test]
    fn what_only_points_at_a_secret_is_shown() {
        let pod = "kind: Pod\nspec:\n  imagePullSecrets: [{name: pull}]\n  containers:\n  - env:\n    - name: A_KEY\n      valueFrom: {secretKeyRef: {name: s, key: k}}\n    - {name: API_SECRET, value: hunter2}\n";
        let [before, _] = both(pod, pod);
        assert!(
            before.contains("name: pull") && before.contains("key: k"),
            "{before}"
        );
        assert!(!before.contains("hunter2"), "{before}");
    }

    #[test]
    fn a_secret_that_only_moves_does_not_change() {
        let pod =
            |first: &str| format!("kind: Pod\nenv: [{first}{{name: A_TOKEN, value: hunter2}}]\n");
        let [before, after] = both(&pod(""), &pod("{name: NEW, value: x}, "));
        assert!(before.contains("value: '***'") && after.contains("value: '***'"));
    }

    #[test]
    fn keys_stand_in_order_whatever_order_they_had() {
        let [before, after] = both("kind: A\nb: 1\na: 2\n", "a: 2\nkind: A\nb: 1\n");
        assert_eq!(before, after);
    }

    #[test]
    fn a_value_is_masked_by_any_key_on_its_way() {
        let yaml = |text: &str| serde_yaml::from_str::<Value>(text).unwrap();
        let (before, after) = (
            yaml("clearml: {apiKey: a}"),
            yaml("clearml: {apiKey: b}\ntokens: {a: [hunter2, 7]}"),
        );
        let found = crate::values::differences(&before, &after);
        let lines: Vec<_> = found.iter().map(difference).collect();
        assert_eq!(
            lines[0],
            [MASK_BEFORE, MASK_AFTER].map(|mask| Some(mask.to_owned()))
        );
        assert_eq!(lines[1][1].as_deref(), Some(r#"["***","***"]"#));
    }
}
