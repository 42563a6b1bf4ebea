//! Helm fails: what the user reads, what stays as it was, and how the run ends.

use crate::support::fake_helm::{FakeHelm, Rule};
use crate::support::platform::is_open_to_all;
use crate::support::schema;
use crate::support::{GATEWAY_FILE, GATEWAY_NEEDS, Helm, Run, World, certificates, chart};
use libtest_mimic::Trial;

pub(crate) const OVERRIDE: &str = "clearml-agent-values.override.yaml";
pub(crate) const USERS_FILE: &str = "# ours\nimageCredentials:\n  password: hunter2-very-secret\n";

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "a_chart_that_does_not_exist_is_reported_once_with_the_command",
            no_chart,
        ),
        trial(
            "an_unreachable_cluster_stops_an_install_before_anything_is_written",
            no_cluster,
        ),
        trial(
            "an_unreachable_cluster_does_not_stop_a_dry_run",
            no_cluster_dry_run,
        ),
        trial(
            "a_template_error_leaves_everything_as_it_was",
            template_error,
        ),
        trial(
            "a_failed_upgrade_that_left_the_release_alone_puts_the_file_back",
            upgrade_refused,
        ),
        trial(
            "a_failed_upgrade_that_moved_the_release_keeps_the_file",
            upgrade_moved_on,
        ),
        trial(
            "a_rolled_back_upgrade_puts_the_file_back",
            upgrade_rolled_back,
        ),
        trial(
            "a_first_install_that_fails_leaves_no_file",
            first_install_fails,
        ),
        trial("a_killed_helm_is_reported_as_killed", killed),
        trial("a_helm_that_cannot_be_run_is_named", not_runnable),
        trial("secrets_in_helms_own_message_are_masked", secret_in_message),
        trial(
            "after_a_failure_the_next_component_is_untouched",
            next_untouched,
        ),
        trial(
            "a_pending_release_is_refused_with_the_way_back",
            pending_release,
        ),
        trial(
            "a_helm_killed_in_mid_upgrade_leaves_the_way_back",
            killed_in_upgrade,
        ),
        trial(
            "a_release_that_somebody_deployed_meanwhile_is_left_alone",
            deployed_meanwhile,
        ),
        trial(
            "a_cluster_that_is_gone_afterwards_is_said_so",
            cluster_gone_afterwards,
        ),
        trial(
            "a_release_that_is_gone_afterwards_is_said_so",
            release_gone_afterwards,
        ),
        trial("a_helm_that_is_too_old_is_refused", too_old),
        trial(
            "what_is_not_in_the_cluster_afterwards_is_a_failure",
            not_in_the_cluster,
        ),
        trial(
            "somebody_elses_revision_in_between_is_noticed",
            other_revision,
        ),
        trial(
            "who_is_not_logged_in_reads_the_login_command",
            not_logged_in,
        ),
        trial(
            "restarting_needs_kubectl_before_anything_is_written",
            no_kubectl,
        ),
        trial("the_result_is_json_that_its_schema_describes", result_json),
        trial("debug_output_of_helm_betrays_nothing", debugging),
        trial("with_files_only_helm_is_never_told_to_upgrade", files_only),
    ]
}

pub(crate) fn trial(name: &str, check: fn(&World)) -> Trial {
    Trial::test(name, move || {
        let world = World::new(Helm::V3);
        world.write("ca.pem", &certificates::ca("Acme Root"));
        check(&world);
        Ok(())
    })
}

fn install(chart_name: &str) -> String {
    format!(
        "install agent --ca ca.pem --chart {} --yes",
        chart(chart_name)
    )
}

pub(crate) fn agent() -> String {
    install("clearml-enterprise-agent-6.9.3")
}

pub(crate) fn no_releases() -> Rule {
    Rule::when("list").prints("[]")
}

pub(crate) fn deployed_list() -> Rule {
    Rule::when("list").prints(
        r#"[{"name":"clearml-agent","namespace":"team-a","revision":"3","status":"deployed","chart":"clearml-enterprise-agent-6.9.3"}]"#,
    )
}

pub(crate) fn status(revision: u64, state: &str, values: &str) -> Rule {
    Rule::when("status").prints(&format!(
        r#"{{"name":"clearml-agent","version":{revision},"info":{{"status":"{state}"}},"config":{values},"manifest":""}}"#
    ))
}

/// The same of a deployed one with a manifest.
pub(crate) fn stored(revision: u64, values: &str, manifest: &str) -> Rule {
    let values: serde_json::Value = serde_json::from_str(values).unwrap();
    let info = serde_json::json!({"status": "deployed"});
    let status = serde_json::json!({"name": "clearml-agent", "version": revision, "info": info, "config": values, "manifest": manifest});
    Rule::when("status").prints(&status.to_string())
}

pub(crate) const OLD_VALUES: &str = r#"{"imageCredentials":{"password":"hunter2-very-secret"}}"#;

pub(crate) fn rendered() -> Rule {
    Rule::when("template").runs_real(&Helm::V3.binary())
}

fn no_chart(world: &World) {
    let fake = FakeHelm::new(
        world,
        &[
            no_releases(),
            Rule::when("pull").fails("Error: chart \"clearml-enterprise-agent\" version \"9.9.9\" not found in https://charts.example repository\n"),
        ],
    );
    let run = fake.runs(
        "install agent --ca ca.pem --chart acme/clearml-enterprise-agent --version 9.9.9 --yes",
    );
    run.exits(1)
        .warns("chart \"clearml-enterprise-agent\" version \"9.9.9\" not found")
        .warns("helm pull acme/clearml-enterprise-agent --version 9.9.9");
    assert_eq!(run.count("not found in"), 1, "{run}");
    assert_eq!(world.files(), ["ca.pem"]);
    world.is_tidy();
}

const UNREACHABLE: &str = "Error: Kubernetes cluster unreachable: Get \"http://127.0.0.1:1/version\": dial tcp 127.0.0.1:1: connect: connection refused\n";

fn no_cluster(world: &World) {
    let fake = FakeHelm::new(world, &[Rule::when("list").fails(UNREACHABLE)]);
    let run = fake.runs(&agent());
    run.exits(1)
        .warns("connection refused")
        .warns("kubectl cluster-info");
    assert_eq!(run.count("connection refused"), 1, "{run}");
    assert_eq!(world.files(), ["ca.pem"]);
}

fn no_cluster_dry_run(world: &World) {
    let fake = FakeHelm::new(world, &[Rule::when("list").fails(UNREACHABLE), rendered()]);
    fake.runs(&format!("{} --dry-run", agent()))
        .exits(0)
        .warns("warning[cluster-unreachable]")
        .says("helm upgrade -i -n team-a clearml-agent");
    assert_eq!(world.files(), ["ca.pem"]);
}

fn template_error(world: &World) {
    let fake = FakeHelm::new(
        world,
        &[
            no_releases(),
            Rule::when("template")
                .fails("Error: execution error at (x/templates/y.yaml:3:4): nope\n"),
        ],
    );
    world.write(OVERRIDE, USERS_FILE);
    let run = fake.runs(&agent());
    run.exits(1)
        .warns("execution error at (x/templates/y.yaml:3:4): nope")
        .warns("helm template");
    assert_eq!(world.read(OVERRIDE), USERS_FILE);
    world.is_tidy();
}

/// Runs an upgrade of a deployed agent that fails, with `after` as the state that helm tells afterwards.
fn failing_upgrade(world: &World, after: Rule) -> Run {
    world.write(OVERRIDE, USERS_FILE);
    let fake = upgrading(
        world,
        [
            Rule::when("upgrade").fails("Error: UPGRADE FAILED: context deadline exceeded\n"),
            after,
        ],
    );
    let run = fake.runs(&agent());
    run.exits(1)
        .warns("UPGRADE FAILED: context deadline exceeded");
    assert_eq!(run.count("context deadline exceeded"), 1, "{run}");
    // Of a release that moved, the history is asked for too.
    assert_eq!(
        fake.calls().get(..6).unwrap(),
        ["list", "status", "template", "status", "upgrade", "status"],
        "{run}"
    );
    world.is_tidy();
    run
}

fn upgrade_refused(world: &World) {
    let run = failing_upgrade(world, status(3, "deployed", OLD_VALUES));
    run.warns(
        "failed; the release is as it was\n  clearml-agent-values.override.yaml is as it was",
    );
    assert_eq!(world.read(OVERRIDE), USERS_FILE);
}

fn upgrade_moved_on(world: &World) {
    let run = failing_upgrade(world, status(4, "failed", &changed(world)));
    run.warns("moved on to revision 4 (failed)")
        .warns("the file's former content: ");
    let text = world.read(OVERRIDE);
    assert!(
        text.starts_with(USERS_FILE) && text.contains("extraCerts"),
        "{text}"
    );
    let backup = world.backups().pop().unwrap();
    assert_eq!(std::fs::read_to_string(&backup).unwrap(), USERS_FILE);
    assert!(!is_open_to_all(&backup), "a backup holds credentials");
}

fn upgrade_rolled_back(world: &World) {
    failing_upgrade(world, status(5, "deployed", OLD_VALUES))
        .warns("the release went back to what it was, as revision 5 (deployed)");
    assert_eq!(world.read(OVERRIDE), USERS_FILE);
}

fn first_install_fails(world: &World) {
    let fake = FakeHelm::new(
        world,
        &[
            no_releases(),
            rendered(),
            Rule::when("upgrade").fails("Error: namespaces \"team-a\" is forbidden\n"),
            Rule::when("status").fails("Error: release: not found\n"),
        ],
    );
    fake.runs(&agent())
        .exits(1)
        .warns("namespaces \"team-a\" is forbidden");
    assert_eq!(world.files(), ["ca.pem"]);
}

fn killed(world: &World) {
    world.write(OVERRIDE, USERS_FILE);
    let fake = upgrading(
        world,
        [
            Rule::when("upgrade").dies(),
            status(3, "deployed", OLD_VALUES),
        ],
    );
    fake.runs(&agent())
        .exits(1)
        .warns("helm was killed by signal 6");
    assert_eq!(world.read(OVERRIDE), USERS_FILE);
}

fn not_runnable(world: &World) {
    world
        .plugin_with(std::path::Path::new("/nowhere/helm"), &agent(), &[])
        .exits(1)
        .warns("/nowhere/helm");
}

fn secret_in_message(world: &World) {
    world.write(OVERRIDE, USERS_FILE);
    let fake = FakeHelm::new(
        world,
        &[
            no_releases(),
            Rule::when("template").fails("Error: cannot use hunter2-very-secret as a map\n"),
        ],
    );
    fake.runs(&agent())
        .exits(1)
        .warns("cannot use *** as a map")
        .never_says("hunter2");
}

fn next_untouched(world: &World) {
    let fake = FakeHelm::new(
        world,
        &[
            no_releases(),
            rendered(),
            Rule::when("upgrade clearml-agent").fails("Error: no\n"),
            Rule::when("status").fails("Error: release: not found\n"),
        ],
    );
    world.write(GATEWAY_FILE, GATEWAY_NEEDS);
    let line = format!(
        "install gateway agent --ca ca.pem --agent-chart {} --gateway-chart {} --gateway-release gw --skip-probe --yes",
        chart("clearml-enterprise-agent-6.9.3"),
        chart("clearml-enterprise-app-gateway-3.2.0")
    );
    fake.runs(&line)
        .exits(1)
        .warns("gateway release gw in team-a: untouched");
    assert_eq!(world.files(), ["ca.pem", GATEWAY_FILE]);
    assert_eq!(world.read(GATEWAY_FILE), GATEWAY_NEEDS);
}

fn files_only(world: &World) {
    world.write(OVERRIDE, USERS_FILE);
    let fake = FakeHelm::new(world, &[no_releases(), rendered()]);
    let line = format!("{} --files-only", agent());
    let run = fake.runs(&line);
    run.exits(0)
        .says("helm upgrade -i -n team-a clearml-agent")
        .says("clearml-agent-values.override.yaml is written")
        .says("its former content: ");
    assert!(world.read(OVERRIDE).contains("extraCerts"));
    assert!(!fake.calls().contains(&"upgrade".to_owned()));
}

/// The values that the upgrade gives, as JSON.
pub(crate) fn changed(world: &World) -> String {
    let fake = FakeHelm::new(world, &[rendered()]);
    let line = agent().replace("install", "render").replace(" --yes", "");
    let run = fake.runs(&line);
    fake.forgets();
    let values: serde_json::Value = serde_yaml::from_str(&run.exits(0).stdout).unwrap();
    values.to_string()
}

pub(crate) fn deployed_before() -> Rule {
    status(3, "deployed", OLD_VALUES).twice()
}

/// A helm that tells of the release and renders; the upgrade, and what is asked then, follow these rules.
pub(crate) fn upgrading(world: &World, then: impl IntoIterator<Item = Rule>) -> FakeHelm<'_> {
    let before = [deployed_list(), deployed_before(), rendered()];
    let rules: Vec<Rule> = before.into_iter().chain(then).collect();
    FakeHelm::new(world, &rules)
}

fn history() -> Rule {
    Rule::when("history").prints(
        r#"[{"revision":2,"status":"superseded"},{"revision":3,"status":"deployed"},{"revision":4,"status":"pending-upgrade"}]"#,
    )
}

fn pending_release(world: &World) {
    world.write(OVERRIDE, USERS_FILE);
    let list = Rule::when("list").prints(
        r#"[{"name":"clearml-agent","namespace":"team-a","revision":"4","updated":"2026-11-25 10:29:01.93467605 +0000 UTC","status":"pending-upgrade","chart":"clearml-enterprise-agent-6.9.3"}]"#,
    );
    let pending = status(4, "pending-upgrade", OLD_VALUES);
    let fake = FakeHelm::new(world, &[list, pending, rendered(), history()]);
    fake.runs(&agent())
        .exits(3)
        .warns("error[release-pending]")
        .warns("is pending-upgrade since 2026-11-25 10:29 UTC")
        .warns("if no helm is running: helm rollback clearml-agent 3 -n team-a");
    assert_eq!(world.read(OVERRIDE), USERS_FILE);
    // Files for a deployment by other means are no operation on the release.
    fake.runs(&format!("{} --files-only", agent())).exits(0);
    assert_ne!(world.read(OVERRIDE), USERS_FILE);
}

fn killed_in_upgrade(world: &World) {
    world.write(OVERRIDE, USERS_FILE);
    let fake = upgrading(
        world,
        [
            Rule::when("upgrade").dies(),
            status(4, "pending-upgrade", &changed(world)),
            history(),
        ],
    );
    fake.runs(&agent())
        .exits(1)
        .warns("moved on to revision 4 (pending-upgrade)")
        .warns("nothing can be deployed until this is settled:\n    helm rollback clearml-agent 3 -n team-a")
        .warns("keeps the new content");
    assert_ne!(world.read(OVERRIDE), USERS_FILE);
}

fn deployed_meanwhile(world: &World) {
    world.write(OVERRIDE, USERS_FILE);
    let fake = FakeHelm::new(
        world,
        &[
            deployed_list(),
            status(3, "deployed", OLD_VALUES).once(),
            rendered(),
            status(4, "deployed", &changed(world)),
        ],
    );
    fake.runs(&agent()).exits(3).warns(
        "is at revision 4 (deployed) now, and not at revision 3 (deployed) as it was shown here",
    );
    assert_eq!(world.read(OVERRIDE), USERS_FILE);
    assert_eq!(fake.calls(), ["list", "status", "template", "status"]);
}

fn cluster_gone_afterwards(world: &World) {
    failing_upgrade(world, Rule::when("status").fails(UNREACHABLE))
        .warns("the cluster cannot be asked where that left the release")
        .warns("clearml-agent-values.override.yaml is as it was")
        .warns("once the cluster answers, run this again");
    assert_eq!(world.read(OVERRIDE), USERS_FILE);
}

fn release_gone_afterwards(world: &World) {
    failing_upgrade(
        world,
        Rule::when("status").fails("Error: release: not found\n"),
    )
    .warns("failed; the release is gone");
    assert_eq!(world.read(OVERRIDE), USERS_FILE);
}

fn too_old(world: &World) {
    let fake = FakeHelm::new(
        world,
        &[
            no_releases(),
            rendered(),
            Rule::when("version").prints("v3.16.4"),
        ],
    );
    fake.runs(&agent())
        .exits(3)
        .warns("error[helm-too-old]: this is Helm 3.16.4; the oldest that this plugin works with is 3.17.0");
    assert_eq!(world.files(), ["ca.pem"]);
}

/// An upgrade that helm calls a success, and what it tells of the release then.
fn successful_upgrade(world: &World, more: &str, after: Rule) -> Run {
    world.write(OVERRIDE, USERS_FILE);
    let fake = upgrading(
        world,
        [
            Rule::when("upgrade").prints("Release \"clearml-agent\" has been upgraded.\n"),
            after,
        ],
    );
    fake.runs(&format!("{} {more}", agent()))
}

fn not_in_the_cluster(world: &World) {
    let without = Rule::when("status").prints(
        r#"{"name":"clearml-agent","version":4,"info":{"status":"deployed","resources":{"v1/ConfigMap":[]}},"config":{},"manifest":""}"#,
    );
    successful_upgrade(world, "", without)
        .exits(1)
        .warns("is at revision 4, but\n  ConfigMap clearml-agent-clearml-enterprise-agent-custom-ca-0 is not in the cluster")
        .warns("what is in the cluster is not what was planned");
    assert_ne!(world.read(OVERRIDE), USERS_FILE);
}

fn other_revision(world: &World) {
    successful_upgrade(world, "", status(5, "deployed", &changed(world)))
        .exits(1)
        .warns("the release is at revision 5, not 4: somebody else deployed meanwhile");
}

fn not_logged_in(world: &World) {
    let denied = "Error: failed to perform \"FetchReference\" on source: GET \"https://registry-1.docker.io/v2/clearml/clearml-enterprise-agent/manifests/6.9.3\": response status code 401: unauthorized: authentication required\n";
    let fake = FakeHelm::new(world, &[no_releases(), Rule::when("pull").fails(denied)]);
    fake.runs("install agent --ca ca.pem --yes --version 6.9.3")
        .exits(1)
        .warns("hint: log in first: helm registry login docker.io --username allegroaienterprise");
}

fn no_kubectl(world: &World) {
    world.write(OVERRIDE, USERS_FILE);
    let fake = FakeHelm::new(world, &[deployed_list(), deployed_before(), rendered()]);
    fake.runs_without_path(&format!("{} --restart", agent()))
        .exits(3)
        .warns("error[restart-needs-kubectl]");
    assert_eq!(world.read(OVERRIDE), USERS_FILE);
}

fn result_json(world: &World) {
    let run = successful_upgrade(world, "-o json", status(4, "deployed", &changed(world)));
    run.exits(0)
        .warns("Release \"clearml-agent\" has been upgraded.");
    let done = schema::holds("install", &run.stdout);
    assert_eq!(done["outcome"], "done");
    assert_eq!(done["targets"][0]["result"]["revision"], 4);
    for (after, release, file) in [
        (status(3, "deployed", OLD_VALUES), "as-before", "as-before"),
        (
            status(4, "pending-upgrade", &changed(world)),
            "moved-on",
            "kept",
        ),
        (status(5, "deployed", OLD_VALUES), "went-back", "as-before"),
        (
            Rule::when("status").fails(UNREACHABLE),
            "unknown",
            "as-before",
        ),
    ] {
        world.write(OVERRIDE, USERS_FILE);
        let fake = upgrading(
            world,
            [
                history(),
                Rule::when("upgrade").fails("Error: UPGRADE FAILED: no\n"),
                after,
            ],
        );
        fake.forgets();
        let run = fake.runs(&format!("{} -o json", agent()));
        run.exits(1).warns("UPGRADE FAILED: no");
        let failed = schema::holds("install", &run.stdout);
        let result = &failed["targets"][0]["result"];
        assert_eq!(failed["outcome"], "failed");
        assert_eq!(
            (&result["release"], &result["file"]),
            (&release.into(), &file.into()),
            "{run}"
        );
    }
}

fn debugging(world: &World) {
    world.write(OVERRIDE, USERS_FILE);
    let logged = "level=DEBUG msg=\"all values\" password=hunter2-very-secret\nlevel=WARN msg=\"values\" password=hunter2-very-secret\nError: UPGRADE FAILED: no\n";
    let fake = FakeHelm::new(
        world,
        &[
            deployed_list(),
            status(3, "deployed", OLD_VALUES),
            rendered(),
            Rule::when("upgrade").fails(logged),
        ],
    );
    fake.runs(&agent())
        .exits(1)
        .warns("warning: values password=***")
        .never_says("level=")
        .never_says("all values");
}
