//! What the override file holds already, as the clients of a pod read it, through the real helm.

use crate::support::{Helm, Run, World, certificates, chart};

const AGENT_FILE: &str = "clearml-agent-values.override.yaml";

fn entry(alias: &str, text: &str) -> String {
    let text = each_line(text, |line| format!("        {line}\n"));
    format!(
        "# ours\ncustomCertificates:\n  extraCerts:\n    - alias: {alias} # mine\n      pem: |\n{text}replicas: 1\n"
    )
}

fn each_line(text: &str, change: impl Fn(&str) -> String) -> String {
    let lines: Vec<String> = text.lines().map(change).collect();
    lines.concat()
}

fn render(world: &World, more: &str) -> Run {
    let chart = chart("clearml-enterprise-agent-6.9.3");
    world.plugin(&format!("render agent --chart {chart} --in-place {more}"))
}

fn with_empty_lines(pem: &str) -> String {
    each_line(pem, |line| format!("{line}\n\n"))
}

either_major! {
    fn an_entry_that_poisons_the_bundle_is_an_error_and_can_be_repaired(world) {
        let ca = certificates::ca("Acme Root");
        world.write("ca.pem", &ca);
        let (first, second) = ca.split_at(ca.len() / 2);
        let (glued, lost) = (
            format!("{}{}", ca.trim_end(), certificates::ca("Acme Two")),
            format!("{first}{}", second.split_once('\n').unwrap().1),
        );
        for text in [with_empty_lines(&ca), glued, lost.clone()] {
            let file = entry("corp", &text);
            world.write(AGENT_FILE, &file);
            render(&world, "--ca ca.pem")
                .exits(3)
                .warns("error[bundle-poisoned]: clearml-agent-values.override.yaml:4: the entry \"corp\"")
                .warns("OpenSSL (Python, curl, node)");
            assert_eq!(world.read(AGENT_FILE), file);
            if text == lost {
                render(&world, "--ca ca.pem --repair").exits(3).warns("take it out of the file");
                continue;
            }
            render(&world, "--ca ca.pem --repair").exits(0).warns("note[certificate-repaired]");
            let written = world.read(AGENT_FILE);
            assert!(written.contains("- alias: corp # mine\n"), "{written}");
            assert!(written.starts_with("# ours\n") && written.contains("\nreplicas: 1\n"), "{written}");
            assert!(written.contains(&ca.replace('\n', "\n        ")), "{written}");
            render(&world, "--ca ca.pem").exits(0);
            assert_eq!(world.read(AGENT_FILE), written);
        }
    }

    fn an_entry_that_no_client_reads_does_not_count_as_there(world) {
        let ca = certificates::ca("Acme Root");
        world.write("ca.pem", &ca);
        let bare: Vec<&str> = ca.lines().filter(|line| !line.starts_with('-')).collect();
        let bare = bare.join("\n");
        world.write(AGENT_FILE, &entry("corp", &bare));
        render(&world, "--ca ca.pem")
            .exits(3)
            .warns("error[extra-cert-unreadable]")
            .warns("base64 without BEGIN and END lines")
            .warns("--repair");
        render(&world, "--ca ca.pem --repair").exits(0);
        assert_eq!(world.read(AGENT_FILE).matches("BEGIN CERTIFICATE").count(), 1);
        world.write(AGENT_FILE, &entry("corp", "nonsense"));
        render(&world, "--ca ca.pem").exits(0).warns("warning[extra-cert-unreadable]");
        let written = world.read(AGENT_FILE);
        assert!(written.contains("nonsense") && written.contains("BEGIN CERTIFICATE"), "{written}");
    }

    fn what_clients_read_is_not_refused_and_keeps_its_bytes(world) {
        let ca = certificates::ca("Acme Root");
        world.write("ca.pem", &ca);
        let windows = each_line(&ca, |line| format!("{line}  \n"));
        for text in [format!("# the old one\n{ca}"), windows, ca.replacen('\n', "\n\n", 1)] {
            let file = entry("corp", &text);
            world.write(AGENT_FILE, &file);
            render(&world, "--ca ca.pem --task-pods off").exits(0).never_says("corp-2");
            assert_eq!(world.read(AGENT_FILE), file);
        }
    }

    fn a_private_key_in_an_entry_is_an_error_and_is_not_shown(world) {
        let (ca, key) = (certificates::ca("Acme Root"), certificates::private_key());
        world.write("ca.pem", &ca);
        let file = entry("corp", &format!("{ca}{key}"));
        world.write(AGENT_FILE, &file);
        let secret = key.lines().nth(1).unwrap();
        for more in ["", "--repair", "-o json"] {
            render(&world, &format!("--ca ca.pem {more}"))
                .exits(3)
                .warns("error[private-key-in-file]")
                .never_says(secret);
            assert_eq!(world.read(AGENT_FILE), file);
        }
    }

    fn a_switch_of_the_mode_deletes_nothing_that_it_cannot_read(world) {
        let ca = certificates::ca("Acme Root");
        world.write("ca.pem", &certificates::ca("Acme Two"));
        let file = entry("corp", "nonsense");
        world.write(AGENT_FILE, &file);
        render(&world, "--ca ca.pem --mode replace").exits(3).warns("error[extra-cert-unreadable]");
        assert_eq!(world.read(AGENT_FILE), file);
        // What can be made out is carried over as clients read it.
        world.write(AGENT_FILE, &entry("corp", &with_empty_lines(&ca)));
        render(&world, "--ca ca.pem --mode replace").exits(0).warns("mode-switched");
        let written = world.read(AGENT_FILE);
        assert!(written.contains(&ca.replace('\n', "\n    ").trim_end().to_owned()), "{written}");
    }

    fn a_text_that_another_value_brings_is_judged_as_it_arrives(world) {
        let ca = certificates::ca("Acme Root");
        world.write("ca.pem", &certificates::ca("Acme Two"));
        world.write("poison.pem", &with_empty_lines(&ca));
        render(&world, "--ca ca.pem --task-pods off -- --set customCertificates.extraCerts[0].alias=x --set-file customCertificates.extraCerts[0].pem=poison.pem")
            .exits(3)
            .warns("error[mounted-file-poisons]")
            .warns("empty lines stand inside the block");
    }

    fn a_text_whose_lines_yaml_has_joined_is_named_by_its_cause_and_gets_them_back(world) {
        let ca = certificates::ca("Acme Root");
        world.write("ca.pem", &ca);
        let indented = each_line(&ca, |line| format!("        {line}\n"));
        let folded = format!("pem: >\n{indented}");
        let quoted = format!("pem: \"{}\"\n", indented.trim());
        let escaped = format!("pem: '{}'\n", ca.replace('\n', "\\n"));
        for (pem, cause) in [
            (folded, "as YAML does it after >"),
            (quoted, "in quotes that go over several lines"),
            (escaped, "its line breaks are written as \\n"),
        ] {
            world.write(AGENT_FILE, &format!("customCertificates:\n  extraCerts:\n    - alias: corp\n      {pem}"));
            let run = render(&world, "--ca ca.pem");
            run.warns(cause).warns("--repair");
            assert_eq!(run.count("the entry \"corp\""), 1, "{run}");
            world.write(AGENT_FILE, &format!("customCertificates:\n  extraCerts:\n    - alias: corp\n      {pem}"));
            render(&world, "--ca ca.pem --repair").exits(0).warns("note[certificate-repaired]");
            let written = world.read(AGENT_FILE);
            assert_eq!(written.matches("BEGIN CERTIFICATE").count(), 1, "{written}");
        }
        // What is fine is not touched.
        let fine = format!("pem: \"{}\"\n", ca.replace('\n', "\\n"));
        let file = format!("customCertificates:\n  extraCerts:\n    - alias: corp\n      {fine}");
        world.write(AGENT_FILE, &file);
        render(&world, "--ca ca.pem --task-pods off").exits(0).never_says("corp\" of");
        assert!(world.read(AGENT_FILE).contains(&fine));
        // Of a bundle, all has to be read.
        let bundle = format!("customCertificates:\n  overrideCaCertificatesCrt: >-\n{}", each_line(&ca, |line| format!("    {line}\n")));
        world.write(AGENT_FILE, &bundle);
        render(&world, "--ca ca.pem --mode replace").exits(3).warns("error[bundle-unreadable]").warns("after >");
    }
}
