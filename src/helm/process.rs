//! Running helm.

use std::io;
use std::process::Output;
use std::time::Duration;

use super::arguments::masked;
use super::{Ending, Helm, HelmError};
use crate::log_lines;
use crate::process::{self, Ended};

/// What helm does without a cluster.
const CLUSTERLESS: [&str; 5] = ["pull", "show", "version", "env", "search"];

/// What only asks a cluster. How long a chart takes to be fetched or rendered nobody knows.
const QUESTIONS: [&str; 4] = ["list", "status", "history", "get"];

/// How long helm may take for an answer: time for somebody to log in, who is asked to by the kubeconfig's own program.
const PATIENCE: Duration = Duration::from_secs(120);

impl Ended {
    /// Says `what` where helm was ended.
    fn tell(&mut self, what: &str, patience: Option<Duration>) {
        if let (true, Some(patience)) = (self.was_cut, patience) {
            let why = format!("\n{what} in {} s; helm was ended", patience.as_secs());
            self.output.stderr.extend(why.into_bytes());
        }
    }
}

impl Helm {
    /// Runs helm to its end and returns what it printed.
    pub(super) fn read<S: AsRef<str>>(&self, argv: &[S]) -> Result<String, HelmError> {
        self.read_with(argv, None)
    }

    /// The same, with something for it to read.
    pub(super) fn read_with<S: AsRef<str>>(
        &self,
        argv: &[S],
        input: Option<&str>,
    ) -> Result<String, HelmError> {
        let command = match input {
            Some(input) => process::command_reading(&self.program, argv, input.to_owned()),
            None => process::command(&self.program, argv),
        };
        let asks_only = argv
            .first()
            .is_some_and(|verb| QUESTIONS.contains(&verb.as_ref()));
        let patience = asks_only.then_some(PATIENCE);
        let mut output = process::bounded(&self.on_cluster(&command), &self.shown(argv), patience);
        if let Ok(ended) = &mut output {
            ended.tell("Kubernetes cluster unreachable: no answer", patience);
        }
        let output = self.succeeded(argv, output.map(|ended| ended.output))?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs helm to its end, hands over each line of its stdout as it comes, and returns its stderr.
    pub(super) fn stream<S: AsRef<str>>(
        &self,
        argv: &[S],
        patience: Option<Duration>,
        on_line: impl FnMut(&str),
    ) -> Result<String, HelmError> {
        let command = self.on_cluster(&process::command(&self.program, argv));
        let mut output = process::stream(&command, &self.shown(argv), patience, on_line);
        if let Ok(ended) = &mut output {
            ended.tell("helm did not come back", patience);
        }
        let output = self.succeeded(argv, output.map(|ended| ended.output))?;
        Ok(log_lines::told(&String::from_utf8_lossy(&output.stderr)))
    }

    /// The command as it can be pasted into any shell, secrets masked.
    pub(super) fn shown<S: AsRef<str>>(&self, argv: &[S]) -> String {
        let mut words: Vec<&str> = argv.iter().map(AsRef::as_ref).collect();
        let flags = self.cluster.helm_flags();
        let asks_cluster = words
            .first()
            .is_some_and(|verb| !CLUSTERLESS.contains(verb));
        // The upgrade names its cluster itself.
        if asks_cluster && !flags.iter().all(|flag| words.contains(&flag.as_str())) {
            words.extend(flags.iter().map(String::as_str));
        }
        shown(&words)
    }

    fn on_cluster(&self, command: &duct::Expression) -> duct::Expression {
        // With `--debug`, helm 3 would end every error with the places of its own code where it arose.
        let command = command.env_remove("HELM_DEBUG");
        match self.cluster.helm_variable() {
            Some((name, value)) => command.env(name, value),
            None => command,
        }
    }

    fn succeeded<S: AsRef<str>>(
        &self,
        argv: &[S],
        output: io::Result<Output>,
    ) -> Result<Output, HelmError> {
        let failed = |ending, message: &str| HelmError::new(self.shown(argv), ending, message);
        match output {
            Ok(output) if output.status.success() => Ok(output),
            Ok(output) => {
                let stderr = String::from_utf8_lossy(&output.stderr);
                Err(failed(output.status.into(), &stderr))
            }
            Err(error) => {
                let message = format!("{}: {error}", self.program.display());
                Err(failed(Ending::NotStarted, &message))
            }
        }
    }
}

/// The command, secrets masked.
pub(super) fn shown<S: AsRef<str>>(argv: &[S]) -> String {
    let words: Vec<String> = argv.iter().map(|word| word.as_ref().to_owned()).collect();
    format!("helm {}", shell_words::join(masked(&words)))
}
