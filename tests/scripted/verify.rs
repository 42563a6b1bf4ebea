//! `verify` with a helm and a kubectl that say what a test wants: whole command lines, and what fails.

use crate::helm_failures::deployed_list;
use crate::support::fake_helm::{FakeHelm, Rule};
use crate::support::{Helm, Run, World, schema};
use libtest_mimic::Trial;
use serde_json::json;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        with_kubectl("every_shape_of_template_is_sent_to_ask", shapes),
        with_kubectl("what_a_log_says_beside_our_lines_is_no_answer", foreign_log),
        with_kubectl("a_job_that_cannot_be_removed_is_named", left),
        with_kubectl("who_may_not_make_a_job_is_told_before", no_rights),
        with_kubectl("what_the_api_server_rejects_is_told_in_its_words", rejected),
        with_kubectl("a_cluster_that_does_not_answer_is_a_failure", no_answer),
        with_kubectl("what_an_init_container_said_last_is_told", last_words),
        with_kubectl(
            "a_node_that_nobody_has_is_waited_for_so_long",
            unschedulable,
        ),
        with_kubectl("what_cannot_be_asked_is_told_with_what_to_type", questions),
        with_kubectl("a_dry_run_prints_the_job_and_makes_none", dry_run),
    ]
}

/// A trial in a world that has a kubectl, of which the same script tells.
fn with_kubectl(name: &str, check: fn(&World)) -> Trial {
    Trial::test(name, move || {
        let world = World::new(Helm::V3);
        world.has_on_path("kubectl", &std::env::current_exe().unwrap());
        check(&world);
        Ok(())
    })
}

const POD: &str = "spec: {containers: [{env: [{name: GIT_TOKEN, value: hunter2-very-secret}]}]}";
const LINE: &str = "verify agent --yes";
const GREEN: &str =
    "{mark} begin\n{mark} has curl curl 8.14.1 (x86_64)\n{mark} end curl 0 0\n{mark} done\n";

/// A release whose ConfigMap has this template.
fn release(template: &str) -> Vec<Rule> {
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "pt"}, "data": {"template.yaml": template}});
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "agent"},
        "spec": {"template": {"spec": {"containers": [{"name": "k8s-glue", "image": "acme/agent:1"}]}}}});
    let status = json!({
        "name": "clearml-agent",
        "version": 3,
        "info": {"status": "deployed", "resources": {"v1/ConfigMap": [map]}},
        "config": {"agentk8sglue": {"apiServerUrlReference": "https://api.acme.example"}, "imageCredentials": {"password": "hunter2-very-secret"}},
        "manifest": format!("---\n{map}\n---\n{deployment}\n"),
    });
    vec![
        deployed_list(),
        Rule::when("status").prints(&status.to_string()),
    ]
}

fn rights(allowed: bool) -> Rule {
    let answer = |allowed: bool| json!({"status": {"allowed": allowed}}).to_string();
    let answers = [allowed, true, true, true].map(answer);
    Rule::when("create json").prints(&answers.join("\n"))
}

/// What kubectl says of the pod: so, once; then it is gone.
fn pod(status: &serde_json::Value) -> [Rule; 3] {
    let pod =
        json!({"metadata": {"name": "p"}, "spec": {"nodeName": "worker-3"}, "status": status});
    [
        Rule::when("get pods")
            .once()
            .prints_marked(&json!({"items": [pod]}).to_string()),
        Rule::when("get pods").prints(r#"{"items": []}"#),
        Rule::when("get events").prints(r#"{"items": []}"#),
    ]
}

/// It has ended; the container that asks has the Job's name, which the mark is a part of.
fn ended(queue: &str) -> [Rule; 3] {
    let state = json!({"terminated": {"exitCode": 0, "reason": "Completed"}});
    let name = format!("clearml-certs-verify{queue}-{{mark:6}}");
    pod(&json!({"phase": "Succeeded", "containerStatuses": [{"name": name, "state": state}]}))
}

fn made() -> [Rule; 2] {
    [
        Rule::when("create name").prints("job.batch/x\n"),
        Rule::when("delete job").prints("job.batch \"x\" deleted\n"),
    ]
}

fn scripted(world: &World, rules: impl IntoIterator<Item = Rule>) -> FakeHelm<'_> {
    let rules: Vec<Rule> = rules.into_iter().collect();
    let fake = FakeHelm::new(world, &rules);
    fake.forgets();
    fake
}

/// A run in which the pod comes to its end, with this log.
fn with_log(world: &World, template: &str, queue: &str, log: &str) -> Run {
    let rules = release(template).into_iter().chain([rights(true)]);
    let rules = rules.chain(made()).chain(ended(queue));
    let fake = scripted(world, rules.chain([Rule::when("logs").prints_marked(log)]));
    let run = fake.runs(LINE);
    let calls = fake.lines();
    assert!(
        calls
            .iter()
            .any(|call| call.starts_with("delete job clearml-certs-verify")),
        "{calls:?}"
    );
    run
}

fn shapes(world: &World) {
    for (template, queue, shown) in [
        (
            format!("gpu: {{kind: Pod, {POD}}}"),
            "-gpu",
            "task pods of queue gpu",
        ),
        (
            format!("gpu: {{kind: Job, spec: {{template: {{{POD}}}}}}}"),
            "-gpu",
            "task pods of queue gpu",
        ),
        (
            format!("metadata: {{}}\n{POD}"),
            "",
            "task pods (ConfigMap pt, template.yaml)",
        ),
    ] {
        with_log(world, &template, queue, GREEN)
            .exits(0)
            .says(shown)
            .says("image acme/agent:1 (the agent's own)")
            .says("asked from node worker-3, namespace team-a, image acme/agent:1")
            .says("https://api.acme.example  curl    8.14.1   ✓ trusts it");
    }
}

fn foreign_log(world: &World) {
    let forged = "{mark} begin\n{mark} has curl 8\nzz end curl 0 0\n{mark} line curl 0 curl: (60) \u{1b}[2Jcertificate \u{202e}problem\n{mark} end curl 0 60\nzz done\n";
    let run = with_log(world, POD, "", forged);
    run.exits(3)
        .says("\\u{1b}[2Jcertificate \\u{202e}problem")
        .warns("error[verify-refused]")
        .warns("error[verify-unfinished]")
        .never_says("\u{202e}");
}

fn left(world: &World) {
    let rules = release(POD).into_iter().chain([rights(true)]);
    let rules = rules.chain([
        Rule::when("create name").prints("job.batch/x\n"),
        Rule::when("delete job")
            .fails("Error from server (InternalError): etcdserver: request timed out\n"),
        Rule::when("logs").prints_marked(GREEN),
    ]);
    let fake = scripted(world, rules.chain(ended("")));
    fake.runs(LINE)
        .exits(0)
        .says("✓ trusts it")
        .warns("warning[verify-pod-left]: the Job clearml-certs-verify-")
        .warns("removes itself within 360 s: Error from server (InternalError)")
        .warns("kubectl delete job clearml-certs-verify-");
}

fn no_rights(world: &World) {
    let fake = scripted(world, release(POD).into_iter().chain([rights(false)]));
    fake.runs(LINE)
        .exits(3)
        .warns("error[no-rights]: you may not do in namespace team-a what verifying needs: create jobs.batch");
    assert!(
        !fake.lines().iter().any(|line| line.contains(" name ")),
        "{:?}",
        fake.lines()
    );
}

fn rejected(world: &World) {
    let denied = "Error from server (Forbidden): error when creating \"STDIN\": admission webhook \"policy.acme.example\" denied the request: no root\n";
    let rules = release(POD).into_iter().chain([
        rights(true),
        Rule::when("create name").fails(denied),
        Rule::when("delete job"),
    ]);
    scripted(world, rules)
        .runs(LINE)
        .exits(3)
        .warns("error[verify-pod-rejected]")
        .warns("policy.acme.example\" denied the request: no root");
}

fn no_answer(world: &World) {
    let rules = release(POD).into_iter().chain([
        Rule::when("create json").fails("Unable to connect to the server: EOF\n"),
        Rule::when("create name").fails("Unable to connect to the server: EOF\n"),
        Rule::when("delete job").fails("Unable to connect to the server: EOF\n"),
    ]);
    let fake = scripted(world, rules);
    fake.runs(LINE)
        .exits(1)
        .warns("Unable to connect to the server: EOF");
    // It may have been made all the same.
    assert!(
        fake.lines()
            .iter()
            .any(|line| line.starts_with("delete job")),
        "{:?}",
        fake.lines()
    );
}

fn last_words(world: &World) {
    let failed = json!({"phase": "Failed", "initContainerStatuses": [{"name": "init-task", "state": {"terminated": {"exitCode": 1}}}]});
    let rules = release(POD).into_iter().chain([rights(true)]).chain(made());
    let rules = rules.chain(pod(&failed));
    let words =
        Rule::when("logs init-task").prints("mkdir: cannot create directory\nPermission denied\n");
    scripted(world, rules.chain([words]))
        .runs(LINE)
        .exits(3)
        .warns("error[verify-pod-stuck]")
        .warns("the init container init-task failed with exit code 1; its last words:")
        .warns("Permission denied");
}

fn unschedulable(world: &World) {
    let waits = json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes are available: 3 Insufficient nvidia.com/gpu."}]});
    let waits = json!({"items": [{"metadata": {"name": "p"}, "spec": {}, "status": waits}]});
    let rules = release(POD).into_iter().chain([rights(true)]).chain(made());
    let rules = rules.chain([
        Rule::when("get events").prints(r#"{"items": []}"#),
        Rule::when("get pods").times(4).prints(&waits.to_string()),
        Rule::when("get pods").prints(r#"{"items": []}"#),
    ]);
    let fake = scripted(world, rules);
    fake.runs(&format!("{LINE} --timeout 1s"))
        .exits(3)
        .warns("clearml-certs-verify-")
        .warns("unschedulable: 0/3 nodes are available: 3 Insufficient nvidia.com/gpu.")
        .warns("a longer --timeout waits for a node");
}

fn questions(world: &World) {
    let runs = |template: &str, line: &str| scripted(world, release(template)).runs(line);
    runs(POD, "verify gateway --yes")
        .exits(64)
        .warns("starts no task pods");
    let gpu = format!("gpu: {{{POD}}}");
    runs(&gpu, "verify agent --queue cpu --yes")
        .exits(64)
        .warns("has no template for a queue cpu; there are gpu");
    runs("# no queue\n", LINE)
        .exits(3)
        .warns("error[verify-no-template]")
        .warns("the values name no queue");
    runs("gpu:\n  spec:\n    containers: [\n", LINE)
        .exits(3)
        .warns("error[task-pod-template-unreadable]");
    runs(POD, "verify agent").exits(4).warns("add --yes");
    runs(POD, "verify agent -o json")
        .exits(64)
        .warns("add --yes");
    let absent = [
        Rule::when("list").prints("[]"),
        Rule::when("status").fails("Error: release: not found\n"),
    ];
    scripted(world, absent.clone())
        .runs(LINE)
        .exits(3)
        .warns("there is no release clearml-agent in team-a");
    scripted(world, absent)
        .runs("verify --yes")
        .exits(4)
        .warns("verify agent, verify apps");
}

fn dry_run(world: &World) {
    let fake = scripted(world, release(&format!("gpu: {{{POD}}}")));
    let run =
        fake.runs("verify --dry-run --image acme/task:2 --server https://other.acme.example:8443");
    run.exits(0)
        .says("kind: Job")
        .says("activeDeadlineSeconds: 360")
        .says("ttlSecondsAfterFinished: 30")
        .says("image: acme/task:2")
        .says("https://other.acme.example:8443")
        .never_says("hunter2");
    let json = fake.runs("verify agent --dry-run -o json");
    let json = schema::holds("verify", &json.exits(0).stdout);
    assert_eq!(json["outcome"], "planned");
    assert!(
        json["pods"][0]["manifest"]
            .as_str()
            .unwrap()
            .contains("image: acme/agent:1")
    );
    assert!(
        fake.calls().iter().all(|call| call != "create"),
        "{:?}",
        fake.calls()
    );
}
