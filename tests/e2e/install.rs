//! `install` against a real Kubernetes API, with both major versions of Helm. Run by `make e2e`.

use std::collections::BTreeSet;

use crate::support::cluster::Namespace;
use crate::support::{
    GATEWAY_FILE, GATEWAY_NEEDS, GPU_QUEUES as QUEUES, Helm, World, certificates, chart,
};
use helm_clearml_certs::certs::{Fingerprint, pem};
use serde_json::Value;

const AGENT_FILE: &str = "clearml-agent-values.override.yaml";
const OLD_AGENT: &str = "clearml-enterprise-agent-6.9.3";
const NEW_AGENT: &str = "clearml-enterprise-agent-6.14.6";
const GATEWAY: &str = "clearml-enterprise-app-gateway-3.2.0";
const USERS_FILE: &str = "\
# Overrides of the ML platform team
imageCredentials:
  enabled: true
  password: \"hunter2-very-secret\"   # rotated monthly

agentk8sglue:
  replicaCount: 1
";

fn fingerprints(text: &str) -> Vec<Fingerprint> {
    pem::parse(text.as_bytes())
        .map(|blocks| {
            blocks
                .into_iter()
                .map(|b| b.certificate.fingerprint)
                .collect()
        })
        .unwrap_or_default()
}

/// The certificates in a namespace's ConfigMaps, by content; Kubernetes' own root CA does not count.
fn deployed(namespace: &Namespace) -> BTreeSet<Fingerprint> {
    config_maps(namespace)
        .iter()
        .filter(|map| map["metadata"]["name"] != "kube-root-ca.crt")
        .flat_map(|map| map["data"].as_object().cloned().unwrap_or_default())
        .flat_map(|(_, text)| fingerprints(text.as_str().unwrap_or_default()))
        .collect()
}

fn config_maps(namespace: &Namespace) -> Vec<Value> {
    namespace.get("configmaps")["items"]
        .as_array()
        .unwrap()
        .clone()
}

/// The pod of each queue, as the agent reads them from the cluster.
fn task_pods(namespace: &Namespace) -> Vec<(String, serde_yaml::Value)> {
    let maps = config_maps(namespace);
    let template = maps
        .iter()
        .find(|map| map["metadata"]["name"].as_str().unwrap().ends_with("-pt"))
        .unwrap();
    let queues: serde_yaml::Mapping =
        serde_yaml::from_str(template["data"]["template.yaml"].as_str().unwrap()).unwrap();
    let pods = queues.into_iter().map(|(queue, pod)| {
        let spec = match pod["kind"].as_str() {
            Some("Job") => &pod["spec"]["template"]["spec"],
            _ => &pod["spec"],
        };
        (queue.as_str().unwrap().to_owned(), spec.clone())
    });
    pods.collect()
}

/// The names of the ConfigMaps that a task pod projects.
fn sources_of(pod: &serde_yaml::Value) -> Vec<String> {
    let volumes = pod["volumes"].as_sequence().unwrap();
    volumes
        .iter()
        .filter_map(|volume| volume.get("projected")?.get("sources")?.as_sequence())
        .flatten()
        .map(|source| source["configMap"]["name"].as_str().unwrap().to_owned())
        .collect()
}

/// The names of the ConfigMaps that the task pods of every queue project: the same for all.
fn task_pod_sources(namespace: &Namespace) -> Vec<String> {
    let pods = task_pods(namespace);
    let sources = sources_of(&pods[0].1);
    for (queue, pod) in &pods {
        assert_eq!(sources_of(pod), sources, "queue {queue}");
    }
    sources
}

/// Whether a task's container has each of its mounts' volumes, and the variables that Python's clients read.
fn is_served(pod: &serde_yaml::Value) -> bool {
    let names = |list: &serde_yaml::Value| -> Vec<String> {
        let items = list.as_sequence().cloned().unwrap_or_default();
        let names = items.iter().filter_map(|item| item["name"].as_str());
        names.map(str::to_owned).collect()
    };
    let (volumes, task) = (names(&pod["volumes"]), &pod["containers"][0]);
    let variables = names(&task["env"]);
    names(&task["volumeMounts"])
        .iter()
        .all(|mount| volumes.contains(mount))
        && !names(&pod["initContainers"]).is_empty()
        && ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"]
            .iter()
            .all(|name| variables.iter().any(|one| one == name))
}

fn revision(world: &World, namespace: &Namespace, release: &str) -> u64 {
    let status = world.helm(["status", release, "-n", &namespace.name, "-o", "json"]);
    status.exits(0);
    serde_json::from_str::<Value>(&status.stdout).unwrap()["version"]
        .as_u64()
        .unwrap()
}

fn install_agent(namespace: &Namespace, chart_name: &str, more: &str) -> String {
    format!(
        "install agent --ca one.pem --chart {} -n {} --yes {more}",
        chart(chart_name),
        namespace.name
    )
}

on_the_cluster! {
    fn gateway_and_agent_go_into_an_empty_cluster_and_a_second_run_changes_nothing(world, namespace) {
        let (one, two) = (certificates::ca("Acme Root"), certificates::ca("Acme Issuing"));
        world.write("one.pem", &one).write("two.pem", &two).write(AGENT_FILE, USERS_FILE);
        world.write(GATEWAY_FILE, GATEWAY_NEEDS);
        let line = format!(
            "install gateway agent --ca one.pem --ca issuing=two.pem -n {} --gateway-release gw --gateway-chart {} --agent-chart {} --wait --timeout 60s --yes",
            namespace.name, chart(GATEWAY), chart(OLD_AGENT)
        );
        let first = world.plugin(&line);
        first.exits(0).never_says("hunter2");
        let given: BTreeSet<_> = fingerprints(&(one + &two)).into_iter().collect();
        assert_eq!(given.len(), 2);
        assert_eq!(deployed(&namespace), given);
        let sources = task_pod_sources(&namespace);
        assert_eq!(sources, [0, 1].map(|i| format!("clearml-agent-clearml-enterprise-agent-custom-ca-{i}")));
        assert!(world.read(AGENT_FILE).starts_with(USERS_FILE));
        let values = world.helm(["get", "values", "clearml-agent", "-n", &namespace.name]);
        values.exits(0).says("hunter2-very-secret");

        let (agent_file, files) = (world.read(AGENT_FILE), world.files());
        world.plugin(&line).exits(0).says("Nothing to change");
        world.plugin(&format!("{line} --dry-run --detailed-exitcode")).exits(0);
        assert_eq!(world.read(AGENT_FILE), agent_file);
        assert_eq!(world.files(), files);
        assert_eq!(revision(&world, &namespace, "clearml-agent"), 1);
        assert_eq!(revision(&world, &namespace, "gw"), 1);
        world.is_tidy();
    }

    fn one_more_certificate_is_one_more_config_map_and_source(world, namespace) {
        world.write("one.pem", &certificates::ca("Acme Root")).write(AGENT_FILE, USERS_FILE);
        world.plugin(&install_agent(&namespace, OLD_AGENT, "")).exits(0);
        let before = (config_maps(&namespace).len(), world.read(AGENT_FILE));
        world.write("two.pem", &certificates::ca("Acme Next"));
        let line = install_agent(&namespace, OLD_AGENT, "--ca two.pem");
        world.plugin(&format!("{line} --dry-run --detailed-exitcode")).exits(2).says("revision 1 → 2");
        world.plugin(&line).exits(0).says("is at revision 2");
        assert_eq!(config_maps(&namespace).len(), before.0 + 1);
        assert_eq!(task_pod_sources(&namespace).len(), 2);
        let after = world.read(AGENT_FILE);
        let mut lines = after.lines();
        assert!(before.1.lines().all(|old| lines.any(|new| new == old)), "a line was lost\n{after}");
        assert_eq!(world.backups().len(), 2, "one for each edit");
    }

    fn a_chart_that_propagates_brings_the_certificates_to_task_pods(world, namespace) {
        world.write("one.pem", &certificates::ca("Acme Root"));
        world.plugin(&install_agent(&namespace, NEW_AGENT, "")).exits(0);
        assert_eq!(task_pod_sources(&namespace), ["clearml-agent-clearml-enterprise-agent-custom-ca-0"]);
        assert!(!world.read(AGENT_FILE).contains("basePodTemplate"));
        world.plugin(&install_agent(&namespace, NEW_AGENT, "")).exits(0).says("Nothing to change");
    }

    fn every_queue_is_served_and_what_was_written_comes_out_again(world, namespace) {
        let (one, two) = (certificates::ca("Acme Root"), certificates::ca("Acme Next"));
        world.write("one.pem", &one).write("two.pem", &two);
        for (chart_name, more, as_job) in [
            (OLD_AGENT, "--task-pods template", false),
            (NEW_AGENT, "--task-pods template", false),
            (NEW_AGENT, "--task-pods propagate", false),
            (NEW_AGENT, "--task-pods template", true),
        ] {
            let job = if as_job { "  taskAsJob: true\n" } else { "" };
            let users = QUEUES.replace("  queues:\n", &format!("{job}  queues:\n"));
            world.write(AGENT_FILE, &users);
            let line = install_agent(&namespace, chart_name, &format!("--ca two.pem {more} --discard-values"));
            world.plugin(&format!("{line} --dry-run"))
                .exits(0)
                .says("→ task pods of queue default (ConfigMap")
                .says("→ task pods of queue gpu (ConfigMap");
            world.plugin(&line).exits(0);
            let written = world.read(AGENT_FILE);
            assert!(users.lines().all(|line| written.contains(line)), "{written}");
            let pods = task_pods(&namespace);
            assert_eq!(pods.len(), 2);
            for (queue, pod) in &pods {
                assert_eq!(sources_of(pod).len(), 2, "{chart_name} {more} {queue}");
                assert!(is_served(pod), "{chart_name} {more} {queue}");
            }
            world.plugin(&line).exits(0).says("Nothing to change");
            assert_eq!(world.read(AGENT_FILE), written);
            // All but the certificates themselves is gone with the strategy, to the byte.
            world.plugin(&line.replace(more, "--task-pods off")).exits(0);
            let off = world.read(AGENT_FILE);
            assert!(off.strip_prefix(&users).unwrap().starts_with("customCertificates:\n"), "{off}");
        }
    }

    fn an_agent_without_a_queue_is_deployed_all_the_same(world, namespace) {
        world.write("one.pem", &certificates::ca("Acme Root")).write(AGENT_FILE, "agentk8sglue:\n  queues:\n");
        for chart_name in [OLD_AGENT, NEW_AGENT] {
            world.plugin(&install_agent(&namespace, chart_name, "")).exits(0).warns("note[no-queue]");
        }
        // And one whose template could not be read is not.
        world.write(AGENT_FILE, "agentk8sglue:\n  basePodTemplate:\n    labels: {a: b, c: d}\n");
        world.plugin(&install_agent(&namespace, OLD_AGENT, "--discard-values"))
            .exits(3)
            .warns("error[task-pod-template-unreadable]");
        assert_eq!(revision(&world, &namespace, "clearml-agent"), 2);
    }

    fn a_gateways_certificates_are_written_before_its_credentials_are_there(world, namespace) {
        world.write("one.pem", &certificates::ca("Acme Root"));
        let line = format!("install gateway --ca one.pem --release gw --chart {} -n {} --yes", chart(GATEWAY), namespace.name);
        world.plugin(&line)
            .exits(3)
            .warns("error[values-missing]: clearml-enterprise-app-gateway 3.2.0 does not render without clearml.apiKey, clearml.apiSecret, clearml.apiServerUrlReference, and clearml-app-gateway-values.override.yaml, which is new, does not have them\n")
            .warns("--gateway-values FILE --gateway-values clearml-app-gateway-values.override.yaml");
        assert!(!world.path(GATEWAY_FILE).exists());
        world.plugin(&format!("{line} --files-only")).exits(0).warns("warning[values-missing]");
        assert!(world.read(GATEWAY_FILE).starts_with("customCertificates:"));
        world.write("credentials.yaml", GATEWAY_NEEDS);
        world.plugin(&format!("{line} -f credentials.yaml -f {GATEWAY_FILE}")).exits(0);
    }

    fn a_typo_in_the_namespace_is_told_before_anything_is_made(world, namespace) {
        world.write("one.pem", &certificates::ca("Acme Root"));
        world.plugin(&install_agent(&namespace, NEW_AGENT, "")).exits(0);
        let (name, typo) = (namespace.name.as_str(), format!("{}-typo", namespace.name));
        let line = install_agent(&namespace, NEW_AGENT, "").replace("--yes", "--dry-run");
        world
            .plugin(&line.replace(&format!("-n {name}"), &format!("-n {typo}")))
            .exits(0)
            .says("(new release; the namespace will be created)")
            .warns("warning[release-elsewhere]")
            .warns(&format!("and not in {typo}, where this makes a new release"));
        world.write(GATEWAY_FILE, GATEWAY_NEEDS);
        let gateway = format!("install gateway --ca one.pem --release gw --chart {} -n {typo} --dry-run", chart(GATEWAY));
        world
            .plugin(&gateway)
            .exits(3)
            .warns(&format!("error[namespace-missing]: there is no namespace {typo} on context"))
            .warns(&format!("kubectl create namespace {typo}"));
        world.plugin(&format!("{gateway} -- --create-namespace")).exits(0).says("the namespace will be created");
    }

    fn checking_that_was_switched_off_is_switched_on_with_the_certificates(world, namespace) {
        world.write("one.pem", &certificates::ca("Acme Root"));
        let users = "# ours\nagentk8sglue:\n  clearmlcheckCertificate: false # for now\n  replicaCount: 1\n";
        world.write(AGENT_FILE, users);
        let line = install_agent(&namespace, NEW_AGENT, "");
        world.plugin(&line)
            .exits(0)
            .warns("warning[checking-off]: clearml-agent-values.override.yaml:3: agentk8sglue.clearmlcheckCertificate");
        let init = || {
            let deployments = namespace.get("deployments");
            let spec = &deployments["items"][0]["spec"]["template"]["spec"];
            spec["initContainers"].to_string()
        };
        assert!(init().contains("--insecure"));
        world.plugin(&format!("{line} --enforce-checking")).exits(0).never_says("checking-off");
        assert!(!init().contains("--insecure"));
        assert!(world.read(AGENT_FILE).starts_with("# ours\nagentk8sglue:\n  replicaCount: 1\n"));
    }

    fn the_applications_agent_goes_into_the_control_plane(world, namespace) {
        let one = certificates::ca("Acme Root");
        world.write("one.pem", &one);
        for version in ["10.8.13", "10.11.3"] {
            let chart = chart(&format!("clearml-enterprise-{version}"));
            let line = format!("install apps --ca one.pem --chart {chart} -n {} --wait --timeout 60s --yes", namespace.name);
            world.plugin(&line).exits(0);
            assert_eq!(deployed(&namespace), fingerprints(&one).into_iter().collect());
            assert_eq!(task_pod_sources(&namespace), ["clearml-enterprise-apps-custom-ca-0"]);
            world.plugin(&line).exits(0).says("Nothing to change");
        }
        // The newer chart does it itself, so the hand-written template is gone again.
        assert!(!world.read("clearml-values.override.yaml").contains("basePodTemplate"));
    }

    fn a_replaced_bundle_goes_in_whole_and_back_again(world, namespace) {
        let (one, two) = (certificates::ca("Acme Root"), certificates::ca("Acme Next"));
        world.write("one.pem", &one).write("two.pem", &two).write(AGENT_FILE, USERS_FILE);
        let both: BTreeSet<_> = fingerprints(&(one + &two)).into_iter().collect();
        world.plugin(&install_agent(&namespace, OLD_AGENT, "--ca two.pem")).exits(0);
        world.plugin(&install_agent(&namespace, OLD_AGENT, "--mode replace"))
            .exits(0)
            .warns("warning[mode-switched]");
        assert_eq!(deployed(&namespace), both);
        world.plugin(&install_agent(&namespace, OLD_AGENT, "")).exits(0).says("Nothing to change");
        world.plugin(&install_agent(&namespace, OLD_AGENT, "--mode append")).exits(0);
        assert_eq!(deployed(&namespace), both);
        assert_eq!(task_pod_sources(&namespace).len(), 2);
        assert!(world.read(AGENT_FILE).starts_with(USERS_FILE));
    }

    fn a_chart_that_renames_its_config_maps_leaves_no_dead_reference(world, namespace) {
        world.write("one.pem", &certificates::ca("Acme Root"));
        world.plugin(&install_agent(&namespace, "odd-agent-1.0.0", "")).exits(0);
        world.write("two.pem", &certificates::ca("Acme Next"));
        world.plugin(&install_agent(&namespace, "odd-agent-1.0.0", "--ca two.pem"))
            .exits(0)
            .never_says("config-map-not-rendered");
        let template = world.read(AGENT_FILE);
        let named = template.lines().filter_map(|line| line.trim().strip_prefix("name: trust-"));
        let rendered: Vec<Value> = config_maps(&namespace);
        for name in named {
            let exists = rendered.iter().any(|map| map["metadata"]["name"] == format!("trust-{name}"));
            assert!(exists, "trust-{name} is not there\n{template}");
        }
    }

    fn an_upgrade_whose_pods_never_become_ready_is_reported_and_the_file_follows_the_release(world, namespace) {
        world.write("one.pem", &certificates::ca("Acme Root")).write(AGENT_FILE, USERS_FILE);
        world.plugin(&install_agent(&namespace, OLD_AGENT, "")).exits(0);
        world.write("two.pem", &certificates::ca("Acme Next"));
        let before = world.read(AGENT_FILE);
        let failing = |more: &str| {
            let line = format!("--ca two.pem --wait --timeout 5s {more} -- --set agentk8sglue.image.tag=never-ready");
            world.plugin(&install_agent(&namespace, OLD_AGENT, &line))
        };
        let run = failing("--rollback-on-failure");
        run.exits(1).warns("helm upgrade -i").warns("the release went back to what it was, as revision 3");
        assert_eq!(world.read(AGENT_FILE), before);
        let run = failing("");
        run.exits(1).warns("moved on to revision").warns("(failed)").warns("the file's former content: ");
        assert_ne!(world.read(AGENT_FILE), before);
        world.plugin(&install_agent(&namespace, OLD_AGENT, "--ca two.pem --discard-values")).exits(0);
        assert_eq!(task_pod_sources(&namespace).len(), 2);
        world.is_tidy();
    }

    fn a_deployed_value_that_no_file_holds_is_not_dropped(world, namespace) {
        world.write("one.pem", &certificates::ca("Acme Root")).write(AGENT_FILE, USERS_FILE);
        world.plugin(&install_agent(&namespace, OLD_AGENT, "")).exits(0);
        std::fs::remove_file(world.path(AGENT_FILE)).unwrap();
        world.plugin(&install_agent(&namespace, OLD_AGENT, ""))
            .exits(3)
            .warns("error[deployed-values-lost]")
            .warns("imageCredentials.password")
            .never_says("hunter2");
        assert_eq!(revision(&world, &namespace, "clearml-agent"), 1);
        assert!(!world.path(AGENT_FILE).exists());
        world.plugin(&install_agent(&namespace, OLD_AGENT, "-- --reset-then-reuse-values")).exits(0);
        world.helm(["get", "values", "clearml-agent", "-n", &namespace.name]).says("hunter2");
    }

    fn a_chart_in_an_oci_registry_is_found_pinned_and_deployed(world, namespace) {
        let registry = std::env::var("E2E_REGISTRY").unwrap();
        let reference = format!("oci://{registry}/{}", namespace.name);
        world.write("one.pem", &certificates::ca("Acme Root"));
        for chart_name in [OLD_AGENT, NEW_AGENT] {
            world.helm(["package", &chart(chart_name), "-d", "packages"]).exits(0);
        }
        for package in std::fs::read_dir(world.path("packages")).unwrap() {
            let package = package.unwrap().path().display().to_string();
            world.helm(["push", "--plain-http", &package, &reference]).exits(0);
        }
        let line = |version: &str| format!(
            "install agent --ca one.pem --chart {reference}/clearml-enterprise-agent {version} -n {} --yes -- --plain-http",
            namespace.name
        );
        world.plugin(&line("--version 6.9.3")).exits(0).says("--version 6.9.3 --create-namespace");
        // The deployed version holds until another is asked for, though the registry has a newer one.
        world.plugin(&line("")).exits(0).says("Nothing to change");
        world.plugin(&line("--version 6.14.6 --task-pods template")).exits(0).says("chart 6.9.3 → 6.14.6");
        world.plugin(&line("--version 1.0.0")).exits(1).warns("1.0.0");
        world.is_tidy();
    }

    fn a_chart_by_its_digest_keeps_it_in_the_command(world, namespace) {
        let registry = std::env::var("E2E_REGISTRY").unwrap();
        let reference = format!("oci://{registry}/{}", namespace.name);
        world.write("one.pem", &certificates::ca("Acme Root"));
        world.helm(["package", &chart(OLD_AGENT), "-d", "packages"]).exits(0);
        let package = world.path("packages/clearml-enterprise-agent-6.9.3.tgz").display().to_string();
        let pushed = world.helm(["push", "--plain-http", &package, &reference]);
        pushed.exits(0);
        let whole = format!("{}{}", pushed.stdout, pushed.stderr);
        let digest = whole.lines().find_map(|line| line.strip_prefix("Digest: ")).unwrap().trim();
        let by_digest = format!("{reference}/clearml-enterprise-agent@{digest}");
        for (chart, version) in [
            (by_digest.clone(), ""),
            (by_digest.clone(), "--version 6.9.3"),
            (format!("{reference}/clearml-enterprise-agent:6.9.3@{digest}"), ""),
        ] {
            let line = format!(
                "install agent --ca one.pem --chart {chart} {version} -n {} --skip-probe --yes -- --plain-http",
                namespace.name
            );
            world.plugin(&line).exits(0);
            let again = world.plugin(&line.replace("--yes", "--dry-run --task-pods off"));
            again.exits(0).says(&format!("@{digest}"));
        }
    }

    fn a_cluster_is_found_in_several_kubeconfigs_under_any_name(world, namespace) {
        let whole = std::fs::read_to_string(std::env::var("E2E_KUBECONFIG").unwrap()).unwrap();
        let mut first: serde_yaml::Value = serde_yaml::from_str(&whole).unwrap();
        let mut second = first.clone();
        for name in ["arn:aws:eks:eu-central-1:123456789012:cluster/ml", "default/openshift:6443/admin", "my cluster's"] {
            // The cluster and the user stand in one file, the context in the other.
            second["contexts"][0]["name"] = name.into();
            first["contexts"] = serde_yaml::Value::Sequence(Vec::new());
            first["current-context"] = "".into();
            second["current-context"] = "".into();
            second["clusters"] = serde_yaml::Value::Sequence(Vec::new());
            second["users"] = serde_yaml::Value::Sequence(Vec::new());
            world.write("a.yaml", &serde_yaml::to_string(&first).unwrap());
            world.write("b.yaml", &serde_yaml::to_string(&second).unwrap());
            world.write("one.pem", &certificates::ca("Acme Root"));
            let both = [world.path("a.yaml"), world.path("b.yaml")];
            let both = std::env::join_paths(both).unwrap().into_string().unwrap();
            let line = format!(
                "install agent --ca one.pem --chart {} --task-pods off --restart --skip-probe --yes",
                chart(NEW_AGENT)
            );
            // As helm hands its own flags over.
            let variables = [
                ("KUBECONFIG", both.as_str()),
                ("HELM_NAMESPACE", &namespace.name),
                ("HELM_KUBECONTEXT", name),
            ];
            let run = world.plugin_with(&world.helm.binary(), &line, &variables);
            run.exits(0).says(&format!("--kube-context {}", shell_words::quote(name)));
            // What is printed can be pasted.
            let mut lines = run.stdout.lines().map(str::trim);
            let command = lines.find(|line| line.starts_with("helm upgrade")).unwrap();
            let words = shell_words::split(command).unwrap();
            assert!(words.iter().any(|word| word == name), "{command}");
            world.write("one.pem", &certificates::ca(&format!("Another Root {}", name.len())));
        }
    }

    fn certificates_are_read_out_of_the_cluster_and_out_of_a_release(world, namespace) {
        let (one, two) = (certificates::ca("Acme Root"), certificates::ca("Other Root"));
        world.write("one.pem", &one).write("two.pem", &two).write("notes.txt", "hello");
        let from = |name: &str| format!("--from-file={}", world.path(name).display());
        namespace.create(&["configmap", "ca", &from("one.pem"), &from("notes.txt")]);
        namespace.create(&["secret", "generic", "ca", &from("two.pem")]);
        let printed = |source: &str| {
            let run = world.plugin(&format!("inspect {source} -n {} -o json", namespace.name));
            let whole: Value = serde_json::from_str(&run.exits(0).stdout).unwrap();
            let all: Vec<String> = whole["certificates"].as_array().unwrap().iter()
                .map(|one| one["sha256"].as_str().unwrap().to_owned()).collect();
            all
        };
        let wanted = |pem: &str| vec![fingerprints(pem)[0].to_string()];
        assert_eq!(printed("configmap:ca"), wanted(&one));
        assert_eq!(printed("secret:ca/two.pem"), wanted(&two));
        assert_eq!(printed(&format!("secret:{}/ca", namespace.name)), wanted(&two));
        let inspect = |source: &str| world.plugin(&format!("inspect {source} -n {}", namespace.name));
        inspect("configmap:ca").exits(0).warns("notes.txt was skipped");
        inspect("secret:gone").exits(1).warns("NotFound");
        inspect("release:clearml-agent").exits(1).warns("there is no release clearml-agent");

        let line = install_agent(&namespace, OLD_AGENT, "").replace("--ca one.pem", "--ca configmap:ca");
        world.plugin(&line).exits(0);
        assert_eq!(deployed(&namespace), fingerprints(&one).into_iter().collect());
        assert_eq!(printed("release:clearml-agent"), wanted(&one));
    }

    fn a_user_without_rights_reads_why(world, namespace) {
        let Some(readonly) = std::env::var_os("E2E_READONLY_KUBECONFIG") else {
            return;
        };
        world.write("one.pem", &certificates::ca("Acme Root"));
        let readonly = readonly.into_string().unwrap();
        let line = install_agent(&namespace, OLD_AGENT, &format!("--kubeconfig {readonly}"));
        world.plugin(&line).exits(1).warns("forbidden");
        assert_eq!(world.files(), ["one.pem"]);
    }
}
