//! Looking for objects of several targets in one call: what is asked for while a call runs goes into the next.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::kube::{Kubectl, LookedUp, Reference};

/// So many objects in one call: kubectl slows itself down after 300 requests.
const MOST: usize = 200;

/// So long a call waits for further questions. Whoever asks has made room for the next target, and holds nobody up.
const GATHERS: Duration = Duration::from_millis(250);

/// The questions to one cluster.
pub(super) struct LookUps {
    kubectl: Kubectl,
    waiting: Mutex<Waiting>,
    /// The answers that nobody has taken yet; whoever holds them asks.
    told: Mutex<BTreeMap<u64, LookedUp>>,
}

#[derive(Default)]
struct Waiting {
    next: u64,
    questions: Vec<(u64, Vec<Reference>)>,
}

impl LookUps {
    pub(super) fn of(kubectl: Kubectl) -> Self {
        Self {
            kubectl,
            waiting: Mutex::default(),
            told: Mutex::default(),
        }
    }

    /// Asks for objects by their names, along with what others ask for.
    pub(super) fn look_up(&self, references: Vec<Reference>) -> LookedUp {
        let number = self.enqueue(references);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(found) = told.remove(&number) {
                return found;
            }
            thread::sleep(GATHERS);
            let (numbers, groups): (Vec<u64>, Vec<_>) = self.some().into_iter().unzip();
            // Somebody took the question and did not come back with an answer.
            if groups.is_empty() {
                return LookedUp::default();
            }
            told.extend(numbers.into_iter().zip(self.kubectl.look_up_each(&groups)));
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

/// How many of some questions go into one call: the first always does.
fn fitting(sizes: impl Iterator<Item = usize>) -> usize {
    let mut objects = 0;
    let mut is_first = true;
    let fits = |size: &usize| {
        objects += size;
        std::mem::take(&mut is_first) || objects <= MOST
    };
    sizes.take_while(fits).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_go_into_one_call_as_far_as_kubectl_does_not_slow_down() {
        assert_eq!(fitting([].into_iter()), 0);
        assert_eq!(fitting([90, 90, 20, 1].into_iter()), 3);
        // More than it takes at once, and it is asked all the same.
        assert_eq!(fitting([MOST + 1, 1].into_iter()), 1);
    }
}
