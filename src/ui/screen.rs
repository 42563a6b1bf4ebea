//! The two streams, behind one redactor.

use std::io::Write as _;

use serde_yaml::Value;

use super::progress::Progress;
use super::redact::Redactor;

/// Everything that is printed goes through here.
#[derive(Debug, Default)]
pub struct Screen {
    redactor: Redactor,
    progress: Progress,
}

impl Screen {
    /// A screen that hides the secrets of `values` from now on, wherever they turn up.
    pub fn hide_secrets_of(&self, values: &Value) {
        self.redactor.learn(values);
    }

    /// A result, to stdout. A closed pipe (`| head`) is nobody's error.
    pub fn result(&self, text: &str) {
        self.progress.suspended(|| {
            let mut stdout = std::io::stdout().lock();
            let _ = writeln!(stdout, "{}", self.redactor.redact(text));
            let _ = stdout.flush();
        });
    }

    /// A document to stdout, as it is: what the user asked to have whole is not redacted.
    pub(super) fn plain(&self, text: &str) {
        self.progress.suspended(|| {
            let mut stdout = std::io::stdout().lock();
            let _ = stdout.write_all(text.as_bytes());
            let _ = stdout.flush();
        });
    }

    /// A diagnostic, to stderr.
    pub fn note(&self, text: &str) {
        self.progress.suspended(|| {
            let _ = writeln!(std::io::stderr().lock(), "{}", self.redactor.redact(text));
        });
    }

    /// What ended the run.
    pub fn error(&self, error: &anyhow::Error) {
        let label = console::style("error:").red().bold().for_stderr();
        self.note(&format!("{label} {error:#}"));
    }

    /// Does `work` under a line that says what is going on.
    pub fn step<T, E>(&self, what: &str, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.progress.step(&self.redactor.redact(what), work)
    }
}
