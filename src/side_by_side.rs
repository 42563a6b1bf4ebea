//! Waiting for several things at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// So many at once where nobody said how many: a cluster may have hundreds of releases, and each helm takes memory and a core
/// for a moment.
pub const AT_ONCE: usize = 16;

/// The same for things that the work changes.
pub fn each_side_by_side<T: Send, R: Send>(
    all: &mut [T],
    at_once: usize,
    work: impl Fn(&mut T) -> R + Sync,
) -> Vec<R> {
    let all: Vec<Mutex<&mut T>> = all.iter_mut().map(Mutex::new).collect();
    side_by_side(&all, at_once, |one| {
        work(&mut one.lock().unwrap_or_else(PoisonError::into_inner))
    })
}

/// Does `work` for all, several at a time, since each mostly waits (for helm, for a server), and gives the results in their
/// order.
pub fn side_by_side<T: Sync, R: Send>(
    all: &[T],
    at_once: usize,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            match all.get(index) {
                Some(one) => done.push((index, work(one))),
                None => return done,
            }
        }
    };
    let mut results: Vec<(usize, R)> = std::thread::scope(|scope| {
        let workers = all.len().min(at_once);
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        let done = running.into_iter().map(|thread| match thread.join() {
            Ok(results) => results,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        done.flatten().collect()
    });
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn results_come_in_order_and_several_are_at_work_at_once() {
        let numbers: Vec<usize> = (0..100).collect();
        let doubled: Vec<usize> = numbers.iter().map(|one| one * 2).collect();
        assert_eq!(side_by_side(&numbers, AT_ONCE, |one| one * 2), doubled);
        assert!(side_by_side(&[] as &[usize], AT_ONCE, |one| *one).is_empty());
        // It ends only if all of these wait for each other at once.
        let barrier = Barrier::new(AT_ONCE);
        let some = numbers.get(..AT_ONCE).unwrap();
        let threads = side_by_side(some, AT_ONCE, |_| {
            barrier.wait();
            format!("{:?}", std::thread::current().id())
        });
        assert_eq!(threads.into_iter().collect::<BTreeSet<_>>().len(), AT_ONCE);
        let mut changed = numbers.clone();
        each_side_by_side(&mut changed, 3, |one| *one *= 2);
        assert_eq!(changed, doubled);
    }
}
