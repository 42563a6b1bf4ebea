//! Starting processes: helm and kubectl. Clippy's `disallowed-methods` bans every other way.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, PipeWriter, Read as _};
use std::path::Path;
use std::process::Output;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crate::interrupt::HandedOn;
use crate::platform::ask_to_end;

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
    bounded(command, shown, None).map(|ended| ended.output)
}

/// The same, but no longer than `patience`.
pub(crate) fn bounded(
    command: &duct::Expression,
    shown: &str,
    patience: Option<Duration>,
) -> io::Result<Ended> {
    let began = Instant::now();
    let ended = captured(command, patience);
    heard(shown, began, ended.as_ref().map(|one| &one.output));
    ended
}

fn captured(command: &duct::Expression, patience: Option<Duration>) -> io::Result<Ended> {
    let (out, printed) = Printed::pipe()?;
    let (err, said) = Printed::pipe()?;
    let mut handed_on = HandedOn::begin();
    // Only the process has the pipes' ends then, and what it starts itself.
    let running = command
        .stdout_file(out)
        .stderr_file(err)
        .unchecked()
        .start()?;
    handed_on.to(running.pids());
    let mut leash = Leash::of(patience);
    while let Some(next) = leash.next {
        if running.wait_deadline(next)?.is_some() {
            break;
        }
        leash.pull(&running)?;
    }
    let status = running.into_output()?.status;
    let until = Instant::now() + THE_REST;
    let output = Output {
        status,
        stdout: printed.bytes(until),
        stderr: said.bytes(until),
    };
    Ok(Ended::of(output, &leash))
}

/// How long the rest of what a process printed may take to arrive once it has ended.
const THE_REST: Duration = Duration::from_secs(2);

/// What a process prints. It is over soon after the process is: what that leaves running may hold the pipe for ever, like a
/// credential plugin of kubectl's that started an agent.
struct Printed {
    bytes: Arc<Mutex<Vec<u8>>>,
    is_over: mpsc::Receiver<()>,
}

impl Printed {
    fn pipe() -> io::Result<(PipeWriter, Self)> {
        let (mut from, to) = io::pipe()?;
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let (over, is_over) = mpsc::channel();
        let all = Arc::clone(&bytes);
        thread::Builder::new().spawn(move || {
            let mut some = vec![0; 1 << 16];
            loop {
                match from.read(&mut some) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Ok(0) | Err(_) => break,
                    Ok(count) => {
                        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                        all.extend(some.iter().take(count));
                    }
                }
            }
            // Nobody may wait for it any more.
            let _ = over.send(());
        })?;
        Ok((to, Self { bytes, is_over }))
    }

    /// All of it that is there by then, or until nobody holds the pipe any more.
    fn bytes(self, until: Instant) -> Vec<u8> {
        let left = until.saturating_duration_since(Instant::now());
        // Whether it is over or not, there is no more to be had.
        let _ = self.is_over.recv_timeout(left);
        std::mem::take(&mut self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }
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
) -> io::Result<Ended> {
    let began = Instant::now();
    let ended = streamed(command, patience, on_line);
    heard(shown, began, ended.as_ref().map(|one| &one.output));
    ended
}

fn streamed(
    command: &duct::Expression,
    patience: Option<Duration>,
    mut on_line: impl FnMut(&str),
) -> io::Result<Ended> {
    let (out, mut printed) = nameless()?;
    let (err, mut said) = nameless()?;
    let mut handed_on = HandedOn::begin();
    let command = command.stdout_file(out).stderr_file(err).unchecked();
    let running = command.start()?;
    handed_on.to(running.pids());
    let mut leash = Leash::of(patience);
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
                leash.pull(&running)?;
                thread::sleep(LOOK_AGAIN);
            }
        }
    };
    if !rest.is_empty() {
        on_line(String::from_utf8_lossy(&rest).trim_end());
    }
    let mut stderr = Vec::new();
    said.read_to_end(&mut stderr)?;
    let output = Output {
        status,
        stdout: Vec::new(),
        stderr,
    };
    Ok(Ended::of(output, &leash))
}

/// What a process ended with that has only so long.
pub(crate) struct Ended {
    /// Its status, and what it printed, as far as that was not handed over.
    pub(crate) output: Output,
    /// Whether it was ended because it took too long.
    pub(crate) was_cut: bool,
}

impl Ended {
    fn of(output: Output, leash: &Leash) -> Self {
        Self {
            // Who had just done what it does when it was asked is well.
            was_cut: leash.pulled > 0 && !output.status.success(),
            output,
        }
    }
}

/// How long a process that was asked to end may take for that: helm writes down that it was interrupted.
const LAST_WORDS: Duration = Duration::from_secs(30);

/// Ends processes that take too long: by asking, then by force.
struct Leash {
    next: Option<Instant>,
    pulled: u32,
}

impl Leash {
    fn of(patience: Option<Duration>) -> Self {
        Self {
            next: patience.and_then(|patience| Instant::now().checked_add(patience)),
            pulled: 0,
        }
    }

    fn pull(&mut self, running: &duct::Handle) -> io::Result<()> {
        if self.next.is_none_or(|next| Instant::now() < next) {
            return Ok(());
        }
        if self.pulled == 0 {
            running.pids().into_iter().for_each(ask_to_end);
        } else {
            running.kill()?;
        }
        self.pulled += 1;
        self.next = Instant::now().checked_add(LAST_WORDS);
        Ok(())
    }
}

/// A file without a name, to write to and to read from.
fn nameless() -> io::Result<(File, File)> {
    let file = tempfile::NamedTempFile::new()?;
    Ok((file.reopen()?, file.reopen()?))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_long_is_asked_to_end() {
        let sleeps = command(&which::which("sleep").unwrap(), &["600"]);
        let ended = bounded(&sleeps, "sleep", Some(Duration::from_millis(10))).unwrap();
        assert!(ended.was_cut && !ended.output.status.success());
        let prints = command(&which::which("echo").unwrap(), &["a"]);
        let ended = bounded(&prints, "echo", Some(Duration::from_secs(60))).unwrap();
        assert!(!ended.was_cut);
        assert_eq!(ended.output.stdout, b"a\n");
    }

    #[test]
    fn what_outlives_a_process_holds_nobody_up() {
        let shell = which::which("sh").unwrap();
        let run = |script: &str, patience: Option<Duration>| {
            let began = Instant::now();
            let ended = bounded(&command(&shell, &["-c", script]), "sh", patience).unwrap();
            let printed = String::from_utf8(ended.output.stdout.clone()).unwrap();
            ask_to_end(printed.trim().parse().unwrap());
            assert!(began.elapsed() < Duration::from_secs(60));
            ended
        };
        let long = "sleep 600 & echo $!";
        assert!(run(long, None).output.status.success());
        assert!(!run(long, Some(Duration::from_secs(600))).was_cut);
        assert!(run(&format!("{long}; sleep 600"), Some(Duration::from_secs(1))).was_cut);
    }

    #[test]
    fn much_is_read_whole_from_both() {
        let script = "i=0; while [ $i -lt 20000 ]; do echo 0123456789; i=$((i+1)); done; echo no >&2; exit 3";
        let much = command(&which::which("sh").unwrap(), &["-c", script]);
        let output = output(&much, "sh").unwrap();
        assert_eq!(output.stdout.len(), 220_000);
        assert_eq!(
            (output.stderr.as_slice(), output.status.code()),
            (b"no\n".as_slice(), Some(3))
        );
    }
}
