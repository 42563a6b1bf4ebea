//! The documented `helm upgrade -i`, word for word.

use std::path::PathBuf;
use std::time::Duration;

use super::list_flag::word_of;
use super::process::shown;
use super::{Helm, HelmArguments, HelmError, TargetId};
use crate::vendor::Component;

/// Where a component goes: all that its command names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coordinates {
    /// The component.
    pub component: Component,
    /// The release.
    pub id: TargetId,
    /// The chart reference.
    pub chart: String,
    /// The exact chart version.
    pub version: String,
    /// The values files, in the order that Helm merges them; one of them is edited.
    pub values: Vec<PathBuf>,
}

/// How Helm is to wait, in its own major version's words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rollout {
    /// Wait until pods are ready.
    pub wait: bool,
    /// How long to wait, as Helm writes durations (`5m0s`).
    pub timeout: Option<String>,
    /// Return to the previous revision when the upgrade fails; the flag's name differs between Helm's majors.
    pub rollback_flag: Option<&'static str>,
}

impl Rollout {
    /// The flag that rolls back on failure: renamed in Helm 4.
    #[must_use]
    pub fn rollback_flag(helm_major: u64) -> &'static str {
        if helm_major >= 4 {
            "--rollback-on-failure"
        } else {
            "--atomic"
        }
    }
}

/// One `helm upgrade -i`, shown and run from the same words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upgrade {
    argv: Vec<String>,
}

impl Upgrade {
    /// The documented command for a component, with the chart version pinned.
    #[must_use]
    pub fn new(at: &Coordinates, rollout: &Rollout, arguments: &HelmArguments) -> Self {
        let mut argv: Vec<String> = vec!["upgrade".into(), "-i".into()];
        let namespace = ["-n".to_owned(), at.id.namespace.clone()];
        let creates_namespace = at.component.creates_namespace();
        // The vendor writes the two commands in different orders; who compares them with the page finds each as it is there.
        if creates_namespace {
            argv.extend(namespace);
            argv.push(at.id.release.clone());
        } else {
            argv.push(at.id.release.clone());
            argv.extend(namespace);
        }
        argv.extend([at.chart.clone(), "--version".into(), at.version.clone()]);
        if creates_namespace {
            argv.push("--create-namespace".into());
        }
        for file in &at.values {
            argv.extend(["-f".into(), word_of(file)]);
        }
        argv.extend(at.id.cluster.helm_flags());
        argv.extend(rollout.wait.then(|| "--wait".to_owned()));
        if let Some(timeout) = &rollout.timeout {
            argv.extend(["--timeout".into(), timeout.clone()]);
        }
        argv.extend(rollout.rollback_flag.map(str::to_owned));
        argv.extend_from_slice(arguments.all());
        Self { argv }
    }

    /// Whether it makes the namespace where there is none.
    #[must_use]
    pub fn creates_namespace(&self) -> bool {
        // Of a flag that is given twice, the last counts.
        let mut words = self.argv.iter();
        let last = words.rfind(|word| word.split('=').next() == Some("--create-namespace"));
        // As Go's strconv.ParseBool takes it.
        let no = ["0", "f", "F", "false", "False", "FALSE"];
        let says_no = |word: &String| word.split_once('=').is_some_and(|(_, is)| no.contains(&is));
        last.is_some_and(|word| !says_no(word))
    }

    /// The command for a shell, secrets masked.
    #[must_use]
    pub fn shown(&self) -> String {
        shown(&self.argv)
    }
}

impl Helm {
    /// Runs the upgrade; each line of Helm's stdout is handed over as it comes. Returns Helm's stderr (its warnings). A helm that
    /// does not come back in `patience` is asked to end.
    ///
    /// # Errors
    /// Helm failed or was killed.
    pub fn upgrade(
        &self,
        upgrade: &Upgrade,
        patience: Option<Duration>,
        on_line: impl FnMut(&str),
    ) -> Result<String, HelmError> {
        self.stream(&upgrade.argv, patience, on_line)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::kube::tests::in_namespace;

    #[test]
    fn of_what_is_said_twice_of_the_namespace_the_last_counts() {
        let says = |words: &[&str]| {
            let argv = words.iter().map(|word| (*word).to_owned()).collect();
            Upgrade { argv }.creates_namespace()
        };
        assert!(says(&["--create-namespace"]) && !says(&["upgrade"]));
        assert!(!says(&["--create-namespace", "--create-namespace=false"]));
        assert!(!says(&["--create-namespace", "--create-namespace=0"]));
        assert!(says(&[
            "--create-namespace=false",
            "--create-namespace=true"
        ]));
    }

    pub(in crate::helm) fn at(component: Component) -> Coordinates {
        Coordinates {
            component,
            id: TargetId {
                cluster: in_namespace("ns"),
                namespace: "ns".into(),
                release: "r".into(),
            },
            chart: format!("clearml-enterprise/{}", component.documented().chart),
            version: "6.9.3".into(),
            values: vec![component.documented().override_file.into()],
        }
    }

    fn shown(at: &Coordinates) -> String {
        Upgrade::new(at, &Rollout::default(), &HelmArguments::default()).shown()
    }

    #[test]
    fn the_gateway_is_upgraded_as_documented() {
        assert_eq!(
            shown(&at(Component::Gateway)),
            "helm upgrade -i r -n ns clearml-enterprise/clearml-enterprise-app-gateway --version 6.9.3 \
             -f clearml-app-gateway-values.override.yaml"
        );
    }

    #[test]
    fn the_agent_is_upgraded_as_documented() {
        assert_eq!(
            shown(&at(Component::Agent)),
            "helm upgrade -i -n ns r clearml-enterprise/clearml-enterprise-agent --version 6.9.3 \
             --create-namespace -f clearml-agent-values.override.yaml"
        );
    }

    #[test]
    fn waiting_is_said_in_the_words_of_the_major_version() {
        assert_eq!(Rollout::rollback_flag(3), "--atomic");
        assert_eq!(Rollout::rollback_flag(4), "--rollback-on-failure");
    }

    #[test]
    fn names_that_a_shell_would_split_are_quoted() {
        let mut spaced = at(Component::Agent);
        spaced.values = vec!["my values.yaml".into()];
        assert!(shown(&spaced).ends_with("-f 'my values.yaml'"));
    }
}
