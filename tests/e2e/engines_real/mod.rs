//! The engines themselves: Flux's controllers and Argo CD beside the cluster deploy what `export` wrote and what was edited inside
//! their objects, helmfile runs what `export` wrote. An engine that is not built is left out, and `scripts/e2e` says so.

mod argocd;
mod flux;
mod helmfile;

use std::collections::BTreeMap;
use std::process::Command;

use serde::Deserialize as _;
use serde_yaml::Value;

use crate::support::cluster::{Namespace, command, kubeconfig};
use crate::support::{GATEWAY_NEEDS, Helm, Run, World, certificates, chart, repository};

const AGENT: &str = "clearml-enterprise-agent-6.14.6";
const GATEWAY: &str = "clearml-enterprise-app-gateway-3.2.0";
const VALUES: &str = "# ours\nimageCredentials:\n  password: hunter2-very-secret\nagentk8sglue:\n  queues: {default: {}}\n";

/// Starts an engine beside the cluster; it ends with this process, and its folder with it.
fn start(engine: &str) {
    let folder = tempfile::tempdir().unwrap().keep();
    let output = Command::new(repository().join("tests/engines/up"))
        .arg(engine)
        .args([&folder, &kubeconfig()])
        .args(["--owner", &std::process::id().to_string()])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{engine}: {said}");
}

/// The words of kubectl, in a namespace.
fn kubectl(namespace: &Namespace, words: &[&str]) -> String {
    Namespace::kubectl(&[words, &["-n", &namespace.name]].concat())
}

/// Applies a file of the world.
fn apply(world: &World, namespace: &Namespace, file: &str) {
    let path = world.path(file).display().to_string();
    kubectl(namespace, &["apply", "-f", &path]);
}

/// A CA, the values of an agent and a gateway, and a file of targets for both in the namespace, their charts from there.
fn targets(world: &World, namespace: &Namespace, file: &str, context: &str, charts: &str) {
    world.write("ca.pem", &certificates::ca("Acme Root"));
    world.write("agent.yaml", VALUES);
    world.write("gateway.yaml", GATEWAY_NEEDS);
    let targets = format!(
        "\
certificates: {{corp: ca.pem}}
defaults: {{namespace: {namespace}{context}}}
targets:
  - {{component: gateway, release: gw, chart: {charts}/clearml-enterprise-app-gateway, version: 3.2.0, values: gateway.yaml}}
  - {{component: agent, chart: {charts}/clearml-enterprise-agent, version: 6.14.6, values: agent.yaml}}
",
        namespace = namespace.name
    );
    world.write(file, &targets);
}

/// Pushes the charts to the tests' registry, and gives the address of their folder there.
fn pushed(world: &World, namespace: &Namespace) -> String {
    let registry = std::env::var("E2E_REGISTRY").unwrap();
    let address = format!("oci://{registry}/{}", namespace.name);
    for name in [AGENT, GATEWAY] {
        world
            .helm(["package", &chart(name), "-d", "packages"])
            .exits(0);
        let package = world.path("packages").join(format!("{name}.tgz"));
        let package = package.display().to_string();
        world
            .helm(["push", "--plain-http", &package, &address])
            .exits(0);
    }
    address
}

/// The PEM of a certificate that a file of the world has.
fn pem(world: &World, file: &str) -> String {
    world.read(file).trim().to_owned()
}

/// Whether a `ConfigMap` of the cluster holds it.
fn is_live(namespace: &Namespace, pem: &str) -> bool {
    let maps = namespace.get("configmaps");
    let maps = maps["items"].as_array().unwrap().iter();
    let mut texts = maps.flat_map(|one| one["data"].as_object().into_iter().flatten());
    texts.any(|(_, text)| text.as_str().is_some_and(|text| text.trim() == pem))
}

/// Objects by kind and name, without those of hooks, and without the marks of an engine.
fn objects(manifest: &str) -> BTreeMap<(String, String), Value> {
    let documents = serde_yaml::Deserializer::from_str(manifest).map(Value::deserialize);
    let documents = documents.map(Result::unwrap).filter(|one| !one.is_null());
    let documents =
        documents.filter(|one| one["metadata"]["annotations"].get("helm.sh/hook").is_none());
    let named = documents.map(|mut one| {
        if let Some(labels) = one["metadata"]["labels"].as_mapping_mut() {
            labels.retain(|key, _| !key.as_str().unwrap().contains("fluxcd.io/"));
        }
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        ((text(&one["kind"]), text(&one["metadata"]["name"])), one)
    });
    named.collect()
}

/// What the documented command deploys by that Helm, with these values.
fn rendered(
    world: &World,
    helm: Helm,
    namespace: &Namespace,
    release: &str,
    charts: &str,
    file: &str,
) -> Run {
    let chart = match release {
        "gw" => "clearml-enterprise-app-gateway",
        _ => "clearml-enterprise-agent",
    };
    let chart = format!("{charts}/{chart}");
    let line = format!(
        "template {release} {chart} -n {} -f {file} --plain-http --no-hooks",
        namespace.name
    );
    let run = world.start(&helm.binary(), line.split(' '), &[]).ends();
    run.exits(0);
    run
}

/// The release in Helm's storage is what the documented command would have deployed by that Helm: the chart's checksums are of what
/// it renders to the byte, which differs from one major version to the other.
#[track_caller]
fn is_as_by(
    helm: Helm,
    world: &World,
    namespace: &Namespace,
    release: &str,
    charts: &str,
    file: &str,
) {
    let stored = world.helm(["get", "manifest", release, "-n", &namespace.name]);
    let rendered = rendered(world, helm, namespace, release, charts, file);
    are_same(&stored.exits(0).stdout, &rendered.stdout);
}

/// Two manifests have the same objects.
#[track_caller]
fn are_same(one: &str, other: &str) {
    let (one, other) = (objects(one), objects(other));
    let names = |all: &BTreeMap<_, _>| all.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&one), names(&other));
    for (name, value) in &one {
        assert_eq!(Some(value), other.get(name), "{name:?}");
    }
}

/// A value of an object, by kubectl's `JSONPath`.
fn field(namespace: &Namespace, object: &str, path: &str) -> String {
    let output = format!("jsonpath={{{path}}}");
    let output = command()
        .args(["get", object, "-n", &namespace.name, "-o", &output])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}
