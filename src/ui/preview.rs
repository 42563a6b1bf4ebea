//! The preview of a plan: certificates, then each target with its diff, then the commands.

use console::style;

use super::fit::listed;
use super::table::{Column, Table};
use super::{Screen, changes, diff, summary};
use crate::certs::bundle::Entry;
use crate::certs::lint::date;
use crate::certs::verdict::{Client, Verdict};
use crate::finding::{Finding, Severity};
use crate::overrides::Mode;
use crate::overrides::task_pods::Strategy;
use crate::plan::{self, Action, Answer, Observed, Plan, Target, Unplanned};
use crate::release::Snapshot;
use crate::vendor::{EXTRA_CERTS, OVERRIDE_BUNDLE, PROPAGATE};

impl Screen {
    /// Shows the whole plan; `with_manifest`: also all that was rendered.
    pub fn preview(&self, plan: &Plan, with_manifest: bool) {
        self.result(&certificates(&plan.entries));
        self.findings(&plan.findings);
        for target in &plan.targets {
            self.result(&heading(target));
            if target.file.is_edited() {
                self.result(&diff::of(&target.file));
            }
            let changes = changes::of(target);
            if !changes.is_empty() {
                self.result(changes.trim_end());
            }
            if with_manifest {
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

    pub(crate) fn findings(&self, findings: &[Finding]) {
        for finding in findings {
            self.note(&shown(finding));
        }
    }
}

/// A finding on one or two lines.
fn shown(finding: &Finding) -> String {
    let severity = format!("{}[{}]", finding.severity, finding.code);
    let severity = match finding.severity {
        Severity::Error => style(severity).red().bold(),
        Severity::Warning => style(severity).yellow().bold(),
        Severity::Note => style(severity).cyan(),
    };
    let text = format!("{}: {}", severity.for_stderr(), finding.message);
    match &finding.hint {
        Some(hint) => format!("{text}\n  {} {hint}", style("hint:").dim().for_stderr()),
        None => text,
    }
}

fn certificates(entries: &[Entry]) -> String {
    let mut table = Table::new([
        Column::new("ALIAS").cut(12),
        Column::new("SUBJECT").cut(14),
        Column::new("ISSUER").cut(12).spare(1),
        Column::new("VALID").spare(2),
        Column::new("SHA-256, FIRST 8 BYTES"),
    ]);
    for entry in entries.iter().filter(|entry| !entry.of_bundle) {
        let certificate = &entry.certificate;
        let issuer = if certificate.is_own_issuer() {
            "itself"
        } else {
            &certificate.issuer
        };
        let valid = format!(
            "{} to {}",
            date(certificate.not_before),
            date(certificate.not_after)
        );
        let fingerprint = certificate.fingerprint.short();
        table.row([
            entry.alias.clone(),
            certificate.subject.clone(),
            issuer.to_owned(),
            valid,
            fingerprint,
        ]);
    }
    let system = entries.iter().filter(|entry| entry.of_bundle).count();
    let system = match system {
        0 => String::new(),
        n => format!("\n and {n} of a bundle of public roots"),
    };
    format!(
        "{}\n{}{system}",
        style("Certificates").bold(),
        table.shown()
    )
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
        format!(
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
    let what = match (&file.before, file.is_edited()) {
        (None, _) => "new",
        (Some(_), true) => "edited in place",
        (Some(_), false) => "unchanged",
    };
    match &file.inside {
        Some(inside) => format!("{} ({}, {what})", file.path.display(), inside.place),
        None => format!("{} ({what})", file.path.display()),
    }
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
        .map(|(heading, line)| format!("  {heading}  {line}"))
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
    let mut ways: Vec<(String, Vec<String>, bool, Vec<&str>)> = Vec::new();
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
            Some((.., aliases)) => aliases.push(&placed.alias),
            None => ways.push((object, places, arrives, vec![&placed.alias])),
        }
    }
    let mut lines = Vec::new();
    for (object, places, arrives, aliases) in ways {
        let mark = if arrives {
            style("✓").green()
        } else {
            style("✗").red()
        };
        lines.push(format!("  {mark} {}", style(listed(&aliases)).bold()));
        lines.push(format!("      in {object}"));
        lines.extend(places.iter().map(|place| format!("      {place}")));
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
        match &target.file.inside {
            Some(inside) => lines.push(format!(
                "  none: {} deploys from {}",
                inside.engine,
                target.file.path.display()
            )),
            None if target.action == Action::Nothing => {}
            None => lines.push(format!("  {}", target.upgrade.shown())),
        }
    }
    lines.join("\n")
}
