//! Helm fails: what the user reads, what stays as it was, and how the run ends.
//!
//! This binary is also the helm that fails, so it has its own `main`.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking"
)]

mod support;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use support::fake_helm::{FakeHelm, Rule, play};
use support::{Helm, Run, World, certificates, chart};

const OVERRIDE: &str = "clearml-agent-values.override.yaml";
const USERS_FILE: &str = "# ours\nimageCredentials:\n  password: hunter2-very-secret\n";

fn main() -> ExitCode {
    if let Some(code) = play() {
        return code;
    }
    let trials = vec![
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
        trial("with_files_only_helm_is_never_told_to_upgrade", files_only),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn trial(name: &str, check: fn(&World)) -> Trial {
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

fn agent() -> String {
    install("clearml-enterprise-agent-6.9.3")
}

fn no_releases() -> Rule {
    Rule::when("list").prints("[]")
}

fn deployed_list() -> Rule {
    Rule::when("list").prints(
        r#"[{"name":"clearml-agent","namespace":"team-a","revision":"3","status":"deployed","chart":"clearml-enterprise-agent-6.9.3"}]"#,
    )
}

fn status(revision: u64, state: &str, values: &str) -> Rule {
    Rule::when("status").prints(&format!(
        r#"{{"name":"clearml-agent","version":{revision},"info":{{"status":"{state}"}},"config":{values},"manifest":""}}"#
    ))
}

const OLD_VALUES: &str = r#"{"imageCredentials":{"password":"hunter2-very-secret"}}"#;

fn rendered() -> Rule {
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
    let fake = FakeHelm::new(
        world,
        &[
            deployed_list(),
            status(3, "deployed", OLD_VALUES).once(),
            rendered(),
            Rule::when("upgrade").fails("Error: UPGRADE FAILED: context deadline exceeded\n"),
            after,
        ],
    );
    let run = fake.runs(&agent());
    run.exits(1)
        .warns("UPGRADE FAILED: context deadline exceeded");
    assert_eq!(run.count("context deadline exceeded"), 1, "{run}");
    assert_eq!(
        fake.calls(),
        ["list", "status", "template", "upgrade", "status"]
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
    let run = failing_upgrade(world, status(4, "failed", r#"{"customCertificates":{}}"#));
    run.warns("moved on to revision 4 (failed)")
        .warns("the file's former content: ");
    let text = world.read(OVERRIDE);
    assert!(
        text.starts_with(USERS_FILE) && text.contains("extraCerts"),
        "{text}"
    );
    let backup = world
        .files()
        .into_iter()
        .find(|name| name.contains("Z.bak"))
        .unwrap();
    let backup = world.path(&backup);
    assert_eq!(std::fs::read_to_string(&backup).unwrap(), USERS_FILE);
    let mode = std::os::unix::fs::PermissionsExt::mode(&backup.metadata().unwrap().permissions());
    assert_eq!(mode & 0o007, 0, "a backup holds credentials: {mode:o}");
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
    let fake = FakeHelm::new(
        world,
        &[
            deployed_list(),
            status(3, "deployed", OLD_VALUES).once(),
            rendered(),
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
    let line = format!(
        "install gateway agent --ca ca.pem --agent-chart {} --gateway-chart {} --gateway-release gw --yes",
        chart("clearml-enterprise-agent-6.9.3"),
        chart("clearml-enterprise-app-gateway-3.2.0")
    );
    fake.runs(&line)
        .exits(1)
        .warns("gateway release gw in team-a: untouched");
    assert_eq!(world.files(), ["ca.pem"]);
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
