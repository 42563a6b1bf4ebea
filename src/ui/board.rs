//! How far a run of many targets is: one line above those of the targets that are at work.

use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::ProgressBar;

use super::Screen;

/// The line, where there is somebody to see it.
#[derive(Debug)]
pub struct Board {
    line: Option<ProgressBar>,
    all: usize,
    well: AtomicUsize,
    failed: AtomicUsize,
}

impl Screen {
    /// A board for so many targets; it goes when the value does.
    #[must_use]
    pub fn board(&self, all: usize) -> Board {
        let board = Board {
            line: self.head_line(),
            all,
            well: AtomicUsize::new(0),
            failed: AtomicUsize::new(0),
        };
        board.show();
        board
    }
}

impl Board {
    /// Whether it is on a terminal.
    #[must_use]
    pub fn is_seen(&self) -> bool {
        self.line.is_some()
    }

    /// A target has come to its end.
    pub fn ended(&self, is_well: bool) {
        let count = if is_well { &self.well } else { &self.failed };
        count.fetch_add(1, Ordering::Relaxed);
        self.show();
    }

    fn show(&self) {
        let Some(line) = &self.line else {
            return;
        };
        let (well, failed) = (
            self.well.load(Ordering::Relaxed),
            self.failed.load(Ordering::Relaxed),
        );
        line.set_message(said(self.all, well, failed));
    }
}

fn said(all: usize, well: usize, failed: usize) -> String {
    let ended = well + failed;
    match failed {
        0 => format!("{ended} of {all} targets done"),
        _ => format!("{ended} of {all} targets done, {failed} failed"),
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        if let Some(line) = &self.line {
            line.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_is_counted_apart() {
        assert_eq!(said(24, 3, 0), "3 of 24 targets done");
        assert_eq!(said(24, 3, 1), "4 of 24 targets done, 1 failed");
    }
}
