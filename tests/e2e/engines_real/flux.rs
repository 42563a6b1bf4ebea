//! Flux's source-controller and helm-controller. What its kustomize-controller would apply, kubectl does.

use std::sync::OnceLock;

use super::{VALUES, apply, field, is_as_by, is_live, kubectl, pem, pushed, start, targets};
use crate::support::cluster::Namespace;
use crate::support::{Helm, World, certificates, until};

const TARGETS: &str = "clearml-certs.yaml";
const RELEASE: &str = "helmrelease/clearml-agent";
const FILE: &str = "helmrelease.yaml";
const CONFIG_MAP: &str = "configmap/clearml-agent-clearml-enterprise-agent-custom-ca-0";

fn runs() {
    static STARTED: OnceLock<()> = OnceLock::new();
    STARTED.get_or_init(|| start("flux"));
}

/// Applies the exported folder, and waits until Flux has deployed it all.
fn applied(world: &World, namespace: &Namespace) {
    let folder = world.path("flux").display().to_string();
    let restrictor = ["--load-restrictor", "LoadRestrictionsNone"];
    let built = Namespace::kubectl(&[&["kustomize", &folder], &restrictor[..]].concat());
    std::fs::write(world.path("flux.yaml"), built).unwrap();
    apply(world, namespace, "flux.yaml");
    are_ready(namespace, &["helmrelease", "--all"]);
}

/// Waits until these are ready.
fn are_ready(namespace: &Namespace, which: &[&str]) {
    let ready = ["--for=condition=Ready", "--timeout=120s"];
    kubectl(namespace, &[&["wait"], which, &ready].concat());
}

/// Has Flux look at the release now.
fn asks_flux(namespace: &Namespace) {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let request = format!("reconcile.fluxcd.io/requestedAt={}", now.as_nanos());
    kubectl(namespace, &["annotate", "--overwrite", RELEASE, &request]);
}

/// A `HelmRelease` of the agent, its chart by an `OCIRepository` in the same file.
fn helm_release(namespace: &Namespace, charts: &str) -> String {
    let values = VALUES.replace('\n', "\n    ");
    format!(
        "\
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {{name: agent, namespace: {name}}}
spec:
  interval: 1h
  insecure: true
  url: {charts}/clearml-enterprise-agent
  ref: {{tag: 6.14.6}}
  layerSelector: {{mediaType: application/vnd.cncf.helm.chart.content.v1.tar+gzip, operation: copy}}
---
# Who looks after it: the ML platform's people.
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: clearml-agent, namespace: {name}}}
spec:
  interval: 1h
  chartRef: {{kind: OCIRepository, name: agent}}
  driftDetection: {{mode: enabled}}
  values:
    {values}
",
        name = namespace.name
    )
}

/// A world whose file has the release with its certificate, deployed by Flux.
fn deployed(world: &World, namespace: &Namespace) -> String {
    runs();
    let charts = pushed(world, namespace);
    world.write("ca.pem", &certificates::ca("Acme Root"));
    world.write("next.pem", &certificates::ca("Acme Next"));
    world.write(FILE, &helm_release(namespace, &charts));
    let render = format!("render agent --ca ca.pem -f {FILE} --in-place -- --plain-http");
    world.plugin(&render).exits(0);
    apply(world, namespace, FILE);
    are_ready(namespace, &[RELEASE]);
    charts
}

on_the_cluster! {
    fn what_was_exported_is_deployed_as_install_would_and_again_once_a_values_file_changes(world, namespace) {
        runs();
        let charts = pushed(&world, &namespace);
        targets(&world, &namespace, TARGETS, "", &charts);
        let render = format!("render -c {TARGETS} --in-place -- --plain-http");
        world.plugin(&render).exits(0);
        let export = format!("export --to flux -d flux --engine-namespace {} -- --plain-http", namespace.name);
        world.plugin(&export).exits(0);
        applied(&world, &namespace);
        assert!(is_live(&namespace, &pem(&world, "ca.pem")));
        for (release, file) in [("clearml-agent", "agent.yaml"), ("gw", "gateway.yaml")] {
            // The helm-controller has Helm 3 in it.
            is_as_by(Helm::V3, &world, &namespace, release, &charts, file);
        }
        let listed = world.helm(["list", "-n", &namespace.name, "-q"]);
        assert_eq!(listed.stdout, "clearml-agent\ngw\n");
        // The gateway waited for the agent.
        let deployed = |release: &str| {
            let name = format!("helmrelease/{}-{release}", namespace.name);
            field(&namespace, &name, ".status.history[-1:].firstDeployed")
        };
        assert!(deployed("clearml-agent") < deployed("gw"), "{} {}", deployed("clearml-agent"), deployed("gw"));
        world.plugin(&format!("status -n {} --skip-probe", namespace.name)).exits(0).says("by Flux");
        // Another certificate: the values files alone change, and with them the names of their Secrets.
        world.write("next.pem", &certificates::ca("Acme Next"));
        let both = world.read(TARGETS).replace("ca.pem", "ca.pem, next: next.pem");
        world.write(TARGETS, &both);
        world.plugin(&render).exits(0);
        world.plugin(&export).exits(0).never_says("is written");
        applied(&world, &namespace);
        until("the second certificate is deployed", || is_live(&namespace, &pem(&world, "next.pem")));
    }

    fn what_was_edited_in_its_object_is_deployed_and_what_somebody_else_did_is_told_until_flux_mends_it(world, namespace) {
        deployed(&world, &namespace);
        let ca = pem(&world, "ca.pem");
        assert!(is_live(&namespace, &ca));
        let status = format!("status agent -n {} --skip-probe", namespace.name);
        for line in [status.clone(), format!("status agent -f {FILE} --skip-probe")] {
            world.plugin(&line).exits(0).says("by Flux");
        }
        kubectl(&namespace, &["patch", RELEASE, "--type=merge", "-p", r#"{"spec": {"suspend": true}}"#]);
        kubectl(&namespace, &["patch", CONFIG_MAP, "--type=merge", "-p", r#"{"data": {"acme-root.crt": "by hand"}}"#]);
        world.plugin(&status).exits(3).warns("has other certificates");
        kubectl(&namespace, &["patch", RELEASE, "--type=merge", "-p", r#"{"spec": {"suspend": false}}"#]);
        asks_flux(&namespace);
        until("Flux has put the certificate back", || is_live(&namespace, &ca));
        world.plugin(&status).exits(0);
    }

    fn what_was_deployed_past_a_suspended_release_is_taken_back_once_it_resumes(world, namespace) {
        let charts = deployed(&world, &namespace);
        let next = pem(&world, "next.pem");
        world.write("own.yaml", VALUES);
        let install = format!(
            "install agent --ca next.pem --chart {charts}/clearml-enterprise-agent -f own.yaml --adopt-values -n {} --skip-probe --yes",
            namespace.name
        );
        let refused = |line: &str| {
            world.plugin(&format!("{line} -- --plain-http"))
                .exits(3)
                .warns(&format!("is deployed by Flux (HelmRelease {}/clearml-agent), which would take this upgrade back", namespace.name))
                .warns(&format!("flux suspend helmrelease clearml-agent -n {}", namespace.name));
        };
        refused(&install);
        kubectl(&namespace, &["patch", RELEASE, "--type=merge", "-p", r#"{"spec": {"suspend": true}}"#]);
        refused(&install);
        world.plugin(&format!("{install} --ignore release-of-an-engine -- --plain-http")).exits(0);
        assert!(is_live(&namespace, &next));
        kubectl(&namespace, &["patch", RELEASE, "--type=merge", "-p", r#"{"spec": {"suspend": false}}"#]);
        until("Flux has taken it back", || !is_live(&namespace, &next));
        assert!(is_live(&namespace, &pem(&world, "ca.pem")));
    }
}
