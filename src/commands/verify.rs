//! `verify`: a short-lived pod of the deployed task template asks the servers.

use std::collections::BTreeSet;

use anyhow::Result;

use super::gather::{Cluster, Destination};
use super::verifying::{self, Found, Place, Wanted};
use crate::cli::{Output, VerifyArgs};
use crate::exit::{ExitCode, Stop};
use crate::finding::{self, Finding};
use crate::helm::Helm;
use crate::interrupt;
use crate::kube::{ClusterAddress, Kubectl};
use crate::report::{Ending, Sending, Verified, verified_json};
use crate::ui::{self, Screen};
use crate::vendor::Component;

pub(super) fn run(
    arguments: &VerifyArgs,
    cluster: &ClusterAddress,
    screen: &Screen,
) -> Result<ExitCode> {
    let is_json = arguments.output == Output::Json;
    if is_json && !arguments.yes && !arguments.dry_run {
        return Err(Stop::usage(
            "-o json asks nobody: add --yes to do it, or --dry-run to only look",
        )
        .into());
    }
    interrupt::watch()?;
    let helm = Helm::at(cluster)?;
    helm.ask_version_in_background();
    let kubectl = Kubectl::at(cluster)?;
    let wanted = Wanted {
        queues: &arguments.queues,
        image: arguments.image.as_deref(),
        servers: &arguments.servers,
        patience: arguments.timeout,
    };
    let Found {
        sendings,
        mut findings,
    } = find(arguments, &helm, wanted, screen)?;
    interrupt::check()?;
    if !arguments.dry_run {
        let denied = namespaces(&sendings).into_iter();
        let denied = denied.filter_map(|one| verifying::may_not(one, &kubectl, screen));
        findings.extend(denied);
        interrupt::check()?;
    }
    finding::ignore(&mut findings, &arguments.ignore);
    let is_refused = finding::refuses(&findings);
    if arguments.dry_run || is_refused {
        let shown = sendings.into_iter().map(|sending| Verified {
            sending,
            asked: None,
            findings: Vec::new(),
        });
        let shown: Vec<Verified> = shown.collect();
        let ending = if is_refused {
            Ending::Refused
        } else {
            Ending::Planned
        };
        screen.notes(&findings);
        if is_json {
            screen.json(&verified_json(&shown, &findings, ending));
        } else if arguments.dry_run {
            screen.manifests(shown.iter().map(|one| &one.sending));
        }
        return Ok(if is_refused {
            ExitCode::Refused
        } else {
            ExitCode::Done
        });
    }
    screen.notes(&findings);
    if !is_json {
        screen.sendings(&sendings, cluster, wanted.seconds());
        agree(arguments, &sendings, cluster)?;
    }
    interrupt::check()?;
    cluster.is_as_it_was()?;
    let verified = verifying::send(&kubectl, &sendings, wanted, &arguments.ignore, screen);
    Ok(ended(&verified, &findings, is_json, screen))
}

/// The pods of all releases.
fn find(arguments: &VerifyArgs, helm: &Helm, wanted: Wanted<'_>, screen: &Screen) -> Result<Found> {
    let may_ask = !arguments.no_input && arguments.output == Output::Text && ui::is_interactive();
    let mut cluster = Cluster::new(helm, false);
    let components = components(arguments, &mut cluster, screen)?;
    let mut all = Found::default();
    for component in &components {
        let spec = arguments.releases.0.of(*component, &components)?;
        let place = Destination::find(spec, &mut cluster, screen, may_ask)?;
        let listed = place.listed.as_ref().ok().and_then(Option::as_ref);
        let chart = listed.and_then(|one| {
            let mut layouts = component.layouts().into_iter();
            layouts.find(|layout| one.version_of(layout.chart).is_some())
        });
        let place = Place {
            component: *component,
            chart: chart.map_or(place.layout.chart, |layout| layout.chart),
            release: &place.release,
            namespace: &place.namespace,
        };
        let found = verifying::find(helm, place, wanted, screen)?;
        all.sendings.extend(found.sendings);
        all.findings.extend(found.findings);
    }
    Ok(all)
}

/// The components that were named, else those that have a release in the namespace.
fn components(
    arguments: &VerifyArgs,
    cluster: &mut Cluster,
    screen: &Screen,
) -> Result<Vec<Component>> {
    if arguments.components.contains(&Component::Gateway) {
        return Err(Stop::usage(
            "the gateway starts no task pods: verify agent, verify apps, or both",
        )
        .into());
    }
    let all = Component::WITH_TASK_PODS.into_iter();
    if !arguments.components.is_empty() {
        return Ok(all
            .filter(|one| arguments.components.contains(one))
            .collect());
    }
    let namespace = cluster.here();
    let releases = cluster.ask(&namespace, screen)?;
    let is_there = |one: &Component| {
        releases
            .iter()
            .any(|release| release.version_as(*one).is_some())
    };
    let found: Vec<Component> = all.filter(is_there).collect();
    if found.is_empty() {
        return Err(Stop::no_answer(format!(
            "which component: no release of an agent or a control plane is in {namespace}: verify agent, verify apps, or another namespace (-n)"
        ))
        .into());
    }
    Ok(found)
}

/// Where they go, each namespace once.
fn namespaces(sendings: &[Sending]) -> Vec<&str> {
    let namespaces = sendings.iter().map(|one| one.errand.namespace.as_str());
    let namespaces: BTreeSet<&str> = namespaces.collect();
    namespaces.into_iter().collect()
}

/// Asks for the yes, where nobody gave it on the command line.
fn agree(arguments: &VerifyArgs, sendings: &[Sending], cluster: &ClusterAddress) -> Result<()> {
    if arguments.yes {
        return Ok(());
    }
    if arguments.no_input || !ui::is_interactive() {
        return Err(Stop::no_answer(
            "nobody to ask, so nothing was made: add --yes to do this, or --dry-run to only look",
        )
        .into());
    }
    let what = match sendings.len() {
        1 => "a short-lived pod".to_owned(),
        n => format!("{n} short-lived pods"),
    };
    let question = format!(
        "Run {what} in {} on {cluster}?",
        namespaces(sendings).join(", ")
    );
    if ui::confirm(&question)? {
        Ok(())
    } else {
        Err(Stop::declined(ExitCode::NoAnswer, "nothing was made").into())
    }
}

fn ended(verified: &[Verified], findings: &[Finding], is_json: bool, screen: &Screen) -> ExitCode {
    let has_failed = verified
        .iter()
        .any(|one| one.asked.as_ref().is_some_and(|asked| asked.ended.is_err()));
    let is_refused = !verified.iter().all(Verified::is_right);
    let (ending, code) = if interrupt::requested() {
        (Ending::Interrupted, ExitCode::Interrupted)
    } else if has_failed {
        (Ending::Failed, ExitCode::Failed)
    } else if is_refused {
        (Ending::Refused, ExitCode::Refused)
    } else {
        (Ending::Done, ExitCode::Done)
    };
    if is_json {
        screen.json(&verified_json(verified, findings, ending));
    } else {
        screen.verified(verified);
    }
    code
}
