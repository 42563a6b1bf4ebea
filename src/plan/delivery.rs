//! Whether the certificates arrive, as findings: what the proof shows of the chart, the workloads and the task pods.

use serde_yaml::Value;

use super::edits::Settled;
use super::reach::aliases;
use super::{Request, chart_ignores, in_task_pods, in_workloads, inner};
use crate::finding::Finding;
use crate::proof::{Broken, Carriers, PodPlace, Proof};

pub(super) fn findings(
    request: &Request<'_>,
    settled: &Settled,
    edited: &Value,
    proof: &Proof,
) -> Vec<Finding> {
    let placed = &settled.placed;
    let mut findings = proof.findings.clone();
    findings.extend(proof.broken.iter().map(|text| broken(request, text)));
    if let Some(off) = inner::turned_off(request, settled.part.as_ref(), edited) {
        return vec![off];
    }
    match not_carried(request, settled, proof) {
        Some(finding) => findings.push(finding),
        None => {
            findings.extend(dangling(proof, &settled.deployed.proof.carriers));
            findings.extend(in_workloads::findings(request, placed, proof));
            findings.extend(in_task_pods::findings(request, settled, proof));
        }
    }
    findings
}

/// The agent cannot start any task from such a text, if it is the one that it reads.
fn broken(request: &Request<'_>, text: &Broken) -> Finding {
    let keys = request.layout.task_pods.as_ref();
    let message = format!(
        "{}: line {} of the rendered task pod template is not YAML, so the agent can start no pod from it: {}",
        text.place, text.line, text.why
    );
    let code = "task-pod-template-unreadable";
    if keys.is_some_and(|keys| keys.template_key == text.place.key) {
        Finding::error(code, message).hint("look at it with --show-manifest; agent charts of 2023 render two or more labels or annotations of a pod template so: keep one")
    } else {
        Finding::warning(code, message)
            .hint("look at it with --show-manifest, if the agent reads that text")
    }
}

/// References to ConfigMaps that the manifest does not have. One that the release has now goes with this upgrade; any other
/// may be somebody else's.
fn dangling(proof: &Proof, deployed: &Carriers) -> Vec<Finding> {
    let finding = |(place, volume, name): &(PodPlace, String, String)| {
        let refers = format!("{place}: volume {volume} refers to the ConfigMap {name}");
        let stuck = "without it pods stay in ContainerCreating";
        if deployed.keys("ConfigMap", name).is_some() {
            Finding::error(
                "config-map-removed",
                format!("{refers}, which this upgrade takes away; {stuck}"),
            )
            .hint("take the reference out of the values")
        } else {
            Finding::warning(
                "config-map-not-rendered",
                format!("{refers}, which this chart does not render; {stuck}"),
            )
            .hint("take the reference out, unless something else creates that ConfigMap")
        }
    };
    proof.dangling.iter().map(finding).collect()
}

/// The chart renders the certificates nowhere: it does not know the values, and Helm accepts unknown values in silence.
fn not_carried(request: &Request<'_>, settled: &Settled, proof: &Proof) -> Option<Finding> {
    let lost = aliases(&settled.placed, |one| {
        proof.carriers.of(one.certificate.fingerprint).is_empty()
    })?;
    let layout = request.layout;
    let values = layout.shown_certificates();
    let why = if request.chart.knows(layout.certificates) {
        format!("it knows {values}, but does nothing with these entries")
    } else {
        format!("it does not know {values}, and Helm accepts unknown values without a word")
    };
    let what = format!("renders no ConfigMap or Secret with {lost}: {why}");
    Some(chart_ignores::certificates(request, &what))
}
