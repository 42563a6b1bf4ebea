//! Carrying out a whole plan, wave by wave. After a failure the next ones are left untouched.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::iter;

use anyhow::{Result, anyhow};

use super::cluster::Cluster;
use super::coming_up;
use super::how::{How, Turns};
use super::parts::{Part, Parts, Written};
use super::readiness::Readiness;
use super::restart::restart;
use super::schedule::Schedule;
use super::shared_files::SharedFiles;
use super::target::{Outcome, Untouched, carry_out, looked_at};
use crate::backups::Backups;
use crate::exit::code_of;
use crate::helm::Helm;
use crate::interrupt;
use crate::kube::Kubectl;
use crate::plan::{Action, Plan, Target, Unplanned};

/// Shows a run while it happens, from several threads.
pub trait Watch: Sync {
    /// A target's turn has come: its command runs now.
    fn begins(&self, target: &Target);

    /// A line that helm prints for a target.
    fn line(&self, target: &Target, line: &str);

    /// What a target is called in the steps.
    fn name(&self, target: &Target) -> String {
        target.coordinates.id.release.clone()
    }

    /// What became of a target.
    fn ended(&self, _target: &Target, _outcome: &Outcome) {}

    /// Those that went ahead are well: whether the others go now.
    ///
    /// # Errors
    /// Nobody can be asked, or somebody said no.
    fn goes_on(&self, _others: usize) -> Result<()> {
        Ok(())
    }

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
    /// The worst of what ended it early, or is in the cluster and should not be.
    pub failure: Option<anyhow::Error>,
}

impl Ran<'_> {
    /// Takes a failure in, where it is worse than those before.
    pub fn fail(&mut self, error: anyhow::Error) {
        let is_worse = self.failure.as_ref().is_none_or(|known| {
            let (known, new) = (code_of(known), code_of(&error));
            known != new && known.worse(new) == new
        });
        if is_worse {
            self.failure = Some(error);
        }
    }
}

/// Goes through the targets, wave by wave, until one fails, or a signal comes.
fn each<'a>(
    turns: Turns,
    plan: &'a Plan,
    watch: &impl Watch,
    act: impl Fn(&Target, &dyn Fn()) -> Result<Outcome> + Sync,
) -> Ran<'a> {
    let targets = &plan.targets;
    let schedule = Schedule::of(targets, turns.canary);
    let mut outcomes: BTreeMap<usize, Outcome> = BTreeMap::new();
    let mut ran = Ran {
        outcomes: Vec::new(),
        failure: None,
    };
    let mut is_refused = false;
    let mut lost = None;
    for wave in &schedule.waves {
        let is_behind = |one: &Unplanned| one.wave < wave.number;
        let is_stopped =
            ran.failure.is_some() || is_refused || plan.unplanned.iter().any(is_behind);
        if interrupt::requested() || is_stopped && !turns.keep_going {
            break;
        }
        // What went ahead and failed keeps the others of its wave, whoever wants to go on.
        if wave.is_behind_canary && lost == Some(wave.number) {
            continue;
        }
        let all = wave.targets.iter().filter_map(|at| targets.get(*at));
        if wave.is_behind_canary
            && let Err(error) = watch.goes_on(all.filter(|one| one.is_upgraded()).count())
        {
            ran.fail(error);
            break;
        }
        let results = schedule.go(
            wave,
            turns.at_once,
            turns.keep_going,
            interrupt::requested,
            |at, looks_on| {
                let untouched = |why| ((Outcome::Untouched(why), None), false);
                let Some(target) = targets.get(at) else {
                    return untouched(Untouched::NoTurn);
                };
                if target.is_refused() {
                    return untouched(Untouched::Refused);
                }
                let (outcome, failure) = match act(target, looks_on) {
                    Ok(outcome) => {
                        let failure = failure_of(&outcome);
                        (outcome, failure)
                    }
                    Err(error) => {
                        let why = Untouched::Stopped(format!("{error:#}"));
                        (Outcome::Untouched(why), Some(error))
                    }
                };
                watch.ended(target, &outcome);
                let is_begun = !matches!(outcome, Outcome::Untouched(_));
                let is_well = is_begun && failure.is_none();
                ((outcome, failure), is_well)
            },
        );
        for (at, (outcome, failure)) in results.into_iter().filter_map(|(at, one)| Some((at, one?)))
        {
            if let Some(error) = failure {
                lost = Some(wave.number);
                ran.fail(error);
            }
            is_refused |= matches!(outcome, Outcome::Untouched(Untouched::Refused));
            outcomes.insert(at, outcome);
        }
    }
    for (at, target) in targets.iter().enumerate() {
        let no_turn = Outcome::Untouched(Untouched::NoTurn);
        let outcome = outcomes.remove(&at).unwrap_or(no_turn);
        ran.outcomes.push((target, outcome));
    }
    ran
}

/// Writes the override files alone; those of one release all, or none.
#[must_use]
pub fn files<'a>(plan: &'a Plan, backups: &Backups, turns: Turns) -> Ran<'a> {
    let parts = Parts::default();
    let shared = SharedFiles::of(plan);
    each(turns, plan, &Nobody, |target, _| {
        match parts.take(target) {
            Some(Part::Well { backup }) => return Ok(Outcome::Written { backup }),
            None if target.goes_with.is_none() => {}
            Some(Part::Failed { .. }) | None => return Ok(Outcome::Untouched(Untouched::NoTurn)),
        }
        let all = || iter::once(target).chain(plan.going_with(target));
        let _held = shared.hold(all())?;
        let mut written = Written::all(all(), backups)?.into_iter();
        let own = written.next();
        for (one, Written { backup, .. }) in plan.going_with(target).zip(written) {
            parts.leave(one, Part::Well { backup });
        }
        Ok(Outcome::Written {
            backup: own.and_then(|own| own.backup),
        })
    })
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
    if how.restarts {
        Kubectl::at(helm.cluster())?;
    }
    let clusters = Cluster::all(plan, how.turns.at_once);
    let parts = Parts::default();
    let shared = SharedFiles::of(plan);
    Ok(each(how.turns, plan, watch, |target, looks_on| {
        if target.action == Action::Nothing {
            return Ok(Outcome::Unchanged);
        }
        let helm = &helm.to(&target.coordinates.id.cluster);
        let cluster = clusters.get(helm.cluster());
        if target.goes_with.is_some() {
            looks_on();
            return Ok(looked_at(helm, target, &parts, cluster));
        }
        let with: Vec<&Target> = plan.going_with(target).collect();
        let held = shared.hold(iter::once(target).chain(with.iter().copied()))?;
        if interrupt::requested() {
            return Ok(Outcome::Untouched(Untouched::NoTurn));
        }
        let kubectl = Kubectl::at(helm.cluster());
        watch.begins(target);
        // Where each looks for itself, it has its place meanwhile.
        let is_done = || {
            if cluster.is_some() && !how.restarts {
                looks_on();
            }
        };
        let with = (with.as_slice(), &parts);
        let mut outcome = upgrade(helm, target, with, how, watch, (cluster, &is_done))?;
        drop(held);
        if let (Outcome::Done { check, .. }, Ok(kubectl), true) =
            (&mut outcome, &kubectl, how.restarts)
            && !interrupt::requested()
        {
            restart(kubectl, &target.coordinates, how.rollout, check);
        }
        // Where helm waited, it looked itself.
        if let (Outcome::Done { check, .. }, false) = (&mut outcome, how.rollout.wait)
            && let Ok(kubectl) = &kubectl
        {
            looks_on();
            let what = format!("looking at the pods of {}", watch.name(target));
            let Ok(()) = watch.step(&what, None, || {
                coming_up::look(kubectl, cluster, target, check);
                Ok::<_, Infallible>(())
            });
        }
        Ok(outcome)
    }))
}

fn upgrade(
    helm: &Helm,
    target: &Target,
    with: (&[&Target], &Parts),
    how: &How<'_>,
    watch: &impl Watch,
    (cluster, is_done): (Option<&Cluster<'_>>, &dyn Fn()),
) -> Result<Outcome> {
    let what = format!("upgrading {}", watch.name(target));
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
        let on_line = |line: &str| watch.line(target, line);
        match carry_out(helm, target, with, how, cluster, on_line, is_done) {
            Ok(outcome @ Outcome::Failed { .. }) => Err(Box::new(Ok(outcome))),
            other => other.map_err(|error| Box::new(Err(error))),
        }
    });
    outcome.or_else(|failed| *failed)
}

/// Nobody looks on.
struct Nobody;

impl Watch for Nobody {
    fn begins(&self, _: &Target) {}

    fn line(&self, _: &Target, _: &str) {}

    fn step<T, E>(
        &self,
        _: &str,
        _: Option<&(dyn Fn() -> Option<String> + Sync)>,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        work()
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

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Mutex;

    use anyhow::bail;

    use super::*;
    use crate::plan::Observed;
    use crate::preflight::tests::target_of;
    use crate::vendor::Component;

    /// Agent and gateway of one release, which have a file each.
    fn of_one_release(release: &str, folder: &Path) -> [Target; 2] {
        let part = |component: Component| {
            let mut target = target_of(component, Observed::Absent);
            release.clone_into(&mut target.coordinates.id.release);
            target.file.path = folder.join(format!("{release}-{component}.yaml"));
            "new\n".clone_into(&mut target.file.after);
            target
        };
        let mut second = part(Component::Gateway);
        second.goes_with = Some(Component::Agent);
        [part(Component::Agent), second]
    }

    fn plan(releases: Vec<[Target; 2]>) -> Plan {
        Plan {
            entries: Vec::new(),
            findings: Vec::new(),
            targets: releases.into_iter().flatten().collect(),
            unplanned: Vec::new(),
        }
    }

    #[test]
    fn the_files_of_one_release_are_written_all_or_none() {
        for keep_going in [false, true] {
            let turns = Turns {
                keep_going,
                ..Turns::IN_ORDER
            };
            let folder = tempfile::tempdir().unwrap();
            let backups = Backups::into(Some(folder.path().to_path_buf()));
            let plan = plan(vec![of_one_release("r", folder.path())]);
            let [first, second] = plan.targets.as_slice() else {
                panic!("two targets");
            };
            crate::files::replace(&second.file.path, "theirs\n").unwrap();
            let ran = files(&plan, &backups, turns);
            assert!(!first.file.path.exists());
            assert!(ran.failure.is_some());
            let untouched = |(_, one): &(&Target, Outcome)| matches!(one, Outcome::Untouched(_));
            assert!(ran.outcomes.iter().all(untouched), "{:?}", ran.outcomes);
            std::fs::remove_file(&second.file.path).unwrap();
            let ran = files(&plan, &backups, turns);
            let written = |(_, one): &(&Target, Outcome)| matches!(one, Outcome::Written { .. });
            assert!(ran.outcomes.iter().all(written), "{:?}", ran.outcomes);
            assert!(first.file.path.exists() && second.file.path.exists());
        }
    }

    /// Somebody who says no.
    struct Asked(Mutex<Vec<usize>>);

    impl Watch for Asked {
        fn begins(&self, _: &Target) {}

        fn line(&self, _: &Target, _: &str) {}

        fn goes_on(&self, others: usize) -> Result<()> {
            self.0.lock().unwrap().push(others);
            bail!("no")
        }

        fn step<T, E>(
            &self,
            _: &str,
            _: Option<&(dyn Fn() -> Option<String> + Sync)>,
            work: impl FnOnce() -> Result<T, E>,
        ) -> Result<T, E> {
            work()
        }
    }

    #[test]
    fn behind_a_canary_those_are_counted_that_have_a_turn_of_their_own() {
        let releases = ["a", "b", "c", "d"].map(|one| of_one_release(one, Path::new("")));
        let mut plan = plan(releases.into());
        for target in plan.targets.iter_mut().skip(6) {
            target.action = Action::Nothing;
            target.goes_with = None;
        }
        let asked = Asked(Mutex::default());
        let turns = Turns {
            canary: Some(1),
            ..Turns::IN_ORDER
        };
        each(turns, &plan, &asked, |_, _| {
            Ok(Outcome::Written { backup: None })
        });
        assert_eq!(asked.0.into_inner().unwrap(), [2]);
    }
}
