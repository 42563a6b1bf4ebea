//! What the API server is asked in a dry run before anything is written, and how that is told.

use libtest_mimic::Trial;

use crate::helm_failures::{
    OLD_VALUES, OVERRIDE, agent, deployed_list, no_releases, rendered, trial,
};
use crate::support::World;
use crate::support::fake_helm::{FakeHelm, FakeKubectl, Rule};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "whose_fields_an_upgrade_sets_is_asked_where_they_are_others",
            fields,
        ),
        trial("what_admission_rejects_is_told_without_secrets", rejected),
        trial(
            "whose_fields_they_are_is_not_known_without_kubectl",
            fields_unknown,
        ),
    ]
}

const NAME: &str = "clearml-agent-clearml-enterprise-agent";
const LINE: &str = "--skip-probe --discard-values --dry-run";

fn line() -> String {
    agent().replace("--yes", LINE)
}

/// A release that Helm 4 has, two objects of which others have changed.
fn edited() -> [Rule; 4] {
    let object = |kind: &str, name: &str, manager: &str| {
        serde_json::json!({"kind": kind, "metadata": {"name": name, "managedFields": [
            {"manager": "helm", "operation": "Apply"},
            {"manager": manager, "operation": "Update"},
        ]}})
    };
    let status = serde_json::json!({
        "name": "clearml-agent",
        "version": 3,
        "info": {"status": "deployed", "resources": {
            "v1/ConfigMap": [object("ConfigMap", &format!("{NAME}-pt"), "kubectl-edit")],
            "v1/Secret": [object("Secret", &format!("{NAME}-ac"), "helm")],
            "v1/Deployment": [object("Deployment", NAME, "kubectl-set")],
        }},
        "config": serde_json::from_str::<serde_json::Value>(OLD_VALUES).unwrap(),
        "manifest": "",
        "apply_method": "ssa",
    });
    [
        Rule::when("version").prints("v4.3.1"),
        deployed_list(),
        rendered(),
        Rule::when("status").prints(&status.to_string()),
    ]
}

/// What a kubectl says that allows everything, but for one question.
fn rules(world: &World, one: Rule) -> [Rule; 4] {
    let allows = Rule::when("create").allows(&world.path("questions.json"));
    let there = Rule::when("get namespace").prints("namespace/team-a\n");
    [one, there, Rule::when("get"), allows]
}

fn fields(world: &World) {
    world.write(OVERRIDE, "# ours\n");
    let helm = FakeHelm::new(world, &edited());
    let asked = "apply -n team-a --server-side --field-manager=helm --dry-run=server --validate=false -f - -o name --request-timeout=10s --context none";
    let kubectl = FakeKubectl::new(world, &rules(world, Rule::when("apply")));
    let applied = || {
        let lines = kubectl.takes_lines().into_iter();
        lines
            .filter(|line| line.starts_with("apply"))
            .collect::<Vec<_>>()
    };
    helm.runs(&line()).exits(0).never_says("field-conflict");
    assert_eq!(applied(), [asked]);
    // All at once, and then each that was not taken.
    let conflict = "Apply failed with 1 conflict: conflict with \"kubectl-set\" using apps/v1: .spec.replicas\nPlease review the fields above--they currently have other managers. Here\n";
    let taken = format!("configmap/{NAME}-pt\n");
    kubectl.goes_by(&rules(
        world,
        Rule::when("apply").prints(&taken).fails(conflict),
    ));
    helm.runs(&line())
        .exits(3)
        .warns(&format!("error[field-conflict]: Deployment {NAME} has fields that others than helm have set in the cluster"))
        .warns(".spec.replicas (by kubectl-set)")
        .never_says(&format!("{NAME}-pt has"));
    assert_eq!(applied(), [asked, asked]);
    kubectl.goes_by(&rules(
        world,
        Rule::when("apply").fails("Unable to connect to the server: EOF\n"),
    ));
    helm.runs(&line())
        .exits(0)
        .warns(&format!(
            "note[conflicts-unknown]: whether fields that others than helm have set in ConfigMap {NAME}-pt"
        ))
        .warns("could not be asked: Unable to connect to the server: EOF");
    assert_eq!(applied(), [asked; 3]);
    // What is said of one says nothing of another, be it taken or in conflict.
    let forbidden = format!(
        "Error from server (Forbidden): deployments.apps \"{NAME}\" is forbidden: User \"ann\" cannot patch\n"
    );
    let of_deployment = format!(
        "note[conflicts-unknown]: whether fields that others than helm have set in Deployment {NAME} "
    );
    kubectl.goes_by(&rules(
        world,
        Rule::when("apply").prints(&taken).fails(&forbidden),
    ));
    helm.runs(&line())
        .exits(0)
        .warns(&of_deployment)
        .never_says(&format!("{NAME}-pt are"));
    assert_eq!(applied(), [asked, asked]);
    let [_, there, get, allows] = rules(world, Rule::when("apply"));
    kubectl.goes_by(&[
        Rule::when("apply")
            .fails(&format!("{conflict}{forbidden}"))
            .once(),
        Rule::when("apply").fails(&forbidden),
        there,
        get,
        allows,
    ]);
    helm.runs(&line())
        .exits(0)
        .warns(&of_deployment)
        .never_says("field-conflict");
    assert_eq!(applied(), [asked; 3]);
    // Told to overwrite them, helm meets none.
    helm.runs(&format!("{} -- --force-conflicts", line()))
        .exits(0);
    assert!(applied().is_empty());
}

fn fields_unknown(world: &World) {
    world.write(OVERRIDE, "# ours\n");
    let helm = FakeHelm::new(world, &edited());
    helm.runs(&line())
        .exits(0)
        .warns("note[conflicts-unknown]")
        .warns("could not be asked: kubectl is not on the PATH");
}

/// Nothing of a pod is told in a command, and nothing secret in an answer.
fn rejected(world: &World) {
    world.write(
        OVERRIDE,
        "clearml:\n  agentk8sglueSecret: secret-0001-of-ours\n",
    );
    let helm = FakeHelm::new(world, &[no_releases(), rendered()]);
    let said = "The Pod \"helm-clearml-certs-0\" is invalid: spec.containers[0].env[0].name: Invalid value: \"secret-0001-of-ours\": no\n";
    let dry = Rule::when("create --dry-run=server")
        .prints("pod/helm-clearml-certs-1\n")
        .fails(said);
    let kubectl = FakeKubectl::new(world, &rules(world, dry));
    let run = helm.runs(&agent().replace("--yes", "--skip-probe --dry-run"));
    run.exits(3)
        .warns(&format!(
            "error[pod-refused]: the API server rejects the pods of Deployment {NAME}, "
        ))
        .warns(": spec.containers[0].env[0].name: Invalid value: \"***\": no")
        .never_says("secret-0001-of-ours");
    let asked = "create --dry-run=server --validate=false -f - -o name --request-timeout=10s --context none";
    let lines = kubectl.takes_lines();
    let count = |lines: &[String]| lines.iter().filter(|line| *line == asked).count();
    // All, and each that was rejected: of three pods two.
    assert_eq!(count(&lines), 3, "{lines:?}");
    // Who may make none is asked once.
    let forbidden =
        "Error from server (Forbidden): pods is forbidden: User \"ann\" cannot create\n";
    let dry = Rule::when("create --dry-run=server").fails(&forbidden.repeat(3));
    kubectl.goes_by(&rules(world, dry));
    helm.runs(&agent().replace("--yes", "--skip-probe --dry-run"));
    assert_eq!(count(&kubectl.takes_lines()), 1);
}
