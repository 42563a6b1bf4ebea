//! Whether the certificates arrive in the pods that the agent starts, queue by queue.

use super::Request;
use super::edits::Settled;
use super::reach::{aliases, at_reach, not_bundled, not_read, not_shown};
use crate::finding::Finding;
use crate::overrides::Placed;
use crate::overrides::task_pods::{self, Distros, Strategy};
use crate::proof::{Arrival, Proof, Reach};
use crate::trust_store::{OTHER_BUNDLE_FILES, REQUESTS};
use crate::vendor::PROPAGATE;

/// What most of Python's other clients read.
const SSL_CERT_FILE: &str = "SSL_CERT_FILE";

pub(super) fn findings(request: &Request<'_>, settled: &Settled, proof: &Proof) -> Vec<Finding> {
    let (placed, strategy) = (&settled.placed, settled.strategy);
    if strategy == Strategy::Off || placed.is_empty() {
        return Vec::new();
    }
    if let Some(finding) = propagate_unknown(request, strategy) {
        return vec![finding];
    }
    if proof.task_pods.is_empty() {
        return Vec::from_iter(no_template(request, proof, settled.has_no_queue));
    }
    let gaps: Vec<Vec<String>> = proof
        .task_pods
        .iter()
        .map(|pod| gaps(placed, pod, strategy))
        .collect();
    let none_is_right = gaps.iter().all(|gaps| !gaps.is_empty());
    let mut findings = Vec::from_iter(distros_unused(request, strategy));
    for (pod, gaps) in proof.task_pods.iter().zip(gaps) {
        findings.extend(without_volume(request, pod));
        findings.extend(gaps.iter().map(|gap| {
            let message = format!("{}: {gap}", pod.place);
            if none_is_right {
                Finding::error("certificate-not-in-task-pods", message)
            } else {
                Finding::warning("certificate-not-in-queue", message).hint(match strategy {
                    Strategy::Propagate => "the chart leaves it out there: --task-pods template writes into that queue's own lists too",
                    Strategy::Template | Strategy::Off => "that queue's template replaces lists of the base template: add the entries of the base template to them",
                })
            }
        }));
        if gaps.is_empty() {
            findings.extend(doubts(request, placed, pod));
            if strategy == Strategy::Template && settled.distros == Some(Distros::Any) {
                findings.extend(without_path(placed, pod));
            }
        }
    }
    findings
}

fn propagate_unknown(request: &Request<'_>, strategy: Strategy) -> Option<Finding> {
    let (chart, layout) = (request.chart, request.layout);
    let propagate = layout.under_certificates(PROPAGATE);
    if strategy != Strategy::Propagate || chart.knows(&propagate) {
        return None;
    }
    let since = layout.propagates_since.unwrap_or("a later version");
    let message = format!(
        "{} does not know {}; the first that does is {since}",
        request.shown_chart(),
        propagate.join(".")
    );
    let hint = format!("use --task-pods template, or {}", request.newer(since));
    Some(Finding::error("propagate-unknown", message).hint(hint))
}

fn distros_unused(request: &Request<'_>, strategy: Strategy) -> Option<Finding> {
    let is_unused = strategy == Strategy::Propagate && request.distros == Some(Distros::Any);
    let message = "what the chart mounts in task pods by itself is for images of Debian's kind; --task-distros any needs the pod template";
    is_unused.then(|| {
        Finding::warning("distros-unused", message)
            .hint("use --task-pods template, or leave --task-pods out")
    })
}

/// Nothing in the manifest shows a task pod. A chart that knows the value may start them from where nobody sees it.
fn no_template(request: &Request<'_>, proof: &Proof, has_no_queue: bool) -> Option<Finding> {
    let (chart, keys) = (request.chart, request.layout.task_pods.as_ref()?);
    // What cannot be read, and what there is no queue for, is told already.
    if !proof.broken.is_empty() || has_no_queue {
        return None;
    }
    let message = format!(
        "{} renders no task pod template, so it cannot be shown that task pods get the certificates",
        request.shown_chart()
    );
    Some(if chart.knows(keys.base) {
        Finding::warning("no-task-pod-template", message)
    } else {
        Finding::error("no-task-pod-template", message)
            .hint("leave task pods alone with --task-pods off")
    })
}

/// The API server takes no pod that mounts what it does not have. Of other volumes, the agent may know more.
fn without_volume(request: &Request<'_>, pod: &Arrival) -> Option<Finding> {
    let keys = request.layout.task_pods.as_ref()?;
    let mut missing = pod.missing_volumes.iter();
    let (container, volume) =
        missing.find(|(_, volume)| task_pods::is_recipe_volume(volume, keys))?;
    let container = if container.is_empty() {
        "the task's container"
    } else {
        container
    };
    Some(
        Finding::error(
            "volume-missing",
            format!(
                "{}: {container} mounts the volume {volume}, which this pod does not have; the API server rejects every such pod",
                pod.place
            ),
        )
        .hint("that queue's template replaces the volumes of the base template: let it have them too (--task-queues all writes what it can), or add them there"),
    )
}

/// What keeps certificates from the clients of a task pod. The documented template shows its whole way; how a chart
/// propagates is its own affair, as long as it mounts them and points to the bundle.
#[must_use]
pub fn gaps(placed: &[Placed], pod: &Arrival, strategy: Strategy) -> Vec<String> {
    let mut gaps = Vec::new();
    if let Some(nowhere) = at_reach(placed, pod, Reach::Nowhere) {
        gaps.push(format!("{nowhere} is not mounted as a .crt file"));
    }
    if strategy == Strategy::Template
        && let Some(mounted) = at_reach(placed, pod, Reach::Mounted)
    {
        gaps.push(not_bundled(&mounted));
    }
    if !pod.has_hidden_variables()
        && let Some(bundled) = at_reach(placed, pod, Reach::Bundled)
    {
        gaps.push(not_read(&bundled));
    }
    gaps
}

/// What may keep certificates from some clients of a task pod.
fn doubts(request: &Request<'_>, placed: &[Placed], pod: &Arrival) -> Vec<Finding> {
    let mut doubts = Vec::new();
    if let Some(mounted) = at_reach(placed, pod, Reach::Mounted) {
        doubts.push(not_shown(pod, &mounted));
    }
    let without = aliases(placed, |one| {
        let fingerprint = one.certificate.fingerprint;
        pod.reach(fingerprint, REQUESTS) == Reach::Read
            && pod.reach(fingerprint, SSL_CERT_FILE) != Reach::Read
    });
    if let Some(without) = without.filter(|_| !pod.has_hidden_variables()) {
        doubts.push(
            Finding::warning(
                "variable-missing",
                format!(
                    "{}: {SSL_CERT_FILE} does not point to the bundle with {without}: urllib, httpx, aiohttp and uv will not trust what it signed",
                    pod.place
                ),
            )
            .hint(match request.dependency {
                Some(own) => format!("a newer {} sets it, and so does --task-pods template", own.chart),
                None => format!(
                    "a newer chart sets it (--{}-version), and so does --task-pods template",
                    request.coordinates.component
                ),
            }),
        );
    }
    doubts
}

/// What keeps certificates from clients that know no variable, in images that are not Debian's.
fn without_path(placed: &[Placed], pod: &Arrival) -> impl Iterator<Item = Finding> {
    OTHER_BUNDLE_FILES.into_iter().filter_map(|path| {
        let without = aliases(placed, |one| !pod.has_at(one.certificate.fingerprint, path))?;
        let message = format!(
            "{}: {path} does not have {without}: in images that keep their bundle there, clients that go by it will not trust what it signed",
            pod.place
        );
        Some(Finding::warning("bundle-not-at-path", message).hint(
            "take out what else is mounted there, or add the entries of the base template to that queue's volumeMounts",
        ))
    })
}
