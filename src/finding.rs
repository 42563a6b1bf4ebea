//! Findings: what a user should know before anything is deployed, each with a stable code.

mod code;

use std::fmt;

use serde::Serialize;

pub use code::{Explained, Ignorable, explain, register};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing to do.
    Note,
    /// Likely to surprise later; the run goes on.
    Warning,
    /// The run is refused (exit code 3).
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One observation about the given certificates, an override file, a chart or a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Stable kebab-case code, safe to match on in scripts.
    pub code: &'static str,
    /// What is so, and where: file and line, certificate subject, or value path.
    pub message: String,
    /// What to do or type next.
    pub hint: Option<String>,
}

impl Finding {
    /// A finding of severity [`Severity::Error`].
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// A finding of severity [`Severity::Warning`].
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// A finding of severity [`Severity::Note`].
    pub fn note(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, message)
    }

    /// A finding of a severity that depends.
    pub fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity,
            code,
            message: message.into(),
            hint: None,
        }
    }

    /// The same, as a warning if it is an error.
    #[must_use]
    pub fn at_most_warning(mut self) -> Self {
        self.severity = self.severity.min(Severity::Warning);
        self
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Whether any of `findings` refuses the run.
#[must_use]
pub fn refuses(findings: &[Finding]) -> bool {
    findings.iter().any(|f| f.severity == Severity::Error)
}

/// Whether any of `findings` refuses the run whatever is ignored.
#[must_use]
pub fn refuses_for_good(findings: &[Finding]) -> bool {
    let is_final =
        |finding: &Finding| finding.severity == Severity::Error && code::is_final(finding.code);
    findings.iter().any(is_final)
}

/// Lets the errors that the user named pass, as warnings.
pub fn ignore(findings: &mut [Finding], ignored: &[Ignorable]) {
    for finding in findings {
        if finding.severity == Severity::Error && ignored.iter().any(|one| one.is(finding.code)) {
            finding.severity = Severity::Warning;
            finding
                .message
                .push_str(" (an error, let pass by --ignore)");
        }
    }
}
