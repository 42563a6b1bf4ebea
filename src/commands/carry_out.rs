//! Carrying out a plan before somebody's eyes, and reporting what became of each target.

use anyhow::{Result, anyhow};

use super::order::Order;
use super::planning::left_out;
use super::verifying;
use crate::backups::Backups;
use crate::cli::Output;
use crate::exit::{ExitCode, Stop, code_of};
use crate::helm::{Helm, Rollout};
use crate::interrupt;
use crate::plan::{Plan, Target};
use crate::report::{Ending, Verified, plan_json};
use crate::run::{self, How, Outcome, Ran, Untouched, Watch};
use crate::ui::{Board, Screen, counted};

/// `--files-only`: the override files, and the commands for later.
pub(super) fn write(order: &Order<'_>, plan: &Plan, screen: &Screen) -> Result<ExitCode> {
    let backups = Backups::into(order.backup_dir.clone());
    let ran = run::files(plan, &backups, order.turns());
    if order.deploy.output == Output::Text {
        screen.report(plan, &ran.outcomes);
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
    let to_do = plan.targets.iter().filter(|one| one.has_its_turn()).count();
    let watch = Watching {
        order,
        plan,
        screen,
        board: order.is_for_many().then(|| screen.board(to_do)),
    };
    let how = How {
        rollout,
        restarts: order.deploy.restart,
        backups: &Backups::into(order.backup_dir.clone()),
        turns: order.turns(),
        patience: order.patience(),
    };
    let ran = run::upgrades(helm, plan, &how, &watch)?;
    drop(watch);
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
        let at = &target.coordinates;
        let verified = verifying::after_upgrade(order, &helm.to(&at.id.cluster), target, screen);
        if let (true, Err(error)) = (order.is_for_many(), &verified) {
            screen.error(&anyhow!(
                "{} in {}: {error:#}",
                at.id.release,
                at.id.namespace
            ));
        }
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
    plan: &'a Plan,
    screen: &'a Screen,
    /// How far it is, where there are many.
    board: Option<Board>,
}

impl Watching<'_> {
    /// What helm does to a target, with its name before it where several are at work.
    fn say(&self, target: &Target, text: &str) {
        match &self.board {
            None => self.order.say(text, self.screen),
            // Who looks on is told what fails, and how far it is.
            Some(board) if board.is_seen() => {}
            Some(_) => {
                let text = format!("[{}] {}", self.name(target), text.trim());
                self.order.say(&text, self.screen);
            }
        }
    }
}

impl Watch for Watching<'_> {
    fn begins(&self, target: &Target) {
        self.say(target, &format!("\n$ {}", target.upgrade.shown()));
    }

    fn line(&self, target: &Target, line: &str) {
        self.say(target, &format!("  {line}"));
    }

    fn name(&self, target: &Target) -> String {
        let at = &target.coordinates;
        if !self.order.is_for_many() {
            return at.id.release.clone();
        }
        let of = self.plan.of_cluster(&at.id.cluster);
        format!("{} in {}{of}", at.id.release, at.id.namespace)
    }

    fn ended(&self, target: &Target, outcome: &Outcome) {
        let Some(board) = &self.board else {
            return;
        };
        match outcome {
            Outcome::Unchanged | Outcome::Untouched(Untouched::NoTurn) => {}
            Outcome::Untouched(Untouched::Stopped(why)) => {
                board.ended(false);
                let error = anyhow!("{}: {why}", self.name(target));
                self.screen.error(&error);
            }
            Outcome::Failed { error, .. } => {
                board.ended(false);
                let error = anyhow!("{}: {error}", self.name(target));
                self.screen.error(&error);
            }
            Outcome::Done { check, .. } => board.ended(check.problems.is_empty()),
            Outcome::Untouched(Untouched::Beside { .. }) => board.ended(false),
            Outcome::Written { .. } | Outcome::Untouched(Untouched::Refused) => board.ended(true),
        }
    }

    fn goes_on(&self, others: usize) -> Result<()> {
        if self.order.deploy.yes {
            return Ok(());
        }
        let question = format!(
            "What went ahead is as planned. Go on with {} more of the same wave?",
            counted(others, "target")
        );
        if self.screen.confirm(&question)? {
            return Ok(());
        }
        let left = counted(others, "target");
        let message = format!("{left} left for later; the same line goes on from here");
        Err(Stop::declined(ExitCode::NoAnswer, message).into())
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
        screen.report(plan, &ran.outcomes);
    }
    let verified = if order.deploy.verify {
        verify(order, helm, &mut ran, screen)
    } else {
        Vec::new()
    };
    if is_text && !order.deploy.verify && ran.failure.is_none() && !interrupt::requested() {
        screen.next_step(&ran.outcomes, order.file(), helm.cluster());
    }
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
    mut ran: Ran<'_>,
    verified: &[Vec<Verified>],
    screen: &Screen,
) -> Result<ExitCode> {
    if order.is_for_many() {
        ran.failure = in_short(plan, &ran);
    }
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

/// How a run of many targets ends that did not come to its end for all: each said already why.
fn in_short(plan: &Plan, ran: &Ran<'_>) -> Option<anyhow::Error> {
    let left_out = left_out(plan);
    let wanted = ran.failure.as_ref().and_then(|error| {
        let stop = error.downcast_ref::<Stop>()?;
        let code = left_out.iter().map(|one| one.code);
        let code = code.fold(stop.code, ExitCode::worse);
        stop.is_wanted
            .then(|| Stop::declined(code, stop.message.clone()))
    });
    if let Some(wanted) = wanted {
        return Some(wanted.into());
    }
    let count = |is: fn(&Outcome) -> bool| ran.outcomes.iter().filter(|(_, one)| is(one)).count();
    let well = count(|one| match one {
        Outcome::Done { check, .. } => check.problems.is_empty(),
        Outcome::Unchanged | Outcome::Written { .. } => true,
        Outcome::Failed { .. } | Outcome::Untouched(_) => false,
    });
    let not_begun = count(|one| matches!(one, Outcome::Untouched(Untouched::NoTurn)));
    let all = plan.targets.len() + plan.unplanned.len();
    let wrong = all - well - not_begun;
    let codes = ran.failure.iter().map(code_of);
    let codes = codes.chain(left_out.iter().map(|one| one.code));
    // Nobody's turn is left out without a word, whatever the reason.
    let is_unexplained = not_begun > 0 && ran.failure.is_none() && left_out.is_none();
    let codes = codes.chain(is_unexplained.then_some(ExitCode::Failed));
    let code = codes.reduce(ExitCode::worse)?;
    if wrong + not_begun == 0 {
        return Some(
            Stop::new(
                code,
                "all is deployed, but not every release could be verified; see above",
            )
            .into(),
        );
    }
    let rest = match not_begun {
        0 => String::new(),
        1 => ", and 1 was not begun".to_owned(),
        n => format!(", and {n} were not begun"),
    };
    let message = format!(
        "{wrong} of {all} targets failed{rest}; see above. Once that is mended, the same line does what is left"
    );
    Some(Stop::new(code, message).into())
}
