//! What changes between the preview and the upgrade: helm is not run then, and nothing was written.

use std::path::Path;

use crate::helm_failures::{
    OLD_VALUES, OVERRIDE, USERS_FILE, agent, deployed_before, deployed_list, no_releases, rendered,
    status, trial,
};
use crate::support::fake_helm::{FakeHelm, Rule};
use crate::support::{World, chart, copy_folder};
use libtest_mimic::Trial;

const CHART: &str = "clearml-enterprise-agent-6.9.3";

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("another_values_file_that_changes_ends_the_run", other_file),
        trial("a_file_of_set_file_that_changes_ends_the_run", set_file),
        trial("a_chart_that_is_edited_ends_the_run", edited_chart),
        trial("a_tag_that_is_moved_ends_the_run", moved_tag),
        trial("a_chart_that_stays_is_pulled_twice_and_deployed", same_tag),
        trial("a_context_that_leads_elsewhere_ends_the_run", other_server),
        trial(
            "a_current_context_that_is_switched_changes_nothing",
            switched,
        ),
        trial("a_release_that_somebody_makes_ends_the_run", made_meanwhile),
        trial("an_uninstalled_release_is_made_anew", uninstalled),
    ]
}

/// A first install during whose rendering somebody writes a file.
fn rules(world: &World, file: &str, text: &str) -> Vec<Rule> {
    let template = rendered().meanwhile(&world.path(file), text);
    let absent = Rule::when("status").fails("Error: release: not found\n");
    vec![no_releases(), template, absent]
}

fn is_refused(world: &World, rules: &[Rule], line: &str, why: &str) {
    world.write(OVERRIDE, USERS_FILE);
    let fake = FakeHelm::new(world, rules);
    fake.runs(line)
        .exits(3)
        .warns(why)
        .warns("nothing was done");
    assert!(!fake.calls().contains(&"upgrade".to_owned()));
    assert_eq!(world.read(OVERRIDE), USERS_FILE);
    world.is_tidy();
}

fn other_file(world: &World) {
    world.write("base.yaml", "agentk8sglue: {replicaCount: 1}\n");
    let rules = rules(world, "base.yaml", "agentk8sglue: {replicaCount: 9}\n");
    let line = format!("{} -f base.yaml,{OVERRIDE}", agent());
    is_refused(
        world,
        &rules,
        &line,
        "base.yaml has changed since it was shown here",
    );
}

fn set_file(world: &World) {
    world.write("motd", "one");
    let rules = rules(world, "motd", "two");
    let line = format!("{} -- --set-file podLabels.motd=motd", agent());
    is_refused(
        world,
        &rules,
        &line,
        "motd has changed since it was shown here",
    );
}

fn edited_chart(world: &World) {
    copy_folder(Path::new(&chart(CHART)), &world.path("chart"));
    let rules = rules(world, "chart/templates/more.yaml", "kind: ConfigMap\n");
    let line = "install agent --ca ca.pem --chart ./chart --yes";
    let why = "the content of the chart ./chart, version 6.9.3, has changed";
    is_refused(world, &rules, line, why);
}

const FROM_REGISTRY: &str =
    "install agent --ca ca.pem --chart oci://registry.example/clearml-enterprise-agent --yes";

fn moved_tag(world: &World) {
    copy_folder(Path::new(&chart(CHART)), &world.path("moved"));
    let values = world.read("moved/values.yaml");
    world.write("moved/values.yaml", &format!("{values}more: 1\n"));
    let first = Rule::when("pull").pulls(Path::new(&chart(CHART))).once();
    let then = Rule::when("pull").pulls(&world.path("moved"));
    let mut rules = rules(world, "unrelated", "");
    rules.extend([first, then]);
    let why = "the content of the chart oci://registry.example/clearml-enterprise-agent, version 6.9.3, has changed";
    is_refused(world, &rules, FROM_REGISTRY, why);
}

fn same_tag(world: &World) {
    let mut rules = rules(world, "unrelated", "");
    rules.extend([
        Rule::when("pull").pulls(Path::new(&chart(CHART))),
        Rule::when("upgrade").prints("done\n"),
    ]);
    let fake = FakeHelm::new(world, &rules);
    fake.runs(FROM_REGISTRY);
    let mut calls = fake.calls();
    // The second look at the chart and the one at the release run side by side.
    calls.sort_unstable();
    let list = [
        "list", "list", "pull", "pull", "status", "status", "template", "upgrade",
    ];
    assert_eq!(calls, list);
}

/// The world's own, from the folder where commands run.
const KUBECONFIG: &str = "../no-cluster";

fn kubeconfig(current: &str, blue: &str, user: &str) -> String {
    format!(
        "current-context: {current}\ncontexts: [{{name: blue, context: {{cluster: b, user: {user}}}}}, {{name: red, context: {{cluster: r, user: u}}}}]\n\
         clusters: [{{name: b, cluster: {{server: 'https://{blue}:6443'}}}}, {{name: r, cluster: {{server: 'https://red:6443'}}}}]\n"
    )
}

fn other_server(world: &World) {
    for (now, why) in [
        (
            kubeconfig("blue", "production", "u"),
            "context blue (https://staging:6443) is context blue (https://production:6443) now",
        ),
        (
            kubeconfig("blue", "staging", "admin"),
            "now, with another user",
        ),
    ] {
        world.write(KUBECONFIG, &kubeconfig("blue", "staging", "u"));
        let rules = rules(world, KUBECONFIG, &now);
        is_refused(world, &rules, &agent(), why);
    }
}

fn switched(world: &World) {
    world.write(KUBECONFIG, &kubeconfig("blue", "staging", "u"));
    let mut rules = rules(world, KUBECONFIG, &kubeconfig("red", "staging", "u"));
    rules.push(Rule::when("upgrade").prints("done\n"));
    let fake = FakeHelm::new(world, &rules);
    fake.runs(&agent());
    assert!(fake.calls().contains(&"upgrade".to_owned()));
}

fn made_meanwhile(world: &World) {
    let rules = [no_releases(), rendered(), status(1, "deployed", OLD_VALUES)];
    let why = "release clearml-agent in team-a is at revision 1 (deployed) now, and not new";
    is_refused(world, &rules, &agent(), why);
}

fn uninstalled(world: &World) {
    let list = Rule::when("list").prints(
        r#"[{"name":"clearml-agent","namespace":"team-a","revision":"3","updated":"2026-11-25 10:29:01.93467605 +0000 UTC","status":"uninstalled","chart":"clearml-enterprise-agent-6.9.3"}]"#,
    );
    let gone = list.clone();
    let rules = [
        list,
        rendered(),
        status(3, "uninstalled", OLD_VALUES).once(),
        Rule::when("upgrade").prints("done\n"),
        status(4, "deployed", OLD_VALUES),
    ];
    let fake = FakeHelm::new(world, &rules);
    fake.runs(&agent()).warns(
        "note[release-uninstalled]: release clearml-agent was uninstalled at 2026-11-25 10:29 UTC",
    );
    assert!(fake.calls().contains(&"upgrade".to_owned()));
    // Where that fails before there is a new revision, all is as it was.
    let fails = Rule::when("upgrade").fails("Error: release name check failed: exit status 1\n");
    let before = status(3, "uninstalled", OLD_VALUES);
    world.write(OVERRIDE, USERS_FILE);
    let fake = FakeHelm::new(world, &[gone, rendered(), before, fails]);
    fake.runs(&agent())
        .exits(1)
        .never_says("somebody else")
        .never_says("revision 3");
    assert_eq!(world.read(OVERRIDE), USERS_FILE);
    // What helm refuses until it is settled is refused here.
    let list = deployed_list().prints(
        r#"[{"name":"clearml-agent","namespace":"team-a","revision":"3","updated":"2026-11-25 10:29:01.93467605 +0000 UTC","status":"uninstalling","chart":"clearml-enterprise-agent-6.9.3"}]"#,
    );
    let fake = FakeHelm::new(world, &[list, deployed_before(), rendered()]);
    fake.forgets();
    fake.runs(&agent())
        .exits(3)
        .warns("error[release-uninstalling]")
        .warns("if no helm is running: helm uninstall clearml-agent -n team-a");
}
