//! A release of a company's own chart that has the vendor's inside it: files are edited below its name and get their bytes back, and
//! what is deployed is judged by the objects of that chart alone.

use libtest_mimic::Trial;
use serde_json::json;

use crate::helm_failures::{no_releases, rendered, trial};
use crate::support::deployed::{Release, list};
use crate::support::fake_helm::{FakeHelm, FakeKubectl, Rule};
use crate::support::{
    OF_TWO, World, certificates, chart, copy_folder, of_two, platform_of_two, schema,
};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "what_was_added_below_a_name_goes_and_the_bytes_are_back",
            there_and_back,
        ),
        trial(
            "a_release_is_judged_by_the_objects_of_the_chart_inside",
            status,
        ),
        trial("of_two_charts_inside_each_is_told", two_inside),
        trial("an_upgrade_pins_the_chart_around", upgrade),
        trial("queues_of_a_chart_inside_are_verified", verify),
        trial(
            "two_components_of_one_release_are_upgraded_once_and_each_looked_at",
            of_one_release,
        ),
        trial(
            "where_the_upgrade_of_two_components_fails_the_files_of_both_follow_the_release",
            files_of_both,
        ),
        trial(
            "what_no_file_holds_of_a_release_of_two_components_is_adopted_once",
            adopted_once,
        ),
        trial(
            "certificates_of_the_other_component_are_no_other_values",
            only_certificates,
        ),
        trial(
            "the_status_of_two_components_of_one_release_is_told_of_each",
            status_of_both,
        ),
        trial(
            "in_all_namespaces_what_runs_tells_which_charts_have_ours_inside",
            everywhere,
        ),
        trial(
            "init_names_the_chart_around_for_releases_of_it_alone",
            listed_side_by_side,
        ),
    ]
}

const FILE: &str = "v.yaml";

/// The company's chart with the agent's inside it.
fn platform(world: &World) {
    copy_folder(
        chart("acme-platform-2.0.0").as_ref(),
        &world.path("platform"),
    );
    copy_folder(
        chart("clearml-enterprise-agent-6.14.6").as_ref(),
        &world.path("platform/charts/clearml-enterprise-agent"),
    );
    world.write("ca.pem", &certificates::ca("Acme Root"));
}

fn agent(command: &str, more: &str) -> String {
    format!("{command} agent --chart platform --release acme -f {FILE} {more}")
}

fn there_and_back(world: &World) {
    platform(world);
    let fake = FakeHelm::new(world, &[no_releases(), rendered()]);
    for text in [
        "# ours\nsite: eu-2\n\nagent:\n  agentk8sglue: # queues\n    queues: {default: {}}\n\npostgres: {size: 1Gi}\n",
        "site: eu-2\n# the end",
        "agent: {} # nothing yet\nsite: x\n",
        "agent:\nsite: x\n",
        "agent: {agentk8sglue: {queues: {default: {}}}}\n",
        "",
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: acme, namespace: team-a}\nspec:\n  values: # ours\n    site: eu\n\n  interval: 5m",
        "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: acme, namespace: team-a}\nspec:\n  valuesContent: |-\n    agent:\n        clearml: {}\n  bootstrap: false\n",
    ] {
        for way in ["propagate", "template"] {
            world.write(FILE, text);
            let add = agent(
                "install",
                &format!("--ca ca.pem --task-pods {way} --files-only --yes"),
            );
            fake.runs(&add).exits(0).says("v.yaml is written");
            let written = world.read(FILE);
            assert!(written.contains("customCertificates:"), "{written}");
            fake.runs(&add).exits(0).says("v.yaml is as it should be");
            assert_eq!(world.read(FILE), written);
            fake.runs(&agent("remove", "--alias acme-root --files-only --yes"))
                .exits(0);
            assert_eq!(world.read(FILE), text, "{way}");
        }
    }
}

/// The release as it is once the certificate is in it, and all values as helm tells them.
fn release(world: &World) -> (Release, Rule) {
    let fake = FakeHelm::new(world, &[no_releases(), rendered()]);
    fake.runs(&agent("render", "--ca ca.pem --in-place"))
        .exits(0);
    let chart = world.path("platform").display().to_string();
    let release = Release::of(world, "acme", &chart, FILE);
    let file: serde_json::Value = serde_yaml::from_str(&world.read(FILE)).unwrap();
    // As helm has put together the values of the chart and of those inside it.
    let mut all = file.clone();
    all["agent"]["agentk8sglue"]["basePodTemplate"] = json!({});
    all["postgres"] = json!({"size": "10Gi"});
    let computed = Rule::when("get values acme --all").prints(&all.to_string());
    (release, computed)
}

fn rules(release: &Release, computed: Rule) -> Vec<Rule> {
    vec![
        Rule::when("list").prints(&list(&[("acme", "team-a", "acme-platform-2.0.0")])),
        Rule::when("status acme").prints(&release.status()),
        computed,
        rendered(),
    ]
}

const VALUES: &str = "site: eu-2\nagent: {agentk8sglue: {queues: {default: {}}, fileServerUrlReference: 'https://127.0.0.1:1'}}\npostgres:\n  env: [{name: URL, value: 'https://127.0.0.1:2'}]\n";

fn status(world: &World) {
    platform(world);
    world.write(FILE, VALUES);
    let (mut release, computed) = release(world);
    let look = |release: &Release, more: &str| {
        FakeHelm::new(world, &rules(release, computed.clone()))
            .runs(&format!("status --skip-probe {more}"))
    };
    look(&release, &format!("-f {FILE} agent"))
        .exits(0)
        .says("agent in acme-platform 2.0.0")
        .says("(agent)")
        .says("in step")
        .says("acme-root");
    look(&release, &format!("agent --release acme -f {FILE}"))
        .exits(0)
        .says("in step");
    let said = look(&release, "agent --release acme --values-path agent -o json");
    let said = schema::holds("status", &said.exits(0).stdout);
    let one = &said["releases"][0];
    assert_eq!(one["valuesPath"], "agent");
    assert_eq!(one["certificates"][0]["alias"], "acme-root");
    let queues = one["queues"].as_array().unwrap().iter();
    let queues: Vec<&str> = queues.filter_map(|one| one["queue"].as_str()).collect();
    assert_eq!(queues, ["default", "gpu"], "{one}");
    // The database's servers are not the agent's.
    assert_eq!(one["servers"].as_array().unwrap().len(), 1, "{one}");
    assert_eq!(
        one["servers"][0]["path"],
        "agent.agentk8sglue.fileServerUrlReference"
    );
    // A file without it differs, and is told by its path.
    world.write("other.yaml", "site: eu-2\n");
    look(&release, "agent --release acme -f other.yaml")
        .exits(3)
        .warns("error[file-differs]: other.yaml says something else than release acme in team-a: it lacks acme-root");
    // What others have in the cluster otherwise is not the agent's affair; what it has itself is.
    release.object("ConfigMap", "acme-a-client-ca")["data"] = json!({});
    look(&release, "agent").exits(0).says("in step");
    release.object("ConfigMap", "acme-agent-custom-ca-0")["data"] = json!({});
    look(&release, "agent")
        .exits(3)
        .warns("ConfigMap acme-agent-custom-ca-0 has other certificates");
}

fn two_inside(world: &World) {
    platform(world);
    world.write(FILE, VALUES);
    let (mut release, _) = release(world);
    let second = release
        .manifest
        .replace("charts/agent/", "charts/burst/")
        .replace("acme-agent", "acme-burst");
    release.manifest += &second;
    let template = json!({"agentk8sglue": {"basePodTemplate": {}}});
    let all = json!({"agent": template, "burst": template});
    let computed = Rule::when("get values acme --all").prints(&all.to_string());
    let fake = FakeHelm::new(world, &rules(&release, computed));
    let run = fake.runs("status agent --skip-probe -o json");
    let said: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let paths: Vec<&str> = said["releases"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["valuesPath"].as_str())
        .collect();
    assert_eq!(paths, ["agent", "burst"], "{run}");
    fake.runs("status agent --release acme --values-path agent --skip-probe")
        .exits(0)
        .never_says("burst");
}

fn upgrade(world: &World) {
    platform(world);
    world.write(FILE, VALUES);
    let (release, computed) = release(world);
    world.write("next.pem", &certificates::ca("Acme Next"));
    let rules = rules(&release, computed);
    let fake = FakeHelm::new(world, &rules);
    fake.runs(&agent(
        "install",
        "--ca next.pem --skip-probe --dry-run --task-pods template",
    ))
    .exits(0)
    .says("revision 3 → 4")
    .says("name: acme-agent-custom-ca-1")
    .says("trust      + acme-next")
    .says("acme platform --version 2.0.0")
    .never_says("release-of-another-chart")
    .never_says("deployed-values-lost");
    // One of a registry is pulled in the version that is deployed, and looked into like any other.
    let chart = "oci://127.0.0.1:1/acme-platform";
    let pulls = Rule::when(&format!("pull {chart} --version 2.0.0 --untar"));
    let pulls = pulls.pulls(&world.path("platform"));
    let fake = FakeHelm::new(world, &[rules.as_slice(), &[pulls]].concat());
    fake.runs(
        &agent("install", "--ca next.pem --skip-probe --dry-run")
            .replace("platform ", &format!("{chart} ")),
    )
    .exits(0)
    .says("dependency clearml-enterprise-agent 6.14.6, its values below agent")
    .says(&format!("acme {chart} --version 2.0.0"));
    let fake = FakeHelm::new(world, &rules);
    // What the release has and the file has not is lost, whoever it belongs to.
    world.write(FILE, &world.read(FILE).replace("site: eu-2\n", ""));
    fake.runs(&agent(
        "install",
        "--ca next.pem --skip-probe --dry-run --task-pods template",
    ))
    .exits(3)
    .warns("error[deployed-values-lost]")
    .warns("would drop them: site");
}

fn verify(world: &World) {
    world.has_on_path("kubectl", &std::env::current_exe().unwrap());
    platform(world);
    world.write(FILE, VALUES);
    let (release, computed) = release(world);
    let fake = FakeHelm::new(world, &rules(&release, computed));
    fake.runs("verify agent --release acme --dry-run")
        .exits(0)
        .says("https://127.0.0.1:1")
        .says("mountPath: /usr/local/share/ca-certificates")
        .never_says("name: backup")
        .never_says("https://127.0.0.1:2");
}

/// A line about both, for one who said yes.
fn both(command: &str, more: &str) -> String {
    of_two(command, &format!("--skip-probe {more}"))
}

/// The release of both as it is once the certificate is in it, by its values files.
fn release_of_both(world: &World) -> Release {
    platform_of_two(world);
    world.write("ca.pem", &certificates::ca("Acme Root"));
    world.write(FILE, OF_TWO);
    let fake = FakeHelm::new(world, &[no_releases(), rendered()]);
    fake.runs(&of_two("render", "--ca ca.pem --in-place"))
        .exits(0);
    let chart = world.path("platform").display().to_string();
    let release = Release::of(world, "acme", &chart, FILE);
    world.write(FILE, OF_TWO);
    release
}

/// A helm that has that release deployed.
fn with_both_deployed(world: &World) -> FakeHelm<'_> {
    let release = release_of_both(world);
    let rules = [
        Rule::when("list").prints(&list(&[("acme", "team-a", "acme-platform-2.0.0")])),
        Rule::when("status acme").prints(&release.status()),
        rendered(),
    ];
    FakeHelm::new(world, &rules)
}

fn not_there() -> Rule {
    Rule::when("status acme").fails("Error: release: not found\n")
}

fn of_one_release(world: &World) {
    let release = release_of_both(world);
    let first = release.status().replace("\"version\":3", "\"version\":1");
    let upgrade = |rules: &[Rule]| {
        let all = [no_releases(), rendered(), not_there().once()];
        let fake = FakeHelm::new(world, &[&all, rules].concat());
        fake.forgets();
        fake
    };
    let fake = upgrade(&[
        Rule::when("upgrade acme").prints("ok\n"),
        Rule::when("status acme").prints(&first),
    ]);
    let done = fake.runs(&both("install", "--ca ca.pem --yes -o json"));
    let calls = fake.calls();
    let count = |verb: &str| calls.iter().filter(|call| *call == verb).count();
    assert_eq!(count("upgrade"), 1, "{calls:?} {done}");
    let told = schema::holds("install", &done.exits(0).stdout);
    let lives: Vec<&serde_json::Value> = told["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|target| {
            assert_eq!(target["result"]["outcome"], "done", "{target}");
            assert_eq!(target["result"]["revision"], 1);
            &target["result"]["live"]
        })
        .collect();
    assert_eq!(
        lives,
        [
            &json!(["ConfigMap acme-agent-custom-ca-0"]),
            &json!(["ConfigMap acme-door-custom-ca-0"])
        ]
    );
    // What the second has not in the cluster is told of it, by its own look.
    let mut without = release.clone();
    without.object("ConfigMap", "acme-door-custom-ca-0")["data"] = json!({});
    let without = without.status().replace("\"version\":3", "\"version\":1");
    world.write(FILE, OF_TWO);
    let fake = upgrade(&[
        Rule::when("upgrade acme").prints("ok\n"),
        Rule::when("status acme").prints(&without),
    ]);
    fake.runs(&both("install", "--ca ca.pem --yes"))
        .exits(1)
        .says("✓ agent release acme in team-a is at revision 1")
        .warns("✗ gateway release acme in team-a is at revision 1, but")
        .warns("ConfigMap acme-door-custom-ca-0 is in the cluster with other certificates");
}

/// A file for each component, which both are given to.
const AGENTS: &str = "site: eu-2\nagent:\n  customCertificates: {}\n";

fn files_of_both(world: &World) {
    platform_of_two(world);
    let doors = OF_TWO.replace(
        "door: # to the applications\n",
        "door:\n  customCertificates: {}\n",
    );
    assert_ne!(doors, OF_TWO);
    let line = |more: &str| {
        let line = both("install", &format!("--ca ca.pem --yes {more}"));
        let values = |one: &str| format!("--{one}-values doors.yaml --{one}-values agents.yaml");
        line.replace("--agent-values v.yaml", &values("agent"))
            .replace("--gateway-values v.yaml", &values("gateway"))
    };
    let before = || {
        world
            .write("agents.yaml", AGENTS)
            .write("doors.yaml", &doors);
    };
    let files = || [world.read("agents.yaml"), world.read("doors.yaml")];
    let fails = Rule::when("upgrade acme").fails("Error: UPGRADE FAILED: no\n");
    // It never came to be: both files are what they were.
    before();
    let rules = [no_releases(), rendered(), fails.clone(), not_there()];
    FakeHelm::new(world, &rules)
        .runs(&line(""))
        .exits(1)
        .warns("agents.yaml is as it was")
        .warns("gateway release acme in team-a: untouched");
    assert_eq!(files(), [AGENTS.to_owned(), doors.clone()]);
    // It is there with the new values: both keep them.
    FakeHelm::new(world, &[no_releases(), rendered()])
        .runs(&line("--files-only"))
        .exits(0)
        .says("agents.yaml is written")
        .says("doors.yaml is written");
    let written = files();
    assert!(
        written.iter().all(|text| text.contains("alias: acme-root")),
        "{written:?}"
    );
    let values = [&written[1], &written[0]]
        .map(|text| -> serde_json::Value { serde_yaml::from_str(text).unwrap() });
    let mut config = values[0].clone();
    config["agent"]["customCertificates"] = values[1]["agent"]["customCertificates"].clone();
    let failed = json!({"name": "acme", "version": 1, "info": {"status": "failed"}, "config": config, "manifest": ""});
    before();
    let rules = [
        no_releases(),
        rendered(),
        not_there().once(),
        fails,
        Rule::when("status acme").prints(&failed.to_string()),
        Rule::when("history acme")
            .prints(r#"[{"revision":1,"status":"failed","description":"Release failed"}]"#),
    ];
    let fake = FakeHelm::new(world, &rules);
    fake.forgets();
    fake.runs(&line(""))
        .exits(1)
        .warns("agents.yaml keeps the new content, as the release has it")
        .warns("gateway release acme in team-a: failed with its release\n  doors.yaml keeps the new content");
    assert_eq!(files(), written);
}

fn adopted_once(world: &World) {
    let fake = with_both_deployed(world);
    let empty = |component: &str| format!("{component}:\n  customCertificates: {{}}\n");
    let run = |order: [&str; 2], command: &str, more: &str| {
        let values =
            order.map(|one| format!("--{one}-values agents.yaml --{one}-values doors.yaml"));
        let line = both(
            command,
            &format!("--adopt-values --files-only --yes {more}"),
        );
        let line = line
            .replace("--agent-values v.yaml", &values[0])
            .replace("--gateway-values v.yaml", &values[1])
            .replace("agent gateway", &order.join(" "));
        fake.runs(&line)
    };
    for order in [["agent", "gateway"], ["gateway", "agent"]] {
        let before = || {
            world
                .write("agents.yaml", &empty("agent"))
                .write("doors.yaml", &empty("door"));
        };
        let files = || [world.read("agents.yaml"), world.read("doors.yaml")];
        before();
        let done = run(order, "install", "--ca ca.pem");
        done.exits(0)
            .warns("agents.yaml takes over from release acme")
            .warns("doors.yaml takes over from release acme");
        let written = files();
        for once in [
            "site: eu-2",
            "apiKey: gateway-key",
            "apiSecret: gateway-secret",
        ] {
            assert_eq!(
                written.concat().matches(once).count(),
                1,
                "{once}: {written:?}"
            );
        }
        // Each takes over what is its own, and the agent, which goes first, what is nobody's.
        for (text, own) in written.iter().zip(["site: eu-2", "gateway-key"]) {
            assert!(text.contains(own), "{written:?}");
        }
        for (text, own) in written.iter().zip(["agent:", "door:"]) {
            assert_eq!(text.matches("alias: acme-root").count(), 1, "{text}");
            assert!(text.starts_with(own), "{text}");
        }
        run(order, "install", "--ca ca.pem")
            .exits(0)
            .says("Nothing to change");
        assert_eq!(files(), written);
        before();
        run(order, "remove", "--all").exits(0);
        assert_eq!(files().concat().matches("acme-root").count(), 0);
    }
}

fn status_of_both(world: &World) {
    let release = release_of_both(world);
    let all = "{agent: {agentk8sglue: {basePodTemplate: {}}}, door: {customCertificates: {}}}";
    let all: serde_json::Value = serde_yaml::from_str(all).unwrap();
    let computed = Rule::when("get values acme --all").prints(&all.to_string());
    let fake = FakeHelm::new(world, &rules(&release, computed));
    world.write("clearml-certs.yaml", "certificates: {acme-root: ca.pem}\ndefaults: {namespace: team-a, values: v.yaml}\ntargets:\n  - {component: agent, release: acme, chart: ./platform, valuesPath: agent}\n  - {component: gateway, release: acme, chart: ./platform, valuesPath: door}\n");
    let paths = |line: &str| -> Vec<String> {
        let told = schema::holds("status", &fake.runs(line).stdout);
        let all = told["releases"].as_array().unwrap().iter();
        all.map(|one| format!("{} {}", one["component"], one["valuesPath"]).replace('"', ""))
            .collect()
    };
    for line in [
        "status -c clearml-certs.yaml --skip-probe -o json",
        "status agent gateway --agent-release acme --gateway-release acme --agent-values-path agent --gateway-values-path door --skip-probe -o json",
    ] {
        assert_eq!(paths(line), ["agent agent", "gateway door"], "{line}");
    }
}

fn everywhere(world: &World) {
    let release = release_of_both(world);
    let all = "{agent: {agentk8sglue: {basePodTemplate: {}}}, door: {clearml: {apiKey: k, apiSecret: s, apiServerUrlReference: 'https://127.0.0.1:1'}, customCertificates: {}}}";
    let all: serde_json::Value = serde_yaml::from_str(all).unwrap();
    let listed = list(&[
        ("acme", "team-a", "acme-platform-2.0.0"),
        ("web", "team-b", "nginx-1.0.0"),
    ]);
    let fake = FakeHelm::new(
        world,
        &[
            Rule::when("list").prints(&listed),
            Rule::when("get values acme --all").prints(&all.to_string()),
            Rule::when("status acme").prints(&release.status()),
        ],
    );
    let told = || {
        let run = fake.runs("status -A --skip-probe -o json");
        let told = schema::holds("status", &run.stdout);
        let all = told["releases"].as_array().unwrap().iter();
        let words = |one: &serde_json::Value| {
            format!("{} {}", one["component"], one["valuesPath"]).replace('"', "")
        };
        all.map(words).collect::<Vec<String>>()
    };
    // Without kubectl, or the right to see what runs, nothing is claimed.
    assert!(told().is_empty());
    let asked = "get deployments --all-namespaces";
    let kubectl = FakeKubectl::new(
        world,
        &[Rule::when(asked).fails("Error from server (Forbidden): no\n")],
    );
    assert!(told().is_empty());
    let mut items: Vec<serde_json::Value> = release
        .live
        .iter()
        .filter(|one| one["kind"] == "Deployment")
        .cloned()
        .collect();
    for item in &mut items {
        item["metadata"]["namespace"] = json!("team-a");
        item["metadata"]["annotations"] = json!({"meta.helm.sh/release-name": "acme", "meta.helm.sh/release-namespace": "team-a"});
    }
    kubectl
        .goes_by(&[Rule::when(asked).prints(&json!({"kind": "List", "items": items}).to_string())]);
    kubectl.takes_lines();
    assert_eq!(told(), ["agent agent", "gateway door"]);
    assert_eq!(kubectl.takes_lines().len(), 1);
    // Where all that is listed has the vendor's names, nobody has to ask.
    let named = list(&[("clearml-agent", "team-a", "clearml-enterprise-agent-6.9.3")]);
    FakeHelm::new(world, &[Rule::when("list").prints(&named)]).runs("status -A --skip-probe");
    assert!(
        kubectl
            .takes_lines()
            .iter()
            .all(|line| !line.contains("deployments"))
    );
}

fn listed_side_by_side(world: &World) {
    platform(world);
    world
        .write(FILE, VALUES)
        .write("own.yaml", "agentk8sglue: {queues: {default: {}}}\n");
    let (around, computed) = release(world);
    let vendors = Release::of(
        world,
        "clearml-agent",
        "clearml-enterprise-agent-6.14.6",
        "own.yaml",
    );
    let fake = FakeHelm::new(
        world,
        &[
            Rule::when("list").prints(&list(&[
                ("clearml-agent", "team-a", "clearml-enterprise-agent-6.14.6"),
                ("acme", "team-a", "acme-platform-2.0.0"),
            ])),
            computed,
            Rule::when("status acme").prints(&around.status()),
            Rule::when("status clearml-agent").prints(&vendors.status()),
        ],
    );
    let written = |name: &str, chart: &str| -> serde_json::Value {
        fake.runs(&format!("init {name} {chart}")).exits(0);
        let file: serde_json::Value = serde_yaml::from_str(&world.read(name)).unwrap();
        let targets = file["targets"].as_array().unwrap().iter();
        let charts = targets.map(|one| {
            let release = one["release"].as_str().unwrap_or("clearml-agent");
            (release.to_owned(), one["chart"].clone())
        });
        charts.collect::<serde_json::Map<_, _>>().into()
    };
    assert_eq!(
        written("around.yaml", "--agent-chart ./platform"),
        json!({"clearml-agent": null, "acme": "./platform"})
    );
    let mirror = "oci://127.0.0.1:1/clearml-enterprise-agent";
    assert_eq!(
        written("mirror.yaml", &format!("--agent-chart {mirror}")),
        json!({"clearml-agent": mirror})
    );
}

fn only_certificates(world: &World) {
    let fake = with_both_deployed(world);
    fake.runs(&of_two("render", "--ca ca.pem --in-place"))
        .exits(0);
    world.write("next.pem", &certificates::ca("Acme Next"));
    let run = fake.runs(&both("install", "--ca ca.pem --ca next=next.pem --dry-run"));
    run.exits(0).says("trust + next");
    assert_eq!(run.count("other-values-change"), 0, "{run}");
    let run = fake.runs(&both("install", "--ca next=next.pem --dry-run -o json"));
    let told = schema::holds("install", &run.exits(0).stdout);
    for target in told["targets"].as_array().unwrap() {
        assert_eq!(target["summary"]["otherValues"], json!([]), "{target}");
    }
}
