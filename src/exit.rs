//! Exit codes, and the errors that carry one.

use thiserror::Error;

/// The page that says what each means.
const PAGE: &str = include_str!("../docs/exit-codes.md");

/// Every exit code, and what the page says of it: Markdown.
pub fn register() -> impl Iterator<Item = (&'static str, &'static str)> {
    PAGE.lines().filter_map(|line| {
        let mut cells = line.split('|').skip(1).map(str::trim);
        let code = cells.next()?;
        code.parse::<u8>().ok()?;
        Some((code, cells.next()?))
    })
}

/// The documented exit codes (`docs/exit-codes.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// Done, or nothing to do.
    Done = 0,
    /// Something failed: Helm, input or output.
    Failed = 1,
    /// `--dry-run --detailed-exitcode` found something to change.
    ChangesPending = 2,
    /// An error finding refused the run.
    Refused = 3,
    /// An answer was needed that nobody could give, or the user said no.
    NoAnswer = 4,
    /// The command line was wrong (`EX_USAGE` of sysexits.h).
    Usage = 64,
    /// Ctrl-C or a termination signal (128 + SIGINT).
    Interrupted = 130,
}

impl ExitCode {
    /// The worse of two, where several things went wrong: a failure tells more than a refusal, and that more than an answer
    /// that was not given.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        let badness = |code: Self| match code {
            Self::Done => 0,
            Self::ChangesPending => 1,
            Self::NoAnswer => 2,
            Self::Refused => 3,
            Self::Failed => 4,
            Self::Usage => 5,
            Self::Interrupted => 6,
        };
        if badness(other) > badness(self) {
            other
        } else {
            self
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}

/// An error whose exit code is not the general [`ExitCode::Failed`].
#[derive(Debug, Clone, Error)]
#[error("{message}")]
pub struct Stop {
    /// The code the process ends with.
    pub code: ExitCode,
    /// What is shown to the user.
    pub message: String,
    /// Whether the user wanted it so: that is no error to be shown as one.
    pub is_wanted: bool,
}

impl Stop {
    /// Refused for what was found in the input.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(ExitCode::Refused, message)
    }

    /// Nobody could answer, or the answer was no.
    pub fn no_answer(message: impl Into<String>) -> Self {
        Self::new(ExitCode::NoAnswer, message)
    }

    /// The command line asks for something that does not exist or does not fit together.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ExitCode::Usage, message)
    }

    /// A signal ended the run.
    pub fn interrupted(message: impl Into<String>) -> Self {
        Self::new(ExitCode::Interrupted, message)
    }

    /// The user said no, or left.
    pub fn declined(code: ExitCode, message: impl Into<String>) -> Self {
        Self {
            is_wanted: true,
            ..Self::new(code, message)
        }
    }

    /// Ends with that code.
    pub fn new(code: ExitCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            is_wanted: false,
        }
    }
}

/// Whether a question was left by the key for that, and by nothing worse.
#[must_use]
pub fn was_left(error: &anyhow::Error) -> bool {
    let stop = error.downcast_ref::<Stop>();
    stop.is_some_and(|stop| stop.is_wanted && stop.code == ExitCode::Interrupted)
}

/// The exit code that belongs to `error`, wherever in its chain a [`Stop`] sits.
#[must_use]
pub fn code_of(error: &anyhow::Error) -> ExitCode {
    error
        .downcast_ref::<Stop>()
        .map_or(ExitCode::Failed, |stop| stop.code)
}
