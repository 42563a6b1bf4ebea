//! What is about to happen, in at most six lines: it stands right above the question.

use console::style;

use super::alike::Group;
use super::fit::{self, listed};
use super::tables::aliases;
use crate::overrides::Placed;
use crate::plan::{Action, Observed, Plan, Purpose, Replaced, Target};
use crate::report::{Counts, warnings};

/// Targets that have a line of their own where there are several.
const TARGETS_SHOWN: usize = 4;

/// Where the texts of a target begin.
const INDENT: usize = 13;

/// The summary of a plan that changes something.
pub(super) fn of(plan: &Plan, groups: &[Group<'_>]) -> String {
    let changing = groups.iter();
    let changing: Vec<&Group<'_>> = changing
        .filter(|group| group.first.has_its_turn())
        .collect();
    let mut lines = match changing.as_slice() {
        [only] if only.len() == 1 => one(only.first),
        several => {
            let (shown, rest) = several.split_at(several.len().min(TARGETS_SHOWN));
            let mut lines: Vec<String> = shown.iter().map(|group| in_one_line(group)).collect();
            let rest: usize = rest.iter().map(|group| group.len()).sum();
            if rest > 0 {
                lines.push(format!("and {rest} more"));
            }
            lines
        }
    };
    lines.extend(match warnings(plan) {
        0 => None,
        1 => Some("  warnings   1, above".to_owned()),
        n => Some(format!("  warnings   {n}, above")),
    });
    let lines: Vec<String> = lines
        .iter()
        .map(|line| fit::result_line(line, INDENT))
        .collect();
    format!("\n{}", lines.join("\n"))
}

fn one(target: &Target) -> Vec<String> {
    let counts = Counts::of(target);
    let title = format!("{} {}", target.coordinates.id.release, revisions(target));
    let mut lines = vec![
        style(title).bold().to_string(),
        format!("  trust      {}", trust(target)),
        format!("  changes    {}", changes(target, &counts)),
    ];
    if upgrades(target) {
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

fn changes(target: &Target, counts: &Counts) -> String {
    let file = format!(
        "file {} {} lines",
        style(format!("+{}", counts.lines_added)).green(),
        style(format!("−{}", counts.lines_removed)).red(),
    );
    if target.purpose != Purpose::Deploy {
        return file;
    }
    format!(
        "{file}; objects {} created, {} changed, {} removed",
        counts.created, counts.changed, counts.removed
    )
}

fn in_one_line(group: &Group<'_>) -> String {
    let target = group.first;
    let at = &target.coordinates;
    let values = match target.other_values.len() {
        0 => String::new(),
        n => format!("; {n} values that are no certificates"),
    };
    let pods = if upgrades(target) && target.goes_with.is_none() {
        format!("; pods {}", pods(&target.replaced))
    } else {
        String::new()
    };
    let what = match group.len() {
        1 => format!(
            "{} in {} {}",
            at.id.release,
            at.id.namespace,
            revisions(target)
        ),
        n if target.goes_with.is_some() => {
            format!("the {} in {n} of these releases", at.component.title())
        }
        n => {
            let step = match target.action {
                Action::Install => "new",
                Action::Upgrade | Action::Nothing => "upgraded",
            };
            format!("{n} releases of the {} {step}", at.component.title())
        }
    };
    format!("{what}; trust {}{pods}{values}", trust(target))
}

fn upgrades(target: &Target) -> bool {
    target.purpose == Purpose::Deploy && target.observed.release().is_some()
}

fn revisions(target: &Target) -> String {
    if target.purpose != Purpose::Deploy {
        return "is not deployed: the file alone is written".to_owned();
    }
    if target.goes_with.is_some() {
        return format!("also has the {}", target.coordinates.component.title());
    }
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
    let names = |all: &[Placed]| aliases(&all.iter().collect::<Vec<_>>());
    let trust = &target.trust;
    let added = style(format!("+ {}", names(&trust.added))).green();
    let gone = style(format!("− {} (no longer)", names(&trust.gone))).red();
    let public = style("− all public CAs (no longer)".to_owned()).red();
    let parts = [
        (!trust.added.is_empty(), added),
        (!trust.gone.is_empty(), gone),
        (trust.loses_public, public),
    ];
    let parts = parts.into_iter().filter(|(is_so, _)| *is_so);
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
        .map(|one| {
            let what = format!("{} {}", one.kind, one.name);
            match (one.goes, one.pods) {
                (true, _) => format!("{what} (goes)"),
                (false, Some(1)) => format!("{what} (1 pod)"),
                (false, Some(pods)) => format!("{what} ({pods} pods)"),
                (false, None) => what,
            }
        })
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    format!("{}: {}", style("replaced").yellow(), listed(&names))
}
