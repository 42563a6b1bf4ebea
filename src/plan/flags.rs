//! Flags of Helm's own on the values that certificates need: Helm applies them after every values file.

use super::Request;
use crate::finding::{Finding, Severity};

/// What is found where certificates do not arrive.
const LOST: [&str; 5] = [
    "certificate-not-in-task-pods",
    "certificate-not-mounted",
    "chart-ignores-certificates",
    "task-pod-template-unreadable",
    "volume-missing",
];

/// The flags that may be why certificates do not arrive.
pub(super) fn cause(request: &Request<'_>, findings: &[Finding]) -> Option<Finding> {
    let is_lost = |one: &Finding| one.severity == Severity::Error && LOST.contains(&one.code);
    findings.iter().any(is_lost).then_some(())?;
    finding(request, "which may be why the certificates do not arrive")
}

/// The flags that may be why the chart does not render.
pub(super) fn not_rendered(request: &Request<'_>, error: &str) -> Option<Finding> {
    finding(
        request,
        &format!("and with it the chart does not render: {error}"),
    )
}

fn finding(request: &Request<'_>, and: &str) -> Option<Finding> {
    let layout = request.layout;
    let task_pods = layout.task_pods.as_ref();
    let queues = task_pods.and_then(|keys| keys.queues.as_ref());
    let needed = [
        Some(layout.certificates),
        task_pods.map(|keys| keys.base),
        queues.map(|queues| queues.all),
        queues.and_then(|queues| queues.apps),
    ];
    let mut set: Vec<String> = needed
        .into_iter()
        .flatten()
        .flat_map(|keys| request.arguments.set_at(&keys.join(".")))
        .collect();
    set.dedup();
    if set.is_empty() {
        return None;
    }
    let file = request.files.edited().display();
    Some(
        Finding::error(
            "flag-over-values",
            format!(
                "{} counts for more than {file}, since Helm applies its flags after every file, {and}",
                set.join(", ")
            ),
        )
        .hint(format!(
            "leave the flag out, and write its value into {file}, where it is kept beside the certificates"
        )),
    )
}
