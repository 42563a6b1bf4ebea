//! The plan of an install, for the guided run and the one that was told everything.

use anyhow::{Result, bail};

use super::gather::{self, Cluster, Destination, helm_arguments};
use super::locking;
use super::needs::Needs;
use super::order::Order;
use super::planning::{self, Planner, certificates};
use super::preflight;
use super::probing;
use crate::cli::{DeployArgs, Output};
use crate::exit::{ExitCode, Stop};
use crate::files::FolderLocks;
use crate::helm::{Helm, HelmError, Rollout};
use crate::interrupt;
use crate::plan::{Plan, Purpose};
use crate::ui::{self, Screen};

/// Gathers, renders and plans; nothing is changed.
pub(super) fn plan(
    order: &Order<'_>,
    rollout: &Rollout,
    helm: &Helm,
    locks: &mut FolderLocks,
    screen: &Screen,
) -> Result<Plan> {
    let (desired, deploy) = (&order.desired, &order.deploy);
    let may_ask = !deploy.no_input && deploy.output == Output::Text && ui::is_interactive();
    let mut needs = Needs::when(!may_ask);
    let specs = order.specs();
    let specs = needs.keep(specs.map_err(anyhow::Error::from))?;
    let certificates = needs.keep(certificates(desired, helm.cluster(), may_ask))?;
    let mut cluster = Cluster::new(helm, deploy.dry_run || !needs.are_met());
    let mut places = Vec::new();
    for spec in specs.into_iter().flatten() {
        let place = Destination::find(spec, &mut cluster, screen, may_ask);
        places.extend(needs.keep(place)?);
    }
    gather::are_distinct(&places)?;
    let (Some((bundle, mut findings)), true) = (certificates, needs.are_met()) else {
        if !deploy.yes && !deploy.dry_run {
            needs.add("a yes to the plan: --yes, or --dry-run to only look");
        }
        return Err(needs.into_error().into());
    };
    let helm_arguments = helm_arguments(&order.for_helm())?;
    let planner = Planner {
        helm,
        desired,
        bundle: &bundle,
        arguments: &helm_arguments,
        rollout,
        on_unheld: deploy.unheld.choice(),
        asks_cluster: true,
        purpose: if deploy.files_only {
            Purpose::Write
        } else {
            Purpose::Deploy
        },
        assume_names: false,
    };
    if !deploy.dry_run {
        let files = places.iter().flat_map(|place| &place.values);
        locking::lock(locks, files, screen)?;
    }
    let observe = |place: &Destination| {
        let what = format!("asking for release {}", place.release);
        screen.step(&what, || place.observe(helm))
    };
    let mut planned = planner.targets(&places, observe, screen)?;
    let targets = &mut planned.targets;
    for target in targets.iter_mut() {
        target.asks_too(&order.servers);
    }
    interrupt::check()?;
    if !deploy.skip_probe {
        probing::servers_of(targets, screen);
        interrupt::check()?;
    }
    let found = preflight::look(targets, &cluster, helm, deploy, screen)?;
    findings.extend(found);
    interrupt::check()?;
    Ok(planning::plan(
        desired,
        &bundle,
        findings,
        planned,
        deploy.detailed_exitcode,
    ))
}

/// How Helm is to wait.
pub(super) fn rollout(deploy: &DeployArgs, helm: &Helm) -> Result<Rollout> {
    let rollback_flag = if deploy.rollback_on_failure {
        Some(Rollout::rollback_flag(helm.major()?))
    } else {
        None
    };
    Ok(Rollout {
        wait: deploy.wait,
        timeout: deploy.timeout.clone(),
        rollback_flag,
    })
}

/// An error of a helm that a signal ended is not helm's own.
pub(super) fn interrupted(error: anyhow::Error) -> anyhow::Error {
    let by_signal = error
        .downcast_ref::<HelmError>()
        .is_some_and(HelmError::is_interrupted);
    if !error.is::<Stop>() && (interrupt::requested() || by_signal) {
        return interrupt::nothing_changed().into();
    }
    error
}

/// How a dry run ends.
///
/// # Errors
/// `--detailed-exitcode` asks whether anything would change, and the cluster that knows cannot be asked.
pub(super) fn looked(deploy: &DeployArgs, plan: &Plan) -> Result<ExitCode> {
    if !deploy.detailed_exitcode {
        return Ok(ExitCode::Done);
    }
    if plan.is_assumption() {
        bail!(
            "--detailed-exitcode cannot tell whether anything would change: the cluster could not be asked"
        );
    }
    Ok(if plan.has_changes() {
        ExitCode::ChangesPending
    } else {
        ExitCode::Done
    })
}
