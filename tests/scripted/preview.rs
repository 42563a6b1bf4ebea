//! The preview of an upgrade, against a release that a scripted helm tells of: what changes, what is lost, what is folded.

use crate::support::fake_helm::{FakeHelm, Rule};
use crate::support::{Helm, World, certificates, chart, copy_folder};
use libtest_mimic::Trial;

const OVERRIDE: &str = "clearml-agent-values.override.yaml";
const OLD_AGENT: &str = "clearml-enterprise-agent-6.9.3";
const NEW_AGENT: &str = "clearml-enterprise-agent-6.14.6";

/// What the release was given: a key that no file holds, and one that the file says otherwise.
const DEPLOYED: &str =
    "clearml: {agentk8sglueKey: deployed-key}\nagentk8sglue: {replicaCount: 2}\n";
const USERS_FILE: &str = "# ours\nagentk8sglue:\n  replicaCount: 3\n";

type Check = fn(&World);

pub(crate) fn trials() -> Vec<Trial> {
    let tests: [(&str, Check); 15] = [
        ("values_that_no_file_holds_are_named_and_not_shown", unheld),
        ("a_key_that_is_a_number_is_the_text_of_it", numbers),
        (
            "a_chart_that_begins_to_name_the_namespace_makes_nothing_anew",
            named_namespace,
        ),
        ("adopted_values_go_into_the_file_as_they_were", adopted),
        ("kept_values_are_rendered_and_handed_to_helm", kept),
        ("discarded_values_are_shown_to_go", discarded),
        ("the_three_ways_exclude_each_other", one_way),
        ("objects_are_compared_without_what_always_changes", objects),
        ("nothing_to_change_is_one_line", nothing),
        ("six_lines_sum_up_what_is_about_to_happen", summed_up),
        (
            "pods_that_are_replaced_are_named_for_an_annotation_too",
            replaced,
        ),
        ("the_file_of_another_release_is_told", others_file),
        ("an_upgrade_renders_once", once),
        ("what_does_not_render_takes_nothing_away", unrendered),
        (
            "what_is_deployed_and_cannot_be_read_is_told_and_hidden",
            unreadable,
        ),
    ];
    let trials = tests.into_iter().flat_map(|(name, check)| {
        [("helm3", Helm::V3), ("helm4", Helm::V4)].map(|(major, helm)| {
            Trial::test(format!("{name}::{major}"), move || {
                let world = World::new(helm);
                world.write("ca.pem", &certificates::ca("Acme Root"));
                world.write(OVERRIDE, USERS_FILE);
                world.write("deployed.yaml", DEPLOYED);
                check(&world);
                Ok(())
            })
        })
    });
    trials.collect()
}

/// A helm that tells of a release of 6.9.3, made from these values.
fn helm<'a>(world: &'a World, values: &str) -> FakeHelm<'a> {
    let real = Rule::when("template").runs_real(&world.helm.binary());
    helm_that(world, values, real)
}

/// The same with something else to say to a chart.
fn helm_that<'a>(world: &'a World, values: &str, template: Rule) -> FakeHelm<'a> {
    helm_with(world, values, template, "")
}

/// The same with more in what is deployed.
fn helm_with<'a>(
    world: &'a World,
    values: &str,
    template: Rule,
    deployed_too: &str,
) -> FakeHelm<'a> {
    let rendered = world.helm([
        "template",
        "clearml-agent",
        &chart(OLD_AGENT),
        "-n",
        "team-a",
        // The chart's bound lies below what helm 4.3 renders for.
        "--kube-version",
        "1.32.0",
        "-f",
        values,
    ]);
    rendered.exits(0);
    let values: serde_json::Value = serde_yaml::from_str(&world.read(values)).unwrap();
    let status = serde_json::json!({
        "name": "clearml-agent",
        "version": 3,
        "info": {"status": "deployed"},
        "config": values,
        "manifest": rendered.stdout + deployed_too,
    });
    FakeHelm::new(
        world,
        &[
            Rule::when("list").prints(
                r#"[{"name":"clearml-agent","namespace":"team-a","revision":"3","status":"deployed","chart":"clearml-enterprise-agent-6.9.3"}]"#,
            ),
            Rule::when("status").prints(&status.to_string()),
            template,
        ],
    )
}

fn dry_run(chart_name: &str, more: &str) -> String {
    let chart = chart(chart_name);
    format!("install agent --ca ca.pem --chart {chart} --skip-probe --dry-run {more}")
}

fn unheld(world: &World) {
    let run = helm(world, "deployed.yaml").runs(&dry_run(OLD_AGENT, ""));
    run.exits(3)
        .warns("error[deployed-values-lost]")
        .warns("would drop them: clearml.agentk8sglueKey\n")
        .warns("--adopt-values")
        .warns("--reset-then-reuse-values")
        .warns("--discard-values")
        .never_says("deployed-key");
    // What --set gives again is not lost.
    let helm = helm(world, "deployed.yaml");
    let set = dry_run(OLD_AGENT, "-- --set clearml.agentk8sglueKey=another-key");
    helm.runs(&set).exits(0).never_says("another-key");
}

fn named_namespace(world: &World) {
    copy_folder(chart(OLD_AGENT).as_ref(), &world.path("chart"));
    let file = "chart/templates/agent-deployment.yaml";
    let text = world.read(file);
    let named = text.replacen(
        "metadata:\n",
        "metadata:\n  namespace: {{ .Release.Namespace }}\n",
        1,
    );
    assert_ne!(named, text);
    world.write(file, &named).write("values.yaml", "a: 1\n");
    world.write(OVERRIDE, "a: 1\n");
    let line = "install agent --ca ca.pem --chart chart --skip-probe --dry-run";
    helm(world, "values.yaml")
        .runs(line)
        .exits(0)
        .says("  ~ Deployment clearml-agent-clearml-enterprise-agent\n")
        .says("objects 1 created, 2 changed, 0 removed")
        .says("replaced: Deployment clearml-agent-clearml-enterprise-agent (1 pod)\n");
}

fn numbers(world: &World) {
    let queue = "agentk8sglue:\n  queues:\n    7:\n      queueSettings: {maxPods: 5}\n";
    world.write(OVERRIDE, queue).write("deployed.yaml", queue);
    let run = helm(world, "deployed.yaml").runs(&dry_run(OLD_AGENT, ""));
    run.exits(0).never_says("queues.7");
    // What a queue replaces has the certificates too.
    world.write(OVERRIDE, "agentk8sglue:\n  queues:\n    7:\n      templateOverrides:\n        env: [{name: A, value: b}]\n");
    let line = dry_run(OLD_AGENT, "--discard-values");
    helm(world, OVERRIDE)
        .runs(&line)
        .exits(0)
        .says("+ agentk8sglue.queues.7.templateOverrides.env[REQUESTS_CA_BUNDLE]");
    // More of it is adopted where it stands.
    world.write(OVERRIDE, queue);
    let more = queue.replace("maxPods: 5", "maxPods: 5, more: x");
    world.write("deployed.yaml", &more);
    let line = dry_run(OLD_AGENT, "--adopt-values --files-only").replace("--dry-run", "--yes");
    helm(world, "deployed.yaml").runs(&line).exits(0);
    let file = world.read(OVERRIDE);
    assert_eq!(file.matches("7:").count(), 1, "{file}");
    assert!(file.contains("more: x"), "{file}");
}

fn adopted(world: &World) {
    let helm = helm(world, "deployed.yaml");
    let run = helm.runs(&dry_run(OLD_AGENT, "--adopt-values"));
    run.exits(0)
        .says("+  agentk8sglueKey: ***")
        .says("  ~ agentk8sglue.replicaCount: 2 → 3")
        .warns("note[values-adopted]")
        .never_says("deployed-key");
    helm.runs(&dry_run(OLD_AGENT, "--adopt-values --files-only").replace("--dry-run", "--yes"))
        .exits(0);
    let file = world.read(OVERRIDE);
    assert!(file.starts_with(USERS_FILE), "{file}");
    assert!(
        file.contains("clearml:\n  agentk8sglueKey: deployed-key\n"),
        "{file}"
    );
}

fn kept(world: &World) {
    let helm = helm(world, "deployed.yaml");
    let run = helm.runs(&dry_run(OLD_AGENT, "--reset-then-reuse-values"));
    run.exits(0)
        .says(" --reset-then-reuse-values")
        .never_says("agentk8sglueKey")
        .never_says("~ Secret");
    // Said twice, it is handed on once.
    let twice = dry_run(
        OLD_AGENT,
        "--reset-then-reuse-values -- --reset-then-reuse-values",
    );
    let run = helm.runs(&twice);
    assert_eq!(run.exits(0).count("--reset-then-reuse-values"), 1, "{run}");
}

fn discarded(world: &World) {
    let run = helm(world, "deployed.yaml").runs(&dry_run(OLD_AGENT, "--discard-values"));
    run.exits(0)
        .says("  - clearml.agentk8sglueKey: ***")
        .says("  ~ Secret clearml-agent-clearml-enterprise-agent-ac")
        .says("-  agentk8sglue_key: '*** (the former one)'")
        .says("+  agentk8sglue_key: '*** (another one)'")
        .never_says("deployed-key");
}

fn one_way(world: &World) {
    helm(world, "deployed.yaml")
        .runs(&dry_run(OLD_AGENT, "--adopt-values --discard-values"))
        .exits(64)
        .warns("--discard-values");
}

fn objects(world: &World) {
    let run = helm(world, OVERRIDE).runs(&dry_run(NEW_AGENT, ""));
    run.exits(0)
        .says("revision 3 → 4, chart 6.9.3 → 6.14.6")
        .says("  + ConfigMap clearml-agent-clearml-enterprise-agent-custom-ca-0")
        .says("  ~ Deployment clearml-agent-clearml-enterprise-agent")
        .says("  ~ as with every upgrade: app.kubernetes.io/version, helm.sh/chart");
    // The Secrets change by nothing but the chart's label.
    assert!(!run.stdout.contains("~ Secret"), "{run}");
    assert!(!run.stdout.contains("BEGIN CERTIFICATE"), "{run}");
    // All that is rendered is there to see, its secrets are not.
    let whole = helm(world, OVERRIDE).runs(&dry_run(NEW_AGENT, "--show-manifest"));
    whole
        .exits(0)
        .says("Manifest of clearml-agent\n---\n")
        .says("kind: Secret")
        .says(".dockerconfigjson: '***'")
        .says("# end of the manifest of clearml-agent");
}

fn nothing(world: &World) {
    helm(world, OVERRIDE)
        .runs(&dry_run(OLD_AGENT, "--files-only").replace("--dry-run", "--yes"))
        .exits(0);
    let run = helm(world, OVERRIDE).runs(&dry_run(OLD_AGENT, "--detailed-exitcode"));
    run.exits(0)
        .says("Nothing to change")
        .says("(as it should be)");
    for title in ["Values that change", "Objects that change", "Commands"] {
        run.never_says(title);
    }
}

/// The lines behind the last empty one.
fn summary(run: &crate::support::Run) -> Vec<String> {
    let (_, lines) = run.stdout.trim_end().rsplit_once("\n\n").unwrap();
    lines.lines().map(str::to_owned).collect()
}

fn summed_up(world: &World) {
    // The release trusts one that the file has lost meanwhile.
    let old = certificates::ca("Acme Old Root");
    let old = format!(
        "customCertificates:\n  extraCerts:\n    - alias: acme-old\n      pem: |\n        {}\n{USERS_FILE}",
        old.trim().replace('\n', "\n        ")
    );
    world.write("deployed.yaml", &old);
    let helm = helm(world, "deployed.yaml");
    let line = dry_run(OLD_AGENT, "--discard-values");
    let run = helm.runs(&line);
    run.exits(0)
        .says("  − acme-old: CN=Acme Old Root, O=Acme is no longer trusted");
    let lines = summary(&run);
    assert!(lines.len() <= 6, "{lines:#?}");
    let said = |start: &str, text: &str| {
        let mut lines = lines.iter();
        let line = lines.find(|line| line.trim_start().starts_with(start));
        assert!(
            line.is_some_and(|line| line.contains(text)),
            "{start} {text}: {lines:#?}"
        );
    };
    said("clearml-agent", "revision 3 → 4");
    said("trust", "+ acme-root   − acme-old (no longer)");
    said("changes", " changed, 0 removed");
    said(
        "pods",
        "replaced: Deployment clearml-agent-clearml-enterprise-agent (3 pods)",
    );
    let run = helm.runs(&format!("{line} -o json"));
    let json: serde_json::Value = serde_json::from_str(&run.exits(0).stdout).unwrap();
    let summary = &json["targets"][0]["summary"];
    assert_eq!(summary["trustAdded"][0]["alias"], "acme-root");
    assert_eq!(summary["trustRemoved"][0]["alias"], "acme-old");
    assert_eq!(summary["podsReplaced"][0]["kind"], "Deployment");
}

fn replaced(world: &World) {
    // The certificates are deployed already; a key changes, and with it nothing of the Deployment but an annotation.
    helm(world, OVERRIDE)
        .runs(&dry_run(OLD_AGENT, "--files-only --task-pods off").replace("--dry-run", "--yes"))
        .exits(0);
    let file = world.read(OVERRIDE);
    let helm = helm(world, OVERRIDE);
    world.write(
        OVERRIDE,
        &(file + "clearml:\n  agentk8sglueKey: another-secret-key\n"),
    );
    let run = helm.runs(&dry_run(OLD_AGENT, "--task-pods off"));
    run.exits(0)
        .says("  ~ Deployment clearml-agent-clearml-enterprise-agent")
        .says("checksum/config: ")
        .says("trust      as it is")
        .says("replaced: Deployment clearml-agent-clearml-enterprise-agent (3 pods)");
}

fn others_file(world: &World) {
    let other = USERS_FILE.to_owned()
        + "clearml:\n  agentk8sglueKey: another-secret-key\n  apiServerUrlReference: https://other.acme.example\n";
    world.write("other.yaml", &other);
    let run = helm(world, OVERRIDE).runs(&dry_run(OLD_AGENT, "-f other.yaml"));
    run.exits(0)
        .warns("warning[other-values-change]")
        .warns("not certificates: clearml.agentk8sglueKey, clearml.apiServerUrlReference")
        .warns("is other.yaml the file of clearml-agent?")
        .says("2 that are no certificates")
        .never_says("another-secret-key");
    // What a flag gives, it gives whatever the file says.
    let flags = "-f other.yaml -- --set clearml.agentk8sglueKey=deployed-key,clearml.apiServerUrlReference=x";
    helm(world, OVERRIDE)
        .runs(&dry_run(OLD_AGENT, flags))
        .never_says("other-values-change");
    helm(world, OVERRIDE)
        .runs(&dry_run(OLD_AGENT, ""))
        .exits(0)
        .never_says("other-values-change");
}

fn once(world: &World) {
    for more in [
        "",
        "--task-pods template --task-variables documented",
        "--ca again=ca.pem",
    ] {
        let helm = helm(world, OVERRIDE);
        helm.forgets();
        helm.runs(&dry_run(OLD_AGENT, more)).exits(0);
        let calls = helm.calls();
        let rendered = calls.iter().filter(|call| *call == "template");
        assert_eq!(rendered.count(), 1, "{more}: {calls:?}");
    }
}

fn unrendered(world: &World) {
    let refuses = Rule::when("template").fails("Error: chart requires kubeVersion: < 1.33.0-0\n");
    let run = helm_that(world, OVERRIDE, refuses).runs(&dry_run("clearml-agent-5.3.3", ""));
    run.exits(3)
        .warns("error[chart-ignores-certificates]")
        .warns("does not render: chart requires kubeVersion: < 1.33.0-0")
        .never_says("Objects that change");
}

/// A document that is not plain YAML, with secrets that no values file holds: Helm takes the last of two keys.
const TWICE: &str = "---
# Source: agent/templates/extra.yaml
kind: Secret
metadata:
  name: extra
stringData:
  login: of-nobodys-values
  login: the-other-of-nobody
";

fn unreadable(world: &World) {
    // Deeper than we read.
    let deep = format!("{TWICE}x: {}{}\n", "[".repeat(200), "]".repeat(200));
    let real = Rule::when("template").runs_real(&world.helm.binary());
    helm_with(world, OVERRIDE, real.clone(), &deep)
        .runs(&dry_run(OLD_AGENT, ""))
        .exits(0)
        .warns("warning[deployed-manifest-unreadable]")
        .warns("made from agent/templates/extra.yaml")
        .warns("helm get manifest clearml-agent -n team-a")
        // The others are compared all the same.
        .says("Objects that change")
        .never_says("of-nobodys-values");
    helm_with(world, OVERRIDE, real, TWICE)
        .runs(&dry_run(OLD_AGENT, ""))
        .exits(0)
        .says("- Secret extra")
        .never_says("deployed-manifest-unreadable");
    // What the chart renders so is there afterwards as well, and fails nothing.
    copy_folder(chart(OLD_AGENT).as_ref(), &world.path("chart"));
    world.write("chart/templates/deep.yaml", &deep);
    let after = serde_json::json!({"name": "clearml-agent", "version": 1, "info": {"status": "deployed"}, "config": {}, "manifest": deep});
    let rules = [
        Rule::when("list").prints("[]"),
        Rule::when("template").runs_real(&world.helm.binary()),
        Rule::when("status")
            .fails("Error: release: not found\n")
            .once(),
        Rule::when("upgrade").prints("done\n"),
        Rule::when("status").prints(&after.to_string()),
    ];
    let fake = FakeHelm::new(world, &rules);
    fake.forgets();
    fake.runs("install agent --ca ca.pem --chart chart --skip-probe --yes")
        .exits(0)
        .warns("warning[rendered-unreadable]")
        .never_says("what helm stored cannot be read");
    for manifest in [&deep, TWICE] {
        let refuses = Rule::when("template")
            .fails("Error: login of-nobodys-values is no good, nor the-other-of-nobody\n");
        helm_with(world, OVERRIDE, refuses, manifest)
            .runs(&dry_run(OLD_AGENT, ""))
            .exits(1)
            .warns("login *** is no good, nor ***")
            .never_says("of-nobodys-values");
    }
}
