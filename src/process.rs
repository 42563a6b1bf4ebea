//! Starting processes: helm and kubectl. Clippy's `disallowed-methods` bans every other way.

use std::ffi::OsString;
use std::path::Path;

/// A command that is about to run; nothing is handed to a shell.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where a process is started"
)]
pub(crate) fn command<S: AsRef<str>>(program: &Path, arguments: &[S]) -> duct::Expression {
    let arguments: Vec<OsString> = arguments.iter().map(|a| a.as_ref().into()).collect();
    duct::cmd(program, arguments)
}
