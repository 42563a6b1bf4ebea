//! What there is to say of a target: where it is, what happens to it, and where its certificates arrive.

use console::style;

use super::fit;
use super::tables::aliases;
use crate::certs::verdict::{Client, Verdict};
use crate::overrides::task_pods::Strategy;
use crate::overrides::{Mode, Placed};
use crate::plan::{Action, Answer, InnerChart, Observed, Target};
use crate::vendor::{Component, EXTRA_CERTS, OVERRIDE_BUNDLE, PROPAGATE};

pub(super) fn heading(target: &Target) -> String {
    let at = &target.coordinates;
    let place = &format!(
        "{} release {} in namespace {}{} ({})",
        style(at.component.title()).bold(),
        style(&at.id.release).cyan(),
        style(&at.id.namespace).cyan(),
        if at.id.cluster.is_known() {
            format!(" of {}", at.id.cluster)
        } else {
            String::new()
        },
        step(target, &revisions(target)),
    );
    let mut facts = facts(target).into_iter().skip(1);
    let chart = facts.next().unwrap_or_default();
    let file = format!("  file       {}", file_note(target));
    let lines = [String::new(), fit::result_line(place, 2), chart, file];
    lines
        .into_iter()
        .chain(facts)
        .collect::<Vec<_>>()
        .join("\n")
}

/// What there is to say of a target but its place, its revision and its file: the step that it takes, then lines as they are
/// shown.
pub(super) fn facts(target: &Target) -> Vec<String> {
    let (at, layout) = (&target.coordinates, target.layout);
    let mut lines = vec![
        step(target, "upgrade"),
        format!("  chart      {} {}", at.chart, at.version),
    ];
    if let Some(inner) = &target.inner {
        lines.push(format!("  dependency {}", inner_note(inner)));
    }
    lines.push(format!("  bundle     {}", mode_note(target.mode)));
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
    lines
}

fn revisions(target: &Target) -> String {
    let revision = target
        .observed
        .release()
        .map_or(0, |one| one.deployed.revision);
    format!("revision {revision} → {}", revision + 1)
}

/// What happens to a release; an upgrade by `revisions`.
fn step(target: &Target, revisions: &str) -> String {
    let at = &target.coordinates;
    match (&target.observed, target.action) {
        (_, Action::Nothing) => "as it should be".to_owned(),
        _ if target.goes_with.is_some() => with_release(target),
        (Observed::Present(release), _) => {
            let listed = &release.listed;
            match listed.version_of(&target.chart_name) {
                Some(version) if version == at.version => revisions.to_owned(),
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
    }
}

/// Where one upgrade deploys several components: `one upgrade with the ClearML Agent`.
fn with_release(target: &Target) -> String {
    let title = target.goes_with.map_or("", Component::title);
    format!("one upgrade with the {title}")
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

/// `clearml-enterprise-agent 6.14.6, its values below platform.agent`
fn inner_note(inner: &InnerChart) -> String {
    let words = [inner.chart.as_deref(), inner.version.as_deref()];
    let what: Vec<&str> = words.into_iter().flatten().collect();
    let what = match what.as_slice() {
        [] => String::new(),
        words => format!("{}, ", words.join(" ")),
    };
    format!("{what}its values below {}", inner.path)
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
