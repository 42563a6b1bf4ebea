//! Installing, updating and removing the plugin, with the real Helm.

use std::fs;

use crate::support::packaging::{Machine, archive, archive_name, archive_sum, version};
use crate::support::platform::set_mode;
use crate::support::{Helm, file_server};

/// Each test once for each major version of Helm.
macro_rules! every_helm {
    ($(fn $name:ident($machine:ident) $body:block)*) => {
        $(mod $name {
            use super::*;
            fn check($machine: Machine) $body
            #[test]
            fn helm3() { check(Machine::new(Helm::V3)); }
            #[test]
            fn helm4() { check(Machine::new(Helm::V4)); }
        })*
    };
}

fn works(machine: &Machine) {
    machine
        .helm(&["clearml-certs", "--version"])
        .succeeds()
        .says(&format!("clearml-certs {}", version()));
    // Helm's completion runs a script of the plugin, which has to have come along, executable.
    machine
        .helm(&["__complete", "clearml-certs", "install", "ag"])
        .succeeds()
        .says("agent\t");
}

/// Writes the next version into the plugin tree; the release of it is still the old binary.
fn bump(machine: &Machine) {
    let file = machine.path("plugin/plugin.yaml");
    let next = fs::read_to_string(&file)
        .unwrap()
        .replace(&format!("version: {}", version()), "version: 99.0.0");
    fs::write(file, next).unwrap();
}

every_helm! {
    fn a_folder_is_installed_updated_and_removed(machine) {
        let tree = machine.path("plugin").display().to_string();
        machine.install(&tree).succeeds().says("Installed plugin: clearml-certs");
        works(&machine);
        // Helm links to a folder and leaves updating it to its owner: the hook alone is run again.
        machine.hook().succeeds().says("installed already");
        machine.helm(&["plugin", "uninstall", "clearml-certs"]).succeeds();
        assert_eq!(machine.left_in_home(), Vec::<std::path::PathBuf>::new());
    }

    fn a_git_url_is_installed_updated_and_removed(machine) {
        let url = machine.git_url();
        machine.install(&url).succeeds();
        works(&machine);
        fs::write(machine.path("plugin/NEWS"), "new in the repository").unwrap();
        machine.git_url();
        machine.helm(&["plugin", "update", "clearml-certs"]).succeeds().says("Updated plugin");
        assert!(machine.path("home/data/plugins/plugin.git/NEWS").exists());
        works(&machine);
        machine.helm(&["plugin", "uninstall", "clearml-certs"]).succeeds();
        assert_eq!(machine.left_in_home(), Vec::<std::path::PathBuf>::new());
    }

    fn a_tarball_is_installed_replaced_and_removed(machine) {
        let url = machine.tarball_url();
        for _ in 0..2 {
            machine.install(&url).succeeds();
            works(&machine);
            machine.helm(&["plugin", "uninstall", "clearml-certs"]).succeeds();
            assert_eq!(machine.left_in_home(), Vec::<std::path::PathBuf>::new());
        }
    }

    fn a_wrong_checksum_installs_nothing(machine) {
        machine.list_checksum(&"0".repeat(64));
        let run = machine.install(&machine.path("plugin").display().to_string());
        run.fails().says("is wrong: nothing was installed").says(&"0".repeat(64));
        assert!(!machine.path("plugin/bin/helm-clearml-certs").exists());
    }

    fn a_missing_checksum_installs_nothing(machine) {
        fs::write(machine.path("plugin/checksums"), "").unwrap();
        let run = machine.install(&machine.path("plugin").display().to_string());
        run.fails().says("no release archive of").says("holds no sources");
        assert!(!machine.path("plugin/bin/helm-clearml-certs").exists());
    }

    fn without_network_a_file_is_installed(machine) {
        let file = machine.path("carried-in.tar.gz");
        fs::write(&file, archive()).unwrap();
        let machine = machine
            .with("HELM_CLEARML_CERTS_ARCHIVE", &file.display().to_string())
            .with("HELM_CLEARML_CERTS_MIRROR", file_server::NOBODY);
        machine.install(&machine.path("plugin").display().to_string()).succeeds();
        works(&machine);
    }

    fn a_plain_user_can_install_update_and_remove(machine) {
        let url = machine.git_url();
        let machine = machine.with_a_plain_user();
        machine.install(&url).succeeds();
        works(&machine);
        machine.helm(&["plugin", "update", "clearml-certs"]).succeeds();
        machine.helm(&["plugin", "uninstall", "clearml-certs"]).succeeds();
        assert_eq!(machine.left_in_home(), Vec::<std::path::PathBuf>::new());
    }

    fn a_read_only_folder_is_named(machine) {
        let machine = machine.with_a_plain_user();
        let tree = machine.path("plugin");
        set_mode(&tree, 0o555);
        let tree = tree.display().to_string();
        machine.install(&tree).fails().says("/plugin/bin cannot be written by ");
    }

    fn an_update_that_fails_says_so_and_can_be_repeated(machine) {
        let url = machine.git_url();
        machine.install(&url).succeeds();
        let release = machine.path("served").join(format!("v{}", version())).join(archive_name());
        fs::remove_file(&release).unwrap();
        machine.helm(&["plugin", "update", "clearml-certs"]).fails().says("could not download");
        fs::write(&release, archive()).unwrap();
        machine.helm(&["plugin", "update", "clearml-certs"]).succeeds();
        works(&machine);
    }

    fn an_old_binary_beside_a_new_plugin_yaml_says_so(machine) {
        machine.install(&machine.path("plugin").display().to_string()).succeeds();
        bump(&machine);
        machine
            .helm(&["clearml-certs", "--version"])
            .succeeds()
            .says("plugin.yaml is 99.0.0")
            .says("install-binary.sh");
    }
}

/// The hook by itself needs no Helm.
fn machine() -> Machine {
    Machine::new(Helm::V4)
}

#[test]
fn a_carried_in_file_is_verified_too() {
    let machine = machine();
    let file = machine.path("carried-in.tar.gz");
    fs::write(&file, "not what was released").unwrap();
    let machine = machine.with("HELM_CLEARML_CERTS_ARCHIVE", &file.display().to_string());
    machine
        .hook()
        .fails()
        .says("is wrong: nothing was installed");
}

#[test]
fn a_carried_in_file_that_nobody_lists_is_refused() {
    let machine = machine();
    fs::write(machine.path("plugin/checksums"), "").unwrap();
    let file = machine.path("carried-in.tar.gz");
    fs::write(&file, archive()).unwrap();
    let machine = machine.with("HELM_CLEARML_CERTS_ARCHIVE", &file.display().to_string());
    machine.hook().fails().says("cannot be verified");
}

#[test]
fn an_unreachable_server_is_told_from_a_missing_release() {
    let machine = machine().with("HELM_CLEARML_CERTS_MIRROR", file_server::NOBODY);
    let url = machine.url();
    machine.hook().fails().says("cannot be reached").says(&url);
    let machine = self::machine();
    let release = machine.path("served").join(format!("v{}", version()));
    fs::remove_file(release.join(archive_name())).unwrap();
    machine.hook().fails().says("is version");
}

#[test]
fn an_unreadable_ca_file_is_named() {
    let machine = machine().with("HELM_CLEARML_CERTS_CA", "/nowhere/ca.pem");
    machine
        .hook()
        .fails()
        .says("/nowhere/ca.pem cannot be read");
}

#[test]
fn skipping_installs_nothing() {
    let machine = machine().with("HELM_CLEARML_CERTS_SKIP", "1");
    machine.hook().succeeds().says("no binary was installed");
    assert!(!machine.path("plugin/bin").exists());
}

#[test]
fn a_binary_of_another_version_is_not_placed() {
    let machine = machine();
    bump(&machine);
    let other = archive_name().replace(version(), "99.0.0");
    let release = machine.path("served/v99.0.0");
    fs::create_dir_all(&release).unwrap();
    fs::write(release.join(&other), archive()).unwrap();
    let list = format!("{}  {other}\n", archive_sum());
    fs::write(machine.path("plugin/checksums"), list).unwrap();
    machine.hook().fails().says("but plugin.yaml wants 99.0.0");
    assert!(!machine.path("plugin/bin/helm-clearml-certs").exists());
}
