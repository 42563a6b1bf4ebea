//! Pods that an upgrade replaces: Kubernetes does so wherever a workload's pod template changes, be it by an annotation.

use serde::Serialize;
use serde_yaml::Value;

use crate::proof::{Manifest, Object};

/// A workload whose running pods go, and come anew unless it goes itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Replaced {
    /// `Deployment`, `StatefulSet` or `DaemonSet`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// How many pods it has by its manifest; a `DaemonSet`'s nodes decide.
    pub pods: Option<u64>,
    /// Whether the workload goes, and nothing comes in place of its pods.
    pub goes: bool,
}

impl Replaced {
    /// The pods of a workload.
    #[must_use]
    pub fn of(workload: &Object, goes: bool) -> Self {
        Self {
            kind: workload.kind.clone(),
            name: workload.name.clone(),
            pods: (workload.kind != "DaemonSet").then(|| {
                let replicas = workload.get(&["spec", "replicas"]).and_then(Value::as_u64);
                replicas.unwrap_or(1)
            }),
            goes,
        }
    }
}

/// The workloads of `before` whose pods are not those of `after`. `OnDelete` keeps pods until somebody deletes them.
pub(super) fn replaced(before: &Manifest, after: &Manifest) -> Vec<Replaced> {
    let template = |object: &Object| object.get(&["spec", "template"]).cloned();
    let is_replaced = |old: &Object, new: &Object| {
        let strategy = old.get(&["spec", "updateStrategy", "type"]);
        template(new) != template(old) && strategy.and_then(Value::as_str) != Some("OnDelete")
    };
    let workloads = before.objects.iter();
    let workloads = workloads.filter(|object| object.keeps_pods());
    workloads
        .filter_map(|old| {
            let mut after_it = after.objects.iter();
            match after_it.find(|new| new.id() == old.id()) {
                Some(new) => is_replaced(old, new).then(|| Replaced::of(old, false)),
                None => (!after.may_hide(old)).then(|| Replaced::of(old, true)),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_template_replaces_pods_and_nothing_else_does() {
        let workload = |kind: &str, more: &str, sum: &str| {
            Manifest::read(&format!(
                "kind: {kind}\nmetadata: {{name: w, labels: {{a: '{sum}'}}}}\nspec:\n  {more}\n  template: {{metadata: {{annotations: {{checksum/ca: '{sum}'}}}}}}\n"
            ))
        };
        let of = |kind: &str, more: &str, sums: [&str; 2]| {
            let [before, after] = sums.map(|sum| workload(kind, more, sum));
            replaced(&before, &after)
        };
        let pods = |found: &[Replaced]| found.iter().map(|one| one.pods).collect::<Vec<_>>();
        assert_eq!(
            pods(&of("Deployment", "replicas: 3", ["1", "2"])),
            [Some(3)]
        );
        assert_eq!(pods(&of("StatefulSet", "a: b", ["1", "2"])), [Some(1)]);
        assert_eq!(pods(&of("DaemonSet", "a: b", ["1", "2"])), [None]);
        assert_eq!(of("Deployment", "a: b", ["1", "1"]), []);
        assert_eq!(of("Job", "a: b", ["1", "2"]), []);
        let on_delete = "updateStrategy: {type: OnDelete}";
        assert_eq!(of("StatefulSet", on_delete, ["1", "2"]), []);
        let workload = workload("Deployment", "a: b", "1");
        assert_eq!(replaced(&Manifest::default(), &workload), []);
        assert!(replaced(&workload, &Manifest::default())[0].goes);
    }
}
