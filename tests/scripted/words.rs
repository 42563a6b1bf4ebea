//! What helm is called with, word for word, and that an ordinary run says nothing but what it is about.

use std::collections::BTreeSet;

use libtest_mimic::Trial;

use crate::helm_failures::{
    OLD_VALUES, OVERRIDE, agent, changed, deployed_list, no_releases, rendered, status, stored,
    trial,
};
use crate::support::authority::authority;
use crate::support::fake_helm::{FakeHelm, FakeKubectl, Rule};
use crate::support::{GATEWAY_NEEDS, World, certificates, chart};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("every_call_of_an_upgrade_has_its_words", upgrade),
        trial("a_chart_is_pulled_with_its_credentials", pull),
        trial("every_call_of_kubectl_has_its_words", kubectl),
        trial("every_other_question_to_kubectl_has_its_words", asked),
        trial("kubectl_is_given_no_token_to_show", token),
        trial("what_is_to_be_pasted_goes_where_helm_was_told_to", pasted),
        trial(
            "without_a_terminal_and_without_a_yes_nothing_is_done",
            nobody,
        ),
        trial("an_ordinary_run_says_nothing_beside_its_preview", silence),
        trial("no_question_is_asked_twice_before_something_is_done", once),
    ]
}

fn nobody(world: &World) {
    world.write(OVERRIDE, WHOLE);
    let fake = FakeHelm::new(world, &[no_releases(), rendered()]);
    let line = agent().replace(" --yes", " --skip-probe");
    for more in ["", " --no-input"] {
        fake.runs(&format!("{line}{more}"))
            .exits(4)
            .warns("nobody to ask, so nothing was changed: add --yes");
    }
    assert_eq!(world.read(OVERRIDE), WHOLE);
    assert!(!fake.calls().contains(&"upgrade".to_owned()));
}

/// A file as a team has it: a queue, its credentials, its servers.
pub(crate) const WHOLE: &str = "# ours\nclearml:\n  agentk8sglueKey: key-0001\n  agentk8sglueSecret: secret-0001\nagentk8sglue:\n  apiServerUrlReference: https://api.clearml.acme.example\n  fileServerUrlReference: https://files.clearml.acme.example\n  webServerUrlReference: https://app.clearml.acme.example\n";

fn upgrade(world: &World) {
    let chart = chart("clearml-enterprise-agent-6.9.3");
    world.write("first.yaml", "a: 1\n").write(OVERRIDE, WHOLE);
    let upgraded = Rule::when("upgrade").prints("Release \"clearml-agent\" has been upgraded.\n");
    let fake = FakeHelm::new(
        world,
        &[
            no_releases(),
            rendered(),
            Rule::when("status")
                .fails("Error: release: not found\n")
                .twice(),
            upgraded,
            status(1, "deployed", &changed(world)),
        ],
    );
    let line = format!(
        "{} --skip-probe --wait --timeout 7m0s --rollback-on-failure --agent-values first.yaml --agent-values {OVERRIDE} -- --set b=2 --take-ownership",
        agent()
    );
    fake.runs(&line);
    let lines: Vec<String> = fake
        .lines()
        .into_iter()
        .filter(|line| !line.starts_with("version"))
        .collect();
    let shown: Vec<&str> = lines.iter().map(String::as_str).collect();
    let all = "--max 1000000 --deployed --failed --pending --superseded --uninstalled --uninstalling -o json";
    let cluster = format!(
        "--kubeconfig {}",
        world
            .home("")
            .parent()
            .unwrap()
            .join("no-cluster")
            .display()
    );
    assert_eq!(
        shown,
        [
            format!("list -n team-a {all}"),
            format!(
                "template clearml-agent {chart} -n team-a --validate --dry-run=server --disable-openapi-validation -f first.yaml -f - --set b=2 --take-ownership"
            ),
            format!("list --all-namespaces {all}"),
            "status clearml-agent -n team-a -o json".to_owned(),
            format!(
                "upgrade -i -n team-a clearml-agent {chart} --version 6.9.3 --create-namespace -f first.yaml -f {OVERRIDE} {cluster} --wait --timeout 7m0s --atomic --set b=2 --take-ownership"
            ),
            "status clearml-agent -n team-a -o json --show-resources".to_owned(),
        ]
    );
}

/// What Helm was told of the cluster and of who acts, as it hands it to plugins.
const TOLD: [(&str, &str); 6] = [
    ("HELM_KUBEAPISERVER", "https://127.0.0.1:1"),
    ("HELM_KUBEASUSER", "jane of ops"),
    ("HELM_KUBEASGROUPS", "ops,on-call"),
    ("HELM_KUBECAFILE", "/etc/cluster ca.crt"),
    ("HELM_KUBETLS_SERVER_NAME", "api.acme.example"),
    ("HELM_KUBEINSECURE_SKIP_TLS_VERIFY", "true"),
];
const AS_TOLD: &str = " --context none --server https://127.0.0.1:1 --as jane of ops --as-group ops --as-group on-call --certificate-authority /etc/cluster ca.crt --tls-server-name api.acme.example --insecure-skip-tls-verify";

/// A kubectl that knows the namespace, lets every pod in there and allows everything.
fn obliging(world: &World) -> FakeKubectl {
    let allows = Rule::when("create").allows(&world.path("questions.json"));
    let there = Rule::when("get namespace").prints("namespace/team-a\n");
    let rules = [allows, there, Rule::when("get"), Rule::when("rollout")];
    FakeKubectl::new(world, &rules)
}

/// A release whose pods read `pem` when they start, and do not start again for another one.
pub(crate) fn mounting(revision: u64, pem: &str, values: &str) -> Rule {
    let pem = pem.replace('\n', "\n    ");
    let manifest = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: glue}}\nspec:\n  template:\n    spec:\n      volumes: [{{name: c, configMap: {{name: ca}}}}]\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: ca}}\ndata:\n  ca.crt: |\n    {pem}\n"
    );
    stored(revision, values, &manifest)
}

fn kubectl(world: &World) {
    world.write(OVERRIDE, WHOLE);
    let values = changed(world);
    let kubectl = obliging(world);
    let fake = FakeHelm::new(
        world,
        &[
            deployed_list(),
            rendered(),
            mounting(3, &certificates::ca("Acme Old"), OLD_VALUES).twice(),
            Rule::when("upgrade").prints("Release \"clearml-agent\" has been upgraded.\n"),
            mounting(4, &world.read("ca.pem"), &values),
        ],
    );
    let line = format!(
        "{} --skip-probe --discard-values --restart --wait --timeout 7m0s",
        agent()
    );
    fake.runs_with(&line, &TOLD).exits(0);
    let mut lines = kubectl.takes_lines();
    // How often it is asked while helm waits is a matter of time.
    lines.retain(|line| !line.contains(" --request-timeout=2s"));
    // Two questions are asked at once.
    lines[..2].sort();
    let expected = [
        "get -f - --ignore-not-found --show-managed-fields -o json --request-timeout=5s",
        "get helmcharts.helm.cattle.io -A -o json --request-timeout=5s",
        "create --dry-run=server --validate=false -f - -o name --request-timeout=10s",
        "create -f - -o json --request-timeout=10s",
        "rollout restart deployment/glue -n team-a --request-timeout=10s",
        "rollout status deployment/glue -n team-a --timeout=7m0s",
    ];
    assert_eq!(lines, expected.map(|words| format!("{words}{AS_TOLD}")));

    let questions: serde_json::Value = serde_json::from_str(&world.read("questions.json")).unwrap();
    let asked = questions["items"].as_array().unwrap().iter().map(|item| {
        assert_eq!(item["kind"], "SelfSubjectAccessReview");
        let of = |field: &str| item["spec"]["resourceAttributes"][field].as_str().unwrap();
        ["verb", "group", "resource", "namespace", "name"]
            .map(of)
            .join(" ")
    });
    assert_eq!(
        asked.collect::<Vec<_>>(),
        [
            "create  configmaps team-a ",
            "create  secrets team-a ",
            "create apps deployments team-a ",
            "delete  configmaps team-a ca",
            "delete apps deployments team-a glue",
            "update  secrets team-a ",
        ]
    );
}

fn once(world: &World) {
    world.write(OVERRIDE, WHOLE);
    world.write("new.pem", &certificates::ca("Acme Next"));
    let values = changed(world);
    let kubectl = obliging(world);
    let history = r#"[{"revision":3,"status":"deployed","updated":"2026-11-25T10:29:01.9Z","description":"Upgrade complete"}]"#;
    let fake = FakeHelm::new(
        world,
        &[
            deployed_list(),
            rendered(),
            mounting(3, &world.read("ca.pem"), &values),
            Rule::when("history").prints(history),
            Rule::when("get values").prints(&values),
        ],
    );
    let line = agent().replace("--yes", "--dry-run");
    let to = line.replace(
        "install agent --ca ca.pem",
        "rotate agent --from acme-root --to new.pem",
    );
    let from = line.replace("install agent --ca ca.pem", "remove agent --all");
    for line in [
        line.as_str(),
        &to,
        &from,
        "status --agent-namespace team-a",
        "status --all-namespaces",
        "verify agent --agent-namespace team-a --dry-run",
        "init",
        "doctor",
    ] {
        fake.forgets();
        let run = fake.runs(line);
        assert!(!fake.lines().is_empty(), "{line}: {}", run.stderr);
        for of in [fake.lines(), kubectl.takes_lines()] {
            let mut known = BTreeSet::new();
            // Some differ in what they are given to read alone.
            let asked = of.iter().filter(|one| !one.contains(" -f -"));
            for question in asked {
                assert!(known.insert(question), "{line}: {question} in {of:#?}");
            }
        }
    }
}

fn asked(world: &World) {
    world.write(OVERRIDE, WHOLE);
    let fake = FakeHelm::new(world, &[no_releases(), rendered()]);
    let kubectl = obliging(world);
    let new = agent().replace("--yes", "--skip-probe --dry-run");
    for (line, expected) in [
        (
            new.as_str(),
            &[
                "get namespace team-a --ignore-not-found -o name --request-timeout=5s",
                "create --dry-run=server --validate=false -f - -o name --request-timeout=10s",
                "get -f - --ignore-not-found --show-managed-fields -o json --request-timeout=5s",
                "create -f - -o json --request-timeout=10s",
            ][..],
        ),
        (
            "doctor gateway",
            &[
                "create -f - -o json --request-timeout=10s",
                "get --raw /version -v=8 --request-timeout=5s",
            ],
        ),
        (
            "__complete install --agent-namespace t",
            &["get namespaces -o name --request-timeout=5s"],
        ),
    ] {
        fake.runs(line);
        let mut lines = kubectl.takes_lines();
        // Two questions may be asked at once.
        lines.sort();
        let expected = expected
            .iter()
            .map(|words| format!("{words} --context none"));
        let mut expected: Vec<String> = expected.collect();
        expected.sort();
        assert_eq!(lines, expected, "{line}");
    }
}

/// The same as helm's own flags, for a shell.
const PASTED: &str = "--kube-apiserver https://127.0.0.1:1 --kube-as-user 'jane of ops' --kube-as-group ops --kube-as-group on-call --kube-ca-file '/etc/cluster ca.crt' --kube-tls-server-name api.acme.example --kube-insecure-skip-tls-verify";

fn pasted(world: &World) {
    world.write(OVERRIDE, WHOLE);
    let kubeconfig = "[WORLD]/no-cluster";
    let told = [TOLD.as_slice(), &[("HELM_KUBETOKEN", "a-token")]].concat();
    let may_not = "secrets is forbidden: User \"jane\" cannot list resource \"secrets\"\n";
    let fake = FakeHelm::new(
        world,
        &[
            no_releases(),
            rendered(),
            Rule::when("status")
                .fails("Error: release: not found\n")
                .twice(),
            Rule::when("upgrade").fails(&format!("Error: {may_not}")),
            Rule::when("status").fails("Error: release: not found\n"),
        ],
    );
    let as_kubectl = "--server https://127.0.0.1:1 --as 'jane of ops' --as-group ops --as-group on-call --certificate-authority '/etc/cluster ca.crt' --tls-server-name api.acme.example --insecure-skip-tls-verify";
    fake.runs_with(&format!("{} --skip-probe", agent()), &told)
        .exits(1)
        .says(&format!(
            " -f {OVERRIDE} --kubeconfig {kubeconfig} {PASTED}\n"
        ))
        .warns(&format!(
            " -f {OVERRIDE} --kubeconfig {kubeconfig} {PASTED}\n"
        ))
        .warns(&format!(
            "`kubectl auth can-i --list -n team-a --kubeconfig {kubeconfig} {as_kubectl}`"
        ))
        .never_says("a-token");
    // And what kubectl was called with is told to be called from any shell.
    let _kubectl = FakeKubectl::new(world, &[Rule::when("get").fails(may_not)]);
    fake.runs_with("inspect secret:team/ca", &TOLD)
        .exits(1)
        .warns(&format!(
            "command: kubectl get secret ca -n team -o json --context none --kubeconfig {kubeconfig} {as_kubectl}"
        ));
}

fn token(world: &World) {
    world.write(OVERRIDE, WHOLE);
    let kubectl = obliging(world);
    let fake = FakeHelm::new(world, &[no_releases(), rendered()]);
    let line = agent().replace("--yes", "--skip-probe --dry-run");
    fake.runs_with(&line, &[("HELM_KUBETOKEN", "a-token-to-nobodys-eyes")])
        .exits(0);
    assert_eq!(kubectl.takes_lines(), Vec::<String>::new());
    // And it is one server's.
    world.write("kubeconfig", "contexts: [{name: a, context: {cluster: a}}, {name: b, context: {cluster: b}}]\nclusters: [{name: a, cluster: {server: 'http://127.0.0.1:1'}}, {name: b, cluster: {server: 'http://127.0.0.1:2'}}]\n");
    let path = world.path("kubeconfig").display().to_string();
    let told = [
        ("HELM_KUBETOKEN", "a-token-to-nobodys-eyes"),
        ("KUBECONFIG", path.as_str()),
    ];
    let shared = "--kube-token (or HELM_KUBETOKEN) would be shown to 2 servers";
    fake.runs_with("status --contexts a,b", &told)
        .exits(64)
        .warns(shared);
    fake.runs_with("status --contexts a --skip-probe", &told)
        .exits(0);
    let target = |context: &str| {
        let chart = chart("clearml-enterprise-agent-6.9.3");
        format!(
            "  - {{component: agent, context: {context}, namespace: team-a, release: r, chart: {chart}, values: {OVERRIDE}}}\n"
        )
    };
    let both = format!(
        "certificates: {{acme: ca.pem}}\ntargets:\n{}{}",
        target("a"),
        target("b")
    );
    world.write("clearml-certs.yaml", &both);
    fake.runs_with("status --skip-probe", &told)
        .exits(64)
        .warns(shared);
    fake.runs_with("status --skip-probe --only context=b", &told)
        .never_says(shared);
}

fn pull(world: &World) {
    world.write(OVERRIDE, WHOLE);
    let fake = FakeHelm::new(
        world,
        &[
            no_releases(),
            rendered(),
            Rule::when("pull").pulls(chart("clearml-enterprise-agent-6.9.3").as_ref()),
        ],
    );
    fake.runs("install agent --ca ca.pem --chart acme/clearml-enterprise-agent --version 6.9.3 --skip-probe --dry-run -- --username me --password hunter2-very-secret --ca-file ca.pem --set b=2");
    let lines = fake.lines();
    let pull = lines.iter().find(|line| line.starts_with("pull")).unwrap();
    let (words, _) = pull.split_once(" --untardir ").unwrap();
    assert_eq!(
        words,
        "pull acme/clearml-enterprise-agent --version 6.9.3 --username me --password hunter2-very-secret --ca-file ca.pem --untar"
    );
}

const ALONE: &[&str] = &["warning[gateway-without-agent]"];
const OLD_IMAGES: &[&str] = &["note[chart-names-old-images]"];

/// The stand-in charts, the findings that an ordinary run on them has, which are those of the chart's own version, and how
/// often they are rendered: names of `ConfigMap`s that nobody could guess are told by a first rendering.
const ORDINARY: [(&str, &str, &[&str], usize); 9] = [
    ("agent", "clearml-enterprise-agent-6.14.6", &[], 1),
    ("agent", "clearml-enterprise-agent-6.9.3", OLD_IMAGES, 1),
    ("agent", "shapes-agent-1.0.0", &[], 1),
    ("agent", "single-template-agent-1.0.0", &[], 1),
    ("agent", "odd-agent-1.0.0", OLD_IMAGES, 2),
    ("agent", "klique-orchestrator-1.0.0", &[], 1),
    ("gateway", "clearml-enterprise-app-gateway-3.2.0", ALONE, 1),
    ("apps", "clearml-enterprise-10.11.3", &[], 1),
    ("apps", "clearml-enterprise-10.8.13", &[], 1),
];

fn silence(world: &World) {
    world.write("ca.pem", &authority("Acme Root").self_signed().pem());
    world
        .write("values.yaml", WHOLE)
        .write("gateway.yaml", GATEWAY_NEEDS);
    let fake = FakeHelm::new(world, &[no_releases(), rendered()]);
    for (component, name, expected, renderings) in ORDINARY {
        let file = if component == "gateway" {
            "gateway.yaml"
        } else {
            "values.yaml"
        };
        let line = format!(
            "install {component} --ca ca.pem --chart {} --values {file} --release one --skip-probe --dry-run",
            chart(name)
        );
        fake.forgets();
        let run = fake.runs(&line);
        let is_beside = |line: &&str| !line.starts_with("✓ ") && !line.starts_with("  hint: ");
        let said = run.stderr.lines().filter(is_beside);
        let codes: Vec<&str> = said.filter_map(|line| line.split(':').next()).collect();
        assert_eq!(codes, expected, "{name}\n{run}");
        run.exits(0);
        let calls = fake.calls();
        let calls: Vec<&str> = calls
            .iter()
            .map(String::as_str)
            .filter(|call| *call != "version")
            .collect();
        let rendered = vec!["template"; renderings];
        assert_eq!(
            calls,
            [vec!["list"], rendered, vec!["list"]].concat(),
            "{name}"
        );
    }
}
