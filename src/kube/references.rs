//! Objects that are known by their names, many in one call: each kubectl takes a moment to start.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::Kubectl;
use crate::side_by_side::side_by_side;

/// What an object is called in a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Its `apiVersion`.
    pub version: String,
    /// Its kind.
    pub kind: String,
    /// Its namespace; where the kind has none, this tells nothing.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl Reference {
    /// A ConfigMap, a Secret, or what else is of Kubernetes' oldest API.
    #[must_use]
    pub fn core(kind: &str, namespace: &str, name: &str) -> Self {
        Self {
            version: "v1".to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }

    /// Whether an object as the API gives it is this one.
    #[must_use]
    pub fn is(&self, object: &Json) -> bool {
        let text = |pointer| object.pointer(pointer).and_then(Json::as_str);
        text("/kind") == Some(&self.kind)
            && text("/metadata/name") == Some(&self.name)
            && text("/metadata/namespace").is_none_or(|namespace| namespace == self.namespace)
    }

    fn written(&self) -> Json {
        json!({
            "apiVersion": self.version,
            "kind": self.kind,
            "metadata": {"name": self.name, "namespace": self.namespace},
        })
    }
}

/// What there is of the objects that were asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LookedUp {
    /// Those that are there and may be read, in whatever order.
    pub objects: Vec<Json>,
    /// Whether the cluster told of each: what is missing is not there, then.
    pub is_whole: bool,
}

impl LookedUp {
    /// The object that a reference names.
    #[must_use]
    pub fn find(&self, reference: &Reference) -> Option<&Json> {
        self.objects.iter().find(|object| reference.is(object))
    }
}

/// So many objects in one call: kubectl asks for one after the other, and slows itself down after 300.
const MOST: usize = 60;

/// So many calls side by side.
const CALLS: usize = 4;

/// How long a call may take in all.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many of some groups go into one call, by the objects in each: the first always does.
#[must_use]
pub fn fitting(sizes: impl Iterator<Item = usize>) -> usize {
    let mut objects = 0;
    let mut is_first = true;
    let fits = |size: &usize| {
        objects += size;
        std::mem::take(&mut is_first) || objects <= MOST
    };
    sizes.take_while(fits).count()
}

impl Kubectl {
    /// Asks for objects by their names, with the fields that each of their managers owns.
    #[must_use]
    pub fn look_up(&self, references: &[Reference]) -> LookedUp {
        self.asked_for(references).0
    }

    /// Asks for several groups of objects, as many in one call as go into one. Where the cluster refuses something, each group is
    /// asked for alone: who may not read in one namespace may read in the others.
    #[must_use]
    pub fn look_up_each(&self, groups: &[Vec<Reference>]) -> Vec<LookedUp> {
        let mut calls = Vec::new();
        let mut rest = groups;
        while !rest.is_empty() {
            let (call, others) = rest.split_at(fitting(rest.iter().map(Vec::len)));
            calls.push(call);
            rest = others;
        }
        let found = side_by_side(&calls, CALLS, |call| self.look_up_some(call));
        found.into_iter().flatten().collect()
    }

    fn look_up_some(&self, groups: &[Vec<Reference>]) -> Vec<LookedUp> {
        let (all, is_refused) = self.asked_for(&groups.concat());
        if is_refused && groups.len() > 1 {
            return side_by_side(groups, CALLS, |group| self.look_up(group));
        }
        let own = |group: &Vec<Reference>| {
            let is_own = |object: &&Json| group.iter().any(|one| one.is(object));
            LookedUp {
                objects: all.objects.iter().filter(is_own).cloned().collect(),
                is_whole: all.is_whole,
            }
        };
        groups.iter().map(own).collect()
    }

    /// What there is, and whether the cluster refused some of it: one that is silent does not.
    fn asked_for(&self, references: &[Reference]) -> (LookedUp, bool) {
        if references.is_empty() {
            let nothing = LookedUp {
                objects: Vec::new(),
                is_whole: true,
            };
            return (nothing, false);
        }
        let items: Vec<Json> = references.iter().map(Reference::written).collect();
        let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
        let words = [
            "get",
            "-f",
            "-",
            "--ignore-not-found",
            "--show-managed-fields",
            "-o",
            "json",
            "--request-timeout=5s",
        ];
        let Ok(output) = self.attempt_within(PATIENCE, &words, list.to_string()) else {
            return (LookedUp::default(), false);
        };
        let said = String::from_utf8_lossy(&output.stderr);
        let signs = ["Error from server", "no matches for kind"];
        let is_refused = signs.iter().any(|sign| said.contains(sign));
        (read(&output.stdout, output.status.success()), is_refused)
    }
}

/// kubectl prints a single object as it is, several as a list, and of none nothing; what it may not read is missing, and it says
/// so by how it ends.
fn read(printed: &[u8], is_whole: bool) -> LookedUp {
    if printed.trim_ascii().is_empty() {
        return LookedUp {
            objects: Vec::new(),
            is_whole,
        };
    }
    let Ok(mut printed) = serde_json::from_slice::<Json>(printed) else {
        return LookedUp::default();
    };
    let items = printed.get_mut("items").and_then(Json::as_array_mut);
    let objects = match items.map(std::mem::take) {
        Some(items) => items,
        None => vec![printed],
    };
    LookedUp { objects, is_whole }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_go_into_one_call_as_far_as_that_takes_no_long_time() {
        assert_eq!(fitting([].into_iter()), 0);
        assert_eq!(fitting([20, 30, 10, 1].into_iter()), 3);
        // More than goes into one, and it is asked for all the same.
        assert_eq!(fitting([MOST + 1, 1].into_iter()), 1);
    }

    #[test]
    fn one_several_and_none_are_read_as_kubectl_prints_them() {
        let map = |name: &str| json!({"kind": "ConfigMap", "metadata": {"name": name, "namespace": "ns"}});
        let told = |printed: &Json| read(printed.to_string().as_bytes(), true);
        let wanted = Reference::core("ConfigMap", "ns", "b");
        assert_eq!(told(&map("b")).find(&wanted), Some(&map("b")));
        let several = told(&json!({"kind": "List", "items": [map("a"), map("b")]}));
        assert_eq!(several.find(&wanted), Some(&map("b")));
        let elsewhere = Reference::core("ConfigMap", "other", "b");
        assert_eq!(several.find(&elsewhere), None);
        assert_eq!(
            read(b"\n", true),
            LookedUp {
                objects: Vec::new(),
                is_whole: true
            }
        );
        assert!(!read(b"", false).is_whole);
        assert!(!read(b"{cut of", true).is_whole);
    }
}
