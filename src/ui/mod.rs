//! What people see: results on stdout, everything else on stderr, secrets on neither.

mod alike;
mod board;
mod changes;
mod counted;
mod detail;
mod diff;
mod doctor;
mod explain;
mod findings;
mod fit;
mod folded;
mod inspect;
mod line;
mod list;
mod preview;
mod printable;
mod probe;
mod progress;
mod prompts;
mod redact;
mod rendered;
mod report;
mod screen;
mod status;
mod summary;
mod table;
mod tables;
mod target;
mod verdicts;
mod verify;

pub use board::Board;
pub use counted::counted;
pub use detail::Detail;
pub use prompts::{
    Choosing, Remark, Typed, choose, confirm, is_interactive, shows_results, text, type_in,
};
pub use screen::Screen;
