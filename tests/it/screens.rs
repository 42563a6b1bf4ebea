//! Snapshots of what people see, at 80 and 120 columns, with and without colour. `cargo insta review` shows what changed.

use crate::support::authority::authority;
use crate::support::platform;
use crate::support::terminal::{ESCAPE, Terminal};
use crate::support::{Helm, World, repository};

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
            .shows("gateway: the AI");
        let text = terminal.text();
        let question = text.split("What gets").nth(1).unwrap();
        insta::assert_snapshot!(format!("question-{columns}"), question);
        terminal.press(ESCAPE).ends(130);
    }
}
