//! The images are what their names promise.

use crate::support::cluster::Namespace;
use crate::support::real_node::{
    self, ALPINE, DEBIAN_12, DEBIAN_13, NO_CLIENTS, NO_TRUST, OWN_FILE, RED_HAT,
};
use crate::support::until;
use serde_json::json;

/// Says what an image has.
const LOOK: &str = "
for it in python3 curl git openssl node uv update-ca-certificates; do command -v $it >/dev/null && printf '%s ' $it; done
for it in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do [ -s $it ] && printf '%s ' $it; done
command -v python3 >/dev/null && python3 -c 'import sys, requests, httpx; print(*sys.version_info[:2], requests.certs.where())'";

#[test]
#[ignore = "needs a real node: make e2e"]
fn each_image_has_what_is_promised() {
    let own = "/usr/local/lib/python3.13/dist-packages/certifi/cacert.pem";
    let wanted = [
        (
            DEBIAN_13,
            format!(
                "python3 curl git openssl node uv update-ca-certificates /etc/ssl/certs/ca-certificates.crt 3 13 {own}"
            ),
        ),
        (
            DEBIAN_12,
            format!(
                "python3 curl git openssl update-ca-certificates /etc/ssl/certs/ca-certificates.crt 3 11 {}",
                own.replace("13", "11")
            ),
        ),
        (
            RED_HAT,
            format!("python3 curl git openssl node uv /etc/pki/tls/certs/ca-bundle.crt 3 13 {own}"),
        ),
        (
            ALPINE,
            format!(
                "python3 curl git openssl node uv update-ca-certificates /etc/ssl/certs/ca-certificates.crt /etc/ssl/cert.pem 3 13 {own}"
            ),
        ),
        (
            OWN_FILE,
            format!(
                "python3 curl git openssl node uv update-ca-certificates /etc/ssl/certs/ca-certificates.crt /etc/ssl/cert.pem 3 13 {own}"
            ),
        ),
        (
            NO_TRUST,
            format!("python3 curl git openssl node uv 3 13 {own}"),
        ),
        (NO_CLIENTS, String::new()),
    ];
    let namespace = Namespace::new();
    let containers: Vec<_> = wanted
        .iter()
        .enumerate()
        .map(|(index, (image, _))| {
            let script = format!("({LOOK}) >/dev/termination-log 2>&1; true");
            json!({"name": format!("c{index}"), "image": image, "command": ["sh", "-c", script]})
        })
        .collect();
    let pod = real_node::pod(
        &namespace.name,
        "look",
        json!({"containers": containers}),
        "acme.example",
    );
    assert_eq!(real_node::create(&[pod]), None);
    let pods = || namespace.get("pods")["items"][0]["status"].clone();
    until("the end of the pod", || pods()["phase"] == "Succeeded");
    let status = pods();
    for (index, (image, wanted)) in wanted.iter().enumerate() {
        let containers = status["containerStatuses"].as_array().unwrap();
        let name = format!("c{index}");
        let one = containers
            .iter()
            .find(|one| one["name"] == name.as_str())
            .unwrap();
        let said = one["state"]["terminated"]["message"]
            .as_str()
            .unwrap_or_default();
        assert_eq!(said.trim(), wanted, "{image}");
    }
}
