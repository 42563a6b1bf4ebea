//! A release of a company's own chart that has the vendor's inside it: files are edited below its name and get their bytes back, and
//! what is deployed is judged by the objects of that chart alone.

use libtest_mimic::Trial;
use serde_json::json;

use crate::helm_failures::{no_releases, rendered, trial};
use crate::support::deployed::{Release, list};
use crate::support::fake_helm::{FakeHelm, Rule};
use crate::support::{World, certificates, chart, copy_folder, schema};

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
