//! The preview of a plan: certificates, then each target with its diff, then the commands.

use console::style;

use super::alike::{self, Group};
use super::table::{Column, Table};
use super::tables::name;
use super::target::heading;
use super::{Detail, Screen, changes, diff, fit, summary};
use crate::certs::bundle::Entry;
use crate::certs::lint::date;
use crate::finding::Severity;
use crate::helm::TargetId;
use crate::plan::{self, Plan, Target};

impl Screen {
    /// Shows the whole plan. Where one target keeps no other from its turn (`goes_on`), what remains is shown beside what is
    /// refused.
    pub fn preview(&self, plan: &Plan, detail: Detail, goes_on: bool) {
        // Nothing is added where certificates are only taken out.
        if !plan.entries.is_empty() {
            self.result(&certificates(&plan.entries, detail));
        }
        self.findings(&plan.findings);
        let groups = alike::groups(plan);
        for group in &groups {
            let target = group.first;
            if group.len() > 1 {
                self.result(&of_group(plan, group));
            }
            self.result(&heading(target));
            if target.file.is_edited() {
                self.result(&diff::of(&target.file, detail));
            }
            let changes = changes::of(target, detail);
            if !changes.is_empty() {
                self.result(changes.trim_end());
            }
            if detail.manifest {
                for target in group.all().filter(|one| one.goes_with.is_none()) {
                    self.result(&manifest(target));
                }
            }
            self.findings(&target.findings);
        }
        self.unplanned(plan);
        let has_turns = plan.targets.iter().any(Target::has_its_turn);
        if plan.is_refused() && !(goes_on && has_turns) {
            // A command that is shown is one that may be run.
        } else if plan.has_changes() {
            self.result(&commands(&groups));
            self.result(&summary::of(plan, &groups));
        } else {
            self.result("\nNothing to change: every certificate is deployed already.");
        }
    }

    /// Shows the findings alone.
    pub fn plan_findings(&self, plan: &Plan) {
        self.findings(&plan.findings);
        for target in &plan.targets {
            self.findings(&target.findings);
        }
        self.unplanned(plan);
    }

    /// Shows what refuses the plan, and nothing else.
    pub fn refusals(&self, plan: &Plan) {
        let of_targets = plan.targets.iter().map(|target| &target.findings);
        for findings in std::iter::once(&plan.findings).chain(of_targets) {
            let refusing = findings.iter();
            let refusing = refusing.filter(|one| one.severity == Severity::Error);
            self.findings(&refusing.cloned().collect::<Vec<_>>());
        }
        self.unplanned(plan);
    }

    fn unplanned(&self, plan: &Plan) {
        // A cluster that does not answer is told once.
        let mut said: Vec<(String, Vec<String>)> = Vec::new();
        for one in &plan.unplanned {
            let of = plan.of_cluster(&one.id.cluster);
            let TargetId {
                namespace, release, ..
            } = &one.id;
            let name = format!("{} release {release} in {namespace}{of}", one.component);
            let error = format!("{:#}", one.error);
            match said.iter_mut().find(|(known, _)| *known == error) {
                Some((_, names)) => names.push(name),
                None => said.push((error, vec![name])),
            }
        }
        for (error, names) in said {
            self.note(&format!(
                "{} {} could not be planned: {error}",
                style("✗").red().for_stderr(),
                names.join(", ")
            ));
        }
    }
}

/// Targets that are alike, before the first of them is shown.
fn of_group(plan: &Plan, group: &Group<'_>) -> String {
    let title = format!(
        "{} releases of the {} are alike; this is the first of them",
        group.len(),
        group.first.coordinates.component.title()
    );
    let places = alike::places(plan, group);
    format!("\n{}\n  {}", style(title).bold(), places.join("\n  "))
}

/// Certificates that have a line each; of more, the first to end are shown.
const CERTIFICATES_SHOWN: usize = 12;

fn certificates(entries: &[Entry], detail: Detail) -> String {
    let is_listed = |entry: &&Entry| detail.certificates || !entry.of_bundle;
    let (mut listed, folded): (Vec<&Entry>, Vec<&Entry>) = entries.iter().partition(is_listed);
    let hidden = match listed.len().checked_sub(CERTIFICATES_SHOWN) {
        Some(more) if more > 0 && !detail.certificates => {
            listed.sort_by_key(|entry| entry.certificate.not_after);
            listed.split_off(CERTIFICATES_SHOWN)
        }
        _ => Vec::new(),
    };
    let mut lines = vec![style("Certificates").bold().to_string()];
    if !listed.is_empty() {
        lines.push(table(&listed));
    }
    if !hidden.is_empty() {
        let what = format!("and {} more", hidden.len());
        lines.push(counted(&what, &hidden));
    }
    if !folded.is_empty() {
        let of = folded.first().map_or("", |one| place(&one.origin));
        let what = format!("and {} public CAs of {of}", folded.len());
        lines.push(counted(&what, &folded));
    }
    if !hidden.is_empty() || !folded.is_empty() {
        lines.push(style(" (--show-certificates lists them)").dim().to_string());
    }
    lines.join("\n")
}

/// The file or object of an origin, without the line or the key in it.
fn place(origin: &str) -> &str {
    let is_number = |text: &str| text.bytes().all(|one| one.is_ascii_digit());
    match origin.rsplit_once(':') {
        Some((place, line)) if is_number(line) => place,
        _ => origin,
    }
}

/// Certificates that have no line of their own: how many, and the first and the last to end.
fn counted(what: &str, entries: &[&Entry]) -> String {
    let by_end = |entry: &&&Entry| entry.certificate.not_after;
    let told = |entry: &&Entry| {
        let certificate = &entry.certificate;
        format!("{} ({})", date(certificate.not_after), name(certificate))
    };
    let first = entries.iter().min_by_key(by_end).map(told);
    let last = entries.iter().max_by_key(by_end).map(told);
    let text = format!(
        "{what}, the first until {}, the last until {}",
        first.unwrap_or_default(),
        last.unwrap_or_default()
    );
    let room = fit::width_of_results().unwrap_or(usize::MAX);
    let lines = fit::wrapped(&text, room.saturating_sub(3));
    format!(" {}", lines.join("\n   "))
}

fn table(entries: &[&Entry]) -> String {
    let mut table = Table::new([
        Column::new("ALIAS").cut(9),
        Column::new("SUBJECT").cut(10),
        Column::new("ISSUER").cut(12).spare(1),
        Column::new("UNTIL"),
        Column::new("SHA-256, FIRST 8 BYTES").spare(2),
    ]);
    for entry in entries {
        let certificate = &entry.certificate;
        let issuer = if certificate.is_own_issuer() {
            "itself"
        } else {
            &certificate.issuer
        };
        // The whole subject where the name alone tells nothing apart.
        let is_twin = |one: &&&Entry| name(&one.certificate) == name(certificate);
        let subject = if entries.iter().filter(is_twin).count() > 1 {
            &certificate.subject
        } else {
            name(certificate)
        };
        table.row([
            entry.alias.clone(),
            subject.to_owned(),
            issuer.to_owned(),
            date(certificate.not_after),
            certificate.fingerprint.short(),
        ]);
    }
    table.shown()
}

/// All that was rendered, hooks among it, between two lines that name it.
fn manifest(target: &Target) -> String {
    let release = &target.coordinates.id.release;
    let title = style(format!("Manifest of {release}")).bold();
    format!(
        "\n{title}\n{}# end of the manifest of {release}",
        plan::shown_manifest(&target.rendered.objects)
    )
}

fn commands(groups: &[Group<'_>]) -> String {
    let mut lines = vec![String::new(), style("Commands").bold().to_string()];
    for group in groups {
        if let Some(inside) = &group.first.file.inside {
            lines.push(format!(
                "  none: {} deploys from {}",
                inside.engine,
                group.first.file.path.display()
            ));
            continue;
        }
        let mut turns = group.all().filter(|target| target.is_upgraded());
        if let Some(target) = turns.next() {
            lines.push(format!("  {}", target.upgrade.shown()));
        }
        let more = turns.count();
        if more > 0 {
            let text = format!("and {more} more like it, each with its own names");
            lines.push(format!("  {}", style(text).dim()));
        }
    }
    lines.join("\n")
}
