//! Tasks in images that are not Debian's: what clients find there without a variable, by `--task-distros any`.

use serde_json::json;

use super::bases::{self, ONE_QUEUE};
use super::case::{BUNDLE, Case, list};
use super::reality::{self, Reality, Server};
use crate::support::real_node::{ALPINE, DEBIAN_13, OWN_FILE, RED_HAT};

const APPEND: &str = "agent --task-pods template";
const REPLACE: &str = "agent --task-pods template --mode replace";
const ANY: &str = "agent --task-distros any";
const ANY_REPLACE: &str = "agent --task-distros any --mode replace";

/// A task in `image`.
fn task(server: &Server, arguments: &'static str, image: &'static str) -> Case {
    let chart = "clearml-enterprise-agent-6.14.6";
    let plan = (chart, arguments, ONE_QUEUE, Some("default"), image);
    let [pem, other] = [server.ca.pem(), server.other.pem()];
    bases::case(&plan, &server.url(), &pem, &other)
}

/// Takes out every variable that names the bundle.
fn without_variables(mut case: Case) -> Case {
    list(case.task(), "env").retain(|one| one["value"] != BUNDLE);
    case
}

/// Those of the clients that go by the system's bundle which got an answer.
fn worked(reality: &Reality) -> String {
    assert!(reality.stuck.is_empty(), "{}", reality.stuck);
    let clients = ["curl", "git", "openssl", "urllib"].into_iter();
    let worked: Vec<&str> = clients
        .filter(|client| reality.worked.contains(*client))
        .collect();
    worked.join(" ")
}

#[test]
#[ignore = "needs a real node: make e2e"]
fn clients_that_know_no_variable_find_the_bundle_at_the_paths_of_their_image() {
    const ALL: &str = "curl git openssl urllib";
    let server = Server::start();
    let expected = [
        // OpenSSL's folder is the one that the bundle's covers, whose links name each certificate.
        (RED_HAT, APPEND, "openssl urllib"),
        // git is Debian's, whose curl reads each file of that folder beside its bundle.
        (RED_HAT, REPLACE, "git"),
        (ALPINE, APPEND, ALL),
        (ALPINE, REPLACE, ALL),
        (OWN_FILE, APPEND, "curl git"),
        (OWN_FILE, REPLACE, "curl git"),
        (RED_HAT, ANY, ALL),
        (RED_HAT, ANY_REPLACE, ALL),
        (ALPINE, ANY, ALL),
        (ALPINE, ANY_REPLACE, ALL),
        (OWN_FILE, ANY, ALL),
        (OWN_FILE, ANY_REPLACE, ALL),
        (DEBIAN_13, ANY, ALL),
        (DEBIAN_13, ANY_REPLACE, ALL),
    ];
    let cases: Vec<Case> = expected
        .iter()
        .map(|(image, arguments, _)| without_variables(task(&server, arguments, image)))
        .collect();
    let realities = reality::run(&cases, &server);
    for ((case, reality), (.., expected)) in cases.iter().zip(&realities).zip(expected) {
        assert_eq!(worked(reality), expected, "{}: {reality:?}", case.name);
    }
}

/// Their folders are not in every image, and cannot be made in a file system that is read-only; the runtime makes them before.
#[test]
#[ignore = "needs a real node: make e2e"]
fn a_root_file_system_that_is_read_only_has_the_bundle_at_every_path() {
    let server = Server::start();
    let images = [RED_HAT, ALPINE, DEBIAN_13].into_iter();
    let cases: Vec<Case> = images
        .flat_map(|image| [ANY, ANY_REPLACE].map(|arguments| task(&server, arguments, image)))
        .map(|case| {
            let mut case = without_variables(case);
            case.task()["securityContext"] = json!({"readOnlyRootFilesystem": true});
            case
        })
        .collect();
    for (case, reality) in cases.iter().zip(reality::run(&cases, &server)) {
        let all = worked(&reality);
        assert_eq!(all, "curl git openssl urllib", "{}: {reality:?}", case.name);
    }
}

/// Installing git or pip in a task does so. On Alpine the bundle itself is mounted by way of a link, and what is mounted cannot
/// be replaced unless it lies below another mount.
#[test]
#[ignore = "needs a real node: make e2e"]
fn a_task_can_make_the_bundle_anew() {
    let server = Server::start();
    for image in [ALPINE, DEBIAN_13] {
        let case = task(&server, ANY, image);
        let said = reality::printed(&case, "update-ca-certificates && echo made anew");
        assert!(said.ends_with("made anew\n"), "{image}: {said}");
    }
}
