//! What `doctor` found, a line each.

use console::style;

use super::{Screen, fit};
use crate::doctor::{Check, State};

/// Where a line's text begins: behind the mark and the word.
const INDENT: usize = 11;

impl Screen {
    /// Shows one thing that was looked at, and what to do where it stands in the way.
    pub fn checked(&self, check: &Check) {
        let mark = match check.state {
            State::Fine => style("✓").green(),
            State::Unsure => style("-").yellow(),
            State::Wrong(_) => style("✗").red(),
        };
        let room = fit::width_of_results().map_or(usize::MAX, |width| width.saturating_sub(INDENT));
        let seen = fit::wrapped(&check.seen, room).join(&format!("\n{:INDENT$}", ""));
        self.result(&format!("{mark} {:<8} {seen}", check.what));
        if let State::Wrong(remedy) = &check.state {
            let broken = fit::prose(remedy, room.saturating_sub(2));
            let broken = broken.replace('\n', &format!("\n{:INDENT$}", ""));
            self.result(&format!("  {:<8} {} {broken}", "", style("→").cyan()));
        }
    }
}
