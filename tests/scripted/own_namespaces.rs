//! Objects that say a namespace of their own: they are looked at, restarted and deleted there, and not where their release is.

use libtest_mimic::Trial;
use serde_json::json;

use crate::helm_failures::{OLD_VALUES, OVERRIDE, changed, deployed_list, rendered, stored, trial};
use crate::support::fake_helm::{FakeHelm, FakeKubectl, Rule};
use crate::support::{World, certificates, chart, copy_folder};
use crate::words::WHOLE;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("a_workload_elsewhere_is_restarted_there", restarted),
        trial("pods_elsewhere_are_waited_for_there", coming_up),
        trial("what_is_immutable_elsewhere_is_deleted_there", immutable),
    ]
}

/// A chart with an object more.
fn with(world: &World, object: &str) -> String {
    let chart = chart("clearml-enterprise-agent-6.9.3");
    copy_folder(chart.as_ref(), &world.path("chart"));
    world.write("chart/templates/more.yaml", object);
    world.write(OVERRIDE, WHOLE);
    "install agent --ca ca.pem --chart ./chart --skip-probe --discard-values --yes".to_owned()
}

/// A helm that tells of a release with one manifest before its upgrade and another after it.
fn upgrading(values: &str, [before, after]: [&str; 2]) -> [Rule; 5] {
    [
        deployed_list(),
        rendered(),
        stored(3, OLD_VALUES, before).twice(),
        Rule::when("upgrade").prints("done\n"),
        stored(4, values, after),
    ]
}

/// A workload in namespace `jobs` that mounts a certificate, which lies beside it; one of the same name is the release's own.
fn mounting(pem: &str) -> String {
    let pem = pem.trim_end().replace('\n', "\n    ");
    let workload = |place: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: glue{place}}}\nspec:\n  template:\n    spec:\n      volumes: [{{name: c, configMap: {{name: ca}}}}]\n"
        )
    };
    let own = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ca}\ndata: {ca.crt: same}\n";
    let elsewhere = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: ca, namespace: jobs}}\ndata:\n  ca.crt: |\n    {pem}\n"
    );
    let all = [
        workload(""),
        own.to_owned(),
        workload(", namespace: jobs"),
        elsewhere,
    ];
    all.join("---\n")
}

fn restarted(world: &World) {
    let line = with(world, "");
    let values = changed(world);
    let allows = Rule::when("create").allows(&world.path("questions.json"));
    let kubectl = FakeKubectl::new(world, &[allows, Rule::when("get"), Rule::when("rollout")]);
    let before = mounting(&certificates::ca("Acme Old"));
    let after = mounting(&world.read("ca.pem"));
    let runs = |more: &str| {
        world.write(OVERRIDE, WHOLE);
        let fake = FakeHelm::new(world, &upgrading(&values, [&before, &after]));
        fake.forgets();
        fake.runs(&format!("{line}{more}"))
    };
    runs("")
        .exits(0)
        .says("kubectl rollout restart deployment/glue -n jobs --kubeconfig");
    kubectl.takes_lines();
    runs(" --restart --wait").exits(0);
    let mut lines = kubectl.takes_lines();
    lines.retain(|line| line.starts_with("rollout"));
    assert_eq!(
        lines,
        [
            "rollout restart deployment/glue -n jobs --request-timeout=10s --context none",
            "rollout status deployment/glue -n jobs --timeout=5m0s --context none",
        ]
    );
}

fn coming_up(world: &World) {
    let line = with(
        world,
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: more, namespace: jobs}\nspec:\n  selector: {matchLabels: {app: more}}\n  template: {metadata: {labels: {app: more}}, spec: {containers: [{name: a, image: b}]}}\n",
    );
    let values = changed(world);
    let allows = Rule::when("create").allows(&world.path("questions.json"));
    let own = json!({"kind": "Deployment", "metadata": {"name": "more"}, "status": {"conditions": [{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "no such quota"}]}});
    let _kubectl = FakeKubectl::new(
        world,
        &[
            allows,
            Rule::when("get deployments,replicasets,pods -n jobs")
                .prints(&json!({"items": [own]}).to_string()),
            Rule::when("get"),
        ],
    );
    let before = mounting(&certificates::ca("Acme Old"));
    let after = mounting(&world.read("ca.pem"));
    let fake = FakeHelm::new(world, &upgrading(&values, [&before, &after]));
    fake.runs(&line)
        .exits(1)
        .warns("Deployment more: no pod can be made (FailedCreate): no such quota");
}

fn immutable(world: &World) {
    let object = |value: u8| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: fixed, namespace: jobs}}\nimmutable: true\ndata: {{a: \"{value}\"}}\n"
        )
    };
    let line = with(world, &object(2));
    let fake = FakeHelm::new(
        world,
        &[
            deployed_list(),
            rendered(),
            stored(3, OLD_VALUES, &object(1)),
        ],
    );
    fake.runs(&line)
        .exits(3)
        .warns("error[object-immutable]: ConfigMap fixed is immutable")
        .warns(
            "(kubectl delete configmap fixed -n jobs --kubeconfig [WORLD]/no-cluster; pods keep",
        );
}
