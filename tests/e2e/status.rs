//! `status` on a real API server: releases of any name, drift in each of the four places, metrics, and rights to read.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::authority::{Issued, authority, server};
use crate::support::cluster::{Namespace, kubeconfig};
use crate::support::tls_server::Renewable;
use crate::support::{Helm, Run, World, certificates, chart, schema, until};

const AGENT: &str = "clearml-enterprise-agent-6.14.6";
const AGENT_FILE: &str = "clearml-agent-values.override.yaml";
const GATEWAY: &str = "clearml-enterprise-app-gateway-3.2.0";
const APPS: &str = "clearml-enterprise-10.11.3";
const DEPLOYMENT: &str = "clearml-agent-clearml-enterprise-agent";
const CONFIG_MAP: &str = "clearml-agent-clearml-enterprise-agent-custom-ca-0";

fn kubectl(namespace: &Namespace, words: &[&str]) -> String {
    Namespace::kubectl(&[words, &["-n", &namespace.name]].concat())
}

fn status(world: &World, namespace: &Namespace, more: &str) -> Run {
    world.plugin(&format!("status --skip-probe -n {} {more}", namespace.name))
}

/// The agent as `install` leaves it.
fn installed(world: &World, namespace: &Namespace) {
    world
        .write("one.pem", &certificates::ca("Acme Root"))
        .write(
            AGENT_FILE,
            "agentk8sglue:\n  queues: {default: {}, gpu: {}}\n",
        );
    let line = format!(
        "install agent --ca one.pem --chart {} -n {} --skip-probe --yes --wait",
        chart(AGENT),
        namespace.name
    );
    world.plugin(&line).exits(0);
}

/// The pods of the agent, once there is one of its present template.
fn rolled_out(namespace: &Namespace) {
    kubectl(
        namespace,
        &[
            "rollout",
            "status",
            &format!("deployment/{DEPLOYMENT}"),
            "--timeout=60s",
        ],
    );
    until("the former pods are gone", || {
        namespace.get("pods")["items"].as_array().unwrap().len() == 1
    });
}

/// A certificate of values, indented for a file.
fn entry(alias: &str, pem: &str) -> String {
    let pem = pem.trim_end().replace('\n', "\n        ");
    format!("    - alias: {alias}\n      pem: |\n        {pem}\n")
}

/// The rows of one namespace.
fn rows<'a>(status: &'a Value, namespace: &str) -> Vec<&'a Value> {
    let releases = status["releases"].as_array().unwrap().iter();
    releases
        .filter(|one| one["id"]["namespace"] == namespace)
        .collect()
}

/// What promtool says of metrics.
fn linted(metrics: &str) {
    let program = std::env::var("PROMLINT").unwrap();
    let mut lint = Command::new(program)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    lint.stdin
        .take()
        .unwrap()
        .write_all(metrics.as_bytes())
        .unwrap();
    let output = lint.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}\n{metrics}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A kubeconfig file with the cluster of the tests, and one that does not answer.
fn two_contexts(world: &World) -> String {
    let config = Namespace::kubectl(&["config", "view", "--raw", "--minify", "-o", "json"]);
    let mut config: Value = serde_json::from_str(&config).unwrap();
    let add = |config: &mut Value, list: &str, item: Value| {
        config[list].as_array_mut().unwrap().push(item);
    };
    add(
        &mut config,
        "clusters",
        json!({"name": "gone", "cluster": {"server": "http://127.0.0.1:1"}}),
    );
    add(
        &mut config,
        "contexts",
        json!({"name": "gone", "context": {"cluster": "gone", "user": "nobody"}}),
    );
    let here = config["current-context"].as_str().unwrap().to_owned();
    std::fs::write(world.path("kubeconfig"), config.to_string()).unwrap();
    here
}

on_the_cluster! {
    fn three_components_in_three_namespaces_are_found_by_their_charts(world, namespace) {
        let more = [Namespace::new(), Namespace::new()];
        let root = certificates::ca("Acme Root");
        let certificates = format!("customCertificates:\n  extraCerts:\n{}", entry("acme-root", &root));
        world.write("agent.yaml", &format!("{certificates}  propagateToTasks: true\nagentk8sglue: {{queues: {{default: {{}}, gpu: {{}}}}}}\n"));
        world.write("gateway.yaml", &format!("{certificates}{}", crate::support::GATEWAY_NEEDS));
        let indented = certificates.trim_end().replace('\n', "\n  ");
        world.write("apps.yaml", &format!("clearmlApplications:\n  {indented}\n    propagateToTasks: true\n"));
        let all: Vec<&Namespace> = std::iter::once(&namespace).chain(&more).collect();
        for namespace in &all {
            for (name, of, file) in [("nn", AGENT, "agent.yaml"), ("door", GATEWAY, "gateway.yaml"), ("cp", APPS, "apps.yaml")] {
                let chart = chart(of);
                world.helm(["upgrade", "-i", name, &chart, "-n", &namespace.name, "-f", file, "--wait"]).exits(0);
            }
        }
        let files = "--agent-values agent.yaml --gateway-values gateway.yaml --apps-values apps.yaml";
        world.write("root.pem", &root);
        let run = world.plugin(&format!("status -A --skip-probe {files} --ca root.pem -o json"));
        let seen = schema::holds("status", &run.stdout);
        for namespace in &all {
            let found: Vec<(&str, &str)> = rows(&seen, &namespace.name)
                .iter()
                .map(|one| (one["id"]["release"].as_str().unwrap(), one["component"].as_str().unwrap()))
                .collect();
            assert_eq!(found, [("cp", "apps"), ("door", "gateway"), ("nn", "agent")], "{run}");
            for row in rows(&seen, &namespace.name) {
                for what in ["file", "live", "pods", "ca"] {
                    assert_eq!(row["agreement"][what]["state"], "same", "{what} {row:#}\n{run}");
                }
                assert_eq!(row["certificates"][0]["alias"], "acme-root");
            }
        }
        let run = status(&world, &namespace, &format!("{files} --ca root.pem"));
        run.exits(0).says("/cp ").says("/door ").says("/nn ").says("✓ 3 releases in step; Acme Root is the first to end");
        assert_eq!(run.stdout.lines().count(), 5, "{run}");
        // Metrics, of all and of one.
        let run = world.plugin("status -A --skip-probe -o prometheus");
        linted(&run.stdout);
        let run = status(&world, &namespace, "-o prometheus");
        run.exits(0);
        linted(&run.stdout);
        let count = |what: &str| run.stdout.lines().filter(|line| line.starts_with(what)).count();
        assert_eq!(count("clearml_certs_certificate_not_after_timestamp_seconds{"), 3, "{run}");
        assert_eq!(count("clearml_certs_release_in_step{"), 6, "{run}");
        // Rights of `view` alone: nothing is claimed of what may not be read, and what runs is seen.
        let readonly = std::env::var("E2E_READONLY_KUBECONFIG").unwrap();
        for line in ["-o json".to_owned(), "-A -o json --agent-release nn --gateway-release door --apps-release cp".to_owned()] {
            let run = status(&world, &namespace, &format!("{line} --kubeconfig {readonly}"));
            let seen = schema::holds("status", &run.stdout);
            let denied = seen["findings"].as_array().unwrap().iter().find(|one| one["code"] == "no-rights").unwrap();
            assert!(denied["message"].as_str().unwrap().contains("User \"readonly\" cannot list resource \"secrets\""), "{run}");
            let rows = rows(&seen, &namespace.name);
            assert_eq!(rows.len(), 3, "{run}");
            for row in rows {
                assert_eq!(row["certificates"][0]["alias"], "acme-root", "{row:#}");
                assert_eq!((&row["mode"], &row["revision"]), (&Value::Null, &Value::Null));
                assert_eq!(row["agreement"]["live"]["state"], "unknown");
                assert_eq!(row["agreement"]["pods"]["state"], "same", "{row:#}");
                assert!(row["chartVersion"].is_string(), "{row:#}");
            }
        }
        // Who may read one namespace whole is told so of all, and shown that one.
        std::fs::write(world.path("reader"), namespace.reader()).unwrap();
        let run = status(&world, &namespace, &format!("-A -o json --kubeconfig {}", world.path("reader").display()));
        run.exits(0).says("of all namespaces together may not be read").says("at the cluster scope");
        assert_eq!(rows(&schema::holds("status", &run.stdout), &namespace.name).len(), 3, "{run}");
    }

    fn drift_made_by_hand_in_each_of_the_four_places_is_found(world, namespace) {
        installed(&world, &namespace);
        rolled_out(&namespace);
        let look = |more: &str| status(&world, &namespace, more);
        look("").exits(0).says("  ✓     ✓     ✓\n").says("✓ 1 release in step");
        let file = world.read(AGENT_FILE);
        // The file.
        world.write(AGENT_FILE, &file.replace("acme-root", "renamed").replace("propagateToTasks: true", "propagateToTasks: false"));
        look("").exits(3).says("  ✗     ✓     ✓\n").warns("error[file-differs]");
        world.write(AGENT_FILE, &file);
        look("").exits(0);
        // The live objects, and the way back that is printed.
        kubectl(&namespace, &["patch", "configmap", CONFIG_MAP, "--type=merge", "-p", "{\"data\":{\"acme-root.crt\":\"gone\"}}"]);
        look("").exits(3).says("  ✓     ✗     ").warns(&format!("ConfigMap {CONFIG_MAP} has other certificates"));
        kubectl(&namespace, &["delete", "configmap", CONFIG_MAP]);
        let run = look("");
        run.exits(3).says("  ✓     ✗     ").warns(&format!("ConfigMap {CONFIG_MAP} is gone"));
        let back = run.stderr.split("put it back: helm ").nth(1).unwrap().lines().next().unwrap();
        let back = format!("{} --chart {} --skip-probe --yes", back.trim_start_matches("clearml-certs "), chart(AGENT));
        world.plugin(&back).exits(0);
        // The pods are older than the ConfigMap now, and Helm's history knows that they have read the same.
        look("").exits(0).says("  ✓     ✓     ✓\n");
        // The release: somebody deployed another file.
        let next = certificates::ca("Acme Next");
        world.write("other.yaml", &file.replacen("  extraCerts:\n", &format!("  extraCerts:\n{}", entry("next", &next)), 1));
        kubectl(&namespace, &["rollout", "pause", &format!("deployment/{DEPLOYMENT}")]);
        let chart = chart(AGENT);
        let deploy = ["upgrade", "clearml-agent", &chart, "-n", &namespace.name, "-f", "other.yaml"];
        world.helm(deploy).exits(0);
        // The Deployment was paused: its pods are those of before.
        let run = look("");
        run.exits(3)
            .says("  ✗     ✓     ✗\n")
            .warns("error[file-differs]")
            .warns("it lacks next")
            .warns("error[pods-keep-old-content]")
            .warns("were started without next")
            .warns(&format!("kubectl rollout restart deployment/{DEPLOYMENT} -n {}", namespace.name));
        kubectl(&namespace, &["rollout", "resume", &format!("deployment/{DEPLOYMENT}")]);
        rolled_out(&namespace);
        look("agent -f other.yaml").exits(0).says("  ✓     ✓     ✓\n");
        // A pod that waits, as a kubelet would tell of it: nobody's scheduler leaves it to us.
        let nobodys = "{\"spec\":{\"template\":{\"spec\":{\"schedulerName\":\"nobody\"}}}}";
        kubectl(&namespace, &["patch", "deployment", DEPLOYMENT, "--type=merge", "-p", nobodys]);
        let unscheduled = || {
            let pods = namespace.get("pods");
            let mut pods = pods["items"].as_array().unwrap().iter();
            let found = pods.find(|pod| pod["spec"]["nodeName"].is_null());
            found.map(|pod| pod["metadata"]["name"].as_str().unwrap().to_owned())
        };
        until("there is a pod that nobody schedules", || unscheduled().is_some());
        let pod = unscheduled().unwrap();
        let waits = json!({"status": {"phase": "Pending", "initContainerStatuses": [{
            "name": "init-k8s-glue", "image": "i", "imageID": "i", "ready": false, "restartCount": 0,
            "state": {"running": {"startedAt": "2020-01-01T00:00:00Z"}},
        }]}});
        kubectl(&namespace, &["patch", "pod", &pod, "--subresource=status", "--type=merge", "-p", &waits.to_string()]);
        look("agent -f other.yaml").exits(3).says("  ✓     ✓     ✗\n").warns("error[pod-waits]").warns(&pod);
    }

    fn a_server_that_the_values_name_is_asked(world, namespace) {
        let (ours, theirs) = (authority("Acme Root").self_signed(), authority("Stranger").self_signed());
        let leaf = |issuer: &Issued| server("localhost").issued_by(issuer);
        let api = Renewable::serve(&[&leaf(&theirs)]);
        world
            .write("one.pem", &ours.pem())
            .write(AGENT_FILE, &format!("agentk8sglue:\n  apiServerUrlReference: https://localhost:{}\n", api.port));
        let line = format!("install agent --ca one.pem --chart {} -n {} --skip-probe --yes", chart(AGENT), namespace.name);
        world.plugin(&line).exits(0);
        let line = format!("status -n {}", namespace.name);
        world.plugin(&line)
            .exits(3)
            .warns(&format!("error[server-not-trusted]: release clearml-agent in {}: https://localhost:{}", namespace.name, api.port));
        world.plugin(&format!("{line} --skip-probe")).exits(0);
        api.present(&[&leaf(&ours)]);
        world.plugin(&line).exits(0);
    }

    fn the_documented_job_may_do_what_it_has_to(world, namespace) {
        installed(&world, &namespace);
        let page = include_str!("../../docs/status.md");
        let manifest = page.split("```yaml\n").find(|part| part.starts_with("apiVersion: batch/v1")).unwrap();
        let manifest = manifest.split("```").next().unwrap();
        let here = manifest.replace("clearml-workers", &namespace.name);
        assert_eq!(namespace.refuses(&here), None);
        let job: Value = namespace.get("cronjobs")["items"][0].clone();
        let pod = &job["spec"]["jobTemplate"]["spec"]["template"]["spec"];
        let account = pod["serviceAccountName"].as_str().unwrap();
        world.write("k", &namespace.kubeconfig_of(account));
        let script = pod["containers"][0]["args"][0].as_str().unwrap();
        let line = script.lines().next().unwrap().split(" > ").next().unwrap();
        let line = line.strip_prefix("helm clearml-certs ").unwrap();
        let run = world.plugin(&format!("{line} --skip-probe --kubeconfig {}", world.path("k").display()));
        run.exits(0).says("clearml_certs_certificate_not_after_timestamp_seconds{").never_says("no-rights");
        linted(&run.stdout);
    }

    fn one_unreachable_cluster_does_not_silence_another(world, namespace) {
        installed(&world, &namespace);
        rolled_out(&namespace);
        let here = two_contexts(&world);
        let config = world.path("kubeconfig").display().to_string();
        let look = |more: &str| status(&world, &namespace, &format!("{more} --kubeconfig {config}"));
        let run = look(&format!("--contexts gone,{here}"));
        run.exits(1)
            .says("CLUSTER")
            .says("/clearml-agent ")
            .says("✗ 1 release: not every cluster answered")
            .warns("context gone (http://127.0.0.1:1): ");
        let run = look("--all-contexts -o json");
        let seen = schema::holds("status", &run.exits(1).stdout);
        assert_eq!(rows(&seen, &namespace.name)[0]["id"]["cluster"], here.as_str());
        let silent: Vec<&Value> = seen["clusters"].as_array().unwrap().iter().filter(|one| !one["error"].is_null()).collect();
        assert_eq!(silent.len(), 1, "{run}");
        // A command to type leads to the cluster that it is about.
        std::fs::remove_file(world.path(AGENT_FILE)).unwrap();
        kubectl(&namespace, &["delete", "configmap", CONFIG_MAP]);
        look(&format!("--contexts {here}")).exits(3).warns(&format!("--kube-context {here}"));
        assert!(kubeconfig().exists());
    }
}
