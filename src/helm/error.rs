//! A helm call that failed, told once and with everything needed to repeat it.

use std::fmt;
use std::process::ExitStatus;

use super::advice::advice;
use crate::log_lines;
use crate::platform::signal_of;

/// How a helm process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It could not be started at all.
    NotStarted,
    /// It ended with this exit code.
    Exited(i32),
    /// This signal ended it.
    Signalled(i32),
}

impl From<ExitStatus> for Ending {
    fn from(status: ExitStatus) -> Self {
        match signal_of(status) {
            Some(signal) => Self::Signalled(signal),
            None => Self::Exited(status.code().unwrap_or(-1)),
        }
    }
}

/// What ends a program that does not heed it, by POSIX: a terminal that was closed, its Ctrl-C, and `kill`.
const SIGHUP: i32 = 1;
const SIGTERM: i32 = 15;
const SIGINT: i32 = 2;

/// A failed helm call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelmError {
    /// The command, quoted for a shell, secrets masked.
    pub command: String,
    /// How it ended.
    pub ending: Ending,
    /// What helm wrote to stderr, without its `Error: ` prefix.
    pub message: String,
}

impl HelmError {
    pub(super) fn new(command: String, ending: Ending, stderr: &str) -> Self {
        Self {
            command,
            ending,
            message: tidy(stderr),
        }
    }

    /// The cluster did not answer, or no cluster is configured.
    #[must_use]
    pub fn is_cluster_unreachable(&self) -> bool {
        let message = self.message.to_ascii_lowercase();
        ["cluster unreachable", "no configuration has been provided"]
            .iter()
            .any(|sign| message.contains(sign))
    }

    /// An object is there already that belongs to no release, or to another one.
    #[must_use]
    pub fn is_ownership(&self) -> bool {
        self.message.contains("invalid ownership metadata")
    }

    /// The cluster does not have a kind of object that the chart renders.
    #[must_use]
    pub fn is_kind_unknown(&self) -> bool {
        self.message.contains("no matches for kind")
    }

    /// What the cluster does not let the user do, in its own words: `User "ann" cannot list resource "secrets" …`.
    #[must_use]
    pub fn forbidden(&self) -> Option<String> {
        let line = self
            .message
            .lines()
            .rfind(|line| line.contains("forbidden: "))?;
        let (_, said) = line.split_once("forbidden: ")?;
        Some(said.trim_end_matches('.').to_owned())
    }

    /// A signal that asks a program to end has ended it: Ctrl-C, `kill`, a terminal that was closed.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        matches!(self.ending, Ending::Signalled(SIGHUP | SIGINT | SIGTERM))
    }

    /// A signal ended helm, whichever it was.
    #[must_use]
    pub fn is_signalled(&self) -> bool {
        matches!(self.ending, Ending::Signalled(_))
    }

    /// Helm refused before it made a revision, since somebody else is at work on the release or made it meanwhile.
    #[must_use]
    pub fn never_began(&self) -> bool {
        ["another operation (", "cannot re-use a name"]
            .iter()
            .any(|sign| self.message.contains(sign))
    }

    /// A chart was to be fetched.
    #[must_use]
    pub fn is_fetching(&self) -> bool {
        self.command.starts_with("helm pull ") || self.command.starts_with("helm show ")
    }

    /// The release does not exist.
    #[must_use]
    pub fn is_release_not_found(&self) -> bool {
        self.message.contains("release: not found")
    }
}

impl HelmError {
    /// What to try, where helm's message alone leaves the reader alone.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        advice(&self.message, &self.command)
    }
}

impl fmt::Display for HelmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ending {
            Ending::NotStarted => writeln!(f, "helm could not be started")?,
            Ending::Exited(code) => writeln!(f, "helm failed with exit code {code}")?,
            Ending::Signalled(signal) => writeln!(f, "helm was killed by signal {signal}")?,
        }
        for line in self.message.lines() {
            writeln!(f, "  {line}")?;
        }
        write!(f, "command: {}", self.command)?;
        match self.advice() {
            Some(advice) => write!(f, "\nhint: {advice}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for HelmError {}

/// What Helm 4 says beside its error: that `--validate` has a newer name.
fn is_noise(line: &str) -> bool {
    line.starts_with("Flag --validate has been deprecated")
}

fn tidy(stderr: &str) -> String {
    let told = log_lines::told(stderr);
    let lines: Vec<&str> = told
        .lines()
        .map(|line| line.strip_prefix("Error: ").unwrap_or(line).trim_end())
        .filter(|line| !line.is_empty() && !is_noise(line))
        .collect();
    lines.join("\n")
}
