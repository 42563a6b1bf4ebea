//! What stops an install before it begins, what is looked at afterwards, and the ways out of what went wrong: against a real
//! Kubernetes API, with both major versions of Helm. Run by `make e2e`.

use std::path::{Path, PathBuf};

use crate::support::cluster::Namespace;
use crate::support::platform::Signal;
use crate::support::schema;
use crate::support::watched_helm::WatchedHelm;
use crate::support::{
    GATEWAY_FILE, GATEWAY_NEEDS, Helm, Run, Running, World, certificates, chart, copy_folder, until,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use helm_clearml_certs::helm::ChartContent;
use helm_clearml_certs::preflight::Stored;
use serde_json::Value;

const AGENT_FILE: &str = "clearml-agent-values.override.yaml";
const AGENT: &str = "clearml-enterprise-agent-6.9.3";
const GATEWAY: &str = "clearml-enterprise-app-gateway-3.2.0";
const LIMIT: usize = 1_048_576;
/// Makes an upgrade wait for pods that never become ready.
const SLOW: &str = "--wait --timeout 100s -- --set agentk8sglue.image.tag=never-ready";

fn install_line(namespace: &Namespace, chart: &str, more: &str) -> String {
    format!(
        "install agent --ca one.pem --chart {chart} -n {} --yes {more}",
        namespace.name
    )
}

fn install(world: &World, namespace: &Namespace, more: &str) -> Run {
    world.plugin(&install_line(namespace, &chart(AGENT), more))
}

/// Starts an install and waits until the release is in the midst of it.
fn begin<'a>(world: &World, helm: &WatchedHelm<'a>, namespace: &Namespace) -> Running<'a> {
    let running = helm.starts(&install_line(namespace, &chart(AGENT), SLOW));
    let pending = ["list", "-n", &namespace.name, "--pending", "-q"];
    until("the release is pending", || {
        world.helm(pending).stdout.contains("clearml-agent")
    });
    running
}

/// The command that a run printed below `line`, as it can be pasted.
fn printed_below(run: &Run, line: &str) -> Vec<String> {
    let mut lines = run.stderr.lines().skip_while(|one| !one.contains(line));
    let command = lines
        .nth(1)
        .unwrap_or_else(|| panic!("no command below {line:?}\n{run}"));
    let words = shell_words::split(command.trim()).unwrap();
    assert_eq!(words[0], "helm", "{run}");
    words[1..].to_vec()
}

/// Name and size, as Kubernetes counts it, of the Secret that a revision is stored in.
fn stored_size(namespace: &Namespace, release: &str, revision: u64) -> usize {
    let name = format!("sh.helm.release.v1.{release}.v{revision}");
    let secrets = namespace.get("secrets");
    let secrets = secrets["items"].as_array().unwrap();
    let secret = secrets
        .iter()
        .find(|one| one["metadata"]["name"] == name.as_str())
        .unwrap();
    STANDARD
        .decode(secret["data"]["release"].as_str().unwrap())
        .unwrap()
        .len()
}

/// The agent's chart without the annotations that replace its pods when the certificates change.
fn chart_that_keeps_its_pods(world: &World) -> String {
    let folder = world.path("chart");
    copy_folder(Path::new(&chart(AGENT)), &folder);
    let deployment = folder.join("templates/agent-deployment.yaml");
    let text = std::fs::read_to_string(&deployment).unwrap();
    let kept = text
        .lines()
        .filter(|line| !line.contains("clearml.checksum"));
    let kept: Vec<&str> = kept.filter(|line| line.trim() != "annotations:").collect();
    std::fs::write(&deployment, kept.join("\n")).unwrap();
    folder.display().to_string()
}

/// Runs the plugin where nothing is on the path.
fn without_kubectl(world: &World, line: &str) -> Run {
    let line = format!("clearml-certs {line}");
    let helm = world.helm.binary();
    world
        .start(&helm, crate::support::words(&line), &[("PATH", "/nowhere")])
        .ends()
}

fn restarted_at(namespace: &Namespace) -> Value {
    let deployments = namespace.get("deployments");
    let template = &deployments["items"][0]["spec"]["template"];
    template["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"].clone()
}

on_the_cluster! {
    fn a_helm_killed_in_mid_upgrade_is_brought_back_by_the_printed_command(world, namespace) {
        world.write("one.pem", &certificates::ca("Acme Root"));
        install(&world, &namespace, "").exits(0);
        world.write("one.pem", &certificates::ca("Acme Next"));
        let helm = WatchedHelm::new(&world);
        let running = begin(&world, &helm, &namespace);
        helm.signal("upgrade", Signal::KILL);
        let run = running.ends();
        run.exits(1)
            .warns("helm was killed by signal 9")
            .warns("the release moved on to revision 2 (pending-upgrade)")
            .warns("keeps the new content");
        let way_out = printed_below(&run, "nothing can be deployed until this is settled");
        assert_eq!(way_out[..3], ["rollback", "clearml-agent", "1"]);

        // Who starts again before reading that is told the same, and nothing is touched.
        let files = world.files();
        install(&world, &namespace, "")
            .exits(3)
            .warns("error[release-pending]")
            .warns(&format!("if no helm is running: helm {}", way_out.join(" ")));
        assert_eq!(world.files(), files);

        world.helm(&way_out).exits(0);
        install(&world, &namespace, "").exits(0).says("in the cluster as rendered: ConfigMap");
        install(&world, &namespace, "").exits(0).says("Nothing to change");
        world.is_tidy();
    }

    fn a_first_install_that_was_killed_is_taken_out_by_the_printed_command(world, namespace) {
        world.write("one.pem", &certificates::ca("Acme Root"));
        let helm = WatchedHelm::new(&world);
        let running = begin(&world, &helm, &namespace);
        helm.signal("upgrade", Signal::KILL);
        let run = running.ends();
        run.exits(1).warns("the release moved on to revision 1 (pending-install)");
        let way_out = printed_below(&run, "nothing can be deployed until this is settled");
        assert_eq!(way_out[..2], ["uninstall", "clearml-agent"]);
        install(&world, &namespace, "").exits(3).warns("error[release-pending]");
        world.helm(&way_out).exits(0);
        install(&world, &namespace, "").exits(0);
    }

    fn an_interrupted_upgrade_is_told_as_it_is_and_the_next_one_goes_through(world, namespace) {
        world.write("one.pem", &certificates::ca("Acme Root")).write(AGENT_FILE, "imageCredentials:\n  password: hunter2-very-secret\n");
        install(&world, &namespace, "").exits(0);
        world.write("one.pem", &certificates::ca("Acme Next"));
        let helm = WatchedHelm::new(&world);
        let running = begin(&world, &helm, &namespace);
        running.signal_all(Signal::INT);
        // The helm in front of the plugin does not wait for it, so the plugin's own code is not to be seen here.
        let run = running.ends();
        run.warns("the release moved on to revision 2 (failed)").warns("interrupted; how far it came is said above");
        let back = printed_below(&run, "run this again, or go back with");
        assert_eq!(back[..3], ["rollback", "clearml-agent", "1"]);
        install(&world, &namespace, "--discard-values").exits(0).warns("note[release-failed]");
        world.is_tidy();
    }

    fn who_may_look_but_not_write_is_told_before_anything_is_written(world, namespace) {
        world.write("one.pem", &certificates::ca("Acme Root"));
        let reader = namespace.reader();
        world.write("reader.kubeconfig", &reader);
        let with_reader = format!("--kubeconfig {}", world.path("reader.kubeconfig").display());
        install(&world, &namespace, &with_reader)
            .exits(3)
            .warns("error[no-rights]")
            .warns("create configmaps, create ")
            .warns("secrets, create deployments.apps");
        assert_eq!(world.files(), ["one.pem", "reader.kubeconfig"]);
        // Without kubectl nobody can be asked; helm stops at its own first write then, and the file goes back.
        without_kubectl(&world, &install_line(&namespace, &chart(AGENT), &with_reader))
            .exits(1)
            .warns("resource \"namespaces\"")
            .warns("the release is as it was")
            .warns("hint: your user lacks that right");
        assert_eq!(world.files(), ["one.pem", "reader.kubeconfig"]);
        install(&world, &namespace, "").exits(0).never_says("no-rights");
    }

    fn pods_that_would_keep_the_old_bundle_are_named_and_restarted(world, namespace) {
        let chart = chart_that_keeps_its_pods(&world);
        let line = |more: &str| install_line(&namespace, &chart, &format!("--mode replace {more}"));
        world.write("one.pem", &certificates::ca("Acme Root"));
        world.plugin(&line("")).exits(0).never_says("keep the old certificates");
        world.write("two.pem", &certificates::ca("Acme Next"));
        let run = world.plugin(&line("--ca two.pem"));
        run.exits(0)
            .warns("warning[pods-keep-old-content]")
            .says("the running pods of Deployment clearml-agent-clearml-enterprise-agent keep the old certificates until they are restarted:\n    kubectl rollout restart deployment/clearml-agent-clearml-enterprise-agent -n");
        assert_eq!(restarted_at(&namespace), Value::Null);

        world.write("three.pem", &certificates::ca("Acme Third"));
        let third = line("--ca two.pem --ca three.pem --restart --wait --timeout 60s");
        without_kubectl(&world, &third).exits(3).warns("error[restart-needs-kubectl]");
        world.plugin(&third).exits(0).says("restarted: Deployment clearml-agent-clearml-enterprise-agent").never_says("pods-keep-old-content");
        assert!(restarted_at(&namespace).is_string());
    }

    fn a_gateway_is_warned_of_where_no_agent_is_or_comes_along(world, namespace) {
        world.write("one.pem", &certificates::ca("Acme Root"));
        world.write(GATEWAY_FILE, GATEWAY_NEEDS);
        let gateway = format!("--gateway-chart {} --gateway-release gw -n {}", chart(GATEWAY), namespace.name);
        let alone = world.plugin(&format!("install gateway --ca one.pem {gateway} --dry-run"));
        alone.exits(0).warns("warning[gateway-without-agent]");
        let both = world.plugin(&format!("install gateway agent --ca one.pem {gateway} --agent-chart {} --dry-run", chart(AGENT)));
        both.exits(0).never_says("gateway-without-agent");
        install(&world, &namespace, "").exits(0);
        let beside = world.plugin(&format!("install gateway --ca one.pem {gateway} --dry-run"));
        beside.exits(0).never_says("gateway-without-agent");
    }

    fn the_size_of_the_release_is_known_before(world, namespace) {
        world.write("one.pem", &certificates::ca("Acme Root"));
        let predicted = |revision: u64| {
            let get = |what: &str| {
                let run = world.helm(["get", what, "clearml-agent", "-n", &namespace.name, "--revision", &revision.to_string(), "-o", "yaml"].into_iter().take(if what == "manifest" { 7 } else { 9 }));
                run.exits(0);
                run.stdout
            };
            let folder = PathBuf::from(chart(AGENT));
            let values = std::fs::read_to_string(folder.join("values.yaml")).unwrap();
            Stored {
                release: "clearml-agent",
                namespace: &namespace.name,
                chart: &ChartContent::read(&folder, serde_yaml::from_str(&values).unwrap()).unwrap().unwrap(),
                config: &serde_yaml::from_str(&get("values")).unwrap(),
                manifest: &get("manifest"),
            }
            .secret_size()
        };
        let is_near = |predicted: usize, stored: usize| {
            // Times and rendered notes are not known before.
            let near = predicted.abs_diff(stored);
            assert!(near <= 700 || near * 100 <= stored * 3, "{predicted} predicted, {stored} stored");
        };
        install(&world, &namespace, "").exits(0).never_says("release-nearly-too-large");
        is_near(predicted(1), stored_size(&namespace, "clearml-agent", 1));

        let bulk = |count: usize| -> String { (0..count).map(|i| certificates::bulky_ca(&format!("Bulky {i}"), 30_000)).collect() };
        world.write("bulk.pem", &bulk(11));
        install(&world, &namespace, "--ca bulk.pem --mode replace").exits(0).warns("warning[release-nearly-too-large]");
        let stored = stored_size(&namespace, "clearml-agent", 2);
        assert!((LIMIT / 5 * 4..LIMIT).contains(&stored), "{stored}");
        is_near(predicted(2), stored);

        let file = world.read(AGENT_FILE);
        world.write("bulk.pem", &bulk(14));
        install(&world, &namespace, "--ca bulk.pem --mode replace").exits(3).warns("error[release-too-large]");
        assert_eq!(world.read(AGENT_FILE), file);
        // Helm would have found out in the midst.
        let forced = install(&world, &namespace, "--ca bulk.pem --mode replace --ignore release-too-large");
        forced.exits(1).warns("Too long: may not be more than 1048576 bytes").warns("the release is as it was");
        assert_eq!(world.read(AGENT_FILE), file);
    }

    fn the_plan_and_its_result_are_json(world, namespace) {
        world.write("one.pem", &certificates::ca("Acme Root"));
        let run = install(&world, &namespace, "-o json");
        let done = schema::holds("install", &run.exits(0).stdout);
        let result = &done["targets"][0]["result"];
        assert_eq!((&done["outcome"], &result["revision"]), (&"done".into(), &1.into()));
        assert_eq!(result["live"][0], "ConfigMap clearml-agent-clearml-enterprise-agent-custom-ca-0");
        let run = install(&world, &namespace, "-o json");
        let unchanged = schema::holds("install", &run.exits(0).stdout);
        assert_eq!((&unchanged["outcome"], &unchanged["hasChanges"]), (&"planned".into(), &false.into()));
        assert_eq!(unchanged["targets"][0]["deployed"]["revision"], 1);
    }

    fn helms_debug_output_betrays_nothing(world, namespace) {
        world.write("one.pem", &certificates::ca("Acme Root"));
        world.write(AGENT_FILE, "imageCredentials:\n  enabled: true\n  password: hunter2-very-secret\nclearml:\n  agentk8sglueSecret: another-canary-of-ours\n");
        install(&world, &namespace, "--debug").exits(0);
        install(&world, &namespace, "--debug --show-manifest --dry-run").exits(0);
        std::fs::remove_file(world.path(AGENT_FILE)).unwrap();
        install(&world, &namespace, "--debug").exits(3).warns("error[deployed-values-lost]");
        install(&world, &namespace, "--debug -- --set broken").exits(1);
    }
}
