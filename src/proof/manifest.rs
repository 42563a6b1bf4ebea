//! Rendered manifests as objects.

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml::Value;

use crate::yaml::{self, AsTaken};

/// A Kubernetes object of a manifest.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its namespace where it says one; empty where that is the release's.
    pub namespace: String,
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

/// Whether objects of a kind keep pods running: their controllers replace them where the template changes, and
/// `kubectl rollout restart` does.
#[must_use]
pub fn keeps_pods(kind: &str) -> bool {
    ["Deployment", "StatefulSet", "DaemonSet"].contains(&kind)
}

impl<'a> ObjectId<'a> {
    /// The namespace that it goes into, where its release is in `namespace`.
    #[must_use]
    pub fn namespace_in(self, namespace: &'a str) -> &'a str {
        match self.namespace {
            "" => namespace,
            own => own,
        }
    }
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
            namespace: text(&["metadata", "namespace"]),
            value,
        }
    }

    /// Kind, namespace and name.
    #[must_use]
    pub fn id(&self) -> ObjectId<'_> {
        ObjectId {
            kind: &self.kind,
            namespace: &self.namespace,
            name: &self.name,
        }
    }

    /// Whether it goes into a namespace, where its release does; for what belongs to none, that is so too.
    #[must_use]
    pub fn is_in(&self, namespace: &str) -> bool {
        self.namespace.is_empty() || self.namespace == namespace
    }

    /// The namespace that it goes into, where its release is in `namespace`.
    #[must_use]
    pub fn namespace_in<'a>(&'a self, namespace: &'a str) -> &'a str {
        self.id().namespace_in(namespace)
    }

    /// The objects of a list, as kubectl prints several.
    #[must_use]
    pub fn listed(list: &Value) -> Vec<Self> {
        let items = list.get("items").and_then(Value::as_sequence);
        items
            .into_iter()
            .flatten()
            .cloned()
            .map(Self::new)
            .collect()
    }

    /// A value inside the object.
    #[must_use]
    pub fn get(&self, path: &[&str]) -> Option<&Value> {
        crate::values::lookup(&self.value, path)
    }

    /// Whether it keeps pods running.
    #[must_use]
    pub fn keeps_pods(&self) -> bool {
        keeps_pods(&self.kind)
    }

    /// Whether it holds what another ConfigMap or Secret holds.
    #[must_use]
    pub fn has_content_of(&self, other: &Self) -> bool {
        let fields = ["data", "binaryData", "stringData"];
        fields
            .iter()
            .all(|field| self.get(&[field]) == other.get(&[field]))
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

/// A manifest as somebody else made it: what of it can be read, and what cannot.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Manifest {
    /// The objects that can be read.
    pub objects: Vec<Object>,
    /// The documents that cannot, though they could for whoever made them.
    pub unreadable: Vec<Flawed>,
    /// Those in which a key stands twice. For Helm and Kubernetes the last one counts, and so it does in the objects; what is
    /// dropped may be a secret all the same.
    pub repeated: Vec<Flawed>,
}

/// A document of a manifest that is not plain YAML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flawed {
    /// Its text.
    pub text: String,
    /// The line of the manifest at which it begins, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

impl Flawed {
    /// The chart's file that it was made from, as Helm notes it in a comment.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        let lines = self.text.lines();
        lines
            .take(2)
            .find_map(|line| line.strip_prefix("# Source: "))
    }
}

/// The dependencies that a manifest was made from, each by the names that lead to it (`parent.child`): Helm notes the file of
/// each document as `chart/charts/NAME/templates/…`.
#[must_use]
pub fn subcharts(stream: &str) -> BTreeSet<String> {
    let sources = stream
        .lines()
        .filter_map(|line| line.strip_prefix("# Source: "));
    let path = |source: &str| {
        let folders: Vec<&str> = source.split('/').collect();
        let names = folders
            .windows(2)
            .filter(|pair| pair.first() == Some(&"charts"));
        let names: Vec<&str> = names.filter_map(|pair| pair.last().copied()).collect();
        (!names.is_empty()).then(|| names.join("."))
    };
    sources.filter_map(path).collect()
}

impl Manifest {
    /// One of these objects, all of it readable.
    #[must_use]
    pub fn of(objects: impl IntoIterator<Item = Object>) -> Self {
        Self {
            objects: objects.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Reads document by document, so that one that cannot be read hides no other.
    #[must_use]
    pub fn read(stream: &str) -> Self {
        let mut manifest = Self::default();
        for (line, text) in documents(stream) {
            let flawed = |why| Flawed {
                text: text.to_owned(),
                line,
                why,
            };
            let taken = match yaml::excess(text) {
                Some(excess) => Err(excess.to_string()),
                None => AsTaken::read(text).map_err(|error| error.to_string()),
            };
            match taken {
                Ok(taken) => {
                    let objects = taken.values.into_iter().map(Object::new);
                    manifest.objects.extend(objects);
                    manifest.repeated.extend(taken.repeated.map(flawed));
                }
                Err(why) => manifest.unreadable.push(flawed(why)),
            }
        }
        manifest
    }

    /// The same of a release in `namespace`: an object that names that one is where it would be without a word.
    #[must_use]
    pub fn of_release(stream: &str, namespace: &str) -> Self {
        let mut manifest = Self::read(stream);
        for object in &mut manifest.objects {
            if object.namespace == namespace {
                object.namespace.clear();
            }
        }
        manifest
    }

    /// Whether an object may be among the documents that cannot be read: what those hold is not known, so nothing is claimed of
    /// any whose name stands in one.
    #[must_use]
    pub fn may_hide(&self, object: &Object) -> bool {
        let documents = self.unreadable.iter();
        documents
            .filter(|one| one.text.contains(&object.kind))
            .any(|one| one.text.contains(&object.name))
    }
}

/// The documents of a stream, each with the line at which it begins. No line of a scalar begins with `---` (YAML 1.2, 9.1.2).
pub(super) fn documents(stream: &str) -> Vec<(usize, &str)> {
    let mut documents = Vec::new();
    let (mut start, mut first, mut at) = (0, 1, 0);
    for (index, line) in stream.split_inclusive('\n').enumerate() {
        if line.starts_with("---") {
            documents.push((first, stream.get(start..at).unwrap_or_default()));
            start = at + 3;
            first = index + 1;
        }
        at += line.len();
    }
    documents.push((first, stream.get(start..).unwrap_or_default()));
    documents
}

/// Reads the objects of a YAML stream; empty documents are skipped.
///
/// # Errors
/// The stream is not YAML.
pub fn parse(stream: &str) -> Result<Vec<Object>, serde_yaml::Error> {
    let taken = AsTaken::read(stream)?;
    Ok(taken.values.into_iter().map(Object::new).collect())
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
    fn a_document_that_cannot_be_read_hides_no_other() {
        let manifest = Manifest::read(
            "---\n# Source: c/a.yaml\nkind: A\nmetadata: {name: a}\n---\n# Source: c/b.yaml\nkind: B\nmetadata: {name: b}}\n--- # no more\nkind: C\nmetadata: {name: c}\n",
        );
        let names: Vec<&str> = manifest
            .objects
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        assert_eq!(names, ["a", "c"]);
        let [unreadable] = manifest.unreadable.as_slice() else {
            panic!("{:?}", manifest.unreadable);
        };
        assert_eq!(
            (unreadable.line, unreadable.source()),
            (5, Some("c/b.yaml"))
        );
        assert_eq!(Manifest::read(""), Manifest::default());
        let hidden = |text: &str| manifest.may_hide(&parse(text).unwrap()[0]);
        assert!(hidden("kind: B\nmetadata: {name: b}"));
        assert!(!hidden("kind: B\nmetadata: {name: other}"));
    }

    #[test]
    fn of_a_key_that_stands_twice_the_last_one_counts() {
        let manifest = Manifest::read(
            "kind: A\nmetadata: {name: a}\nx: {y: 1}\nx: {<<: {z: 2}}\n---\nkind: B\nmetadata: {name: b}\n",
        );
        let read =
            parse("kind: A\nmetadata: {name: a}\nx: {z: 2}\n---\nkind: B\nmetadata: {name: b}\n");
        assert_eq!(manifest.objects, read.unwrap());
        let [repeated] = manifest.repeated.as_slice() else {
            panic!("{:?}", manifest.repeated);
        };
        assert!(repeated.why.contains("duplicate"), "{}", repeated.why);
    }

    #[test]
    fn who_names_the_releases_namespace_is_where_it_would_be_anyway() {
        let text = |namespace: &str| format!("kind: A\nmetadata: {{name: a{namespace}}}\n");
        let id = |text: &str| {
            let manifest = Manifest::of_release(text, "ns");
            let id = manifest.objects[0].id();
            (id.name.to_owned(), id.namespace.to_owned())
        };
        assert_eq!(id(&text("")), id(&text(", namespace: ns")));
        assert_ne!(id(&text("")), id(&text(", namespace: other")));
    }

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
