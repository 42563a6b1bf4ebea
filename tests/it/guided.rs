//! Commands on a terminal without components or certificates: the questions, each way out of them, and that the answers give the
//! same plan as flags do.

use std::path::Path;

use crate::support::authority::{Issued, authority, server};
use crate::support::cluster::Namespace;
use crate::support::platform::{self, Signal};
use crate::support::terminal::{CTRL_C, CTRL_U, DOWN, ENTER, ESCAPE, Ended, SPACE, TAB, Terminal};
use crate::support::{
    GATEWAY_FILE, GATEWAY_NEEDS, Helm, World, certificates, repository, tls_server, until,
};

const AGENT_FILE: &str = "clearml-agent-values.override.yaml";
const AGENT_CHART: &str = "charts/clearml-enterprise-agent-6.9.3";

/// A certificate, an override file, and the charts in a folder with a short name.
pub(crate) fn prepare(world: &World) {
    world.write("corp-root.pem", &certificates::ca("Acme Root"));
    world.write(AGENT_FILE, "# ours\nagentk8sglue:\n  replicaCount: 1\n");
    platform::link(repository().join("tests/charts"), world.path("charts"));
}

/// Each question, and the key that answers it.
const QUESTIONS: [(&str, &str); 2] = [
    ("What gets the certificates?", ENTER),
    ("Which certificates?", ENTER),
];

fn answer(terminal: &mut Terminal, questions: &[(&str, &str)]) {
    for (question, key) in questions {
        terminal.shows(question).press(key);
    }
}

/// Takes the line that holds the words.
fn take(terminal: &mut Terminal, question: &str, words: &str) {
    terminal
        .shows(question)
        .shows(words)
        .goes_to(words)
        .press(ENTER);
}

/// The command that a run ended with, as words.
fn same_without_questions(world: &World, ended: &Ended) -> Vec<String> {
    let line = ended
        .screen
        .lines()
        .find_map(|line| line.trim().strip_prefix("helm clearml-certs "))
        .unwrap_or_else(|| panic!("no command in\n{}", ended.screen));
    let folder = world.path("").parent().unwrap().display().to_string();
    shell_words::split(&line.replace("[WORLD]", &folder)).unwrap()
}

/// A helm that knows releases and takes upgrades, without a cluster; it renders with the real one.
fn helm_with_releases(world: &World) -> String {
    let script = r#"#!/bin/sh
case "$1 $3" in
'list default') echo '[]' ;;
'list two') echo '[{"name":"gw-one","status":"deployed","chart":"clearml-enterprise-app-gateway-3.2.0"},
    {"name":"gw-two","status":"deployed","chart":"clearml-enterprise-app-gateway-3.2.0"}]' ;;
list*) cat releases 2>/dev/null || echo '[{"name":"agent-eu","namespace":"ml","revision":"3","status":"deployed","chart":"clearml-enterprise-agent-6.9.3"},
    {"name":"gw","namespace":"ml","revision":"1","status":"deployed","chart":"clearml-enterprise-app-gateway-3.2.0"}]' ;;
status*)
    revision=3
    [ ! -f "count-$2" ] || while read -r _; do revision=$((revision + 1)); done <"count-$2"
    manifest=$(cat "manifest-$2" 2>/dev/null | awk '{ gsub(/\\/, "\\\\"); gsub(/"/, "\\\""); printf "%s\\n", $0 }')
    config=$(cat "config-$2" 2>/dev/null || echo '{}')
    printf '%s\n' "{\"name\":\"$2\",\"version\":$revision,\"info\":{\"status\":\"deployed\"},\"config\":$config,\"manifest\":\"$manifest\"}"
    ;;
upgrade*) # -i -n NAMESPACE RELEASE CHART … -f FILE …
    echo "$*" >>upgrades
    namespace=$4 release=$5 chart=$6
    echo once >>"count-$release"
    while [ $# -gt 2 ] && [ "$1" != -f ]; do shift; done
    HELM template "$release" "$chart" -n "$namespace" --kube-version 1.32.0 -f "$2" >"manifest-$release"
    echo "Release \"$release\" has been upgraded."
    ;;
*)
    [ ! -f hold ] || touch waiting
    while [ -f hold ]; do :; done
    for word do # a real helm would ask a cluster
        shift
        case $word in --validate | --dry-run=server | --disable-openapi-validation) ;; *) set -- "$@" "$word" ;; esac
    done
    [ "$1" != template ] || set -- "$@" --kube-version 1.32.0
    exec HELM "$@"
    ;;
esac
"#;
    let script = script.replace("HELM", &quoted(&world.helm.binary()));
    world.write("../helm.sh", &script);
    let path = world.path("../helm.sh");
    platform::make_executable(&path);
    path.display().to_string()
}

fn quoted(path: &Path) -> String {
    shell_words::quote(&path.display().to_string()).into_owned()
}

/// The cluster that it is about.
const KUBECONFIG: &str = "current-context: blue\ncontexts: [{name: blue, context: {cluster: b}}]\nclusters: [{name: b, cluster: {server: 'https://blue.acme.example:6443'}}]\n";

/// The plugin's binary with that helm, as Helm itself would start it.
pub(crate) fn with_releases(world: &World, line: &str) -> Terminal {
    with_releases_on(world, line, 100)
}

/// The same on a terminal of so many columns.
pub(crate) fn with_releases_on(world: &World, line: &str, columns: u16) -> Terminal {
    with_releases_in(world, &format!("{line} >out"), columns, "default")
}

/// The same in a namespace, with what goes to stdout on the terminal, where the line sends it nowhere else.
fn with_releases_in(world: &World, line: &str, columns: u16, namespace: &str) -> Terminal {
    world.has_programs(&["cat", "awk", "touch"]);
    let helm = helm_with_releases(world);
    let binary = Path::new(env!("CARGO_BIN_EXE_helm-clearml-certs"));
    let script = format!("exec {} {line}", quoted(binary));
    world.write("kubeconfig", KUBECONFIG);
    let variables = [
        ("HELM_BIN", helm.as_str()),
        ("HELM_NAMESPACE", namespace),
        ("KUBECONFIG", "kubeconfig"),
    ];
    Terminal::start(world, &script, columns, &variables)
}

fn fingerprint_of(issued: &Issued) -> String {
    let blocks = helm_clearml_certs::certs::pem::parse(issued.pem().as_bytes()).unwrap();
    blocks[0].certificate.fingerprint.to_string()
}

/// Two agents in one namespace, each with a file that says what is deployed.
fn two_agents(world: &World) {
    let agent = |name: &str| {
        format!(
            "{{\"name\":\"{name}\",\"namespace\":\"ml\",\"revision\":\"3\",\"status\":\"deployed\",\"chart\":\"clearml-enterprise-agent-6.9.3\"}}"
        )
    };
    world.write(
        "releases",
        &format!("[{},{}]", agent("agent-us"), agent("agent-eu")),
    );
    world.write("config-agent-eu", "{\"agentk8sglue\":{\"replicaCount\":1}}");
    world.write("config-agent-us", "{\"agentk8sglue\":{\"replicaCount\":2}}");
    world.write("us.yaml", "agentk8sglue: {replicaCount: 2}\n");
}

/// What begins like a private key.
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";

/// The agent of the fake helm with the certificate deployed.
fn deployed(world: &World) {
    let line = format!(
        "install agent --ca corp-root.pem --mode append --task-pods off --agent-namespace ml --agent-chart {AGENT_CHART} --yes"
    );
    with_releases(world, &line).ends(0);
    std::fs::remove_file(world.path("upgrades")).unwrap();
    let values: serde_json::Value = serde_yaml::from_str(&world.read(AGENT_FILE)).unwrap();
    world.write("config-agent-eu", &values.to_string());
}

either_major! {
    fn a_newcomer_answers_two_questions_and_flags_give_the_same_byte_for_byte(world) {
        prepare(&world);
        let mut terminal = Terminal::plugin(&world, &format!("install --dry-run --agent-chart {AGENT_CHART}"));
        terminal.shows("only files can be written").shows("What gets the certificates?").shows("agent: the ClearML Agent").press(ENTER);
        terminal.shows("Which certificates?").shows("Acme Root (root), until 2126-01-01, in corp-root.pem");
        terminal.shows("another source: a file or folder, https://").press(ENTER);
        let ended = terminal.shows("The same without questions:").ends(0);
        assert!(ended.cursor_is_visible);
        let words = same_without_questions(&world, &ended);
        let expected = ["install", "agent", "--dry-run", "--agent-chart", AGENT_CHART, "--ca", "corp-root.pem"];
        assert!(words.starts_with(&expected.map(str::to_owned)), "{words:?}");
        let by_flags = world.helm(std::iter::once("clearml-certs".to_owned()).chain(words));
        by_flags.exits(0).says("custom-ca-0").says("+    - alias: acme-root");
        assert_eq!(world.stable("out"), by_flags.stdout);
    }

    fn certificates_that_lie_elsewhere_are_typed_and_judged_at_every_key(world) {
        prepare(&world);
        world.write("../at-home.crt", &certificates::ca("Home Root"));
        world.write("public.pem", include_str!("../support/public-roots.pem"));
        world.write("with-key.pem", &format!("{}{KEY}", certificates::ca("Beside A Key")));
        world.write("a-server.pem", &server("a-server").issued_by(&authority("X").self_signed()).pem());
        std::fs::create_dir(world.path("more")).unwrap();
        world.write("more/deep-a.pem", &certificates::ca("Deep A"));
        world.write("more/deep-b.pem", &certificates::ca("Deep B"));
        let mut terminal = Terminal::plugin(&world, &format!("install agent --dry-run --agent-chart {AGENT_CHART}"));
        terminal.shows("Which certificates?").shows("Home Root (root)").shows("in ~/at-home.crt").shows("Deep A (root)");
        // Keys and public CAs are no offer, and a server's own certificate comes after the CAs.
        let offered = terminal.shows("letters filter, esc goes back").text();
        for no_offer in ["with-key.pem", "public.pem"] {
            assert!(!offered.contains(no_offer), "{offered}");
        }
        let place = |words: &str| offered.find(words).unwrap_or_else(|| panic!("no {words} in\n{offered}"));
        assert!(place("Home Root (root)") < place("a-server (leaf)"), "{offered}");
        // Two at once: one of the list, and one that is typed.
        terminal.press("home").press(SPACE).press(CTRL_U).press("another").press(SPACE).press(ENTER);
        terminal.shows("One more").shows("secret:NAME, configmap:NAME or release:NAME").press("corp-rot.pem");
        terminal.shows("there is no such file; did you mean corp-root.pem?").press(ENTER).press(CTRL_U);
        // What has no end is not read.
        terminal.press("/dev/zero").shows("no regular file").press(CTRL_U).press("corp-r");
        terminal.shows("tab completes: corp-root.pem").press(ENTER).press(TAB);
        terminal.shows("Acme Root (root), until 2126-01-01").press(CTRL_U).press("more/").press(TAB).press(TAB);
        terminal.shows("deep-a.pem deep-b.pem").press("b").press(TAB).shows("Deep B (root)").press(ENTER);
        terminal.shows("One more").press(ENTER);
        let ended = terminal.shows("The same without questions:").ends(0);
        assert!(ended.screen.contains("at-home.crt --ca more/deep-b.pem"), "{}", ended.screen);
        let out = world.read("out");
        assert!(out.contains("Home Root") && out.contains("Deep B") && !out.contains("Deep A"), "{out}");
    }

    fn ctrl_c_leaves_at_every_question_and_escape_goes_back_through_all_of_them(world) {
        prepare(&world);
        let before = world.files();
        let file = world.read(AGENT_FILE);
        for (index, (question, _)) in QUESTIONS.iter().enumerate() {
            for key in [ESCAPE, CTRL_C] {
                let mut terminal = Terminal::plugin(&world, "install");
                answer(&mut terminal, &QUESTIONS[..index]);
                terminal.shows(question);
                if key == ESCAPE {
                    for (former, _) in QUESTIONS[..index].iter().rev() {
                        terminal.press(ESCAPE).shows(former);
                    }
                }
                let ended = terminal.press(key).ends(130);
                assert!(ended.cursor_is_visible, "{question}\n{}", ended.screen);
                assert!(ended.screen.contains("nothing was changed"), "{}", ended.screen);
                // Who leaves in the middle can go on there.
                let goes_on = ended.screen.contains("To go on from here:");
                assert_eq!(goes_on, key == CTRL_C && index > 0, "{}", ended.screen);
                std::fs::remove_file(world.path("out")).unwrap();
                assert_eq!(world.files(), before);
            }
        }
        assert_eq!(world.read(AGENT_FILE), file);
        world.is_tidy();
    }

    fn a_signal_to_the_plugin_alone_ends_a_question(world) {
        prepare(&world);
        world.notes_the_plugins_process();
        for signal in [Signal::INT, Signal::TERM] {
            let mut terminal = Terminal::plugin(&world, "install");
            terminal.shows(QUESTIONS[0].0);
            world.signal_plugin(signal);
            let ended = terminal.ends(130);
            assert!(ended.cursor_is_visible, "{}", ended.screen);
            assert!(ended.screen.contains("interrupted; nothing was changed"), "{}", ended.screen);
        }
        world.is_tidy();
    }

    fn letters_filter_the_cursor_is_seen_without_colours_and_enter_takes_its_line(world) {
        prepare(&world);
        let script = format!("exec \"$HELM\" clearml-certs install --dry-run --agent-chart {AGENT_CHART} >out");
        let mut terminal = Terminal::start(&world, &script, 80, &[("NO_COLOR", "1")]);
        terminal.shows("❯ ◻ agent: the ClearML Agent").shows("space ticks, enter goes on, letters filter, esc goes back");
        terminal.press(DOWN).shows("❯ ◻ gateway:").press("nothing").shows("no line has that").press(CTRL_U);
        terminal.press("every").shows("› every ❯ ◻ agent: the ClearML Agent, and every task pod it starts");
        let filtered = terminal.shows("letters filter, esc goes back").text();
        assert!(!filtered.contains("gateway:"), "{filtered}");
        terminal.press(ENTER);
        answer(&mut terminal, &QUESTIONS[1..]);
        let ended = terminal.ends(0);
        assert!(ended.screen.contains("install agent --dry-run"), "{}", ended.screen);
    }

    fn what_the_command_line_says_is_not_asked(world) {
        prepare(&world);
        let line = format!("install agent --dry-run --mode append --task-pods off --agent-release a --agent-namespace b --agent-chart {AGENT_CHART}");
        let mut terminal = Terminal::plugin(&world, &line);
        answer(&mut terminal, &QUESTIONS[1..]);
        let ended = terminal.shows("The same without questions:").ends(0);
        assert!(!ended.screen.contains("What gets"), "{}", ended.screen);
        assert!(world.read("out").contains("helm upgrade -i -n b a"));
    }

    fn a_server_that_the_override_file_names_is_asked_and_its_ca_is_agreed_to(world) {
        prepare(&world);
        let root = authority("Acme Root").self_signed();
        let leaf = server("localhost").issued_by(&root);
        let port = tls_server::serve(&[&leaf, &root]);
        world.write(AGENT_FILE, &format!("agentk8sglue:\n  apiServerUrlReference: https://localhost:{port}\n"));
        let fingerprint = fingerprint_of(&root);
        // Whichever is compared, the CA's is kept: it outlives the server's own.
        for right in ["Acme Root", "localhost: then Acme Root above it is trusted"] {
            let line = format!("install agent --dry-run --mode append --task-pods off --agent-release a --agent-namespace b --agent-chart {AGENT_CHART}");
            let mut terminal = Terminal::plugin(&world, &line);
            terminal.shows("Which certificates?").shows(&format!("what https://localhost:{port} presents (apiServerUrlReference)")).press("presents").press(ENTER);
            terminal.shows("compare the fingerprint").shows("SHA-256").shows("Which one is right?").shows("none of them");
            // None of them, or back: the list comes again.
            terminal.goes_to("none of them").press(ENTER);
            terminal.shows("nothing was taken from").press("presents").press(ENTER);
            terminal.shows("Which one is right?").press(ESCAPE);
            terminal.shows("nothing was taken from").press("presents").press(ENTER);
            take(&mut terminal, "Which one is right?", right);
            let ended = terminal.shows("The same without questions:").ends(0);
            let words = same_without_questions(&world, &ended);
            assert!(words.contains(&format!("https://localhost:{port}")), "{words:?}");
            assert!(words.contains(&fingerprint), "{words:?}");
            assert!(world.read("out").contains("Acme Root"));
        }
    }

    fn after_a_failure_it_can_be_tried_again_and_the_cursor_is_on_the_answer_that_failed(world) {
        prepare(&world);
        let line = format!("install agent --ca corp-root.pem --dry-run --agent-chart {AGENT_CHART}");
        // Everything is given, so nothing is asked, failure or not.
        let ended = Terminal::plugin(&world, &line).ends(0);
        assert!(!ended.screen.contains("questions"), "{}", ended.screen);
        let fails = || {
            let good = world.read("corp-root.pem");
            let mut terminal = Terminal::plugin(&world, &line.replace("--ca corp-root.pem", ""));
            terminal.shows("Which certificates?");
            world.write("corp-root.pem", "not any more\n");
            terminal.press(ENTER).shows("Try again, or change an answer?").shows("❯ certificates: Acme Root (root), until 2126-01-01, in corp-root.pem").shows("namespace: default").shows("chart");
            world.write("corp-root.pem", &good);
            terminal
        };
        let mut terminal = fails();
        terminal.goes_to("try again").press(ENTER).shows("The same without questions:").ends(0);
        let mut terminal = fails();
        terminal.press(ENTER).shows("Which certificates?").shows("◼ Acme Root (root)").press(ENTER);
        terminal.shows("The same without questions:").ends(0);
        let mut terminal = fails();
        terminal.goes_to("quit").press(ENTER);
        let ended = terminal.shows("To go on from here:").ends(3);
        assert!(ended.screen.contains("nothing was changed"), "{}", ended.screen);
    }

    fn detected_releases_come_first_and_bring_their_place_along(world) {
        prepare(&world);
        let mut terminal = with_releases(&world, &format!("install --dry-run --agent-chart {AGENT_CHART}"));
        terminal.shows("agent: release agent-eu in ml, version 6.9.3");
        answer(&mut terminal, &QUESTIONS);
        let ended = terminal.shows("The same without questions:").ends(0);
        // What was chosen is told in its words.
        assert!(ended.screen.contains("✔ What gets the certificates? · agent: release agent-eu in ml, version 6.9.3"), "{}", ended.screen);
        assert!(ended.screen.contains("--ca corp-root.pem -n ml --agent-release agent-eu"), "{}", ended.screen);
        assert!(world.read("out").contains("revision 3 → 4"));
    }

    fn several_releases_of_one_component_go_in_one_run_each_with_the_file_that_says_what_is_deployed(world) {
        prepare(&world);
        two_agents(&world);
        let line = format!("install --mode append --task-pods off --agent-chart {AGENT_CHART} >out");
        let mut terminal = with_releases_in(&world, &line, 100, "ml");
        terminal.shows("◼ agent: release agent-eu in ml").shows("◼ agent: release agent-us in ml").press(ENTER);
        answer(&mut terminal, &QUESTIONS[1..]);
        terminal.shows("us.yaml says what is deployed as agent-us in ml");
        terminal.shows("What now?").shows("apply this").press(ENTER);
        terminal.shows("Upgrade agent-eu in ml, agent-us in ml on context blue").press("yes").press(ENTER);
        let ended = terminal.shows("The same without questions:").ends(0);
        let words = same_without_questions(&world, &ended).join(" ");
        let each = format!("--agent-release agent-eu --agent-values {AGENT_FILE} --agent-release agent-us --agent-values us.yaml");
        assert!(words.contains(&each), "{words}");
        let upgrades = world.read("upgrades");
        assert_eq!(upgrades.lines().count(), 2, "{upgrades}");
        assert!(upgrades.contains("agent-eu charts/") && upgrades.contains("-f us.yaml"), "{upgrades}");
        for file in [AGENT_FILE, "us.yaml"] {
            assert!(world.read(file).contains("extraCerts"), "{file}");
        }
        // The line says the same, and finds nothing left to do.
        let words = words.replace("--yes", "--dry-run").replacen("-n ml", "--agent-namespace ml", 1);
        let words = words.replace("--kubeconfig kubeconfig", "");
        with_releases(&world, &words).ends(0);
        assert!(world.read("out").contains("Nothing to change"), "{}", world.read("out"));
    }

    fn a_release_without_a_file_gets_one_of_its_own_where_another_one_has_the_documented_one(world) {
        prepare(&world);
        two_agents(&world);
        std::fs::remove_file(world.path("us.yaml")).unwrap();
        let line = format!("install --mode append --task-pods off --agent-chart {AGENT_CHART} >out");
        let mut terminal = with_releases_in(&world, &line, 100, "ml");
        answer(&mut terminal, &QUESTIONS);
        // What is refused is told alone, and what helps is there to be chosen.
        terminal.shows("error[deployed-values-lost]").shows("What now?").shows("drop the deployed values");
        assert!(!terminal.text().contains("note["), "{}", terminal.text());
        terminal.shows("let deployed-values-lost pass, as a warning").shows("try again");
        assert!(!terminal.text().contains("apply this"), "{}", terminal.text());
        take(&mut terminal, "What now?", "write the deployed values into the override file");
        terminal.shows("What now?").shows("apply this").goes_to("change an answer").press(ENTER);
        terminal.shows("what was refused: write the deployed values into the override file").shows("override file of agent-us in ml: agent-us-values.override.yaml");
        // Escape gives the plan back that was there, and before it the one that was refused.
        terminal.press(ESCAPE).shows("What now?").press(ESCAPE).shows("error[deployed-values-lost]");
        take(&mut terminal, "What now?", "write the deployed values into the override file");
        take(&mut terminal, "What now?", "write the files only, deploy nothing");
        terminal.shows("Nothing is deployed.").shows("[y/N]").press("y").press(ENTER);
        let ended = terminal.shows("The same without questions:").ends(0);
        assert!(ended.screen.contains("--adopt-values"), "{}", ended.screen);
        let file = world.read("agent-us-values.override.yaml");
        assert!(file.contains("replicaCount: 2") && file.contains("extraCerts"), "{file}");
    }

    fn another_release_beside_one_that_is_deployed_gets_a_file_of_its_own_and_the_line_says_where_it_goes(world) {
        prepare(&world);
        world.write("config-agent-eu", "{\"agentk8sglue\":{\"replicaCount\":1}}");
        let before = world.read(AGENT_FILE);
        let line = format!("install --mode append --task-pods off --agent-chart {AGENT_CHART}");
        let mut terminal = with_releases(&world, &line);
        terminal.shows("What gets the certificates?").shows("agent: another release").goes_to("agent: release agent-eu").press(SPACE);
        terminal.goes_to("agent: another release").press(SPACE).press(ENTER);
        answer(&mut terminal, &QUESTIONS[1..]);
        terminal.shows("Release name of the agent").press(CTRL_U).press("second").press(ENTER);
        take(&mut terminal, "What now?", "write the files only");
        terminal.shows("[y/N]").press("y").press(ENTER);
        let ended = terminal.shows("The same without questions:").ends(0);
        let words = same_without_questions(&world, &ended).join(" ");
        assert!(words.contains("-n default"), "{words}");
        assert!(words.contains("--agent-release second --agent-values second-values.override.yaml"), "{words}");
        assert!(world.read("second-values.override.yaml").contains("extraCerts"));
        assert!(world.read(AGENT_FILE).starts_with(before.as_str()), "{}", world.read(AGENT_FILE));
    }

    fn where_it_goes_is_asked_where_nothing_tells_and_can_be_changed_in_the_preview(world) {
        prepare(&world);
        let line = "install gateway --mode append --gateway-chart charts/clearml-enterprise-app-gateway-3.2.0";
        let mut terminal = with_releases(&world, &format!("{line} --no-such"));
        terminal.shows("install has no option --no-such").ends(64);
        world.write(GATEWAY_FILE, GATEWAY_NEEDS);
        let mut terminal = with_releases(&world, line);
        answer(&mut terminal, &QUESTIONS[1..]);
        terminal.shows("Release name of the gateway").shows("it shows in the URLs of applications").press("New").shows("lower case letters");
        terminal.press(CTRL_U).press("new-gw").press(ENTER);
        take(&mut terminal, "What now?", "change an answer");
        terminal.shows("release: new-gw").shows("override file: clearml-app-gateway-values.override.yaml");
        take(&mut terminal, "Which answer should change?", "namespace: default");
        take(&mut terminal, "Namespace of the gateway", "ml");
        // There is one in that namespace, which is meant then.
        take(&mut terminal, "What now?", "change an answer");
        take(&mut terminal, "Which answer should change?", "release: gw");
        terminal.shows("gw, version 3.2.0");
        take(&mut terminal, "Release name of the gateway", "a new one");
        terminal.shows("Release name of the gateway").press("other").press(ENTER);
        take(&mut terminal, "What now?", "change an answer");
        take(&mut terminal, "Which answer should change?", "further flags for helm: none");
        terminal.shows("Further flags for helm").press("--set 'x=1").shows("a quote is not closed").press("'").press(ENTER);
        take(&mut terminal, "What now?", "quit");
        let ended = terminal.shows("To go on from here:").ends(4);
        for words in ["-n ml --gateway-release other", "-- --set 'x=1'"] {
            assert!(ended.screen.contains(words), "{}", ended.screen);
        }
    }

    fn applying_runs_the_upgrade_and_names_the_command(world) {
        prepare(&world);
        let mut terminal = with_releases(&world, &format!("install --mode append --task-pods off --agent-chart {AGENT_CHART}"));
        answer(&mut terminal, &QUESTIONS);
        terminal.shows("What now?").shows("apply this").press(ENTER);
        terminal.shows("Upgrade agent-eu in ml on context blue (https://blue.acme.example:6443)? [y/N]").press("yes").press(ENTER);
        let ended = terminal.shows("The same without questions:").ends(0);
        assert!(ended.screen.contains("--yes"), "{}", ended.screen);
        assert!(world.read("upgrades").starts_with("upgrade -i -n ml agent-eu charts/"));
        assert!(world.read(AGENT_FILE).starts_with("# ours"));
        assert!(world.read(AGENT_FILE).contains("extraCerts"));
        assert!(world.read("out").contains("has been upgraded"));
    }

    fn enters_that_wait_while_it_plans_deploy_nothing(world) {
        prepare(&world);
        let before = world.read(AGENT_FILE);
        let mut terminal = with_releases(&world, &format!("install --mode append --task-pods off --agent-chart {AGENT_CHART}"));
        answer(&mut terminal, &QUESTIONS[..1]);
        terminal.shows("Which certificates?");
        world.write("hold", "");
        terminal.press(ENTER);
        until("helm renders", || world.files().contains(&"waiting".to_owned()));
        terminal.press(&ENTER.repeat(10));
        std::fs::remove_file(world.path("hold")).unwrap();
        terminal.shows("What now?").press(&ENTER.repeat(10));
        terminal.shows("Upgrade agent-eu in ml on context blue (https://blue.acme.example:6443)? [y/N]").press(ENTER);
        let ended = terminal.ends(4);
        let goes_on = ended.screen.split("To go on from here:").nth(1).unwrap();
        assert!(!goes_on.contains("--yes"), "{}", ended.screen);
        assert_eq!(world.read(AGENT_FILE), before);
        assert!(!world.files().contains(&"upgrades".to_owned()));
    }

    fn files_alone_can_be_written_an_answer_changed_and_the_rest_left(world) {
        prepare(&world);
        let before = world.read(AGENT_FILE);
        let start = || {
            let mut terminal = with_releases(&world, &format!("install --mode append --agent-chart {AGENT_CHART}"));
            answer(&mut terminal, &QUESTIONS);
            terminal.shows("What now?");
            terminal
        };
        // Quit, and escape: to the last question, to the first one, and out.
        let mut terminal = start();
        terminal.goes_to("quit").press(ENTER);
        terminal.shows("nothing was changed").ends(4);
        let mut terminal = start();
        terminal.press(ESCAPE).shows("Which certificates?").press(ESCAPE).shows("What gets").press(ESCAPE).ends(130);
        assert_eq!(world.read(AGENT_FILE), before);
        // Change an answer, then write the files.
        let mut terminal = start();
        let edit = |terminal: &mut Terminal| {
            take(terminal, "What now?", "change an answer");
            take(terminal, "Which answer should change?", "task pods: auto: by the chart where it knows how");
            terminal.shows("How do task pods get them?");
        };
        edit(&mut terminal);
        // Escape takes back that it should change.
        terminal.press(ESCAPE);
        edit(&mut terminal);
        terminal.goes_to("off: task pods do not get them").press(ENTER);
        take(&mut terminal, "What now?", "write the files only");
        terminal.shows("Nothing is deployed. [y/N]").press("y").press(ENTER);
        let ended = terminal.shows("The same without questions:").ends(0);
        assert!(ended.screen.contains("--task-pods off"), "{}", ended.screen);
        assert!(ended.screen.contains("--files-only --yes"), "{}", ended.screen);
        assert!(world.read(AGENT_FILE).contains("extraCerts"));
        assert!(!world.read(AGENT_FILE).contains("basePodTemplate"));
        assert!(!world.files().contains(&"upgrades".to_owned()));
    }

    fn without_a_cluster_the_files_are_written_and_the_line_is_one_that_asks_none(world) {
        prepare(&world);
        let mut terminal = Terminal::plugin(&world, &format!("install --wait --skip-probe --agent-chart {AGENT_CHART}"));
        terminal.shows("nothing can be deployed, and only files can be written");
        answer(&mut terminal, &QUESTIONS);
        terminal.shows("What now?").shows("❯ write the files").press(ENTER);
        assert!(!terminal.text().contains("apply this"), "{}", terminal.text());
        terminal.shows("Nothing is deployed. [y/N]").press("y").press(ENTER);
        let ended = terminal.shows("The same without questions:").ends(0);
        let written = world.read(AGENT_FILE);
        assert!(written.contains("extraCerts"), "{written}");
        let words = same_without_questions(&world, &ended);
        assert_eq!(words[0], "render");
        let again = world.helm(std::iter::once("clearml-certs".to_owned()).chain(words));
        again.exits(0);
        assert_eq!(world.read(AGENT_FILE), written);
        // With its value, what is about helm's waiting goes as well.
        world.write(AGENT_FILE, "agentk8sglue: {}\n");
        let mut terminal = Terminal::plugin(&world, &format!("install --timeout 5m --discard-values --agent-chart {AGENT_CHART}"));
        answer(&mut terminal, &QUESTIONS);
        take(&mut terminal, "What now?", "write the files");
        terminal.shows("Nothing is deployed. [y/N]").press("y").press(ENTER);
        let ended = terminal.shows("The same without questions:").ends(0);
        let words = same_without_questions(&world, &ended);
        let line = words.join(" ");
        assert!(line.starts_with("render agent --agent-chart") && line.contains("--in-place"), "{line}");
        let written = world.read(AGENT_FILE);
        world.helm(std::iter::once("clearml-certs".to_owned()).chain(words)).exits(0);
        assert_eq!(world.read(AGENT_FILE), written);
    }

    fn remove_leads_to_a_certificate_that_goes(world) {
        prepare(&world);
        let before = world.read(AGENT_FILE);
        deployed(&world);
        let mut terminal = with_releases(&world, &format!("remove --agent-chart {AGENT_CHART}"));
        terminal.shows("What loses certificates?").shows("agent: release agent-eu in ml");
        assert!(!terminal.text().contains("another release"), "{}", terminal.text());
        terminal.press(ENTER).shows("Which certificate goes?").shows("acme-root: Acme Root (root), until 2126-01-01; in agent-eu");
        // Back, and on again.
        terminal.press(ESCAPE).shows("What loses certificates?").press(ENTER).shows("Which certificate goes?").press(ENTER);
        terminal.shows("Upgrade agent-eu in ml on context blue").press(ESCAPE);
        let ended = terminal.shows("To go on from here:").ends(130);
        assert!(ended.screen.contains("--alias acme-root -n ml --agent-release agent-eu"), "{}", ended.screen);
        let mut terminal = with_releases(&world, &format!("remove agent --agent-namespace ml --agent-release agent-eu --agent-chart {AGENT_CHART}"));
        terminal.shows("Which certificate goes?").press(ENTER);
        terminal.shows("Upgrade agent-eu in ml on context blue").press("yes").press(ENTER);
        let ended = terminal.shows("The same without questions:").ends(0);
        assert!(ended.screen.contains("--alias acme-root --yes"), "{}", ended.screen);
        assert_eq!(world.read(AGENT_FILE), before);
    }

    fn rotate_leads_to_the_former_certificate_and_to_the_one_that_takes_its_place(world) {
        prepare(&world);
        deployed(&world);
        world.write("root-g2.pem", &certificates::ca("Acme Root G2"));
        let mut terminal = with_releases(&world, &format!("rotate --dry-run --agent-chart {AGENT_CHART}"));
        terminal.shows("Where does a CA change?").press(ENTER);
        terminal.shows("Which certificate goes?").press(ENTER);
        terminal.shows("Which certificate takes its place?").shows("Acme Root G2").press("g2").press(ENTER);
        let ended = terminal.shows("The same without questions:").ends(0);
        assert!(ended.screen.contains("--to root-g2.pem --from acme-root"), "{}", ended.screen);
        assert!(world.read("out").contains("Acme Root G2"), "{}", world.read("out"));
    }

    fn status_leads_to_a_namespace_that_has_releases(world) {
        prepare(&world);
        deployed(&world);
        let mut terminal = with_releases_in(&world, "status --skip-probe", 100, "default");
        terminal.shows("No release of ClearML in default. Where to look?").shows("all namespaces").shows("ml: agent-eu, gw").goes_to("ml: agent-eu, gw").press(ENTER);
        let ended = terminal.shows("helm clearml-certs status -n ml").shows("acme-root").ends(0);
        assert!(ended.screen.contains("agent-eu"), "{}", ended.screen);
        // Who does not want to, sees what there is here; in a pipe nobody is asked.
        let mut terminal = with_releases_in(&world, "status --skip-probe", 100, "default");
        terminal.shows("Where to look?").press(ESCAPE).ends(0);
        let ended = with_releases(&world, "status --skip-probe").ends(0);
        assert!(!ended.screen.contains("Where to look"), "{}", ended.screen);
    }

    fn without_input_nothing_is_asked_even_on_a_terminal(world) {
        let mut terminal = Terminal::plugin(&world, "install --no-input");
        terminal.shows("which component").shows("which certificates").ends(4);
        let root = authority("Acme Root").self_signed();
        let port = tls_server::serve(&[&server("localhost").issued_by(&root), &root]);
        let line = format!("install gateway --ca https://localhost:{port} --no-input");
        let run = world.plugin(&line);
        run.exits(4).warns(&format!("--fingerprint {}", fingerprint_of(&root))).warns("--gateway-release NAME").warns("--yes");
        assert_eq!(run.count("error:"), 1, "{run}");
    }

    fn what_alone_is_missing_is_asked_where_all_else_is_given(world) {
        prepare(&world);
        world.write(GATEWAY_FILE, GATEWAY_NEEDS);
        let chart = "--gateway-chart charts/clearml-enterprise-app-gateway-3.2.0";
        let line = format!("install gateway --ca corp-root.pem --dry-run {chart}");
        let mut terminal = Terminal::plugin(&world, &line);
        terminal.shows("Release name of the AI Application Gateway").press("gw-eu").press(ENTER).ends(0);
        assert!(world.read("out").contains("helm upgrade -i gw-eu"));
        for key in [ESCAPE, CTRL_C] {
            let mut terminal = Terminal::plugin(&world, &line);
            terminal.shows("Release name of the AI Application Gateway").press(key).ends(130);
        }
        // Two releases of one chart; and a server whose certificate is not agreed to.
        let mut terminal = with_releases(&world, &format!("install gateway --ca corp-root.pem --dry-run {chart} --gateway-namespace two"));
        terminal.shows("Which release of the AI Application Gateway in two?").press(DOWN).press(ENTER).ends(0);
        assert!(world.read("out").contains("release gw-two in namespace two"));
        let root = authority("Acme Root").self_signed();
        let port = tls_server::serve(&[&server("localhost").issued_by(&root), &root]);
        let mut terminal = Terminal::plugin(&world, &format!("install gateway --gateway-release gw --ca https://localhost:{port} --dry-run {chart}"));
        terminal.shows("Is this what its owner says").press("n").press(ENTER);
        let ended = terminal.shows("was not accepted; nothing was changed").ends(4);
        assert!(!ended.screen.contains("nobody can be asked"), "{}", ended.screen);
    }
}

on_the_cluster! {
    fn an_installation_is_led_through_and_then_found_again(world, namespace) {
        prepare(&world);
        let name = namespace.name.as_str();
        let line = format!("install --mode append --task-pods off -n {name} --agent-namespace {name} --agent-chart {AGENT_CHART}");
        let mut terminal = Terminal::plugin(&world, &line.replace("install", "install agent"));
        answer(&mut terminal, &QUESTIONS[1..]);
        terminal.shows("What now?").press(ENTER);
        terminal.shows("[y/N]").press("yes").press(ENTER);
        let ended = terminal.shows("The same without questions:").ends(0);
        let words = same_without_questions(&world, &ended);
        let again = world.helm(std::iter::once("clearml-certs".to_owned()).chain(words));
        again.exits(0).says("Nothing to change");
        let mut terminal = Terminal::plugin(&world, &format!("install --dry-run -n {name}"));
        terminal.shows(&format!("agent: release clearml-agent in {name}")).press(ESCAPE).ends(130);
    }
}
