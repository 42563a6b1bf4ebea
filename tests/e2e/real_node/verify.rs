//! `verify` with pods that really run: what it says, and that nothing is left of it.

use std::process::Command;

use super::scene::{INSIDE, Scene};
use crate::support::authority::{
    BASIC_CONSTRAINTS, Issued, Name, authority, server as server_certificate,
};
use crate::support::cluster::{Namespace, kubeconfig};
use crate::support::link::Link;
use crate::support::platform::Signal;
use crate::support::real_node::{DEBIAN_12, DEBIAN_13, NO_CLIENTS};
use crate::support::tls_server::{serve_pages, serve_silence};
use crate::support::{Helm, World, schema, until};

fn root() -> Issued {
    authority("Acme Root").self_signed()
}

fn pages(ca: &Issued) -> u16 {
    serve_pages(&[&server_certificate("localhost").issued_by(ca)])
}

fn sh(command: &str) {
    assert!(
        Command::new("sh")
            .args(["-c", command])
            .status()
            .unwrap()
            .success()
    );
}

/// On each major version of Helm.
fn on_both(check: impl Fn(Helm)) {
    [Helm::V3, Helm::V4].into_iter().for_each(check);
}

#[test]
#[ignore = "needs a real node: make e2e"]
fn every_client_of_the_image_trusts_a_server_whose_ca_was_brought() {
    on_both(|helm| {
        let ca = root();
        let port = pages(&ca);
        let scene = Scene::new(helm, &ca, port);
        let run = scene.verify(&format!("--image {DEBIAN_13}"));
        run.exits(0)
            .says("asked from node 127.0.0.1")
            .says("Python 3.13")
            .says("✓ trusts it")
            .never_says("✗");
        for client in [
            "requests", "urllib", "httpx", "curl", "git", "uv", "node", "openssl",
        ] {
            run.says(client);
        }
        scene.has_nothing_left();
        // Without an option, the image is the agent's own.
        let run = scene.verify("-o json");
        let json = schema::holds("verify", &run.exits(0).stdout);
        assert_eq!(json["outcome"], "done");
        let pod = &json["pods"][0];
        assert_eq!(pod["imageFrom"], "agent");
        assert_eq!(pod["queue"], "default");
        assert_eq!(pod["node"], "127.0.0.1");
        let answers = pod["answers"].as_array().unwrap();
        assert!(
            answers.len() >= 6 && answers.iter().all(|one| one["verdict"] == "trusted"),
            "{run}"
        );
        scene.has_nothing_left();
    });
}

#[test]
#[ignore = "needs a real node: make e2e"]
fn what_a_client_has_against_a_server_is_said_in_its_own_words() {
    let ca = root();
    let scene = Scene::new(Helm::V4, &ca, pages(&ca));
    // Of a CA that nobody brought; for another name; and one where nobody is.
    let stranger = pages(&authority("Stranger").self_signed());
    let elsewhere = server_certificate("elsewhere").names(&[Name::Dns("elsewhere.acme.example")]);
    let elsewhere = serve_pages(&[&elsewhere.issued_by(&ca)]);
    let run = scene.verify(&format!(
        "--image {DEBIAN_13} --server https://localhost:{stranger} --server https://localhost:{elsewhere} --server https://localhost:1"
    ));
    run.exits(3)
        .says("unable to get local issuer certificate")
        .says("UnknownIssuer")
        .says("certificate is not valid for 'localhost'")
        .warns(&format!("error[verify-refused]: task pods of queue default (ConfigMap clearml-agent-clearml-enterprise-agent-pt, template.yaml): requests, urllib, httpx, curl, git, uv, node, openssl do not trust https://localhost:{stranger}"))
        .warns("the pod does not have the certificate of whoever issued the server's")
        .warns("the server's certificate is for other names")
        .warns("error[verify-unreachable]")
        .warns("Connection refused");
    scene.has_nothing_left();
    scene
        .verify(&format!(
            "--server https://localhost:{stranger} --ignore verify-refused"
        ))
        .exits(0)
        .warns("let pass by --ignore");
}

#[test]
#[ignore = "needs a real node: make e2e"]
fn a_strict_python_refuses_what_curl_and_an_older_one_take() {
    let ca = authority("Lax Root")
        .with(BASIC_CONSTRAINTS, false, "30030101FF")
        .self_signed();
    let scene = Scene::new(Helm::V3, &ca, pages(&ca));
    let run = scene.verify(&format!("--image {DEBIAN_13}"));
    run.exits(3)
        .says("Basic Constraints of CA cert not marked critical")
        .says("✓ trusts it")
        .warns("requests, urllib, httpx do not trust");
    scene
        .verify(&format!("--image {DEBIAN_12}"))
        .exits(0)
        .says("Python 3.11");
    scene.has_nothing_left();
}

#[test]
#[ignore = "needs a real node: make e2e"]
fn a_server_that_only_pods_can_reach_is_asked_from_inside() {
    let ca = root();
    let names = server_certificate("inside").names(&[Name::Dns(INSIDE)]);
    let inside = serve_pages(&[&names.issued_by(&ca)]);
    let scene = Scene::new(Helm::V4, &ca, pages(&ca));
    let file = "clearml-agent-values.override.yaml";
    let values = scene.world.read(file);
    let values = values.replace("http://localhost:1", &format!("https://{INSIDE}:{inside}"));
    scene.world.write(file, &values);
    let line = format!(
        "install agent --ca ca.pem --chart chart -n {} --yes --verify -o json",
        scene.namespace.name
    );
    let run = scene.world.plugin(&line);
    run.exits(0).warns("[server-unreachable]");
    let json = schema::holds("install", &run.stdout);
    let answers = &json["targets"][0]["verification"][0]["answers"];
    let of_inside = answers.as_array().unwrap().iter().filter(|one| {
        one["server"].as_str().unwrap().contains(INSIDE) && one["verdict"] == "trusted"
    });
    assert!(of_inside.count() >= 6, "{answers:#}");
    scene.has_nothing_left();
}

#[test]
#[ignore = "needs a real node: make e2e"]
fn an_upgrade_that_does_not_help_is_told_after_it() {
    let ca = root();
    let stranger = pages(&authority("Stranger").self_signed());
    let world = World::with_cluster(Helm::V3, &kubeconfig());
    let scene = Scene::prepared(world, &ca, stranger);
    scene
        .install("--verify")
        .exits(3)
        .says("is at revision 1")
        .warns("error[verify-refused]")
        .warns("it is deployed, but not every client in its task pods trusts every server");
    // Nothing is left to change, and it is asked all the same.
    scene
        .install("--verify --ignore verify-refused")
        .exits(0)
        .says("is as it should be")
        .warns("warning[verify-refused]");
    scene.has_nothing_left();
}

#[test]
#[ignore = "needs a real node: make e2e"]
fn an_image_that_cannot_ask_or_cannot_be_had_is_told() {
    let ca = root();
    let scene = Scene::new(Helm::V3, &ca, pages(&ca));
    scene
        .verify(&format!("--image {NO_CLIENTS}"))
        .exits(3)
        .warns("error[verify-no-client]")
        .warns("has none of the clients that can ask");
    scene
        .verify("--image clearml/absent:1")
        .exits(3)
        .warns("error[verify-pod-stuck]")
        .warns("of the task's container, image clearml/absent:1")
        .warns("--image");
    scene.has_nothing_left();
}

#[test]
#[ignore = "needs a real node: make e2e"]
fn what_the_admission_says_is_told_in_its_words() {
    let ca = root();
    let scene = Scene::new(Helm::V4, &ca, pages(&ca));
    let namespace = scene.namespace.name.as_str();
    let label = |value: &str| {
        let label = format!("pod-security.kubernetes.io/enforce={value}");
        Namespace::kubectl(&["label", "--overwrite", "namespace", namespace, &label]);
    };
    label("restricted");
    scene
        .verify("")
        .exits(3)
        .warns("error[verify-pod-rejected]")
        .warns("violates PodSecurity \"restricted:latest\"");
    label("privileged");
    scene
        .namespace
        .create(&["quota", "q", "--hard=limits.cpu=9"]);
    let status = r#"{"status":{"hard":{"limits.cpu":"9"},"used":{"limits.cpu":"0"}}}"#;
    Namespace::kubectl(&[
        "patch",
        "quota",
        "q",
        "-n",
        namespace,
        "--subresource=status",
        "--type=merge",
        "-p",
        status,
    ]);
    until("the quota holds", || {
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}\nspec: {containers: [{name: a, image: b}]}\n";
        scene.namespace.refuses(pod).is_some()
    });
    scene
        .verify("")
        .exits(3)
        .warns("error[verify-pod-rejected]")
        .warns("must specify limits.cpu");
    scene.has_nothing_left();
}

#[test]
#[ignore = "needs a real node: make e2e"]
fn a_signal_ends_it_and_the_pod_with_it() {
    on_both(|helm| {
        let ca = root();
        let scene = Scene::new(helm, &ca, pages(&ca));
        let silent = serve_silence();
        let running = scene.starts_verify(&format!("--server https://localhost:{silent}"));
        scene.has_a_pod_that_runs();
        scene.world.signal_plugin(Signal::INT);
        running.ends().exits(130).warns("interrupted");
        scene.has_nothing_left();
    });
}

#[test]
#[ignore = "needs a real node: make e2e"]
fn the_pod_goes_by_itself_where_the_plugin_was_killed() {
    let ca = root();
    let scene = Scene::new(Helm::V4, &ca, pages(&ca));
    let running = scene.starts_verify("");
    scene.has_a_pod();
    scene.world.signal_plugin(Signal::KILL);
    running.ends();
    // It asks all the same, ends, and goes a while after.
    let has_ended = |phase: &String| phase == "Succeeded";
    until("its end", || scene.ours().iter().any(has_ended));
    scene.comes_to_have_nothing_left();
}

#[test]
#[ignore = "needs a real node: make e2e"]
fn a_way_to_the_cluster_that_breaks_is_waited_for_and_then_told() {
    let ca = root();
    let link = Link::to_server_of(&kubeconfig());
    let world = World::with_cluster(Helm::V3, &link.kubeconfig);
    let scene = Scene::prepared(world, &ca, pages(&ca));
    scene.install("").exits(0);
    // For a moment: it goes on.
    let running = scene.starts_verify("");
    scene.has_a_pod();
    sh(&link.cut());
    std::thread::sleep(std::time::Duration::from_secs(2));
    link.heal();
    running.ends().exits(0).says("✓ trusts it");
    scene.has_nothing_left();
    // For good: what is left goes by itself.
    let running = scene.starts_verify("");
    scene.has_a_pod();
    sh(&link.cut());
    running
        .ends()
        .exits(1)
        .warns("the API server does not answer any more")
        .warns("warning[verify-pod-left]")
        .warns("removes itself within");
    scene.comes_to_have_nothing_left();
    link.heal();
}

#[test]
#[ignore = "needs a real node: make e2e"]
fn an_image_of_the_agent_that_cannot_be_had_is_told_after_the_upgrade() {
    let ca = root();
    let world = World::with_cluster(Helm::V4, &kubeconfig());
    let scene = Scene::prepared(world, &ca, pages(&ca));
    let file = scene.world.path("chart/templates/agent-deployment.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let placed = text.replacen(
        "      initContainers:\n",
        "      nodeSelector: {e2e-node: real}\n      tolerations: [{key: e2e-node, operator: Exists}]\n      initContainers:\n",
        1,
    );
    assert_ne!(placed, text);
    std::fs::write(&file, placed).unwrap();
    scene
        .install("-- --set agentk8sglue.image.tag=absent")
        .exits(1)
        .warns("does not come up: ErrImagePull of the container init-agent")
        .warns("what is in the cluster is not what was planned");
}
