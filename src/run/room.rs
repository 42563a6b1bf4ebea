//! Room for some at once.

use std::sync::{Condvar, Mutex, PoisonError};

/// So many may be at work.
pub(super) struct Room {
    left: Mutex<usize>,
    changed: Condvar,
}

impl Room {
    pub(super) fn of(places: usize) -> Self {
        Self {
            left: Mutex::new(places.max(1)),
            changed: Condvar::new(),
        }
    }

    /// Does `work` once there is a place.
    pub(super) fn have<T>(&self, work: impl FnOnce() -> T) -> T {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        while *left == 0 {
            let woken = self.changed.wait(left);
            left = woken.unwrap_or_else(PoisonError::into_inner);
        }
        *left -= 1;
        drop(left);
        let _leaves = Leaves(self);
        work()
    }
}

/// Makes room when it goes, be it by a panic.
struct Leaves<'a>(&'a Room);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        *self.0.left.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn no_more_are_at_work_than_there_are_places_and_a_panic_leaves_its_own() {
        let room = Room::of(2);
        let panics = || room.have(|| panic!("on purpose"));
        for _ in 0..2 {
            assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(panics)).is_err());
        }
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        // Two at a time meet here, or the test hangs.
        let both = Barrier::new(2);
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    room.have(|| {
                        let running = now.fetch_add(1, Ordering::SeqCst) + 1;
                        most.fetch_max(running, Ordering::SeqCst);
                        both.wait();
                        now.fetch_sub(1, Ordering::SeqCst);
                    });
                });
            }
        });
        assert_eq!(most.into_inner(), 2);
    }
}
