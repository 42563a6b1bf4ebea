//! `install`: plan, preview, confirm, upgrade.

use anyhow::Result;

use super::agreement::agree;
use super::planning::accept;
use super::{carry_out, guided, installing};
use crate::cli::{InstallArgs, Output};
use crate::exit::{ExitCode, Stop};
use crate::files::FolderLocks;
use crate::helm::Helm;
use crate::interrupt;
use crate::kube::ClusterAddress;
use crate::report::{Ending, plan_json};
use crate::ui::Screen;

pub(super) fn run(
    arguments: &InstallArgs,
    cluster: &ClusterAddress,
    screen: &Screen,
) -> Result<ExitCode> {
    json_asks_nobody(arguments)?;
    interrupt::watch()?;
    let helm = Helm::at(cluster)?;
    helm.ask_version_in_background();
    if guided::is_wanted(arguments) {
        return guided::run(arguments, &helm, screen);
    }
    let mut locks = FolderLocks::default();
    let rollout = installing::rollout(arguments, &helm)?;
    let plan = installing::plan(arguments, &rollout, &helm, &mut locks, screen)
        .map_err(installing::interrupted)?;
    let is_json = arguments.output == Output::Json;
    if is_json {
        screen.plan_findings(&plan);
    } else {
        screen.preview(&plan, arguments.show_manifest);
    }
    let refused = accept(&plan);
    if is_json && (refused.is_err() || arguments.dry_run || !plan.has_changes()) {
        let ending = if !plan.unplanned.is_empty() {
            Ending::Failed
        } else if refused.is_err() {
            Ending::Refused
        } else {
            Ending::Planned
        };
        screen.json(&plan_json(&plan, ending, &[]));
    }
    refused?;
    if arguments.dry_run {
        return installing::looked(arguments, &plan);
    }
    if !plan.has_changes() {
        return Ok(ExitCode::Done);
    }
    agree(&plan, arguments, cluster)?;
    interrupt::check()?;
    if arguments.files_only {
        carry_out::write(arguments, &plan, screen)
    } else {
        carry_out::act(arguments, &rollout, &helm, &plan, screen)
    }
}

/// JSON shows no preview that somebody could say yes to.
fn json_asks_nobody(arguments: &InstallArgs) -> Result<(), Stop> {
    if arguments.output == Output::Json && !arguments.yes && !arguments.dry_run {
        return Err(Stop::usage(
            "-o json asks nobody: add --yes to do it, or --dry-run to only look",
        ));
    }
    Ok(())
}
