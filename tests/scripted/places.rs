//! Where a run would go: the cluster is named, and a typo in the namespace is told before anything is made.

use libtest_mimic::Trial;

use crate::helm_failures::{agent, no_releases, rendered, trial};
use crate::support::fake_helm::{FakeHelm, FakeKubectl, Rule};
use crate::support::{GATEWAY_NEEDS, World, chart};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("doctor_names_the_cluster_that_it_looked_at", named),
        trial("a_typo_in_the_namespace_makes_nothing_unsaid", typo),
    ]
}

fn named(world: &World) {
    let fake = FakeHelm::new(world, &[no_releases()]);
    fake.runs("doctor agent").says(
        "context none (http://127.0.0.1:1) is reachable; no ClearML release in namespace team-a",
    );
}

fn typo(world: &World) {
    let _kubectl = FakeKubectl::new(
        world,
        &[
            Rule::when("get namespace").prints(""),
            Rule::when("get --raw /version").prints("{}"),
            Rule::when("create").allows(&world.path("questions.json")),
        ],
    );
    let elsewhere = r#"[{"name":"clearml-agent","namespace":"team-b","revision":"3","status":"deployed","chart":"clearml-enterprise-agent-6.9.3"}]"#;
    let everywhere = Rule::when("list --all-namespaces").prints(elsewhere);
    let fake = FakeHelm::new(world, &[everywhere, no_releases(), rendered()]);
    fake.runs(&agent().replace("--yes", "--skip-probe --dry-run"))
        .exits(0)
        .says("(new release; the namespace will be created)")
        .warns("warning[release-elsewhere]: clearml-enterprise-agent is deployed in team-b (clearml-agent), and not in team-a")
        .warns("-n team-b, if that one was meant");
    // The documented command of a gateway makes no namespace.
    world.write("gateway.yaml", GATEWAY_NEEDS);
    let gateway = format!(
        "install gateway --ca ca.pem --release gw --chart {} -f gateway.yaml --skip-probe --dry-run",
        chart("clearml-enterprise-app-gateway-3.2.0")
    );
    fake.runs(&gateway)
        .exits(3)
        .warns("error[namespace-missing]: there is no namespace team-a on context none")
        .warns("hint: kubectl create namespace team-a --kubeconfig")
        .warns(", or add -- --create-namespace");
    fake.runs(&format!("{gateway} -- --create-namespace"))
        .exits(0)
        .says("the namespace will be created");
    // Whose turn is before makes it, and whose turn is after does not.
    let apps = format!(
        "install apps gateway --ca ca.pem --gateway-release gw --apps-chart {} --gateway-chart {} --gateway-values gateway.yaml --skip-probe --dry-run",
        chart("clearml-enterprise-10.11.3"),
        chart("clearml-enterprise-app-gateway-3.2.0")
    );
    fake.runs(&apps)
        .says("the namespace will be created")
        .never_says("namespace-missing");
    let listed = |waves: [u8; 2]| {
        let [agent, gateway] = waves;
        let file = format!(
            "certificates:\n  acme-root: ca.pem\ntargets:\n  - {{component: agent, wave: {agent}, chart: {}}}\n  - {{component: gateway, release: gw, wave: {gateway}, values: gateway.yaml, chart: {}}}\n",
            chart("clearml-enterprise-agent-6.9.3"),
            chart("clearml-enterprise-app-gateway-3.2.0")
        );
        world.write("clearml-certs.yaml", &file);
        fake.runs("install --skip-probe --dry-run")
    };
    listed([0, 1]).never_says("namespace-missing");
    listed([1, 0]).exits(3).warns("error[namespace-missing]");
    // What is to be pasted leads to the cluster that was named.
    let forbidden = Rule::when("list").fails("Error: secrets is forbidden\n");
    FakeHelm::new(world, &[forbidden])
        .runs(&gateway.replace("--dry-run", "--yes"))
        .exits(1)
        .warns("--uninstalling -o json --kubeconfig");
}
