//! What is about to happen, in at most six lines: it stands right above the question.

use console::style;

use super::fit::listed;
use crate::overrides::Placed;
use crate::plan::{Action, Observed, Plan, Replaced, Target};
use crate::report::{Counts, warnings};

/// Targets that have a line of their own where there are several.
const TARGETS_SHOWN: usize = 4;

/// The summary of a plan that changes something.
pub(super) fn of(plan: &Plan) -> String {
    let changing = plan.targets.iter();
    let changing: Vec<&Target> = changing
        .filter(|target| target.action != Action::Nothing)
        .collect();
    let mut lines = match changing.as_slice() {
        [only] => one(only),
        several => {
            let (shown, rest) = several.split_at(several.len().min(TARGETS_SHOWN));
            let mut lines: Vec<String> = shown.iter().map(|target| in_one_line(target)).collect();
            if !rest.is_empty() {
                lines.push(format!("and {} more", rest.len()));
            }
            lines
        }
    };
    lines.extend(match warnings(plan) {
        0 => None,
        1 => Some("  warnings   1, above".to_owned()),
        n => Some(format!("  warnings   {n}, above")),
    });
    format!("\n{}", lines.join("\n"))
}

fn one(target: &Target) -> Vec<String> {
    let counts = Counts::of(target);
    let title = format!("{} {}", target.coordinates.release, revisions(target));
    let mut lines = vec![
        style(title).bold().to_string(),
        format!("  trust      {}", trust(target)),
        format!(
            "  changes    file {} {} lines; objects {} created, {} changed, {} removed",
            style(format!("+{}", counts.lines_added)).green(),
            style(format!("−{}", counts.lines_removed)).red(),
            counts.created,
            counts.changed,
            counts.removed
        ),
    ];
    if target.observed.release().is_some() {
        lines.push(format!("  pods       {}", pods(&target.replaced)));
    }
    if !target.other_values.is_empty() {
        let names: Vec<&str> = target.other_values.iter().map(String::as_str).collect();
        let what = format!("{} that are no certificates", names.len());
        let what = style(what).yellow();
        lines.push(format!("  values     {what}: {}", listed(&names)));
    }
    lines
}

fn in_one_line(target: &Target) -> String {
    let at = &target.coordinates;
    let values = match target.other_values.len() {
        0 => String::new(),
        n => format!("; {n} values that are no certificates"),
    };
    let pods = match target.observed.release() {
        Some(_) => format!("; pods {}", pods(&target.replaced)),
        None => String::new(),
    };
    format!(
        "{} in {} {}; trust {}{pods}{values}",
        at.release,
        at.namespace,
        revisions(target),
        trust(target),
    )
}

fn revisions(target: &Target) -> String {
    match &target.observed {
        Observed::Present(release) => {
            let revision = release.deployed.revision;
            format!("revision {revision} → {}", revision + 1)
        }
        Observed::Absent => "is new".to_owned(),
        Observed::Unknown(_) => "is new, as far as known".to_owned(),
    }
}

fn trust(target: &Target) -> String {
    let names = |all: &[Placed]| {
        let names: Vec<&str> = all.iter().map(|one| one.alias.as_str()).collect();
        listed(&names)
    };
    let trust = &target.trust;
    let added = style(format!("+ {}", names(&trust.added))).green();
    let gone = style(format!("− {} (no longer)", names(&trust.gone))).red();
    let parts = [(&trust.added, added), (&trust.gone, gone)];
    let parts = parts.into_iter().filter(|(all, _)| !all.is_empty());
    let parts: Vec<String> = parts.map(|(_, part)| part.to_string()).collect();
    if parts.is_empty() {
        "as it is".to_owned()
    } else {
        parts.join("   ")
    }
}

fn pods(replaced: &[Replaced]) -> String {
    if replaced.is_empty() {
        return "none is replaced".to_owned();
    }
    let names: Vec<String> = replaced
        .iter()
        .map(|one| match one.pods {
            Some(1) => format!("{} {} (1 pod)", one.kind, one.name),
            Some(pods) => format!("{} {} ({pods} pods)", one.kind, one.name),
            None => format!("{} {}", one.kind, one.name),
        })
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    format!("{}: {}", style("replaced").yellow(), listed(&names))
}
