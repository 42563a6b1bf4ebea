//! What an upgrade changes in the cluster: values, then objects.

use console::{StyledObject, style};

use super::detail::Detail;
use super::{diff, fit};
use crate::plan::{Action, Change, Changes, ObjectChange, Target, ValueChange};

/// A value that takes more room than this is shown by its beginning.
const VALUE_WIDTH: usize = 120;

/// Columns before a line of an object's difference.
const INDENT: usize = 6;

/// With this annotation Helm leaves an object alone that is no longer rendered.
const KEPT: &str = "helm.sh/resource-policy: keep";

/// The changes of one target; empty where there are none.
pub(super) fn of(target: &Target, detail: Detail) -> String {
    let changes = &target.changes;
    let values: Vec<String> = changes.values.iter().map(value).collect();
    let blocks = match target.action {
        Action::Nothing => Vec::new(),
        Action::Install => vec![block("Creates", &created(changes))],
        Action::Upgrade => vec![
            block("Values that change", &values),
            block("Objects that change", &changed(changes, detail)),
        ],
    };
    blocks.concat()
}

fn block(title: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let lines: Vec<String> = lines
        .iter()
        .map(|line| format!("  {line}").trim_end().to_owned())
        .collect();
    format!("\n{}\n{}\n", style(title).bold(), lines.join("\n"))
}

/// A new release's objects, one a line.
fn created(changes: &Changes) -> Vec<String> {
    let line =
        |object: &ObjectChange| format!("{} {} {}", sign(Change::Added), object.kind, object.name);
    changes.objects.iter().map(line).collect()
}

fn changed(changes: &Changes, detail: Detail) -> Vec<String> {
    let objects = changes.objects.iter();
    let mut lines: Vec<String> = objects.flat_map(|one| object(one, detail)).collect();
    if !changes.by_themselves.is_empty() {
        let keys = changes.by_themselves.join(", ");
        let line = format!("{} as with every upgrade: {keys}", sign(Change::Changed));
        lines.push(line);
    }
    lines
}

fn object(change: &ObjectChange, detail: Detail) -> Vec<String> {
    let title = format!("{} {} {}", sign(change.change), change.kind, change.name);
    let text = |side: &Option<String>| side.clone().unwrap_or_default();
    if change.change == Change::Removed {
        let stays = text(&change.before).contains(KEPT);
        let note = stays.then(|| format!(" (stays in the cluster: {KEPT})"));
        return vec![title + &note.unwrap_or_default()];
    }
    let mut lines = vec![title];
    let (before, after) = (text(&change.before), text(&change.after));
    let hunks = diff::hunks(&before, &after, detail, INDENT);
    if hunks.is_empty() {
        lines.push("    (differs only in blanks)".to_owned());
    }
    lines.extend(hunks.iter().map(|line| format!("    {line}")));
    lines
}

fn value(change: &ValueChange) -> String {
    let short = |side: &Option<String>| side.as_deref().map(shortened);
    let path = style(&change.path).cyan();
    match (short(&change.before), short(&change.after)) {
        (Some(before), Some(after)) => {
            format!("{} {path}: {before} → {after}", sign(Change::Changed))
        }
        (Some(before), None) => format!("{} {path}: {before}", sign(Change::Removed)),
        (None, after) => format!(
            "{} {path}: {}",
            sign(Change::Added),
            after.unwrap_or_default()
        ),
    }
}

/// Within a line of the terminal, as far as there is one.
fn shortened(text: &str) -> String {
    let width = fit::width_of_results().map_or(VALUE_WIDTH, |width| width.min(VALUE_WIDTH));
    match text.char_indices().nth(width) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

fn sign(change: Change) -> StyledObject<&'static str> {
    match change {
        Change::Added => style("+").green(),
        Change::Changed => style("~").yellow(),
        Change::Removed => style("-").red(),
    }
}
