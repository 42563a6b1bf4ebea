//! What is read of YAML, held against what Helm itself makes of it.

use helm_clearml_certs::values::scalar::is_on;
use helm_clearml_certs::yaml::{AsTaken, Document};
use serde_json::Value as Json;

use crate::support::{Helm, Run, World};

/// What helm's templates see of the chart's values.
fn by_helm(world: &World, values: &str) -> Json {
    world.write("chart/values.yaml", values);
    seen(&world.helm(["template", "r", "chart"]))
}

/// The same of a text that they read: in values no key may stand twice.
fn by_template(world: &World, text: &str) -> Json {
    world.write("text.yaml", text);
    seen(&world.helm(["template", "r", "chart", "--set-file", "text=text.yaml"]))
}

fn seen(run: &Run) -> Json {
    let line = run.stdout.lines().find_map(|line| line.strip_prefix("x: "));
    serde_json::from_str(line.unwrap_or_else(|| panic!("{run}"))).unwrap()
}

fn chart(world: &World, value: &str) {
    std::fs::create_dir_all(world.path("chart/templates")).unwrap();
    world.write(
        "chart/Chart.yaml",
        "apiVersion: v2\nname: as-read\nversion: 1.0.0\n",
    );
    let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    world.write(
        "chart/templates/a.yaml",
        &format!("{object}x: {{{{ {value} | toJson }}}}\n"),
    );
}

both_majors! {
    fn merge_keys_are_followed_as_helm_follows_them(world) {
        chart(&world, ".Values.x");
        for x in [
            "{<<: *a, k: own}",
            "{k: own, <<: *a}",
            "{k: own, <<: [*a, *b], l: own}",
            "{<<: [*b, *a]}",
            "{<<: {<<: *a, k: inner}, m: {<<: *b}}",
            "[{k: own, <<: *b}]",
        ] {
            let text = format!("a: &a {{k: a, l: a}}\nb: &b {{k: b, m: {{z: b}}}}\nx: {x}\n");
            let read = Document::parse(&text).unwrap().get(["x"]).unwrap();
            assert_eq!(serde_json::to_value(read).unwrap(), by_helm(&world, &text), "{x}");
        }
    }

    fn a_switch_is_on_where_a_template_takes_it_for_on(world) {
        chart(&world, "ternary true false (not (not .Values.x))");
        for x in [
            "yes", "No", "on", "OFF", "y", "N", "true", "False", "1", "0", "0.0", "''", "text", "'false'", "\"true\"", "[]", "[0]", "{}", "{a: b}", "2020-01-01",
        ] {
            let text = format!("x: {x}\n");
            let read = Document::parse(&text).unwrap().get(["x"]).unwrap().unwrap();
            assert_eq!(Json::from(is_on(&read)), by_helm(&world, &text), "{x}");
        }
    }

    fn of_a_key_that_stands_twice_the_last_one_counts(world) {
        chart(&world, ".Values.text | fromYaml");
        for text in [
            "k: 1\nk: 2\n",
            "k: {a: 1}\nl: 3\nk: {b: 2}\n",
            "l: [{k: 1, k: \"2\"}]\n8080: a\n8080: b\n",
        ] {
            let taken = AsTaken::read(text).unwrap();
            assert!(taken.repeated.is_some(), "{text}");
            assert_eq!(serde_json::to_value(&taken.values[0]).unwrap(), by_template(&world, text), "{text}");
        }
    }
}
