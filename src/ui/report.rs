//! What became of a plan.

use std::path::Path;

use console::style;

use super::Screen;
use crate::apply::{Aftermath, Outcome};
use crate::plan::Target;

impl Screen {
    /// Shows what became of each target, and of its override file.
    pub fn report(&self, outcomes: &[(&Target, Outcome)]) {
        for (target, outcome) in outcomes {
            match outcome {
                Outcome::Unchanged | Outcome::Done { .. } => self.result(&success(target, outcome)),
                Outcome::Failed { .. } | Outcome::Untouched => self.note(&failure(target, outcome)),
            }
        }
    }
}

fn name(target: &Target) -> String {
    let at = &target.coordinates;
    format!(
        "{} release {} in {}",
        at.component, at.release, at.namespace
    )
}

fn success(target: &Target, outcome: &Outcome) -> String {
    let tick = style("✓").green();
    match outcome {
        Outcome::Done { revision, backup } => {
            let revision = revision
                .map(|n| format!(" is at revision {n}"))
                .unwrap_or_default();
            let kept = backup.as_deref().map(kept_at).unwrap_or_default();
            format!("{tick} {}{revision}{kept}", name(target))
        }
        _ => format!("{tick} {} is as it should be", name(target)),
    }
}

fn failure(target: &Target, outcome: &Outcome) -> String {
    let file = target.file.path.display();
    let Outcome::Failed {
        aftermath, backup, ..
    } = outcome
    else {
        let dash = style("-").dim().for_stderr();
        return format!("{dash} {}: untouched", name(target));
    };
    let cross = style("✗").red().for_stderr();
    let kept = backup.as_deref().map(kept_at).unwrap_or_default();
    let state = match aftermath {
        Aftermath::AsBefore => format!("failed; the release is as it was, and so is {file}"),
        Aftermath::MovedOn { revision, status } => format!(
            "failed; the release moved on to revision {revision} ({status}), so {file} keeps the new content{kept}"
        ),
        Aftermath::Unknown(error) => format!(
            "failed, and the cluster cannot be asked where that left the release; {file} was put back\n{error}"
        ),
    };
    format!("{cross} {}: {state}", name(target))
}

fn kept_at(backup: &Path) -> String {
    format!("\n  the file's former content: {}", backup.display())
}
