//! What to type next after a failed helm call: helm's own message tells what went wrong, seldom what to do.
//!
//! The signs are what helm 3.17.2 and 4.3.1 print when a registry, a repository or a cluster answers so.

use std::path::Path;

use crate::kube::{Program, flags_within};
use crate::nearest::nearest_file;

/// The registry of the vendor's charts, and the user name that its documentation gives.
const VENDOR: (&str, &str) = ("docker.io", "allegroaienterprise");

/// One way in which helm calls fail.
struct Symptom {
    /// Each is a sign by itself; all its parts stand in helm's message, in lower case.
    signs: &'static [&'static [&'static str]],
    advice: fn(&Call<'_>) -> String,
}

/// What any call can meet. The first that fits is told, so the narrower ones come first.
const ANY_CALL: &[Symptom] = &[
    Symptom {
        signs: &[
            &["cluster unreachable"],
            &["no configuration has been provided"],
        ],
        advice: |call| {
            format!(
                "check the context with `kubectl cluster-info{}`, or name it with --kube-context or --kubeconfig",
                call.cluster_for_kubectl()
            )
        },
    },
    Symptom {
        signs: &[&["another operation (install/upgrade/rollback) is in progress"]],
        advice: |call| {
            format!(
                "another helm is at work, or an earlier one was killed: `helm history RELEASE{}` shows the last good revision, `helm rollback` returns to it",
                call.place()
            )
        },
    },
    Symptom {
        signs: &[&["exists and cannot be imported into the current release"]],
        advice: |call| {
            format!(
                "somebody made that object, by hand or with another release: `kubectl delete` it{}, or add `-- --take-ownership`, which makes it a part of this one",
                call.place_for_kubectl()
            )
        },
    },
    Symptom {
        signs: &[&["apply failed with", "conflict"]],
        advice: |_| {
            "somebody changed that field in the cluster (the words before `using` tell with what): add `-- --force-conflicts`, with which helm overwrites it, or have the values say the same".into()
        },
    },
    Symptom {
        signs: &[&["namespaces \"", "not found"]],
        advice: |call| {
            format!(
                "there is no such namespace: `kubectl create namespace NAME{}`, or add `-- --create-namespace`",
                call.cluster_for_kubectl()
            )
        },
    },
    Symptom {
        signs: &[&["unknown flag"], &["unknown shorthand flag"]],
        advice: |_| {
            "this helm does not know the flag: take it out if it is one of yours, else install Helm 3.17 or newer".into()
        },
    },
    Symptom {
        signs: &[&["too long: may not be more than 1048576 bytes"]],
        advice: |_| {
            "the release no longer fits into one Secret: bring fewer certificates, or append them (--mode append) instead of replacing the whole bundle".into()
        },
    },
    Symptom {
        signs: &[
            &["failed", "context deadline exceeded"],
            &["timed out waiting for the condition"],
        ],
        advice: |call| {
            format!(
                "the pods did not become ready in time: `kubectl get pods{0}` and `kubectl describe pods{0}` tell why; --timeout gives them longer",
                call.place_for_kubectl()
            )
        },
    },
    // Kubernetes names the user, the verb and the resource; a registry only says "forbidden".
    Symptom {
        signs: &[
            &["is forbidden", "cannot"],
            &["is forbidden", "attempting to grant"],
        ],
        advice: |call| {
            format!(
                "your user lacks that right: ask for it, or use another context (--kube-context); `kubectl auth can-i --list{}` shows what it may do",
                call.place_for_kubectl()
            )
        },
    },
];

/// What only a call can meet that fetches a chart.
const FETCHING: &[Symptom] = &[
    Symptom {
        signs: &[
            &["server gave http response to https client"],
            &["does not look like a tls handshake"],
        ],
        advice: |_| "the registry speaks plain HTTP: add `-- --plain-http`".into(),
    },
    Symptom {
        signs: &[&["x509:"], &["failed to verify certificate"]],
        advice: |_| {
            "the charts' server, or a proxy before it, shows a certificate of a private CA: add `-- --ca-file CA.pem`".into()
        },
    },
    Symptom {
        signs: &[&["try 'helm repo update'"], &["not found in", "repository"]],
        advice: |call| call.update(),
    },
    Symptom {
        signs: &[&["repo", "not found"]],
        advice: |call| call.add_repository(),
    },
    Symptom {
        signs: &[
            &["401 unauthorized"],
            &["403 forbidden"],
            &["status code 401"],
            &["status code 403"],
            &["access denied"],
            &["authentication required"],
            &["no basic auth credentials"],
            &["basic credential not found"],
            &["credential required"],
            &["insufficient_scope"],
        ],
        advice: |call| format!("log in first: {}", call.log_in()),
    },
    Symptom {
        signs: &[
            &["no such host"],
            &["i/o timeout"],
            &["timeout exceeded"],
            &["tls handshake timeout"],
            &["connection refused"],
            &["network is unreachable"],
            &["proxyconnect"],
        ],
        advice: |_| {
            "the charts' server cannot be reached from here: set HTTPS_PROXY, or bring the chart in (`helm pull` where there is a network) and name its file with --chart (--agent-chart, … where several components are named)".into()
        },
    },
    Symptom {
        signs: &[&["not found"], &["404"]],
        advice: |call| match call.oci_host() {
            Some(_) => format!(
                "check the chart's name and version; a registry also says so to who is not logged in: {}",
                call.log_in()
            ),
            None => call.update(),
        },
    },
];

/// What to do about `message`, which the helm call `command` (as shown) wrote to stderr.
pub(super) fn advice(message: &str, command: &str) -> Option<String> {
    let message = message.to_ascii_lowercase();
    let words = shell_words::split(command).unwrap_or_default();
    let call = Call { words: &words };
    let fetching = if call.fetches() { FETCHING } else { &[] };
    let symptom = ANY_CALL.iter().chain(fetching).find(|symptom| {
        symptom
            .signs
            .iter()
            .any(|parts| parts.iter().all(|part| message.contains(part)))
    })?;
    Some((symptom.advice)(&call))
}

/// A failed call, for the advice to quote.
struct Call<'a> {
    words: &'a [String],
}

impl Call<'_> {
    fn fetches(&self) -> bool {
        let verb = self.words.get(1).map(String::as_str);
        matches!(verb, Some("pull" | "show" | "upgrade"))
    }

    fn has(&self, flag: &str) -> bool {
        self.words.iter().any(|word| word == flag)
    }

    /// ` -n NAMESPACE` and the flags of the cluster, as far as the call named them: for another helm.
    fn place(&self) -> String {
        self.place_for(Program::Helm)
    }

    /// The same for kubectl.
    fn place_for_kubectl(&self) -> String {
        self.place_for(Program::Kubectl)
    }

    fn place_for(&self, program: Program) -> String {
        let mut namespace = self.words.iter().skip_while(|word| *word != "-n");
        let namespace = namespace.nth(1).map(|name| ["-n".to_owned(), name.clone()]);
        let place = namespace.into_iter().flatten();
        spaced(place.chain(flags_within(self.words, program)))
    }

    /// The flags of the cluster for a kubectl that asks for nothing in a namespace.
    fn cluster_for_kubectl(&self) -> String {
        spaced(flags_within(self.words, Program::Kubectl))
    }

    fn oci_host(&self) -> Option<&str> {
        let mut references = self
            .words
            .iter()
            .filter_map(|word| word.strip_prefix("oci://"));
        references.next()?.split('/').next()
    }

    /// The repository's alias, where the chart is named by one: the first word with a slash that is no path.
    fn alias(&self) -> Option<&str> {
        let mut references = self
            .words
            .iter()
            .skip(1)
            .filter(|word| !word.starts_with(['-', '.', '/']) && !word.contains("://"));
        references
            .find_map(|word| word.split_once('/'))
            .map(|(alias, _)| alias)
    }

    fn log_in(&self) -> String {
        match self.oci_host() {
            Some(host) if host == VENDOR.0 => {
                format!("helm registry login {host} --username {}", VENDOR.1)
            }
            Some(host) => {
                let flags = if self.has("--plain-http") {
                    " --plain-http"
                } else {
                    ""
                };
                format!("helm registry login {host}{flags}")
            }
            None => format!(
                "helm repo add {} URL --username USER --password-stdin --force-update",
                self.alias().unwrap_or("ALIAS")
            ),
        }
    }

    fn update(&self) -> String {
        let alias = self
            .alias()
            .map(|alias| format!(" {alias}"))
            .unwrap_or_default();
        format!(
            "run `helm repo update{alias}`; `helm search repo{alias} --versions` shows what there is then"
        )
    }

    fn add_repository(&self) -> String {
        if let Some(folder) = self.alias().filter(|alias| Path::new(alias).is_dir()) {
            let reference = self.words.iter().find(|word| word.starts_with(folder));
            let reference = reference.map_or(folder, String::as_str);
            return match nearest_file(Path::new(reference), Path::is_dir) {
                Some(near) => format!(
                    "{folder}/ is a folder here, which has no {reference}: did you mean ./{}?",
                    near.display()
                ),
                None => format!("{folder}/ is a folder here, which has no {reference}"),
            };
        }
        format!(
            "`helm repo list` shows the repositories that are configured; add it with `helm repo add {} URL`, or name the chart in the vendor's registry with --chart oci://{}/clearml/CHART",
            self.alias().unwrap_or("ALIAS"),
            VENDOR.0
        )
    }
}

/// Words that follow others, quoted for a shell.
fn spaced(words: impl IntoIterator<Item = String>) -> String {
    match shell_words::join(words) {
        none if none.is_empty() => none,
        words => format!(" {words}"),
    }
}

#[cfg(test)]
mod tests {
    use super::advice;

    const OCI: &str = "helm pull oci://docker.io/clearml/clearml-enterprise-agent --version 6.9.3";
    const ALIAS: &str = "helm pull clearml-enterprise/clearml-enterprise-agent --untar";

    #[track_caller]
    fn says(message: &str, command: &str, expected: &str) {
        let advice = advice(message, command).unwrap_or_default();
        assert!(advice.contains(expected), "{message}\n{advice}");
    }

    #[test]
    fn who_is_not_logged_in_reads_the_login_of_that_registry() {
        for message in [
            // Helm 3, Helm 4, docker.io's own.
            "pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials",
            "GET \"https://r/v2/c/agent/tags/list\": credential required for basic auth",
            "failed to perform \"FetchReference\" on source: GET \"https://r/v2/c/agent/manifests/1.0.0\": basic credential not found",
            "unexpected status from HEAD request to https://r/v2/c/agent/manifests/1.0.0: 403 Forbidden",
            "GET \"https://r/v2/c/agent/tags/list\": response status code 403: denied: requested access to the resource is denied",
            "GET \"https://r/v2/c/agent/tags/list\": response status code 401: unauthorized: authentication required",
        ] {
            says(
                message,
                OCI,
                "helm registry login docker.io --username allegroaienterprise",
            );
        }
        let other = "helm upgrade -i -n ns r oci://harbor.corp:5000/ml/agent --version 1.0.0";
        says(
            "response status code 401",
            other,
            "helm registry login harbor.corp:5000",
        );
    }

    #[test]
    fn a_repository_is_told_to_be_added_updated_or_logged_in_to() {
        says(
            "create: failed to create: namespaces \"nc-g3\" not found",
            ALIAS,
            "kubectl create namespace",
        );
        says(
            "repo clearml-enterprise not found",
            ALIAS,
            "helm repo add clearml-enterprise URL",
        );
        says(
            "no cached repo found. (try 'helm repo update'): open x",
            ALIAS,
            "helm repo update clearml-enterprise",
        );
        says(
            "chart \"clearml-enterprise-agent\" version \"9.9.9\" not found in https://charts.example repository",
            ALIAS,
            "helm search repo clearml-enterprise --versions",
        );
        says(
            "failed to fetch https://charts.example/index.yaml : 401 Unauthorized",
            ALIAS,
            "helm repo add clearml-enterprise URL --username USER",
        );
    }

    #[test]
    fn a_registry_that_lacks_the_chart_or_cannot_be_reached_is_told_apart() {
        says(
            "docker.io/clearml/clearml-enterprise-agent:9.9.9: not found",
            OCI,
            "check the chart's name and version",
        );
        says(
            "dial tcp: lookup registry-1.docker.io on 10.0.0.2:53: no such host",
            OCI,
            "HTTPS_PROXY",
        );
        says(
            "tls: failed to verify certificate: x509: certificate signed by unknown authority",
            OCI,
            "--ca-file",
        );
        says(
            "tls: first record does not look like a TLS handshake",
            OCI,
            "--plain-http",
        );
    }

    #[test]
    fn a_field_that_somebody_changed_is_told_to_be_overwritten() {
        says(
            "UPGRADE FAILED: conflict occurred while applying object ns/a /v1, Kind=ConfigMap: Apply failed with 1 conflict: conflict with \"kubectl-edit\" using v1: .data.k",
            ALIAS,
            "-- --force-conflicts",
        );
        says(
            "Apply failed with 2 conflicts: conflicts with \"x\" using v1:",
            ALIAS,
            "-- --force-conflicts",
        );
    }

    #[test]
    fn pods_that_do_not_become_ready_are_no_matter_of_the_charts_server() {
        let command = "helm upgrade -i -n ns r oci://docker.io/clearml/c --wait";
        says(
            "UPGRADE FAILED: context deadline exceeded",
            command,
            "kubectl get pods -n ns",
        );
    }

    #[test]
    fn the_clusters_own_refusals_are_not_taken_for_a_registrys() {
        let command = "helm list -n team-a --deployed";
        says(
            "secrets is forbidden: User \"reader\" cannot list resource \"secrets\" in API group \"\" in the namespace \"team-a\"",
            command,
            "kubectl auth can-i --list -n team-a",
        );
        says(
            "secrets is forbidden: User \"reader\" cannot list resource \"secrets\"",
            "helm list -n team-a --deployed --kube-context blue --kubeconfig '/k 8s'",
            "`kubectl auth can-i --list -n team-a --context blue --kubeconfig '/k 8s'`",
        );
        says(
            "namespaces \"team-a\" not found",
            "helm upgrade -i -n team-a r c --kube-context blue --kube-as-group a --kube-as-group b --kube-insecure-skip-tls-verify --wait",
            "`kubectl create namespace NAME --context blue --as-group a --as-group b --insecure-skip-tls-verify`",
        );
        says(
            "Kubernetes cluster unreachable: EOF",
            "helm list -n team-a --kube-context blue",
            "`kubectl cluster-info --context blue`",
        );
        says(
            "Kubernetes cluster unreachable: dial tcp: connection refused",
            command,
            "kubectl cluster-info",
        );
        says(
            "repo tests not found",
            "helm pull tests/chart",
            "tests/ is a folder here, which has no tests/chart: did you mean ./tests/charts?",
        );
        says(
            "response status code 401",
            "helm pull oci://127.0.0.1:5000/c/agent --plain-http",
            "helm registry login 127.0.0.1:5000 --plain-http",
        );
        assert_eq!(
            advice("template: x.yaml:3: not found", "helm template r chart"),
            None
        );
    }
}
