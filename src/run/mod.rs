//! Carrying out a plan: write, upgrade, look, and put back what did not take.

mod aftermath;
mod check;
mod cluster;
mod coming_up;
mod file;
mod how;
mod look_ups;
mod parts;
mod plan;
mod readiness;
mod restart;
mod room;
mod schedule;
mod shared_files;
mod still;
mod target;
mod verify;

pub use aftermath::{Aftermath, By, Moved};
pub use check::Check;
pub use file::{FileEnd, write};
pub use how::{How, Turns};
pub use plan::{Ran, Watch, files, upgrades};
pub use target::{Outcome, Untouched};
pub use verify::{Asked, ask};
