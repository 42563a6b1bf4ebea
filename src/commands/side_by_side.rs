//! Waiting for several things at once.

/// Does `work` for all at once, since each mostly waits (for helm, for a server), and gives the results in their order.
pub(super) fn side_by_side<T: Sync, R: Send>(all: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    std::thread::scope(|scope| {
        let running: Vec<_> = all.iter().map(|one| scope.spawn(|| work(one))).collect();
        let results = running.into_iter().map(|thread| match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        results.collect()
    })
}
