//! Which cluster a run is about.

use std::env;
use std::path::PathBuf;

use serde::Deserialize;

use crate::environment::variable;

/// The variable in which Helm hands the context on, and in which it takes one.
const CONTEXT: &str = "HELM_KUBECONTEXT";

/// A cluster, and the namespace that holds where none is named: what Helm was told by its flags and its environment,
/// resolved once. Every helm and every kubectl of a run goes there, whatever becomes of the kubeconfig meanwhile.
///
/// What else Helm was told (server, user, groups, token, CA) is in the environment that both programs inherit, or is
/// handed to kubectl by [`Kubectl`](super::Kubectl).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClusterAddress {
    /// The kubeconfig file, where it is not the user's default one: without it a pasted command could reach another cluster.
    kubeconfig: Option<String>,
    /// The context that was named.
    named: Option<String>,
    /// The context that holds: the named one, else the kubeconfig's current one. `None` inside of a pod.
    context: Option<String>,
    namespace: String,
}

impl ClusterAddress {
    /// What Helm hands to its plugins: it resolves `-n`, `--kube-context` and `--kubeconfig` and puts them into the
    /// environment.
    #[must_use]
    pub fn from_environment() -> Self {
        let files = variable("KUBECONFIG");
        let named = variable(CONTEXT);
        Self {
            context: named
                .clone()
                .or_else(|| current_context(kubeconfigs(files.as_deref()))),
            named,
            // A list of files cannot have come from --kubeconfig: it is in the user's environment, and stays there.
            kubeconfig: files.filter(|files| env::split_paths(files).count() == 1),
            namespace: current_namespace(),
        }
    }

    /// The namespace that holds where none is named.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The flags that lead a pasted helm command to the same cluster.
    #[must_use]
    pub fn helm_flags(&self) -> Vec<String> {
        self.flags("--kube-context")
    }

    /// The flags that lead a pasted kubectl command to the same cluster.
    #[must_use]
    pub fn kubectl_flags(&self) -> Vec<String> {
        self.flags("--context")
    }

    fn flags(&self, context: &str) -> Vec<String> {
        let mut flags = Vec::new();
        for (flag, value) in [(context, &self.named), ("--kubeconfig", &self.kubeconfig)] {
            if let Some(value) = value {
                flags.extend([flag.to_owned(), value.clone()]);
            }
        }
        flags
    }

    /// The context that holds.
    pub(super) fn context(&self) -> Option<&str> {
        self.context.as_deref()
    }

    /// What every helm gets on top of the inherited environment: a variable and its value.
    pub(crate) fn helm_variable(&self) -> Option<(&'static str, &str)> {
        Some((CONTEXT, self.context.as_deref()?))
    }
}

/// The namespace that holds where none is named: Helm resolves `-n`, its environment and the kubeconfig, and hands the
/// result to its plugins.
#[must_use]
pub fn current_namespace() -> String {
    variable("HELM_NAMESPACE").unwrap_or_else(|| "default".to_owned())
}

/// The kubeconfig files that can be read, in their order of precedence, as client-go finds them. helm and kubectl have their
/// own words for the others.
fn kubeconfigs(named: Option<&str>) -> impl Iterator<Item = String> {
    let files: Vec<PathBuf> = match named {
        Some(files) => env::split_paths(files).collect(),
        None => env::home_dir()
            .map(|home| home.join(".kube/config"))
            .into_iter()
            .collect(),
    };
    files
        .into_iter()
        .filter_map(|file| std::fs::read_to_string(file).ok())
}

#[derive(Deserialize)]
struct Kubeconfig {
    #[serde(default, rename = "current-context")]
    current_context: String,
}

/// The current context: the first that a file names, as client-go merges them.
fn current_context(files: impl Iterator<Item = String>) -> Option<String> {
    files
        .filter_map(|text| serde_yaml::from_str::<Kubeconfig>(&text).ok())
        .map(|config| config.current_context)
        .find(|context| !context.is_empty())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The cluster of `-n NAMESPACE` and nothing else.
    pub(crate) fn in_namespace(namespace: &str) -> ClusterAddress {
        ClusterAddress {
            kubeconfig: None,
            named: None,
            context: None,
            namespace: namespace.to_owned(),
        }
    }

    /// The cluster of `--kube-context CONTEXT`.
    pub(crate) fn on_context(context: &str) -> ClusterAddress {
        ClusterAddress {
            named: Some(context.to_owned()),
            context: Some(context.to_owned()),
            ..in_namespace("default")
        }
    }

    #[test]
    fn the_first_file_that_names_a_context_wins() {
        let current = |files: &[&str]| current_context(files.iter().map(ToString::to_string));
        let silent = ["current-context: [", "current-context: ''", "kind: Config"];
        assert_eq!(current(&silent), None);
        let [broken, empty, _] = silent;
        let named = ["current-context: blue", "current-context: red"];
        assert_eq!(
            current(&[broken, empty, named[0], named[1]]).as_deref(),
            Some("blue")
        );
    }

    #[test]
    fn pasted_commands_name_what_was_named_and_processes_what_holds() {
        let address = ClusterAddress {
            kubeconfig: Some("/k".into()),
            context: Some("blue".into()),
            ..in_namespace("ml")
        };
        assert_eq!(address.helm_flags(), ["--kubeconfig", "/k"]);
        assert_eq!(address.helm_variable(), Some(("HELM_KUBECONTEXT", "blue")));
        let named = ClusterAddress {
            named: Some("blue".into()),
            ..address
        };
        assert_eq!(
            named.kubectl_flags(),
            ["--context", "blue", "--kubeconfig", "/k"]
        );
    }
}
