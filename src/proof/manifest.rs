//! Rendered manifests as objects.

use std::collections::BTreeMap;

use serde::Deserialize as _;
use serde_yaml::Value;

/// A Kubernetes object of a manifest.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// All of it.
    pub value: Value,
}

/// What makes an object the same one in two manifests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectId<'a> {
    /// Its kind.
    pub kind: &'a str,
    /// Its namespace; empty where it is the release's.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
}

impl Object {
    /// An object as the API gives it.
    #[must_use]
    pub fn new(value: Value) -> Self {
        let text = |path: &[&str]| {
            crate::values::lookup(&value, path)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        Self {
            kind: text(&["kind"]),
            name: text(&["metadata", "name"]),
            value,
        }
    }

    /// Kind, namespace and name.
    #[must_use]
    pub fn id(&self) -> ObjectId<'_> {
        let namespace = self.get(&["metadata", "namespace"]);
        ObjectId {
            kind: &self.kind,
            namespace: namespace.and_then(Value::as_str).unwrap_or_default(),
            name: &self.name,
        }
    }

    /// A value inside the object.
    #[must_use]
    pub fn get(&self, path: &[&str]) -> Option<&Value> {
        crate::values::lookup(&self.value, path)
    }

    /// Whether it is a ConfigMap or a Secret.
    #[must_use]
    pub fn holds_texts(&self) -> bool {
        matches!(self.kind.as_str(), "ConfigMap" | "Secret")
    }

    /// Hooks run around the upgrade and are not part of the release's stored manifest.
    #[must_use]
    pub fn is_hook(&self) -> bool {
        self.get(&["metadata", "annotations", "helm.sh/hook"])
            .is_some()
    }

    /// Whether Helm leaves the object in the cluster when the chart no longer renders it.
    #[must_use]
    pub fn stays_behind(&self) -> bool {
        self.get(&["metadata", "annotations", "helm.sh/resource-policy"])
            .and_then(Value::as_str)
            == Some("keep")
    }
}

/// Reads the objects of a YAML stream; empty documents are skipped.
///
/// # Errors
/// The stream is not YAML.
pub fn parse(stream: &str) -> Result<Vec<Object>, serde_yaml::Error> {
    let mut objects = Vec::new();
    for document in serde_yaml::Deserializer::from_str(stream) {
        let value = Value::deserialize(document)?;
        if value.is_null() {
            continue;
        }
        objects.push(Object::new(value));
    }
    Ok(objects)
}

/// Whether two manifests hold the same objects, in whatever order; hooks do not count.
#[must_use]
pub fn same_objects(a: &[Object], b: &[Object]) -> bool {
    fn index(objects: &[Object]) -> BTreeMap<ObjectId<'_>, &Value> {
        objects
            .iter()
            .filter(|object| !object.is_hook())
            .map(|object| (object.id(), &object.value))
            .collect()
    }
    index(a) == index(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_comments_and_hooks_do_not_make_a_difference() {
        let a = parse(
            "---\n# Source: x\nkind: A\nmetadata: {name: a}\n---\nkind: B\nmetadata: {name: b}\n",
        );
        let b = parse(
            "kind: B\nmetadata: {name: b}\n---\nmetadata: {name: a}\nkind: A\n---\n---\nkind: Job\nmetadata: {name: h, annotations: {helm.sh/hook: pre-install}}\n",
        );
        assert!(same_objects(&a.unwrap(), &b.unwrap()));
    }
}
