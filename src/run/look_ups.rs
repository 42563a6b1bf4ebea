//! Looking for objects of several targets in one call: what is asked for while a call runs goes into the next.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::kube::{LookedUp, Reference, fitting};

/// So long a call waits for further questions. Whoever asks has made room for the next target, and holds nobody up.
const GATHERS: Duration = Duration::from_millis(250);

/// Asks for some groups of objects.
type Ask = dyn Fn(&[Vec<Reference>]) -> Vec<LookedUp> + Send + Sync;

/// The questions to one cluster.
pub(super) struct LookUps {
    ask: Box<Ask>,
    waiting: Mutex<Waiting>,
    /// The answers that nobody has taken yet; whoever holds them asks.
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    answers: BTreeMap<u64, LookedUp>,
    /// Whether the cluster told of nothing the last time: it is not asked again.
    is_silent: bool,
}

#[derive(Default)]
struct Waiting {
    next: u64,
    questions: Vec<(u64, Vec<Reference>)>,
}

impl LookUps {
    pub(super) fn of(
        ask: impl Fn(&[Vec<Reference>]) -> Vec<LookedUp> + Send + Sync + 'static,
    ) -> Self {
        Self {
            ask: Box::new(ask),
            waiting: Mutex::default(),
            told: Mutex::default(),
        }
    }

    /// Asks for objects by their names, along with what others ask for.
    pub(super) fn look_up(&self, references: Vec<Reference>) -> LookedUp {
        self.answer_to(self.enqueue(references))
    }

    fn answer_to(&self, number: u64) -> LookedUp {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(found) = told.answers.remove(&number) {
                return found;
            }
            if told.is_silent {
                return LookedUp::default();
            }
            thread::sleep(GATHERS);
            let (numbers, groups): (Vec<u64>, Vec<_>) = self.some().into_iter().unzip();
            // Somebody took the question and did not come back with an answer.
            if groups.is_empty() {
                return LookedUp::default();
            }
            let found = (self.ask)(&groups);
            told.is_silent = !found.iter().any(|one| one.is_whole);
            told.answers.extend(numbers.into_iter().zip(found));
        }
    }

    fn enqueue(&self, references: Vec<Reference>) -> u64 {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let number = waiting.next;
        waiting.next += 1;
        waiting.questions.push((number, references));
        number
    }

    /// Those that wait, oldest first, as far as they go into one call.
    fn some(&self) -> Vec<(u64, Vec<Reference>)> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let questions = waiting.questions.iter();
        let count = fitting(questions.map(|(_, question)| question.len()));
        waiting.questions.drain(..count).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use serde_json::{Value as Json, json};

    use super::*;

    fn map(name: &str) -> Reference {
        Reference::core("ConfigMap", "ns", name)
    }

    fn there(groups: &[Vec<Reference>]) -> Vec<LookedUp> {
        let object = |one: &Reference| -> Json {
            json!({"kind": "ConfigMap", "metadata": {"namespace": "ns", "name": one.name}})
        };
        let found = |group: &Vec<Reference>| LookedUp {
            objects: group.iter().map(object).collect(),
            is_whole: true,
        };
        groups.iter().map(found).collect()
    }

    fn asked(look_ups: &LookUps) -> u64 {
        look_ups.waiting.lock().unwrap().next
    }

    #[test]
    fn what_is_asked_for_while_a_call_runs_goes_into_the_next_and_each_gets_its_own() {
        let calls = Arc::new(AtomicUsize::new(0));
        let (goes_on, may_go) = mpsc::channel::<()>();
        let may_go = Mutex::new(may_go);
        let look_ups = LookUps::of({
            let calls = Arc::clone(&calls);
            move |groups| {
                if calls.fetch_add(1, Ordering::SeqCst) == 0 {
                    may_go.lock().unwrap().recv().unwrap();
                }
                there(groups)
            }
        });
        let names: Vec<String> = (0..8).map(|number| format!("c{number}")).collect();
        thread::scope(|scope| {
            for name in &names {
                let look_ups = &look_ups;
                scope.spawn(move || {
                    let found = look_ups.look_up(vec![map(name)]);
                    assert!(found.is_whole && found.find(&map(name)).is_some());
                    assert_eq!(found.objects.len(), 1);
                });
            }
            while asked(&look_ups) < 8 {
                thread::yield_now();
            }
            goes_on.send(()).unwrap();
        });
        // All in the first, or those that came too late for it in one more.
        assert!(calls.load(Ordering::SeqCst) <= 2);
    }

    #[test]
    fn a_question_whose_asker_fell_is_told_as_not_whole() {
        let look_ups = LookUps::of(|_| panic!("on purpose"));
        let falls = || look_ups.look_up(vec![map("a")]);
        let number = look_ups.enqueue(vec![map("b")]);
        let fallen = std::panic::catch_unwind(std::panic::AssertUnwindSafe(falls));
        assert!(fallen.is_err());
        assert_eq!(look_ups.answer_to(number), LookedUp::default());
    }

    #[test]
    fn a_cluster_that_told_of_nothing_is_not_asked_again() {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let look_ups = LookUps::of(move |groups| {
            counted.fetch_add(1, Ordering::SeqCst);
            vec![LookedUp::default(); groups.len()]
        });
        for _ in 0..3 {
            assert!(!look_ups.look_up(vec![map("a")]).is_whole);
        }
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    }
}
