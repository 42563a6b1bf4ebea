//! `clearml-certs.yaml`: what it may say, what is told of mistakes in it, and what comes of it, through the real helm; no cluster.

use std::fs;

use boon::{Compiler, Schemas};
use serde_json::Value;

use crate::support::{GATEWAY_NEEDS, Helm, World, certificates, chart, repository};

const AGENT: &str = "clearml-enterprise-agent-6.14.6";
const GATEWAY: &str = "clearml-enterprise-app-gateway-3.2.0";

/// A folder with certificates, and a file that lists two agents and a gateway.
fn fleet(world: &World) -> String {
    world.write("acme.pem", &certificates::ca("Acme Root"));
    world.write("lab.pem", &certificates::ca("Lab Root"));
    for name in ["eu-team-a", "eu-team-b"] {
        world.write(
            &format!("{name}.yaml"),
            "# ours\nimageCredentials:\n  password: hunter2-very-secret\n",
        );
    }
    world.write("gateway.yaml", GATEWAY_NEEDS);
    format!(
        "certificates:\n  acme-root: acme.pem\n  lab-root:\n    source: lab.pem\ngroups:\n  everything: [acme-root, lab-root]\n\
         defaults:\n  context: eu\n  certificates: acme-root\n\
         targets:\n  - component: agent\n    chart: {}\n    release: clearml-agent\n    namespaces: [team-a, team-b]\n    values: [\"{{context}}-{{namespace}}.yaml\"]\n\
         \x20 - component: gateway\n    chart: {}\n    release: ai-gateway\n    namespace: team-a\n    values: gateway.yaml\n    certificates: [everything]\n    wave: 1\n",
        chart(AGENT),
        chart(GATEWAY)
    )
}

/// What the published schema says of a file; `None` where it holds.
fn schema_refuses(text: &str) -> Option<String> {
    let path = repository().join("docs/schema/clearml-certs.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let mut compiler = Compiler::new();
    compiler.add_resource("schema.json", schema).unwrap();
    let mut schemas = Schemas::new();
    let index = compiler.compile("schema.json", &mut schemas).unwrap();
    let document: Value = serde_yaml::from_str(text).unwrap();
    let error = schemas.validate(&document, index).err()?;
    Some(format!("{error:#}"))
}

both_majors! {
    fn the_file_in_this_folder_is_taken_where_no_component_is_named(world) {
        let text = fleet(&world);
        assert_eq!(schema_refuses(&text), None);
        world.write("clearml-certs.yaml", &text);
        world.plugin("render --in-place").exits(0).says("eu-team-a.yaml is written").says("gateway.yaml is written").never_says("hunter2");
        for name in ["eu-team-a.yaml", "eu-team-b.yaml"] {
            let written = world.read(name);
            assert!(written.starts_with("# ours\n"), "{written}");
            assert_eq!(written.matches("BEGIN CERTIFICATE").count(), 1, "{written}");
        }
        assert_eq!(world.read("gateway.yaml").matches("BEGIN CERTIFICATE").count(), 2);
        world.plugin("render --check").exits(0);
        // A release may be listed that is to get nothing.
        world.write("nothing.yaml", &text.replace("certificates: acme-root", "certificates: []"));
        world.plugin("render -c nothing.yaml --only agent --check").exits(0);
        // Words for one component are about that one.
        world.plugin("render agent --check").exits(4).warns("which certificates: --ca FILE");
        world.is_tidy();
    }

    fn a_release_that_has_no_certificate_and_gets_none_stays_as_it_is(world) {
        let list = |of: &str| format!("targets:\n- {{component: agent, chart: {}, namespace: a, release: r, values: v.yaml, certificates: []}}\n", chart(of));
        for of in [AGENT, "clearml-enterprise-agent-6.9.3"] {
            world.write("clearml-certs.yaml", &list(of));
            for values in ["agentk8sglue: {queue: gpu}\n", "customCertificates:\n  propagateToTasks: true\n", "customCertificates:\n  extraCerts: []\n  propagateToTasks: true\n"] {
                world.write("v.yaml", values);
                world.plugin("render --check").exits(0);
                world.plugin("render --in-place").exits(0);
                assert_eq!(world.read("v.yaml"), values);
            }
        }
        // Who says that task pods are to get none means what stands there, too.
        world.write("clearml-certs.yaml", &list(AGENT).replace("certificates:", "taskPods: \"off\", certificates:"));
        world.plugin("render --check").exits(2).says("-  propagateToTasks: true");
    }

    fn a_file_elsewhere_has_its_paths_beside_it(world) {
        let text = fleet(&world);
        fs::create_dir(world.path("fleet")).unwrap();
        for name in ["acme.pem", "lab.pem", "eu-team-a.yaml", "eu-team-b.yaml", "gateway.yaml"] {
            fs::rename(world.path(name), world.path(&format!("fleet/{name}"))).unwrap();
        }
        world.write("fleet/prod.yaml", &text);
        world.plugin("render -c fleet/prod.yaml --check").exits(2).says("fleet/eu-team-a.yaml");
        world.plugin("render -c fleet/prod.yaml --only team-b/* --in-place").exits(0).says("eu-team-b.yaml is written").never_says("eu-team-a.yaml");
        world.plugin("render -c fleet/prod.yaml --only team-b/* --check").exits(0);
        world.plugin("render -c fleet/prdo.yaml").exits(1).warns("there is no file fleet/prdo.yaml; did you mean fleet/prod.yaml?");
    }

    fn a_values_file_of_several_targets_is_written_once(world) {
        let text = fleet(&world).replace("\"{context}-{namespace}.yaml\"", "eu-team-a.yaml");
        world.write("clearml-certs.yaml", &text);
        world.plugin("render --in-place").exits(0);
        let written = world.read("eu-team-a.yaml");
        assert_eq!(written.matches("BEGIN CERTIFICATE").count(), 1, "{written}");
        assert_eq!(world.backups().len(), 2, "{:?}", world.backups());
        world.plugin("render --check").exits(0);
    }
}

either_major! {
    fn a_dry_run_without_a_cluster_tells_what_could_not_be_planned_and_where(world) {
        world.write("clearml-certs.yaml", &fleet(&world).replace("context: eu", "mode: append"));
        let run = world.plugin("install --dry-run --skip-probe");
        run.exits(1)
            .warns("agent release clearml-agent in team-b could not be planned")
            .warns("3 of 3 targets could not be planned; see above; nothing was changed");
    }

    fn what_the_command_line_says_wins_though_it_is_the_default(world) {
        world.write("clearml-certs.yaml", &fleet(&world).replace("context: eu", "context: eu\n  taskPods: \"off\""));
        let render = |more: &str| world.plugin(&format!("render --only team-a/clearml-agent {more}"));
        render("").exits(0).never_says("propagateToTasks");
        render("--task-pods auto").exits(0).says("propagateToTasks: true");
    }

    fn what_belongs_to_a_file_is_told_where_there_is_none_and_the_other_way_round(world) {
        for (line, says) in [
            ("install agent --ca a.pem --dry-run --only agent", "--only agent is for the targets of a clearml-certs.yaml"),
            ("install agent --ca a.pem --dry-run --canary 1", "--canary is for the targets of a clearml-certs.yaml"),
            ("remove agent --all --dry-run --keep-going", "--keep-going is for the targets"),
        ] {
            world.plugin(line).exits(64).warns(says);
        }
        world.write("clearml-certs.yaml", &fleet(&world));
        for (line, says) in [
            ("render agent -c clearml-certs.yaml", "for some of them, --only agent"),
            ("render -c clearml-certs.yaml --agent-release x", "says where its targets are"),
            ("status -c clearml-certs.yaml --release x", "says where its targets are"),
            ("render --only context=us", "--only context=us selects none of the 3 targets"),
            ("render --only agents", "agents says nothing of a target"),
            ("status -c clearml-certs.yaml -A", "leave -A, --contexts and --all-contexts out"),
        ] {
            world.plugin(line).exits(64).warns(says);
        }
        // The contexts that it names have to be there for who asks clusters.
        world.plugin("install --dry-run").exits(64).warns("there is no context eu in the kubeconfig");
    }
}

/// A mistake in a file: what was right, what is written instead, what is told of it, and whether an editor that has the schema
/// tells it, too.
const MISTAKES: [(&str, &str, &str, bool); 19] = [
    (
        "wave: 1",
        "wvae: 1",
        ":22:5: targets[1].wvae: there is no such key; did you mean wave?",
        true,
    ),
    (
        "defaults:",
        "default:",
        ":7:1: default: there is no such key; did you mean defaults?",
        true,
    ),
    (
        "context: eu",
        "contxt: eu",
        "defaults.contxt: there is no such key; did you mean context?",
        true,
    ),
    (
        "component: gateway",
        "component: door",
        "targets[1].component: door is none of agent, gateway, apps",
        true,
    ),
    (
        "component: gateway\n    chart",
        "chart",
        "targets[1].component: which component is it",
        true,
    ),
    (
        "certificates: [everything]",
        "certificates: [everithing]",
        "everithing is neither under certificates nor under groups; did you mean everything?",
        false,
    ),
    (
        "wave: 1",
        "wave: soon",
        "targets[1].wave: a number from 0 is expected here",
        true,
    ),
    (
        "wave: 1",
        "wave: -1",
        "targets[1].wave: a number from 0 is expected here",
        true,
    ),
    (
        "{namespace}",
        "{namspace}",
        "nothing stands for {namspace}; did you mean {namespace}?",
        false,
    ),
    ("release: clearml-agent\n    ", "", "", false),
    ("{namespace}", "{release}-{namespace}", "", false),
    (
        "source: lab.pem",
        "source: lab.pem\n    password: x",
        "certificates.lab-root.password: there is no such key",
        true,
    ),
    (
        "source: lab.pem",
        "fingerprint: 'aa'",
        "where are these certificates",
        true,
    ),
    (
        "acme-root: acme.pem",
        "acme-root: 1.5",
        "certificates.acme-root: a text is expected here: put it in quotes",
        true,
    ),
    (
        "acme-root: acme.pem",
        "acme-root: '-'",
        "standard input is no place that a file can name",
        false,
    ),
    (
        "release: ai-gateway",
        "release: 5",
        "targets[1].release: a text is expected here: put it in quotes",
        true,
    ),
    (
        "namespace: team-a",
        "namespace: team-a\n    namespaces: [team-b]",
        "namespace and namespaces say the same: keep one of them",
        false,
    ),
    ("groups:", "groups: &g", "", false),
    (
        "  everything: [acme-root, lab-root]",
        "  acme-root: [lab-root]",
        "certificates of that name are there already",
        false,
    ),
];

either_major! {
    fn a_mistake_is_told_with_its_line_and_what_was_meant(world) {
        let right = fleet(&world);
        for (from, to, says, by_schema) in MISTAKES {
            assert!(right.contains(from), "{from}");
            let wrong = right.replacen(from, to, 1);
            world.write("wrong.yaml", &wrong);
            let run = world.plugin("render -c wrong.yaml --check");
            if says.is_empty() {
                // No mistake of the file's own: what it means is another matter.
                assert_eq!(schema_refuses(&wrong), None, "{to}");
                run.never_says("wrong.yaml:");
                continue;
            }
            run.exits(3).warns("wrong.yaml:").warns(says);
            assert_eq!(schema_refuses(&wrong).is_some(), by_schema, "{to}: {:?}", schema_refuses(&wrong));
        }
        for (text, says) in [
            ("", "there is no target"),
            ("targets: []\n", "there is no target"),
            ("targets: agent\n", "a list is expected here"),
            ("targets:\n  - agent\n", "a mapping is expected here"),
            ("- a\n", "the file holds a list"),
            ("targets: [\n", "not valid YAML"),
            ("targets:\n  - component: agent\n    contexts: []\n", "targets[0].contexts: not a single one: leave it out, or say which"),
            ("defaults: {namespace: []}\ntargets:\n  - component: agent\n", "defaults.namespace: not a single one"),
            ("certificates: [a]\ntargets:\n  - component: agent\n", "a mapping is expected here"),
        ] {
            world.write("wrong.yaml", text);
            world.plugin("render -c wrong.yaml").exits(3).warns("wrong.yaml").warns(says);
        }
    }
}

/// The keys of the schema are those that the program knows: it refuses any other, and takes each of them.
#[test]
fn every_key_of_the_schema_is_one_of_the_programs() {
    let path = repository().join("docs/schema/clearml-certs.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let source = fs::read_to_string(repository().join("src/fleet/targets.rs")).unwrap();
    let target = &schema["properties"]["targets"]["items"]["properties"];
    let keys = target.as_object().unwrap().keys();
    let keys: Vec<&String> = keys.collect();
    assert!(keys.len() > 15, "{keys:?}");
    for key in keys {
        assert!(source.contains(&format!("\"{key}\"")), "{key}");
    }
}

either_major! {
    fn the_example_of_the_documentation_holds(world) {
        let page = fs::read_to_string(repository().join("docs/fleet.md")).unwrap();
        let (_, rest) = page.split_once("```yaml\n").unwrap();
        let (example, _) = rest.split_once("```").unwrap();
        assert_eq!(schema_refuses(example), None);
        world.write("clearml-certs.yaml", example);
        // It is read whole: one control plane, four agents and four gateways.
        world.plugin("render --only context=mars").exits(64).warns("selects none of the 9 targets");
    }
}

either_major! {
    fn only_goes_by_where_the_object_says_that_the_release_is(world) {
        world.write("acme.pem", &certificates::ca("Acme Root"));
        world.write(
            "flux.yaml",
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: ml-agent, namespace: team-x}\nspec:\n  values: {}\n",
        );
        let file = format!(
            "certificates: {{acme-root: acme.pem}}\ntargets:\n  - {{component: agent, chart: {0}, values: flux.yaml}}\n  - {{component: agent, chart: {0}, values: gone.yaml}}\n",
            chart(AGENT)
        );
        world.write("clearml-certs.yaml", &file);
        world.plugin("render --only team-x/ml-agent --in-place").exits(0).says("flux.yaml is written").never_says("gone.yaml");
        world.plugin("render --only release=other").exits(64).warns("selects none of the 2 targets");
    }
}
