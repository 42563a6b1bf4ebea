//! What may become of the user's files: named by mistake, not to be written to, and looked at alone.

use std::fs;

use crate::support::programs::program;
use crate::support::{Helm, Run, World, certificates, chart};

const AGENT_FILE: &str = "clearml-agent-values.override.yaml";

fn run(world: &World, command: &str, more: &str) -> Run {
    if !world.files().contains(&"ca.pem".to_owned()) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
    }
    let chart = chart("clearml-enterprise-agent-6.9.3");
    world.plugin(&format!(
        "{command} agent --ca ca.pem --chart {chart} {more}"
    ))
}

either_major! {
    fn a_values_file_that_was_named_must_exist_unless_it_is_to_be_new(world) {
        world.write(AGENT_FILE, "a: 1\n");
        let typo = "-f clearml-agent-values.overide.yaml";
        for command in ["install --dry-run", "render", "render --in-place"] {
            run(&world, command, typo)
                .exits(1)
                .warns("there is no values file clearml-agent-values.overide.yaml; did you mean clearml-agent-values.override.yaml?; if it is to be a new one, add --new-file");
        }
        run(&world, "render --in-place", "-f new.yaml --new-file").exits(0).says("new.yaml is written");
        fs::remove_file(world.path(AGENT_FILE)).unwrap();
        run(&world, "install --dry-run", "").exits(0).warns("note[new-file]");
        run(&world, "render", &format!("-f {AGENT_FILE}")).exits(0);
    }

    fn what_cannot_be_written_is_told_before_the_question(world) {
        world.write(AGENT_FILE, "a: 1\n");
        let mut permissions = fs::metadata(world.path(AGENT_FILE)).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(world.path(AGENT_FILE), permissions).unwrap();
        run(&world, "install --dry-run", "")
            .exits(3)
            .warns("error[file-not-writable]: clearml-agent-values.override.yaml is read-only")
            .warns("--agent-values COPY");
        world.write(&format!(".{AGENT_FILE}.swp"), "");
        run(&world, "install --dry-run", "").exits(3).warns("note[file-open-in-editor]");
        run(&world, "install --dry-run", "-f nowhere/new.yaml --new-file")
            .exits(3)
            .warns("error[file-not-writable]: there is no folder nowhere");
    }

    fn a_copy_of_what_is_replaced_lies_out_of_the_way_of_commits(world) {
        world.write(AGENT_FILE, "a: 1\n");
        run(&world, "render --in-place", "").exits(0).says("its former content: ");
        let backup = world.backups().pop().unwrap();
        assert_eq!(fs::read_to_string(backup).unwrap(), "a: 1\n");
        assert_eq!(world.files(), ["ca.pem", AGENT_FILE]);
        world.write(AGENT_FILE, "a: 2\n");
        run(&world, "render --in-place", "--backup-dir kept").exits(0).says("kept/clearml-agent-values.override.yaml.");
        assert_eq!(world.backups().len(), 1);
        // What git has need not be kept once more.
        world.has_programs(&["git"]);
        world.write(AGENT_FILE, "a: 3\n");
        let git = |line: &str| {
            let words = line.split(' ').map(str::to_owned);
            let identity = ["-c", "user.name=a", "-c", "user.email=a@acme.example"].map(str::to_owned);
            let all = identity.into_iter().chain(words);
            world.start(&program("git"), all, &[]).ends().exits(0);
        };
        git("init -q .");
        git("add -A");
        run(&world, "render --in-place", "").exits(0).says("its former content: ");
        world.write(AGENT_FILE, "a: 4\n");
        git("add -A");
        git("commit -qm all");
        run(&world, "render --in-place", "").exits(0).never_says("its former content");
        assert_eq!(world.backups().len(), 2);
    }

    fn a_check_writes_nothing_and_says_whether_something_would_be(world) {
        run(&world, "render --check", "").exits(2).says("+++ clearml-agent-values.override.yaml");
        assert_eq!(world.files(), ["ca.pem"]);
        run(&world, "render --in-place", "").exits(0);
        let written = world.read(AGENT_FILE);
        run(&world, "render --check", "").exits(0).says("✓ clearml-agent-values.override.yaml is as it should be");
        world.write(AGENT_FILE, "a: 1\n");
        let check = run(&world, "render --check", "");
        check.exits(2).says("+customCertificates:").never_says("BEGIN CERTIFICATE");
        assert_eq!(world.read(AGENT_FILE), "a: 1\n");
        world.write(AGENT_FILE, &written);
        run(&world, "render --check --in-place", "").exits(64);
    }

    fn the_machines_private_authorities_are_left_out_and_named(world) {
        let public = include_str!("../support/public-roots.pem");
        let bundle = format!("{public}{}", certificates::ca("Sandbox Egress"));
        world.write("bundle.pem", &bundle);
        world.write("ca.pem", &certificates::ca("Acme Root"));
        let chart = chart("clearml-enterprise-agent-6.9.3");
        let render = |source: &str| {
            let line = format!("render agent --ca ca.pem --ca {source} --mode replace --chart {chart}");
            world.plugin_with(&world.helm.binary(), &line, &[("SSL_CERT_FILE", "bundle.pem")])
        };
        let run = render("system");
        run.exits(0).warns("warning[system-bundle-has-private]").warns("CN=Sandbox Egress, O=Acme");
        assert_eq!(run.count("BEGIN CERTIFICATE"), 4, "{run}");
        assert_eq!(render("system-all").exits(0).count("BEGIN CERTIFICATE"), 5);
    }
}
