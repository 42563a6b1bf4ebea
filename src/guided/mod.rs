//! The guided run, as far as it can be decided without a terminal: answers and what is known give the next question, and
//! answers give the words of the command line that says the same.

mod answers;
mod command_line;
mod questions;

pub use answers::{Answers, Change, Choice, Given, Spot, Topic, Trust};
pub use command_line::CommandLine;
pub use questions::{Question, Seen, next};
