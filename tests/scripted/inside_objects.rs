//! Values inside an object of `GitOps`: `install`, `remove` and `rotate` write the file, and never give it to helm.

use libtest_mimic::Trial;

use crate::helm_failures::{agent, no_releases, rendered, trial};
use crate::support::fake_helm::{FakeHelm, Rule};
use crate::support::{World, certificates, chart, schema};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "a_helm_release_is_never_given_to_helm_upgrade",
            never_upgraded,
        ),
        trial(
            "files_only_edits_an_object_and_remove_gives_its_bytes_back",
            there_and_back,
        ),
        trial(
            "a_secret_without_values_gets_its_bytes_back_and_takes_others",
            secret_and_back,
        ),
    ]
}

const FILE: &str = "flux.yaml";
const FLUX: &str = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: ml, namespace: team-a}\nspec:\n  values: # ours\n    imageCredentials:\n      password: hunter2-very-secret\n\n  interval: 5m";
const K3S: &str = "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: ml, namespace: team-a}\nspec:\n  valuesContent: |-\n    imageCredentials:\n      password: hunter2-very-secret\n  bootstrap: false\n";
const ARGO: &str = "apiVersion: argoproj.io/v1alpha1\r\nkind: Application\r\nmetadata: {name: ml}\r\nspec:\r\n  destination: {namespace: team-a}\r\n  source: {repoURL: registry.example/charts, helm: {valueFiles: [a.yaml]}} # ours\r\n";
const JSON: &str = r#"{"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {"name": "ml", "namespace": "team-a"}, "spec": {"interval": "5m"}}"#;

fn install(more: &str) -> String {
    format!("{} -f {FILE} {more}", agent())
}

fn helm(world: &World) -> FakeHelm<'_> {
    let upgrade = Rule::when("upgrade").prints("done\n");
    FakeHelm::new(world, &[no_releases(), rendered(), upgrade])
}

fn never_upgraded(world: &World) {
    world.write(FILE, FLUX);
    let fake = helm(world);
    for more in ["", "--dry-run", "-o json"] {
        fake.runs(&install(more))
            .exits(3)
            .warns("error[file-of-an-engine]: flux.yaml is no values file for helm upgrade: it has HelmRelease team-a/ml, from which Flux deploys")
            .warns("add --files-only")
            .never_says("helm upgrade -i");
    }
    fake.runs(&install("--ignore file-of-an-engine")).exits(64);
    assert_eq!(world.read(FILE), FLUX);
    assert!(!fake.calls().contains(&"upgrade".to_owned()));
}

fn there_and_back(world: &World) {
    let chart = chart("clearml-enterprise-agent-6.9.3");
    for (text, engine) in [
        (FLUX, "Flux"),
        (K3S, "k3s or RKE2"),
        (ARGO, "Argo CD"),
        (JSON, "Flux"),
    ] {
        world.write(FILE, text);
        let fake = helm(world);
        fake.runs(&install("--files-only"))
            .exits(0)
            .says("release ml in namespace team-a")
            .says(&format!("none: {engine} deploys from flux.yaml"))
            .says("flux.yaml is written")
            .never_says("hunter2")
            .never_says("helm upgrade -i");
        assert!(
            world
                .read(FILE)
                .contains("ml-clearml-enterprise-agent-custom-ca-0")
        );
        let is_json = |text: &str| serde_json::from_str::<serde_json::Value>(text).is_ok();
        assert_eq!(is_json(&world.read(FILE)), is_json(text));
        let json = fake.runs(&install("--files-only -o json"));
        let json = schema::holds("install", &json.exits(0).stdout);
        assert_eq!(json["targets"][0]["file"]["change"], "none");
        assert!(json["targets"][0]["command"].is_null());
        // From one CA to another, where the servers are not asked.
        world.write("next.pem", &certificates::ca("Acme Next"));
        let rotate = format!(
            "rotate agent --from acme-root --to next.pem --chart {chart} -f {FILE} --files-only --skip-probe --yes"
        );
        fake.runs(&rotate).exits(2);
        fake.runs(&rotate).exits(0);
        assert_eq!(world.read(FILE).matches("BEGIN CERTIFICATE").count(), 1);
        let remove =
            format!("remove agent --all --chart {chart} -f {FILE} --files-only --skip-probe --yes");
        fake.runs(&remove).exits(0);
        assert_eq!(world.read(FILE), text);
        assert!(!fake.calls().contains(&"upgrade".to_owned()));
    }
}

fn secret_and_back(world: &World) {
    let fake = helm(world);
    let chart = chart("clearml-enterprise-agent-6.9.3");
    for value in ["\"\"", "", "'' # none yet"] {
        let text = format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: x}}\ndata:\n  values.yaml: {value}\n"
        );
        world.write(FILE, &text);
        for _ in ["first", "again"] {
            fake.runs(&install("--files-only")).exits(0);
            let line = format!("render agent --ca ca.pem --chart {chart} -f {FILE}");
            fake.runs(&line).exits(0).says("- alias: acme-root");
            let remove = format!(
                "remove agent --all --chart {chart} -f {FILE} --files-only --skip-probe --yes"
            );
            fake.runs(&remove).exits(0);
            assert_eq!(world.read(FILE), text);
        }
    }
}
