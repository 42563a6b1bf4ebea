//! From a manifest to the verdict: does every certificate arrive in the workloads and in the task pods?

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
    /// Certificates mounted in it under a name that counts, in stable order.
    pub certificates: Vec<Fingerprint>,
}

/// What a rendered manifest does with the certificates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proof {
    /// Where each certificate is carried.
    pub carriers: Carriers,
    /// The workloads that mount at least one certificate.
    pub workloads: Vec<Arrival>,
    /// The task pod templates.
    pub task_pods: Vec<Arrival>,
    /// What is in the way: dangling references, clashes, files that nobody reads.
    pub findings: Vec<Finding>,
}

/// Reads `objects`, following every certificate from where it is carried to where it is mounted.
#[must_use]
pub fn prove(objects: &[Object]) -> Proof {
    let carriers = Carriers::find(objects);
    let mut proof = Proof::default();
    for object in objects {
        if let Some(spec) = object.get(&["spec", "template", "spec"]) {
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

impl Proof {
    fn arrival(&mut self, place: String, spec: &Value, carriers: &Carriers) -> Arrival {
        let view = pods::view(spec, carriers);
        self.report(&place, &view);
        let mut certificates: Vec<Fingerprint> = view
            .files
            .iter()
            .filter(|file| file.counts())
            .map(|file| file.certificate)
            .collect();
        certificates.sort_unstable();
        certificates.dedup();
        Arrival {
            place,
            certificates,
        }
    }

    fn report(&mut self, place: &str, view: &PodView) {
        for (volume, object) in &view.dangling {
            self.findings.push(
                Finding::warning(
                    "config-map-not-rendered",
                    format!(
                        "{place}: volume {volume} refers to the ConfigMap {object}, which this chart does not render; without it pods stay in ContainerCreating"
                    ),
                )
                .hint("take the reference out, unless something else creates that ConfigMap"),
            );
        }
        for (volume, file) in &view.clashes {
            self.findings.push(Finding::error(
                "projected-file-clash",
                format!("{place}: two sources of volume {volume} write the file {file}; the last one wins without a word"),
            ));
        }
        for file in view.files.iter().filter(|file| !file.counts()) {
            self.findings.push(Finding::warning(
                "file-name-ignored",
                format!(
                    "{place}: a certificate is mounted as {}, and update-ca-certificates reads only names that end in .crt",
                    file.path
                ),
            ));
        }
    }

    /// The certificates of `wanted` that `arrivals` do not all have.
    #[must_use]
    pub fn missing(
        arrivals: &[Arrival],
        wanted: &[Fingerprint],
    ) -> Vec<(String, Vec<Fingerprint>)> {
        arrivals
            .iter()
            .map(|arrival| {
                let missing: Vec<Fingerprint> = wanted
                    .iter()
                    .filter(|one| !arrival.certificates.contains(one))
                    .copied()
                    .collect();
                (arrival.place.clone(), missing)
            })
            .filter(|(_, missing)| !missing.is_empty())
            .collect()
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
