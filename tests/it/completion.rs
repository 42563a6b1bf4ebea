//! Completion through Helm's own (`helm __complete`), as its scripts for every shell call it; and our script for bash.

use std::process::Command;

use crate::support::cluster::Namespace;
use crate::support::platform;
use crate::support::programs::program;
use crate::support::{GATEWAY_FILE, GATEWAY_NEEDS, Helm, World, certificates, chart, repository};
use clap::CommandFactory as _;
use helm_clearml_certs::cli::Cli;
use helm_clearml_certs::completion::{self, Shell};

/// What helm offers for the last of `words`, and how the shell is to go on.
fn offered(world: &World, words: &[&str]) -> (Vec<String>, String) {
    let line = ["__complete", "clearml-certs"].iter().chain(words);
    let run = world.helm(line);
    run.exits(0);
    let mut lines: Vec<String> = run.stdout.lines().map(str::to_owned).collect();
    let directive = lines.pop().unwrap();
    (lines, directive)
}

fn words(world: &World, line: &[&str]) -> Vec<String> {
    let (lines, _) = offered(world, line);
    lines
        .iter()
        .map(|line| line.split('\t').next().unwrap().to_owned())
        .collect()
}

#[test]
fn helms_static_file_names_the_commands_as_they_are() {
    let file = std::fs::read_to_string(repository().join("completion.yaml")).unwrap();
    let wanted = completion::static_file(&Cli::command());
    assert!(file == wanted, "completion.yaml should be:\n{wanted}");
}

either_major! {
    fn commands_components_and_flags_are_offered(world) {
        assert_eq!(words(&world, &["ins"]).len(), 2);
        assert!(words(&world, &[""]).contains(&"install".to_owned()));
        assert_eq!(words(&world, &["install", "a"]), ["agent", "apps"]);
        assert_eq!(words(&world, &["install", "agent", "ga"]), ["gateway"]);
        let (lines, directive) = offered(&world, &["install", "agent", "--agent-ch"]);
        assert_eq!(lines, ["--agent-chart\tChart: repository alias, oci://…, folder or .tgz"]);
        assert_eq!(directive, ":4");
        assert_eq!(words(&world, &["install", "agent", "--mode", ""]), ["append", "replace"]);
        assert_eq!(words(&world, &["install", "agent", "--task-pods=o"]), ["--task-pods=off"]);
        assert_eq!(words(&world, &["completion", "b"]), ["bash"]);
    }

    fn files_and_aliases_are_offered_where_certificates_are_wanted(world) {
        let file = "customCertificates:\n  extraCerts:\n    - alias: corp-old\n      pem: x\nagentk8sglue:\n  queues: {default: {}, gpu: null}\n";
        std::fs::create_dir(world.path("corp-ca")).unwrap();
        world
            .write("corp-root.pem", &certificates::ca("Acme Root"))
            .write("corp.txt", "")
            .write("clearml-agent-values.override.yaml", file);
        assert_eq!(words(&world, &["install", "agent", "--ca", "corp-"]), ["corp-ca/", "corp-root.pem", "corp-old="]);
        assert_eq!(words(&world, &["install", "agent", "--ca", "corp-old=corp-r"]), ["corp-old=corp-root.pem"]);
        assert_eq!(words(&world, &["remove", "agent", "--alias", "co"]), ["corp-old"]);
        assert_eq!(words(&world, &["rotate", "agent", "--from=c"]), ["--from=corp-old"]);
        assert_eq!(words(&world, &["verify", "agent", "--queue", ""]), ["default", "gpu"]);
        assert_eq!(offered(&world, &["install", "agent", "--ca", "corp-c"]).1, ":6");
        assert_eq!(words(&world, &["inspect", "corp-root.pem", "corp-r"]), ["corp-root.pem"]);
        assert_eq!(words(&world, &["render", "-f", "cl"]), ["clearml-agent-values.override.yaml"]);
        assert_eq!(words(&world, &["install", "--gateway-chart", "oci"]), ["oci://docker.io/clearml/clearml-enterprise-app-gateway"]);
        let charts = repository().join("tests/charts/clearml-").display().to_string();
        let gateways = words(&world, &["install", "--gateway-chart", &charts]);
        let has = |name: &str| gateways.iter().any(|one| one.contains(name));
        assert!(has("clearml-enterprise-app-gateway-3.2.0") && !has("clearml-enterprise-agent"), "{gateways:?}");
    }

    fn no_cluster_and_no_sense_offer_nothing_and_fail_nothing(world) {
        for line in [
            &["install", "agent", "--agent-release", ""][..],
            &["install", "--agent-namespace", ""],
            &["install", "-n", "some"],
            &["nonsense", ""],
            &["install", "--", "--se"],
            &["install", "--ca", "no/such/fol"],
        ] {
            assert_eq!(offered(&world, line).0, Vec::<String>::new(), "{line:?}");
        }
    }

    fn every_shell_has_its_script(world) {
        for shell in ["bash", "zsh", "fish", "powershell"] {
            world.plugin(&format!("completion {shell}")).exits(0).says("__complete");
        }
        world.plugin("completion tcsh").exits(64);
        world.plugin("completion").exits(64);
    }
}

#[test]
fn the_script_for_bash_completes_the_binary() {
    let world = World::new(Helm::V4);
    world
        .write("corp-root.pem", "")
        .write("completion.bash", completion::script(Shell::Bash));
    let bin = world.path("bin");
    std::fs::create_dir(&bin).unwrap();
    let binary = env!("CARGO_BIN_EXE_helm-clearml-certs");
    platform::link(binary, bin.join("helm-clearml-certs"));
    let complete = |line: &str| {
        // As bash splits it (`COMP_WORDBREAKS`).
        let words = line.replace('=', " = ").replace(':', " : ");
        let words = words.trim_end();
        let count = words.split_whitespace().count() - 1;
        let script = format!(
            "source ./completion.bash; COMP_WORDS=({words}); COMP_CWORD={count}; COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}
             complete -p helm-clearml-certs >/dev/null || exit 1; _helm_clearml_certs; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        let output = Command::new(program("bash"))
            .args(["-c", &script])
            .current_dir(world.path(""))
            .env("PATH", &bin)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let words = String::from_utf8(output.stdout).unwrap();
        words.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(complete("helm-clearml-certs rend"), ["render"]);
    assert_eq!(
        complete("helm-clearml-certs install --task-pods o"),
        ["off"]
    );
    assert_eq!(
        complete("helm-clearml-certs install --ca corp"),
        ["corp-root.pem"]
    );
    for line in ["--ca=corp", "--ca other=corp", "--ca other=./corp"] {
        let line = format!("helm-clearml-certs install agent {line}");
        let offered = complete(&line);
        let [only] = offered.as_slice() else {
            panic!("{line}: {offered:?}");
        };
        assert!(
            only.ends_with("corp-root.pem") && !only.contains('='),
            "{only}"
        );
    }
    assert_eq!(
        complete("helm-clearml-certs install --mode=re"),
        ["replace"]
    );
    assert_eq!(
        complete("helm-clearml-certs install --mode="),
        ["append", "replace"]
    );
}

on_the_cluster! {
    fn releases_and_namespaces_of_the_cluster_are_offered(world, namespace) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        world.write(GATEWAY_FILE, GATEWAY_NEEDS);
        let gateway = chart("clearml-enterprise-app-gateway-3.2.0");
        let line = format!("install gateway --ca ca.pem --gateway-chart {gateway} --gateway-release gw-eu -n {} --yes", namespace.name);
        world.plugin(&line).exits(0);
        let name = namespace.name.as_str();
        assert_eq!(words(&world, &["install", "--gateway-release", "gw-eu", ""]).len(), 3);
        let (lines, _) = offered(&world, &["install", "gateway", "-n", name, "--release", "gw"]);
        assert_eq!(lines, [format!("gw-eu\tclearml-enterprise-app-gateway-3.2.0 in {name}")]);
        assert!(words(&world, &["install", "--agent-release", "gw"]).is_empty());
        assert_eq!(words(&world, &["install", "--agent-namespace", name]), [name]);
        assert_eq!(words(&world, &["install", "agent", "-n", name]), [name]);
    }
}
