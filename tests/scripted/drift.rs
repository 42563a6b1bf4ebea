//! A release that has every certificate, and a cluster that has not.

use crate::helm_failures::{OVERRIDE, agent, changed, deployed_list, rendered, trial};
use crate::support::fake_helm::{FakeHelm, FakeKubectl, Rule};
use crate::support::{GATEWAY_FILE, GATEWAY_NEEDS, World, certificates, chart};
use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "what_somebody_deleted_or_edited_in_the_cluster_is_put_back",
            drift,
        ),
        trial(
            "what_has_nothing_to_change_is_left_alone_beside_what_has",
            beside,
        ),
        trial("what_looks_the_same_and_is_not_is_upgraded", looks_the_same),
        trial("nobody_is_asked_where_nothing_would_be_done", nothing),
        trial(
            "a_config_map_that_goes_while_pods_refer_to_it_is_an_error",
            removed,
        ),
    ]
}

fn status(manifest: &str, values: &str, live: &serde_json::Value) -> Rule {
    let status = serde_json::json!({
        "name": "clearml-agent",
        "version": 3,
        "info": {"status": "deployed", "resources": {"v1/ConfigMap": live}},
        "config": serde_json::from_str::<serde_json::Value>(values).unwrap(),
        "manifest": manifest,
    });
    Rule::when("status").prints(&status.to_string())
}

/// Writes the agent's file with the certificate, and gives the values and the manifest of its release.
pub(crate) fn deployed(world: &World) -> (String, String) {
    let values = changed(world);
    let fake = FakeHelm::new(world, &[rendered()]);
    let file = fake.runs(&agent().replace("install", "render").replace(" --yes", ""));
    world.write(OVERRIDE, &file.exits(0).stdout);
    let chart = chart("clearml-enterprise-agent-6.9.3");
    let template = [
        "template",
        "clearml-agent",
        &chart,
        "-n",
        "team-a",
        "--kube-version",
        "1.32.0",
        "-f",
        OVERRIDE,
    ];
    (values, world.helm(template).exits(0).stdout.clone())
}

fn drift(world: &World) {
    let (values, manifest) = deployed(world);
    let config_map = |text: &str| {
        serde_json::json!([{
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "clearml-agent-clearml-enterprise-agent-custom-ca-0", "uid": "1-2-3"},
            "data": {"acme-root.crt": text},
        }])
    };
    let ours = world.read("ca.pem");
    let theirs = certificates::ca("Other Root");
    for (live, said) in [
        (config_map(&ours), None),
        (
            serde_json::json!([]),
            Some("is gone; this upgrade puts that back"),
        ),
        (
            config_map(&theirs),
            Some("has other certificates; this upgrade puts that back"),
        ),
    ] {
        let fake = FakeHelm::new(
            world,
            &[
                deployed_list(),
                rendered(),
                status(&manifest, &values, &live),
            ],
        );
        let run = fake.runs(&format!("{} --dry-run --detailed-exitcode", agent()));
        match said {
            None => drop(
                run.exits(0)
                    .says("Nothing to change: every certificate is deployed already."),
            ),
            Some(said) => drop(
                run.exits(2)
                    .warns("warning[live-objects-differ]")
                    .warns(said)
                    .says("custom-ca-0")
                    .never_says("1-2-3"),
            ),
        }
    }
}

fn beside(world: &World) {
    let (values, manifest) = deployed(world);
    world.write(GATEWAY_FILE, GATEWAY_NEEDS);
    let live = serde_json::json!([{
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "clearml-agent-clearml-enterprise-agent-custom-ca-0"},
        "data": {"acme-root.crt": world.read("ca.pem")},
    }]);
    let fake = FakeHelm::new(
        world,
        &[
            deployed_list(),
            rendered(),
            Rule::when("status gw").fails("Error: release: not found\n"),
            Rule::when("upgrade gw").prints("Release \"gw\" does not exist. Installing it now.\n"),
            status(&manifest, &values, &live),
        ],
    );
    let line = format!(
        "install gateway agent --ca ca.pem --gateway-release gw --gateway-chart {} --agent-chart {} --skip-probe --yes",
        chart("clearml-enterprise-app-gateway-3.2.0"),
        chart("clearml-enterprise-agent-6.9.3")
    );
    let run = fake.runs(&line);
    let upgrades: Vec<String> = fake
        .lines()
        .into_iter()
        .filter(|line| line.starts_with("upgrade"))
        .collect();
    assert_eq!(upgrades.len(), 1, "{upgrades:?}\n{run}");
    assert!(upgrades[0].starts_with("upgrade -i gw "), "{upgrades:?}");
}

fn looks_the_same(world: &World) {
    let (values, manifest) = deployed(world);
    let live = serde_json::json!([{
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "clearml-agent-clearml-enterprise-agent-custom-ca-0"},
        "data": {"acme-root.crt": world.read("ca.pem")},
    }]);
    let chart = chart("clearml-enterprise-agent-6.9.3");
    let pulled =
        "install agent --ca ca.pem --chart acme/clearml-enterprise-agent --version 6.9.3 --yes"
            .to_owned();
    let listed = |state: &str, version: &str| {
        Rule::when("list").prints(&format!(
            r#"[{{"name":"clearml-agent","namespace":"team-a","revision":"3","status":"{state}","chart":"clearml-enterprise-agent-{version}"}}]"#
        ))
    };
    let told = |state: &str, manifest: &str| {
        let status = serde_json::json!({
            "name": "clearml-agent",
            "version": 3,
            "info": {"status": state, "resources": {"v1/ConfigMap": live}},
            "config": serde_json::from_str::<serde_json::Value>(&values).unwrap(),
            "manifest": manifest,
        });
        Rule::when("status").prints(&status.to_string())
    };
    let other = manifest.replace("replicas: 1", "replicas: 2");
    assert_ne!(other, manifest);
    for (what, line, list, status, same) in [
        (
            "nothing differs",
            agent(),
            listed("deployed", "6.9.3"),
            told("deployed", &manifest),
            true,
        ),
        (
            "left failed",
            agent(),
            listed("failed", "6.9.3"),
            told("failed", &manifest),
            false,
        ),
        (
            "another version",
            agent(),
            listed("deployed", "6.9.2"),
            told("deployed", &manifest),
            false,
        ),
        (
            "a folder that was edited",
            agent(),
            listed("deployed", "6.9.3"),
            told("deployed", &other),
            false,
        ),
        // A published chart of the same version renders the same from the same values, whatever it makes at random.
        (
            "a published chart",
            pulled.clone(),
            listed("deployed", "6.9.3"),
            told("deployed", &other),
            true,
        ),
        (
            "a published chart and a flag",
            format!("{pulled} -- --set agentk8sglue.replicaCount=3"),
            listed("deployed", "6.9.3"),
            told("deployed", &manifest),
            false,
        ),
    ] {
        let pull = Rule::when("pull").pulls(chart.as_ref());
        let fake = FakeHelm::new(world, &[list, pull, rendered(), status]);
        let run = fake.runs(&line.replace("--yes", "--skip-probe --dry-run --detailed-exitcode"));
        assert_eq!(run.code, if same { 0 } else { 2 }, "{what}\n{run}");
    }
}

fn removed(world: &World) {
    let (values, manifest) = deployed(world);
    let refers = "agentk8sglue:\n  basePodTemplate:\n    volumes:\n      - name: mine\n        configMap: {name: old-ca}\n";
    world.write(OVERRIDE, refers);
    let run_with = |manifest: &str| {
        let fake = FakeHelm::new(
            world,
            &[
                deployed_list(),
                rendered(),
                status(manifest, &values, &serde_json::json!([])),
            ],
        );
        fake.runs(&agent().replace("--yes", "--skip-probe --discard-values --dry-run"))
    };
    run_with(&manifest)
        .exits(0)
        .warns("warning[config-map-not-rendered]")
        .warns("the ConfigMap old-ca, which this chart does not render");
    let pem = world.read("ca.pem").trim_end().replace('\n', "\n    ");
    let old = format!(
        "{manifest}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: old-ca}}\ndata:\n  a.crt: |\n    {pem}\n"
    );
    run_with(&old)
        .exits(3)
        .warns("error[config-map-removed]")
        .warns("the ConfigMap old-ca, which this upgrade takes away");
}

/// A gateway starts no tasks: with nothing to change there is nothing to verify either.
fn nothing(world: &World) {
    world.write(GATEWAY_FILE, GATEWAY_NEEDS);
    let chart = chart("clearml-enterprise-app-gateway-3.2.0");
    let line = format!("gateway --release gw --ca ca.pem --chart {chart}");
    FakeHelm::new(world, &[rendered()])
        .runs(&format!("render {line} --in-place"))
        .exits(0);
    let values: serde_json::Value = serde_yaml::from_str(&world.read(GATEWAY_FILE)).unwrap();
    let template = [
        "template",
        "gw",
        &chart,
        "-n",
        "team-a",
        "--kube-version",
        "1.32.0",
        "-f",
        GATEWAY_FILE,
    ];
    let manifest = world.helm(template).exits(0).stdout.clone();
    let list = r#"[{"name":"gw","namespace":"team-a","revision":"3","status":"deployed","chart":"clearml-enterprise-app-gateway-3.2.0"}]"#;
    let release = serde_json::json!({
        "name": "gw",
        "version": 3,
        "info": {"status": "deployed"},
        "config": values,
        "manifest": manifest,
    });
    let release = Rule::when("status").prints(&release.to_string());
    let _kubectl = FakeKubectl::new(world, &[]);
    let fake = FakeHelm::new(
        world,
        &[Rule::when("list").prints(list), release, rendered()],
    );
    fake.runs(&format!("install {line} --skip-probe --verify"))
        .exits(0)
        .says("(as it should be)")
        .never_says("nobody to ask");
}
