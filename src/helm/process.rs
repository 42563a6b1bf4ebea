//! Running helm.

use std::io::{BufRead as _, BufReader};

use super::arguments::masked;
use super::{Ending, Helm, HelmError};
use crate::process;

impl Helm {
    /// Runs helm to its end and returns what it printed.
    pub(super) fn read<S: AsRef<str>>(&self, argv: &[S]) -> Result<String, HelmError> {
        let output = self
            .expression(argv)
            .stdin_null()
            .stdout_capture()
            .stderr_capture()
            .unchecked()
            .run()
            .map_err(|e| self.not_started(argv, &e))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            let stderr = String::from_utf8_lossy(&output.stderr);
            Err(HelmError::new(shown(argv), output.status.into(), &stderr))
        }
    }

    /// Runs helm to its end, hands over each line of its stdout as it comes, and returns its stderr.
    pub(super) fn stream<S: AsRef<str>>(
        &self,
        argv: &[S],
        mut on_line: impl FnMut(&str),
    ) -> Result<String, HelmError> {
        let failed = |e: std::io::Error| self.not_started(argv, &e);
        let reader = self
            .expression(argv)
            .stdin_null()
            .stderr_capture()
            .unchecked()
            .reader()
            .map_err(failed)?;
        for line in BufReader::new(&reader).split(b'\n') {
            on_line(String::from_utf8_lossy(&line.map_err(failed)?).trim_end());
        }
        // The pipe's end means that helm closed its stdout, and `split` read on until duct had its exit status.
        let output = reader.try_wait().map_err(failed)?.ok_or_else(|| {
            HelmError::new(shown(argv), Ending::NotStarted, "it left no exit status")
        })?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            Ok(stderr.into_owned())
        } else {
            Err(HelmError::new(shown(argv), output.status.into(), &stderr))
        }
    }

    fn expression<S: AsRef<str>>(&self, argv: &[S]) -> duct::Expression {
        process::command(&self.program, argv)
    }

    fn not_started<S: AsRef<str>>(&self, argv: &[S], error: &std::io::Error) -> HelmError {
        let message = format!("{}: {error}", self.program.display());
        HelmError::new(shown(argv), Ending::NotStarted, &message)
    }
}

/// The command as it can be pasted into a shell, secrets masked.
pub(super) fn shown<S: AsRef<str>>(argv: &[S]) -> String {
    let words: Vec<String> = argv.iter().map(|a| a.as_ref().to_owned()).collect();
    format!("helm {}", shell_words::join(masked(&words)))
}
