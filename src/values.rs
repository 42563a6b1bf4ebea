//! Helm's values: merging, comparing and looking up, as Helm does it.

use serde_yaml::{Mapping, Value};

/// Looks a value up by keys; an explicit null counts as absent, as it does for Helm.
#[must_use]
pub fn lookup<'a>(values: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter()
        .try_fold(values, |value, key| value.get(*key))
        .filter(|value| !value.is_null())
}

/// Merges values files as `helm upgrade -f a -f b` does: maps merge, everything else is replaced by the later file.
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
                match base.get_mut(key) {
                    Some(inner) => merge_into(inner, value),
                    None => {
                        base.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        (base, over) => *base = over.clone(),
    }
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

/// The key paths that `deployed` has and `files` has not: what the next `helm upgrade -i -f` would lose.
///
/// A list counts as one value, since Helm replaces lists whole.
#[must_use]
pub fn lost(deployed: &Value, files: &Value) -> Vec<String> {
    let mut paths = Vec::new();
    collect_lost(deployed, Some(files), &mut Vec::new(), &mut paths);
    paths
}

fn collect_lost(
    deployed: &Value,
    files: Option<&Value>,
    at: &mut Vec<String>,
    paths: &mut Vec<String>,
) {
    match (deployed, files) {
        (Value::Null, _) => {}
        (Value::Mapping(mapping), Some(Value::Mapping(_)) | None) => {
            for (key, value) in mapping {
                let key = key
                    .as_str()
                    .map_or_else(|| format!("{key:?}"), str::to_owned);
                let inner = files.and_then(|f| f.get(&key));
                at.push(key);
                collect_lost(value, inner, at, paths);
                at.pop();
            }
        }
        (_, None) => paths.push(at.join(".")),
        // The file says something else on purpose, null included.
        (_, Some(_)) => {}
    }
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
    fn a_deployed_value_that_no_file_holds_is_lost() {
        let deployed = yaml("image: {password: p, tag: '1'}\nlist: [1]\nkept: 1\ngone: null");
        let files = yaml("image: {tag: '2'}\nkept: null");
        assert_eq!(lost(&deployed, &files), ["image.password", "list"]);
        assert_eq!(lost(&deployed, &deployed), Vec::<String>::new());
    }

    #[test]
    fn null_means_absent() {
        assert!(equivalent(&yaml("a: 1\nb: null"), &yaml("a: 1")));
        assert!(equivalent(&Value::Null, &yaml("{}")));
        assert!(!equivalent(&yaml("a: 1"), &yaml("a: 2")));
        assert_eq!(lookup(&yaml("a: {b: null}"), &["a", "b"]), None);
    }
}
