//! Whether the certificates arrive, as findings: what the proof shows of the chart, the workloads and the task pods.

use super::Request;
use super::settle::Settled;
use crate::component::Facts;
use crate::finding::Finding;
use crate::overrides::Placed;
use crate::overrides::task_pods::{self, Strategy};
use crate::proof::{Arrival, Carriers, Proof, Reach};
use crate::trust_store::REQUESTS;

/// What most of Python's other clients read.
const SSL_CERT_FILE: &str = "SSL_CERT_FILE";

pub(super) fn findings(request: &Request<'_>, settled: &Settled, proof: &Proof) -> Vec<Finding> {
    let facts = request.coordinates.component.facts();
    let (placed, strategy) = (&settled.placed, settled.strategy);
    let mut findings = proof.findings.clone();
    match not_carried(request, facts, placed, proof) {
        Some(finding) => findings.push(finding),
        None => {
            findings.extend(dangling(proof, &settled.deployed.proof.carriers));
            findings.extend(not_mounted(facts, placed, proof));
            findings.extend(in_workloads(facts, placed, proof));
            findings.extend(in_task_pods(request, facts, strategy, placed, proof));
        }
    }
    findings
}

/// References to ConfigMaps that the manifest does not have. One that the release has now goes with this upgrade; any other
/// may be somebody else's.
fn dangling(proof: &Proof, deployed: &Carriers) -> Vec<Finding> {
    let finding = |(place, volume, name): &(String, String, String)| {
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
fn not_carried(
    request: &Request<'_>,
    facts: &Facts,
    placed: &[Placed],
    proof: &Proof,
) -> Option<Finding> {
    let lost = aliases(placed, |one| {
        proof.carriers.of(one.certificate.fingerprint).is_empty()
    })?;
    let values = facts.certificates.join(".");
    let why = if request.chart.knows(facts.certificates) {
        format!("it knows {values}, but does nothing with these entries")
    } else {
        format!("it does not know {values}, and Helm accepts unknown values without a word")
    };
    let what = format!("renders no ConfigMap or Secret with {lost}: {why}");
    Some(chart_ignores(request, &what))
}

/// The refusal of a chart that takes no certificates, with the version or the chart that does.
pub(super) fn chart_ignores(request: &Request<'_>, what: &str) -> Finding {
    let facts = request.coordinates.component.facts();
    let chart = request.chart;
    let message = format!("{} {} {what}", chart.name, chart.version);
    let hint = match facts.takes_certificates_since {
        Some(since) if chart.name == facts.chart => format!(
            "the first version that takes certificates is {since}: --{}-version {since} or newer",
            facts.name
        ),
        _ => format!(
            "use the chart {} of ClearML Enterprise{}, with --{}-chart",
            facts.chart,
            facts
                .takes_certificates_since
                .map(|since| format!(" in version {since} or newer"))
                .unwrap_or_default(),
            facts.name
        ),
    };
    Finding::error("chart-ignores-certificates", message).hint(hint)
}

fn not_mounted(facts: &Facts, placed: &[Placed], proof: &Proof) -> Option<Finding> {
    let nowhere = aliases(placed, |one| {
        let mounted =
            |arrival: &Arrival| arrival.certificates.contains(&one.certificate.fingerprint);
        !proof.workloads.iter().any(mounted)
    })?;
    Some(Finding::error(
        "certificate-not-mounted",
        format!(
            "no workload of the {} mounts {nowhere} as a .crt file, so nothing in its pods would trust it",
            facts.title
        ),
    ))
}

/// What a workload does with the certificates that it mounts, as far as its manifest tells: its image may do more.
fn in_workloads(facts: &Facts, placed: &[Placed], proof: &Proof) -> Vec<Finding> {
    let mut findings = Vec::new();
    for workload in &proof.workloads {
        if let Some(mounted) = at_reach(placed, workload, Reach::Mounted) {
            findings.push(not_shown(workload, &mounted));
        }
        // Which program a gateway runs is its image's to say; the agents are Python.
        if facts.pod_template.is_none() || workload.has_hidden_variables {
            continue;
        }
        if let Some(bundled) = at_reach(placed, workload, Reach::Bundled) {
            findings.push(Finding::warning(
                "bundle-not-read",
                format!("{}: {}", workload.place, not_read(&bundled)),
            ));
        }
    }
    findings
}

fn not_shown(arrival: &Arrival, aliases: &str) -> Finding {
    Finding::warning(
        "bundle-not-shown",
        format!(
            "{}: {}; its image may do it",
            arrival.place,
            not_bundled(aliases)
        ),
    )
}

fn not_bundled(aliases: &str) -> String {
    format!(
        "{aliases} is mounted, and nothing in the manifest brings it into the bundle (update-ca-certificates into a shared volume, or a variable that names the file)"
    )
}

fn not_read(aliases: &str) -> String {
    format!(
        "{aliases} is in the bundle, and {REQUESTS} does not point there: requests, and the ClearML SDK with it, go by their own list"
    )
}

fn in_task_pods(
    request: &Request<'_>,
    facts: &Facts,
    strategy: Strategy,
    placed: &[Placed],
    proof: &Proof,
) -> Vec<Finding> {
    if strategy == Strategy::Off || placed.is_empty() {
        return Vec::new();
    }
    let chart = request.chart;
    let propagate = [facts.certificates, &[task_pods::PROPAGATE]].concat();
    if strategy == Strategy::Propagate && !chart.knows(&propagate) {
        let since = facts.propagates_since.unwrap_or("a later version");
        let propagate = propagate.join(".");
        let message = format!(
            "{} {} does not know {propagate}; the first that does is {since}",
            chart.name, chart.version
        );
        let hint = format!(
            "use --task-pods template, or --{}-version {since} or newer",
            facts.name
        );
        return vec![Finding::error("propagate-unknown", message).hint(hint)];
    }
    if proof.task_pods.is_empty() {
        return vec![Finding::error(
            "no-task-pod-template",
            format!(
                "{} {} renders no task pod template, so it cannot be shown that task pods get the certificates",
                chart.name, chart.version
            ),
        )];
    }
    let gaps: Vec<Vec<String>> = proof
        .task_pods
        .iter()
        .map(|pod| gaps(placed, pod, strategy))
        .collect();
    // Queues with their own template override lists whole; as long as one template is right, that is theirs to say.
    let none_is_right = gaps.iter().all(|gaps| !gaps.is_empty());
    let mut findings = Vec::new();
    for (pod, gaps) in proof.task_pods.iter().zip(gaps) {
        findings.extend(gaps.iter().map(|gap| {
            let message = format!("{}: {gap}", pod.place);
            if none_is_right {
                Finding::error("certificate-not-in-task-pods", message)
            } else {
                Finding::warning("certificate-not-in-queue", message).hint(
                    "a templateOverrides of this queue replaces the lists of the base template",
                )
            }
        }));
        if gaps.is_empty() {
            findings.extend(doubts(placed, pod, facts));
        }
    }
    findings
}

/// What keeps certificates from the clients of a task pod. The documented template shows its whole way; how a chart
/// propagates is its own affair, as long as it mounts them and points to the bundle.
fn gaps(placed: &[Placed], pod: &Arrival, strategy: Strategy) -> Vec<String> {
    let mut gaps = Vec::new();
    if let Some(nowhere) = at_reach(placed, pod, Reach::Nowhere) {
        gaps.push(format!("{nowhere} is not mounted as a .crt file"));
    }
    if strategy == Strategy::Template
        && let Some(mounted) = at_reach(placed, pod, Reach::Mounted)
    {
        gaps.push(not_bundled(&mounted));
    }
    if !pod.has_hidden_variables
        && let Some(bundled) = at_reach(placed, pod, Reach::Bundled)
    {
        gaps.push(not_read(&bundled));
    }
    gaps
}

/// What may keep certificates from some clients of a task pod.
fn doubts(placed: &[Placed], pod: &Arrival, facts: &Facts) -> Vec<Finding> {
    let mut doubts = Vec::new();
    if let Some(mounted) = at_reach(placed, pod, Reach::Mounted) {
        doubts.push(not_shown(pod, &mounted));
    }
    let without = aliases(placed, |one| {
        let fingerprint = one.certificate.fingerprint;
        pod.reach(fingerprint, REQUESTS) == Reach::Read
            && pod.reach(fingerprint, SSL_CERT_FILE) != Reach::Read
    });
    if let Some(without) = without.filter(|_| !pod.has_hidden_variables) {
        doubts.push(
            Finding::warning(
                "variable-missing",
                format!(
                    "{}: {SSL_CERT_FILE} does not point to the bundle with {without}: urllib, httpx, aiohttp and uv will not trust what it signed",
                    pod.place
                ),
            )
            .hint(format!(
                "a newer chart sets it (--{}-version), and so does --task-pods template",
                facts.name
            )),
        );
    }
    doubts
}

/// The aliases of the certificates that get so far in a pod for requests, and no further.
fn at_reach(placed: &[Placed], pod: &Arrival, reach: Reach) -> Option<String> {
    aliases(placed, |one| {
        pod.reach(one.certificate.fingerprint, REQUESTS) == reach
    })
}

fn aliases(placed: &[Placed], which: impl Fn(&Placed) -> bool) -> Option<String> {
    let aliases: Vec<&str> = placed
        .iter()
        .filter(|one| which(one))
        .map(|one| one.alias.as_str())
        .collect();
    (!aliases.is_empty()).then(|| aliases.join(", "))
}
