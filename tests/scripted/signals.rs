//! Signals: at which moment what is left undone, and what is waited for.

use crate::helm_failures::{
    OLD_VALUES, OVERRIDE, USERS_FILE, agent, changed, deployed_before, deployed_list, no_releases,
    rendered, status, trial, upgrading,
};
use crate::support::fake_helm::{FakeHelm, Rule};
use crate::support::platform::Signal;
use crate::support::{World, until};
use crate::together::{Fleet, INSTALL, both, count};
use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("a_signal_while_helm_looks_changes_nothing", signal_early),
        trial(
            "a_signal_during_the_upgrade_reaches_helm_and_is_waited_for",
            signal_in_upgrade,
        ),
        trial(
            "a_file_that_somebody_wrote_meanwhile_is_left_alone",
            file_written_meanwhile,
        ),
        trial("a_second_signal_ends_a_helm_that_heeds_none", second_signal),
        trial("when_helm_is_ended_nothing_is_deployed", caller_ended),
        trial(
            "a_signal_ends_those_targets_that_are_at_work_and_no_other_is_begun",
            several_at_once,
        ),
        trial(
            "a_helm_at_work_outlives_a_plugin_that_is_killed",
            plugin_killed,
        ),
    ]
}

/// Each stage before the first write; at each, a signal to the plugin alone and one to its whole group.
fn signal_early(world: &World) {
    world.write(OVERRIDE, USERS_FILE);
    let asked = [deployed_list(), deployed_before(), rendered()];
    for stage in ["list", "status", "template"] {
        let rules = [&[Rule::when(stage).hangs()], &asked[..]].concat();
        for whole_group in [false, true] {
            let fake = FakeHelm::new(world, &rules);
            let running = fake.starts(&agent());
            fake.is_asked_for(stage);
            if whole_group {
                running.signal_all(Signal::INT);
            } else {
                running.signal(Signal::INT);
            }
            let run = running.ends();
            run.exits(130).warns("interrupted; nothing was changed");
            assert!(!run.stderr.contains("helm was killed"), "{run}");
            assert!(!fake.calls().contains(&"upgrade".to_owned()), "{run}");
            assert_eq!(world.read(OVERRIDE), USERS_FILE);
            assert_eq!(world.files(), ["ca.pem", OVERRIDE]);
            world.is_tidy();
            fake.forgets();
        }
    }
    let pull = FakeHelm::new(world, &[no_releases(), Rule::when("pull").hangs()]);
    let running = pull.starts("install agent --ca ca.pem --chart acme/agent --yes");
    pull.is_asked_for("pull");
    running.signal(Signal::TERM);
    running
        .ends()
        .exits(130)
        .warns("interrupted; nothing was changed");
    world.is_tidy();
}

fn signal_in_upgrade(world: &World) {
    world.write(OVERRIDE, USERS_FILE);
    for whole_group in [false, true] {
        for (after, file_kept) in [
            (status(3, "deployed", OLD_VALUES), false),
            (status(4, "failed", &changed(world)), true),
        ] {
            let fake = upgrading(
                world,
                [
                    Rule::when("upgrade")
                        .ends_cancelled("Error: UPGRADE FAILED: context canceled\n"),
                    after,
                ],
            );
            let running = fake.starts(&agent());
            fake.is_asked_for("upgrade");
            if whole_group {
                running.signal_all(Signal::INT);
            } else {
                running.signal(Signal::TERM);
            }
            let run = running.ends();
            run.exits(130)
                .warns("interrupted; how far it came is said above")
                .warns(if file_kept {
                    "moved on to revision 4 (failed)"
                } else {
                    "the release is as it was"
                });
            assert_eq!(world.read(OVERRIDE) != USERS_FILE, file_kept, "{run}");
            world.is_tidy().write(OVERRIDE, USERS_FILE);
            fake.forgets();
        }
    }
}

fn file_written_meanwhile(world: &World) {
    world.write(OVERRIDE, USERS_FILE);
    let fake = upgrading(
        world,
        [
            Rule::when("upgrade").ends_cancelled("Error: no\n"),
            status(3, "deployed", OLD_VALUES),
        ],
    );
    let running = fake.starts(&agent());
    fake.is_asked_for("upgrade");
    world.write(OVERRIDE, "theirs: 1\n");
    running.signal(Signal::TERM);
    running
        .ends()
        .exits(130)
        .warns("was changed by somebody else meanwhile, and left alone")
        .warns("the file's former content: ");
    assert_eq!(world.read(OVERRIDE), "theirs: 1\n");
}

fn second_signal(world: &World) {
    world.write(OVERRIDE, USERS_FILE);
    let fake = upgrading(world, [Rule::when("upgrade").hangs_for_ever()]);
    let running = fake.starts(&agent());
    fake.is_asked_for("upgrade");
    running.signal(Signal::INT);
    running.signal(Signal::TERM);
    running
        .ends()
        .exits(130)
        .warns("helm was ended by force, and the cluster was not asked where that left the release")
        .warns("clearml-agent-values.override.yaml is as it was");
    assert_eq!(world.read(OVERRIDE), USERS_FILE);
    // It was not asked again.
    assert_eq!(fake.calls().last().unwrap(), "upgrade");
}

/// `kill` of the helm that the user called: the plugin lives on by itself.
fn caller_ended(world: &World) {
    world.write(OVERRIDE, USERS_FILE);
    let go = world.path("go");
    let rules = [
        deployed_list(),
        deployed_before(),
        rendered().waits_for(&go),
        Rule::when("upgrade").prints("done\n"),
    ];
    let fake = FakeHelm::new(world, &rules);
    let mut running = fake.starts_below_a_shell(&agent());
    fake.is_asked_for("template");
    running.signal(Signal::TERM);
    running.is_gone();
    world.write("go", "");
    let run = running.ends();
    run.warns("interrupted; nothing was changed");
    assert!(!fake.calls().contains(&"upgrade".to_owned()), "{run}");
    assert_eq!(world.read(OVERRIDE), USERS_FILE);
}

fn plugin_killed(world: &World) {
    world.write(OVERRIDE, USERS_FILE);
    let (go, done) = (world.path("go"), world.path("done"));
    let printed = "line\n".repeat(10_000);
    let upgrade = Rule::when("upgrade").waits_for(&go).prints(&printed);
    let fake = upgrading(world, [upgrade.meanwhile(&done, "")]);
    let running = fake.starts(&agent());
    fake.is_asked_for("upgrade");
    running.signal(Signal::KILL);
    let _ = running.ends();
    world.write("go", "");
    until("the end of helm", || done.exists());
}

/// What runs of several targets is ended, and the others are not begun.
fn several_at_once(world: &World) {
    let fleet = Fleet::new(world);
    fleet.files_are("before");
    fleet.has(&both(&fleet.before, 3));
    fleet.has_a_third();
    let before = world.read("before.yaml");
    let names = ["one", "two", "three"];
    let cancelled =
        |name| Rule::when(&format!("upgrade -n {name}")).ends_cancelled("Error: cancelled\n");
    let mut rules = fleet.three_before();
    rules.extend(names.map(cancelled));
    let helm = FakeHelm::new(world, &rules);
    let _kubectl = fleet.kubectl([]);
    let running = helm.starts(INSTALL);
    until("two upgrades", || count(&helm.calls(), "upgrade") == 2);
    running.signal(Signal::INT);
    let run = running.ends();
    run.exits(130)
        .warns("r in one: failed; the release is as it was")
        .warns("r in two: failed; the release is as it was")
        .warns("r in three: untouched");
    assert_eq!(count(&helm.calls(), "upgrade"), 2, "{run}");
    for name in names {
        assert_eq!(world.read(&format!("{name}.yaml")), before, "{run}");
    }
    world.is_tidy();
}
