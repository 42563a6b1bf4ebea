//! Doing what a plan says, target by target, and reporting what became of each.

use anyhow::{Result, anyhow};

use crate::apply::{self, Outcome, Readiness};
use crate::cli::{InstallArgs, Output};
use crate::exit::{ExitCode, Stop};
use crate::helm::{Helm, Rollout};
use crate::interrupt;
use crate::kube::Kubectl;
use crate::plan::{Action, Plan, Target};
use crate::report::{Ending, plan_json};
use crate::ui::Screen;

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
