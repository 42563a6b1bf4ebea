//! `install`: plan, preview, confirm, upgrade.

use std::sync::Arc;

use anyhow::Result;

use super::agreement::{agree, detail, json_asks_nobody};
use super::order::{Order, fleet_of};
use super::planning::{accept, accept_some, left_out};
use super::{carry_out, guided, installing};
use crate::cli::{DeployArgs, InstallArgs, Output};
use crate::exit::ExitCode;
use crate::files::FolderLocks;
use crate::helm::{Helm, Rollout};
use crate::interrupt;
use crate::kube::ClusterAddress;
use crate::plan::Plan;
use crate::report::{Ending, plan_json};
use crate::ui::Screen;

pub(super) fn run(
    arguments: &InstallArgs,
    cluster: &ClusterAddress,
    screen: &Screen,
) -> Result<ExitCode> {
    let helm = begin(&arguments.deploy, cluster)?;
    let desired = &arguments.desired;
    let fleet = fleet_of(&arguments.deploy, &desired.components, &desired.targets)?;
    if fleet.is_none() && guided::is_wanted(arguments) {
        return guided::run(arguments, &helm, screen);
    }
    let order = Order::of_install(arguments, fleet.as_ref());
    carry_through(&order, &helm, screen)
}

/// What every run begins with that may deploy: from here on signals are noted, and helm is there.
pub(super) fn begin(deploy: &DeployArgs, cluster: &ClusterAddress) -> Result<Helm> {
    json_asks_nobody(deploy.output, deploy.yes || deploy.dry_run)?;
    interrupt::watch()?;
    let helm = Helm::at(cluster)?;
    helm.ask_version_in_background();
    Ok(helm)
}

/// Plans, shows, asks, and does it.
pub(super) fn carry_through(order: &Order<'_>, helm: &Helm, screen: &Screen) -> Result<ExitCode> {
    let mut locks = FolderLocks::default();
    let rollout = installing::rollout(&order.deploy, helm)?;
    let plan = installing::plan(order, &rollout, helm, &mut locks, &Arc::default(), screen)
        .map_err(installing::interrupted)?;
    finish(order, &rollout, helm, &plan, screen)
}

/// Shows a plan, asks, and carries it out.
pub(super) fn finish(
    order: &Order<'_>,
    rollout: &Rollout,
    helm: &Helm,
    plan: &Plan,
    screen: &Screen,
) -> Result<ExitCode> {
    let deploy = &order.deploy;
    let is_json = deploy.output == Output::Json;
    if is_json {
        screen.plan_findings(plan);
    } else {
        screen.preview(plan, detail(deploy), order.is_for_many());
    }
    let refused = if order.is_for_many() {
        accept_some(plan)
    } else {
        accept(plan)
    };
    let has_work = has_work(plan, deploy);
    if is_json && (refused.is_err() || deploy.dry_run || !has_work) {
        let ending = if !plan.unplanned.is_empty() {
            Ending::Failed
        } else if refused.is_err() || left_out(plan).is_some() {
            Ending::Refused
        } else {
            Ending::Planned
        };
        screen.json(&plan_json(plan, ending, &[], &[]));
    }
    refused?;
    let looked_only = deploy.dry_run || !has_work;
    if let (true, Some(left_out)) = (looked_only, left_out(plan)) {
        return Err(left_out.into());
    }
    if deploy.dry_run {
        return installing::looked(deploy, plan);
    }
    if !has_work {
        return Ok(ExitCode::Done);
    }
    agree(plan, deploy, helm.cluster())?;
    interrupt::check()?;
    if deploy.files_only {
        carry_out::write(order, plan, screen)
    } else {
        carry_out::act(order, rollout, helm, plan, screen)
    }
}

/// Whether anything is to be done: nobody is asked where nothing would be.
fn has_work(plan: &Plan, deploy: &DeployArgs) -> bool {
    let mut targets = plan.targets.iter();
    targets.any(|one| one.has_its_turn() || deploy.verify && one.can_be_verified())
}
