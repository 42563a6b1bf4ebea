//! Carrying out a plan before somebody's eyes, and reporting what became of each target.

use anyhow::Result;

use super::order::Order;
use crate::backups::Backups;
use crate::cli::Output;
use crate::exit::{ExitCode, Stop};
use crate::helm::{Helm, Rollout};
use crate::interrupt;
use crate::plan::{Plan, Target};
use crate::report::{Ending, plan_json};
use crate::run::{self, How, Ran, Watch};
use crate::ui::Screen;

/// `--files-only`: the override files, and the commands for later.
pub(super) fn write(order: &Order<'_>, plan: &Plan, screen: &Screen) -> Result<ExitCode> {
    let backups = Backups::into(order.backup_dir.clone());
    report(order, plan, run::files(plan, &backups), screen)
}

/// Carries the plan out, and reports what became of it.
pub(super) fn act(
    order: &Order<'_>,
    rollout: &Rollout,
    helm: &Helm,
    plan: &Plan,
    screen: &Screen,
) -> Result<ExitCode> {
    let output = order.deploy.output;
    let watch = Watching { screen, output };
    let how = How {
        rollout,
        restarts: order.deploy.restart,
        backups: &Backups::into(order.backup_dir.clone()),
    };
    let ran = run::upgrades(helm, plan, &how, &watch)?;
    report(order, plan, ran, screen)
}

/// The run on a screen: what is no JSON goes to stderr where stdout is JSON's.
struct Watching<'a> {
    screen: &'a Screen,
    output: Output,
}

impl Watching<'_> {
    fn say(&self, text: &str) {
        match self.output {
            Output::Text => self.screen.result(text),
            Output::Json => self.screen.note(text),
        }
    }
}

impl Watch for Watching<'_> {
    fn begins(&self, target: &Target) {
        self.say(&format!("\n$ {}", target.upgrade.shown()));
    }

    fn line(&self, line: &str) {
        self.say(&format!("  {line}"));
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
fn report(order: &Order<'_>, plan: &Plan, ran: Ran<'_>, screen: &Screen) -> Result<ExitCode> {
    let Ran { outcomes, failure } = ran;
    if order.deploy.output == Output::Json {
        let ending = match failure {
            _ if interrupt::requested() => Ending::Interrupted,
            Some(_) => Ending::Failed,
            None => Ending::Done,
        };
        screen.json(&plan_json(plan, ending, &outcomes));
    } else {
        screen.report(&outcomes);
    }
    match failure {
        _ if interrupt::requested() => {
            Err(Stop::interrupted("interrupted; how far it came is said above").into())
        }
        Some(error) => Err(error),
        None => Ok(ExitCode::Done),
    }
}
