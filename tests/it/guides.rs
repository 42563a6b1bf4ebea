//! What the guides say to type, typed: each line of a page, in a folder as the page describes it.

use std::fs;

use crate::support::platform;
use crate::support::{Helm, Run, World, certificates, repository};

const AGENT_FILE: &str = "clearml-agent-values.override.yaml";

/// The lines of a guide that begin so, as the shell would take them: without comments, and with what a backslash carries on.
fn lines(guide: &str, beginning: &str) -> Vec<String> {
    let page = fs::read_to_string(repository().join("docs/guides").join(guide)).unwrap();
    let page = page.replace("\\\n        ", "");
    let code = page
        .lines()
        .filter_map(|line| line.strip_prefix("    helm clearml-certs "));
    let wanted = code.filter(|line| line.starts_with(beginning));
    wanted
        .map(|line| line.split(" #").next().unwrap().trim().to_owned())
        .collect()
}

/// The line on a stand-in chart, and only looking.
fn on_a_stand_in(world: &World, line: &str) -> Run {
    let line = line
        .replace(" --yes", " --dry-run")
        .replace(" --detailed-exitcode", "");
    let dry = if line.contains("--dry-run") {
        ""
    } else {
        " --dry-run"
    };
    // Before the first release that is named: it holds for all.
    let chart = "--agent-chart charts/clearml-enterprise-agent-6.14.6";
    let (command, rest) = line.split_once(" --").unwrap();
    world.plugin(&format!("{command} {chart} --{rest}{dry} --skip-probe"))
}

fn pasted(pem: &str) -> String {
    let pem = pem.trim().replace('\n', "\n        ");
    format!(
        "# pasted by hand\ncustomCertificates:\n  extraCerts:\n    - alias: our-ca\n      pem: |\n        {pem}\n"
    )
}

either_major! {
    fn what_was_pasted_by_hand_keeps_its_alias_and_gets_what_is_missing(world) {
        platform::link(repository().join("tests/charts"), world.path("charts"));
        let pem = certificates::ca("Acme Root");
        world.write("corp-root.pem", &pem);
        world.write(AGENT_FILE, &pasted(&pem));
        for line in lines("pasted-by-hand.md", "inspect") {
            world.plugin(&line).exits(0).says("Acme Root").says("our-ca");
        }
        let installs = lines("pasted-by-hand.md", "install");
        let installs: Vec<&String> = installs.iter().filter(|line| !line.contains("configmap:")).collect();
        assert!(installs.len() >= 3, "{installs:?}");
        for line in installs {
            on_a_stand_in(&world, line)
                .exits(0)
                .says(" our-ca  Acme Root")
                .says("✓ our-ca\n")
                .says("+  propagateToTasks: true")
                .never_says("\n- ");
        }
        // A hand has left a blank line in it: the line with --repair alone is taken.
let text = pasted(&pem);
        let mut broken: Vec<&str> = text.lines().collect();
        broken.insert(8, "");
        world.write(AGENT_FILE, &(broken.join("\n") + "\n"));
        for line in lines("pasted-by-hand.md", "install agent --ca corp-root.pem") {
            let run = on_a_stand_in(&world, &line);
            if line.contains("--repair") {
                run.exits(0).warns("note[certificate-repaired]");
            } else {
                run.exits(3).warns("error[bundle-poisoned]").warns("--repair");
            }
        }
    }

    fn several_agents_have_a_line_and_a_file_each(world) {
        platform::link(repository().join("tests/charts"), world.path("charts"));
        world.write("corp-root.pem", &certificates::ca("Acme Root"));
        for team in ["team-a", "team-b"] {
            fs::create_dir(world.path(team)).unwrap();
        }
        for file in ["team-a/agent-gpu.yaml", "team-a/agent-cpu.yaml", "team-b/agent.yaml"] {
            world.write(file, "agentk8sglue:\n  replicaCount: 1\n");
        }
        let all = lines("several-releases.md", "install agent");
        let all: Vec<&String> = all.iter().filter(|line| !line.contains("configmap:")).collect();
        let mut releases = 0;
        for line in all {
            let words: Vec<&str> = line.split(' ').collect();
            let after = |flags: [&str; 2]| {
                let pairs = words.windows(2).filter(|pair| flags.contains(&pair[0]));
                pairs.map(|pair| pair[1]).collect::<Vec<&str>>()
            };
            let run = on_a_stand_in(&world, line);
            run.exits(0);
            let places = after(["-n", "--agent-namespace"]).into_iter().zip(after(["-f", "--agent-values"]));
            let named = after(["--agent-release", "--release"]);
            for (release, (namespace, file)) in named.iter().zip(places) {
                // Several that are alike are shown once.
                match named.len() {
                    1 => run.says(&format!("release {release} in namespace {namespace}")).says(&format!("+++ {file}")),
                    _ => run.says(&format!("{release} in {namespace}")),
                };
                releases += 1;
            }
        }
        assert_eq!(releases, 4);
    }

    fn a_ca_without_a_file_is_found_on_this_machine(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        let bundle = world.path("ca.pem").display().to_string();
        let found = lines("no-ca-file.md", "inspect system-all");
        assert!(!found.is_empty());
        for line in found {
            let helm = world.helm.binary();
            world.plugin_with(&helm, &line, &[("SSL_CERT_FILE", &bundle)]).exits(0).says("Acme Root");
        }
    }
}
