//! The override file and the release.

use std::path::PathBuf;

use serde_yaml::Value;

use super::{Agreement, Baseline, Evidence, ReleaseStatus, Stored, Trusts};
use super::{word_of_mode, word_of_task_pods};
use crate::finding::Finding;
use crate::overrides::Placed;
use crate::overrides::task_pods::queue_templates;
use crate::values;
use crate::vendor::{Component, Layout, PodList};
use crate::yaml::Path;

/// What the values files of a component say together.
#[derive(Debug, Clone)]
pub struct FileSaid {
    /// The files, in Helm's order.
    pub paths: Vec<PathBuf>,
    /// All of them merged, or why they cannot be read.
    pub values: Result<Value, String>,
    /// Whether they were named, and not found under the documented name: then they are meant.
    pub is_named: bool,
    /// Whether some of them are objects that an engine deploys from.
    pub is_inside: bool,
    /// The words that named the release's chart, and where its values stand in these files.
    pub chart: Vec<String>,
}

impl FileSaid {
    /// What a command about the release has to name, so that it is about the same chart and the same files.
    pub(super) fn words(&self) -> Vec<String> {
        let named = self.is_named.then_some(&self.paths).into_iter().flatten();
        let files = named.flat_map(|path| ["-f".to_owned(), path.display().to_string()]);
        files.chain(self.chart.iter().cloned()).collect()
    }

    /// Its name for people: the last of the files is the one that wins.
    fn shown(&self) -> String {
        let paths = self.paths.iter().map(|path| path.display().to_string());
        paths.collect::<Vec<_>>().join(", ")
    }
}

/// Compares what concerns certificates: they themselves, how they are added, and what brings them to task pods.
pub(super) fn compare(
    evidence: &Evidence<'_>,
    baseline: &Baseline<'_>,
) -> (Agreement, Vec<Finding>) {
    let Some(file) = evidence.file else {
        return (Agreement::Nothing, Vec::new());
    };
    let values = match &file.values {
        Ok(values) => values,
        Err(why) => {
            let finding = Finding::warning(
                "file-unreadable",
                format!(
                    "{} cannot be compared with {}: {why}",
                    file.shown(),
                    evidence.name()
                ),
            );
            return (Agreement::Unknown(why.clone()), vec![finding]);
        }
    };
    let said = Trusts::in_values(values, evidence.layout);
    let deployed = &baseline.trusts;
    let mut differences = Vec::new();
    let only = |these: &[Placed], those: &[Placed]| -> Vec<String> {
        let has = |one: &Placed| {
            let mut those = those.iter();
            those.any(|other| other.certificate == one.certificate)
        };
        let only = these.iter().filter(|one| !has(one));
        only.map(|one| one.alias.clone()).collect()
    };
    let lacks = only(&deployed.certificates, &said.certificates);
    let adds = only(&said.certificates, &deployed.certificates);
    for (aliases, what) in [(lacks, "it lacks"), (adds, "it adds")] {
        if !aliases.is_empty() {
            differences.push(format!("{what} {}", aliases.join(", ")));
        }
    }
    let has_any = !said.certificates.is_empty() && !deployed.certificates.is_empty();
    if let (Some(mode), Some(other)) = (said.mode, deployed.mode)
        && mode != other
        && has_any
    {
        differences.push(format!(
            "its mode is {}, not {}",
            word_of_mode(mode),
            word_of_mode(other)
        ));
    }
    if let (Some(one), Some(other)) = (said.task_pods, deployed.task_pods)
        && one != other
        && has_any
    {
        differences.push(format!(
            "task pods get them by {}, not {}",
            word_of_task_pods(one),
            word_of_task_pods(other)
        ));
    }
    if let (Stored::Read(snapshot), true) = (evidence.stored, differences.is_empty()) {
        let deployed = &snapshot.deployed.values;
        differences.extend(lists(values, deployed, evidence.layout));
    }
    if differences.is_empty() {
        return (Agreement::Same, Vec::new());
    }
    let finding = Finding::error(
        "file-differs",
        format!(
            "{} says something else than {}: {}",
            file.shown(),
            evidence.name(),
            differences.join("; ")
        ),
    )
    .hint(hint(evidence, file, &said));
    (Agreement::Differs, vec![finding])
}

/// The lists of task pods' templates that a file has, and that the release has otherwise. What it does not have may be in
/// another file.
fn lists(file: &Value, deployed: &Value, layout: &Layout) -> Vec<String> {
    let Some(keys) = &layout.task_pods else {
        return Vec::new();
    };
    let base = PodList::ALL.map(|list| Path::from(keys.base).then(list.key()));
    let queues = keys.queues.iter();
    let queues = queues.flat_map(|keys| queue_templates(file, keys));
    let queues = queues.flat_map(|queue| {
        let lists = queue.lists.into_iter();
        lists
            .map(|list| queue.path.then(list.key()))
            .collect::<Vec<_>>()
    });
    base.into_iter()
        .chain(queues)
        .filter(|path| {
            let said = values::at(file, path).unwrap_or(&Value::Null);
            let other = values::at(deployed, path).unwrap_or(&Value::Null);
            !said.is_null() && !values::equivalent(said, other)
        })
        .map(|path| format!("{path} is not as deployed"))
        .collect()
}

fn hint(evidence: &Evidence<'_>, file: &FileSaid, said: &Trusts) -> String {
    let source = evidence.as_source();
    let write = format!(
        "write what is deployed into the file: {}",
        evidence.command("install", &["--ca", &source, "--files-only"])
    );
    let last = file.paths.last().map(|path| path.display().to_string());
    match last {
        Some(_) if file.is_inside => {
            format!("have the engine deploy what the file says, or {write}")
        }
        Some(path) if !said.certificates.is_empty() => {
            let deploy = evidence.command("install", &["--ca", &path]);
            format!("deploy what the file says: {deploy}\n  or {write}")
        }
        _ => write,
    }
}

/// A file of the documented name, found where the run began, belongs to the releases that it agrees with; only where it agrees
/// with none is it told of each that it differs.
pub fn settle(releases: &mut [ReleaseStatus], component: Component) {
    let of_it = |one: &ReleaseStatus| one.component == component && one.file_was_found;
    let agrees = |one: &ReleaseStatus| one.file == Agreement::Same;
    if !releases.iter().any(|one| of_it(one) && agrees(one)) {
        return;
    }
    for one in releases.iter_mut().filter(|one| of_it(one)) {
        if one.file == Agreement::Differs {
            one.file = Agreement::Nothing;
            one.findings
                .retain(|finding| finding.code != "file-differs");
        }
    }
}
