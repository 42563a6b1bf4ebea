//! What became of a plan.

use std::path::Path;

use console::style;

use super::Screen;
use crate::kube::ClusterAddress;
use crate::overrides::task_pods::Strategy;
use crate::plan::{Plan, Target};
use crate::run::{Aftermath, By, Check, FileEnd, Moved, Outcome, Untouched};

impl Screen {
    /// Says what comes next, once all went well: that task pods trust their servers is seen from inside. `file` lists the targets, for
    /// a run that went to `here`.
    pub fn next_step(
        &self,
        outcomes: &[(&Target, Outcome)],
        file: Option<&Path>,
        here: &ClusterAddress,
    ) {
        let mut tasks = outcomes.iter();
        let tasks = tasks.find(|(target, outcome)| starts_tasks(target, outcome));
        let Some((first, _)) = tasks else {
            return;
        };
        let next = match file {
            Some(file) => here.ours(&["verify", "-c", &file.display().to_string()]),
            None => command("verify", first),
        };
        self.result(&format!(
            "\nLet a task pod ask the servers, from inside:\n  {next}"
        ));
    }

    /// Shows what became of each target, and of its override file.
    pub fn report(&self, plan: &Plan, outcomes: &[(&Target, Outcome)]) {
        let name = |target: &Target| {
            let at = &target.coordinates;
            let of = plan.of_cluster(&at.id.cluster);
            format!(
                "{} release {} in {}{of}",
                at.component, at.id.release, at.id.namespace
            )
        };
        for (target, outcome) in outcomes {
            match outcome {
                Outcome::Unchanged => self.result(&format!(
                    "{} {} is as it should be",
                    style("✓").green(),
                    name(target)
                )),
                Outcome::Written { backup } => self.written(target, backup.as_deref()),
                Outcome::Done {
                    check,
                    warnings,
                    backup,
                } => {
                    if !warnings.trim().is_empty() {
                        self.note(warnings.trim_end());
                    }
                    if check.problems.is_empty() {
                        self.result(&success(target, &name(target), check, backup.as_deref()));
                    } else {
                        self.note(&suspicious(target, &name(target), check, backup.as_deref()));
                    }
                }
                Outcome::Failed {
                    aftermath,
                    file,
                    backup,
                    ..
                } => self.note(&failure(
                    target,
                    &name(target),
                    aftermath,
                    file,
                    backup.as_deref(),
                )),
                Outcome::Untouched(why) => {
                    let dash = style("-").dim().for_stderr();
                    let (why, more) = match why {
                        Untouched::NoTurn | Untouched::Stopped(_) => ("untouched", None),
                        Untouched::Refused => ("refused; see above", None),
                        Untouched::Beside { file, backup } => (
                            "failed with its release",
                            Some((file_end(target, file), backup)),
                        ),
                    };
                    self.note(&format!("{dash} {}: {why}", name(target)));
                    if let Some((file, backup)) = more {
                        self.note(&format!("  {file}"));
                        if let Some(backup) = backup {
                            self.note(&kept_at(backup));
                        }
                    }
                }
            }
        }
    }
}

/// Whether a target was deployed whose values name servers, so that its tasks can be let ask them.
fn starts_tasks(target: &Target, outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Done { .. })
        && target.layout.task_pods.is_some()
        && target.strategy != Strategy::Off
        && !target.servers.is_empty()
}

fn success(target: &Target, name: &str, check: &Check, backup: Option<&Path>) -> String {
    let mut lines = vec![format!("{} {} {}", style("✓").green(), name, state(check))];
    if !check.live.is_empty() {
        lines.push(format!(
            "  in the cluster as rendered: {}",
            check.live.join(", ")
        ));
    }
    lines.extend(check.waiting.iter().map(|one| format!("  {one}")));
    lines.extend(pods(target, check));
    lines.extend(backup.map(kept_at));
    lines.join("\n")
}

/// Helm was content, but what was seen afterwards is not what was planned.
fn suspicious(target: &Target, name: &str, check: &Check, backup: Option<&Path>) -> String {
    let cross = style("✗").red().for_stderr();
    let mut lines = vec![format!("{cross} {} {}, but", name, state(check))];
    lines.extend(check.problems.iter().map(|problem| format!("  {problem}")));
    lines.extend(pods(target, check));
    if check.keeping.is_empty() {
        lines.push(format!("  how things stand now: {}", status_of(target)));
    }
    lines.extend(backup.map(kept_at));
    lines.join("\n")
}

fn state(check: &Check) -> String {
    match check.revision {
        Some(revision) => format!("is at revision {revision}"),
        None => "is upgraded".to_owned(),
    }
}

/// The pods that were restarted, and those that should be.
fn pods(target: &Target, check: &Check) -> Vec<String> {
    let mut lines = Vec::new();
    if !check.restarted.is_empty() {
        let names: Vec<String> = check.restarted.iter().map(ToString::to_string).collect();
        lines.push(format!("  restarted: {}", names.join(", ")));
    }
    for workload in &check.keeping {
        lines.push(format!(
            "  the running pods of {workload} keep the old certificates until they are restarted:\n    {}",
            workload.restart(&target.coordinates)
        ));
    }
    if !check.keeping.is_empty() {
        lines.push(format!(
            "  whether they have the new ones: {}",
            status_of(target)
        ));
    }
    lines
}

/// The command that tells how a release, its objects and its pods stand.
fn status_of(target: &Target) -> String {
    command("status", target)
}

/// A command about a release.
fn command(verb: &str, target: &Target) -> String {
    let at = &target.coordinates;
    let words = ["clearml-certs", verb, at.component.name(), "--release"];
    let place: [&str; 3] = [&at.id.release, "-n", &at.id.namespace];
    at.id.cluster.helm(&[words.as_slice(), &place].concat())
}

fn failure(
    target: &Target,
    name: &str,
    aftermath: &Aftermath,
    file: &FileEnd,
    backup: Option<&Path>,
) -> String {
    let cross = style("✗").red().for_stderr();
    let mut lines = vec![format!(
        "{cross} {}: failed; {}",
        name,
        release_end(target, aftermath)
    )];
    lines.push(format!("  {}", file_end(target, file)));
    lines.extend(backup.map(kept_at));
    match aftermath {
        Aftermath::Moved(moved) => lines.extend(advice(moved)),
        Aftermath::Unknown(error) => {
            lines.extend(error.as_ref().map(|error| format!("  {error}")));
            lines.push(
                "  once the cluster answers, run this again: it starts from what is there then"
                    .to_owned(),
            );
        }
        Aftermath::AsBefore | Aftermath::Gone => {}
    }
    lines.join("\n")
}

/// What to do about a revision that was not there before.
fn advice(moved: &Moved) -> Option<String> {
    let is_pending = moved.status.starts_with("pending");
    match (&moved.way_out, moved.by) {
        (Some(way_out), By::Others) => Some(format!(
            "  if no helm is at work on it any more:\n    {way_out}\n  then run this again"
        )),
        (Some(way_out), _) if is_pending => Some(format!(
            "  nothing can be deployed until this is settled:\n    {way_out}\n  then run this again"
        )),
        (Some(way_out), _) => Some(format!("  run this again, or go back with:\n    {way_out}")),
        (None, By::Us | By::Others) => Some("  run this again".to_owned()),
        (None, By::Rollback) => None,
    }
}

fn release_end(target: &Target, aftermath: &Aftermath) -> String {
    match aftermath {
        Aftermath::AsBefore => "the release is as it was".to_owned(),
        Aftermath::Moved(Moved {
            revision,
            status,
            by,
            ..
        }) => match by {
            By::Us => format!("the release moved on to revision {revision} ({status})"),
            By::Rollback => {
                let release = target.observed.release();
                let was_good = release.is_some_and(|one| one.deployed.status == "deployed");
                let whither = if was_good {
                    "what it was"
                } else {
                    "the last revision that was deployed without an error"
                };
                format!("the release went back to {whither}, as revision {revision} ({status})")
            }
            By::Others => format!(
                "somebody else deployed meanwhile: the release is at revision {revision} ({status})"
            ),
        },
        Aftermath::Gone => "the release is gone".to_owned(),
        Aftermath::Unknown(None) => {
            "helm was ended by force, and the cluster was not asked where that left the release"
                .to_owned()
        }
        Aftermath::Unknown(Some(_)) => {
            "the cluster cannot be asked where that left the release".to_owned()
        }
    }
}

fn file_end(target: &Target, file: &FileEnd) -> String {
    let path = target.file.path.display();
    match file {
        FileEnd::AsBefore => format!("{path} is as it was"),
        FileEnd::Kept => format!("{path} keeps the new content, as the release has it"),
        FileEnd::ChangedByOthers => {
            format!("{path} was changed by somebody else meanwhile, and left alone")
        }
        FileEnd::NotPutBack(error) => {
            format!("{path} has the new content still, and could not be put back: {error:#}")
        }
    }
}

fn kept_at(backup: &Path) -> String {
    format!("  the file's former content: {}", backup.display())
}
