//! `render`: the overrides alone, printed or written; no cluster.

use anyhow::Result;

use super::gather::{Destination, helm_arguments};
use super::locking;
use super::needs::Needs;
use super::planning::{self, Planner, accept, certificates};
use crate::backups::Backups;
use crate::cli::{self, Output, RenderArgs};
use crate::exit::ExitCode;
use crate::files::FolderLocks;
use crate::helm::{Helm, Rollout};
use crate::interrupt;
use crate::kube::ClusterAddress;
use crate::plan::{Observed, OnUnheld, Plan, Purpose};
use crate::report::rendered_json;
use crate::run;
use crate::ui::Screen;

pub(super) fn run(
    arguments: &RenderArgs,
    cluster: &ClusterAddress,
    screen: &Screen,
) -> Result<ExitCode> {
    interrupt::watch()?;
    let desired = &arguments.desired.desired();
    let mut needs = Needs::when(true);
    let specs = cli::specs(
        &arguments.desired.components,
        &arguments.desired.targets,
        "render",
    );
    let specs = needs.keep(specs.map_err(anyhow::Error::from))?;
    let certificates = needs.keep(certificates(desired, cluster, false))?;
    let (Some(specs), Some((bundle, findings))) = (specs, certificates) else {
        return Err(needs.into_error().into());
    };
    let helm = Helm::at(cluster)?;
    let helm_arguments = helm_arguments(&arguments.desired.helm_arguments)?;
    let planner = Planner {
        helm: &helm,
        desired,
        bundle: &bundle,
        arguments: &helm_arguments,
        rollout: &Rollout::default(),
        on_unheld: OnUnheld::default(),
        asks_cluster: false,
        purpose: if arguments.output == Output::Text
            && (arguments.in_place || arguments.full || arguments.check)
        {
            Purpose::Write
        } else {
            Purpose::Print
        },
        assume_names: arguments.assume_names,
    };
    let mut locks = FolderLocks::default();
    let mut places = Vec::new();
    for spec in specs {
        let place = Destination::without_cluster(spec, cluster)?;
        if arguments.in_place {
            locking::lock(&mut locks, &place.values, screen)?;
        }
        places.push(place);
    }
    let planned = planner.targets(&places, |_| Ok(Observed::Absent), screen)?;
    interrupt::check()?;
    let plan = planning::plan(desired, &bundle, findings, planned, arguments.check);
    screen.plan_findings(&plan);
    accept(&plan)?;
    if arguments.check {
        return Ok(check(arguments, &plan, screen));
    }
    if arguments.in_place {
        let backups = Backups::into(arguments.desired.backup_dir.clone());
        for target in &plan.targets {
            let backup = run::write(&target.file, &backups)?;
            if arguments.output == Output::Text {
                screen.written(target, backup.as_deref());
            }
        }
    }
    match (arguments.output, arguments.in_place) {
        (Output::Json, _) => screen.json_but(&rendered_json(&plan, arguments.full), "override"),
        (Output::Text, false) => screen.rendered(&plan, arguments.full),
        (Output::Text, true) => {}
    }
    Ok(ExitCode::Done)
}

/// Says what would be written, for a check in a pipeline.
fn check(arguments: &RenderArgs, plan: &Plan, screen: &Screen) -> ExitCode {
    match arguments.output {
        Output::Text => plan
            .targets
            .iter()
            .for_each(|target| screen.would_write(target)),
        Output::Json => screen.json_but(&rendered_json(plan, false), "override"),
    }
    if plan.targets.iter().any(|target| target.file.changes()) {
        ExitCode::ChangesPending
    } else {
        ExitCode::Done
    }
}
