//! What stands in the way of a target, and what to know about it.

use serde_yaml::Value;

use super::settle::Settled;
use super::{Observed, Request, delivery, unheld};
use crate::component::{Component, Facts};
use crate::finding::Finding;
use crate::overrides::task_pods::Strategy;
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

pub(super) fn of(request: &Request<'_>, settled: &Settled, merged: &Merged) -> Vec<Finding> {
    let facts = request.coordinates.component.facts();
    let mut findings = shadowed_lists(request, facts, &merged.edited);
    findings.extend(queue_lists(facts, settled.strategy, &merged.after));
    findings.extend(unheld::findings(request, &merged.after));
    findings.extend(other_chart(request));
    findings.extend(others_chart(request));
    findings.extend(other_defaults(request));
    if let Some(proof) = &settled.proof {
        findings.extend(delivery::findings(request, settled, proof));
    }
    findings
}

/// The chart of another component: a slip on the command line that would deploy the wrong thing.
fn others_chart(request: &Request<'_>) -> Option<Finding> {
    let component = request.coordinates.component;
    let owner = Component::ALL
        .into_iter()
        .find(|other| *other != component && other.facts().chart == request.chart.name)?;
    Some(
        Finding::error(
            "chart-of-another-component",
            format!(
                "{} is the chart of the {}, and not of the {}",
                request.chart.name,
                owner.facts().title,
                component.facts().title
            ),
        )
        .hint(format!(
            "name {} with --{component}-chart, or install {owner} from this one",
            component.facts().chart
        )),
    )
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

/// With `--reuse-values` the deployed chart's defaults hold for the new one as well, and what that renders cannot be told
/// without the deployed chart.
fn other_defaults(request: &Request<'_>) -> Option<Finding> {
    let Observed::Present(_, listed) = &request.observed else {
        return None;
    };
    let is_same = listed.version_of(&request.chart.name) == Some(&request.coordinates.version);
    (request.arguments.keep_deployed_defaults() && !is_same).then(|| {
        Finding::error(
            "reuse-across-versions",
            format!(
                "--reuse-values keeps the defaults of {}, and with another chart what is previewed would not be what runs",
                listed.chart
            ),
        )
        .hint("use --reset-then-reuse-values: it keeps the deployed values and takes the new chart's defaults")
    })
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
