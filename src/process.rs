//! Starting processes: helm and kubectl. Clippy's `disallowed-methods` bans every other way.

use std::ffi::OsString;
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;
use std::process::Output;

use crate::interrupt::HandedOn;

/// A command that is about to run; nothing is handed to a shell, and it has no terminal to ask on.
pub(crate) fn command<S: AsRef<str>>(program: &Path, arguments: &[S]) -> duct::Expression {
    bare(program, arguments).stdin_null()
}

/// The same with something to read. (The innermost of duct's redirections wins, so it cannot be put around [`command`].)
pub(crate) fn command_reading<S: AsRef<str>>(
    program: &Path,
    arguments: &[S],
    input: String,
) -> duct::Expression {
    bare(program, arguments).stdin_bytes(input)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where a process is started"
)]
fn bare<S: AsRef<str>>(program: &Path, arguments: &[S]) -> duct::Expression {
    let arguments: Vec<OsString> = arguments.iter().map(|a| a.as_ref().into()).collect();
    duct::cmd(program, arguments)
}

/// Runs a command to its end, whatever that is, and gives all it printed.
pub(crate) fn output(command: &duct::Expression) -> io::Result<Output> {
    let captured = command.stdout_capture().stderr_capture().unchecked();
    let mut handed_on = HandedOn::begin();
    let running = captured.start()?;
    handed_on.to(running.pids());
    running.into_output()
}

/// The same, with each line of its stdout as it comes. What it printed to stderr is in the output.
pub(crate) fn stream(
    command: &duct::Expression,
    mut on_line: impl FnMut(&str),
) -> io::Result<Output> {
    let mut handed_on = HandedOn::begin();
    let reader = command.stderr_capture().unchecked().reader()?;
    handed_on.to(reader.pids());
    for line in BufReader::new(&reader).split(b'\n') {
        on_line(String::from_utf8_lossy(&line?).trim_end());
    }
    // The pipe's end means that it closed its stdout, and `split` read on until duct had its exit status.
    let ended = reader.try_wait()?.cloned();
    ended.ok_or_else(|| io::Error::other("it left no exit status"))
}
