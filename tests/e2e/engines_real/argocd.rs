//! Argo CD: its repo server, and its controllers.

use std::sync::OnceLock;

use serde_json::{Value, json};

use super::{
    AGENT, GATEWAY, VALUES, is_live, kubectl, objects, pem, pushed, rendered, start, targets,
};
use crate::support::cluster::{Namespace, create};
use crate::support::programs::program;
use crate::support::{Helm, World, certificates, repository_server, until};

const CONFIG_MAP: &str = "configmap/clearml-agent-clearml-enterprise-agent-custom-ca-0";
const FILE: &str = "application.yaml";

fn runs() {
    static STARTED: OnceLock<()> = OnceLock::new();
    STARTED.get_or_init(|| start("argocd"));
}

fn argocd(words: &[&str]) -> String {
    Namespace::kubectl(&[words, &["-n", "argocd"]].concat())
}

/// The folder of the world as a git repository, with all that is in it; gives its URL.
fn committed(world: &World) -> String {
    world.has_programs(&["git"]);
    let git = |words: &[&str]| {
        let who = ["-c", "user.name=us", "-c", "user.email=us@acme.example"];
        let run = world.start(&program("git"), who.iter().chain(words), &[]);
        run.ends().exits(0);
    };
    git(&["init", "-q", "-b", "main"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "values"]);
    format!("file://{}", world.path("").display())
}

/// Has Argo CD bring an Application to the cluster, and waits until it is there.
fn synced(name: &str) {
    let sync = r#"{"operation": {"sync": {"prune": true}}}"#;
    argocd(&["patch", "application", name, "--type=merge", "-p", sync]);
    is_synced(name);
}

fn is_synced(name: &str) {
    let application = format!("application/{name}");
    for state in [
        "{.status.sync.status}=Synced",
        "{.status.health.status}=Healthy",
    ] {
        let condition = format!("--for=jsonpath={state}");
        argocd(&["wait", &application, &condition, "--timeout=180s"]);
    }
}

/// Whether what is live has all that was wanted; the API server adds what is its own.
fn has(live: &Value, wanted: &Value) -> bool {
    match (live, wanted) {
        (Value::Object(live), Value::Object(wanted)) => {
            wanted.iter().all(|(key, value)| match live.get(key) {
                Some(live) => has(live, value),
                // Nothing is kept of what is empty.
                None => {
                    let empty = [json!(null), json!(""), json!({}), json!([])];
                    empty.contains(value)
                }
            })
        }
        (Value::Array(live), Value::Array(wanted)) => {
            live.len() == wanted.len()
                && live
                    .iter()
                    .zip(wanted)
                    .all(|(live, wanted)| has(live, wanted))
        }
        (live, wanted) => live == wanted,
    }
}

/// What the documented command deploys is what is live.
#[track_caller]
fn is_live_as_by_helm(
    world: &World,
    namespace: &Namespace,
    release: &str,
    charts: &str,
    file: &str,
) {
    // Argo CD renders by the helm that it finds.
    let rendered = rendered(world, Helm::V3, namespace, release, charts, file);
    for ((kind, name), wanted) in objects(&rendered.stdout) {
        let live = kubectl(namespace, &["get", &kind, &name, "-o", "json"]);
        let live: Value = serde_json::from_str(&live).unwrap();
        let mut wanted = serde_json::to_value(&wanted).unwrap();
        // Kept in base64 under another key.
        wanted.as_object_mut().unwrap().remove("stringData");
        assert!(has(&live, &wanted), "{kind} {name}\n{live:#}\n{wanted:#}");
    }
}

/// Exports targets with these charts, and has Argo CD deploy them.
fn exported_and_deployed(world: &World, namespace: &Namespace, charts: &str, flags: &str) {
    runs();
    let name = &namespace.name;
    // The set is called after the file.
    let file = format!("{name}.yaml");
    targets(world, namespace, &file, ", context: e2e", charts);
    world
        .plugin(&format!("render -c {file} --in-place{flags}"))
        .exits(0);
    let git = committed(world);
    let place = format!("--repo-url {git} --revision main --path . -d argocd");
    world
        .plugin(&format!("export --to argocd -c {file} {place}{flags}"))
        .exits(0);
    let set = world
        .path("argocd/applicationset.yaml")
        .display()
        .to_string();
    argocd(&["apply", "-f", &set]);
    let applications = ["clearml-agent", "gw"].map(|release| format!("e2e-{name}-{release}"));
    until("the set has made its applications", || {
        let made = argocd(&["get", "applications", "-o", "name"]);
        applications.iter().all(|one| made.contains(one.as_str()))
    });
    let began = applications.each_ref().map(|one| {
        is_synced(one);
        let began = "jsonpath={.status.operationState.startedAt}";
        argocd(&["get", "application", one, "-o", began])
    });
    assert!(began[0] < began[1], "{began:?}");
    assert!(is_live(namespace, &pem(world, "ca.pem")));
    is_live_as_by_helm(world, namespace, "clearml-agent", charts, "agent.yaml");
    is_live_as_by_helm(world, namespace, "gw", charts, "gateway.yaml");
    assert_eq!(world.helm(["list", "-n", name, "-q"]).stdout, "");
    argocd(&["delete", "applicationset", name, "--wait=false"]);
}

/// An Application of the agent, its values in itself.
fn application(namespace: &Namespace, url: &str) -> String {
    let values = VALUES.replace('\n', "\n        ");
    format!(
        "\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: {name}, namespace: argocd}}
spec:
  project: default
  destination: {{name: e2e, namespace: {name}}}
  source:
    repoURL: {url}
    chart: clearml-enterprise-agent
    targetRevision: 6.14.6
    helm:
      releaseName: clearml-agent
      valuesObject:
        {values}
",
        name = namespace.name
    )
}

on_the_cluster! {
    fn what_was_exported_is_deployed_as_install_would_step_by_step(world, namespace) {
        repository_server::serve(&world, AGENT);
        let url = repository_server::serve(&world, GATEWAY);
        world.helm(["repo", "add", "acme", &url]).exits(0);
        exported_and_deployed(&world, &namespace, "acme", "");
    }

    fn charts_of_a_registry_without_tls_are_found_once_argo_cd_is_told_of_it(world, namespace) {
        let charts = pushed(&world, &namespace);
        let name = &namespace.name;
        for chart in ["clearml-enterprise-agent", "clearml-enterprise-app-gateway"] {
            // What `argocd repo add --type oci --insecure-oci-force-http` makes.
            let told = json!({
                "apiVersion": "v1", "kind": "Secret",
                "metadata": {"name": format!("{name}-{chart}"), "namespace": "argocd", "labels": {"argocd.argoproj.io/secret-type": "repository"}},
                "stringData": {"type": "oci", "url": format!("{charts}/{chart}"), "insecureOCIForceHttp": "true", "name": format!("{name}-{chart}")},
            });
            assert_eq!(create(&told.to_string(), &[]), None);
        }
        exported_and_deployed(&world, &namespace, &charts, " -- --plain-http");
    }

    fn what_was_edited_in_its_object_is_deployed_and_what_goes_past_it_is_refused_and_taken_back(world, namespace) {
        runs();
        let url = repository_server::serve(&world, AGENT);
        world.helm(["repo", "add", "acme", &url]).exits(0);
        world.write("ca.pem", &certificates::ca("Acme Root"));
        world.write("next.pem", &certificates::ca("Acme Next"));
        world.write(FILE, &application(&namespace, &url));
        let render = format!("render agent --ca ca.pem -f {FILE} --agent-chart acme/clearml-enterprise-agent --in-place");
        world.plugin(&render).exits(0);
        let path = world.path(FILE).display().to_string();
        argocd(&["apply", "-f", &path]);
        let name = &namespace.name;
        synced(name);
        let [ca, next] = ["ca.pem", "next.pem"].map(|file| pem(&world, file));
        assert!(is_live(&namespace, &ca));

        world.write("own.yaml", VALUES);
        let install = format!("install agent --ca acme-root=next.pem --chart acme/clearml-enterprise-agent --version 6.14.6 -f own.yaml -n {name} --skip-probe --yes");
        world.plugin(&install)
            .exits(3)
            .warns(&format!("error[release-of-an-engine]: Argo CD (Application {name}) deploys what would be release clearml-agent"))
            .warns(&format!("argocd app set {name} --sync-policy none"));
        // Nothing is synced by itself here, so that it stays until somebody syncs.
        let force = if world.helm_version().starts_with('3') { "" } else { " --force-conflicts" };
        world.plugin(&format!("{install} --ignore release-of-an-engine -- --take-ownership{force}")).exits(0);
        assert!(is_live(&namespace, &next));
        until("Argo CD sees it", || {
            argocd(&["get", "application", name, "-o", "jsonpath={.status.sync.status}"]) == "OutOfSync"
        });
        // And now there is a release, which status sees, and who deploys it.
        let status = format!("status agent -n {name} --skip-probe");
        world.plugin(&status).says("by Argo CD");
        synced(name);
        assert!(is_live(&namespace, &ca));
        world.plugin(&status).exits(3).warns("has other certificates");
        argocd(&["delete", "application", name, "--wait=false"]);
    }

    fn a_change_by_hand_is_seen_and_put_back(world, namespace) {
        runs();
        let url = repository_server::serve(&world, AGENT);
        world.write("ca.pem", &certificates::ca("Acme Root"));
        world.helm(["repo", "add", "acme", &url]).exits(0);
        let healing = "  syncPolicy: {automated: {selfHeal: true}}\n";
        world.write(FILE, &(application(&namespace, &url) + healing));
        let render = format!("render agent --ca ca.pem -f {FILE} --agent-chart acme/clearml-enterprise-agent --in-place");
        world.plugin(&render).exits(0);
        let path = world.path(FILE).display().to_string();
        argocd(&["apply", "-f", &path]);
        let name = &namespace.name;
        is_synced(name);
        kubectl(&namespace, &["patch", CONFIG_MAP, "--type=merge", "-p", r#"{"data": {"acme-root.crt": "by hand"}}"#]);
        until("Argo CD has put the certificate back", || is_live(&namespace, &pem(&world, "ca.pem")));
        argocd(&["delete", "application", name, "--wait=false"]);
    }
}
