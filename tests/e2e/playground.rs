//! `scripts/playground` on the cluster of these tests: its tour, its shell, and that nothing is left of it.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::support::cluster::{Namespace, kubeconfig};
use crate::support::terminal::Terminal;
use crate::support::{Helm, World, platform, repository, until};

fn script() -> PathBuf {
    repository().join("scripts/playground")
}

/// What it is started with: this process's environment, and a folder for temporary files in which nobody else puts any.
fn environment(world: &World) -> Vec<(String, String)> {
    let mut variables: Vec<(String, String)> = std::env::vars().collect();
    let folder = world.path("").display().to_string();
    let path = std::env::var("PATH").unwrap();
    let helm = world.helm.binary();
    let helm = helm.parent().unwrap().display();
    variables.extend([
        ("TMPDIR".to_owned(), folder),
        ("PATH".to_owned(), format!("{helm}:{path}")),
    ]);
    variables
}

/// Waits until its folder and its namespace are gone.
fn is_gone(world: &World) {
    until("nothing is left in its folder", || world.files().is_empty());
    until("its namespace is gone", || {
        !Namespace::kubectl(&["get", "namespaces", "-o", "name"]).contains("/clearml-workers\n")
    });
}

fn tour() {
    let world = World::with_cluster(Helm::V4, &kubeconfig());
    let output = Command::new(script())
        .env_clear()
        .envs(environment(&world))
        .env("PLAYGROUND", "tour")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = [&output.stdout[..], &output.stderr[..]].map(String::from_utf8_lossy);
    assert!(output.status.success(), "{}\n{}", text[0], text[1]);
    let commands = text[0].matches("\n$ ").count();
    assert!(commands >= 10, "{commands} commands:\n{}", text[0]);
    assert!(text[0].contains("✓ 2 releases in step"), "{}", text[0]);
    if std::env::var_os("E2E_REAL_NODE").is_some() {
        assert!(text[0].contains("✓ trusts it"), "{}", text[0]);
    }
    is_gone(&world);
}

fn shell() {
    let world = World::with_cluster(Helm::V3, &kubeconfig());
    let variables = environment(&world);
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let line = format!("exec '{}'", script().display());
    let mut terminal = Terminal::start(&world, &line, 120, &variables);
    terminal
        .shows("helm clearml-certs inspect corp-root.pem")
        .shows("playground:clearml");
    terminal
        .press("helm clearml-certs inspect corp-root.pem\r")
        .shows("Acme Root CA root RSA 2048");
    terminal
        .press("kubectl config current-context; echo in $HOME\r")
        .shows("playground in /");
    terminal.press("exit\r").ends(0);
    is_gone(&world);
}

fn killed() {
    let world = World::with_cluster(Helm::V4, &kubeconfig());
    let mut command = Command::new(script());
    let mut child = platform::in_its_own_group(&mut command)
        .args([
            "sh",
            "-c",
            "touch here; while [ -e here ]; do sleep 0.1; done",
        ])
        .env_clear()
        .envs(environment(&world))
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let folder = || std::fs::read_dir(world.path("")).unwrap().flatten().next();
    until("its command runs", || {
        folder().is_some_and(|one| one.path().join("clearml/here").exists())
    });
    child.kill().unwrap();
    child.wait().unwrap();
    is_gone(&world);
}

// One after the other: it plays in a namespace of the documentation's name.
#[test]
#[ignore = "needs a cluster: make e2e"]
fn its_tour_and_its_shell_do_what_they_say_and_leave_nothing() {
    tour();
    shell();
    killed();
}
