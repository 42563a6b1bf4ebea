//! The kubeconfig, as far as it says which cluster a context means.

use std::env;
use std::path::PathBuf;

use serde::Deserialize;

/// All files as one, in their order of precedence, as client-go merges them: what comes first holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Kubeconfig {
    #[serde(default, rename = "current-context")]
    current_context: String,
    #[serde(default)]
    contexts: Vec<Context>,
    #[serde(default)]
    clusters: Vec<Cluster>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Context {
    name: String,
    #[serde(default)]
    context: ContextValue,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
struct ContextValue {
    #[serde(default)]
    cluster: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Cluster {
    name: String,
    #[serde(default)]
    cluster: ClusterValue,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
struct ClusterValue {
    #[serde(default)]
    server: String,
}

impl Kubeconfig {
    /// Reads the files that `KUBECONFIG` names, else the user's own. helm and kubectl have their own words for what cannot be
    /// read.
    pub(super) fn read(named: Option<&str>) -> Self {
        let files: Vec<PathBuf> = match named {
            Some(files) => env::split_paths(files).collect(),
            None => env::home_dir()
                .map(|home| home.join(".kube/config"))
                .into_iter()
                .collect(),
        };
        let texts = files
            .into_iter()
            .filter_map(|file| std::fs::read_to_string(file).ok());
        Self::merged(texts)
    }

    fn merged(texts: impl Iterator<Item = String>) -> Self {
        let files = texts.filter_map(|text| serde_yaml::from_str::<Self>(&text).ok());
        files.fold(Self::default(), |mut all, one| {
            if all.current_context.is_empty() {
                all.current_context = one.current_context;
            }
            all.contexts.extend(one.contexts);
            all.clusters.extend(one.clusters);
            all
        })
    }

    /// The current context.
    pub(super) fn current_context(&self) -> Option<String> {
        Some(self.current_context.clone()).filter(|context| !context.is_empty())
    }

    /// The names of all contexts.
    pub(super) fn contexts(&self) -> impl Iterator<Item = &str> {
        self.contexts.iter().map(|context| context.name.as_str())
    }

    /// The server that a context leads to.
    pub(super) fn server_of(&self, context: &str) -> Option<String> {
        let context = self.contexts.iter().find(|one| one.name == context)?;
        let mut clusters = self.clusters.iter();
        let cluster = clusters.find(|one| one.name == context.context.cluster)?;
        Some(cluster.cluster.server.clone()).filter(|server| !server.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(files: &[&str]) -> Kubeconfig {
        Kubeconfig::merged(files.iter().map(ToString::to_string))
    }

    #[test]
    fn the_first_file_that_names_a_context_wins() {
        let silent = ["current-context: [", "current-context: ''", "kind: Config"];
        assert_eq!(merged(&silent).current_context(), None);
        let [broken, empty, _] = silent;
        let named = ["current-context: blue", "current-context: red"];
        let all = merged(&[broken, empty, named[0], named[1]]);
        assert_eq!(all.current_context().as_deref(), Some("blue"));
    }

    #[test]
    fn a_context_leads_to_a_server_wherever_the_cluster_is_described() {
        let all = merged(&[
            "contexts: [{name: blue, context: {cluster: b, user: u}}, {name: lost, context: {cluster: x}}]",
            "clusters: [{name: b, cluster: {server: 'https://b:6443'}}]\ncontexts: [{name: blue, context: {cluster: other}}]",
        ]);
        assert_eq!(all.server_of("blue").as_deref(), Some("https://b:6443"));
        assert_eq!(all.server_of("lost"), None);
        assert_eq!(all.contexts().collect::<Vec<_>>(), ["blue", "lost", "blue"]);
    }
}
