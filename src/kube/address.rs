//! Which cluster a run is about.

use std::collections::BTreeSet;
use std::env;
use std::fmt;

use super::flags::{self, Program, Told};
use super::kubeconfig::Kubeconfig;
use crate::environment::variable;
use crate::exit::Stop;
use crate::nearest::nearest;

/// The variable in which Helm hands the context on, and in which it takes one.
const CONTEXT: &str = "HELM_KUBECONTEXT";

/// The variable in which it hands on a server that beats the context's.
const SERVER: &str = "HELM_KUBEAPISERVER";

/// Helm's token (`--kube-token`).
pub(super) const TOKEN: &str = "HELM_KUBETOKEN";

/// A cluster, and the namespace that holds where none is named: what Helm was told by its flags and its environment,
/// resolved once. Every helm and every kubectl of a run goes there, whatever becomes of the kubeconfig meanwhile.
///
/// What else Helm was told (server, user, groups, CA, token) is in the environment that helm inherits; [`Kubectl`](super::Kubectl)
/// hands it to kubectl, and every command that is shown says it, but for the token.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClusterAddress {
    /// The kubeconfig file, where it is not the user's default one: without it a pasted command could reach another cluster.
    kubeconfig: Option<String>,
    /// The context that was named.
    named: Option<String>,
    /// The context that holds: the named one, else the kubeconfig's current one. `None` inside of a pod.
    context: Option<String>,
    /// The address of its API server, where that can be told without asking anybody.
    server: Option<String>,
    /// Who is acting, by the kubeconfig's name for it.
    user: Option<String>,
    namespace: String,
    told: Told,
}

impl ClusterAddress {
    /// What Helm hands to its plugins: it resolves `-n`, `--kube-context` and `--kubeconfig` and puts them into the
    /// environment.
    #[must_use]
    pub fn from_environment() -> Self {
        Self::resolved(None)
    }

    /// The same, where the context is known already.
    fn resolved(context: Option<&String>) -> Self {
        let files = variable("KUBECONFIG");
        let named = variable(CONTEXT);
        let config = Kubeconfig::read(files.as_deref());
        let context = context.or(named.as_ref()).cloned();
        let context = context.or_else(|| config.current_context());
        Self {
            server: variable(SERVER).or_else(|| config.server_of(context.as_deref()?)),
            user: context
                .as_deref()
                .and_then(|context| config.user_of(context)),
            context,
            named,
            // A list of files cannot have come from --kubeconfig: it is in the user's environment, and stays there.
            kubeconfig: files.filter(|files| env::split_paths(files).count() == 1),
            namespace: current_namespace(),
            told: Told::from_environment(),
        }
    }

    /// Refuses a context that was named and does not exist: what helm says of it looks like a cluster that is down.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn check(&self) -> Result<(), Stop> {
        let Some(named) = &self.named else {
            return Ok(());
        };
        exists(named, &Kubeconfig::read(variable("KUBECONFIG").as_deref()))
    }

    /// The clusters of several contexts, each once, in the order given; `None` for all that the kubeconfig has. The namespace
    /// and everything else that Helm was told hold for each.
    ///
    /// # Errors
    /// There is no such context, or none at all, or Helm was told a server that would be the same for every one.
    pub fn of_contexts(&self, names: Option<&[String]>) -> Result<Vec<Self>, Stop> {
        if variable(SERVER).is_some() {
            return Err(Stop::usage(format!(
                "--kube-apiserver (or {SERVER}) leads every context to the same server: leave it out, or the contexts"
            )));
        }
        let config = Kubeconfig::read(variable("KUBECONFIG").as_deref());
        let all: Vec<String> = match names {
            Some(names) => names.to_vec(),
            None => {
                let all = config.contexts().ok_or_else(|| {
                    Stop::usage("the kubeconfig cannot be read whole, so not every context of it is known: name them with --contexts")
                })?;
                all.into_iter().map(str::to_owned).collect()
            }
        };
        let mut clusters: Vec<Self> = Vec::new();
        for name in all {
            exists(&name, &config)?;
            let cluster = Self {
                server: config.server_of(&name),
                user: config.user_of(&name),
                named: Some(name.clone()),
                context: Some(name),
                ..self.clone()
            };
            if !clusters.contains(&cluster) {
                clusters.push(cluster);
            }
        }
        if clusters.is_empty() {
            return Err(Stop::usage("the kubeconfig has no context at all"));
        }
        Self::share_no_token(clusters.iter())?;
        Ok(clusters)
    }

    /// Refuses a token of Helm's where there are several clusters that it would be shown to.
    ///
    /// # Errors
    /// There is one, and there are.
    pub fn share_no_token<'a>(clusters: impl Iterator<Item = &'a Self>) -> Result<(), Stop> {
        let servers: BTreeSet<&str> = clusters.map(Self::server_or_name).collect();
        if servers.len() > 1 && variable(TOKEN).is_some() {
            return Err(Stop::usage(format!(
                "--kube-token (or {TOKEN}) would be shown to {} servers: leave it out, and let each context log in by itself",
                servers.len()
            )));
        }
        Ok(())
    }

    /// The same with the namespace that its context has, unless one was named: Helm hands on the one that holds, and it was named
    /// where that is not the one of this address' context.
    #[must_use]
    pub fn in_its_own_namespace(self, here: &Self) -> Self {
        let config = Kubeconfig::read(variable("KUBECONFIG").as_deref());
        let own = self.context().map(|name| config.namespace_of(name));
        match own {
            Some(own) if here.named_namespace().is_none() => Self {
                namespace: own,
                ..self
            },
            _ => self,
        }
    }

    /// The cluster of a context that need not be known here: nobody is asked there.
    #[must_use]
    pub fn on(&self, context: &str) -> Self {
        Self {
            server: None,
            user: None,
            named: Some(context.to_owned()),
            context: Some(context.to_owned()),
            ..self.clone()
        }
    }

    /// What tells its cluster from others: two contexts may lead to one server.
    #[must_use]
    pub fn server_or_name(&self) -> &str {
        self.server().unwrap_or(self.name())
    }

    /// The cluster that it leads to for sure: behind a proxy such as Teleport's, who asks decides which one answers.
    #[must_use]
    pub fn leads_to(&self) -> (String, Option<String>) {
        (self.server_or_name().to_owned(), self.user.clone())
    }

    /// The context that was named, where one was.
    #[must_use]
    pub fn named_context(&self) -> Option<&str> {
        self.named.as_deref()
    }

    /// This cluster, or those of the contexts that were named, or of every context of the kubeconfig.
    ///
    /// # Errors
    /// As [`Self::of_contexts`].
    pub fn or_of_contexts(&self, names: &[String], all: bool) -> Result<Vec<Self>, Stop> {
        match (names, all) {
            ([], false) => Ok(vec![self.clone()]),
            ([], true) => self.of_contexts(None),
            (names, _) => self.of_contexts(Some(names)),
        }
    }

    /// Several clusters in a sentence, each once: the only one whole, more by their names. Nothing where there is none.
    #[must_use]
    pub fn in_words<'a>(clusters: impl Iterator<Item = &'a Self>) -> Option<String> {
        let clusters: BTreeSet<&Self> = clusters.collect();
        let clusters: Vec<&Self> = clusters.into_iter().collect();
        match clusters.as_slice() {
            [] => None,
            [only] => Some(only.to_string()),
            several => {
                let names: Vec<&str> = several.iter().map(|one| one.name()).collect();
                Some(format!("{} clusters: {}", names.len(), names.join(", ")))
            }
        }
    }

    /// What people call it: its context, else its server's address.
    #[must_use]
    pub fn name(&self) -> &str {
        let known = self.context.as_deref().or(self.server.as_deref());
        known.unwrap_or("in-cluster")
    }

    /// The address of its API server, where that can be told without asking anybody.
    #[must_use]
    pub fn server(&self) -> Option<&str> {
        self.server.as_deref()
    }

    /// Refuses where the kubeconfig has changed since, so that the context leads elsewhere, or acts as somebody else.
    ///
    /// # Errors
    /// It does; what it was and what it is.
    pub fn is_as_it_was(&self) -> Result<(), Stop> {
        // Every call names the context that held at the start, whichever is the current one by now.
        let now = Self::resolved(self.context.as_ref());
        if (&now.context, &now.server, &now.user) == (&self.context, &self.server, &self.user) {
            return Ok(());
        }
        Err(Stop::refused(format!(
            "the kubeconfig has changed since this was shown: {self} is {now} now{}; nothing was done. Run the command again",
            if now.server == self.server && now.user != self.user {
                ", with another user"
            } else {
                ""
            }
        )))
    }

    /// Whether it is known which cluster it is, without asking helm.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.context.is_some() || self.server.is_some()
    }

    /// The namespace that holds where none is named.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// A command of helm's that leads to this cluster from any shell.
    #[must_use]
    pub fn helm(&self, words: &[&str]) -> String {
        pasted("helm", words, self.flags(Program::Helm))
    }

    /// The same of ours, for targets that a file lists: those without a namespace of their own are in the one that was named.
    #[must_use]
    pub fn ours(&self, words: &[&str]) -> String {
        let namespace = self.named_namespace().map(|named| ["-n", named]);
        let namespace = namespace.as_ref().map_or(&[][..], <[_; 2]>::as_slice);
        self.helm(&[&["clearml-certs"], words, namespace].concat())
    }

    /// The namespace, where it was named: Helm hands on the one that holds, and that was named where it is not the context's own.
    fn named_namespace(&self) -> Option<&str> {
        let config = Kubeconfig::read(variable("KUBECONFIG").as_deref());
        let own = self.context().map(|name| config.namespace_of(name));
        (own.as_ref() != Some(&self.namespace)).then_some(&self.namespace)
    }

    /// The same of kubectl's, which need not be installed here.
    #[must_use]
    pub fn kubectl(&self, words: &[&str]) -> String {
        self.as_kubectl("kubectl", words)
    }

    /// The same of a program that takes kubectl's flags, as flux does.
    #[must_use]
    pub fn as_kubectl(&self, program: &str, words: &[&str]) -> String {
        pasted(program, words, self.flags(Program::Kubectl))
    }

    /// The command that replaces a workload's pods.
    #[must_use]
    pub fn restart(&self, namespace: &str, workload: &str) -> String {
        self.kubectl(&["rollout", "restart", workload, "-n", namespace])
    }

    /// The flags that lead a pasted helm command to the same cluster.
    #[must_use]
    pub fn helm_flags(&self) -> Vec<String> {
        self.flags(Program::Helm)
    }

    fn flags(&self, program: Program) -> Vec<String> {
        let context = self.named.as_deref();
        self.flags_with(program, context, self.kubeconfig.as_deref())
    }

    /// What a kubectl of ours is told on top of the kubeconfig in its environment.
    pub(super) fn kubectl_flags(&self) -> Vec<String> {
        self.flags_with(Program::Kubectl, self.context(), None)
    }

    /// A command that one of ours ran, as it can be pasted into any shell.
    pub(super) fn kubectl_as_run(&self, words: &[&str]) -> String {
        let kubeconfig = self.kubeconfig.as_deref();
        let flags = self.flags_with(Program::Kubectl, self.context(), kubeconfig);
        pasted("kubectl", words, flags)
    }

    fn flags_with(
        &self,
        program: Program,
        context: Option<&str>,
        kubeconfig: Option<&str>,
    ) -> Vec<String> {
        let named = [(flags::CONTEXT, context), (flags::KUBECONFIG, kubeconfig)];
        let named = named
            .into_iter()
            .filter_map(|(names, value)| Some(names.words(program, value?)));
        named.flatten().chain(self.told.words(program)).collect()
    }

    fn context(&self) -> Option<&str> {
        self.context.as_deref()
    }

    /// What every helm gets on top of the inherited environment: a variable and its value.
    pub(crate) fn helm_variable(&self) -> Option<(&'static str, &str)> {
        Some((CONTEXT, self.context.as_deref()?))
    }
}

fn pasted(program: &str, words: &[&str], flags: Vec<String>) -> String {
    let words = words.iter().map(|word| (*word).to_owned());
    format!("{program} {}", shell_words::join(words.chain(flags)))
}

/// Refuses a context that the kubeconfig is known not to have.
fn exists(named: &str, config: &Kubeconfig) -> Result<(), Stop> {
    let Some(mut contexts) = config.contexts() else {
        return Ok(());
    };
    contexts.sort_unstable();
    contexts.dedup();
    if contexts.contains(&named) {
        return Ok(());
    }
    let there_are = match (
        nearest(named, contexts.iter().copied()),
        contexts.as_slice(),
    ) {
        (Some(near), _) => format!("did you mean {near}?"),
        (None, []) => "the kubeconfig has none at all".to_owned(),
        (None, all) => format!("there are {}", all.join(", ")),
    };
    Err(Stop::usage(format!(
        "there is no context {named} in the kubeconfig; {there_are}"
    )))
}

impl fmt::Display for ClusterAddress {
    /// `context blue (https://blue:6443)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.context, &self.server) {
            (Some(context), Some(server)) => write!(f, "context {context} ({server})"),
            (Some(context), None) => write!(f, "context {context}"),
            (None, Some(server)) => write!(f, "the cluster {server}"),
            (None, None) => f.write_str("the cluster that helm finds by itself"),
        }
    }
}

/// The namespace that holds where none is named: Helm resolves `-n`, its environment and the kubeconfig, and hands the
/// result to its plugins.
#[must_use]
pub fn current_namespace() -> String {
    variable("HELM_NAMESPACE").unwrap_or_else(|| "default".to_owned())
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
            server: None,
            user: None,
            namespace: namespace.to_owned(),
            told: Told::default(),
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
            named.restart("ml", "deployment/glue"),
            "kubectl rollout restart deployment/glue -n ml --context blue --kubeconfig /k"
        );
    }
}
