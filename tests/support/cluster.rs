//! The cluster that `make e2e` brings up, and a namespace in it for each test.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

/// A namespace of its own, removed with the value.
pub struct Namespace {
    pub name: String,
}

impl Namespace {
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        let namespace = Self {
            name: format!("e2e-{}-{number}", std::process::id()),
        };
        Self::kubectl(&["create", "namespace", &namespace.name]);
        namespace
    }

    /// The objects of a kind, as the API gives them.
    pub fn get(&self, kind: &str) -> Value {
        let json = Self::kubectl(&["get", kind, "-n", &self.name, "-o", "json"]);
        serde_json::from_str(&json).unwrap()
    }

    /// The kubeconfig of a user who may read everything in it, Secrets too, and write nothing.
    pub fn reader(&self) -> String {
        let name = &self.name;
        let in_it = ["-n", name.as_str()];
        let run = |words: &[&str]| Self::kubectl(&[words, &in_it].concat());
        run(&["create", "serviceaccount", "reader"]);
        let verbs = "--verb=get,list,watch";
        run(&["create", "role", "reader", verbs, "--resource=*.*"]);
        let subject = format!("--serviceaccount={name}:reader");
        run(&["create", "rolebinding", "reader", "--role=reader", &subject]);
        self.kubeconfig_of("reader")
    }

    /// The kubeconfig of a service account.
    pub fn kubeconfig_of(&self, account: &str) -> String {
        let token = Self::kubectl(&["create", "token", account, "-n", &self.name]);
        let config = Self::kubectl(&["config", "view", "--raw", "--minify", "-o", "json"]);
        let mut config: Value = serde_json::from_str(&config).unwrap();
        config["users"][0]["user"] = serde_json::json!({"token": token.trim()});
        config.to_string()
    }

    /// Creates an object: the words after `kubectl create`.
    pub fn create(&self, arguments: &[&str]) {
        Self::kubectl(&[&["create"], arguments, &["-n", &self.name]].concat());
    }

    /// Gives it a quota `q`, as the quota's controller leaves it, which does not run here: admission goes by the status.
    pub fn has_quota(&self, hard: &Value, used: &Value) {
        let quota = serde_json::json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"hard": hard}});
        assert_eq!(self.refuses(&quota.to_string()), None);
        let status = serde_json::json!({"status": {"hard": hard, "used": used}}).to_string();
        let patch = [
            "patch",
            "quota",
            "q",
            "-n",
            &self.name,
            "--subresource=status",
            "--type=merge",
            "-p",
            &status,
        ];
        Self::kubectl(&patch);
    }

    /// What the API server has against an object; it is made where that is nothing.
    pub fn refuses(&self, manifest: &str) -> Option<String> {
        create(manifest, &["-n", &self.name])
    }

    pub fn kubectl(arguments: &[&str]) -> String {
        let output = run(arguments);
        assert!(
            output.status.success(),
            "kubectl {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        Self::kubectl(&["delete", "namespace", &self.name, "--wait=false"]);
    }
}

/// Creates what a manifest has; what the API server has against some of it, the rest is made.
pub fn create(manifest: &str, more: &[&str]) -> Option<String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), manifest).unwrap();
    let path = file.path().to_str().unwrap();
    let output = run(&[&["create", "-f", path], more].concat());
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

fn run(arguments: &[&str]) -> Output {
    command().args(arguments).output().unwrap()
}

/// kubectl, with the cluster's kubeconfig.
pub fn command() -> Command {
    let mut command = Command::new(kubectl());
    command.env("KUBECONFIG", kubeconfig());
    command
}

/// The client that the cluster came with, else the one on the path.
pub fn kubectl() -> PathBuf {
    std::env::var_os("KUBECTL").map_or_else(|| which::which("kubectl").unwrap(), PathBuf::from)
}

pub fn kubeconfig() -> PathBuf {
    std::env::var_os("E2E_KUBECONFIG")
        .expect("run `make e2e`")
        .into()
}

/// Each test once for each major version of Helm, in a namespace of its own.
macro_rules! on_the_cluster {
    ($(fn $name:ident($world:ident, $namespace:ident) $body:block)*) => {
        $(mod $name {
            use super::*;
            fn check(helm: Helm) {
                let $world = World::with_cluster(helm, &crate::support::cluster::kubeconfig());
                let $namespace = Namespace::new();
                $body
            }
            #[test]
            #[ignore = "needs a cluster: make e2e"]
            fn helm3() { check(Helm::V3); }
            #[test]
            #[ignore = "needs a cluster: make e2e"]
            fn helm4() { check(Helm::V4); }
        })*
    };
}
