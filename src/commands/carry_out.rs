//! Carrying out a plan before somebody's eyes, and reporting what became of each target.

use anyhow::{Result, anyhow};

use super::order::Order;
use super::verifying;
use crate::backups::Backups;
use crate::cli::Output;
use crate::exit::{ExitCode, Stop};
use crate::helm::{Helm, Rollout};
use crate::interrupt;
use crate::plan::{Plan, Target};
use crate::report::{Ending, Verified, plan_json};
use crate::run::{self, How, Outcome, Ran, Turns, Watch};
use crate::ui::Screen;

/// `--files-only`: the override files, and the commands for later.
pub(super) fn write(order: &Order<'_>, plan: &Plan, screen: &Screen) -> Result<ExitCode> {
    let backups = Backups::into(order.backup_dir.clone());
    let ran = run::files(plan, &backups);
    if order.deploy.output == Output::Text {
        screen.report(&ran.outcomes);
    }
    ended(order, plan, ran, &[], screen)
}

/// Carries the plan out, and reports what became of it.
pub(super) fn act(
    order: &Order<'_>,
    rollout: &Rollout,
    helm: &Helm,
    plan: &Plan,
    screen: &Screen,
) -> Result<ExitCode> {
    let watch = Watching { order, screen };
    let how = How {
        rollout,
        restarts: order.deploy.restart,
        backups: &Backups::into(order.backup_dir.clone()),
        turns: Turns::IN_ORDER,
        patience: None,
    };
    let ran = run::upgrades(helm, plan, &how, &watch)?;
    report(order, helm, plan, ran, screen)
}

/// Verifies the targets that are deployed now; what is wrong is the run's failure, if it had none yet.
fn verify(
    order: &Order<'_>,
    helm: &Helm,
    ran: &mut Ran<'_>,
    screen: &Screen,
) -> Vec<Vec<Verified>> {
    let mut all = Vec::new();
    let mut failures = Vec::new();
    for (target, outcome) in &ran.outcomes {
        let is_there = matches!(outcome, Outcome::Done { .. } | Outcome::Unchanged);
        if !is_there || target.layout.task_pods.is_none() || interrupt::requested() {
            all.push(Vec::new());
            continue;
        }
        let verified =
            verifying::after_upgrade(order, &helm.to(&target.coordinates.cluster), target, screen);
        let failure = match &verified {
            Ok(verified) if verified.iter().all(Verified::is_right) => None,
            Ok(_) => Some(
                Stop::refused("it is deployed, but not every client in its task pods trusts every server; see above").into(),
            ),
            Err(error) => Some(anyhow!("it is deployed, and could not be verified: {error:#}")),
        };
        failures.extend(failure);
        all.push(verified.unwrap_or_default());
    }
    for error in failures {
        ran.fail(error);
    }
    all
}

/// The run on a screen.
struct Watching<'a> {
    order: &'a Order<'a>,
    screen: &'a Screen,
}

impl Watch for Watching<'_> {
    fn begins(&self, target: &Target) {
        let command = format!("\n$ {}", target.upgrade.shown());
        self.order.say(&command, self.screen);
    }

    fn line(&self, _: &Target, line: &str) {
        self.order.say(&format!("  {line}"), self.screen);
    }

    fn step<T, E>(
        &self,
        what: &str,
        look: Option<&(dyn Fn() -> Option<String> + Sync)>,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        self.screen.watched_step(what, look, work)
    }
}

/// Says what became of each target, and ends the run with the first failure.
fn report(
    order: &Order<'_>,
    helm: &Helm,
    plan: &Plan,
    mut ran: Ran<'_>,
    screen: &Screen,
) -> Result<ExitCode> {
    let is_text = order.deploy.output == Output::Text;
    if is_text {
        screen.report(&ran.outcomes);
    }
    let verified = if order.deploy.verify {
        verify(order, helm, &mut ran, screen)
    } else {
        Vec::new()
    };
    if is_text {
        for one in &verified {
            screen.verified(one);
        }
    }
    ended(order, plan, ran, &verified, screen)
}

fn ended(
    order: &Order<'_>,
    plan: &Plan,
    ran: Ran<'_>,
    verified: &[Vec<Verified>],
    screen: &Screen,
) -> Result<ExitCode> {
    let Ran { outcomes, failure } = ran;
    if order.deploy.output == Output::Json {
        let ending = match failure {
            _ if interrupt::requested() => Ending::Interrupted,
            Some(_) => Ending::Failed,
            None => Ending::Done,
        };
        screen.json(&plan_json(plan, ending, &outcomes, verified));
    }
    match failure {
        _ if interrupt::requested() => {
            Err(Stop::interrupted("interrupted; how far it came is said above").into())
        }
        Some(error) => Err(error),
        None => Ok(ExitCode::Done),
    }
}
