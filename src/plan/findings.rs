//! What stands in the way of a target, and what to know about it.

use serde_yaml::Value;

use super::{Observed, Request, unheld};
use crate::certs::Fingerprint;
use crate::component::Facts;
use crate::finding::Finding;
use crate::overrides::Placed;
use crate::overrides::task_pods::{self, Strategy};
use crate::proof::{Arrival, Proof};
use crate::values;

/// The lists of a pod template that the recipe writes into.
const POD_LISTS: [&str; 4] = ["initContainers", "env", "volumeMounts", "volumes"];

/// The values with this edit.
pub(super) struct Merged {
    /// All that the upgrade gives to the chart.
    pub(super) after: Value,
    /// The edited file alone, with this edit.
    pub(super) edited: Value,
}

pub(super) fn of(
    request: &Request<'_>,
    placed: &[Placed],
    strategy: Strategy,
    proof: Option<&Proof>,
    merged: &Merged,
) -> Vec<Finding> {
    let facts = request.coordinates.component.facts();
    let mut findings = shadowed_lists(request, facts, &merged.edited);
    findings.extend(queue_lists(facts, strategy, &merged.after));
    findings.extend(unheld::findings(request, &merged.after));
    findings.extend(other_chart(request));
    let Some(proof) = proof else {
        return findings;
    };
    findings.extend(proof.findings.iter().cloned());
    match not_carried(request, facts, placed, proof) {
        Some(finding) => findings.push(finding),
        None => {
            findings.extend(not_mounted(facts, placed, proof));
            findings.extend(not_in_task_pods(request, facts, strategy, placed, proof));
        }
    }
    findings
}

/// A release that was made from another chart: possible on purpose (open source to Enterprise), or a wrong name.
fn other_chart(request: &Request<'_>) -> Option<Finding> {
    let Observed::Present(_, listed) = &request.observed else {
        return None;
    };
    listed.version_of(&request.chart.name).is_none().then(|| {
        Finding::warning(
            "release-of-another-chart",
            format!(
                "release {} is {} now; this upgrade would turn it into {} {}",
                listed.name, listed.chart, request.chart.name, request.chart.version
            ),
        )
        .hint(format!(
            "if that is not meant, name another release with --{}-release",
            request.coordinates.component
        ))
    })
}

/// The chart renders the certificates nowhere: it does not know the values, and Helm accepts unknown values in silence.
fn not_carried(
    request: &Request<'_>,
    facts: &Facts,
    placed: &[Placed],
    proof: &Proof,
) -> Option<Finding> {
    let lost: Vec<&str> = placed
        .iter()
        .filter(|one| proof.carriers.of(one.certificate.fingerprint).is_empty())
        .map(|one| one.alias.as_str())
        .collect();
    if lost.is_empty() {
        return None;
    }
    let chart = request.chart;
    let values = facts.certificates.join(".");
    let finding = Finding::error(
        "chart-ignores-certificates",
        format!(
            "{} {} renders no ConfigMap or Secret with {}: {}",
            chart.name,
            chart.version,
            lost.join(", "),
            if chart.knows(facts.certificates) {
                format!("it knows {values}, but does nothing with these entries")
            } else {
                format!("it does not know {values}, and Helm accepts unknown values without a word")
            }
        ),
    );
    Some(finding.hint(match facts.takes_certificates_since {
        Some(since) if chart.name == facts.chart => format!(
            "the first version that takes certificates is {since}: --{}-version {since} or newer",
            facts.name
        ),
        _ => format!(
            "use the chart {} of ClearML Enterprise, with --{}-chart",
            facts.chart, facts.name
        ),
    }))
}

fn not_mounted(facts: &Facts, placed: &[Placed], proof: &Proof) -> Option<Finding> {
    let nowhere: Vec<&str> = placed
        .iter()
        .filter(|one| {
            let fingerprint = one.certificate.fingerprint;
            let mounted = |arrival: &Arrival| arrival.certificates.contains(&fingerprint);
            !proof.workloads.iter().any(mounted)
        })
        .map(|one| one.alias.as_str())
        .collect();
    (!nowhere.is_empty()).then(|| {
        Finding::error(
            "certificate-not-mounted",
            format!(
                "no workload of the {} mounts {} as a .crt file, so nothing in its pods would trust it",
                facts.title,
                nowhere.join(", ")
            ),
        )
    })
}

fn not_in_task_pods(
    request: &Request<'_>,
    facts: &Facts,
    strategy: Strategy,
    placed: &[Placed],
    proof: &Proof,
) -> Vec<Finding> {
    if strategy == Strategy::Off || placed.is_empty() {
        return Vec::new();
    }
    let propagate = [facts.certificates, &[task_pods::PROPAGATE]].concat();
    if strategy == Strategy::Propagate && !request.chart.knows(&propagate) {
        let since = facts.propagates_since.unwrap_or("a later version");
        return vec![
            Finding::error(
                "propagate-unknown",
                format!(
                    "{} {} does not know {}; the first that does is {since}",
                    request.chart.name,
                    request.chart.version,
                    propagate.join(".")
                ),
            )
            .hint(format!(
                "use --task-pods template, or --{}-version {since} or newer",
                facts.name
            )),
        ];
    }
    if proof.task_pods.is_empty() {
        return vec![Finding::error(
            "no-task-pod-template",
            format!(
                "{} {} renders no task pod template, so it cannot be shown that task pods get the certificates",
                request.chart.name, request.chart.version
            ),
        )];
    }
    let wanted: Vec<Fingerprint> = placed
        .iter()
        .map(|one| one.certificate.fingerprint)
        .collect();
    let missing = Proof::missing(&proof.task_pods, &wanted);
    // Queues with their own template override lists whole; as long as the base template is right, that is theirs to say.
    let none_is_right = missing.len() == proof.task_pods.len();
    missing
        .into_iter()
        .map(|(place, certificates)| {
            let aliases: Vec<&str> = placed
                .iter()
                .filter(|one| certificates.contains(&one.certificate.fingerprint))
                .map(|one| one.alias.as_str())
                .collect();
            let message = format!(
                "{place}: {} is not mounted as a .crt file",
                aliases.join(", ")
            );
            if none_is_right {
                Finding::error("certificate-not-in-task-pods", message)
            } else {
                Finding::warning("certificate-not-in-queue", message).hint(
                    "a templateOverrides of this queue replaces the lists of the base template",
                )
            }
        })
        .collect()
}

/// Helm replaces lists whole: of two files that fill one, the later wins.
fn shadowed_lists(request: &Request<'_>, facts: &Facts, edited: &Value) -> Vec<Finding> {
    let mut lists = vec![[facts.certificates, &["extraCerts"]].concat()];
    for list in POD_LISTS {
        lists.extend(facts.pod_template.map(|base| [base, &[list]].concat()));
    }
    let shadowed = lists
        .iter()
        .filter_map(|path| Some((path, request.files.shadowed(path, edited)?)));
    shadowed
        .map(|(path, (loser, winner))| {
            Finding::error(
                "list-shadowed",
                format!(
                    "{} and {} both fill {}, and Helm replaces lists whole: the entries of {} would be lost",
                    loser.display(),
                    winner.display(),
                    path.join("."),
                    loser.display()
                ),
            )
            .hint("move that list into one of the two files")
        })
        .collect()
}

/// A queue's own template replaces lists whole, ours among them.
fn queue_lists(facts: &Facts, strategy: Strategy, merged: &Value) -> Vec<Finding> {
    let queues = facts.queues.filter(|_| strategy == Strategy::Template);
    let Some(queues) = queues.and_then(|path| Some((path, values::lookup(merged, path)?))) else {
        return Vec::new();
    };
    let (path, queues) = queues;
    let mut findings = Vec::new();
    for (queue, settings) in queues.as_mapping().into_iter().flatten() {
        let queue = queue.as_str().unwrap_or_default();
        let replaced: Vec<&str> = POD_LISTS
            .into_iter()
            .filter(|list| {
                values::lookup(settings, &["templateOverrides", list])
                    .and_then(Value::as_sequence)
                    .is_some_and(|items| !items.is_empty())
            })
            .collect();
        if !replaced.is_empty() {
            findings.push(
                Finding::warning(
                    "queue-replaces-lists",
                    format!(
                        "{}.{queue}.templateOverrides replaces {} of the pod template, and with it what the certificates need there",
                        path.join("."),
                        replaced.join(", ")
                    ),
                )
                .hint("repeat the entries of the pod template in that queue's lists"),
            );
        }
    }
    findings
}
