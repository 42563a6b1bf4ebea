//! What `doctor` found, a line each.

use console::style;

use super::Screen;
use crate::doctor::{Check, State};

impl Screen {
    /// Shows one thing that was looked at, and what to do where it stands in the way.
    pub fn checked(&self, check: &Check) {
        let mark = match check.state {
            State::Fine => style("✓").green(),
            State::Unsure => style("-").yellow(),
            State::Wrong(_) => style("✗").red(),
        };
        self.result(&format!("{mark} {:<8} {}", check.what, check.seen));
        if let State::Wrong(remedy) = &check.state {
            self.result(&format!("  {:<8} {} {remedy}", "", style("→").cyan()));
        }
    }
}
