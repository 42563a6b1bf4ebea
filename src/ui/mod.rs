//! What people see: results on stdout, everything else on stderr, secrets on neither.

mod changes;
mod diff;
mod inspect;
mod inspect_json;
mod preview;
mod progress;
mod prompts;
mod redact;
mod rendered;
mod report;
mod screen;

pub use prompts::{confirm, is_interactive, text};
pub use screen::Screen;
