//! `verify`: a short-lived pod of the deployed task template asks the servers.

use std::collections::BTreeSet;

use anyhow::Result;

use super::agreement::{confirm, json_asks_nobody};
use super::gather::{self, Cluster, Clusters, Destination};
use super::kept;
use super::verifying::{self, Asking, Prepared, WithTasks};
use crate::cli::{Output, VerifyArgs};
use crate::exit::{ExitCode, Stop};
use crate::finding::{self, Finding};
use crate::fleet::Fleet;
use crate::helm::{Helm, chart_and_version};
use crate::interrupt;
use crate::kube::{ClusterAddress, Kubectl};
use crate::report::{Ending, Sending, Verified, verified_json};
use crate::request::{Desired, TargetRequest};
use crate::side_by_side::AT_ONCE;
use crate::ui::{self, Screen};
use crate::vendor::Component;

pub(super) fn run(
    arguments: &VerifyArgs,
    cluster: &ClusterAddress,
    screen: &Screen,
) -> Result<ExitCode> {
    let is_json = arguments.output == Output::Json;
    json_asks_nobody(arguments.output, arguments.yes || arguments.dry_run)?;
    interrupt::watch()?;
    let helm = Helm::at(cluster)?;
    helm.ask_version_in_background();
    Kubectl::at(cluster)?;
    let fleet = arguments
        .fleet
        .find(&arguments.components, &arguments.releases.0)?;
    let wanted = Asking {
        queues: &arguments.queues,
        image: arguments.image.as_deref(),
        servers: &arguments.servers,
        patience: arguments.timeout,
    };
    let Prepared {
        sendings,
        mut findings,
    } = match &fleet {
        Some(fleet) => find_all(arguments, fleet, &helm, wanted, screen)?,
        None => find(arguments, &helm, wanted, screen)?,
    };
    interrupt::check()?;
    if !arguments.dry_run {
        for (cluster, namespace) in places(&sendings) {
            Kubectl::at(cluster)?;
            findings.extend(verifying::may_not(cluster, namespace, screen));
        }
        interrupt::check()?;
    }
    finding::ignore(&mut findings, &arguments.ignore);
    // Where a file lists many, one that cannot be asked about keeps no other from being asked.
    let goes_on = fleet.is_some() && !sendings.is_empty();
    let is_refused = finding::refuses(&findings) && !goes_on;
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
        screen.sendings(&sendings, wanted.seconds());
        agree(arguments, &sendings)?;
    }
    interrupt::check()?;
    let clusters: BTreeSet<&ClusterAddress> = sendings.iter().map(|one| &one.id.cluster).collect();
    for cluster in clusters {
        cluster.is_as_it_was()?;
    }
    let verified = verifying::send(&sendings, wanted, &arguments.ignore, screen);
    Ok(ended(&verified, &findings, is_json, screen))
}

/// The pods of all releases.
fn find(
    arguments: &VerifyArgs,
    helm: &Helm,
    wanted: Asking<'_>,
    screen: &Screen,
) -> Result<Prepared> {
    let may_ask = !arguments.no_input && arguments.output == Output::Text && ui::is_interactive();
    let mut cluster = Cluster::new(helm, false);
    let components = components(arguments, &mut cluster, screen)?;
    let mut all = Prepared::default();
    for spec in arguments.releases.0.all_of(&components)? {
        let place = Destination::find(spec, &mut cluster, screen, may_ask)?;
        let found = of_place(&place, helm, wanted, screen)?;
        all.sendings.extend(found.sendings);
        all.findings.extend(found.findings);
    }
    Ok(all)
}

/// The pods of all releases that a file lists.
fn find_all(
    arguments: &VerifyArgs,
    fleet: &Fleet,
    helm: &Helm,
    wanted: Asking<'_>,
    screen: &Screen,
) -> Result<Prepared> {
    let (nothing, only) = (Desired::default(), &arguments.fleet.only);
    let mut requests = fleet.requests(&nothing, false, helm.cluster(), (only, &kept::known))?;
    requests.retain(|one| Component::WITH_TASK_PODS.contains(&one.spec.component));
    if requests.is_empty() {
        return Err(Stop::usage(format!(
            "none of the targets of {} that are meant starts task pods: the gateway does not",
            fleet.file().display()
        ))
        .into());
    }
    let mut clusters = Clusters::new(false);
    clusters.ask_all(&requests, helm, AT_ONCE, screen);
    let mut all = Prepared::default();
    for TargetRequest { cluster, spec, .. } in requests {
        let id = gather::id_of(&spec, &cluster);
        let place = Destination::find(spec, clusters.at(&cluster, helm), screen, false);
        let found = place.and_then(|place| of_place(&place, &helm.to(&cluster), wanted, screen));
        match found {
            Ok(found) => {
                all.sendings.extend(found.sendings);
                all.findings.extend(found.findings);
            }
            Err(error) => all.findings.push(Finding::error(
                "release-unreadable",
                format!(
                    "release {} in {} of {} could not be looked at: {error:#}",
                    id.release,
                    id.namespace,
                    cluster.name()
                ),
            )),
        }
    }
    Ok(all)
}

/// The pods of a release.
fn of_place(
    place: &Destination,
    helm: &Helm,
    wanted: Asking<'_>,
    screen: &Screen,
) -> Result<Prepared> {
    let listed = place.listed.as_ref().ok().and_then(Option::as_ref);
    let chart = listed.map(|one| chart_and_version(&one.chart).0);
    let place = WithTasks {
        component: place.component,
        chart: chart.unwrap_or(place.layout.chart),
        values_path: place.values_path.as_ref(),
        release: &place.release,
        namespace: &place.namespace,
    };
    verifying::find(helm, place, wanted, screen)
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
fn places(sendings: &[Sending]) -> BTreeSet<(&ClusterAddress, &str)> {
    let places = sendings.iter();
    places
        .map(|one| (&one.id.cluster, one.errand.namespace.as_str()))
        .collect()
}

/// Asks for the yes, where nobody gave it on the command line.
fn agree(arguments: &VerifyArgs, sendings: &[Sending]) -> Result<()> {
    if arguments.yes {
        return Ok(());
    }
    let what = match sendings.len() {
        1 => "a short-lived pod".to_owned(),
        n => format!("{n} short-lived pods"),
    };
    let namespaces: BTreeSet<&str> = places(sendings).into_iter().map(|(_, one)| one).collect();
    let namespaces: Vec<&str> = namespaces.into_iter().collect();
    let question = format!(
        "Run {what} in {} on {}?",
        namespaces.join(", "),
        Sending::clusters(sendings)
    );
    confirm(&question, arguments.no_input, "nothing was made")
}

fn ended(verified: &[Verified], findings: &[Finding], is_json: bool, screen: &Screen) -> ExitCode {
    let has_failed = verified
        .iter()
        .any(|one| one.asked.as_ref().is_some_and(|asked| asked.ended.is_err()));
    let is_refused = finding::refuses(findings) || !verified.iter().all(Verified::is_right);
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
