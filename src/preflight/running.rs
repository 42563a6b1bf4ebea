//! Pods that keep running with what they read at their start.
//!
//! Kubernetes replaces pods only where the pod template changes. The charts run update-ca-certificates when a pod starts,
//! so a ConfigMap that changes under the same name does not reach the pods that are running.

use std::fmt;

use serde_yaml::Value;

use crate::finding::Finding;
use crate::helm::Coordinates;
use crate::plan::{Action, Replaced, Target};
use crate::proof::{Object, ObjectId};

/// A workload that owns pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// `Deployment`, `StatefulSet` or `DaemonSet`.
    pub kind: String,
    /// Its namespace where it says one; empty where that is the release's.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The ConfigMaps and Secrets of its pods whose content changed.
    pub changed: Vec<String>,
}

impl Workload {
    fn new(object: &Object, changed: Vec<String>) -> Self {
        Self {
            kind: object.kind.clone(),
            namespace: object.namespace.clone(),
            name: object.name.clone(),
            changed,
        }
    }

    /// The namespace that it is in, where its release is in `namespace`.
    #[must_use]
    pub fn namespace_in<'a>(&'a self, namespace: &'a str) -> &'a str {
        self.id().namespace_in(namespace)
    }

    /// The command that restarts it, where its release is at `at`.
    #[must_use]
    pub fn restart(&self, at: &Coordinates) -> String {
        let namespace = self.namespace_in(&at.id.namespace);
        at.id.cluster.restart(namespace, &self.reference())
    }

    fn id(&self) -> ObjectId<'_> {
        ObjectId {
            kind: &self.kind,
            namespace: &self.namespace,
            name: &self.name,
        }
    }

    /// `deployment/clearml-agent`, as kubectl takes it.
    #[must_use]
    pub fn reference(&self) -> String {
        format!("{}/{}", self.kind.to_ascii_lowercase(), self.name)
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}

/// What the upgrade of `target` will leave running as it is.
fn after_upgrade(target: &Target) -> Vec<Workload> {
    match target.observed.release() {
        Some(_) if target.action == Action::Nothing => Vec::new(),
        Some(release) => keeping_old_content(release.objects(), &target.rendered.objects),
        None => Vec::new(),
    }
}

/// The pods that `--restart` replaces on top of what the upgrade does.
#[must_use]
pub fn restarted(target: &Target) -> Vec<Replaced> {
    let kept = after_upgrade(target).into_iter();
    kept.filter_map(|one| find(&target.rendered.objects, one.id()))
        .map(|workload| Replaced::of(workload, false))
        .collect()
}

/// A warning of that, before anything is done.
pub(super) fn announced(target: &Target) -> Option<Finding> {
    let kept = after_upgrade(target);
    if kept.is_empty() {
        return None;
    }
    let names: Vec<String> = kept.iter().map(Workload::to_string).collect();
    Some(
        Finding::warning(
            "pods-keep-old-content",
            format!(
                "the running pods of {} keep the certificates that they started with: what they mount changes, but not their own definition",
                names.join(", ")
            ),
        )
        .hint("add --restart to restart them after the upgrade"),
    )
}

/// The workloads of `after` whose pods stay as they are although a ConfigMap or Secret that they mount has other content
/// than in `before`.
#[must_use]
pub fn keeping_old_content(before: &[Object], after: &[Object]) -> Vec<Workload> {
    let mut kept = Vec::new();
    for workload in after {
        let Some(old) = find(before, workload.id()) else {
            continue;
        };
        let template = workload.get(&["spec", "template"]);
        if !workload.keeps_pods() || template != old.get(&["spec", "template"]) {
            continue;
        }
        let mounted = template.map(mounted).unwrap_or_default();
        let changed: Vec<String> = mounted
            .into_iter()
            .filter(|(kind, name)| {
                // A pod mounts what is in its own namespace.
                let mounted = ObjectId {
                    kind,
                    namespace: &workload.namespace,
                    name,
                };
                has_other_content(before, after, mounted)
            })
            .map(|(kind, name)| format!("{kind} {name}"))
            .collect();
        if !changed.is_empty() {
            kept.push(Workload::new(workload, changed));
        }
    }
    kept
}

fn find<'a>(objects: &'a [Object], id: ObjectId<'_>) -> Option<&'a Object> {
    objects.iter().find(|object| object.id() == id)
}

fn has_other_content(before: &[Object], after: &[Object], id: ObjectId<'_>) -> bool {
    let (Some(old), Some(new)) = (find(before, id), find(after, id)) else {
        return false;
    };
    !new.has_content_of(old)
}

/// Kind and name of every ConfigMap and Secret that a pod template mounts, each once.
fn mounted(template: &Value) -> Vec<(&'static str, String)> {
    let mut found: Vec<(&'static str, String)> = Vec::new();
    let volumes = crate::values::lookup(template, &["spec", "volumes"]);
    for volume in volumes.and_then(Value::as_sequence).into_iter().flatten() {
        let projected = crate::values::lookup(volume, &["projected", "sources"]);
        let sources = projected.and_then(Value::as_sequence).into_iter().flatten();
        for source in sources.chain([volume]) {
            for (field, key, kind) in [
                ("configMap", "name", "ConfigMap"),
                ("secret", "name", "Secret"),
                ("secret", "secretName", "Secret"),
            ] {
                let name = crate::values::lookup(source, &[field, key]).and_then(Value::as_str);
                let one = name.map(|name| (kind, name.to_owned()));
                found.extend(one.filter(|one| !found.contains(one)));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(bundle: &str, annotation: &str, volume: &str) -> Vec<Object> {
        crate::proof::parse(&format!(
            "kind: ConfigMap\nmetadata: {{name: ca}}\ndata: {{ca.crt: {bundle}}}\n---\n\
             kind: Deployment\nmetadata: {{name: agent}}\nspec:\n  template:\n    metadata: {{annotations: {{sum: {annotation}}}}}\n    spec:\n      volumes: [{volume}]\n"
        ))
        .unwrap()
    }

    const PLAIN: &str = "{name: c, configMap: {name: ca}}";
    const PROJECTED: &str = "{name: c, projected: {sources: [{configMap: {name: ca}}]}}";

    #[test]
    fn pods_of_an_unchanged_template_keep_the_old_bundle() {
        for volume in [PLAIN, PROJECTED] {
            let kept =
                keeping_old_content(&manifest("old", "x", volume), &manifest("new", "x", volume));
            assert_eq!(kept.len(), 1);
            assert_eq!(kept[0].reference(), "deployment/agent");
            assert_eq!(kept[0].changed, ["ConfigMap ca"]);
        }
    }

    #[test]
    fn a_changed_template_an_unchanged_bundle_or_one_not_mounted_is_fine() {
        let before = manifest("old", "x", PLAIN);
        assert!(keeping_old_content(&before, &manifest("new", "y", PLAIN)).is_empty());
        assert!(keeping_old_content(&before, &manifest("old", "x", PLAIN)).is_empty());
        let elsewhere = "{name: c, configMap: {name: other}}";
        assert!(
            keeping_old_content(
                &manifest("old", "x", elsewhere),
                &manifest("new", "x", elsewhere)
            )
            .is_empty()
        );
        assert!(
            keeping_old_content(&[], &before).is_empty(),
            "new pods read what is new"
        );
    }
}
