//! What a run needs to be told and was not: collected, so that it is said at once and not one by one.

use anyhow::Result;

use crate::exit::{ExitCode, Stop};

/// The answers that are missing, each with the flag that gives it.
#[derive(Debug)]
pub(super) struct Needs {
    missing: Vec<String>,
    /// Where somebody can be asked, an answer that is not given was refused, which ends the run at once.
    nobody_to_ask: bool,
}

impl Needs {
    /// None yet.
    pub(super) fn when(nobody_to_ask: bool) -> Self {
        Self {
            missing: Vec::new(),
            nobody_to_ask,
        }
    }

    /// Keeps a missing answer for later. Every other error ends the run.
    pub(super) fn keep<T>(&mut self, result: Result<T>) -> Result<Option<T>> {
        match result.map_err(anyhow::Error::downcast::<Stop>) {
            Ok(value) => Ok(Some(value)),
            Err(Ok(stop)) if stop.code == ExitCode::NoAnswer && self.nobody_to_ask => {
                self.missing.push(stop.message);
                Ok(None)
            }
            Err(Ok(stop)) => Err(stop.into()),
            Err(Err(other)) => Err(other),
        }
    }

    /// Whether everything is known.
    pub(super) fn are_met(&self) -> bool {
        self.missing.is_empty()
    }

    /// Adds what would be needed as well, if something is missing already.
    pub(super) fn add(&mut self, message: &str) {
        self.missing.push(message.to_owned());
    }

    /// The error that lists everything.
    pub(super) fn into_error(self) -> Stop {
        let listed: Vec<String> = self
            .missing
            .iter()
            .map(|one| format!("  - {}", one.replace('\n', "\n    ")))
            .collect();
        Stop::no_answer(format!(
            "nobody can be asked here, and still needed is:\n{}",
            listed.join("\n")
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_answers_are_listed_together_and_other_errors_end_the_run() {
        let mut needs = Needs::when(true);
        assert_eq!(needs.keep(Ok(1)).unwrap(), Some(1));
        assert!(needs.are_met());
        for what in ["which: --a", "who:\nhe\nor she: --b"] {
            let missing: Result<()> = Err(Stop::no_answer(what).into());
            assert_eq!(needs.keep(missing).unwrap(), None);
        }
        let refused: Result<()> = Err(Stop::refused("no").into());
        assert!(needs.keep(refused).is_err());
        let declined: Result<()> = Err(Stop::no_answer("it was declined").into());
        assert!(Needs::when(false).keep(declined).is_err());
        assert!(needs.keep::<()>(Err(anyhow::anyhow!("broken"))).is_err());
        let error = needs.into_error();
        assert_eq!(error.code, ExitCode::NoAnswer);
        assert!(
            error
                .message
                .ends_with("  - which: --a\n  - who:\n    he\n    or she: --b")
        );
    }
}
