//! The kubeconfig, as far as it says which cluster a context means.

use std::env;
use std::path::PathBuf;

use serde_yaml::Value;

/// All files as one, in their order of precedence, as client-go merges them: what comes first holds. Read leniently: helm and
/// kubectl have their own words for what is wrong with one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Kubeconfig {
    current_context: Option<String>,
    /// Name and cluster.
    contexts: Vec<(String, String)>,
    /// Name and user.
    users: Vec<(String, String)>,
    /// Name and namespace.
    namespaces: Vec<(String, String)>,
    /// Name and server.
    clusters: Vec<(String, String)>,
    /// Whether a file that is there could not be read, so that there may be more than is known.
    is_partial: bool,
}

impl Kubeconfig {
    /// Reads the files that `KUBECONFIG` names, else the user's own.
    pub(super) fn read(named: Option<&str>) -> Self {
        let files: Vec<PathBuf> = match named {
            Some(files) => env::split_paths(files).collect(),
            None => env::home_dir()
                .map(|home| home.join(".kube/config"))
                .into_iter()
                .collect(),
        };
        let mut all = Self::default();
        for file in files.iter().filter(|file| file.exists()) {
            match std::fs::read_to_string(file) {
                Ok(text) => all.add(&text),
                Err(_) => all.is_partial = true,
            }
        }
        all
    }

    fn add(&mut self, text: &str) {
        let Ok(config) = serde_yaml::from_str::<Value>(text) else {
            self.is_partial = true;
            return;
        };
        let named = |list: &str, of: &str, field: &str| -> Vec<(String, String)> {
            let items = config.get(list).and_then(Value::as_sequence);
            let items = items.into_iter().flatten();
            items
                .filter_map(|item| {
                    let name = item.get("name")?.as_str()?.to_owned();
                    let value = item.get(of).and_then(|inner| inner.get(field)?.as_str());
                    Some((name, value.unwrap_or_default().to_owned()))
                })
                .collect()
        };
        self.contexts
            .extend(named("contexts", "context", "cluster"));
        self.users.extend(named("contexts", "context", "user"));
        self.namespaces
            .extend(named("contexts", "context", "namespace"));
        self.clusters.extend(named("clusters", "cluster", "server"));
        if self.current_context.is_none() {
            let current = config.get("current-context").and_then(Value::as_str);
            let current = current.filter(|context| !context.is_empty());
            self.current_context = current.map(str::to_owned);
        }
    }

    /// The current context.
    pub(super) fn current_context(&self) -> Option<String> {
        self.current_context.clone()
    }

    /// The names of all contexts; `None` where there may be more.
    pub(super) fn contexts(&self) -> Option<Vec<&str>> {
        let names = self.contexts.iter().map(|(name, _)| name.as_str());
        (!self.is_partial).then(|| names.collect())
    }

    /// The user that a context acts as, by the name it has here.
    pub(super) fn user_of(&self, context: &str) -> Option<String> {
        find(&self.users, context).filter(|user| !user.is_empty())
    }

    /// The namespace of a context, as Helm takes it.
    pub(super) fn namespace_of(&self, context: &str) -> String {
        let own = find(&self.namespaces, context).filter(|own| !own.is_empty());
        own.unwrap_or_else(|| "default".to_owned())
    }

    /// The server that a context leads to.
    pub(super) fn server_of(&self, context: &str) -> Option<String> {
        let cluster = find(&self.contexts, context)?;
        let server = find(&self.clusters, &cluster).filter(|server| !server.is_empty())?;
        // It is shown, and a login in it is nobody's business.
        Some(match server.split_once("://") {
            Some((scheme, rest)) => {
                let (_, host) = rest.rsplit_once('@').unwrap_or(("", rest));
                format!("{scheme}://{host}")
            }
            None => server,
        })
    }
}

fn find(all: &[(String, String)], wanted: &str) -> Option<String> {
    let mut all = all.iter();
    let (_, found) = all.find(|(name, _)| name == wanted)?;
    Some(found.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(files: &[&str]) -> Kubeconfig {
        let mut all = Kubeconfig::default();
        for text in files {
            all.add(text);
        }
        all
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
            "contexts: [{name: blue, context: {cluster: b, user: u}}, {name: lost, context: null}]\nclusters: null",
            "clusters: [{name: b, cluster: {server: 'https://user:word@b:6443'}}]\ncontexts: [{name: blue, context: {cluster: other}}]",
        ]);
        assert_eq!(all.server_of("blue").as_deref(), Some("https://b:6443"));
        assert_eq!(all.server_of("lost"), None);
        assert_eq!(all.contexts().unwrap(), ["blue", "lost", "blue"]);
    }

    #[test]
    fn what_cannot_be_read_may_hold_more_contexts() {
        assert_eq!(merged(&["contexts: [{name: a}]", "a: ["]).contexts(), None);
    }
}
