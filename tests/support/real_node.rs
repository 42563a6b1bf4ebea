//! The node of `make e2e` that runs its pods (tests/controlplane/README.md), and its images.

use super::cluster;
use serde_json::{Value, json};

/// Its name. Pods that name it run there; the charts' own stay on the node where nothing runs, as it has a taint.
pub fn name() -> String {
    std::env::var("E2E_REAL_NODE")
        .expect("no real node: run `make e2e` where one can be, and read what it says")
}

/// Debian 13 with Python 3.13, requests and httpx from `PyPI`, curl, git, openssl, node and uv.
pub const DEBIAN_13: &str = "clearml-certs-e2e/debian13:1";
/// Debian 12 with Python 3.11, requests and httpx from `PyPI`, curl, git and openssl.
pub const DEBIAN_12: &str = "clearml-certs-e2e/debian12:1";
/// What [`DEBIAN_13`] has, with the paths of the Red Hat family.
pub const RED_HAT: &str = "clearml-certs-e2e/redhat:1";
/// What [`DEBIAN_13`] has, with the paths of Alpine.
pub const ALPINE: &str = "clearml-certs-e2e/alpine:1";
/// The same, where OpenSSL's file is no link to the bundle.
pub const OWN_FILE: &str = "clearml-certs-e2e/own-file:1";
/// What [`DEBIAN_13`] has, without `ca-certificates`.
pub const NO_TRUST: &str = "clearml-certs-e2e/no-trust:1";
/// No client, and no `ca-certificates`: the task image of the charts' values.
pub const NO_CLIENTS: &str = "ubuntu:24.04";

/// A pod that `spec` describes, made to run on the real node, in the machine's own network, where `host` is the loopback.
pub fn pod(namespace: &str, called: &str, mut spec: Value, host: &str) -> Value {
    let fields = json!({
        "nodeName": name(),
        "restartPolicy": "Never",
        "hostNetwork": true,
        "hostAliases": [{"ip": "127.0.0.1", "hostnames": [host]}],
        "automountServiceAccountToken": false,
        "terminationGracePeriodSeconds": 0,
    });
    for (field, value) in fields.as_object().unwrap() {
        spec[field] = value.clone();
    }
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": namespace, "name": called}, "spec": spec})
}

/// Creates objects, all in one call; what the API server has against some of them.
pub fn create(objects: &[Value]) -> Option<String> {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    cluster::create(&list.to_string(), &[])
}
