//! The preview of a plan: certificates, then each target with its diff, then the commands.

use console::style;

use super::table::{Column, Table};
use super::tables::{aliases, name};
use super::{Detail, Screen, changes, diff, fit, summary};
use crate::certs::bundle::Entry;
use crate::certs::lint::date;
use crate::certs::verdict::{Client, Verdict};
use crate::overrides::task_pods::Strategy;
use crate::overrides::{Mode, Placed};
use crate::plan::{self, Action, Answer, Observed, Plan, Target, Unplanned};
use crate::release::Snapshot;
use crate::vendor::{EXTRA_CERTS, OVERRIDE_BUNDLE, PROPAGATE};

impl Screen {
    /// Shows the whole plan.
    pub fn preview(&self, plan: &Plan, detail: Detail) {
        self.result(&certificates(&plan.entries, detail));
        self.findings(&plan.findings);
        for target in &plan.targets {
            self.result(&heading(target));
            if target.file.changes() {
                self.result(&diff::of(&target.file, detail));
            }
            let changes = changes::of(target, detail);
            if !changes.is_empty() {
                self.result(changes.trim_end());
            }
            if detail.manifest {
                self.result(&manifest(target));
            }
            self.findings(&target.findings);
        }
        self.unplanned(plan);
        if plan.is_refused() {
            // A command that is shown is one that may be run.
        } else if plan.has_changes() {
            self.result(&commands(plan));
            self.result(&summary::of(plan));
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

    fn unplanned(&self, plan: &Plan) {
        for one in &plan.unplanned {
            let Unplanned {
                component,
                release,
                namespace,
                error,
            } = one;
            self.note(&format!(
                "{} {component} release {release} in {namespace} could not be planned: {error:#}",
                style("✗").red().for_stderr()
            ));
        }
    }
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

fn heading(target: &Target) -> String {
    let at = &target.coordinates;
    let (component, layout) = (at.component, target.layout);
    let now = match (&target.observed, target.action) {
        (_, Action::Nothing) => "as it should be".to_owned(),
        (Observed::Present(release), _) => {
            let Snapshot {
                deployed, listed, ..
            } = release.as_ref();
            let revisions = format!("revision {} → {}", deployed.revision, deployed.revision + 1);
            match listed.version_of(layout.chart) {
                Some(version) if version == at.version => revisions,
                Some(version) => format!("{revisions}, chart {version} → {}", at.version),
                None => format!(
                    "{revisions}, chart {} → {} {}",
                    listed.chart, target.chart_name, at.version
                ),
            }
        }
        (Observed::Absent, _) if target.namespace_is_new && target.upgrade.creates_namespace() => {
            "new release; the namespace will be created".to_owned()
        }
        (Observed::Absent, _) => "new release".to_owned(),
        (Observed::Unknown(_), _) => "new release, as far as known".to_owned(),
    };
    let mut lines = vec![
        String::new(),
        fit::result_line(
            &format!(
                "{} release {} in namespace {}{} ({now})",
                style(component.title()).bold(),
                style(&at.release).cyan(),
                style(&at.namespace).cyan(),
                if at.cluster.is_known() {
                    format!(" of {}", at.cluster)
                } else {
                    String::new()
                }
            ),
            2,
        ),
        format!("  chart      {} {}", at.chart, at.version),
        format!("  file       {}", file_note(target)),
        format!("  bundle     {}", mode_note(target.mode)),
    ];
    if layout.task_pods.is_some() {
        lines.push(format!("  task pods  {}", strategy_note(target)));
    }
    lines.extend(server_lines(target));
    lines.extend(proof_lines(target));
    lines.extend(target.trust.gone.iter().map(|one| {
        let gone = format!(
            "− {}: {} is no longer trusted",
            one.alias, one.certificate.subject
        );
        format!("  {}", style(gone).red())
    }));
    lines.join("\n")
}

fn file_note(target: &Target) -> String {
    let file = &target.file;
    let what = match (&file.before, file.changes()) {
        (None, _) => "new",
        (Some(_), true) => "edited in place",
        (Some(_), false) => "unchanged",
    };
    format!("{} ({what})", file.path.display())
}

fn mode_note(mode: Mode) -> String {
    match mode {
        Mode::Append => format!("the pods' own, and these certificates ({EXTRA_CERTS})"),
        Mode::Replace => format!("replaced by these certificates ({OVERRIDE_BUNDLE})"),
    }
}

fn strategy_note(target: &Target) -> String {
    let layout = target.layout;
    match target.strategy {
        Strategy::Propagate => format!(
            "by the chart ({})",
            layout.under_certificates(PROPAGATE).join(".")
        ),
        Strategy::Template => {
            let base = layout.task_pods.as_ref().map_or(&[][..], |keys| keys.base);
            format!("by the documented pod template ({})", base.join("."))
        }
        Strategy::Off => "left alone".to_owned(),
    }
}

/// Whether the servers that the values name will be trusted; the findings have the clients' words.
fn server_lines(target: &Target) -> Vec<String> {
    let asked = target.servers.iter().filter_map(|server| {
        let answer = match server.answer.as_ref()? {
            Answer::Unreachable(_) => style("not reached from here").yellow().to_string(),
            Answer::Judged { verdicts, .. } => trusting(verdicts),
        };
        Some(format!("{} {answer}", server.endpoint))
    });
    let headings = std::iter::once("servers  ").chain(std::iter::repeat("         "));
    headings
        .zip(asked)
        .map(|(heading, line)| fit::result_line(&format!("  {heading}  {line}"), 13))
        .collect()
}

fn trusting(verdicts: &[Verdict]) -> String {
    let clients: Vec<&str> = Client::ALL
        .iter()
        .zip(verdicts)
        .filter(|(_, said)| said.is_trusted())
        .map(|(client, _)| client.name())
        .collect();
    match clients.as_slice() {
        [] => style("trusted by no client").red().to_string(),
        all if all.len() == Client::ALL.len() => {
            style("trusted by every client").green().to_string()
        }
        some => style(format!("trusted by {} only", some.join(", ")))
            .yellow()
            .to_string(),
    }
}

/// Where the certificates arrive, read from the rendered manifests; those that go the same way share their lines.
fn proof_lines(target: &Target) -> Vec<String> {
    let mut ways: Vec<(String, Vec<String>, bool, Vec<&Placed>)> = Vec::new();
    for placed in &target.placed {
        let fingerprint = placed.certificate.fingerprint;
        let Some(carrier) = target.proof.carriers.of(fingerprint).first() else {
            continue;
        };
        let object = format!("{} {}", carrier.kind, carrier.object);
        let arrivals = target.proof.workloads.iter().chain(&target.proof.task_pods);
        let mut places: Vec<String> = arrivals
            .filter(|arrival| arrival.gets(fingerprint))
            .map(|arrival| format!("→ {}", arrival.place))
            .collect();
        let arrives = !places.is_empty();
        if target.strategy != Strategy::Off {
            let left_out = target.proof.task_pods.iter();
            let left_out = left_out.filter(|arrival| !arrival.gets(fingerprint));
            let cross = style("✗").red();
            places.extend(left_out.map(|arrival| format!("{cross} {}", arrival.place)));
        }
        match ways
            .iter_mut()
            .find(|(from, to, ..)| *from == object && *to == places)
        {
            Some((.., all)) => all.push(placed),
            None => ways.push((object, places, arrives, vec![placed])),
        }
    }
    let mut lines = Vec::new();
    for (object, places, arrives, placed) in ways {
        let mark = if arrives {
            style("✓").green()
        } else {
            style("✗").red()
        };
        lines.push(format!("  {mark} {}", style(aliases(&placed)).bold()));
        lines.push(format!("      in {object}"));
        let place = |place: &String| fit::result_line(&format!("      {place}"), 8);
        lines.extend(places.iter().map(place));
    }
    lines
}

/// All that was rendered, hooks among it, between two lines that name it.
fn manifest(target: &Target) -> String {
    let release = &target.coordinates.release;
    let title = style(format!("Manifest of {release}")).bold();
    format!(
        "\n{title}\n{}# end of the manifest of {release}",
        plan::shown_manifest(&target.objects)
    )
}

fn commands(plan: &Plan) -> String {
    let mut lines = vec![String::new(), style("Commands").bold().to_string()];
    for target in &plan.targets {
        if target.action != Action::Nothing {
            lines.push(format!("  {}", target.upgrade.shown()));
        }
    }
    lines.join("\n")
}
