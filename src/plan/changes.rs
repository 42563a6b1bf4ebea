//! What an upgrade changes beyond the override file: objects of the manifest, and values of the release.
//!
//! Everything in here may be shown: secrets are masked, certificates take one line each.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_yaml::Value;

use super::shown;
use crate::proof::{Manifest, Object, ObjectId};
use crate::values;

/// Labels and annotations that change with every version of a chart. A `checksum/…` is none: it changes to replace the pods.
const BY_THEMSELVES: [&str; 2] = ["helm.sh/chart", "app.kubernetes.io/version"];

/// Where an object keeps labels and annotations: its own, and those of its pods.
const METADATA: [&[&str]; 2] = [&["metadata"], &["spec", "template", "metadata"]];

/// What an upgrade changes in the cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Changes {
    /// Objects that come, change or go, in the manifest's order; those that go are last.
    pub objects: Vec<ObjectChange>,
    /// Labels and annotations that change as they do with every upgrade, wherever they stand.
    pub by_themselves: Vec<String>,
    /// The release's values, against those deployed; empty for a new release.
    pub values: Vec<ValueChange>,
}

/// What happens to an object or a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// It is new.
    Added,
    /// It is another than before.
    Changed,
    /// It is gone afterwards.
    Removed,
}

/// An object that comes, changes or goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectChange {
    /// What happens to it.
    pub change: Change,
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The namespace that it names; empty where it names none.
    #[serde(skip)]
    pub namespace: String,
    /// As YAML, without what changes by itself; absent where it is new.
    pub before: Option<String>,
    /// As YAML, without what changes by itself; absent where it goes.
    pub after: Option<String>,
}

/// A value that comes, changes or goes, in one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ValueChange {
    /// Its path; an item of a list goes by its alias or name.
    pub path: String,
    /// Absent where it is new.
    pub before: Option<String>,
    /// Absent where it goes.
    pub after: Option<String>,
}

impl Changes {
    /// What installing `rendered` makes.
    #[must_use]
    pub fn all_new(rendered: &Manifest) -> Self {
        Self::between(&Manifest::default(), rendered)
    }

    /// What going from the stored manifest to the rendered one changes; hooks do not count, as Helm stores none. Of what may stand
    /// where one of them cannot be read, nothing is said.
    #[must_use]
    pub fn between(stored: &Manifest, rendered: &Manifest) -> Self {
        let before = index(&stored.objects);
        let after = index(&rendered.objects);
        let mut changes = Self::default();
        let mut by_themselves = BTreeSet::new();
        let to_come = rendered.objects.iter().filter(|object| !object.is_hook());
        for object in to_come {
            match before.get(&object.id()) {
                None if stored.may_hide(object) => {}
                None => changes.objects.push(ObjectChange::new(None, Some(object))),
                Some(old) if old.value == object.value => {}
                Some(old) => {
                    let (old, old_noise) = without_noise(old);
                    let (new, new_noise) = without_noise(object);
                    let differing = old_noise.symmetric_difference(&new_noise);
                    by_themselves.extend(differing.map(|(key, _)| key.clone()));
                    if old.value != new.value {
                        let change = ObjectChange::new(Some(&old), Some(&new));
                        changes.objects.push(change);
                    }
                }
            }
        }
        let gone = stored.objects.iter().filter(|object| !object.is_hook());
        let gone = gone.filter(|object| !after.contains_key(&object.id()));
        let gone = gone.filter(|object| !rendered.may_hide(object));
        changes
            .objects
            .extend(gone.map(|object| ObjectChange::new(Some(object), None)));
        changes.by_themselves = by_themselves.into_iter().collect();
        changes
    }

    /// What putting objects back does, that are not in the cluster as they were rendered. Of those that are there, `live` ones,
    /// only what the chart renders counts: the cluster adds to it.
    #[must_use]
    pub fn putting_back(rendered: &[&Object], live: &[Object]) -> Self {
        let found = rendered.iter().filter_map(|object| {
            let live = live.iter().find(|one| {
                let (one, object) = (one.id(), object.id());
                (one.kind, one.name) == (object.kind, object.name)
            })?;
            Some(Object::new(only(&live.value, &object.value)))
        });
        let rendered = rendered.iter().map(|one| (*one).clone());
        Self::between(&Manifest::of(found), &Manifest::of(rendered))
    }

    /// The same, with the values that go with it.
    #[must_use]
    pub fn with_values(mut self, deployed: &Value, wanted: &Value) -> Self {
        let differences = values::differences(deployed, wanted);
        self.values = differences
            .into_iter()
            .map(|difference| {
                let [before, after] = shown::difference(&difference);
                ValueChange {
                    path: difference.path,
                    before,
                    after,
                }
            })
            .collect();
        self
    }
}

impl ObjectChange {
    fn new(before: Option<&Object>, after: Option<&Object>) -> Self {
        let change = match (before, after) {
            (None, _) => Change::Added,
            (Some(_), None) => Change::Removed,
            (Some(_), Some(_)) => Change::Changed,
        };
        let id = after.or(before).map(Object::id).unwrap_or_default();
        let [before, after] = shown::objects(before, after);
        Self {
            change,
            kind: id.kind.to_owned(),
            name: id.name.to_owned(),
            namespace: id.namespace.to_owned(),
            before,
            after,
        }
    }
}

/// What `value` says under the top-level keys of `like`; metadata, where the cluster keeps its own, is that of `like`.
fn only(value: &Value, like: &Value) -> Value {
    let keys = like.as_mapping().into_iter().flatten();
    let kept = keys.filter_map(|(key, own)| match key.as_str() {
        Some("metadata") => Some((key.clone(), own.clone())),
        _ => Some((key.clone(), value.get(key)?.clone())),
    });
    Value::Mapping(kept.collect())
}

/// A manifest as it may be shown, document by document.
#[must_use]
pub fn shown_manifest(objects: &[Object]) -> String {
    let documents = objects
        .iter()
        .map(|object| format!("---\n{}", shown::one_object(object)));
    documents.collect()
}

fn index(objects: &[Object]) -> BTreeMap<ObjectId<'_>, &Object> {
    let objects = objects.iter().filter(|object| !object.is_hook());
    objects.map(|object| (object.id(), object)).collect()
}

/// An object without the labels and annotations that change by themselves, and those.
fn without_noise(object: &Object) -> (Object, BTreeSet<(String, String)>) {
    let mut object = object.clone();
    let mut noise = BTreeSet::new();
    for path in METADATA {
        let metadata = path
            .iter()
            .try_fold(&mut object.value, |value, key| value.get_mut(*key));
        let Some(metadata) = metadata else {
            continue;
        };
        for field in ["labels", "annotations"] {
            let Some(Value::Mapping(entries)) = metadata.get_mut(field) else {
                continue;
            };
            entries.retain(|key, value| {
                let key = key.as_str().unwrap_or_default();
                let is_noise = BY_THEMSELVES.iter().any(|noise| key.starts_with(noise));
                if is_noise {
                    noise.insert((key.to_owned(), format!("{value:?}")));
                }
                !is_noise
            });
        }
    }
    (object, noise)
}

#[cfg(test)]
mod tests {
    use super::*;
    fn between(before: &str, after: &str) -> Changes {
        Changes::between(&Manifest::read(before), &Manifest::read(after))
    }

    fn names(changes: &Changes) -> Vec<(Change, &str)> {
        let objects = changes.objects.iter();
        objects.map(|one| (one.change, one.name.as_str())).collect()
    }

    #[test]
    fn objects_come_change_and_go() {
        let changes = between(
            "kind: A\nmetadata: {name: stays}\n---\nkind: A\nmetadata: {name: other}\nx: 1\n---\nkind: A\nmetadata: {name: gone}\n",
            "kind: A\nmetadata: {name: new}\n---\nkind: A\nmetadata: {name: other}\nx: 2\n---\nkind: A\nmetadata: {name: stays}\n",
        );
        assert_eq!(
            names(&changes),
            [
                (Change::Added, "new"),
                (Change::Changed, "other"),
                (Change::Removed, "gone")
            ]
        );
    }

    #[test]
    fn objects_of_one_name_in_two_namespaces_are_two() {
        let in_namespace =
            |one: &str| format!("kind: A\nmetadata: {{name: a, namespace: {one}}}\n---\n");
        let changes = between(
            &in_namespace("x"),
            &(in_namespace("x") + &in_namespace("y")),
        );
        assert_eq!(names(&changes), [(Change::Added, "a")]);
    }

    #[test]
    fn what_changes_with_every_version_is_one_line_and_no_object() {
        let deployment = |version: &str, sum: &str| {
            format!(
                "kind: Deployment\nmetadata: {{name: d, labels: {{helm.sh/chart: c-{version}}}}}\nspec: {{template: {{metadata: {{annotations: {{checksum/config: {sum}}}}}}}}}\n"
            )
        };
        let changes = between(&deployment("1", "a"), &deployment("2", "a"));
        assert_eq!(names(&changes), []);
        assert_eq!(changes.by_themselves, ["helm.sh/chart"]);
        let changes = between(&deployment("1", "a"), &deployment("1", "b"));
        assert_eq!(names(&changes), [(Change::Changed, "d")]);
        let same = between(&deployment("1", "a"), &deployment("1", "a"));
        assert_eq!(same, Changes::default());
    }

    #[test]
    fn nothing_is_said_of_what_cannot_be_read_on_one_side() {
        let (good, bad) = (
            "kind: A\nmetadata: {name: a}\n",
            "kind: A\nmetadata: {name: a}}\n",
        );
        assert_eq!(between(good, bad), Changes::default());
        assert_eq!(between(bad, good), Changes::default());
        let other = "kind: A\nmetadata: {name: other}\n";
        assert_eq!(names(&between(bad, other)), [(Change::Added, "other")]);
    }

    #[test]
    fn hooks_and_the_order_of_keys_are_no_change() {
        let hook = "kind: Job\nmetadata: {name: h, annotations: {helm.sh/hook: pre-install}}\n";
        let changes = between(
            "kind: A\na: 1\nb: 2\n",
            &format!("b: 2\na: 1\nkind: A\n---\n{hook}"),
        );
        assert_eq!(changes, Changes::default());
    }

    #[test]
    fn values_that_change_are_listed_without_their_secrets() {
        let yaml = |text: &str| serde_yaml::from_str::<Value>(text).unwrap();
        let changes = Changes::default().with_values(
            &yaml("a: {password: x, n: 1}\ngone: [1]"),
            &yaml("a: {password: y, n: 2}\nnew: {b: c}"),
        );
        let lines: Vec<_> = changes
            .values
            .iter()
            .map(|one| {
                (
                    one.path.as_str(),
                    one.before.as_deref(),
                    one.after.as_deref(),
                )
            })
            .collect();
        assert_eq!(
            lines,
            [
                ("a.n", Some("1"), Some("2")),
                (
                    "a.password",
                    Some("*** (the former one)"),
                    Some("*** (another one)")
                ),
                ("gone", Some("[1]"), None),
                ("new.b", None, Some("c")),
            ]
        );
    }
}
