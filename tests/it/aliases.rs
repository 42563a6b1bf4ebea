//! Aliases that stand in the file: they become keys of ConfigMaps as Helm reads them, which the API server takes or not.

use crate::support::{Helm, World, certificates, chart, copy_folder};
use helm_clearml_certs::values::scalar::kind_of;

const FILE: &str = "clearml-agent-values.override.yaml";

/// `alias` as it is written, in a file with one certificate.
fn holds(world: &World, alias: &str) {
    let pem = certificates::ca("Held Root").replace('\n', "\n        ");
    let pem = pem.trim_end();
    world.write(
        FILE,
        &format!(
            "customCertificates:\n  extraCerts:\n    - alias: {alias}\n      pem: |\n        {pem}\n"
        ),
    );
    world.write("ca.pem", &certificates::ca("Acme Root"));
}

fn install(world: &World) -> crate::support::Run {
    let chart = chart("clearml-enterprise-agent-6.14.6");
    world.plugin(&format!(
        "install agent --ca ca.pem --agent-chart {chart} -n team-a --dry-run"
    ))
}

/// As a line of the file; whether the API server refuses what becomes of it; what is said of the type that YAML sees.
const ALIASES: [(&str, bool, Option<&str>); 20] = [
    ("corp-root_1.G2", false, None),
    ("\"20240101\"", false, None),
    ("2024", false, Some("a number")),
    ("20240101", true, Some("a number")),
    ("20190612073634", true, Some("a number")),
    ("0x10", false, Some("a number")),
    ("1_000", false, Some("a number")),
    ("yes", false, Some("a truth value")),
    ("Off", false, Some("a truth value")),
    ("2024-01-01", false, None),
    ("inf", false, None),
    ("Acme Root CA", true, None),
    ("acme/root", true, None),
    ("müller", true, None),
    ("..", true, None),
    ("a#b", true, None),
    ("'a\"b'", true, None),
    ("'a+b'", true, None),
    (LONG, true, None),
    (LONGEST, false, None),
];

/// 250 characters: with `.crt` one more than a key may have.
const LONG: &str = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
const LONGEST: &str = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

either_major! {
    fn an_alias_that_becomes_no_key_is_refused_before_anything_is_written(world) {
        for (alias, is_refused, kind) in ALIASES {
            holds(&world, alias);
            let before = world.read(FILE);
            let run = install(&world);
            if is_refused {
                run.exits(3)
                    .warns("error[object-key-refused]")
                    .warns(&format!("{FILE}:3: the alias"));
            } else {
                run.exits(0).never_says("object-key-refused");
            }
            match kind {
                Some(kind) => run.warns(&format!("warning[alias-not-text]: {FILE}:3: the alias {alias} is {kind} to YAML")),
                None => run.never_says("alias-not-text"),
            };
            assert_eq!(world.read(FILE), before);
        }
    }
}

either_major! {
    fn an_alias_that_breaks_the_template_is_named_beside_what_helm_says(world) {
        holds(&world, "'a: b'");
        install(&world)
            .exits(3)
            .warns("error[object-key-refused]")
            .warns(&format!("{FILE}:3: the alias \"a: b\" can be no key, and the chart does not render with it: YAML parse error"));
    }

    fn a_number_that_is_there_counts_as_a_taken_alias(world) {
        holds(&world, "2024");
        world.write("other.pem", &certificates::ca("Other Root"));
        let chart = chart("clearml-enterprise-agent-6.14.6");
        world
            .plugin(&format!("render agent --ca 2024=other.pem --agent-chart {chart}"))
            .exits(3)
            .warns("error[alias-taken]");
    }

    fn keys_of_the_charts_own_are_judged_too(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        let copy = world.path("chart");
        copy_folder(chart("clearml-enterprise-agent-6.14.6").as_ref(), &copy);
        let odd = "apiVersion: v1\nkind: Secret\nmetadata: {name: odd}\nstringData: {'a b': c}\n";
        std::fs::write(copy.join("templates/odd.yaml"), odd).unwrap();
        world
            .plugin("render agent --ca ca.pem --agent-chart chart")
            .exits(3)
            .warns("error[object-key-refused]: Secret odd has the key \"a b\"");
    }
}

both_majors! {
    fn what_is_no_text_is_what_helm_takes_for_none(world) {
        let written = [
            "20240101", "1e3", "0x10", "0x1FFFFFFFFF", "0o17", "017", "0b11", "1_000", "+1", "-5", "1.", "1.0", ".5", "yes", "y",
            "on", "Off", "n", "True", "~", "null", "Null", "2024-01-01", "2024-01-01T10:00:00Z", "12:30", "inf", "nan", "Infinity",
            "\"2024\"", "'yes'", "2024a", "0x", "0b12", "1e", "e3", "_", "corp-root", "1.2.3",
        ];
        std::fs::create_dir_all(world.path("chart/templates")).unwrap();
        world.write("chart/Chart.yaml", "apiVersion: v2\nname: kinds\nversion: 1.0.0\n");
        world.write("chart/templates/kinds.yaml", "{{ range .Values.all }}# {{ kindOf . }}\n{{ end }}");
        let items: Vec<String> = written.iter().map(|one| format!("  - {one}\n")).collect();
        world.write("v.yaml", &format!("all:\n{}", items.concat()));
        let run = world.helm(["template", "chart", "-f", "v.yaml"]);
        run.exits(0);
        let kinds: Vec<&str> = run.stdout.lines().filter_map(|line| line.strip_prefix("# ")).collect();
        let kinds: Vec<&str> = kinds.into_iter().filter(|kind| !kind.starts_with("Source")).collect();
        assert_eq!(kinds.len(), written.len(), "{run}");
        for (one, kind) in written.into_iter().zip(kinds) {
            let helms = match kind {
                "string" => None,
                "bool" => Some("a truth value"),
                "invalid" => Some("nothing"),
                _ => Some("a number"),
            };
            assert_eq!(kind_of(one), helms, "{one}: {kind}");
        }
    }
}
