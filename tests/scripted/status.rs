//! `status` with a helm that tells what a test wants: what is asked, and what is found in each of the four places.

use std::cmp::Ordering;

use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::helm_failures::{OVERRIDE, rendered, trial};
use crate::support::deployed::{self, DEPLOYED, Release, STARTED};
use crate::support::fake_helm::{FakeHelm, FakeKubectl, Rule};
use crate::support::platform::Signal;
use crate::support::{World, certificates, chart, schema};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("a_release_in_step_takes_two_calls_and_three_lines", in_step),
        trial("an_override_file_that_says_something_else_is_told", file),
        trial(
            "a_file_with_a_helm_release_is_compared_by_its_values",
            file_of_flux,
        ),
        trial(
            "a_file_belongs_to_the_release_that_it_agrees_with",
            whose_file,
        ),
        trial(
            "a_file_that_was_named_is_that_releases_whatever_another_has",
            named_files,
        ),
        trial(
            "a_target_without_a_namespace_is_in_that_of_the_cluster_alone",
            unplaced_target,
        ),
        trial("what_the_cluster_has_otherwise_is_told", live),
        trial("pods_without_the_certificates_are_told", pods),
        trial(
            "pods_that_may_be_older_are_judged_by_helms_history",
            older_pods,
        ),
        trial("a_pod_that_waits_is_told_with_the_server_it_asks", waiting),
        trial("a_queue_that_goes_without_is_told", queue),
        trial("a_chart_of_any_name_is_told_by_its_values", any_name),
        trial(
            "in_all_namespaces_the_values_of_no_other_chart_are_asked_for",
            all_namespaces,
        ),
        trial("a_missing_right_is_named", rights),
        trial("a_release_that_cannot_be_read_hides_no_other", unreadable),
        trial(
            "a_listed_file_that_cannot_be_read_hides_no_other_target",
            unread_files,
        ),
        trial(
            "a_source_that_cannot_be_read_is_asked_for_and_told_once",
            unread_sources,
        ),
        trial("an_end_that_is_near_or_past_is_told_once", endings),
        trial("what_is_deployed_is_compared_with_a_source", given),
        trial("a_release_that_is_not_settled_is_told", unsettled),
        trial("json_is_what_its_schema_describes", as_json),
        trial("metrics_say_nothing_of_what_is_not_known", metrics),
        #[cfg(unix)]
        trial("a_watch_appends_and_ends_quietly", watch),
    ]
}

const CHART: &str = "clearml-enterprise-agent-6.14.6";
const NAME: &str = "clearml-agent-clearml-enterprise-agent";
const CONFIG_MAP: &str = "clearml-agent-clearml-enterprise-agent-custom-ca-0";
/// The agent with the certificate of `ca.pem`, all in step; its override file is here.
fn agent(world: &World) -> Release {
    let queues = "agentk8sglue:\n  fileServerUrlReference: https://files.clearml.acme.example\n  queues:\n    default: {}\n    gpu: {}\n";
    world.write(OVERRIDE, queues);
    let line = format!(
        "render agent --ca ca.pem --chart {} --in-place",
        chart(CHART)
    );
    FakeHelm::new(world, &[rendered()]).runs(&line).exits(0);
    release_of(world, OVERRIDE)
}

fn release_of(world: &World, file: &str) -> Release {
    Release::of(world, "clearml-agent", CHART, file)
}

impl Release {
    fn rules(&self) -> Vec<Rule> {
        vec![listed(&[("clearml-agent", "team-a", CHART)]), self.told()]
    }

    fn told(&self) -> Rule {
        Rule::when("status clearml-agent").prints(&self.status())
    }
}

fn file_of_flux(world: &World) {
    let release = agent(world);
    let values = world.read(OVERRIDE);
    let values = values.trim_end().replace('\n', "\n    ");
    let flux = format!(
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: clearml-agent, namespace: team-a}}\nspec:\n  interval: 5m\n  values:\n    {values}\n"
    );
    world.write("flux.yaml", &flux);
    let look = |more: &str| {
        look(
            world,
            &release.rules(),
            &format!("agent -f flux.yaml {more}"),
        )
    };
    look("").exits(0).says("in step");
    let (head, _) = flux.split_once("  values:\n").unwrap();
    world.write("flux.yaml", &format!("{head}  values: {{}}\n"));
    look("")
        .exits(3)
        .warns("error[file-differs]: flux.yaml says something else than release clearml-agent in team-a: it lacks acme-root")
        .warns("have the engine deploy what the file says, or write what is deployed into the file: helm clearml-certs install agent")
        .warns("--files-only");
    // What is printed for such a file never has helm deploy from it.
    world.write("flux.yaml", &flux);
    world.write("next.pem", &certificates::ca("Acme Next"));
    look("--ca next.pem").exits(3).warns(
        "deploy it: helm clearml-certs install agent -f flux.yaml --files-only --ca next.pem ",
    );
    // The object names the release.
    world.write(
        "flux.yaml",
        &flux.replace("name: clearml-agent", "name: other"),
    );
    look("")
        .exits(3)
        .warns("error[release-missing]: there is no release other");
}

/// What is told of two agents of one file.
fn two_agents(world: &World) -> [Rule; 3] {
    let release = agent(world);
    let second = Release::of(world, "second", CHART, OVERRIDE);
    [
        listed(&[
            ("clearml-agent", "team-a", CHART),
            ("second", "team-a", CHART),
        ]),
        release.told(),
        Rule::when("status second").prints(&second.status()),
    ]
}

fn named_files(world: &World) {
    let rules = two_agents(world);
    world.write("b.yaml", "a: 1\n").write(
        "clearml-certs.yaml",
        "targets:\n  - {component: agent, release: clearml-agent}\n  - {component: agent, release: second, values: b.yaml}\n",
    );
    let fake = FakeHelm::new(world, &rules);
    for words in [
        "status --skip-probe",
        "status agent --skip-probe --agent-release clearml-agent --agent-release second --agent-values b.yaml",
    ] {
        fake.runs(words)
            .exits(3)
            .warns("error[file-differs]: b.yaml says something else than release second in team-a");
    }
    // The one that is named agrees, and the other with nothing.
    world.write("b.yaml", &world.read(OVERRIDE));
    world.write(OVERRIDE, "a: 1\n");
    fake.runs("status --skip-probe").exits(3).warns(
        "error[file-differs]: clearml-agent-values.override.yaml says something else than release clearml-agent in team-a",
    );
}

/// A file that cannot be compared keeps nobody from hearing of the other targets.
fn unread_files(world: &World) {
    let rules = two_agents(world);
    let files = |of_second: &str, of_third: &str| {
        let file = format!(
            "targets:\n  - {{component: agent, release: clearml-agent}}\n  - {{component: agent, release: second, values: {of_second}}}\n  - {{component: agent, release: third, values: {of_third}}}\n"
        );
        world.write("clearml-certs.yaml", &file);
        FakeHelm::new(world, &rules).runs("status --skip-probe")
    };
    files("b.yaml", "c.yaml")
        .exits(3)
        .says(" team-a/clearml-agent")
        .says(" team-a/second")
        .warns("warning[file-unreadable]: b.yaml cannot be compared with release second in team-a: there is no values file b.yaml")
        .warns("error[release-missing]: there is no release third")
        .never_says("c.yaml");
    // An object without values in it that could be edited.
    let secret = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: x}\n";
    world.write("b.yaml", secret);
    std::fs::create_dir(world.path("c.yaml")).unwrap();
    files("b.yaml", "c.yaml")
        .exits(3)
        .says(" team-a/clearml-agent")
        .warns("warning[file-unreadable]: b.yaml cannot be compared")
        .warns("error[release-missing]: there is no release third");
}

fn unread_sources(world: &World) {
    let kubectl = FakeKubectl::new(
        world,
        &[Rule::when("get configmap").fails("Error from server (NotFound)\n")],
    );
    let target = |name: &str, certificates: &str| {
        format!("  - {{component: agent, release: {name}, certificates: [{certificates}]}}\n")
    };
    let file = [
        "certificates: {there: 'configmap:ml/ca', here: gone.pem}\ntargets:\n".to_owned(),
        target("a", "there"),
        target("b", "here"),
        target("c", "there"),
        target("d", "here"),
    ];
    world.write("clearml-certs.yaml", &file.concat());
    let run = FakeHelm::new(world, &[listed(&[])]).runs("status --skip-probe");
    run.exits(1).warns("configmap ml/ca").warns("gone.pem");
    assert_eq!(run.count("error[ca-unreadable]"), 2, "{run}");
    let lines = kubectl.takes_lines();
    let asked = lines
        .iter()
        .filter(|line| line.starts_with("get configmap"));
    assert_eq!(asked.count(), 1, "{lines:?}");
}

fn unplaced_target(world: &World) {
    let release = agent(world);
    world.write(
        "clearml-certs.yaml",
        "targets:\n  - {component: agent, release: clearml-agent}\n  - {component: gateway, release: gw, namespace: team-b}\n",
    );
    let rules = [
        Rule::when("list -n team-a").prints("[]"),
        Rule::when("list").prints(&deployed::list(&[("clearml-agent", "team-b", CHART)])),
        release.told(),
    ];
    let run = FakeHelm::new(world, &rules).runs("status --skip-probe");
    run.exits(3)
        .warns("error[release-missing]: there is no release clearml-agent of the agent in team-a")
        .warns("hint: see what there is: helm list -A")
        .never_says("team-b/clearml-agent");
}

fn listed(releases: &[(&str, &str, &str)]) -> Rule {
    Rule::when("list").prints(&deployed::list(releases))
}

fn look(world: &World, rules: &[Rule], more: &str) -> crate::support::Run {
    FakeHelm::new(world, rules).runs(&format!("status --skip-probe {more}"))
}

/// On stderr, but for the lines of steps that were slow on a busy machine.
#[track_caller]
fn says_nothing(run: &crate::support::Run) {
    let said: Vec<&str> = run
        .stderr
        .lines()
        .filter(|line| !line.starts_with("✓ "))
        .collect();
    assert!(said.is_empty(), "{run}");
}

fn in_step(world: &World) {
    let release = agent(world);
    let fake = FakeHelm::new(world, &release.rules());
    fake.forgets();
    let run = fake.runs("status --skip-probe");
    run.exits(0)
        .says(" team-a/clearml-agent  agent 6.14.6  append  acme-root    Acme Root  ")
        .says("  propagate  ✓     ✓     ✓\n")
        .says("✓ 1 release in step; Acme Root is the first to end, in ");
    assert_eq!(run.stdout.lines().count(), 3, "{run}");
    says_nothing(&run);
    let calls: Vec<String> = fake
        .lines()
        .into_iter()
        .filter(|one| !one.starts_with("version"))
        .collect();
    assert_eq!(
        calls,
        [
            "list -n team-a --max 1000000 --deployed --failed --pending --superseded --uninstalled --uninstalling -o json",
            "status clearml-agent -n team-a -o json --show-resources",
        ]
    );
    run.never_says("hunter2");
    // A component that is not there is not asked for.
    look(world, &release.rules(), "gateway")
        .exits(0)
        .says("no release of ClearML's charts was found");
    look(world, &release.rules(), "agent --release other")
        .exits(3)
        .warns("error[release-missing]: there is no release other of the agent");
    look(world, &release.rules(), "agent --namespace team-b").exits(64);
}

fn file(world: &World) {
    let release = agent(world);
    let file = world.read(OVERRIDE);
    let look = |more: &str| look(world, &release.rules(), more);
    let hints = |run: &crate::support::Run| {
        run.warns("deploy what the file says: helm clearml-certs install agent --ca clearml-agent-values.override.yaml --release clearml-agent -n team-a")
            .warns("or write what is deployed into the file: helm clearml-certs install agent --ca release:team-a/clearml-agent --files-only --release clearml-agent -n team-a");
    };
    world.write(
        OVERRIDE,
        &file.replace("propagateToTasks: true", "propagateToTasks: false"),
    );
    let run = look("");
    run.exits(3)
        .says("  ✗     ✓     ✓\n✗ 1 release: 1 error")
        .warns("error[file-differs]: clearml-agent-values.override.yaml says something else than release clearml-agent in team-a: task pods get them by off, not propagate");
    hints(&run);
    // One more certificate, and one less.
    let other = certificates::ca("Other Root")
        .trim_end()
        .replace('\n', "\n        ");
    let pem = world.read("ca.pem").trim_end().replace('\n', "\n        ");
    world.write(OVERRIDE, &file.replace(&pem, &other));
    let run = look("");
    run.exits(3).warns("it lacks acme-root; it adds acme-root");
    hints(&run);
    world.write(OVERRIDE, "a: 1\n");
    look("")
        .exits(3)
        .warns("it lacks acme-root\n")
        .never_says("deploy what the file says");
    // A list of task pods that is not as deployed, beside what is right.
    world.write(
        OVERRIDE,
        &file.replace(
            "gpu: {}",
            "gpu: {templateOverrides: {env: [{name: A, value: b}]}}",
        ),
    );
    look("")
        .exits(3)
        .warns("agentk8sglue.queues.gpu.templateOverrides.env is not as deployed");
    // What cannot be read is said, and not taken for a difference.
    world.write(OVERRIDE, "a: [\n");
    look("")
        .exits(0)
        .says("  ?     ✓     ✓\n- 1 release in step as far as can be seen")
        .warns("warning[file-unreadable]");
    std::fs::remove_file(world.path(OVERRIDE)).unwrap();
    look("")
        .exits(0)
        .says("  -     ✓     ✓\n✓ 1 release in step");
    world.write("mine.yaml", &file);
    look("agent -f mine.yaml")
        .exits(0)
        .says("  ✓     ✓     ✓\n");
    look("--agent-values nowhere.yaml")
        .exits(1)
        .warns("there is no values file nowhere.yaml");
}

fn whose_file(world: &World) {
    let release = agent(world);
    let two = listed(&[
        ("clearml-agent", "team-a", CHART),
        ("clearml-agent", "team-b", CHART),
    ]);
    let mut other = agent(world);
    other.values["customCertificates"]["propagateToTasks"] = json!(false);
    let told = |release: &Release, namespace: &str| {
        Rule::when(&format!("status -n {namespace}")).prints(&release.status())
    };
    let rules = [two, told(&release, "team-a"), told(&other, "team-b")];
    let run = look(world, &rules, "-A");
    run.exits(0)
        .says(" team-a/clearml-agent")
        .says(" team-b/clearml-agent");
    assert_eq!(run.stdout.matches("  ✓     ✓     ✓\n").count(), 1, "{run}");
    assert_eq!(run.stdout.matches("  -     ✓     ✓\n").count(), 1, "{run}");
    // One that is named is meant for each.
    look(world, &rules, &format!("-A --agent-values {OVERRIDE}"))
        .exits(3)
        .warns("says something else than release clearml-agent in team-b");
}

fn live(world: &World) {
    let put_back = "put it back: helm clearml-certs install agent --ca release:team-a/clearml-agent --release clearml-agent -n team-a";
    let without = |change: &dyn Fn(&mut Release)| {
        let mut release = agent(world);
        change(&mut release);
        look(world, &release.rules(), "")
    };
    let found = |run: &crate::support::Run, said: &str| {
        run.exits(3)
            .says("  ✓     ✗     ✓\n")
            .warns("error[live-objects-differ]: the cluster has not what release clearml-agent in team-a says: ")
            .warns(said)
            .warns(put_back);
    };
    let run = without(&|release| {
        release
            .live
            .retain(|one| one["metadata"]["name"] != CONFIG_MAP);
    });
    found(&run, &format!("ConfigMap {CONFIG_MAP} is gone"));
    let run = without(&|release| {
        let other = certificates::ca("Other Root");
        release.object("ConfigMap", CONFIG_MAP)["data"] = json!({"acme-root.crt": other});
    });
    found(
        &run,
        &format!("ConfigMap {CONFIG_MAP} has other certificates"),
    );
    // The certificates are there, and do not arrive any more.
    let run = without(&|release| {
        release.object("Deployment", NAME)["spec"]["template"]["spec"]["volumes"] = json!([]);
    });
    found(&run, &format!("Deployment {NAME} no longer gets acme-root"));
    let run = without(&|release| {
        let templates = release.object("ConfigMap", &format!("{NAME}-pt"));
        let text = templates["data"]["template.yaml"].as_str().unwrap();
        let (before, gpu) = text.split_once("gpu:").unwrap();
        templates["data"]["template.yaml"] = json!(format!(
            "{before}gpu:{}",
            gpu.replace("REQUESTS_CA_BUNDLE", "OTHER")
        ));
    });
    found(
        &run,
        "task pods of queue gpu (ConfigMap clearml-agent-clearml-enterprise-agent-pt, template.yaml) no longer gets acme-root",
    );
    // Without the file that it was made from, Helm has to keep the other values.
    let mut release = agent(world);
    std::fs::remove_file(world.path(OVERRIDE)).unwrap();
    release
        .live
        .retain(|one| one["metadata"]["name"] != CONFIG_MAP);
    look(world, &release.rules(), "")
        .exits(3)
        .warns("--reset-then-reuse-values");
}

fn pods(world: &World) {
    let restart = format!("kubectl rollout restart deployment/{NAME} -n team-a");
    let mut release = agent(world);
    release.pod()["spec"]["volumes"] = json!([]);
    let run = look(world, &release.rules(), "");
    run.exits(3)
        .says("  ✓     ✓     ✗\n")
        .warns(&format!("error[pods-keep-old-content]: release clearml-agent in team-a: 1 of 1 pods of Deployment {NAME} were started without acme-root (such as {NAME}-77f-x1)"))
        .warns(&restart);
    // A pod that is on its way out, or has ended, counts for nothing.
    let mut leaving = agent(world);
    leaving.pod()["spec"]["volumes"] = json!([]);
    leaving.pod()["metadata"]["deletionTimestamp"] = json!(STARTED);
    look(world, &leaving.rules(), "")
        .exits(0)
        .says("  ✓     ✓     -\n");
    // Containers that others put beside, as meshes do, change nothing.
    let mut meshed = agent(world);
    let containers = meshed.pod()["spec"]["containers"].as_array_mut().unwrap();
    containers.push(json!({"name": "proxy", "image": "proxy"}));
    look(world, &meshed.rules(), "")
        .exits(0)
        .says("  ✓     ✓     ✓\n");
    look(world, &release.rules(), "--ignore pods-keep-old-content")
        .exits(0)
        .warns("let pass by --ignore");
}

fn older_pods(world: &World) {
    // The ConfigMap was written after the pod had started.
    let late = |release: &mut Release| {
        let fields = json!([{"manager": "helm", "time": "2026-02-01T10:00:00Z"}]);
        release.object("ConfigMap", CONFIG_MAP)["metadata"]["managedFields"] = fields;
    };
    let history = |first: &str| {
        Rule::when("history").prints(&format!(
            r#"[{{"revision":2,"status":"superseded","updated":"{first}"}},{{"revision":3,"status":"deployed","updated":"2026-02-01T09:59:59Z"}}]"#
        ))
    };
    let mut release = agent(world);
    late(&mut release);
    // The same certificates, and another label: nothing is old.
    let same = Rule::when("get manifest --revision 2").prints(&release.manifest);
    let rules = [release.rules(), vec![history(DEPLOYED), same]].concat();
    look(world, &rules, "").exits(0).says("  ✓     ✓     ✓\n");
    // Another certificate.
    let pem = world.read("ca.pem").trim_end().replace('\n', "\n    ");
    let other = certificates::ca("Other Root")
        .trim_end()
        .replace('\n', "\n    ");
    let before = release.manifest.replace(&pem, &other);
    assert_ne!(before, release.manifest);
    let others = Rule::when("get manifest --revision 2").prints(&before);
    let rules = [release.rules(), vec![history(DEPLOYED), others]].concat();
    look(world, &rules, "")
        .exits(3)
        .says("  ✓     ✓     ✗\n")
        .warns("were started without acme-root");
    // Both: they trust what the release does not trust any more.
    let both = release
        .manifest
        .replace(&pem, &format!("{pem}\n    {other}"));
    let both = Rule::when("get manifest --revision 2").prints(&both);
    let rules = [release.rules(), vec![history(DEPLOYED), both]].concat();
    look(world, &rules, "").exits(3).warns(&format!(
        "were started before ConfigMap {CONFIG_MAP} got its present certificates on 2026-02-01 10:00 UTC"
    ));
    // Nobody knows any more.
    let rules = [release.rules(), vec![history("2026-01-20T00:00:00Z")]].concat();
    look(world, &rules, "")
        .exits(0)
        .says("  ✓     ✓     ?\n")
        .warns("note[pods-unknown]: whether the pods of release clearml-agent in team-a have its certificates cannot be told")
        .warns("started on 2026-01-01 10:00 UTC");
}

fn waiting(world: &World) {
    let waits = |container: &str, state: Value| {
        let mut release = agent(world);
        let all = release.pod()["spec"]["initContainers"]
            .as_array()
            .unwrap()
            .clone();
        let names = all
            .iter()
            .map(|one| one["name"].as_str().unwrap().to_owned());
        let before = names.clone().take_while(|name| name != container).count();
        let statuses: Vec<Value> = names
            .enumerate()
            .map(|(index, name)| {
                let state = match index.cmp(&before) {
                    Ordering::Less => json!({"terminated": {"exitCode": 0}}),
                    Ordering::Equal => state.clone(),
                    Ordering::Greater => json!({"waiting": {"reason": "PodInitializing"}}),
                };
                json!({"name": name, "state": state})
            })
            .collect();
        release.pod()["status"] = json!({"phase": "Pending", "initContainerStatuses": statuses});
        look(world, &release.rules(), "")
    };
    let started = |when: &str| json!({"running": {"startedAt": when}});
    waits("init-k8s-glue", started(STARTED))
        .exits(3)
        .says("  ✓     ✓     ✗\n")
        .warns(&format!("error[pod-waits]: release clearml-agent in team-a: pod {NAME}-77f-x1 has been at Init:2/3 for "))
        .warns("in its init container init-k8s-glue: it asks https://files.clearml.acme.example before anything else starts")
        .warns("helm clearml-certs probe https://files.clearml.acme.example --ca release:team-a/clearml-agent --kubeconfig [WORLD]/no-cluster");
    waits(
        "init-agent",
        json!({"waiting": {"reason": "CrashLoopBackOff"}}),
    )
    .exits(3)
    .warns("has been at Init:0/3 for ")
    .warns("it says CrashLoopBackOff")
    .warns(&format!(
        "kubectl logs {NAME}-77f-x1 -c init-agent -n team-a"
    ));
    waits("init-k8s-glue", started("2999-01-01T00:00:00Z")).exits(0);
}

fn queue(world: &World) {
    agent(world);
    // The chart of the template strategy leaves a queue to its own lists.
    let file = world
        .read(OVERRIDE)
        .replace("propagateToTasks: true", "propagateToTasks: false");
    let image = "    - {name: init-task, image: i, command: [update-ca-certificates], volumeMounts: [{name: etc-ssl-certs, mountPath: /etc/ssl/certs}, {name: clearml-extra-ca-certs, mountPath: /usr/local/share/ca-certificates}]}";
    let template = format!(
        "agentk8sglue:\n  basePodTemplate:\n    initContainers:\n{image}\n    env: [{{name: REQUESTS_CA_BUNDLE, value: /etc/ssl/certs/ca-certificates.crt}}]\n    volumeMounts: [{{name: etc-ssl-certs, mountPath: /etc/ssl/certs}}]\n    volumes:\n    - {{name: etc-ssl-certs, emptyDir: {{}}}}\n    - {{name: clearml-extra-ca-certs, projected: {{sources: [{{configMap: {{name: {CONFIG_MAP}}}}}]}}}}\n  queues:\n    gpu: {{templateOverrides: {{env: [{{name: A, value: b}}]}}}}"
    );
    let (before, after) = file.split_once("agentk8sglue:").unwrap();
    let queues = after
        .split_once("  queues:")
        .unwrap()
        .1
        .replacen("\n    gpu: {}", "", 1);
    world.write(OVERRIDE, &format!("{before}{template}{queues}"));
    let release = release_of(world, OVERRIDE);
    let run = look(world, &release.rules(), "");
    run.exits(0)
        .says("  template  ")
        .says("  not gpu")
        .warns("warning[certificate-not-in-queue]: release clearml-agent in team-a: task pods of queue gpu ");
}

fn any_name(world: &World) {
    let release = agent(world);
    let computed = Rule::when("get values clearml-agent --all")
        .prints(r#"{"agentk8sglue": {"basePodTemplate": {}}}"#);
    let stranger = Rule::when("get values mesh --all").prints(r#"{"replicas": 1}"#);
    let list = listed(&[
        ("clearml-agent", "team-a", "our-agent-2.0.0"),
        ("mesh", "team-a", "gateway-1.27.0"),
    ]);
    let fake = FakeHelm::new(world, &[list, computed, stranger, release.told()]);
    fake.runs("status --skip-probe")
        .exits(0)
        .says(" team-a/clearml-agent  agent 2.0.0 ")
        .never_says("mesh");
    assert!(
        !fake
            .lines()
            .iter()
            .any(|one| one.starts_with("status mesh")),
        "{:?}",
        fake.lines()
    );
    // Named, it counts, whatever it is called.
    fake.runs("status --skip-probe --agent-release clearml-agent")
        .exits(0)
        .says("agent 2.0.0");
}

fn all_namespaces(world: &World) {
    let release = agent(world);
    let list = listed(&[
        ("clearml-agent", "team-a", CHART),
        ("db", "data", "postgresql-1.0.0"),
    ]);
    let fake = FakeHelm::new(world, &[list, release.told()]);
    fake.runs("status --skip-probe -A")
        .exits(0)
        .says(" team-a/clearml-agent");
    let lists: Vec<String> = fake
        .lines()
        .into_iter()
        .filter(|one| one.starts_with("list"))
        .collect();
    assert_eq!(lists.len(), 1, "{lists:?}");
    assert!(
        lists[0].starts_with("list --all-namespaces --max "),
        "{lists:?}"
    );
    assert!(
        !fake.lines().iter().any(|one| one.starts_with("get")),
        "{:?}",
        fake.lines()
    );
}

const FORBIDDEN: &str = "Error: list: failed to list: secrets is forbidden: User \"ann\" cannot list resource \"secrets\" in API group \"\" in the namespace \"team-a\"\n";

fn rights(world: &World) {
    let rules = [Rule::when("list").fails(FORBIDDEN)];
    let run = FakeHelm::new(world, &rules).runs("status --skip-probe");
    run.exits(0)
        .warns("warning[no-rights]: Helm's releases in namespace team-a may not be read (User \"ann\" cannot list resource \"secrets\" in API group \"\" in the namespace \"team-a\"); live objects cannot be looked at instead: kubectl is not on the PATH")
        .warns("kubectl auth can-i list secrets -n team-a");
    // Helm may read the release, and not all of its objects.
    let release = agent(world);
    let denied = Rule::when("status").fails("Error: clusterroles.rbac.authorization.k8s.io \"x\" is forbidden: User \"ann\" cannot get resource \"clusterroles\"\n");
    let values = Rule::when("get values").prints(&release.values.to_string());
    let manifest = Rule::when("get manifest").prints(&release.manifest);
    let list = listed(&[("clearml-agent", "team-a", CHART)]);
    look(world, &[list, denied, values, manifest], "")
        .exits(0)
        .says("  ✓     ?     ?\n- 1 release in step as far as can be seen")
        .warns("note[live-objects-unknown]")
        .warns("note[pods-unknown]");
}

fn unreadable(world: &World) {
    let release = agent(world);
    let list = listed(&[
        ("clearml-agent", "team-a", CHART),
        ("second", "team-a", CHART),
    ]);
    let broken = Rule::when("status second").fails("Error: illegal base64 data at input byte 4\n");
    look(world, &[list, release.told(), broken], "")
        .exits(3)
        .says(" team-a/clearml-agent")
        .warns("error[release-unreadable]: release second in team-a could not be read: illegal base64 data at input byte 4")
        .warns("helm status second -n team-a");
    let silent =
        Rule::when("list").fails("Error: Kubernetes cluster unreachable: connection refused\n");
    look(world, &[silent], "")
        .exits(1)
        .warns("connection refused");
    // A document of a manifest that cannot be read: nothing is claimed of it.
    let mut partly = agent(world);
    partly.manifest += "---\nkind: {a: b}}\n";
    look(world, &partly.rules(), "")
        .exits(0)
        .says("  ✓     ?     ✓\n")
        .warns("note[live-objects-unknown]")
        .warns("what helm stored cannot be read at line ");
    // Where that may be the workload, nothing is claimed of its pods either.
    let mut without = agent(world);
    let documents = without.manifest.split("---\n");
    let documents = documents.map(|one| {
        if one.contains("kind: Deployment") {
            "kind: [\n"
        } else {
            one
        }
    });
    without.manifest = documents.collect::<Vec<_>>().join("---\n");
    look(world, &without.rules(), "")
        .exits(0)
        .says("  ✓     ?     ?\n")
        .warns("note[pods-unknown]");
}

fn endings(world: &World) {
    world.write("ca.pem", &certificates::ca_ending_in("Acme Soon", 10));
    let release = agent(world);
    let two = listed(&[
        ("clearml-agent", "team-a", CHART),
        ("clearml-agent", "team-b", CHART),
    ]);
    let told = release.told();
    let look = |more: &str| look(world, &[two.clone(), told.clone()], more);
    let run = look("-A");
    run.exits(3)
        .says("✗ 2 releases: a certificate ends soon")
        .warns("warning[certificate-expires-soon]: CN=Acme Soon, O=Acme (team-a/clearml-agent, team-b/clearml-agent) expires in ");
    assert_eq!(run.count("[certificate-expires-soon]"), 1, "{run}");
    look("-A --expires-within 5")
        .exits(0)
        .says("✓ 2 releases in step");
    world.write("ca.pem", &certificates::expired_ca("Acme Past"));
    let line = format!(
        "render agent --ca ca.pem --chart {} --in-place --ignore certificate-expired",
        chart(CHART)
    );
    world.write(OVERRIDE, "agentk8sglue: {queues: {default: {}}}\n");
    FakeHelm::new(world, &[rendered()]).runs(&line).exits(0);
    let past = release_of(world, OVERRIDE);
    crate::status::look(world, &past.rules(), "")
        .exits(3)
        .says(" expired")
        .warns("error[certificate-expired]: CN=Acme Past");
}

fn given(world: &World) {
    let release = agent(world);
    let look = |more: &str| look(world, &release.rules(), more);
    look("--ca ca.pem")
        .exits(0)
        .says("  PODS  CA\n")
        .says("  ✓     ✓     ✓     ✓\n");
    world.write("next.pem", &certificates::ca("Acme Next"));
    look("--ca ca.pem --ca next.pem")
        .exits(3)
        .says("  ✓     ✓     ✓     ✗\n")
        .warns("error[ca-differs]: release clearml-agent in team-a is without what ca.pem, next.pem holds: CN=Acme Next")
        .warns("deploy it: helm clearml-certs install agent --ca ca.pem --ca next.pem --release clearml-agent -n team-a");
    // What was named of the release is named again: by other files it would be another one.
    std::fs::copy(world.path(OVERRIDE), world.path("own.yaml")).unwrap();
    world.write("t.yaml", "certificates: {next: next.pem}\ntargets:\n- {component: agent, namespace: team-a, release: clearml-agent, chart: acme/agent, values: own.yaml}\n");
    look("-c t.yaml").exits(3).warns("helm clearml-certs install agent -f own.yaml --chart acme/agent --ca next.pem --release clearml-agent -n team-a");
    look("--ca next.pem")
        .exits(3)
        .warns("still has what next.pem does not hold: acme-root")
        .warns("helm clearml-certs remove agent --sha256 ");
    look("--ca https://127.0.0.1:1")
        .exits(64)
        .warns("is a server");
    look("--ca ca.pem --ca configmap:nowhere/bundle")
        .exits(1)
        .says("  ✓     ✓     ✓\n")
        .warns("error[ca-unreadable]: on context none (http://127.0.0.1:1), what is to be deployed cannot be read");
    look("--ca nowhere.pem").exits(1).warns("nowhere.pem");
}

fn unsettled(world: &World) {
    let release = agent(world);
    for (state, said) in [
        (
            "failed",
            "note[release-failed]: release clearml-agent in team-a is failed",
        ),
        (
            "pending-upgrade",
            "note[release-pending]: release clearml-agent in team-a is pending-upgrade",
        ),
    ] {
        let status = release.status().replace(
            "\"status\":\"deployed\"",
            &format!("\"status\":\"{state}\""),
        );
        let told = Rule::when("status clearml-agent").prints(&status);
        let list = listed(&[("clearml-agent", "team-a", CHART)]);
        look(world, &[list, told], "")
            .exits(0)
            .warns(said)
            .warns("helm history clearml-agent -n team-a");
    }
    // Where helm tells of no live objects, nothing is claimed of them.
    let mut silent = agent(world);
    silent.live.clear();
    let status = silent.status().replace("\"resources\":{\"all\":[]},", "");
    assert!(!status.contains("\"all\":"), "{status}");
    let list = listed(&[("clearml-agent", "team-a", CHART)]);
    let told = Rule::when("status clearml-agent").prints(&status);
    look(world, &[list, told], "")
        .exits(0)
        .says("  ✓     ?     ?\n")
        .warns("note[live-objects-unknown]");
}

fn as_json(world: &World) {
    let mut release = agent(world);
    let run = look(world, &release.rules(), "-o json --ca ca.pem");
    let status = schema::holds("status", &run.exits(0).stdout);
    says_nothing(&run);
    assert_eq!(status["inStep"], true);
    let one = &status["releases"][0];
    assert_eq!(one["id"]["release"], "clearml-agent");
    assert_eq!(one["certificates"][0]["alias"], "acme-root");
    assert_eq!(one["queues"][1]["queue"], "gpu");
    assert_eq!(one["queues"][1]["reach"], "read");
    assert_eq!(one["agreement"]["ca"]["state"], "same");
    assert_eq!(
        one["servers"][0]["url"],
        "https://files.clearml.acme.example"
    );
    release.live.clear();
    let run = look(world, &release.rules(), "-o json");
    let status = schema::holds("status", &run.exits(3).stdout);
    assert_eq!(status["inStep"], false);
    assert_eq!(
        status["releases"][0]["agreement"]["live"]["state"],
        "differs"
    );
    assert_eq!(
        status["releases"][0]["agreement"]["pods"]["state"],
        "nothing"
    );
    let closed = [Rule::when("list").fails(FORBIDDEN)];
    schema::holds("status", &look(world, &closed, "-o json").exits(0).stdout);
    let silent = [Rule::when("list").fails("Error: Kubernetes cluster unreachable\n")];
    let status = schema::holds("status", &look(world, &silent, "-o json").exits(1).stdout);
    assert!(
        status["clusters"][0]["error"]
            .as_str()
            .unwrap()
            .contains("unreachable")
    );
}

fn metrics(world: &World) {
    let release = agent(world);
    let run = look(world, &release.rules(), "-o prometheus");
    run.exits(0)
        .says("clearml_certs_cluster_up{cluster=\"none\"} 1\n")
        .says("clearml_certs_release_info{cluster=\"none\",namespace=\"team-a\",release=\"clearml-agent\",component=\"agent\",chart=\"clearml-enterprise-agent\",version=\"6.14.6\",mode=\"append\",task_pods=\"propagate\"} 1\n")
        .says("alias=\"acme-root\",subject=\"CN=Acme Root, O=Acme\",sha256=\"")
        .says("component=\"agent\",what=\"file\"} 1\n")
        .says("component=\"agent\",what=\"pods\"} 1\n")
        .never_says("what=\"ca\"");
    says_nothing(&run);
    std::fs::remove_file(world.path(OVERRIDE)).unwrap();
    look(world, &release.rules(), "-o prometheus")
        .exits(0)
        .never_says("what=\"file\"");
    let silent = [Rule::when("list").fails("Error: Kubernetes cluster unreachable\n")];
    look(world, &silent, "-o prometheus")
        .exits(1)
        .says("clearml_certs_cluster_up{cluster=\"none\"} 0\n")
        .never_says("release_info");
    look(world, &silent, "-o prometheus --watch")
        .exits(64)
        .warns("-o prometheus prints one document");
    look(world, &silent, "--interval 5").exits(64);
}

#[cfg(unix)]
fn watch(world: &World) {
    let release = agent(world);
    let fake = FakeHelm::new(world, &release.rules());
    let running = fake.starts("status --skip-probe --watch --interval 1");
    crate::support::until("two looks", || {
        fake.calls().iter().filter(|call| *call == "status").count() >= 3
    });
    running.signal(Signal::INT);
    let run = running.ends();
    run.exits(130);
    says_nothing(&run);
    assert!(
        run.stdout.matches("✓ 1 release in step").count() >= 2,
        "{run}"
    );
    assert!(!run.stdout.contains('\u{1b}'), "{run}");
}
