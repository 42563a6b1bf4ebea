//! Who has a turn when: waves one after the other, the targets of a wave side by side, as far as they do not need each other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::files;
use crate::plan::Target;

/// So many more may be looked at that have done what they do: each waits some seconds for its pods.
const ONLOOKERS: usize = 32;

/// The targets of a plan, by their indices, in waves.
#[derive(Debug)]
pub(super) struct Schedule {
    pub(super) waves: Vec<Wave>,
    /// The targets that each one waits for within its wave.
    after: Vec<Vec<usize>>,
    /// Which of them it goes with, where it does: it has its turn behind that one however that ended, unless it was not begun.
    with: Vec<Option<usize>>,
}

/// Targets that may go side by side.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wave {
    pub(super) number: usize,
    pub(super) targets: Vec<usize>,
    /// Whether it is what a canary was sent ahead of.
    pub(super) is_behind_canary: bool,
}

impl Schedule {
    /// The schedule of a plan. With `canary`, so many of each wave go ahead of the others.
    pub(super) fn of(targets: &[Target], canary: Option<usize>) -> Self {
        let with = targets.iter().map(|one| {
            let mut all = targets.iter();
            all.position(|other| one.goes_with(other))
        });
        let with: Vec<Option<usize>> = with.collect();
        let turns = targets.iter().zip(&with);
        let turns = turns.map(|(one, with)| (one.wave, one.has_its_turn(), *with));
        let turns: Vec<(usize, bool, Option<usize>)> = turns.collect();
        let files = targets.iter().map(|one| Files::of(one, targets));
        let files: Vec<Files> = files.collect();
        let after = targets.iter().zip(&files).enumerate();
        let after = after.map(|(at, (target, own))| {
            if let Some(with) = with.get(at).copied().flatten() {
                return vec![with];
            }
            let before = targets.iter().zip(&files).enumerate();
            let before = before.filter(|(other, (one, theirs))| {
                one.wave == target.wave
                    && *other != at
                    && (is_ground_of(one, target)
                        || *other < at
                            && (theirs.keep(own, one.is_refused()) || may_be_same(one, target)))
            });
            before.map(|(other, _)| other).collect()
        });
        Self {
            waves: waves(&turns, canary),
            after: after.collect(),
            with,
        }
    }

    /// Does `act` for the targets of a wave, `at_once` at a time, and gives what came of each: nothing where its turn did not
    /// come, because `is_over`, or because one that it waits for did not end well and nobody wants to go on (`keep_going`).
    ///
    /// What `act` is given makes room for the next one, where several may go at once: whoever calls it only looks on from there.
    pub(super) fn go<R: Send>(
        &self,
        wave: &Wave,
        at_once: usize,
        keep_going: bool,
        is_over: impl Fn() -> bool + Sync,
        act: impl Fn(usize, &dyn Fn()) -> (R, bool) + Sync,
    ) -> Vec<(usize, Option<R>)> {
        let places = wave.targets.iter().enumerate();
        let places: BTreeMap<usize, usize> = places.map(|(place, at)| (*at, place)).collect();
        let turns = wave.targets.iter().map(|at| {
            let after = self.after.get(*at).into_iter().flatten();
            Turn {
                // Those of earlier waves have ended.
                after: after.filter_map(|one| places.get(one).copied()).collect(),
                goes_with_one: self.with.get(*at).is_some_and(Option::is_some),
                state: State::Waits,
            }
        });
        let turns = Mutex::new(turns.collect::<Vec<_>>());
        let changed = Condvar::new();
        let worker = || {
            let mut results = Vec::new();
            let mut all = locked(&turns);
            loop {
                match next(&mut all, at_once, keep_going, is_over()) {
                    Next::Nothing => return results,
                    Next::Later => {
                        all = changed.wait(all).unwrap_or_else(PoisonError::into_inner);
                    }
                    Next::Now(place) => {
                        drop(all);
                        let mut turn = Begun {
                            turns: &turns,
                            changed: &changed,
                            place,
                            is_well: false,
                        };
                        let looks_on = || turn.becomes(State::LooksOn);
                        if let Some(at) = wave.targets.get(place) {
                            let (result, is_well) = act(*at, &looks_on);
                            turn.is_well = is_well;
                            results.push((*at, result));
                        }
                        drop(turn);
                        all = locked(&turns);
                    }
                }
            }
        };
        let mut done: BTreeMap<usize, R> = std::thread::scope(|scope| {
            let workers = match at_once {
                0 | 1 => 1,
                several => several.saturating_add(ONLOOKERS).min(wave.targets.len()),
            };
            let running: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
            let done = running.into_iter().map(|thread| match thread.join() {
                Ok(results) => results,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            done.flatten().collect()
        });
        let targets = wave.targets.iter();
        targets.map(|at| (*at, done.remove(at))).collect()
    }
}

/// The waves of targets that have these numbers, and a turn or none, and that go with another or with none. Of those that have a turn
/// of their own, so many go ahead.
fn waves(turns: &[(usize, bool, Option<usize>)], canary: Option<usize>) -> Vec<Wave> {
    let mut waves = Vec::new();
    let numbers: BTreeSet<usize> = turns.iter().map(|(number, ..)| *number).collect();
    for number in numbers {
        let of_it = turns.iter().enumerate();
        let of_it = of_it.filter(|(_, (one, ..))| *one == number);
        let with_turn = of_it
            .clone()
            .filter(|(_, (_, has_turn, with))| *has_turn && with.is_none());
        let with_turn: Vec<usize> = with_turn.map(|(at, _)| at).collect();
        let ahead = canary.and_then(|ahead| with_turn.get(..ahead));
        let ahead = ahead.filter(|ahead| ahead.len() < with_turn.len());
        let goes_ahead = |at: usize, with: Option<usize>| {
            ahead.is_none_or(|ahead| ahead.contains(&with.unwrap_or(at)))
        };
        let (ahead, rest): (Vec<_>, Vec<_>) =
            of_it.partition(|(at, (.., with))| goes_ahead(*at, *with));
        let [ahead, rest] = [ahead, rest]
            .map(|some| -> Vec<usize> { some.into_iter().map(|(at, _)| at).collect() });
        let wave = |targets, is_behind_canary| Wave {
            number,
            targets,
            is_behind_canary,
        };
        waves.push(wave(ahead, false));
        waves.extend((!rest.is_empty()).then(|| wave(rest, true)));
    }
    waves
}

/// Whether a target builds on another: in one cluster the control plane goes first, and gateways need an agent.
fn is_ground_of(one: &Target, target: &Target) -> bool {
    let rank = |target: &Target| target.coordinates.component.rank();
    share_a_server(one, target) && rank(one) < rank(target)
}

/// Whether both may be one release: two users of a server may be let into one cluster, or each into another.
pub(super) fn may_be_same(one: &Target, target: &Target) -> bool {
    let (one_at, at) = (&one.coordinates, &target.coordinates);
    share_a_server(one, target)
        && (&one_at.id.namespace, &one_at.id.release) == (&at.id.namespace, &at.id.release)
}

fn share_a_server(one: &Target, other: &Target) -> bool {
    let [one, other] = [one, other].map(|target| target.coordinates.id.cluster.server_or_name());
    one == other
}

/// The files of a target, by the places that their paths lead to.
struct Files {
    written: BTreeSet<PathBuf>,
    /// Those that it edits, be they written by one before it.
    edited: BTreeSet<PathBuf>,
    /// Those that it goes by, the written ones among them.
    touched: BTreeSet<PathBuf>,
}

impl Files {
    /// Those of a target, and of what goes with it.
    fn of(target: &Target, all: &[Target]) -> Self {
        let with_it = all.iter().filter(|one| one.goes_with(target));
        let parts: Vec<&Target> = std::iter::once(target).chain(with_it).collect();
        let written = parts.iter().filter(|one| one.file.changes());
        let is_edited = |one: &&&Target| one.file.changes() || one.file.unwritten.is_some();
        let edited = parts.iter().filter(is_edited);
        let touched = parts.iter().flat_map(|one| {
            let file = &one.file.path;
            one.pinned.files.keys().chain([file])
        });
        Self {
            written: written.map(|one| files::place_of(&one.file.path)).collect(),
            edited: edited.map(|one| files::place_of(&one.file.path)).collect(),
            touched: touched.map(|path| files::place_of(path)).collect(),
        }
    }

    /// Whether another target has to wait for the one of these. Who is refused writes nothing: whoever edits the same file does then,
    /// but who only goes by it, and by what it would be, has to wait.
    fn keep(&self, other: &Self, is_refused: bool) -> bool {
        if is_refused {
            let mut common = self.written.intersection(&other.touched);
            return common.any(|place| !other.edited.contains(place));
        }
        self.meet(other)
    }

    /// Whether one writes what the other goes by, so that they must not go at once.
    fn meet(&self, other: &Self) -> bool {
        let writes = |one: &Self, other: &Self| !one.written.is_disjoint(&other.touched);
        writes(self, other) || writes(other, self)
    }
}

struct Turn {
    /// The places in the wave of those that it waits for.
    after: Vec<usize>,
    /// Whether the one that it waits for does for both.
    goes_with_one: bool,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Waits,
    Runs,
    /// It has done what it does, and leaves its room to another.
    LooksOn,
    EndedWell,
    Failed,
    NotBegun,
}

/// A turn that ends when this goes, be it by a panic: the others must not wait for ever.
struct Begun<'a> {
    turns: &'a Mutex<Vec<Turn>>,
    changed: &'a Condvar,
    place: usize,
    is_well: bool,
}

impl Begun<'_> {
    fn becomes(&self, state: State) {
        if let Some(turn) = locked(self.turns).get_mut(self.place) {
            turn.state = state;
        }
        self.changed.notify_all();
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        self.becomes(if self.is_well {
            State::EndedWell
        } else {
            State::Failed
        });
    }
}

enum Next {
    /// The turn of the one at this place in the wave has come.
    Now(usize),
    /// What runs has to end first.
    Later,
    Nothing,
}

/// What comes next. Once it `is_over`, only what an upgrade has deployed along with another is still looked at.
fn next(turns: &mut [Turn], at_once: usize, keep_going: bool, is_over: bool) -> Next {
    loop {
        let states: Vec<State> = turns.iter().map(|one| one.state).collect();
        let state_of = |place: &usize| states.get(*place).copied();
        let count = |state: State| states.iter().filter(|one| **one == state).count();
        let has_room = count(State::Runs) < at_once.max(1);
        let runs = count(State::Runs) + count(State::LooksOn) > 0;
        let mut blocked = false;
        for (place, turn) in turns.iter_mut().enumerate() {
            if turn.state != State::Waits || is_over && !turn.goes_with_one {
                continue;
            }
            let needed = || turn.after.iter().filter_map(state_of);
            let failed = needed().any(|state| matches!(state, State::Failed | State::NotBegun));
            let stays = if turn.goes_with_one {
                needed().any(|state| state == State::NotBegun)
            } else {
                failed && !keep_going
            };
            if stays {
                turn.state = State::NotBegun;
                blocked = true;
            } else if has_room
                && needed().all(|state| {
                    matches!(state, State::EndedWell | State::Failed | State::NotBegun)
                })
            {
                turn.state = State::Runs;
                return Next::Now(place);
            }
        }
        // Who waits for one that is not begun is not begun either.
        if !blocked {
            return if runs { Next::Later } else { Next::Nothing };
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn who_edits_the_file_of_one_that_is_refused_goes_and_who_reads_it_waits() {
        let files = |written: &[&str], edited: &[&str], touched: &[&str]| {
            let [written, edited, touched] = [written, edited, touched]
                .map(|all| all.iter().map(PathBuf::from).collect::<BTreeSet<_>>());
            Files {
                written,
                edited,
                touched,
            }
        };
        let first = files(&["a"], &["a"], &["a"]);
        let editor = files(&[], &["a"], &["a"]);
        let reader = files(&["b"], &["b"], &["a", "b"]);
        let other = files(&["c"], &["c"], &["c"]);
        let waits =
            |is_refused: bool| [&editor, &reader, &other].map(|one| first.keep(one, is_refused));
        assert_eq!(waits(false), [true, true, false]);
        assert_eq!(waits(true), [false, true, false]);
    }

    fn schedule(after: &[&[usize]]) -> Schedule {
        Schedule {
            waves: vec![Wave {
                number: 0,
                targets: (0..after.len()).collect(),
                is_behind_canary: false,
            }],
            after: after.iter().map(|one| one.to_vec()).collect(),
            with: vec![None; after.len()],
        }
    }

    fn begun(schedule: &Schedule, at_once: usize, keep_going: bool, fails: usize) -> Vec<usize> {
        let order = Mutex::new(Vec::new());
        let wave = schedule.waves.first().unwrap();
        let results = schedule.go(
            wave,
            at_once,
            keep_going,
            || false,
            |at, _| {
                locked(&order).push(at);
                (at, at != fails)
            },
        );
        assert!(
            results
                .iter()
                .all(|(at, result)| result.is_none_or(|one| one == *at))
        );
        let begun = results
            .iter()
            .filter(|(_, result)| result.is_some())
            .count();
        let order = order.into_inner().unwrap();
        assert_eq!(order.len(), begun);
        order
    }

    #[test]
    fn waves_go_by_their_numbers_and_a_canary_goes_ahead_of_each_that_has_more() {
        let told = |canary| -> Vec<(usize, Vec<usize>, bool)> {
            let turns = [
                (1, true, None),
                (0, true, None),
                (1, false, None),
                (1, true, None),
                (0, true, None),
                (1, true, None),
            ];
            let told = waves(&turns, canary).into_iter();
            told.map(|one| (one.number, one.targets, one.is_behind_canary))
                .collect()
        };
        assert_eq!(
            told(None),
            [(0, vec![1, 4], false), (1, vec![0, 2, 3, 5], false)]
        );
        // What has nothing to do tells nothing.
        assert_eq!(
            told(Some(2)),
            [
                (0, vec![1, 4], false),
                (1, vec![0, 3], false),
                (1, vec![2, 5], true)
            ]
        );
        assert_eq!(told(Some(9)), told(None));
    }

    #[test]
    fn who_goes_with_another_is_in_its_wave_and_no_canary_of_its_own() {
        let turns = [
            (0, true, None),
            (0, true, None),
            (0, true, Some(0)),
            (0, true, Some(1)),
        ];
        let told = |canary| -> Vec<Vec<usize>> {
            let told = waves(&turns, canary).into_iter();
            told.map(|one| one.targets).collect()
        };
        assert_eq!(told(Some(1)), [vec![0, 2], vec![1, 3]]);
        assert_eq!(told(Some(2)), [[0, 1, 2, 3]]);
    }

    #[test]
    fn who_goes_with_one_that_failed_is_told_of_it_and_stays_where_that_was_not_begun() {
        let with = |after: &[&[usize]]| {
            let mut schedule = schedule(after);
            schedule.with = after.iter().map(|one| one.first().copied()).collect();
            schedule
        };
        assert_eq!(begun(&with(&[&[], &[0]]), 2, false, 0), [0, 1]);
        let mut chain = with(&[&[], &[0], &[1]]);
        // The second is one of its own.
        chain.with[1] = None;
        assert_eq!(begun(&chain, 1, false, 0), [0]);
        assert_eq!(begun(&chain, 1, true, 0), [0, 1, 2]);
    }

    #[test]
    fn as_many_as_asked_for_go_at_once_and_no_more() {
        let schedule = schedule(&[&[] as &[usize]; 9]);
        let barrier = Barrier::new(3);
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let wave = schedule.waves.first().unwrap();
        schedule.go(
            wave,
            3,
            false,
            || false,
            |_, _| {
                let running = now.fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(running, Ordering::SeqCst);
                barrier.wait();
                // One more would have its turn meanwhile.
                for _ in 0..10_000 {
                    if most.load(Ordering::SeqCst) > 3 {
                        break;
                    }
                    std::thread::yield_now();
                }
                now.fetch_sub(1, Ordering::SeqCst);
                ((), true)
            },
        );
        assert_eq!(most.into_inner(), 3);
    }

    #[test]
    fn who_looks_on_makes_room_for_another_but_not_for_one_that_waits_for_it() {
        let schedule = schedule(&[&[], &[], &[], &[0]]);
        let wave = schedule.waves.first().unwrap();
        let all_but_the_last = Barrier::new(3);
        let order = Mutex::new(Vec::new());
        let results = schedule.go(
            wave,
            2,
            false,
            || false,
            |at, looks_on| {
                looks_on();
                if at < 3 {
                    // It ends only if more are there than may run.
                    all_but_the_last.wait();
                }
                locked(&order).push(at);
                (at, true)
            },
        );
        assert_eq!(results.len(), 4);
        let order = order.into_inner().unwrap();
        let place = |at| order.iter().position(|one| *one == at);
        assert!(place(0) < place(3), "{order:?}");
    }

    #[test]
    fn one_at_a_time_is_one_at_a_time() {
        let schedule = schedule(&[&[] as &[usize]; 3]);
        let running = AtomicUsize::new(0);
        let wave = schedule.waves.first().unwrap();
        schedule.go(
            wave,
            1,
            false,
            || false,
            |_, looks_on| {
                looks_on();
                assert_eq!(running.fetch_add(1, Ordering::SeqCst), 0);
                // Another would have its turn meanwhile.
                for _ in 0..10_000 {
                    std::thread::yield_now();
                }
                running.fetch_sub(1, Ordering::SeqCst);
                ((), true)
            },
        );
    }

    #[test]
    fn who_waits_for_another_comes_after_it_however_they_are_listed() {
        assert_eq!(begun(&schedule(&[&[1], &[2], &[]]), 3, false, 9), [2, 1, 0]);
    }

    #[test]
    fn who_waits_for_one_that_failed_is_not_begun_and_neither_is_who_waits_for_that() {
        let chain = schedule(&[&[], &[0], &[1], &[]]);
        assert_eq!(begun(&chain, 1, false, 0), [0, 3]);
        assert_eq!(begun(&chain, 1, true, 0), [0, 1, 2, 3]);
    }

    #[test]
    fn a_turn_that_panics_keeps_nobody_waiting() {
        let chain = schedule(&[&[], &[0], &[]]);
        let wave = chain.waves.first().unwrap();
        let run = || {
            chain.go(
                wave,
                3,
                false,
                || false,
                |at, _| {
                    assert!(at != 0, "this one is broken");
                    ((), true)
                },
            )
        };
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err());
    }

    #[test]
    fn what_was_deployed_along_is_looked_at_when_it_is_over_all_the_same() {
        let mut schedule = schedule(&[&[], &[0], &[]]);
        schedule.with = vec![None, Some(0), None];
        let done = AtomicUsize::new(0);
        let wave = schedule.waves.first().unwrap();
        let is_over = || done.load(Ordering::SeqCst) > 0;
        let results = schedule.go(wave, 1, false, is_over, |at, _| {
            done.fetch_add(1, Ordering::SeqCst);
            (at, true)
        });
        assert_eq!(results, [(0, Some(0)), (1, Some(1)), (2, None)]);
    }

    #[test]
    fn nothing_is_begun_once_it_is_over() {
        let schedule = schedule(&[&[] as &[usize]; 4]);
        let done = AtomicUsize::new(0);
        let wave = schedule.waves.first().unwrap();
        let is_over = || done.load(Ordering::SeqCst) == 2;
        let results = schedule.go(wave, 1, true, is_over, |at, _| {
            done.fetch_add(1, Ordering::SeqCst);
            (at, true)
        });
        assert_eq!(results, [(0, Some(0)), (1, Some(1)), (2, None), (3, None)]);
    }
}
