//! A release that an engine deploys: nothing is deployed past it, and what to edit or suspend is said.

use libtest_mimic::Trial;

use crate::drift;
use crate::helm_failures::{OVERRIDE, USERS_FILE, agent, no_releases, rendered, trial};
use crate::support::fake_helm::{FakeHelm, FakeKubectl, Rule};
use crate::support::{Helm, World, chart};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("what_flux_deploys_is_left_to_flux", flux),
        trial(
            "what_has_to_be_put_back_of_a_release_of_flux_is_left_to_flux",
            drifted,
        ),
        trial("fluxs_digest_is_not_asked_of_a_registry", digest),
        trial("a_helm_chart_of_k3s_is_known_by_its_release", helm_chart),
        trial("what_argo_cd_made_is_named_and_not_stumbled_over", argo),
        trial("objects_of_nobody_are_told_as_before", nobody),
    ]
}

/// A release as Flux's helm-controller leaves it.
fn of_flux() -> [Rule; 2] {
    let manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n  labels:\n    helm.toolkit.fluxcd.io/name: agent\n    helm.toolkit.fluxcd.io/namespace: flux-system\n";
    let status = serde_json::json!({
        "name": "clearml-agent",
        "version": 3,
        "info": {"status": "deployed"},
        "config": {"imageCredentials": {"password": "hunter2-very-secret"}},
        "manifest": manifest,
    });
    let list = r#"[{"name":"clearml-agent","namespace":"team-a","revision":"3","status":"deployed","chart":"clearml-enterprise-agent-6.9.3+1a2b3c4d5e6f"}]"#;
    [
        Rule::when("list").prints(list),
        Rule::when("status").prints(&status.to_string()),
    ]
}

fn flux(world: &World) {
    world.write(OVERRIDE, USERS_FILE);
    let [list, status] = of_flux();
    let fake = FakeHelm::new(
        world,
        &[
            list,
            status,
            rendered(),
            Rule::when("upgrade").prints("done\n"),
        ],
    );
    let upgraded = || fake.calls().contains(&"upgrade".to_owned());
    for line in [agent(), agent().replace("--yes", "--dry-run")] {
        fake.runs(&line)
            .exits(3)
            .says("acme-root")
            .warns("error[release-of-an-engine]: release clearml-agent in team-a is deployed by Flux (HelmRelease flux-system/agent)")
            .warns("render agent -f ITS-FILE")
            .warns("flux suspend helmrelease agent -n flux-system --kubeconfig [WORLD]/no-cluster, and then: --ignore release-of-an-engine");
    }
    let chart = chart("clearml-enterprise-agent-6.9.3");
    fake.runs(&format!(
        "remove agent --all --chart {chart} --skip-probe --yes"
    ))
    .exits(3)
    .warns("error[release-of-an-engine]");
    assert!(!upgraded());
    assert_eq!(world.read(OVERRIDE), USERS_FILE);
    fake.runs(&format!("{} --files-only", agent()))
        .exits(0)
        .warns("note[release-of-an-engine]");
    assert!(!upgraded());
    fake.runs(&format!("{} --ignore release-of-an-engine", agent()))
        .warns("warning[release-of-an-engine]");
    assert!(upgraded());
}

fn drifted(world: &World) {
    let (values, manifest) = drift::deployed(world);
    let marks = "labels:\n    helm.toolkit.fluxcd.io/name: agent\n    helm.toolkit.fluxcd.io/namespace: flux-system\n";
    let status = serde_json::json!({
        "name": "clearml-agent",
        "version": 3,
        "info": {"status": "deployed", "resources": {"v1/ConfigMap": []}},
        "config": serde_json::from_str::<serde_json::Value>(&values).unwrap(),
        "manifest": manifest.replace("labels:\n", marks),
    });
    let [list, _] = of_flux();
    let chart = chart("clearml-enterprise-agent-6.9.3");
    let pulls = Rule::when("pull").pulls(chart.as_ref());
    let status = Rule::when("status").prints(&status.to_string());
    let fake = FakeHelm::new(world, &[list, status, pulls, rendered()]);
    fake.runs(&agent().replace(&chart, "oci://127.0.0.1:1/agent"))
        .exits(3)
        .warns("warning[live-objects-differ]")
        .warns("error[release-of-an-engine]");
    assert!(!fake.calls().contains(&"upgrade".to_owned()));
}

fn digest(world: &World) {
    world.write(OVERRIDE, USERS_FILE);
    let [list, status] = of_flux();
    let pulls = Rule::when("pull oci://127.0.0.1:1/agent --version 6.9.3 --untar")
        .pulls(chart("clearml-enterprise-agent-6.9.3").as_ref());
    let fake = FakeHelm::new(world, &[list, status, pulls, rendered()]);
    let chart = chart("clearml-enterprise-agent-6.9.3");
    fake.runs(&agent().replace(&chart, "oci://127.0.0.1:1/agent"))
        .exits(3)
        .warns("error[release-of-an-engine]");
}

fn helm_chart(world: &World) {
    world.write(OVERRIDE, USERS_FILE);
    let charts = r#"{"items": [{"kind": "HelmChart", "metadata": {"name": "clearml-agent", "namespace": "kube-system"}, "spec": {"targetNamespace": "team-a"}}]}"#;
    let _kubectl = FakeKubectl::new(
        world,
        &[
            Rule::when("get helmcharts.helm.cattle.io -A").prints(charts),
            Rule::when("get"),
            Rule::when("apply"),
            Rule::when("create").allows(&world.path("questions.json")),
        ],
    );
    let [list, _] = of_flux();
    let status = r#"{"name":"clearml-agent","version":3,"info":{"status":"deployed"},"config":{"imageCredentials":{"password":"hunter2-very-secret"}},"manifest":""}"#;
    let fake = FakeHelm::new(
        world,
        &[list, Rule::when("status").prints(status), rendered()],
    );
    let line = format!("{} --skip-probe", agent());
    fake.runs_with(&line, &[("HELM_KUBECONTEXT", "none")])
        .exits(3)
        .warns("is deployed by k3s or RKE2 (HelmChart kube-system/clearml-agent)")
        .warns("kubectl annotate helmchart clearml-agent 'helmcharts.helm.cattle.io/unmanaged=true' -n kube-system --context none --kubeconfig [WORLD]/no-cluster");
}

const STUMBLES: &str = "Error: unable to continue with install: Deployment \"x\" in namespace \"team-a\" exists and cannot be imported into the current release: invalid ownership metadata; annotation validation error: missing key \"meta.helm.sh/release-name\": must be set to \"clearml-agent\"\n";

/// A helm that stumbles over objects, and a kubectl that tells of them.
fn stumbling<'a>(world: &'a World, live: &str) -> (FakeHelm<'a>, FakeKubectl) {
    world.write(OVERRIDE, USERS_FILE);
    let helm = FakeHelm::new(
        world,
        &[
            no_releases(),
            Rule::when("template --take-ownership").runs_real(&Helm::V3.binary()),
            Rule::when("template").fails(STUMBLES),
        ],
    );
    let kubectl = FakeKubectl::new(
        world,
        &[
            Rule::when("get -f - --ignore-not-found --show-managed-fields").prints(live),
            Rule::when("get namespace").prints("namespace/team-a\n"),
            Rule::when("get"),
            Rule::when("create").allows(&world.path("questions.json")),
        ],
    );
    (helm, kubectl)
}

fn argo(world: &World) {
    let live = r#"{"kind": "Deployment", "metadata": {"name": "clearml-agent-clearml-enterprise-agent", "namespace": "team-a", "annotations": {"argocd.argoproj.io/tracking-id": "agents:apps/Deployment:team-a/clearml-agent-clearml-enterprise-agent"}}}"#;
    let (helm, _kubectl) = stumbling(world, live);
    helm.runs(&format!("{} --skip-probe", agent()))
        .exits(3)
        .says("acme-root")
        .warns("error[release-of-an-engine]: Argo CD (Application agents) deploys what would be release clearml-agent in team-a")
        .warns("argocd app set agents --sync-policy none, and then: --ignore release-of-an-engine -- --take-ownership");
    assert_eq!(world.read(OVERRIDE), USERS_FILE);
    // Whoever takes the objects over is asked as well.
    helm.runs(&format!("{} --skip-probe -- --take-ownership", agent()))
        .exits(3)
        .warns("error[release-of-an-engine]");
}

fn nobody(world: &World) {
    let (helm, _kubectl) = stumbling(
        world,
        r#"{"kind": "Deployment", "metadata": {"name": "x"}}"#,
    );
    helm.runs(&format!("{} --skip-probe", agent()))
        .exits(1)
        .warns("invalid ownership metadata")
        .warns("somebody made that object");
    assert_eq!(world.read(OVERRIDE), USERS_FILE);
}
