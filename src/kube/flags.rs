//! The flags that say which cluster, and who acts there: as Helm hands them to its plugins, and what helm and kubectl call them.

use crate::environment::variable;

/// A program that is led to a cluster by flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// `helm`
    Helm,
    /// `kubectl`
    Kubectl,
}

/// What each program calls a flag.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Names {
    helm: &'static str,
    kubectl: &'static str,
    takes_value: bool,
}

pub(super) const CONTEXT: Names = Names::new("--kube-context", "--context");
pub(super) const KUBECONFIG: Names = Names::new("--kubeconfig", "--kubeconfig");
const GROUP: Names = Names::new("--kube-as-group", "--as-group");
const SKIP_VERIFY: Names = Names {
    takes_value: false,
    ..Names::new(
        "--kube-insecure-skip-tls-verify",
        "--insecure-skip-tls-verify",
    )
};

/// The others, with the variables in which Helm hands them over. A token is not among them: no command line shows one.
const OTHERS: [(&str, Names); 6] = [
    (
        "HELM_KUBEAPISERVER",
        Names::new("--kube-apiserver", "--server"),
    ),
    ("HELM_KUBEASUSER", Names::new("--kube-as-user", "--as")),
    ("HELM_KUBEASGROUPS", GROUP),
    (
        "HELM_KUBECAFILE",
        Names::new("--kube-ca-file", "--certificate-authority"),
    ),
    (
        "HELM_KUBETLS_SERVER_NAME",
        Names::new("--kube-tls-server-name", "--tls-server-name"),
    ),
    ("HELM_KUBEINSECURE_SKIP_TLS_VERIFY", SKIP_VERIFY),
];

impl Names {
    const fn new(helm: &'static str, kubectl: &'static str) -> Self {
        Self {
            helm,
            kubectl,
            takes_value: true,
        }
    }

    const fn of(&self, program: Program) -> &'static str {
        match program {
            Program::Helm => self.helm,
            Program::Kubectl => self.kubectl,
        }
    }

    /// The words of a command line.
    pub(super) fn words(&self, program: Program, value: &str) -> Vec<String> {
        let value = self.takes_value.then(|| value.to_owned());
        let flag = self.of(program).to_owned();
        std::iter::once(flag).chain(value).collect()
    }
}

/// What Helm was told besides context and kubeconfig.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Told(Vec<(&'static Names, String)>);

impl Told {
    pub(super) fn from_environment() -> Self {
        let told = OTHERS.iter().flat_map(|(name, names)| {
            let given = variable(name).unwrap_or_default();
            // Helm hands the groups over as a list, and says of a switch whether it is on; everything else is one word, whatever
            // is in it.
            let values: Vec<&str> = match *names {
                GROUP => given.split(',').collect(),
                SKIP_VERIFY if given != "true" => Vec::new(),
                _ => vec![given.as_str()],
            };
            let values = values.into_iter().filter(|value| !value.is_empty());
            let values = values.map(|value| (names, value.to_owned()));
            values.collect::<Vec<_>>()
        });
        Self(told.collect())
    }

    pub(super) fn words(&self, program: Program) -> impl Iterator<Item = String> {
        let words = move |(names, value): &(&Names, String)| names.words(program, value);
        self.0.iter().flat_map(words)
    }
}

/// The words of a shown helm command that lead to its cluster, as another call of `program` takes them.
#[must_use]
pub fn flags_within(words: &[String], program: Program) -> Vec<String> {
    let others = OTHERS.iter().map(|(_, names)| names);
    let all: Vec<&Names> = [&CONTEXT, &KUBECONFIG].into_iter().chain(others).collect();
    let found = words.iter().enumerate().filter_map(|(index, word)| {
        let names = all.iter().find(|names| names.helm == word)?;
        let value = words.get(index + 1).map_or("", String::as_str);
        Some(names.words(program, value))
    });
    found.flatten().collect()
}
