//! kubectl, where it is installed: it has the user's credentials and every way to log in. Nothing depends on it that Helm
//! can do.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Output;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::ClusterAddress;
use super::address::TOKEN;
use crate::environment::variable;
use crate::{log_lines, process};

/// The kubectl on the path, pointed at the cluster that Helm was pointed at.
#[derive(Debug, Clone)]
pub struct Kubectl {
    program: PathBuf,
    address: ClusterAddress,
}

/// How long one answer may take, where a call does not say how long it may: a server that takes a call and says nothing must not
/// hold up a run.
const PATIENCE: &str = "--request-timeout=10s";

impl Kubectl {
    /// Finds it, for a cluster.
    ///
    /// # Errors
    /// It is not installed, or cannot be given the same credentials as Helm.
    pub fn at(address: &ClusterAddress) -> Result<Self> {
        let program = which::which("kubectl").context("kubectl is not on the PATH: install it")?;
        // It would have to stand in kubectl's arguments, for everybody on this machine to read.
        if variable(TOKEN).is_some() {
            bail!(
                "kubectl cannot be given the token of --kube-token or {TOKEN} unseen: use a kubeconfig"
            );
        }
        Ok(Self {
            program,
            address: address.clone(),
        })
    }

    /// Runs it to its end and gives what it printed.
    ///
    /// # Errors
    /// It failed; the error tells the command.
    pub fn run(&self, arguments: &[&str]) -> Result<Vec<u8>> {
        self.finish(arguments, None)
    }

    /// The same, with something to read.
    ///
    /// # Errors
    /// It failed; the error tells the command.
    pub fn run_with(&self, arguments: &[&str], input: String) -> Result<Vec<u8>> {
        self.finish(arguments, Some(input))
    }

    /// The same, whatever comes of it.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn attempt(&self, arguments: &[&str], input: String) -> Result<Output> {
        self.ended(arguments, Some(input), None)
    }

    /// The same, but no longer than `patience` in all.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn attempt_within(
        &self,
        patience: Duration,
        arguments: &[&str],
        input: String,
    ) -> Result<Output> {
        self.ended(arguments, Some(input), Some(patience))
    }

    fn ended(
        &self,
        arguments: &[&str],
        input: Option<String>,
        patience: Option<Duration>,
    ) -> Result<Output> {
        let all = self.with_cluster(&bounded(arguments));
        let command = match input {
            Some(input) => process::command_reading(&self.program, &all, input),
            None => process::command(&self.program, &all),
        };
        let ended = process::bounded(&command, &self.shown(arguments), patience);
        let ended =
            ended.with_context(|| format!("{} could not be started", self.program.display()))?;
        Ok(ended.output)
    }

    fn finish(&self, arguments: &[&str], input: Option<String>) -> Result<Vec<u8>> {
        let output = self.ended(arguments, input, None)?;
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr);
            let said = log_lines::told(stderr.trim());
            bail!("{said}\ncommand: {}", self.shown(arguments));
        }
        Ok(output.stdout)
    }

    /// Runs it and gives what it tells of its requests and the answers' headers (`-v=8`).
    ///
    /// # Errors
    /// It cannot be started.
    pub fn trace(&self, arguments: &[&str]) -> Result<String> {
        let arguments = [arguments, &["-v=8", "--request-timeout=5s"]].concat();
        let all = self.with_cluster(&arguments);
        let command = process::command(&self.program, &all);
        let output = process::output(&command, &self.shown(&arguments))
            .with_context(|| format!("{} could not be started", self.program.display()))?;
        Ok(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// The names of all namespaces.
    ///
    /// # Errors
    /// The cluster does not answer in a few seconds, or refuses.
    pub fn namespaces(&self) -> Result<Vec<String>> {
        let printed = self.run(&["get", "namespaces", "-o", "name", "--request-timeout=5s"])?;
        Ok(namespaces_in(&printed))
    }

    /// Those of these namespaces that are there; `None` where the cluster does not tell.
    #[must_use]
    pub fn existing_namespaces(&self, names: &BTreeSet<&str>) -> Option<BTreeSet<String>> {
        let names: Vec<&str> = names.iter().copied().collect();
        let flags = ["--ignore-not-found", "-o", "name", "--request-timeout=5s"];
        let printed = self.run(&[&["get", "namespace"], names.as_slice(), &flags].concat());
        Some(namespaces_in(&printed.ok()?))
    }

    /// The command for a shell.
    #[must_use]
    pub fn shown(&self, arguments: &[&str]) -> String {
        self.address.kubectl_as_run(arguments)
    }

    fn with_cluster(&self, arguments: &[&str]) -> Vec<String> {
        let arguments = arguments.iter().map(|word| (*word).to_owned());
        arguments.chain(self.address.kubectl_flags()).collect()
    }
}

/// The words of a call that comes to an end. One that waits for something in the cluster says for how long.
fn bounded<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    let says =
        |word: &&str| word.starts_with("--request-timeout=") || word.starts_with("--timeout=");
    let patience = (!arguments.iter().any(says)).then_some(PATIENCE);
    arguments.iter().copied().chain(patience).collect()
}

/// The namespaces that kubectl prints with `-o name`.
fn namespaces_in<T: FromIterator<String>>(printed: &[u8]) -> T {
    let printed = String::from_utf8_lossy(printed);
    let names = printed
        .lines()
        .filter_map(|line| line.strip_prefix("namespace/"));
    names.map(str::to_owned).collect()
}
