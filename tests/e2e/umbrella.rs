//! A company's own chart that has the agent's inside it, from its first certificate to its last, on a real Kubernetes API.

use serde_json::Value;

use crate::support::cluster::Namespace;
use crate::support::{
    Helm, OF_TWO, Run, World, certificates, chart, copy_folder, of_two, platform_of_two, schema,
};

const VALUES: &str = "# the platform\nsite: eu-2\n\nagent:\n  agentk8sglue: # queues\n    queues: {default: {}}\n\npostgres: {size: 1Gi}\n";

/// The certificates of a namespace's ConfigMaps, but for Kubernetes' own: names and texts.
fn carrying(namespace: &Namespace, pem: &str) -> Vec<String> {
    let maps = namespace.get("configmaps");
    let line = pem.lines().nth(2).unwrap();
    let maps = maps["items"].as_array().unwrap().iter();
    let ours = maps.filter(|map| map["data"].to_string().contains(line));
    ours.map(|map| map["metadata"]["name"].as_str().unwrap().to_owned())
        .collect()
}

on_the_cluster! {
    fn a_chart_inside_another_gets_its_certificates_and_loses_them_again(world, namespace) {
        let (one, two) = (certificates::ca("Acme Root"), certificates::ca("Acme Next"));
        world.write("one.pem", &one).write("two.pem", &two).write("v.yaml", VALUES);
        copy_folder(chart("acme-platform-2.0.0").as_ref(), &world.path("platform"));
        copy_folder(chart("clearml-enterprise-agent-6.14.6").as_ref(), &world.path("platform/charts/clearml-enterprise-agent"));
        let agent = |command: &str, more: &str| world.plugin(&format!(
            "{command} agent --chart platform --release acme -f v.yaml -n {} --skip-probe --yes {more}",
            namespace.name
        ));
        // It runs already, and its database is nobody else's affair.
        world.helm(["install", "acme", "platform", "-f", "v.yaml", "-n", &namespace.name]).exits(0);
        agent("install", "--ca one.pem --task-pods template --dry-run")
            .exits(0)
            .says("revision 1 → 2")
            .says("dependency clearml-enterprise-agent 6.14.6, its values below agent")
            .never_says("StatefulSet acme-postgres");
        agent("install", "--ca one.pem --task-pods template").exits(0);
        assert_eq!(carrying(&namespace, &one), ["acme-agent-custom-ca-0"]);
        agent("install", "--ca one.pem --task-pods template").exits(0).says("Nothing to change");

        let status = |more: &str| world.plugin(&format!("status -n {} --skip-probe {more}", namespace.name));
        // Nobody names it: what helm stored tells.
        for more in ["", "agent", "agent --release acme", "agent --release acme -f v.yaml"] {
            let told = status(&format!("{more} -o json"));
            let told: Value = schema::holds("status", &told.stdout);
            let [release] = told["releases"].as_array().unwrap().as_slice() else {
                panic!("{more}: {told}");
            };
            assert_eq!(release["valuesPath"], "agent", "{more}");
            assert_eq!(release["chart"], "acme-platform");
            assert_eq!(release["certificates"][0]["alias"], "acme-root");
            assert_eq!(release["taskPods"], "template");
            assert_eq!(release["agreement"]["live"]["state"], "same", "{told}");
            let file = if more.contains("-f") { "same" } else { "nothing" };
            assert_eq!(release["agreement"]["file"]["state"], file);
        }
        world.plugin(&format!("verify agent --release acme -n {} --server https://api.acme.example --dry-run", namespace.name))
            .exits(0)
            .says("name: acme-agent-custom-ca-0")
            .never_says("name: backup");
        world.plugin(&format!("init targets.yaml -n {}", namespace.name))
            .exits(3)
            .warns("acme-platform has the chart of the ClearML Agent inside it")
            .warns("valuesPath: agent");

        let rotate = "--from acme-root --to two.pem";
        agent("rotate", rotate).exits(2);
        assert_eq!(carrying(&namespace, &two).len(), 1);
        agent("rotate", rotate).exits(0);
        assert!(carrying(&namespace, &one).is_empty());

        agent("remove", "--all").exits(0);
        assert!(carrying(&namespace, &two).is_empty());
        assert_eq!(world.read("v.yaml"), VALUES);
        let stored = world.helm(["get", "values", "acme", "-n", &namespace.name, "-o", "json"]);
        let stored: Value = serde_json::from_str(&stored.stdout).unwrap();
        assert_eq!(stored, serde_yaml::from_str::<Value>(VALUES).unwrap());
        world.is_tidy();
    }

    fn two_components_of_one_release_go_and_come_in_one_run(world, namespace) {
        platform_of_two(&world);
        let ca = certificates::ca("Acme Root");
        world.write("ca.pem", &ca).write("v.yaml", OF_TWO);
        world.write("clearml-certs.yaml", &format!(
            "certificates: {{acme-root: ca.pem}}\ndefaults: {{values: v.yaml, namespace: {}}}\ntargets:\n  - {{component: gateway, release: acme, chart: ./platform}}\n  - {{component: agent, release: acme, chart: ./platform}}\n",
            namespace.name
        ));
        world.helm(["install", "acme", "platform", "-f", "v.yaml", "-n", &namespace.name]).exits(0);
        let revisions = || {
            let told = world.helm(["history", "acme", "-n", &namespace.name, "-o", "json"]);
            let told: Vec<Value> = serde_json::from_str(&told.stdout).unwrap();
            told.len()
        };
        let shown = world.plugin("install --skip-probe --dry-run");
        shown.exits(0).says("(one upgrade with the ClearML Agent)");
        assert_eq!((shown.count("helm upgrade -i"), shown.count("revision 1 → 2")), (1, 2), "{shown}");
        let done = world.plugin("install --skip-probe --yes");
        done.exits(0)
            .says("agent release acme")
            .says("in the cluster as rendered: ConfigMap acme-agent-custom-ca-0")
            .says("gateway release acme")
            .says("in the cluster as rendered: ConfigMap acme-door-custom-ca-0");
        assert_eq!(revisions(), 2, "{done}");
        let mut maps = carrying(&namespace, &ca);
        maps.sort();
        assert_eq!(maps, ["acme-agent-custom-ca-0", "acme-door-custom-ca-0"]);
        world.plugin("install --skip-probe --yes").exits(0).says("Nothing to change");
        assert_eq!(revisions(), 2);

        let told = world.plugin("status --skip-probe -o json");
        let told: Value = schema::holds("status", &told.stdout);
        let told: Vec<[&Value; 4]> = told["releases"].as_array().unwrap().iter()
            .map(|one| [&one["component"], &one["valuesPath"], &one["agreement"]["live"]["state"], &one["agreement"]["file"]["state"]])
            .collect();
        assert_eq!(told, [["agent", "agent", "same", "same"], ["gateway", "door", "same", "same"]]);

        world.plugin("verify --server https://api.acme.example --dry-run").exits(0).says("name: acme-agent-custom-ca-0");

        // Nobody names it, in all namespaces.
        let told = world.plugin("status -A --skip-probe -o json");
        let told: Value = schema::holds("status", &told.stdout);
        let here = |one: &&Value| one["id"]["namespace"] == namespace.name.as_str();
        let told = told["releases"].as_array().unwrap().iter().filter(here);
        let told: Vec<[&Value; 2]> = told.map(|one| [&one["component"], &one["valuesPath"]]).collect();
        assert_eq!(told, [["agent", "agent"], ["gateway", "door"]]);
        // A file of targets can be made of it by who says where the chart is.
        let init = |file: &str, charts: &str| world.plugin(&format!("init {file} -n {} {charts}", namespace.name));
        init("made.yaml", "--agent-chart platform --gateway-chart platform").exits(0).says("made.yaml lists 2 releases");
        assert!(world.read("made.yaml").contains("valuesPath: door\n"));
        world.plugin("install -c made.yaml --skip-probe --dry-run").exits(0).says("Nothing to change");
        init("some.yaml", "--gateway-chart platform").exits(0).warns("say it with --agent-chart").says("some.yaml lists 1 release and");
        init("none.yaml", "--agent-chart elsewhere/platform").exits(3);

        let next = certificates::ca("Acme Next");
        world.write("next.pem", &next);
        let line = |command: &str, more: &str| {
            world.plugin(&of_two(command, &format!("-n {} --skip-probe --yes {more}", namespace.name)))
        };
        let rotate = "--from acme-root --to next.pem";
        line("rotate", rotate).exits(2);
        assert_eq!((revisions(), carrying(&namespace, &next).len()), (3, 2));
        line("rotate", rotate).exits(0);
        assert_eq!((revisions(), carrying(&namespace, &ca).len()), (4, 0));

        line("remove", "--all").exits(0);
        assert_eq!((revisions(), carrying(&namespace, &next).len()), (5, 0));
        assert_eq!(world.read("v.yaml"), OF_TWO);
        world.is_tidy();
    }

    fn several_such_releases_are_upgraded_side_by_side_each_once(world, namespace) {
        platform_of_two(&world);
        let ca = certificates::ca("Acme Root");
        world.write("ca.pem", &ca);
        let head = format!("certificates: {{acme-root: ca.pem}}\ndefaults: {{namespace: {}}}\ntargets:\n", namespace.name);
        let names = ["eu", "us", "asia"];
        let targets = names.map(|name| {
            world.write(&format!("{name}.yaml"), OF_TWO);
            let of = |component| format!("  - {{component: {component}, release: {name}, chart: ./platform, values: {name}.yaml}}\n");
            of("agent") + &of("gateway")
        });
        world.write("clearml-certs.yaml", &(head + &targets.concat()));
        let told = |run: &Run| -> Vec<String> {
            let told: Value = schema::holds("install", &run.stdout);
            let all = told["targets"].as_array().unwrap().iter();
            all.map(|one| format!("{} {}", one["result"]["outcome"], one["result"]["revision"]).replace('"', "")).collect()
        };
        // One goes ahead, with all that is in it.
        let done = world.plugin("install --skip-probe --yes --canary 1 -o json");
        assert_eq!(told(done.exits(0)), ["done 1"; 6], "{done}");
        assert_eq!(done.count("$ helm upgrade -i"), names.len(), "{done}");
        assert_eq!(carrying(&namespace, &ca).len(), 6);
        world.plugin("install --skip-probe --yes").exits(0).says("Nothing to change");
        let gone = world.plugin("remove --all --skip-probe --yes -o json");
        assert_eq!(told(gone.exits(0)), ["done 2"; 6], "{gone}");
        assert!(carrying(&namespace, &ca).is_empty());
        for name in names {
            assert_eq!(world.read(&format!("{name}.yaml")), OF_TWO);
        }
    }
}
