//! What is wrong with what a pod has seen.

use super::{Answer, Client, Errand, Log, Verdict};
use crate::finding::Finding;
use crate::tls::Endpoint;

/// How it ended with a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// It asked. Where it was ended before it was through: why.
    Asked {
        /// What it wrote down.
        log: Log,
        /// Why it did not come to its end.
        killed: Option<String>,
    },
    /// The API server did not let it be made, in its words.
    Rejected(String),
    /// It could not run: why, and what tells more.
    Stuck {
        /// Why, in the cluster's words.
        why: String,
        /// The last words of the container that failed.
        words: String,
    },
}

/// What is wrong. Nothing is, if every client that the image has trusts every server.
#[must_use]
pub fn findings(errand: &Errand, ended: &Ended) -> Vec<Finding> {
    let (place, namespace) = (&errand.place, &errand.namespace);
    match ended {
        Ended::Rejected(why) => vec![
            Finding::error(
                "verify-pod-rejected",
                format!("{place}: the cluster does not let such a pod be made in {namespace}, so no task will run there either: {why}"),
            )
            .hint("what the namespace demands (Pod Security, quotas, policies) and what the template says have to meet: change one of the two"),
        ],
        Ended::Stuck { why, words } => {
            let words = match words.as_str() {
                "" => String::new(),
                words => format!("; its last words:\n  {}", words.replace('\n', "\n  ")),
            };
            vec![
                Finding::error(
                    "verify-pod-stuck",
                    format!("{place}: the pod could not run: {why}{words}"),
                )
                .hint(stuck_hint(why)),
            ]
        }
        Ended::Asked { log, killed } => asked(errand, log, killed.as_deref()),
    }
}

fn stuck_hint(why: &str) -> String {
    let lower = why.to_lowercase();
    if lower.contains("image") {
        "give an image that the cluster can pull with --image; the init container's is that of --task-image".to_owned()
    } else if lower.starts_with("unschedulable") {
        "the template's node selector, tolerations and resources decide where it may run; a longer --timeout waits for a node".to_owned()
    } else if lower.contains("/bin/sh") || lower.contains("exec format") {
        "the image has no shell that could ask: give another one with --image".to_owned()
    } else {
        "a task of that queue would stop at the same place: mend the template's values".to_owned()
    }
}

fn asked(errand: &Errand, log: &Log, killed: Option<&str>) -> Vec<Finding> {
    let place = &errand.place;
    let mut findings = Vec::new();
    if !log.is_whole {
        let why = killed.unwrap_or("its log ends in the middle");
        findings.push(
            Finding::error(
                "verify-unfinished",
                format!("{place}: the pod did not come to its end, and what it had not asked yet is not known: {why}"),
            )
            .hint("a longer --timeout, or more memory in the template's resources"),
        );
    }
    if log.is_whole && log.clients.is_empty() {
        findings.push(
            Finding::error(
                "verify-no-client",
                format!(
                    "{place}: the image {} has none of the clients that can ask ({})",
                    errand.image,
                    Client::ALL.map(Client::name).join(", ")
                ),
            )
            .hint("name an image that your tasks use, with --image"),
        );
    }
    for (number, server) in errand.servers.iter().enumerate() {
        let answers = log.answers.iter().filter(|one| one.server == number);
        findings.extend(of_server(errand, server, &answers.collect::<Vec<_>>()));
    }
    findings
}

/// What is wrong with one server: the same for several clients is said once, in the words of the first.
fn of_server(errand: &Errand, server: &Endpoint, answers: &[&Answer]) -> Vec<Finding> {
    let place = &errand.place;
    let with = |verdict: Verdict| {
        let answers = answers.iter().copied();
        answers.filter(move |one| one.verdict == verdict)
    };
    let unreached: Vec<&Answer> = with(Verdict::Unreached).collect();
    if let Some(first) = unreached
        .first()
        .filter(|_| unreached.len() == answers.len())
    {
        let finding = Finding::error(
            "verify-unreachable",
            format!(
                "{place}: no client in the pod reaches {server}: {}",
                first.words
            ),
        );
        return vec![finding.hint("its name, its port, a proxy's variables or a network policy: nothing of that is a matter of certificates")];
    }
    // Nobody promised anything of a client whose variable the template does not set; of the SDK's, everybody did.
    let (excused, refused): (Vec<&Answer>, Vec<&Answer>) =
        with(Verdict::Refused).partition(|one| {
            let variable = one.client.variable();
            one.client != Client::Requests && variable.is_some_and(|one| !errand.sets(one))
        });
    let mut findings = Vec::new();
    if let Some(first) = refused.first() {
        let finding = Finding::error(
            "verify-refused",
            format!(
                "{place}: {} not trust {server}: {}",
                who(&refused),
                first.words
            ),
        );
        findings.push(finding.hint(hint(&first.words, server)));
    }
    if let Some(first) = excused.first() {
        let variables = excused.iter().filter_map(|one| one.client.variable());
        let mut variables: Vec<&str> = variables.collect();
        variables.dedup();
        let finding = Finding::warning(
            "verify-without-variable",
            format!(
                "{place}: {} not trust {server}, and the template does not set {}: {}",
                who(&excused),
                variables.join(", "),
                first.words
            ),
        );
        findings.push(
            finding.hint("install with --task-variables all sets the variables of every client"),
        );
    }
    if let Some(first) = unreached.first() {
        findings.push(Finding::warning(
            "verify-client-failed",
            format!(
                "{place}: {} not reach {server}, where others do: {}",
                who(&unreached),
                first.words
            ),
        ));
    }
    findings
}

/// `curl does`; `curl, git do`.
fn who(answers: &[&Answer]) -> String {
    let names: Vec<&str> = answers.iter().map(|one| one.client.name()).collect();
    let verb = if names.len() == 1 { "does" } else { "do" };
    format!("{} {verb}", names.join(", "))
}

/// What helps, as far as the words tell.
fn hint(words: &str, server: &Endpoint) -> String {
    let lower = words.to_lowercase();
    let says = |all: &[&str]| all.iter().any(|one| lower.contains(one));
    if says(&[
        "hostname",
        "mismatch",
        "altname",
        "not match",
        "no alternative certificate subject name",
        "notvalidforname",
    ]) {
        "the server's certificate is for other names: have it issued for this one, or let the values name the server as the certificate does".to_owned()
    } else if says(&[
        "issuer certificate",
        "self-signed",
        "self signed",
        "unknownissuer",
        "signer not trusted",
        "locally verify",
        "first certificate",
    ]) {
        format!(
            "the pod does not have the certificate of whoever issued the server's: helm clearml-certs probe {server} shows which"
        )
    } else if says(&[
        "bundle",
        "pem lib",
        "no such file",
        "x509]",
        "error setting certificate",
        "ca cert (path",
        "ca cert file",
    ]) {
        "the file of certificates that this client reads is not there, or cannot be read: see the template's variables and mounts".to_owned()
    } else {
        format!(
            "helm clearml-certs probe {server} --ca FILE says which certificate that is about, and what would help"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::job::tests::errand;
    use super::*;
    use crate::finding::Severity;

    const POD: &str = "spec: {containers: [{env: [{name: REQUESTS_CA_BUNDLE, value: /b}]}]}";

    fn found(log: &str) -> Vec<(Severity, &'static str)> {
        let mut errand = errand(POD);
        errand
            .servers
            .push("https://files.acme.example".parse().unwrap());
        let log = Log::read(log.as_bytes(), "m", 2);
        let all = findings(&errand, &Ended::Asked { log, killed: None });
        all.iter().map(|one| (one.severity, one.code)).collect()
    }

    #[test]
    fn nothing_is_wrong_where_all_trust_all() {
        assert_eq!(
            found("m begin\nm has curl 8\nm end curl 0 0\nm end curl 1 0\nm done\n"),
            []
        );
    }

    #[test]
    fn each_way_to_fail_has_its_finding() {
        use Severity::{Error, Warning};
        let refused = "m has requests 2\nm has node 20\nm line requests 0 certificate verify failed\nm end requests 0 60\nm line node 0 UNABLE_TO_VERIFY_LEAF_SIGNATURE: x certificate\nm end node 0 1\nm end requests 1 0\nm done\n";
        assert_eq!(
            found(refused),
            [
                (Error, "verify-refused"),
                (Warning, "verify-without-variable")
            ]
        );
        assert_eq!(found("m begin\nm done\n"), [(Error, "verify-no-client")]);
        assert_eq!(found("m begin\n"), [(Error, "verify-unfinished")]);
        let unreached = "m has curl 8\nm end curl 0 7\nm has git 2\nm line git 0 Connection refused\nm end git 0 128\nm end curl 1 0\nm line git 1 timed out\nm end git 1 128\nm done\n";
        assert_eq!(
            found(unreached),
            [
                (Error, "verify-unreachable"),
                (Warning, "verify-client-failed")
            ]
        );
    }

    #[test]
    fn a_pod_that_cannot_run_is_told_in_the_clusters_words() {
        let errand = errand(POD);
        let rejected = findings(&errand, &Ended::Rejected("violates PodSecurity".to_owned()));
        assert!(rejected[0].message.ends_with("violates PodSecurity"));
        let stuck = Ended::Stuck {
            why: "the init container i failed with exit code 1".to_owned(),
            words: "a\nb".to_owned(),
        };
        let message = &findings(&errand, &stuck)[0].message;
        assert!(message.ends_with("its last words:\n  a\n  b"), "{message}");
    }
}
