//! Carrying out a whole plan, target by target. After a failure the next ones are left untouched.

use std::convert::Infallible;

use anyhow::{Result, anyhow};

use super::coming_up;
use super::file::write;
use super::readiness::Readiness;
use super::restart::restart;
use super::target::{Outcome, carry_out};
use crate::backups::Backups;
use crate::helm::{Helm, Rollout};
use crate::interrupt;
use crate::kube::Kubectl;
use crate::plan::{Action, Plan, Target};

/// Shows a run while it happens.
pub trait Watch {
    /// A target's turn has come: its command runs now.
    fn begins(&self, target: &Target);

    /// A line that helm prints.
    fn line(&self, line: &str);

    /// Does what takes long; `look` tells how far it is.
    fn step<T, E>(
        &self,
        what: &str,
        look: Option<&(dyn Fn() -> Option<String> + Sync)>,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E>;
}

/// What became of a plan.
#[derive(Debug)]
pub struct Ran<'a> {
    /// Every target, in the plan's order.
    pub outcomes: Vec<(&'a Target, Outcome)>,
    /// What ended it early, or what is in the cluster and should not be.
    pub failure: Option<anyhow::Error>,
}

impl<'a> Ran<'a> {
    /// Goes through the targets until one fails, or a signal comes.
    fn each(plan: &'a Plan, mut act: impl FnMut(&Target) -> Result<Outcome>) -> Self {
        let mut ran = Self {
            outcomes: Vec::new(),
            failure: None,
        };
        for target in &plan.targets {
            let outcome = if ran.failure.is_some() || interrupt::requested() {
                Outcome::Untouched
            } else {
                act(target).unwrap_or_else(|error| {
                    ran.failure = Some(error);
                    Outcome::Untouched
                })
            };
            ran.failure = ran.failure.or_else(|| failure_of(&outcome));
            ran.outcomes.push((target, outcome));
        }
        ran
    }
}

/// Writes the override files alone.
#[must_use]
pub fn files<'a>(plan: &'a Plan, backups: &Backups) -> Ran<'a> {
    Ran::each(plan, |target| {
        let backup = write(&target.file, backups)?;
        Ok(Outcome::Written { backup })
    })
}

/// How a plan is carried out.
#[derive(Debug)]
pub struct How<'a> {
    /// How Helm waits.
    pub rollout: &'a Rollout,
    /// Whether pods that would keep what they started with are restarted.
    pub restarts: bool,
    /// Where copies of the files go.
    pub backups: &'a Backups,
}

/// Writes the files and upgrades the releases.
///
/// # Errors
/// kubectl, which restarts them, is not there; nothing was done then.
pub fn upgrades<'a>(
    helm: &Helm,
    plan: &'a Plan,
    how: &How<'_>,
    watch: &impl Watch,
) -> Result<Ran<'a>> {
    let kubectl = how
        .restarts
        .then(|| Kubectl::at(helm.cluster()))
        .transpose()?;
    Ok(Ran::each(plan, |target| {
        if target.action == Action::Nothing {
            return Ok(Outcome::Unchanged);
        }
        watch.begins(target);
        let mut outcome = upgrade(helm, target, how, watch)?;
        if let (Outcome::Done { check, .. }, Some(kubectl)) = (&mut outcome, &kubectl)
            && !interrupt::requested()
        {
            restart(kubectl, &target.coordinates, how.rollout, check);
        }
        // Where helm waited, it looked itself.
        if let (Outcome::Done { check, .. }, false) = (&mut outcome, how.rollout.wait)
            && let Ok(kubectl) = Kubectl::at(helm.cluster())
        {
            let what = format!("looking at the pods of {}", target.coordinates.release);
            let Ok(()) = watch.step(&what, None, || {
                coming_up::look(&kubectl, target, check);
                Ok::<_, Infallible>(())
            });
        }
        Ok(outcome)
    }))
}

fn upgrade(helm: &Helm, target: &Target, how: &How<'_>, watch: &impl Watch) -> Result<Outcome> {
    let what = format!("upgrading {}", target.coordinates.release);
    // Without kubectl there is the time alone.
    let kubectl = Kubectl::at(helm.cluster())
        .ok()
        .filter(|_| how.rollout.wait);
    let readiness = kubectl
        .as_ref()
        .map(|kubectl| Readiness::of(target, kubectl));
    let look = || {
        if interrupt::requested() {
            return Some("waiting for helm to end; Ctrl-C once more ends it by force".to_owned());
        }
        readiness.as_ref().and_then(Readiness::look)
    };
    // A failed upgrade is an outcome with its own report, and a step that failed.
    let outcome = watch.step(&what, Some(&look), || {
        match carry_out(helm, target, how.backups, |line| watch.line(line)) {
            Ok(outcome @ Outcome::Failed { .. }) => Err(Box::new(Ok(outcome))),
            other => other.map_err(|error| Box::new(Err(error))),
        }
    });
    outcome.or_else(|failed| *failed)
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
