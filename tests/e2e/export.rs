//! What is exported for Flux, built by kustomize as Flux builds it.

use crate::support::{Helm, World, certificates, repository_server};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize as _;
use serde_yaml::Value;

const TARGETS: &str = "\
certificates: {corp: ca.pem}
targets:
  - component: agent
    namespaces: [team-a, team-b]
    chart: acme/clearml-enterprise-agent
    version: 6.14.6
    values: [shared/common.yaml, values.yaml]
";

/// The objects that kustomize makes of the exported folder.
fn built(world: &World) -> Vec<Value> {
    let words = [
        "kustomize",
        "--load-restrictor",
        "LoadRestrictionsNone",
        "flux",
    ];
    let run = world
        .start(&crate::support::cluster::kubectl(), words, &[])
        .ends();
    run.exits(0);
    let documents = serde_yaml::Deserializer::from_str(&run.stdout);
    documents
        .map(|one| Value::deserialize(one).unwrap())
        .collect()
}

/// The values files that a release gets, in their order, as they come out of the Secrets that it refers to.
fn values_of(release: &Value, objects: &[Value]) -> Vec<String> {
    let references = release["spec"]["valuesFrom"].as_sequence().unwrap();
    let values = references.iter().map(|reference| {
        let is_meant = |one: &&Value| {
            one["kind"] == reference["kind"]
                && one["metadata"]["name"] == reference["name"]
                && one["metadata"]["namespace"] == release["metadata"]["namespace"]
        };
        let secret = objects
            .iter()
            .find(is_meant)
            .unwrap_or_else(|| panic!("{reference:?}"));
        let key = reference["valuesKey"].as_str().unwrap();
        let text: String = secret["data"][key]
            .as_str()
            .unwrap()
            .split_whitespace()
            .collect();
        String::from_utf8(STANDARD.decode(text).unwrap()).unwrap()
    });
    values.collect()
}

#[test]
#[ignore = "needs kubectl: make e2e"]
fn each_release_gets_its_values_files_and_a_change_of_one_changes_what_it_refers_to() {
    let world = World::new(Helm::V4);
    world.write("ca.pem", &certificates::ca("Acme Root"));
    std::fs::create_dir(world.path("shared")).unwrap();
    world.write("shared/common.yaml", "agentk8sglue: {replicaCount: 1}\n");
    world.write("values.yaml", "agentk8sglue:\n  queues: {default: {}}\n");
    world.write("clearml-certs.yaml", TARGETS);
    let url = repository_server::serve(&world, "clearml-enterprise-agent-6.14.6");
    world.helm(["repo", "add", "acme", &url]).exits(0);
    world
        .plugin("render -c clearml-certs.yaml --in-place")
        .exits(0);
    world.plugin("export --to flux -d flux").exits(0);
    let files = |world: &World| ["shared/common.yaml", "values.yaml"].map(|file| world.read(file));
    let before = built(&world);
    let releases = |objects: &[Value]| -> Vec<Value> {
        let releases = objects.iter().filter(|one| one["kind"] == "HelmRelease");
        releases.cloned().collect()
    };
    assert_eq!(releases(&before).len(), 2);
    for release in releases(&before) {
        assert_eq!(values_of(&release, &before), files(&world));
    }
    world.write("shared/common.yaml", "agentk8sglue: {replicaCount: 2}\n");
    let after = built(&world);
    for (release, former) in releases(&after).iter().zip(releases(&before)) {
        assert_eq!(values_of(release, &after), files(&world));
        let references = |one: &Value| one["spec"]["valuesFrom"].clone();
        assert_ne!(references(release)[0], references(&former)[0]);
        assert_eq!(references(release)[1], references(&former)[1]);
    }
}
