//! The commands: gather, plan, show, act.

mod complete;
mod doctor;
mod gather;
mod guided;
mod inspect;
mod install;
mod needs;
mod planning;
mod preflight;
mod probe;
mod probing;
mod render;
mod side_by_side;

use anyhow::Result;

pub use inspect::Inspection;
pub use probe::{Probe, Probed};

use crate::cli::{Cli, Command};
use crate::exit::ExitCode;
use crate::ui::Screen;

/// Runs the command that was given.
///
/// # Errors
/// Whatever stopped it; [`crate::exit::code_of`] gives the exit code.
pub fn run(cli: &Cli, screen: &Screen) -> Result<ExitCode> {
    match &cli.command {
        Command::Doctor(arguments) => doctor::run(arguments, screen),
        Command::Completion(arguments) => Ok(complete::script(arguments, screen)),
        Command::Inspect(arguments) => inspect::run(arguments, screen),
        Command::Install(arguments) => install::run(arguments, screen),
        Command::Probe(arguments) => probe::run(arguments, screen),
        Command::Render(arguments) => render::run(arguments, screen),
    }
}

/// Answers a shell that completes a command line; `words` end with the one under the cursor.
pub fn complete(words: &[String], screen: &Screen) -> ExitCode {
    complete::answer(words, screen)
}
