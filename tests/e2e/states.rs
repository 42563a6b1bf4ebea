//! Releases in every state that Helm knows, and clusters that do not have what their release says: against a real Kubernetes API,
//! with both major versions of Helm.

use helm_clearml_certs::helm;
use serde_json::{Value, json};

use crate::support::cluster::Namespace;
use crate::support::watched_helm::WatchedHelm;
use crate::support::{Helm, Run, World, certificates, chart, until};

const AGENT_FILE: &str = "clearml-agent-values.override.yaml";
const USERS_FILE: &str = "imageCredentials:\n  password: hunter2-very-secret\n";
const AGENT: &str = "clearml-enterprise-agent-6.9.3";
const CONFIG_MAP: &str = "clearml-agent-clearml-enterprise-agent-custom-ca-0";
const NEVER_READY: &str = "-- --set agentk8sglue.image.tag=never-ready";

fn line(namespace: &Namespace, more: &str) -> String {
    format!(
        "install agent --ca one.pem --chart {} -n {} --yes {more}",
        chart(AGENT),
        namespace.name
    )
}

fn install(world: &World, namespace: &Namespace, more: &str) -> Run {
    world.plugin(&line(namespace, more))
}

fn installed(world: &World, namespace: &Namespace) {
    world
        .write("one.pem", &certificates::ca("Acme Root"))
        .write(AGENT_FILE, USERS_FILE);
    install(world, namespace, "").exits(0);
}

fn kubectl(namespace: &Namespace, words: &[&str]) -> String {
    Namespace::kubectl(&[words, &["-n", &namespace.name]].concat())
}

fn certificate_in_the_cluster(namespace: &Namespace) -> String {
    kubectl(
        namespace,
        &[
            "get",
            "configmap",
            CONFIG_MAP,
            "--ignore-not-found",
            "-o",
            "jsonpath={.data}",
        ],
    )
}

on_the_cluster! {
    fn what_helm_keeps_in_a_secret_is_read_as_helm_itself_tells_it(world, namespace) {
        installed(&world, &namespace);
        install(&world, &namespace, "-- --set podLabels.team=a").exits(0);
        let secret = helm::secret_of("clearml-agent", &namespace.name, 2);
        let secret = kubectl(&namespace, &["get", "secret", &secret.name, "-o", "json"]);
        let read = helm::stored_in(&serde_json::from_str(&secret).unwrap()).unwrap();
        let told = world.helm(["status", "clearml-agent", "-n", &namespace.name, "-o", "json"]);
        let told: Value = serde_json::from_str(&told.exits(0).stdout).unwrap();
        assert_eq!(json!(read.revision), told["version"]);
        assert_eq!(json!(read.status), told["info"]["status"]);
        assert_eq!(json!(read.manifest), told["manifest"]);
        assert_eq!(serde_json::to_value(&read.values).unwrap(), told["config"]);
        assert_eq!(read.values["podLabels"]["team"], "a");
        assert_eq!(read.is_applied_by_server, told["apply_method"] == "ssa");
        assert_eq!(read.is_applied_by_server, world.helm == Helm::V4);
    }

    fn an_uninstalled_release_whose_history_is_kept_is_made_anew(world, namespace) {
        installed(&world, &namespace);
        world.helm(["uninstall", "clearml-agent", "-n", &namespace.name, "--keep-history"]).exits(0);
        install(&world, &namespace, "")
            .exits(0)
            .warns("note[release-uninstalled]")
            .says("clearml-agent is new");
        install(&world, &namespace, "").exits(0).says("Nothing to change");
        assert!(!certificate_in_the_cluster(&namespace).is_empty());
    }

    fn a_release_that_is_superseded_alone_keeps_its_values(world, namespace) {
        installed(&world, &namespace);
        world.write("one.pem", &certificates::ca("Acme Next"));
        install(&world, &namespace, "").exits(0);
        kubectl(&namespace, &["delete", "secret", "sh.helm.release.v1.clearml-agent.v2"]);
        let file = world.read(AGENT_FILE);
        std::fs::remove_file(world.path(AGENT_FILE)).unwrap();
        install(&world, &namespace, "").exits(3).warns("error[deployed-values-lost]").warns("imageCredentials.password");
        world.write(AGENT_FILE, &file);
        install(&world, &namespace, "").exits(0).says("clearml-agent revision 1 → 2");
    }

    fn a_release_that_is_being_uninstalled_is_refused_with_the_way_out(world, namespace) {
        installed(&world, &namespace);
        let held = |finalizers: &str| {
            let patch = format!("{{\"metadata\":{{\"finalizers\":{finalizers}}}}}");
            kubectl(&namespace, &["patch", "configmap", CONFIG_MAP, "--type=merge", "-p", &patch]);
        };
        held("[\"acme.example/held\"]");
        let helm = world.helm.binary();
        let words = ["uninstall", "clearml-agent", "-n", &namespace.name, "--wait", "--timeout", "90s"];
        let running = world.start(&helm, words, &[]);
        let uninstalling = ["list", "-n", &namespace.name, "--uninstalling", "-q"];
        until("the release is being uninstalled", || world.helm(uninstalling).stdout.contains("clearml-agent"));
        running.signal(crate::support::platform::Signal::KILL);
        let _ = running.ends();
        let before = world.read(AGENT_FILE);
        let run = install(&world, &namespace, "");
        run.exits(3).warns("error[release-uninstalling]");
        let way_out = format!("uninstall clearml-agent -n {}", namespace.name);
        run.warns(&format!("if no helm is running: helm {way_out}"));
        assert_eq!(world.read(AGENT_FILE), before);
        held("null");
        world.helm(way_out.split(' ')).exits(0);
        install(&world, &namespace, "").exits(0);
        assert!(!certificate_in_the_cluster(&namespace).is_empty());
    }

    fn what_somebody_deleted_or_edited_in_the_cluster_is_put_back(world, namespace) {
        installed(&world, &namespace);
        let ours = certificate_in_the_cluster(&namespace);
        kubectl(&namespace, &["delete", "configmap", CONFIG_MAP]);
        let look = || install(&world, &namespace, "--dry-run --detailed-exitcode");
        look().exits(2).warns("warning[live-objects-differ]").warns(&format!("ConfigMap {CONFIG_MAP} is gone"));
        install(&world, &namespace, "").exits(0);
        assert_eq!(certificate_in_the_cluster(&namespace), ours);
        look().exits(0).says("Nothing to change");
        kubectl(&namespace, &["patch", "configmap", CONFIG_MAP, "--type=merge", "-p", "{\"data\":{\"acme-root.crt\":\"gone\"}}"]);
        let run = look();
        run.warns(&format!("ConfigMap {CONFIG_MAP} has other certificates"));
        // Helm 4 applies on the server's side, where kubectl owns what it has changed.
        let more = match world.helm {
            Helm::V3 => "",
            Helm::V4 => "-- --force-conflicts",
        };
        match world.helm {
            Helm::V3 => run.exits(2),
            Helm::V4 => run.exits(3).warns("error[field-conflict]"),
        };
        install(&world, &namespace, more).exits(0);
        assert_eq!(certificate_in_the_cluster(&namespace), ours);
        look().exits(0);
    }

    fn a_colleague_at_work_on_the_release_is_not_rolled_back(world, namespace) {
        installed(&world, &namespace);
        world.write("one.pem", &certificates::ca("Acme Next"));
        let before = world.read(AGENT_FILE);
        let helm = WatchedHelm::new(&world);
        let theirs = format!("upgrade clearml-agent {} -n {} --set imageCredentials.password=theirs", shell_words::quote(&chart(AGENT)), namespace.name);
        // Theirs is in the midst of it when ours begins.
        helm.before("upgrade", &format!(
            "\"$HELM\" {theirs} --wait --timeout 20s --set agentk8sglue.image.tag=never-ready &\nwhile kill -0 $! && ! \"$HELM\" list -n {} --pending -q | grep -q clearml-agent; do :; done",
            namespace.name
        ));
        world.has_programs(&["grep"]);
        let run = helm.plugin(&line(&namespace, ""));
        run.exits(1)
            .warns("another operation")
            .warns("somebody else deployed meanwhile: the release is at revision 2 (pending-upgrade)")
            .warns("if no helm is at work on it any more:\n    helm rollback clearml-agent 1");
        assert_eq!(world.read(AGENT_FILE), before);
    }

    fn helm_goes_back_over_a_revision_that_failed_and_the_file_with_it(world, namespace) {
        installed(&world, &namespace);
        world.write("one.pem", &certificates::ca("Acme Next"));
        install(&world, &namespace, &format!("--wait --timeout 3s {NEVER_READY}"))
            .exits(1)
            .warns("moved on to revision 2 (failed)")
            .warns("helm rollback clearml-agent 1");
        world.write("one.pem", &certificates::ca("Acme Third"));
        let before = world.read(AGENT_FILE);
        install(&world, &namespace, &format!("--wait --timeout 3s --rollback-on-failure {NEVER_READY}"))
            .exits(1)
            .warns("went back to the last revision that was deployed without an error, as revision 4");
        assert_eq!(world.read(AGENT_FILE), before);
    }
}
