//! How a plan is carried out.

use std::time::Duration;

use crate::backups::Backups;
use crate::helm::Rollout;

/// How a plan is carried out.
#[derive(Debug)]
pub struct How<'a> {
    /// How Helm waits.
    pub rollout: &'a Rollout,
    /// Whether pods that would keep what they started with are restarted.
    pub restarts: bool,
    /// Where copies of the files go.
    pub backups: &'a Backups,
    /// How the targets take their turns.
    pub turns: Turns,
    /// After what time a helm is ended that does not come back.
    pub patience: Option<Duration>,
}

/// How the targets of a plan take their turns.
#[derive(Debug, Clone, Copy)]
pub struct Turns {
    /// So many at once, of those that may.
    pub at_once: usize,
    /// Whether the next ones have their turn after one that failed.
    pub keep_going: bool,
    /// So many of each wave go ahead, and the others when somebody said yes.
    pub canary: Option<usize>,
}

impl Turns {
    /// One after the other.
    pub const IN_ORDER: Self = Self {
        at_once: 1,
        keep_going: false,
        canary: None,
    };
}
