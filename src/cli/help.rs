//! What `--help` opens with: what a command is for, and examples. A test reads every example as a command line.

pub(super) const PROGRAM: &str = "\
Bring private CA certificates to ClearML Enterprise on Kubernetes: to the ClearML Agent and every task pod it starts, to the AI \
Application Gateway, and to the Applications agent of the control plane.

Examples:
  Be led through:
    helm clearml-certs install

  See what would happen, then do it:
    helm clearml-certs install agent --ca corp-root.pem -n clearml-workers --dry-run
    helm clearml-certs install agent --ca corp-root.pem -n clearml-workers";

pub(super) const ANYWHERE: &str = "\
Helm's own flags (-n, --kube-context, --kubeconfig, --debug) work anywhere on the line.
New here? `helm clearml-certs install` asks for what it needs, and shows it before it does it.";

/// Below the short help.
pub(super) const MORE: &str =
    "All options by task, sources of certificates, examples, exit codes: --help";

/// What options are told as where they stand among the usual ones.
pub(super) const SHORT: &[(&str, &str)] = &[
    ("alias", "The one of this alias"),
    ("certificates", "FILE, FOLDER, https://HOST, secret:NAME, …"),
    ("chart", "Chart: ALIAS/NAME, oci://…, folder or .tgz"),
    ("check", "Write nothing; end with 2 if a file would change"),
    ("components", "agent, gateway, apps"),
    ("dry_run", "Show what would be done; change nothing"),
    (
        "expires_within",
        "How early to warn of an end [default: 30]",
    ),
    ("follow_aia", "Fetch issuers that are not presented"),
    ("from", "What goes: alias, sha256:…, subject:…"),
    ("full", "Print the whole file, credentials included"),
    ("help", "This; --help tells all"),
    ("image", "Image of the task"),
    ("in_place", "Write the files instead of printing them"),
    ("mode", "append to the pods' bundle, or replace it"),
    ("output", "text or json"),
    ("sort", "By end, name, or as given"),
    ("release", "Release name"),
    ("save", "Write the CAs to this file, for --ca"),
    ("servers", "A server to ask as well"),
    ("sha256", "The one whose fingerprint begins so"),
    ("subject", "Those whose name fits, with * and ?"),
    ("timeout", "How long to wait for a pod [default: 5m0s]"),
    ("values", "Override file"),
    ("wait_for_servers", "Wait for servers that still need it"),
];

macro_rules! sources {
    () => {
        "a file (PEM, DER, PKCS#7), a folder, a values file, - for stdin, https://HOST[:PORT] (what a server presents), \
         configmap:[NS/]NAME[/KEY], secret:[NS/]NAME[/KEY], release:[NS/]NAME (what was deployed), system (this machine's public \
         roots) or system-all"
    };
}

pub(super) const SOURCES: &str = concat!(
    "Where the certificates are; several are read together. SOURCE is ",
    sources!()
);

pub(super) const CA: &str = "Certificates: FILE, FOLDER, https://HOST, secret:NAME, …";
pub(super) const CA_LONG: &str = concat!(
    "Certificates, and the alias to give them; repeatable. SOURCE is ",
    sources!()
);
pub(super) const CA_TRUSTED: &str = "What clients would trust: FILE, FOLDER, secret:NAME, …";
pub(super) const CA_TRUSTED_LONG: &str = concat!(
    "Certificates that clients would trust, as for install; repeatable. SOURCE is ",
    sources!()
);
pub(super) const CA_COMPARED: &str = "Compare with these: FILE, configmap:NS/NAME, …";
pub(super) const CA_COMPARED_LONG: &str = concat!(
    "Certificates that are to be deployed, such as a trust-manager Bundle's ConfigMap; told is what differs; repeatable. SOURCE is ",
    sources!()
);
pub(super) const TO: &str = "What takes its place: FILE, https://HOST, …";
pub(super) const TO_LONG: &str = concat!(
    "The certificate that takes its place, as for install; repeatable. SOURCE is ",
    sources!()
);

pub(super) const INSTALL: &str = "\
Bring certificates to releases: edits the override files, renders the charts to prove that every certificate arrives, shows the \
difference, asks, and runs helm upgrade -i. On a terminal, `install` alone asks for whatever it needs to know.

Examples:
  See what would happen to the agent and its task pods:
    helm clearml-certs install agent --ca corp-root.pem -n clearml-workers --dry-run

  Gateway and agent, two certificates, no questions:
    helm clearml-certs install gateway agent --ca root=corp-root.pem --ca corp-issuing.pem \\
      --gateway-release ai-gateway -n clearml-workers --yes";

pub(super) const INSTALL_CODES: &str = "\
Exit codes: 0 done or nothing to do, 1 failed, 2 changes pending (--detailed-exitcode),
3 refused, 4 an answer is missing or was no, 64 usage, 130 interrupted.";

pub(super) const REMOVE: &str = "\
Take certificates out of releases again: out of the override files, which get back the bytes they had before, and out of the \
pods. A certificate that a server named in the values still needs stays, unless you say otherwise. On a terminal, `remove` alone \
asks which.

Examples:
  One that is not used any more, out of agent and gateway:
    helm clearml-certs remove agent gateway --alias old-root -n clearml-workers

  Whatever has ended; everything:
    helm clearml-certs remove agent --expired -n clearml-workers
    helm clearml-certs remove agent --all -n clearml-workers --dry-run";

pub(super) const REMOVE_CODES: &str = INSTALL_CODES;

pub(super) const ROTATE: &str = "\
Change from one CA to another. The same line is given as often as one likes, and finds out where things stand: first the releases \
come to trust both, then the servers are asked which of the two they need, and when none needs the former one any more, it is \
dropped. Each step is planned, proven, shown and asked for like an installation. On a terminal, `rotate` alone asks which two.

Examples:
  Both are trusted after the first run; after the last, the new one alone:
    helm clearml-certs rotate agent gateway --from corp-root --to corp-root-g2.pem -n clearml-workers

  In a pipeline, half an hour of patience with the servers:
    helm clearml-certs rotate agent --from sha256:c5adde8d --to corp-g2=corp-root-g2.pem \\
      --server https://pypi.corp.example --wait-for-servers 30m --yes";

pub(super) const ROTATE_CODES: &str = "\
Exit codes: 0 only the new one is trusted, 1 failed, 2 servers or running tasks still need the former one, or there is
something to change (--detailed-exitcode), 3 refused, 4 an answer is missing or was no, 64 usage, 130 interrupted.";

pub(super) const RENDER: &str = "\
Print the overrides that the certificates need, or write them into the files, for those who deploy by other means. No cluster is \
asked; the chart is rendered all the same, to prove that every certificate arrives.

Examples:
  The certificates' part of the agent's overrides, for a GitOps repository:
    helm clearml-certs render agent --ca corp-root.pem > clearml-agent-certs.yaml

  Edit the override file, deploy later:
    helm clearml-certs render agent --ca corp-root.pem --in-place";

pub(super) const RENDER_CODES: &str = "Exit codes: 0 done or nothing to do, 1 failed, 2 a file would change (--check), 3 refused, 4 an answer is missing, 64 usage.";

pub(super) const EXPORT: &str = "\
Print the targets of a clearml-certs.yaml in the terms of an engine that deploys: an ApplicationSet, HelmReleases, or a helmfile. They \
name the charts that were rendered for the proof, by version, and the values files, which have to hold the certificates already; no \
value is copied. No cluster is asked.

Examples:
  For Flux, a folder for each cluster, beside the values files:
    helm clearml-certs export --to flux -c clearml-certs.yaml -d clusters

  For Argo CD, which takes the values files from git; for helmfile:
    helm clearml-certs export --to argocd --repo-url https://git.corp.example/ml/deploy.git --revision main > applicationset.yaml
    helm clearml-certs export --to helmfile --only context=prod-eu -d .";

pub(super) const EXPORT_CODES: &str = "\
Exit codes: 0 done, 1 failed, 2 a values file is not as it should be yet, 3 refused, 4 an answer is missing, 64 usage.";

pub(super) const INSPECT: &str = "\
Show what certificates are, how they hang together, and what Python, curl, git, uv and node will make of them as trust.

Examples:
  A file, or what an override file holds already:
    helm clearml-certs inspect corp-root.pem
    helm clearml-certs inspect clearml-agent-values.override.yaml

  Does this trust fit that server?
    helm clearml-certs inspect https://app.clearml.corp.example corp-root.pem";

pub(super) const INSPECT_CODES: &str = "\
Exit codes: 0 no error finding, 1 a source cannot be read, 3 an error finding or no certificate, 64 usage.";

pub(super) const PROBE: &str = "\
Show the chain that a server presents, whether each client will trust it with the certificates you propose, and what would help \
where one does not.

Examples:
  Will every client trust the API server with this CA?
    helm clearml-certs probe https://api.clearml.corp.example --ca corp-root.pem

  Get the CA from the server; compare its fingerprint with what its owner says before you trust it:
    helm clearml-certs probe https://app.clearml.corp.example --follow-aia --save corp-ca.pem";

pub(super) const PROBE_CODES: &str = "\
Exit codes: 0 trusted, 1 a server or source cannot be reached, 3 an error finding, 4 an answer is missing, 64 usage.";

pub(super) const VERIFY: &str = "\
Let a pod of the deployed task template ask the servers that the values name, from inside of the cluster, with each client that its \
image has: Python's requests, urllib and httpx, curl, wget, git, uv, node, openssl. Certificates come from the template alone, as \
for a task. The pod is removed afterwards, and removes itself should this program be killed; nothing else is touched.

Examples:
  Does every queue of the agent trust every server?
    helm clearml-certs verify agent -n clearml-workers

  One queue, with the image that its tasks use; or only see the pod:
    helm clearml-certs verify agent --queue gpu --image pytorch/pytorch:2.9.0 -n clearml-workers
    helm clearml-certs verify agent --queue gpu --dry-run -n clearml-workers";

pub(super) const VERIFY_CODES: &str = "\
Exit codes: 0 every client trusts every server, 1 failed, 3 one does not, or the pod cannot run, 4 an answer is missing or was no,
64 usage, 130 interrupted.";

pub(super) const STATUS: &str = "\
Show what each release of ClearML's charts trusts and until when, and whether four things agree: the override file, the release, the \
live objects and the pods. A table first, then what is wrong, each with the command to type next. Nothing is changed; rights to read \
are enough.

Examples:
  Every release of a namespace, or of all:
    helm clearml-certs status -n clearml-workers
    helm clearml-certs status -A

  Is what is deployed still what trust-manager distributes?
    helm clearml-certs status agent -A --ca configmap:cert-manager/corp-bundle

  Metrics of two clusters:
    helm clearml-certs status -A --contexts blue,green -o prometheus";

pub(super) const STATUS_CODES: &str = "\
Exit codes: 0 all is in step, 1 a cluster or source cannot be reached, 3 something has expired or soon will, or is out of step, or an \
error finding, 64 usage, 130 interrupted.";

pub(super) const INIT: &str = "\
Write a clearml-certs.yaml of what is deployed: every release of a gateway, an agent or a control plane, with the certificates that it \
has (as files beside it) and its values (a file that is here and says the same, else one that is written from what Helm was given, for \
its owner alone). Nothing that is there is replaced, and nothing is deployed.

Examples:
  helm clearml-certs init -n clearml-workers
  helm clearml-certs init -A --contexts prod-eu,prod-us
  helm clearml-certs install --dry-run";

pub(super) const INIT_CODES: &str = "\
Exit codes: 0 written, 1 a cluster cannot be reached or a file cannot be written, 3 there is no release, or a file is there already, \
64 usage, 130 interrupted.";

pub(super) const DOCTOR: &str = "\
Look at everything that an installation needs: Helm, the plugin, the cluster, your rights, the clock, override files and charts. One \
line each, and what to do about each that stands in the way. Nothing is changed.

Examples:
  helm clearml-certs doctor -n clearml-workers
  helm clearml-certs doctor agent --agent-chart ./charts/clearml-enterprise-agent";

pub(super) const DOCTOR_CODES: &str =
    "Exit codes: 0 nothing is in the way, 1 failed, 3 something is in the way, 64 usage.";

pub(super) const EXPLAIN: &str = "\
Tell what the code of a finding means, and what to do about it; or an exit code. It is the documentation's own text, from the program \
itself: no network is asked. Without a code, all are listed.

Examples:
  helm clearml-certs explain certificate-not-a-ca
  helm clearml-certs explain 3";

pub(super) const COMPLETION: &str = "\
Print the script that teaches a shell to complete helm-clearml-certs, the binary under its own name. `helm clearml-certs` itself is \
completed by Helm's own completion (`source <(helm completion bash)`), except on Windows, where Helm cannot run plugin.complete.

Examples:
  helm clearml-certs completion bash > ~/.local/share/bash-completion/completions/helm-clearml-certs
  helm clearml-certs completion fish > ~/.config/fish/completions/helm-clearml-certs.fish";

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use crate::cli::{Cli, short_help};

    /// The commands of a help text's examples, without what is the shell's or Helm's own.
    fn examples(help: &str) -> Vec<Vec<String>> {
        let joined = help.replace("\\\n", " ");
        joined
            .lines()
            .filter_map(|line| line.trim().strip_prefix("helm clearml-certs "))
            .map(|line| {
                let line = line.split(" > ").next().unwrap_or_default();
                let mut words = line.split_whitespace();
                let mut ours = vec!["clearml-certs".to_owned()];
                while let Some(word) = words.next() {
                    if word == "-n" {
                        words.next();
                    } else {
                        ours.push(word.to_owned());
                    }
                }
                ours
            })
            .collect()
    }

    /// 80 columns and 24 rows, of which the shell's line takes one.
    #[test]
    fn the_short_help_of_every_command_is_one_screen() {
        let cli = Cli::command();
        for command in cli.get_subcommands().filter(|one| !one.is_hide_set()) {
            let name = command.get_name().to_owned();
            let mut short = short_help(&[name.clone(), "-h".to_owned()]).unwrap();
            short = short.term_width(80);
            let help = short.render_help().to_string();
            let lines: Vec<&str> = help.lines().collect();
            assert!(lines.len() <= 23, "{name}: {}\n{help}", lines.len());
        }
        // The option that nobody can do without is among them, with its sources.
        let install = short_help(&["install".to_owned(), "-h".to_owned()]).unwrap();
        let help = install.clone().render_help().to_string();
        assert!(
            help.contains("--ca <[ALIAS=]SOURCE>") && help.contains("https://HOST"),
            "{help}"
        );
        assert!(
            !help.contains("--gateway-chart") && !help.contains("--task-image"),
            "{help}"
        );
    }

    #[test]
    fn every_source_is_named_wherever_certificates_are_taken() {
        for command in Cli::command().get_subcommands() {
            for argument in command.get_arguments() {
                let takes = argument.get_value_names().into_iter().flatten();
                if takes.clone().any(|name| name.as_str().ends_with("SOURCE")) {
                    let help = argument.get_long_help().or(argument.get_help()).unwrap();
                    let help = help.to_string();
                    for source in [
                        "folder",
                        "stdin",
                        "https://",
                        "configmap:",
                        "secret:",
                        "release:",
                        "system",
                    ] {
                        assert!(help.contains(source), "{}: {help}", command.get_name());
                    }
                }
            }
        }
    }

    #[test]
    fn every_command_opens_with_its_purpose_and_two_examples_that_work() {
        let cli = Cli::command();
        for command in cli.get_subcommands().filter(|one| !one.is_hide_set()) {
            let mut command = command.clone();
            let name = command.get_name().to_owned();
            let help = command.render_long_help().to_string();
            let (opening, rest) = help.split_once("Examples:").unwrap();
            assert!(!opening.contains("Usage:"), "{name}: {help}");
            let before_usage = rest.split("Usage:").next().unwrap();
            let examples = examples(before_usage);
            assert!(examples.len() >= 2, "{name}: {examples:?}");
            // What comes after it may be another command's.
            assert_eq!(examples[0][1], name);
            for words in examples {
                if let Err(error) = Cli::try_parse_from(&words) {
                    panic!("{words:?}: {error}");
                }
            }
        }
    }
}
