//! Snapshots of what people see, at 80 and 120 columns, with and without colour. `cargo insta review` shows what changed.

use crate::support::authority::authority;
#[cfg(unix)]
use crate::support::deployed::{Release, list};
use crate::support::platform;
use crate::support::terminal::{ESCAPE, Terminal};
use crate::support::{GATEWAY_NEEDS, Helm, World, repository};

/// What differs from run to run, by its form: fingerprints (eight pairs), and dates.
fn scrubbed(text: &str) -> String {
    let forms = [
        ("HH:HH:HH:HH:HH:HH:HH:HH", "AA:BB:CC:DD:EE:FF:00:11"),
        ("9999-99-99", "YYYY-MM-DD"),
    ];
    let chars: Vec<char> = text.chars().collect();
    let mut scrubbed = String::new();
    let mut at = 0;
    while at < chars.len() {
        let found = forms.iter().find(|(form, _)| has_form(&chars[at..], form));
        match found {
            Some((form, instead)) => {
                scrubbed += instead;
                at += form.len();
            }
            None => {
                scrubbed.push(chars[at]);
                at += 1;
            }
        }
    }
    scrubbed
}

/// `H` stands for a hexadecimal digit, `9` for a decimal one.
fn has_form(text: &[char], form: &str) -> bool {
    text.len() >= form.len()
        && form.chars().zip(text).all(|(form, c)| match form {
            'H' => c.is_ascii_hexdigit(),
            '9' => c.is_ascii_digit(),
            other => other == *c,
        })
}

/// A step's line, which is there only where the machine was slow: `✓ asking the cluster 0.4s`.
fn is_slow_step(line: &str) -> bool {
    let text = console::strip_ansi_codes(line);
    let seconds = text
        .rsplit(' ')
        .next()
        .and_then(|word| word.strip_suffix('s'));
    text.starts_with('✓') && seconds.is_some_and(|number| number.parse::<f64>().is_ok())
}

/// The screen of a shell's line at a width, in colour or not.
fn screen(world: &World, script: &str, columns: u16, colour: bool, code: u32) -> String {
    let plain = [("NO_COLOR", "1")];
    let variables: &[(&str, &str)] = if colour { &[] } else { &plain };
    let ended = Terminal::start(world, script, columns, variables).ends(code);
    let shown = if colour { ended.coloured } else { ended.screen };
    let lines: Vec<&str> = shown.lines().filter(|line| !is_slow_step(line)).collect();
    let shown = lines.join("\n").replace('\u{1b}', "\u{241b}");
    let repository = repository().display().to_string();
    let helm = format!("Helm {}", world.helm_version());
    scrubbed(
        &shown
            .replace(&repository, "[REPOSITORY]")
            .replace(&helm, "Helm [VERSION]"),
    )
}

fn at_every_width(world: &World, name: &str, script: &str, code: u32) {
    for columns in [80, 120] {
        for colour in [false, true] {
            let shown = screen(world, script, columns, colour, code);
            let kind = if colour { "colour" } else { "plain" };
            insta::assert_snapshot!(format!("{name}-{columns}-{kind}"), shown);
        }
    }
}

/// A folder as a user has it: a root and an intermediate of long names, the charts, an override file.
fn world() -> World {
    let world = World::new(Helm::V4);
    // Its path shows, and decides where lines are broken.
    world.has_on_path("helm", &world.helm.binary());
    let root = authority("Acme Corporation Worldwide Root Certification Authority G2")
        .days(-10, 7_300)
        .self_signed();
    let issuing = authority("Acme Issuing 認証局")
        .days(-10, 7_300)
        .issued_by(&root);
    world.write("corp-ca.pem", &(issuing.pem() + &root.pem()));
    world.write(
        "clearml-agent-values.override.yaml",
        "# Overrides of the ML platform team\nimageCredentials:\n  password: hunter2-very-secret\n\nagentk8sglue:\n  replicaCount: 1\n",
    );
    platform::link(repository().join("tests/charts"), world.path("charts"));
    world
}

#[test]
fn the_preview() {
    let line = "exec helm clearml-certs install agent --ca corp-ca.pem -n ml --dry-run --agent-chart charts/clearml-enterprise-agent-6.14.6 2>/dev/null";
    at_every_width(&world(), "preview", line, 0);
}

#[test]
fn inspect() {
    at_every_width(
        &world(),
        "inspect",
        "exec helm clearml-certs inspect corp-ca.pem",
        0,
    );
}

#[test]
fn inspect_of_what_is_wrong() {
    let world = world();
    let root = authority("Acme Root")
        .without_subject_id()
        .days(-10, 7_300)
        .self_signed();
    world.write("corp-ca.pem", &root.pem());
    at_every_width(
        &world,
        "inspect-wrong",
        "exec helm clearml-certs inspect corp-ca.pem",
        0,
    );
}

#[test]
fn doctor() {
    let line = "exec helm clearml-certs doctor --agent-chart charts/clearml-enterprise-agent-6.14.6 2>/dev/null";
    at_every_width(&world(), "doctor", line, 3);
}

#[test]
fn what_is_missing() {
    let line = "exec helm clearml-certs install gateway --no-input";
    at_every_width(&world(), "missing", line, 4);
}

#[test]
fn help() {
    let line = "exec helm clearml-certs --help";
    at_every_width(&world(), "help", line, 0);
}

#[test]
fn the_first_question() {
    let world = world();
    for columns in [80, 120] {
        let script = "exec helm clearml-certs install 2>&1";
        let mut terminal = Terminal::start(&world, script, columns, &[]);
        terminal
            .shows("What gets the certificates?")
            .shows("esc goes back");
        let text = terminal.text();
        let question = text.split("What gets").nth(1).unwrap();
        insta::assert_snapshot!(format!("question-{columns}"), question);
        terminal.press(ESCAPE).ends(130);
    }
}

/// A helm that tells of the releases of three components, as if they were deployed from files that are here.
#[cfg(unix)]
fn deployed(world: &World) {
    use std::os::unix::fs::PermissionsExt as _;

    let releases = [
        (
            "agent",
            "clearml-agent",
            "clearml-enterprise-agent-6.14.6",
            "clearml-agent-values.override.yaml",
        ),
        (
            "gateway",
            "ai-gateway",
            "clearml-enterprise-app-gateway-3.2.0",
            "clearml-app-gateway-values.override.yaml",
        ),
        (
            "apps",
            "clearml-enterprise",
            "clearml-enterprise-10.11.3",
            "clearml-values.override.yaml",
        ),
    ];
    world.write(
        "clearml-agent-values.override.yaml",
        "agentk8sglue: {queues: {default: {}, gpu: {}}}\n",
    );
    world.write("clearml-app-gateway-values.override.yaml", GATEWAY_NEEDS);
    for (component, name, chart, file) in releases {
        let line = format!(
            "render {component} --ca root.pem --{component}-chart charts/{chart} --in-place"
        );
        world.plugin(&line).exits(0);
        let release = Release::of(world, name, chart, file);
        // What helm prints is no file of the user's, and the keys in it are not all the keys of secrets.
        std::fs::write(world.path(&format!("status-{name}.json")), release.status()).unwrap();
    }
    let listed = releases.map(|(_, name, chart, _)| (name, "clearml-workers", chart));
    world.write("list.json", &list(&listed));
    let script = "#!/bin/sh\ncase \"$1\" in\n  list) exec cat list.json ;;\n  status) exec cat \"status-$2.json\" ;;\n  version) echo v4.3.1 ;;\nesac\n";
    world.write("told-helm", script);
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(world.path("told-helm"), executable).unwrap();
    world.has_programs(&["cat"]);
}

#[cfg(unix)]
#[test]
fn status() {
    let world = world();
    let root = authority("Acme Root CA").days(-1_000, 1_500).self_signed();
    world.write("root.pem", &root.pem());
    deployed(&world);
    let binary = env!("CARGO_BIN_EXE_helm-clearml-certs");
    let line = format!("HELM_BIN=./told-helm exec '{binary}' status --skip-probe 2>&1");
    at_every_width(&world, "status", &line, 0);
    // The gateway's file says something else, and its certificate is not what it was.
    let other = authority("Acme Root CA").days(-10, 20).self_signed();
    world.write("root.pem", &other.pem());
    let file = world.read("clearml-app-gateway-values.override.yaml");
    let file = file.split("customCertificates:").next().unwrap().to_owned();
    world.write("clearml-app-gateway-values.override.yaml", &file);
    let line = format!(
        "HELM_BIN=./told-helm exec '{binary}' status gateway agent --skip-probe --expires-within 2000 2>&1"
    );
    at_every_width(&world, "status-wrong", &line, 3);
}
