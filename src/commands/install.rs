//! `install`: plan, preview, confirm, upgrade.

use anyhow::{Result, anyhow, bail};

use super::gather::{Cluster, Place, helm_arguments};
use super::guided;
use super::needs::Needs;
use super::planning::{self, Planner, accept, certificates, components};
use super::preflight;
use super::probing;
use super::side_by_side::side_by_side;
use crate::apply::{self, Outcome, Readiness};
use crate::cli::{InstallArgs, Output};
use crate::exit::{ExitCode, Stop};
use crate::files::FolderLocks;
use crate::helm::{Helm, HelmError, Rollout};
use crate::interrupt;
use crate::kube::{ClusterAddress, Kubectl};
use crate::plan::{Action, Plan, Target};
use crate::report::{Ending, plan_json};
use crate::ui::{self, Screen};

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
    let rollout = rollout(arguments, &helm)?;
    let plan = plan(arguments, &rollout, &helm, &mut locks, screen).map_err(interrupted)?;
    let is_json = arguments.output == Output::Json;
    if is_json {
        screen.plan_findings(&plan);
    } else {
        screen.preview(&plan, arguments.show_manifest);
    }
    let refused = accept(&plan);
    if is_json && (refused.is_err() || arguments.dry_run || !plan.has_changes()) {
        let ending = if refused.is_err() {
            Ending::Refused
        } else {
            Ending::Planned
        };
        screen.json(&plan_json(&plan, ending, &[]));
    }
    refused?;
    if arguments.dry_run {
        return looked(arguments, &plan);
    }
    if !plan.has_changes() {
        return Ok(ExitCode::Done);
    }
    agree(arguments)?;
    interrupt::check()?;
    if arguments.files_only {
        write(arguments, &plan, screen)
    } else {
        act(arguments, &rollout, &helm, &plan, screen)
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

/// Gathers, renders and plans; nothing is changed.
pub(super) fn plan(
    arguments: &InstallArgs,
    rollout: &Rollout,
    helm: &Helm,
    locks: &mut FolderLocks,
    screen: &Screen,
) -> Result<Plan> {
    let desired = &arguments.desired;
    let may_ask = !arguments.no_input && arguments.output == Output::Text && ui::is_interactive();
    let mut needs = Needs::when(!may_ask);
    let components = needs.keep(components(desired, "install"))?;
    let certificates = needs.keep(certificates(desired, helm.cluster(), may_ask))?;
    let mut cluster = Cluster::new(helm, arguments.dry_run || !needs.are_met());
    let mut places = Vec::new();
    for component in components.iter().flatten() {
        let options = desired
            .targets
            .of(*component, components.as_deref().unwrap_or_default())?;
        let place = Place::find(*component, options, &mut cluster, screen, may_ask);
        places.extend(needs.keep(place)?);
    }
    let (Some((bundle, mut findings)), true) = (certificates, needs.are_met()) else {
        if !arguments.yes && !arguments.dry_run {
            needs.add("a yes to the plan: --yes, or --dry-run to only look");
        }
        return Err(needs.into_error().into());
    };
    let helm_arguments = helm_arguments(&arguments.for_helm())?;
    let planner = Planner {
        helm,
        desired,
        bundle: &bundle,
        arguments: &helm_arguments,
        rollout,
        on_unheld: arguments.unheld.choice(),
        asks_cluster: true,
        deploys: !arguments.files_only,
        assume_names: false,
    };
    if !arguments.dry_run {
        let files = places.iter().flat_map(|place| &place.values);
        files.into_iter().try_for_each(|file| locks.take(file))?;
    }
    let target = |place: &Place| {
        let what = format!("asking for release {}", place.release);
        let observed = screen.step(&what, || place.observe(helm))?;
        planner.target(place, observed, screen)
    };
    // Everyone has come to an end before the first error is looked at.
    let mut targets = side_by_side(&places, target)
        .into_iter()
        .collect::<Result<Vec<_>>>()?;
    interrupt::check()?;
    if !arguments.skip_probe {
        probing::servers_of(&mut targets, screen)?;
        interrupt::check()?;
    }
    let found = preflight::look(&mut targets, &cluster, helm, arguments, screen)?;
    findings.extend(found);
    interrupt::check()?;
    Ok(planning::plan(desired, &bundle, findings, targets))
}

pub(super) fn rollout(arguments: &InstallArgs, helm: &Helm) -> Result<Rollout> {
    let rollback_flag = if arguments.rollback_on_failure {
        Some(Rollout::rollback_flag(helm.major()?))
    } else {
        None
    };
    Ok(Rollout {
        wait: arguments.wait,
        timeout: arguments.timeout.clone(),
        rollback_flag,
    })
}

/// How a dry run ends.
///
/// # Errors
/// `--detailed-exitcode` asks whether anything would change, and the cluster that knows cannot be asked.
pub(super) fn looked(arguments: &InstallArgs, plan: &Plan) -> Result<ExitCode> {
    if !arguments.detailed_exitcode {
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

fn agree(arguments: &InstallArgs) -> Result<()> {
    if arguments.yes {
        return Ok(());
    }
    if arguments.no_input || !ui::is_interactive() {
        return Err(Stop::no_answer(
            "nobody to ask, so nothing was changed: add --yes to do this, or --dry-run to only look",
        )
        .into());
    }
    if ui::confirm("Apply this?")? {
        Ok(())
    } else {
        Err(Stop::no_answer("nothing was changed").into())
    }
}

/// `--files-only`: the override files, and the commands for later.
pub(super) fn write(arguments: &InstallArgs, plan: &Plan, screen: &Screen) -> Result<ExitCode> {
    let mut outcomes: Vec<(&Target, Outcome)> = Vec::new();
    let mut failure: Option<anyhow::Error> = None;
    for target in &plan.targets {
        let outcome = match failure {
            Some(_) => Outcome::Untouched,
            None => match apply::write(&target.file) {
                Ok(backup) => Outcome::Written { backup },
                Err(error) => {
                    failure = Some(error);
                    Outcome::Untouched
                }
            },
        };
        outcomes.push((target, outcome));
    }
    report(arguments, plan, &outcomes, failure, screen)
}

/// Carries the plan out, and reports what became of it.
pub(super) fn act(
    arguments: &InstallArgs,
    rollout: &Rollout,
    helm: &Helm,
    plan: &Plan,
    screen: &Screen,
) -> Result<ExitCode> {
    let restarting = arguments
        .restart
        .then(|| Kubectl::at(helm.cluster()))
        .transpose()?;
    let mut outcomes: Vec<(&Target, Outcome)> = Vec::new();
    let mut failure: Option<anyhow::Error> = None;
    for target in &plan.targets {
        if failure.is_some() || interrupt::requested() {
            outcomes.push((target, Outcome::Untouched));
            continue;
        }
        if target.action == Action::Nothing {
            outcomes.push((target, Outcome::Unchanged));
            continue;
        }
        let say = |text: &str| match arguments.output {
            Output::Text => screen.result(text),
            Output::Json => screen.note(text),
        };
        say(&format!("\n$ {}", target.upgrade.shown()));
        let mut outcome = carry_out(helm, target, rollout, screen, say).unwrap_or_else(|error| {
            failure = Some(error);
            Outcome::Untouched
        });
        if let (Outcome::Done { check, .. }, Some(kubectl)) = (&mut outcome, &restarting)
            && !interrupt::requested()
        {
            apply::restart(kubectl, &target.coordinates, rollout, check);
        }
        failure = failure.or_else(|| failure_of(&outcome));
        outcomes.push((target, outcome));
    }
    report(arguments, plan, &outcomes, failure, screen)
}

/// Says what became of each target, and ends the run with the first failure.
fn report(
    arguments: &InstallArgs,
    plan: &Plan,
    outcomes: &[(&Target, Outcome)],
    failure: Option<anyhow::Error>,
    screen: &Screen,
) -> Result<ExitCode> {
    if arguments.output == Output::Json {
        let ending = match failure {
            _ if interrupt::requested() => Ending::Interrupted,
            Some(_) => Ending::Failed,
            None => Ending::Done,
        };
        screen.json(&plan_json(plan, ending, outcomes));
    } else {
        screen.report(outcomes);
    }
    match failure {
        _ if interrupt::requested() => {
            Err(Stop::interrupted("interrupted; how far it came is said above").into())
        }
        Some(error) => Err(error),
        None => Ok(ExitCode::Done),
    }
}

fn failure_of(outcome: &Outcome) -> Option<anyhow::Error> {
    match outcome {
        Outcome::Failed { error, .. } => Some(error.clone().into()),
        Outcome::Done { check, .. } if !check.problems.is_empty() => Some(anyhow!(
            "helm is done, but what is in the cluster is not what was planned; see above"
        )),
        _ => None,
    }
}

fn carry_out(
    helm: &Helm,
    target: &Target,
    rollout: &Rollout,
    screen: &Screen,
    say: impl Fn(&str),
) -> Result<Outcome> {
    let what = format!("upgrading {}", target.coordinates.release);
    // Without kubectl there is the time alone.
    let kubectl = Kubectl::at(helm.cluster()).ok().filter(|_| rollout.wait);
    let readiness = kubectl
        .as_ref()
        .map(|kubectl| Readiness::of(target, kubectl));
    let look = || readiness.as_ref().and_then(Readiness::look);
    // A failed upgrade is an outcome with its own report, and a step that failed.
    let outcome =
        screen.watched_step(
            &what,
            kubectl.as_ref().map(|_| &look as _),
            || match apply::target(helm, target, |line| say(&format!("  {line}"))) {
                Ok(outcome @ Outcome::Failed { .. }) => Err(Box::new(Ok(outcome))),
                other => other.map_err(|error| Box::new(Err(error))),
            },
        );
    outcome.or_else(|failed| *failed)
}
