//! Each state that a failed upgrade can leave a release in: what becomes of the file, and what is advised.

use crate::helm_failures::{
    OLD_VALUES, OVERRIDE, USERS_FILE, agent, changed, deployed_list, rendered, status, trial,
};
use crate::support::World;
use crate::support::fake_helm::{FakeHelm, Rule};
use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("the_file_follows_the_release_by_what_it_has", after_good),
        trial("advice_leads_to_no_revision_that_failed", after_failed),
    ]
}

/// What a colleague's values look like.
const THEIRS: &str = r#"{"imageCredentials":{"password":"hunter2-very-secret"},"replicas":3}"#;

const FAILED: &str = "Error: UPGRADE FAILED: context deadline exceeded\n";
const BUSY: &str =
    "Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress\n";

/// What a revision had before the failed one.
const OLDER_VALUES: &str = r#"{"imageCredentials":{"password":"older-secret"}}"#;

struct Case<'a> {
    error: &'a str,
    after: Rule,
    history: &'a str,
    keeps_file: bool,
    says: &'a str,
    advises: Option<&'a str>,
}

fn check(world: &World, before: &Rule, case: Case<'_>) {
    world.write(OVERRIDE, USERS_FILE);
    let rules = [
        deployed_list(),
        before.clone().twice(),
        rendered(),
        Rule::when("upgrade").fails(case.error),
        case.after,
        Rule::when("history").prints(case.history),
    ];
    let fake = FakeHelm::new(world, &rules);
    fake.forgets();
    let run = fake.runs(&agent());
    run.exits(1).warns(case.says);
    assert_eq!(world.read(OVERRIDE) != USERS_FILE, case.keeps_file, "{run}");
    match case.advises {
        Some(way_out) => drop(run.warns(way_out)),
        None => assert_eq!(run.count("helm rollback clearml-agent"), 0, "{run}"),
    }
}

/// The second and the third revision, and what came after them.
fn history([second, third]: [&str; 2], last: &str) -> String {
    format!(r#"[{{"revision":2,"status":"{second}"}},{{"revision":3,"status":"{third}"}},{last}]"#)
}

fn after_good(world: &World) {
    let ours = changed(world);
    let before = status(3, "deployed", OLD_VALUES);
    let history = |last| history(["failed", "superseded"], last);
    let upgraded = history(r#"{"revision":4,"status":"failed","description":"Upgrade failed"}"#);
    let rolled_back = history(
        r#"{"revision":4,"status":"failed"},{"revision":5,"status":"deployed","description":"Rollback to 3"}"#,
    );
    let theirs = history(r#"{"revision":4,"status":"deployed","description":"Upgrade complete"}"#);
    for case in [
        Case {
            error: FAILED,
            after: status(4, "failed", &ours),
            history: &upgraded,
            keeps_file: true,
            says: "the release moved on to revision 4 (failed)",
            advises: Some("run this again, or go back with:\n    helm rollback clearml-agent 3 "),
        },
        Case {
            error: FAILED,
            after: status(5, "deployed", OLD_VALUES),
            history: &rolled_back,
            keeps_file: false,
            says: "the release went back to what it was, as revision 5 (deployed)",
            advises: None,
        },
        Case {
            error: FAILED,
            after: status(4, "deployed", THEIRS),
            history: &theirs,
            keeps_file: false,
            says: "somebody else deployed meanwhile: the release is at revision 4 (deployed)",
            advises: None,
        },
        Case {
            error: BUSY,
            after: status(4, "pending-upgrade", THEIRS),
            history: &theirs,
            keeps_file: false,
            says: "somebody else deployed meanwhile: the release is at revision 4 (pending-upgrade)",
            advises: Some("if no helm is at work on it any more:"),
        },
        // Two runs of one change: the other one did it.
        Case {
            error: BUSY,
            after: status(4, "deployed", &ours),
            history: &theirs,
            keeps_file: true,
            says: "somebody else deployed meanwhile: the release is at revision 4 (deployed)",
            advises: None,
        },
        Case {
            error: FAILED,
            after: status(3, "deployed", OLD_VALUES),
            history: "[]",
            keeps_file: false,
            says: "the release is as it was",
            advises: None,
        },
    ] {
        check(world, &before, case);
    }
}

fn after_failed(world: &World) {
    let ours = changed(world);
    let before = status(3, "failed", OLD_VALUES);
    let history = |last| history(["deployed", "failed"], last);
    let upgraded = history(r#"{"revision":4,"status":"failed","description":"Upgrade failed"}"#);
    let rolled_back = history(
        r#"{"revision":4,"status":"failed"},{"revision":5,"status":"deployed","description":"Rollback to 2"}"#,
    );
    let nothing_good =
        r#"[{"revision":3,"status":"failed"},{"revision":4,"status":"failed","description":"no"}]"#;
    for case in [
        Case {
            error: FAILED,
            after: status(4, "failed", &ours),
            history: &upgraded,
            keeps_file: true,
            says: "the release moved on to revision 4 (failed)",
            advises: Some("helm rollback clearml-agent 2 "),
        },
        Case {
            error: FAILED,
            after: status(4, "failed", &ours),
            history: nothing_good,
            keeps_file: true,
            says: "the release moved on to revision 4 (failed)",
            advises: None,
        },
        // Helm goes back over the failed one, to values that nobody had in front of him.
        Case {
            error: FAILED,
            after: status(5, "deployed", OLDER_VALUES),
            history: &rolled_back,
            keeps_file: false,
            says: "the release went back to the last revision that was deployed without an error, as revision 5",
            advises: None,
        },
    ] {
        check(world, &before, case);
    }
}
