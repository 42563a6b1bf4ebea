//! `-o json`: what is printed is what the published schemas describe, and nothing else is on stdout.

use crate::support::schema;
use crate::support::{Helm, Run, World, certificates, chart};
use serde_json::{Value, json};

const AGENT_FILE: &str = "clearml-agent-values.override.yaml";
const AGENT: &str = "clearml-enterprise-agent-6.9.3";

fn install(world: &World, chart_name: &str, more: &str) -> Run {
    let chart = chart(chart_name);
    world.plugin(&format!(
        "install agent --ca ca.pem --chart {chart} -n team-a -o json {more}"
    ))
}

/// A run's JSON, checked against its schema.
fn json_of(run: &Run, schema_name: &str) -> Value {
    schema::holds(schema_name, &run.stdout)
}

both_majors! {
    fn a_plan_is_one_document_with_everything_in_it(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        world.write(AGENT_FILE, "imageCredentials:\n  password: \"quo\\\"ted-secret\"\n");
        let run = install(&world, AGENT, "--dry-run");
        run.exits(0);
        let plan = json_of(&run, "install");
        assert_eq!(plan["outcome"], "planned");
        assert_eq!(plan["hasChanges"], true);
        assert_eq!(plan["certificates"][0]["alias"], "acme-root");
        let target = &plan["targets"][0];
        assert_eq!(target["action"], "install");
        assert_eq!(target["result"], Value::Null);
        assert_eq!(target["file"]["change"], "edited");
        assert!(target["file"]["diff"].as_str().unwrap().contains("+    - alias: acme-root"));
        let arrives = &target["certificates"][0];
        assert_eq!(arrives["carriedBy"][0]["name"], "clearml-agent-clearml-enterprise-agent-custom-ca-0");
        assert_eq!(arrives["mountedIn"].as_array().unwrap().len(), 3);
        assert_eq!(arrives["queues"], json!(["default", "gpu"]));
        assert!(target["command"].as_str().unwrap().starts_with("helm upgrade -i -n team-a clearml-agent "));
        assert!(!run.stdout.contains("ted-secret"), "{run}");
        assert_eq!(world.files(), ["ca.pem", AGENT_FILE]);
    }

    fn a_refusal_is_the_same_document_with_its_findings(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        let run = install(&world, "clearml-agent-5.3.3", "--dry-run -- --skip-schema-validation");
        run.exits(3).warns("error[chart-ignores-certificates]");
        let plan = json_of(&run, "install");
        assert_eq!(plan["outcome"], "refused");
        let findings = plan["targets"][0]["findings"].as_array().unwrap();
        assert!(findings.iter().any(|f| f["code"] == "chart-ignores-certificates" && f["severity"] == "error"));
    }

    fn changes_that_only_a_cluster_could_rule_out_are_no_exit_code_of_their_own(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        let run = install(&world, AGENT, "--dry-run --detailed-exitcode");
        run.exits(1).warns("the cluster could not be asked");
        assert_eq!(json_of(&run, "install")["hasChanges"], json!(true));
    }

    fn json_asks_nobody(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        let run = install(&world, AGENT, "");
        run.exits(64).warns("add --yes to do it, or --dry-run to only look");
        assert_eq!(run.stdout, "");
    }

    fn without_a_plan_stdout_is_empty(world) {
        let run = install(&world, AGENT, "--dry-run");
        run.exits(1).warns("ca.pem");
        assert_eq!(run.stdout, "");
    }

    fn overrides_and_certificates_have_schemas_too(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        let chart = chart(AGENT);
        let run = world.plugin(&format!("render agent --ca ca.pem --chart {chart} -o json"));
        json_of(run.exits(0), "render");
        let run = world.plugin("render agent --ca ca.pem --chart oci://127.0.0.1:1/x/agent --version 6.9.3 --task-image i -o json --assume-names");
        assert_eq!(json_of(run.exits(0), "render")["targets"][0]["chartVersion"], Value::Null);
        let run = world.plugin("inspect ca.pem -o json");
        json_of(run.exits(0), "inspect");
        let run = world.plugin("probe https://127.0.0.1:1 --ca ca.pem -o json");
        json_of(&run, "probe");
    }
}
