//! The pods that are started from a manifest: by its workloads, and by the agent for tasks.

use serde_yaml::{Mapping, Value};

use super::fields::list;
use super::{Object, PodPlace, PodTemplate, TaskPods};

/// Every pod that comes of `objects`, but those of hooks and what tasks bring themselves.
#[must_use]
pub fn started(objects: &[Object]) -> Vec<(PodPlace, PodTemplate)> {
    let workloads = objects.iter().filter(|object| {
        // A template of that kind starts nothing.
        !object.holds_texts() && !object.is_hook() && object.kind != "PodTemplate"
    });
    let workloads = workloads.filter_map(|object| {
        let mut pod = PodTemplate::of(&object.value)?;
        with_claims(object, &mut pod);
        let place = PodPlace::Workload {
            kind: object.kind.clone(),
            name: object.name.clone(),
        };
        Some((place, pod))
    });
    let tasks = TaskPods::among(objects).pods.into_iter();
    let tasks = tasks.map(|(place, pod)| (PodPlace::Template(place), pod));
    workloads.chain(tasks).collect()
}

/// Adds the volumes that the controller of a `StatefulSet` adds.
fn with_claims(object: &Object, pod: &mut PodTemplate) {
    let spec = object.get(&["spec"]).cloned().unwrap_or_default();
    let claims = list(&spec, "volumeClaimTemplates").into_iter();
    let names = claims.filter_map(|claim| claim.get("metadata")?.get("name").cloned());
    let volumes: Vec<Value> = names
        .map(|name| {
            let claim = Mapping::from_iter([("claimName".into(), name.clone())]);
            let fields = [
                ("name".into(), name),
                ("persistentVolumeClaim".into(), claim.into()),
            ];
            Mapping::from_iter(fields).into()
        })
        .collect();
    if let (false, Some(spec)) = (volumes.is_empty(), pod.spec.as_mapping_mut()) {
        let all = spec.entry("volumes".into()).or_insert(Value::Null);
        let own = all.as_sequence().cloned().unwrap_or_default();
        *all = [own, volumes].concat().into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::parse;

    #[test]
    fn every_pod_but_a_hooks_is_started() {
        let manifest = "kind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: []}}}\n---\n\
            kind: CronJob\nmetadata: {name: b}\nspec: {jobTemplate: {spec: {template: {spec: {containers: []}}}}}\n---\n\
            kind: Job\nmetadata: {name: h, annotations: {helm.sh/hook: pre-install}}\nspec: {template: {spec: {containers: []}}}\n---\n\
            kind: PodTemplate\nmetadata: {name: t}\ntemplate: {spec: {containers: []}}\n---\n\
            kind: StatefulSet\nmetadata: {name: c}\nspec: {template: {spec: {containers: []}}, volumeClaimTemplates: [{metadata: {name: data}}]}\n---\n\
            kind: ConfigMap\nmetadata: {name: pt}\ndata: {t.yaml: 'spec: {containers: [{}]}'}\n---\n\
            kind: Service\nmetadata: {name: s}\nspec: {}\n";
        let all = started(&parse(manifest).unwrap());
        let places: Vec<String> = all.iter().map(|(place, _)| place.to_string()).collect();
        assert_eq!(
            places,
            [
                "Deployment a",
                "CronJob b",
                "StatefulSet c",
                "task pods (ConfigMap pt, t.yaml)"
            ]
        );
        let volume = crate::values::lookup(&all[2].1.spec, &["volumes"]).unwrap();
        let expected = "[{name: data, persistentVolumeClaim: {claimName: data}}]";
        assert_eq!(*volume, serde_yaml::from_str::<Value>(expected).unwrap());
    }
}
