//! Several targets of one cluster: what they ask it goes into few calls of kubectl, and helm is asked where those do not tell.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::helm_failures::{rendered, trial};
use crate::support::deployed::{Release, list};
use crate::support::fake_helm::{FakeHelm, FakeKubectl, Rule};
use crate::support::{World, chart, until};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "unchanged_releases_are_read_in_two_calls_and_helm_is_asked_for_none",
            unchanged,
        ),
        trial(
            "where_secrets_may_not_be_read_helm_is_asked_for_each",
            forbidden,
        ),
        trial(
            "a_release_that_is_deployed_while_it_is_read_is_asked_of_helm",
            while_read,
        ),
        trial(
            "a_cluster_that_is_silent_is_asked_once_and_then_by_helm",
            silent,
        ),
        trial(
            "a_release_that_was_uninstalled_and_came_back_meanwhile_is_left_alone",
            came_back,
        ),
        trial(
            "beside_a_release_that_was_uninstalled_the_others_are_looked_at_together",
            beside_uninstalled,
        ),
        trial(
            "of_a_release_that_has_to_be_put_back_helm_4_tells_who_set_its_fields",
            drifted_and_shared,
        ),
        trial(
            "what_another_driver_than_secrets_keeps_is_asked_of_helm",
            other_driver,
        ),
        trial("upgrades_are_looked_at_together_before_and_after", upgraded),
        trial(
            "what_is_not_in_the_cluster_after_one_of_several_upgrades_is_a_failure",
            not_there,
        ),
        trial(
            "what_somebody_else_deployed_meanwhile_is_left_alone_and_the_other_goes",
            meanwhile,
        ),
        trial("a_certificate_that_somebody_deleted_is_put_back", drifted),
        trial(
            "a_file_that_several_have_is_kept_for_who_writes_it_until_its_end_is_known",
            shared_file,
        ),
        trial(
            "who_is_refused_keeps_no_other_of_its_file_from_its_turn",
            shared_with_refused,
        ),
    ]
}

const NAMES: [&str; 2] = ["one", "two"];
const CHART: &str = "clearml-enterprise-agent-6.14.6";
pub(crate) const INSTALL: &str = "install --skip-probe --yes --parallel 2";

/// Two agents, each in a namespace and with a file of its own.
pub(crate) struct Fleet<'a> {
    world: &'a World,
    pub(crate) before: Release,
    after: Release,
    /// The folder with the objects of the cluster: for each namespace a file.
    cluster: PathBuf,
}

impl<'a> Fleet<'a> {
    pub(crate) fn new(world: &'a World) -> Self {
        let of_chart = chart(CHART);
        let mut file = "certificates: {acme-root: ca.pem}\ntargets:\n".to_owned();
        for name in NAMES {
            let values = format!("values: {name}.yaml");
            let place = format!("namespace: {name}, release: r, chart: {of_chart}");
            writeln!(file, "  - {{component: agent, {place}, {values}}}").unwrap();
        }
        world.write("clearml-certs.yaml", &file);
        world.write("before.yaml", "agentk8sglue: {queue: gpu}\n");
        let fake = FakeHelm::new(world, &[rendered()]);
        let line = format!(
            "render agent --ca acme-root=ca.pem --chart {of_chart} --release r -f before.yaml"
        );
        world.write("after.yaml", &fake.runs(&line).exits(0).stdout);
        fake.forgets();
        let [before, after] =
            ["before", "after"].map(|file| Release::of(world, "r", CHART, &format!("{file}.yaml")));
        Self {
            world,
            before,
            after,
            cluster: world.home("cluster"),
        }
    }

    pub(crate) fn files_are(&self, state: &str) {
        for name in NAMES {
            let text = self.world.read(&format!("{state}.yaml"));
            self.world.write(&format!("{name}.yaml"), &text);
        }
    }

    pub(crate) fn has(&self, objects: &[Value]) {
        std::fs::create_dir_all(&self.cluster).unwrap();
        for name in NAMES {
            std::fs::write(self.file_of(name), of_namespace(objects, name)).unwrap();
        }
    }

    /// A third target, deployed as before.
    pub(crate) fn has_a_third(&self) {
        let targets = self.world.read("clearml-certs.yaml");
        let (_, last) = targets.trim_end().rsplit_once('\n').unwrap();
        let third = last.replace("two", "three");
        self.world
            .write("clearml-certs.yaml", &format!("{targets}{third}\n"));
        let objects = one_of(&self.before, "three", 3);
        std::fs::write(self.file_of("three"), of_namespace(&objects, "three")).unwrap();
        let before = self.world.read("before.yaml");
        self.world.write("three.yaml", &before);
    }

    /// What helm says of three releases, as they were.
    pub(crate) fn three_before(&self) -> Vec<Rule> {
        let names = ["one", "two", "three"];
        let listed = list(&names.map(|name| ("r", name, CHART)));
        let status = self.before.status();
        let status = names.map(|name| {
            Rule::when(&format!("status -n {name}")).prints(&status.replace("team-a", name))
        });
        let mut rules = vec![Rule::when("list").prints(&listed), rendered()];
        rules.extend(status);
        rules
    }

    fn file_of(&self, namespace: &str) -> PathBuf {
        self.cluster.join(namespace).with_extension("json")
    }

    /// What a namespace has from when helm does so.
    fn brings(&self, rule: Rule, namespace: &str, objects: &[Value]) -> Rule {
        rule.meanwhile(&self.file_of(namespace), &of_namespace(objects, namespace))
    }

    fn helm(&self, more: impl IntoIterator<Item = Rule>) -> FakeHelm<'a> {
        let releases = NAMES.map(|name| ("r", name, CHART));
        let listed = Rule::when("list").prints(&list(&releases));
        let rules: Vec<Rule> = [listed, rendered()].into_iter().chain(more).collect();
        FakeHelm::new(self.world, &rules)
    }

    pub(crate) fn kubectl(&self, more: impl IntoIterator<Item = Rule>) -> FakeKubectl {
        let more = more.into_iter().chain([
            Rule::when("get -f -").looks_up_in(&self.cluster),
            Rule::when("get --raw").prints("{}"),
            Rule::when("create -f - -o json").allows(&self.world.home("questions.json")),
        ]);
        FakeKubectl::new(self.world, &more.collect::<Vec<_>>())
    }
}

/// Those of a namespace, as a JSON list.
fn of_namespace(objects: &[Value], namespace: &str) -> String {
    let mut own = objects.to_vec();
    own.retain(|one| one["metadata"]["namespace"] == namespace);
    json!(own).to_string()
}

/// A revision as Helm keeps it.
fn secret(release: &Release, namespace: &str, revision: u64, status: &str) -> Value {
    let kept = json!({
        "name": release.name,
        "namespace": namespace,
        "version": revision,
        "info": {"status": status},
        "config": release.values,
        "manifest": release.manifest.replace("team-a", namespace),
    });
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(kept.to_string().as_bytes()).unwrap();
    let written = STANDARD.encode(packed.finish().unwrap());
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": format!("sh.helm.release.v1.r.v{revision}"),
            "namespace": namespace,
            "labels": {"owner": "helm", "status": status},
        },
        "data": {"release": STANDARD.encode(written)},
    })
}

/// Its objects in a namespace, but pods, which are ready.
fn live(release: &Release, namespace: &str) -> Vec<Value> {
    let objects = json!(release.live).to_string();
    let mut objects: Vec<Value> =
        serde_json::from_str(&objects.replace("team-a", namespace)).unwrap();
    objects.retain(|one| one["kind"] != "PodList");
    for object in &mut objects {
        object["metadata"]["namespace"] = namespace.into();
        if object["kind"] == "Deployment" {
            object["status"] = json!({"replicas": 1, "updatedReplicas": 1, "readyReplicas": 1});
        }
    }
    objects
}

/// One at a revision, with what it brings.
fn one_of(release: &Release, namespace: &str, revision: u64) -> Vec<Value> {
    let mut all = live(release, namespace);
    all.push(secret(release, namespace, revision, "deployed"));
    all
}

pub(crate) fn both(release: &Release, revision: u64) -> Vec<Value> {
    let of_one = |name: &&str| one_of(release, name, revision);
    NAMES.iter().flat_map(of_one).collect()
}

pub(crate) fn count(lines: &[String], words: &str) -> usize {
    lines.iter().filter(|line| line.starts_with(words)).count()
}

fn unchanged(world: &World) {
    let fleet = Fleet::new(world);
    fleet.files_are("after");
    fleet.has(&both(&fleet.after, 3));
    let (helm, kubectl) = (fleet.helm([]), fleet.kubectl([]));
    helm.runs(INSTALL).exits(0).says("Nothing to change");
    assert_eq!(helm.calls(), ["list", "list", "template", "template"]);
    assert_eq!(count(&kubectl.takes_lines(), "get -f -"), 2);
}

fn status_of(release: &Release) -> [Rule; 2] {
    NAMES.map(|name| {
        let status = release.status().replace("team-a", name);
        Rule::when(&format!("status -n {name}")).prints(&status)
    })
}

fn forbidden(world: &World) {
    let fleet = Fleet::new(world);
    fleet.files_are("after");
    fleet.has(&[]);
    let no = "Error from server (Forbidden): secrets \"sh.helm.release.v1.r.v3\" is forbidden\n";
    let kubectl = fleet.kubectl([Rule::when("get -f -").fails(no)]);
    let helm = fleet.helm(status_of(&fleet.after));
    helm.runs(INSTALL).exits(0).says("Nothing to change");
    assert_eq!(count(&helm.lines(), "status r -n"), 2);
    // Who may not read one may read the other.
    assert_eq!(count(&kubectl.takes_lines(), "get -f -"), 3);
}

fn while_read(world: &World) {
    let fleet = Fleet::new(world);
    fleet.files_are("after");
    let former = secret(&fleet.before, "two", 3, "superseded");
    let mut objects = both(&fleet.after, 3);
    objects.retain(|one| one["kind"] != "Secret" || one["metadata"]["namespace"] != "two");
    objects.push(former);
    fleet.has(&objects);
    let _kubectl = fleet.kubectl([]);
    let helm = fleet.helm(status_of(&fleet.after));
    helm.runs(INSTALL).exits(0).says("Nothing to change");
    assert_eq!(count(&helm.lines(), "status r -n two"), 1);
}

fn silent(world: &World) {
    let fleet = Fleet::new(world);
    fleet.files_are("after");
    let no = "Unable to connect to the server: dial tcp 127.0.0.1:1: i/o timeout\n";
    let kubectl = fleet.kubectl([Rule::when("get -f -").fails(no)]);
    let helm = fleet.helm(status_of(&fleet.after));
    helm.runs(INSTALL).exits(0).says("Nothing to change");
    // They are not asked for once more, one by one.
    assert_eq!(count(&kubectl.takes_lines(), "get -f -"), 1);
}

fn other_driver(world: &World) {
    let fleet = Fleet::new(world);
    fleet.files_are("after");
    // What lies there from former times is not what runs.
    fleet.has(&both(&fleet.before, 3));
    let _kubectl = fleet.kubectl([]);
    let helm = fleet.helm(status_of(&fleet.after));
    let run = helm.runs_with(INSTALL, &[("HELM_DRIVER", "configmap")]);
    run.exits(0).says("Nothing to change");
    assert_eq!(count(&helm.lines(), "status r -n"), 2);
}

/// A helm that upgrades both; `after` is what the cluster has then.
fn upgrading<'a>(fleet: &Fleet<'a>, after: &[Value]) -> FakeHelm<'a> {
    fleet.files_are("before");
    fleet.has(&both(&fleet.before, 3));
    fleet.helm(NAMES.map(|name| {
        let upgrade = Rule::when(&format!("upgrade -n {name}")).prints("done\n");
        fleet.brings(upgrade, name, after)
    }))
}

fn upgraded(world: &World) {
    let fleet = Fleet::new(world);
    let helm = upgrading(&fleet, &both(&fleet.after, 4));
    let kubectl = fleet.kubectl([]);
    let run = helm.runs(INSTALL);
    run.exits(0)
        .says("in the cluster as rendered: ConfigMap r-clearml-enterprise-agent-custom-ca-0");
    let calls = helm.calls();
    assert_eq!(count(&calls, "upgrade"), 2, "{run}");
    assert_eq!(count(&calls, "status"), 0, "{run}");
    // The releases, who deploys them, and how they are right before their turns; then what was deployed, and its pods, where one
    // may come too late for the other's call.
    let looks = count(&kubectl.takes_lines(), "get -f -");
    assert!((5..=8).contains(&looks), "{looks}");
}

fn not_there(world: &World) {
    let fleet = Fleet::new(world);
    let mut after = both(&fleet.after, 4);
    let is_gone = |one: &Value| {
        one["kind"] == "ConfigMap"
            && one["metadata"]["namespace"] == "two"
            && one["metadata"]["name"] == "r-clearml-enterprise-agent-custom-ca-0"
    };
    after.retain(|one| !is_gone(one));
    let helm = upgrading(&fleet, &after);
    let _kubectl = fleet.kubectl([]);
    let run = helm.runs(INSTALL);
    run.exits(1)
        .warns("ConfigMap r-clearml-enterprise-agent-custom-ca-0 is not in the cluster")
        .warns("1 of 2 targets failed");
}

fn meanwhile(world: &World) {
    let fleet = Fleet::new(world);
    fleet.files_are("before");
    fleet.has(&both(&fleet.before, 3));
    // While the plan is made, somebody deploys the second.
    let theirs = secret(&fleet.before, "two", 4, "deployed");
    let during = [one_of(&fleet.before, "two", 3), vec![theirs]].concat();
    let status = fleet
        .before
        .status()
        .replace("\"version\":3", "\"version\":4");
    let listed = list(&NAMES.map(|name| ("r", name, CHART)));
    let rules = [
        Rule::when("list").prints(&listed),
        fleet.brings(rendered(), "two", &during),
        fleet.brings(
            Rule::when("upgrade").prints("done\n"),
            "one",
            &one_of(&fleet.after, "one", 4),
        ),
        Rule::when("status").prints(&status),
    ];
    let helm = FakeHelm::new(world, &rules);
    let _kubectl = fleet.kubectl([]);
    let run = helm.runs(&format!("{INSTALL} --keep-going"));
    run.exits(3)
        .warns("release r in two is at revision 4 (deployed) now, and not at revision 3 (deployed)")
        .warns("1 of 2 targets failed");
    assert_eq!(count(&helm.lines(), "upgrade"), 1, "{run}");
    assert_eq!(world.read("two.yaml"), world.read("before.yaml"));
    world.is_tidy();
}

fn drifted(world: &World) {
    let fleet = Fleet::new(world);
    fleet.files_are("after");
    let mut objects = both(&fleet.after, 3);
    objects.retain(|one| one["kind"] != "ConfigMap" || one["metadata"]["namespace"] != "two");
    fleet.has(&objects);
    let (helm, _kubectl) = (fleet.helm([]), fleet.kubectl([]));
    let run = helm.runs("install --skip-probe --dry-run --detailed-exitcode");
    run.exits(2).warns("warning[live-objects-differ]").warns(
        "ConfigMap r-clearml-enterprise-agent-custom-ca-0 is gone; this upgrade puts that back",
    );
    assert_eq!(run.count("live-objects-differ"), 1, "{run}");
}

fn came_back(world: &World) {
    let fleet = Fleet::new(world);
    fleet.files_are("before");
    // Of its former revisions the first ones are gone.
    fleet.has(&[]);
    let now = fleet
        .before
        .status()
        .replace("\"version\":3", "\"version\":16");
    let listed = list(&NAMES.map(|name| ("r", name, CHART)));
    let listed = listed.replace("\"deployed\"", "\"uninstalled\"");
    let rules = [
        Rule::when("list").prints(&listed),
        rendered(),
        Rule::when("status").prints(&now),
    ];
    let helm = FakeHelm::new(world, &rules);
    let _kubectl = fleet.kubectl([]);
    let run = helm.runs(INSTALL);
    run.exits(3)
        .warns("note[release-uninstalled]")
        .warns("is at revision 16 (deployed) now, and not new as it was shown here");
    assert_eq!(count(&helm.lines(), "upgrade"), 0, "{run}");
}

fn drifted_and_shared(world: &World) {
    let fleet = Fleet::new(world);
    fleet.files_are("after");
    let mut objects = both(&fleet.after, 3);
    objects.retain(|one| one["kind"] != "ConfigMap" || one["metadata"]["namespace"] != "two");
    fleet.has(&objects);
    let four = Rule::when("version").prints("v4.3.1");
    let server_side = [four].into_iter().chain(status_of(&fleet.after));
    let (helm, _kubectl) = (fleet.helm(server_side), fleet.kubectl([]));
    let flags = "install --skip-probe --dry-run -- --server-side=true";
    helm.runs(flags)
        .exits(0)
        .warns("warning[live-objects-differ]");
    let lines = helm.lines();
    assert_eq!(count(&lines, "status r -n two"), 1, "{lines:?}");
    assert_eq!(count(&lines, "status r -n one"), 0, "{lines:?}");
}

fn beside_uninstalled(world: &World) {
    let fleet = Fleet::new(world);
    fleet.files_are("before");
    fleet.has(&one_of(&fleet.before, "one", 3));
    let told = |revision: u64, status: &str| {
        let told = fleet.after.status().replace("team-a", "two");
        told.replace("\"version\":3", &format!("\"version\":{revision}"))
            .replace(
                "\"status\":\"deployed\"",
                &format!("\"status\":\"{status}\""),
            )
    };
    let [one, two] = NAMES.map(|name| list(&[("r", name, CHART)]));
    let two = two.replace("\"deployed\"", "\"uninstalled\"");
    let upgrade = Rule::when("upgrade -n one").prints("done\n");
    let rules = [
        Rule::when("list -n one").prints(&one),
        Rule::when("list -n two").prints(&two),
        rendered(),
        fleet.brings(upgrade, "one", &one_of(&fleet.after, "one", 4)),
        Rule::when("upgrade -n two").prints("done\n"),
        Rule::when("status -n one").prints(&fleet.before.status()),
        Rule::when("status -n two --show-resources").prints(&told(16, "deployed")),
        Rule::when("status -n two").prints(&told(15, "uninstalled")),
    ];
    let helm = FakeHelm::new(world, &rules);
    let _kubectl = fleet.kubectl([]);
    helm.runs(INSTALL)
        .exits(0)
        .warns("note[release-uninstalled]")
        .says("agent release r in two is at revision 16");
    // For the plan, as one alone is asked of helm; not again before its turn, nor after.
    assert_eq!(count(&helm.lines(), "status r -n one"), 1);
}

/// Three targets with one file.
fn sharing(world: &World) -> Fleet<'_> {
    let fleet = Fleet::new(world);
    fleet.has(&both(&fleet.before, 3));
    fleet.has_a_third();
    let targets = ["one", "two", "three"]
        .iter()
        .fold(world.read("clearml-certs.yaml"), |text, name| {
            text.replace(&format!("{name}.yaml"), "shared.yaml")
        });
    world.write("clearml-certs.yaml", &targets);
    world.write("shared.yaml", &world.read("before.yaml"));
    fleet
}

fn certificates_in_shared(world: &World) -> usize {
    let file = world.read("shared.yaml");
    file.matches("alias: acme-root").count()
}

fn shared_file(world: &World) {
    let fleet = sharing(world);
    let go = world.home("go");
    let fails = |words: &str| Rule::when(words).fails("Error: no\n");
    let mut rules = fleet.three_before();
    // Of the other two, whoever is first.
    rules.extend([
        fails("upgrade -n one"),
        fails("upgrade").waits_for(&go).once(),
    ]);
    rules.extend(["two", "three"].map(|name| {
        let upgrade = Rule::when(&format!("upgrade -n {name}")).prints("done\n");
        fleet.brings(upgrade, name, &one_of(&fleet.after, name, 4))
    }));
    let (helm, _kubectl) = (FakeHelm::new(world, &rules), fleet.kubectl([]));
    let running = helm.starts(&format!("{INSTALL} --keep-going"));
    let upgrades = || count(&helm.lines(), "upgrade");
    until("the second", || upgrades() == 2);
    // Whoever went now would be left without its certificate once the second has put the file back.
    let began = std::time::Instant::now();
    while began.elapsed() < std::time::Duration::from_secs(1) {
        assert_eq!(upgrades(), 2);
    }
    std::fs::write(&go, "").unwrap();
    let run = running.ends();
    run.exits(1).warns("2 of 3 targets failed");
    // Two or three, whichever was the last.
    assert_eq!(run.stdout.matches("is at revision 4").count(), 1, "{run}");
    assert_eq!(certificates_in_shared(world), 1, "{run}");
    world.is_tidy();
}

fn shared_with_refused(world: &World) {
    let fleet = sharing(world);
    let mut objects = both(&fleet.before, 3);
    objects.retain(|one| one["kind"] != "Secret" || one["metadata"]["namespace"] != "one");
    objects.push(secret(&fleet.before, "one", 3, "pending-upgrade"));
    fleet.has(&objects);
    let mut rules = fleet.three_before();
    let pending = fleet
        .before
        .status()
        .replace("\"deployed\"", "\"pending-upgrade\"");
    rules.insert(
        0,
        Rule::when("status -n one").prints(&pending.replace("team-a", "one")),
    );
    let listed = list(&[("r", "one", CHART)]);
    let listed = listed.replace("\"deployed\"", "\"pending-upgrade\"");
    rules.insert(0, Rule::when("list -n one").prints(&listed));
    rules.push(Rule::when("history").prints("[]"));
    rules.extend(["two", "three"].map(|name| {
        let upgrade = Rule::when(&format!("upgrade -n {name}")).prints("done\n");
        fleet.brings(upgrade, name, &one_of(&fleet.after, name, 4))
    }));
    let (helm, _kubectl) = (FakeHelm::new(world, &rules), fleet.kubectl([]));
    let run = helm.runs(INSTALL);
    run.exits(3)
        .warns("error[release-pending]")
        .warns("1 of 3 targets failed; see above")
        .says("agent release r in two is at revision 4")
        .says("agent release r in three is at revision 4");
    assert_eq!(certificates_in_shared(world), 1, "{run}");
}
