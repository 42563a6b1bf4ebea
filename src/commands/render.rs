//! `render`: the overrides alone, printed or written; no cluster.

use anyhow::{Result, anyhow};

use super::bundles::Bundles;
use super::gather::helm_arguments;
use super::kept;
use super::locking;
use super::needs::Needs;
use super::order::one_by_one;
use super::planning::{self, Job, Planned, Planner, accept};
use crate::backups::Backups;
use crate::cli::{self, Output, RenderArgs};
use crate::exit::ExitCode;
use crate::files::FolderLocks;
use crate::helm::{Helm, HelmError, Rollout};
use crate::interrupt;
use crate::kube::ClusterAddress;
use crate::plan::{Observed, Plan, Purpose};
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
    let (components, targets) = (&arguments.desired.components, &arguments.desired.targets);
    let fleet = arguments.fleet.find(components, targets)?;
    let requests = match &fleet {
        Some(fleet) => {
            fleet.requests_anywhere(desired, cluster, (&arguments.fleet.only, &kept::known))?
        }
        None => {
            let specs = cli::specs(components, targets, "render").map_err(anyhow::Error::from);
            let specs = needs.keep(specs)?;
            one_by_one(specs.unwrap_or_default(), cluster, desired)
        }
    };
    let bundles = needs.keep(Bundles::of(
        desired,
        &requests,
        fleet.is_some(),
        cluster,
        false,
    ))?;
    let (Some(bundles), true) = (bundles, needs.are_met()) else {
        return Err(needs.into_error().into());
    };
    let Bundles {
        each,
        all: bundle,
        findings,
    } = bundles;
    let helm = Helm::at(cluster)?;
    let helm_arguments = helm_arguments(&arguments.desired.helm_arguments)?;
    let writes = arguments.in_place || arguments.full || arguments.check;
    let purpose = if arguments.output == Output::Text && writes {
        Purpose::Write
    } else {
        Purpose::Print
    };
    let rollout = Rollout::default();
    let planner = Planner {
        assume_names: arguments.assume_names,
        ..Planner::without_cluster(&helm_arguments, &rollout, purpose)
    };
    let mut locks = FolderLocks::default();
    let mut jobs = Vec::new();
    for (request, bundle) in requests.into_iter().zip(each) {
        let job = Job::without_cluster(request, bundle?, &helm)?;
        if arguments.in_place {
            locking::lock(&mut locks, &job.place.values, screen)?;
        }
        jobs.push(job);
    }
    let planned = planner.targets(&jobs, |_| Ok(Observed::Absent), screen);
    let planned = planned.and_then(Planned::or_first_error);
    let planned = planned.map_err(|error| without_chart(error, arguments))?;
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

/// A chart that cannot be had stops nobody here who takes the documented names.
fn without_chart(error: anyhow::Error, arguments: &RenderArgs) -> anyhow::Error {
    let is_missing = error
        .downcast_ref::<HelmError>()
        .is_some_and(HelmError::is_fetching);
    if is_missing && !arguments.assume_names {
        anyhow!(
            "{error:#}\nhint: without the chart, --assume-names goes by the documented names of its ConfigMaps: nothing is proven then"
        )
    } else {
        error
    }
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
