//! The guided run, as far as it can be decided without a terminal: answers and what is known give the next question, and
//! answers give the words of the command line that says the same.

mod answers;
mod command_line;
mod given;
mod questions;
mod remedies;
mod seen;
mod summary;
mod topic;

pub use answers::{Answers, Change, Choice, Spot, Trust};
pub use command_line::{BY_FINGERPRINT, CommandLine, Surroundings};
pub use given::{Aim, Given};
pub use questions::place::namespace;
pub use questions::{Question, next};
pub use remedies::{Remedy, remedies};
pub use seen::{Offered, Seen};
pub use summary::{Told, told};
pub use topic::{Coordinate, Topic};
