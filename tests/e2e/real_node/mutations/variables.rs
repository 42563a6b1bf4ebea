//! The variables of the task: missing, elsewhere, twice, by reference.

use super::Mutation;
use crate::real_node::case::{BUNDLE, Case, list};
use serde_json::{Value, json};

pub(super) const ALL: &[Mutation] = &[
    ("no REQUESTS_CA_BUNDLE", |case| {
        case.without_variable("REQUESTS_CA_BUNDLE");
    }),
    ("no SSL_CERT_FILE", |case| {
        case.without_variable("SSL_CERT_FILE");
    }),
    ("no CURL_CA_BUNDLE", |case| {
        case.without_variable("CURL_CA_BUNDLE");
    }),
    ("no GIT_SSL_CAINFO", |case| {
        case.without_variable("GIT_SSL_CAINFO");
    }),
    ("no NODE_EXTRA_CA_CERTS", |case| {
        case.without_variable("NODE_EXTRA_CA_CERTS");
    }),
    ("no PIP_CERT", |case| case.without_variable("PIP_CERT")),
    ("no HTTPLIB2_CA_CERTS", |case| {
        case.without_variable("HTTPLIB2_CA_CERTS");
    }),
    ("none", |case| {
        list(case.task(), "env").retain(|one| one["value"] != BUNDLE);
    }),
    ("REQUESTS_CA_BUNDLE alone", |case| {
        alone(case, "REQUESTS_CA_BUNDLE");
    }),
    ("CURL_CA_BUNDLE alone", |case| alone(case, "CURL_CA_BUNDLE")),
    ("PIP_CERT alone", |case| alone(case, "PIP_CERT")),
    ("HTTPLIB2_CA_CERTS alone", |case| {
        alone(case, "HTTPLIB2_CA_CERTS");
    }),
    ("they name a file that nobody made", |case| {
        set(case, "/srv/nothing.crt");
    }),
    ("they name a file beside the bundle", |case| {
        set(case, "/etc/ssl/certs/nothing.crt");
    }),
    ("they name the folder", |case| set(case, "/etc/ssl/certs")),
    ("they name it by a longer path", |case| {
        set(case, "/etc/ssl/../ssl//certs/./ca-certificates.crt");
    }),
    ("they are empty", |case| set(case, "")),
    ("REQUESTS_CA_BUNDLE is empty", |case| {
        if let Some(one) = case.variable("REQUESTS_CA_BUNDLE") {
            one["value"] = "".into();
        }
    }),
    ("twice, the last one elsewhere", |case| twice(case, false)),
    ("twice, the first one elsewhere", |case| twice(case, true)),
    ("by reference to one before", |case| {
        list(case.task(), "env").insert(0, json!({"name": "TRUST", "value": "/etc/ssl/certs"}));
        set(case, "$(TRUST)/ca-certificates.crt");
    }),
    ("by reference to one that comes after", |case| {
        set(case, "$(TRUST)/ca-certificates.crt");
        list(case.task(), "env").push(json!({"name": "TRUST", "value": "/etc/ssl/certs"}));
    }),
    ("by an escaped reference", |case| {
        list(case.task(), "env").insert(0, json!({"name": "TRUST", "value": "/etc/ssl/certs"}));
        set(case, "$$(TRUST)/ca-certificates.crt");
    }),
    ("from a ConfigMap, each", |case| {
        case.objects.push(elsewhere());
        case.variables().for_each(|one| *one = json!({"name": one["name"], "valueFrom": {"configMapKeyRef": {"name": "elsewhere", "key": "SSL_CERT_FILE"}}}));
    }),
    ("from a ConfigMap, all", |case| {
        list(case.task(), "env").retain(|one| one["value"] != BUNDLE);
        case.objects.push(elsewhere());
        case.task()["envFrom"] = json!([{"configMapRef": {"name": "elsewhere"}}]);
    }),
    ("SSL_CERT_DIR in the place of SSL_CERT_FILE", |case| {
        if let Some(one) = case.variable("SSL_CERT_FILE") {
            *one = json!({"name": "SSL_CERT_DIR", "value": "/etc/ssl/certs"});
        }
    }),
];

/// A ConfigMap with variables.
fn elsewhere() -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "elsewhere"}, "data": {"REQUESTS_CA_BUNDLE": BUNDLE, "SSL_CERT_FILE": BUNDLE}})
}

fn alone(case: &mut Case, name: &str) {
    list(case.task(), "env").retain(|one| one["value"] != BUNDLE || one["name"] == name);
}

fn set(case: &mut Case, path: &str) {
    case.variables().for_each(|one| one["value"] = path.into());
}

fn twice(case: &mut Case, first: bool) {
    let others: Vec<Value> = case
        .variables()
        .map(|one| json!({"name": one["name"], "value": "/srv/nothing.crt"}))
        .collect();
    let env = list(case.task(), "env");
    let at = if first { 0 } else { env.len() };
    env.splice(at..at, others);
}
