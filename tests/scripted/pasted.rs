//! What is to be pasted next leads to the cluster of the run, from any shell.

use libtest_mimic::Trial;

use crate::helm_failures::{OLD_VALUES, OVERRIDE, changed, no_releases, rendered, status, trial};
use crate::support::fake_helm::{FakeHelm, FakeKubectl, Rule};
use crate::support::{World, certificates, chart};
use crate::words::{WHOLE, mounting};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("after_a_listed_upgrade_verify_goes_where_it_went", listed),
        trial("what_init_wrote_is_tried_where_it_was_found", init),
        trial("status_of_an_inspected_release_is_asked_there", inspected),
        trial("what_doctor_says_to_type_goes_where_it_looked", doctor),
        trial("an_answer_that_cannot_be_read_is_asked_for_there", answer),
        trial(
            "a_file_that_a_shell_would_take_for_more_is_one_word",
            quoted,
        ),
    ]
}

const BLUE: [(&str, &str); 1] = [("HELM_KUBECONTEXT", "none")];
const THERE: &str = "--kube-context none --kubeconfig [WORLD]/no-cluster";
const CHART: &str = "clearml-enterprise-agent-6.9.3";

fn listed(world: &World) {
    world.write(OVERRIDE, WHOLE);
    let values = changed(world);
    let fleet = format!(
        "certificates:\n  acme-root: ca.pem\ntargets:\n  - {{component: agent, release: clearml-agent, values: {OVERRIDE}, chart: {}}}\n",
        chart(CHART)
    );
    world.write("our(fleet).yaml", &fleet);
    let fake = FakeHelm::new(
        world,
        &[
            no_releases(),
            rendered(),
            Rule::when("status")
                .fails("Error: release: not found\n")
                .once(),
            Rule::when("upgrade").prints("done\n"),
            mounting(1, &world.read("ca.pem"), &values),
        ],
    );
    fake.runs_with("install -c our(fleet).yaml --skip-probe --yes", &BLUE)
        .says(&format!(
            "helm clearml-certs verify -c 'our(fleet).yaml' -n team-a {THERE}\n"
        ));
}

fn init(world: &World) {
    let list = r#"[{"name":"clearml-agent","namespace":"team-a","revision":"3","status":"deployed","chart":"clearml-enterprise-agent-6.9.3"}]"#;
    let fake = FakeHelm::new(
        world,
        &[
            Rule::when("list").prints(list),
            status(3, "deployed", OLD_VALUES),
        ],
    );
    let wrote = |line: &str, shown: &str| {
        fake.runs_with(line, &BLUE).exits(0).says(&format!(
            "What it would change: helm clearml-certs install{shown} --dry-run {THERE}\n"
        ));
    };
    wrote("init", "");
    wrote("init our(fleet).yaml", " -c 'our(fleet).yaml'");
}

/// The certificate of the world, as a release was given it.
fn holding(world: &World) -> String {
    let values = serde_json::json!({"customCertificates": {"extraCerts": [
        {"alias": "acme-root", "pem": world.read("ca.pem")},
    ]}});
    values.to_string()
}

fn inspected(world: &World) {
    let fake = FakeHelm::new(world, &[status(3, "deployed", &holding(world))]);
    for (source, namespace) in [("release:agent", "team-a"), ("release:ml/agent", "ml")] {
        fake.runs_with(&format!("inspect {source}"), &BLUE)
            .exits(0)
            .says(&format!(
                "\n  helm clearml-certs status -n {namespace} {THERE}\n"
            ));
    }
    let gone = Rule::when("status").fails("Error: release: not found\n");
    FakeHelm::new(world, &[gone, no_releases()])
        .runs_with("inspect release:agent", &BLUE)
        .exits(1)
        .warns(&format!("hint: helm list -n team-a {THERE}\n"));
}

fn doctor(world: &World) {
    let list = r#"[{"name":"clearml-agent","namespace":"team-a","revision":"3","status":"deployed","chart":"clearml-enterprise-agent-6.9.3"}]"#;
    let _kubectl = FakeKubectl::new(
        world,
        &[
            Rule::when("create").prints(&r#"{"status": {"allowed": false}}"#.repeat(6)),
            Rule::when("get --raw /version").prints("{}"),
        ],
    );
    let fake = FakeHelm::new(
        world,
        &[
            Rule::when("list").prints(list),
            Rule::when("get values").prints(&holding(world)),
        ],
    );
    fake.runs_with("doctor --skip-probe", &BLUE)
        .says(&format!(
            "; helm clearml-certs status -n team-a {THERE} tells what they trust"
        ))
        .says("kubectl auth can-i --list -n team-a --context none --kubeconfig [WORLD]/no-cluster");
    world.write("ca.pem", &certificates::expired_ca("Acme Past"));
    let fake = FakeHelm::new(
        world,
        &[
            Rule::when("list").prints(list),
            Rule::when("get values").prints(&holding(world)),
        ],
    );
    fake.runs_with("doctor --skip-probe", &BLUE).says(&format!(
        "helm clearml-certs rotate agent --help; helm clearml-certs status -n team-a {THERE} tells of each"
    ));
}

fn answer(world: &World) {
    let fake = FakeHelm::new(world, &[Rule::when("status").prints("{")]);
    fake.runs_with("inspect release:agent", &BLUE)
        .exits(1)
        .warns("helm's answer could not be read")
        .warns(&format!(
            "command: helm status agent -n team-a -o json {THERE}\n"
        ));
}

fn quoted(world: &World) {
    let flux = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: ml, namespace: team-a}\nspec:\n  values: {}\n";
    world.write("our(flux).yaml", flux);
    let fake = FakeHelm::new(world, &[no_releases(), rendered()]);
    let line = |component: &str, file: &str, name: &str| {
        format!(
            "install {component} --release ml --ca ca.pem -f {file} --chart {} --skip-probe --dry-run",
            chart(name)
        )
    };
    fake.runs(&line("agent", "our(flux).yaml", CHART))
        .exits(3)
        .warns("helm clearml-certs render agent -f 'our(flux).yaml' --ca … --in-place");
    world.write("our(gateway).yaml", "{}\n");
    fake.runs(&line(
        "gateway",
        "our(gateway).yaml",
        "clearml-enterprise-app-gateway-3.2.0",
    ))
    .exits(3)
    .warns("--gateway-values FILE --gateway-values 'our(gateway).yaml'");
}
