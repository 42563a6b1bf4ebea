//! cargo, which no image has: it is this machine's.

use serde_json::json;

use super::bases::{self, ONE_QUEUE};
use super::case::{BUNDLE_DIR, list, mount};
use super::reality::{self, Server};
use crate::support::real_node::DEBIAN_13;

/// The build of rustup looks for the system's bundle by itself; here the certificates are elsewhere.
#[test]
#[ignore = "needs a real node: make e2e"]
fn cargo_goes_by_its_variable() {
    let server = Server::start();
    let [pem, other] = [server.ca.pem(), server.other.pem()];
    let (chart, arguments) = (
        "clearml-enterprise-agent-6.14.6",
        "agent --task-pods template",
    );
    let plan = (chart, arguments, ONE_QUEUE, Some("default"), DEBIAN_13);
    let mut case = bases::case(&plan, &server.url(), &pem, &other);
    mount(case.task(), BUNDLE_DIR)["mountPath"] = "/trust".into();
    list(case.task(), "env").retain(|one| one["name"] == "CARGO_HTTP_CAINFO");
    for one in case.variables() {
        one["value"] = "/trust/ca-certificates.crt".into();
    }
    let cargo = json!({"name": "cargo", "hostPath": {"path": env!("CARGO"), "type": "File"}});
    case.volumes().push(cargo);
    let mounted = json!({"name": "cargo", "mountPath": "/usr/local/bin/cargo"});
    list(case.task(), "volumeMounts").push(mounted);
    let url = server.url();
    let ask = |name: &str| format!("cargo search --index sparse+{url}/{name}/ x");
    let script = format!(
        "export CARGO_HOME=/tmp/cargo CARGO_NET_RETRY=0; {}; unset CARGO_HTTP_CAINFO; {}",
        ask("with"),
        ask("without")
    );
    let said = reality::printed(&case, &script);
    let asked: Vec<String> = server.asked.of("/").into_iter().collect();
    assert_eq!(asked, ["with"], "{said}");
}
