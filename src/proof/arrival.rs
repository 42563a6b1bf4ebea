//! From a manifest to the verdict: does every certificate arrive in the workloads and in the task pods?

use std::collections::BTreeMap;

use serde_yaml::Value;

use super::pods::{self, PodView};
use super::{Carriers, Object};
use crate::certs::Fingerprint;
use crate::finding::Finding;

/// A pod spec and the certificates that arrive in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// `Deployment clearml-agent`, or `task pods (ConfigMap clearml-agent-pt, template.yaml)`.
    pub place: String,
    /// Certificates mounted in it under a name that counts, or as the bundle, in stable order.
    pub certificates: Vec<Fingerprint>,
    /// Those of them that the manifest shows to end in a file its containers go by: the bundle, or what a variable names.
    pub bundled: Vec<Fingerprint>,
    /// The variables that name such a file, each with the certificates in it.
    pub variables: BTreeMap<String, Vec<Fingerprint>>,
    /// Whether further variables come from where they cannot be seen (`envFrom`, `valueFrom`).
    pub has_hidden_variables: bool,
}

/// How far a certificate gets in a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Nowhere.
    Nowhere,
    /// It is mounted, and nothing shows that it ends in a bundle.
    Mounted,
    /// It is in the bundle, and a certain variable does not point there.
    Bundled,
    /// It is in a bundle that the variable points to.
    Read,
}

impl Arrival {
    /// How far a certificate gets for a client that reads `variable`.
    #[must_use]
    pub fn reach(&self, certificate: Fingerprint, variable: &str) -> Reach {
        let has = |certificates: &Vec<Fingerprint>| certificates.contains(&certificate);
        if self.variables.get(variable).is_some_and(has) {
            Reach::Read
        } else if has(&self.bundled) {
            Reach::Bundled
        } else if has(&self.certificates) {
            Reach::Mounted
        } else {
            Reach::Nowhere
        }
    }
}

/// What a rendered manifest does with the certificates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proof {
    /// Where each certificate is carried.
    pub carriers: Carriers,
    /// The workloads in which at least one certificate arrives.
    pub workloads: Vec<Arrival>,
    /// The task pod templates.
    pub task_pods: Vec<Arrival>,
    /// ConfigMaps that pods refer to and the manifest does not have: place, volume, name.
    pub dangling: Vec<(String, String, String)>,
    /// What else is in the way: clashes, files that nobody reads, variables that point nowhere.
    pub findings: Vec<Finding>,
}

/// Reads `objects`, following every certificate from where it is carried to where it is mounted, brought into the bundle
/// and pointed to.
#[must_use]
pub fn prove(objects: &[Object]) -> Proof {
    let carriers = Carriers::find(objects);
    let mut proof = Proof::default();
    for object in objects {
        if let Some(spec) = pod_spec(object) {
            let place = format!("{} {}", object.kind, object.name);
            let arrival = proof.arrival(place, spec, &carriers);
            if !arrival.certificates.is_empty() {
                proof.workloads.push(arrival);
            }
        } else if object.kind == "ConfigMap" {
            for (key, template) in pod_templates(object) {
                let place = format!("task pods (ConfigMap {}, {key})", object.name);
                let arrival = proof.arrival(place, &template, &carriers);
                proof.task_pods.push(arrival);
            }
        }
    }
    proof.carriers = carriers;
    proof
}

/// The pod spec of a workload that stays: a hook's pods are gone before anybody needs the certificates.
fn pod_spec(object: &Object) -> Option<&Value> {
    if object.is_hook() {
        return None;
    }
    let of_cron_job: &[&str] = &["spec", "jobTemplate", "spec", "template", "spec"];
    object
        .get(&["spec", "template", "spec"])
        .or_else(|| object.get(of_cron_job))
}

impl Proof {
    fn arrival(&mut self, place: String, spec: &Value, carriers: &Carriers) -> Arrival {
        let view = pods::view(spec, carriers);
        self.report(&place, &view);
        let list = |set: &std::collections::BTreeSet<Fingerprint>| set.iter().copied().collect();
        let variables = view.variables.iter();
        Arrival {
            place,
            certificates: view.mounted.union(&view.bundled).copied().collect(),
            bundled: list(&view.bundled),
            variables: variables
                .map(|(name, certificates)| (name.clone(), list(certificates)))
                .collect(),
            has_hidden_variables: view.has_hidden_variables,
        }
    }

    fn report(&mut self, place: &str, view: &PodView) {
        for (volume, object) in &view.dangling {
            let dangling = (place.to_owned(), volume.clone(), object.clone());
            self.dangling.push(dangling);
        }
        for (volume, file) in &view.clashes {
            self.findings.push(Finding::error(
                "projected-file-clash",
                format!("{place}: two sources of volume {volume} write the file {file}; the last one wins without a word"),
            ));
        }
        for path in &view.ignored {
            self.findings.push(Finding::warning(
                "file-name-ignored",
                format!("{place}: a certificate is mounted as {path}, and update-ca-certificates reads only names that end in .crt"),
            ));
        }
        for (container, path) in &view.unreadable {
            self.findings.push(Finding::warning(
                "file-not-readable",
                format!("{place}: container {container} does not run as root and may not read the certificate {path}: the volume's defaultMode shuts others out"),
            ));
        }
        for (variable, path) in &view.nowhere {
            self.findings.push(
                Finding::warning(
                    "variable-points-nowhere",
                    format!("{place}: {variable} names {path}, and nothing in the manifest puts a file there; clients that read it fail on every connection"),
                )
                .hint(format!("take {variable} out, or mount the bundle there")),
            );
        }
    }
}

/// The pod templates in a ConfigMap: values that are YAML of a pod with containers. Gives each template's pod spec.
fn pod_templates(object: &Object) -> Vec<(String, Value)> {
    let mut templates = Vec::new();
    let data = object.get(&["data"]).and_then(Value::as_mapping);
    for (key, value) in data.into_iter().flatten() {
        let (Some(key), Some(text)) = (key.as_str(), value.as_str()) else {
            continue;
        };
        if !text.contains("containers:") {
            continue;
        }
        let Ok(template) = serde_yaml::from_str::<Value>(text) else {
            continue;
        };
        let spec = crate::values::lookup(&template, &["spec"]).cloned();
        if let Some(spec) = spec.filter(|spec| spec.get("containers").is_some()) {
            templates.push((key.to_owned(), spec));
        }
    }
    templates
}

#[cfg(test)]
mod tests;
