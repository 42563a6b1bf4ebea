//! Starting processes: helm and kubectl. Clippy's `disallowed-methods` bans every other way.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::process::Output;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use crate::interrupt::HandedOn;
use crate::platform::{ask_to_end, end_by_force};

/// Who is told of each process.
type Listener = Box<dyn Fn(&str) + Send + Sync>;

static LISTENER: OnceLock<Listener> = OnceLock::new();

/// From now on `tell` hears of each process that has ended: its command, how it ended, how long it took.
pub fn on_each(tell: impl Fn(&str) + Send + Sync + 'static) {
    // Only the first is heard: there is one screen.
    let _ = LISTENER.set(Box::new(tell));
}

/// Tells of a process, called as in `shown`, that began at `began`.
fn heard(shown: &str, began: Instant, ended: Result<&Output, &io::Error>) {
    let Some(tell) = LISTENER.get() else {
        return;
    };
    let how = match ended {
        Ok(output) => match output.status.code() {
            Some(code) => format!("exit code {code}"),
            None => "ended by a signal".to_owned(),
        },
        Err(error) => format!("not started: {error}"),
    };
    let seconds = began.elapsed().as_secs_f64();
    tell(&format!("{shown}  ({how}, {seconds:.2}s)"));
}

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

/// Runs a command to its end, whatever that is, and gives all it printed. `shown` is how it may be shown: without secrets.
pub(crate) fn output(command: &duct::Expression, shown: &str) -> io::Result<Output> {
    let began = Instant::now();
    let ended = captured(command);
    heard(shown, began, ended.as_ref());
    ended
}

fn captured(command: &duct::Expression) -> io::Result<Output> {
    let captured = command.stdout_capture().stderr_capture().unchecked();
    let mut handed_on = HandedOn::begin();
    let running = captured.start()?;
    handed_on.to(running.pids());
    running.into_output()
}

/// How long to wait before looking for more of what a process prints.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The same, with each line of its stdout as it comes. What it printed to stderr is in the output.
///
/// It prints into files that have no name, and not into pipes: should this process be killed, it goes on to its end, where a pipe
/// without a reader would end it in the middle of what it does.
pub(crate) fn stream(
    command: &duct::Expression,
    shown: &str,
    patience: Option<Duration>,
    on_line: impl FnMut(&str),
) -> io::Result<Streamed> {
    let began = Instant::now();
    let ended = streamed(command, patience, on_line);
    heard(shown, began, ended.as_ref().map(|one| &one.output));
    ended
}

fn streamed(
    command: &duct::Expression,
    patience: Option<Duration>,
    mut on_line: impl FnMut(&str),
) -> io::Result<Streamed> {
    let (out, mut printed) = nameless()?;
    let (err, mut said) = nameless()?;
    let mut handed_on = HandedOn::begin();
    let command = command.stdout_file(out).stderr_file(err).unchecked();
    let running = command.start()?;
    handed_on.to(running.pids());
    let mut leash = Leash::of(running.pids(), patience);
    let mut rest = Vec::new();
    let status = loop {
        // Asked first: what was printed before the end is read after it.
        let ended = running.try_wait()?.map(|output| output.status);
        printed.read_to_end(&mut rest)?;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            on_line(String::from_utf8_lossy(&line).trim_end());
        }
        match ended {
            Some(status) => break status,
            None => {
                leash.pull();
                thread::sleep(LOOK_AGAIN);
            }
        }
    };
    if !rest.is_empty() {
        on_line(String::from_utf8_lossy(&rest).trim_end());
    }
    let mut stderr = Vec::new();
    said.read_to_end(&mut stderr)?;
    Ok(Streamed {
        output: Output {
            status,
            stdout: Vec::new(),
            stderr,
        },
        was_cut: leash.pulled > 0,
    })
}

/// What a process ended with whose lines were handed over.
pub(crate) struct Streamed {
    /// Its status, and what it printed to stderr.
    pub(crate) output: Output,
    /// Whether it was ended because it took too long.
    pub(crate) was_cut: bool,
}

/// How long a process that was asked to end may take for that: helm writes down that it was interrupted.
const LAST_WORDS: Duration = Duration::from_secs(30);

/// Ends processes that take too long: by asking, then by force.
struct Leash {
    processes: Vec<u32>,
    next: Option<Instant>,
    pulled: u32,
}

impl Leash {
    fn of(processes: Vec<u32>, patience: Option<Duration>) -> Self {
        Self {
            processes,
            next: patience.and_then(|patience| Instant::now().checked_add(patience)),
            pulled: 0,
        }
    }

    fn pull(&mut self) {
        if self.next.is_none_or(|next| Instant::now() < next) {
            return;
        }
        let end = if self.pulled == 0 {
            ask_to_end
        } else {
            end_by_force
        };
        self.processes.iter().copied().for_each(end);
        self.pulled += 1;
        self.next = Instant::now().checked_add(LAST_WORDS);
    }
}

/// A file without a name, to write to and to read from.
fn nameless() -> io::Result<(File, File)> {
    let file = tempfile::NamedTempFile::new()?;
    Ok((file.reopen()?, file.reopen()?))
}
