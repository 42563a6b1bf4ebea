//! The plugin's tarball with its provenance, verified by Helm 4 when it installs.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::support::packaging::{Machine, archive, archive_name, version};
use crate::support::platform::set_mode;
use crate::support::programs::FAKED_CLOCK;
use crate::support::{Helm, repository};

/// A machine with a signed release in `dist`, and the path of the plugin's tarball.
fn release() -> (Machine, PathBuf) {
    let machine = Machine::new(Helm::V4);
    let dist = machine.path("dist");
    let keys = machine.path("keys");
    fs::create_dir(&dist).unwrap();
    fs::create_dir(&keys).unwrap();
    set_mode(&keys, 0o700);
    fs::write(dist.join(archive_name()), archive()).unwrap();
    let gpg = |arguments: &[&str]| {
        let mut command = Command::new("gpg");
        command
            .arg("--batch")
            .args(arguments)
            .env("GNUPGHOME", &keys)
            .env_remove(FAKED_CLOCK);
        let output = command.output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    };
    gpg(&[
        "--passphrase",
        "",
        "--quick-generate-key",
        "release@example.com",
        "rsa2048",
        "sign",
    ]);
    fs::write(machine.path("public.gpg"), gpg(&["--export"])).unwrap();
    let output = Command::new(repository().join("scripts/dist"))
        .arg("--collect")
        .env("DIST_FOLDER", &dist)
        .env("DIST_SIGNING_KEY", "release@example.com")
        .env("GNUPGHOME", &keys)
        .env_remove(FAKED_CLOCK)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let stopped = Command::new("gpgconf")
        .args(["--kill", "gpg-agent"])
        .env("GNUPGHOME", &keys)
        .status();
    assert!(stopped.unwrap().success());
    let tarball = dist.join(format!("clearml-certs-{}.tgz", version()));
    let carried_in = dist.join(archive_name()).display().to_string();
    (
        machine.with("HELM_CLEARML_CERTS_ARCHIVE", &carried_in),
        tarball,
    )
}

#[test]
fn helm4_installs_the_signed_tarball_verified() {
    let (machine, tarball) = release();
    let keyring = machine.path("public.gpg").display().to_string();
    let tarball = tarball.display().to_string();
    machine
        .helm(&["plugin", "install", &tarball, "--keyring", &keyring])
        .succeeds()
        .says("Plugin Hash Verified");
    machine.helm(&["plugin", "list"]).succeeds().says("signed");
    machine
        .helm(&["clearml-certs", "--version"])
        .succeeds()
        .says(version());
}

#[test]
fn helm4_refuses_a_tarball_that_was_changed() {
    let (machine, tarball) = release();
    let keyring = machine.path("public.gpg").display().to_string();
    let mut bytes = fs::read(&tarball).unwrap();
    bytes.push(0);
    fs::write(&tarball, bytes).unwrap();
    let tarball = tarball.display().to_string();
    machine
        .helm(&["plugin", "install", &tarball, "--keyring", &keyring])
        .fails();
    assert!(machine.left_in_home().is_empty());
}
