//! Values that an upgrade changes and that are no certificates: the file of another release, taken by mistake, has other
//! credentials and servers.

use super::Request;
use crate::finding::Finding;
use crate::values::{self, Difference, scalar};

/// How many are named.
const NAMED: usize = 4;

/// The paths of what the files say otherwise than the release, before this edit; credentials and servers first.
pub(super) fn paths(request: &Request<'_>) -> Vec<String> {
    let Some(release) = request.observed.release() else {
        return Vec::new();
    };
    let files = request.files.merged();
    // Other components of the release have theirs, and what brings them to task pods.
    let beside = &request.beside;
    let others = beside.before.iter().chain(&beside.after);
    let others = others.flat_map(|layout| {
        let pods = layout.task_pods.as_ref().map(|keys| keys.base);
        [Some(layout.certificates), pods].into_iter().flatten()
    });
    let certificates = [request.layout.certificates].into_iter().chain(others);
    let certificates: Vec<String> = certificates.map(|keys| keys.join(".")).collect();
    let differences = values::differences(&release.deployed.values, &files);
    let mut others: Vec<Difference<'_>> = differences
        .into_iter()
        // What no file holds is a finding of its own.
        .filter(|one| one.after.is_some_and(|after| !after.is_null()))
        .filter(|one| !certificates.iter().any(|keys| one.path.starts_with(keys)))
        // --set beats the files.
        .filter(|one| !request.arguments.may_set(&one.path))
        .filter(|one| !matches!((one.before, one.after), (Some(before), Some(after)) if scalar::is_read_as(after, before)))
        .collect();
    others.sort_by_key(|one| (!one.is_secret, !is_server(&one.path)));
    others.into_iter().map(|one| one.path).collect()
}

fn is_server(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    ["url", "host", "server", "endpoint"]
        .iter()
        .any(|word| path.contains(word))
}

/// A warning that names them.
pub(super) fn finding(request: &Request<'_>, paths: &[String]) -> Option<Finding> {
    let (first, rest) = paths.split_at(paths.len().min(NAMED));
    if first.is_empty() {
        return None;
    }
    let more = match rest.len() {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    let at = &request.coordinates;
    Some(
        Finding::warning(
            "other-values-change",
            format!(
                "this upgrade also changes values of release {} that are not certificates: {}{more}",
                at.id.release,
                first.join(", ")
            ),
        )
        .hint(format!(
            "is {} the file of {}? Another one is named with --{}-values",
            request.files.edited().display(),
            at.id.release,
            at.component
        )),
    )
}
