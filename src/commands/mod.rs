//! The commands: gather, plan, show, act.

mod agreement;
mod asking;
mod bundles;
mod carry_out;
mod charts;
mod charts_here;
mod comes_back;
mod complete;
mod default_chart;
mod doctor;
mod drafts;
mod dry_run;
mod engines;
mod explain;
mod export;
mod gather;
mod guided;
mod init;
mod inspect;
mod install;
mod installing;
mod kept;
mod live;
mod locking;
mod needs;
mod order;
mod planning;
mod preflight;
mod probe;
mod probing;
mod remove;
mod render;
mod rotate;
mod running_tasks;
mod status;
mod storage;
mod values_here;
mod verify;
mod verifying;

use anyhow::Result;

use crate::cli::{Cli, Command};
use crate::exit::ExitCode;
use crate::kube::ClusterAddress;
use crate::ui::Screen;

/// Runs the command that was given.
///
/// # Errors
/// Whatever stopped it; [`crate::exit::code_of`] gives the exit code.
pub fn run(cli: &Cli, screen: &Screen) -> Result<ExitCode> {
    let cluster = &ClusterAddress::from_environment();
    // The doctor tells it among what else it finds; two ask no cluster.
    let asks_none = matches!(cli.command, Command::Completion(_) | Command::Explain(_));
    if !asks_none && !matches!(cli.command, Command::Doctor(_)) {
        cluster.check()?;
    }
    match &cli.command {
        Command::Doctor(arguments) => doctor::run(arguments, cluster, screen),
        Command::Explain(arguments) => explain::run(arguments, screen),
        Command::Completion(arguments) => Ok(complete::script(arguments, screen)),
        Command::Init(arguments) => init::run(arguments, cluster, screen),
        Command::Export(arguments) => export::run(arguments, cluster, screen),
        Command::Inspect(arguments) => inspect::run(arguments, cluster, screen),
        Command::Install(arguments) => install::run(arguments, cluster, screen),
        Command::Probe(arguments) => probe::run(arguments, cluster, screen),
        Command::Remove(arguments) => remove::run(arguments, cluster, screen),
        Command::Rotate(arguments) => rotate::run(arguments, cluster, screen),
        Command::Verify(arguments) => verify::run(arguments, cluster, screen),
        Command::Render(arguments) => render::run(arguments, cluster, screen),
        Command::Status(arguments) => status::run(arguments, cluster, screen),
    }
}

/// Answers a shell that completes a command line; `words` end with the one under the cursor.
pub fn complete(words: &[String], screen: &Screen) -> ExitCode {
    complete::answer(words, screen)
}
