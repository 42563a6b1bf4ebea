//! `install` on a terminal: the questions, each way out of them, and that the answers give the same plan as flags do.

use std::path::Path;

use crate::support::authority::{authority, server};
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

/// Each question of a run without a cluster, and the keys that answer it.
const QUESTIONS: [(&str, &[&str]); 8] = [
    ("What gets the certificates?", &[DOWN, SPACE, ENTER]),
    ("Certificate file or folder", &["corp-root.pem", ENTER]),
    ("One more", &[ENTER]),
    ("How should the pods trust them?", &[ENTER]),
    ("How do task pods get them?", &[ENTER]),
    ("Namespace of the agent", &[CTRL_U, "team-a", ENTER]),
    ("Release name of the agent", &[ENTER]),
    ("Chart of the agent", &[CTRL_U, AGENT_CHART, ENTER]),
];

fn answer(terminal: &mut Terminal, questions: &[(&str, &[&str])]) {
    for (question, keys) in questions {
        terminal.shows(question).press(&keys.concat());
    }
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
'list two') echo '[{"name":"gw-one","status":"deployed","chart":"clearml-enterprise-app-gateway-3.2.0"},
    {"name":"gw-two","status":"deployed","chart":"clearml-enterprise-app-gateway-3.2.0"}]' ;;
list*) echo '[{"name":"agent-eu","namespace":"ml","revision":"3","status":"deployed","chart":"clearml-enterprise-agent-6.9.3"},
    {"name":"gw","namespace":"ml","revision":"1","status":"deployed","chart":"clearml-enterprise-app-gateway-3.2.0"}]' ;;
status*)
    revision=3
    [ ! -f upgrades ] || revision=4
    manifest=$(cat manifest 2>/dev/null | awk '{ gsub(/\\/, "\\\\"); gsub(/"/, "\\\""); printf "%s\\n", $0 }')
    printf '%s\n' "{\"name\":\"agent-eu\",\"version\":$revision,\"info\":{\"status\":\"deployed\"},\"config\":{},\"manifest\":\"$manifest\"}"
    ;;
upgrade*) # -i -n NAMESPACE RELEASE CHART …
    echo "$*" >>upgrades
    HELM template "$5" "$6" -n "$4" --kube-version 1.32.0 -f clearml-agent-values.override.yaml >manifest
    echo 'Release "agent-eu" has been upgraded.'
    ;;
*)
    [ ! -f hold ] || touch waiting
    while [ -f hold ]; do :; done
    for word do # a real helm would ask a cluster
        shift
        case $word in --validate | --dry-run=server) ;; *) set -- "$@" "$word" ;; esac
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
    world.has_programs(&["cat", "awk", "touch"]);
    let helm = helm_with_releases(world);
    let binary = Path::new(env!("CARGO_BIN_EXE_helm-clearml-certs"));
    let script = format!("exec {} {line} >out", quoted(binary));
    world.write("kubeconfig", KUBECONFIG);
    let variables = [
        ("HELM_BIN", helm.as_str()),
        ("HELM_NAMESPACE", "default"),
        ("KUBECONFIG", "kubeconfig"),
    ];
    Terminal::start(world, &script, columns, &variables)
}

either_major! {
    fn a_newcomer_is_led_to_a_preview_that_flags_give_byte_for_byte(world) {
        prepare(&world);
        let mut terminal = Terminal::plugin(&world, "install --dry-run");
        terminal.shows("What gets the certificates?").press(ENTER);
        terminal.shows("choose at least one").shows("What gets the certificates?");
        terminal.press(&[DOWN, SPACE, ENTER].concat());
        terminal.shows("Certificate file or folder").press("corp-rot.pem");
        terminal.shows("there is no such file; did you mean corp-root.pem?").press(ENTER).press(CTRL_U).press("corp-r");
        terminal.shows("there is no such file").press(TAB);
        terminal.shows("Acme Root (root), until 2126-01-01").press(ENTER);
        answer(&mut terminal, &QUESTIONS[2..5]);
        terminal.shows("Namespace of the agent").press(CTRL_U).press("Team A");
        terminal.shows("lower case letters").press(CTRL_U).press("team-a").press(ENTER);
        answer(&mut terminal, &QUESTIONS[6..7]);
        terminal.shows("Chart of the agent").press(CTRL_U).press("charts/clearml-enterprise-ag");
        terminal.shows("did you mean charts/clearml-enterprise").press(TAB);
        terminal.press(TAB).shows("clearml-enterprise-agent-6.14.6").press("9");
        terminal.press(TAB).shows("a chart on this disk").press(ENTER);
        let ended = terminal.shows("The same without questions:").ends(0);
        assert!(ended.cursor_is_visible);
        let words = same_without_questions(&world, &ended);
        assert!(words.contains(&"--dry-run".to_owned()), "{words:?}");
        let by_flags = world.helm(std::iter::once("clearml-certs".to_owned()).chain(words));
        by_flags.exits(0).says("custom-ca-0").says("+    - alias: acme-root");
        assert_eq!(world.stable("out"), by_flags.stdout);
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

    fn what_the_command_line_says_is_not_asked(world) {
        prepare(&world);
        let line = format!("install agent --dry-run --mode append --task-pods off --agent-release a --agent-namespace b --agent-chart {AGENT_CHART}");
        let mut terminal = Terminal::plugin(&world, &line);
        terminal.shows("Certificate file or folder").press("corp-root.pem").press(ENTER);
        terminal.shows("One more").press(ENTER);
        let ended = terminal.shows("The same without questions:").ends(0);
        assert!(!ended.screen.contains('?'), "{}", ended.screen);
        assert!(world.read("out").contains("helm upgrade -i -n b a"));
    }

    fn a_server_that_the_override_file_names_is_asked_and_its_ca_is_agreed_to(world) {
        prepare(&world);
        let root = authority("Acme Root").self_signed();
        let leaf = server("localhost").issued_by(&root);
        let port = tls_server::serve(&[&leaf, &root]);
        world.write(AGENT_FILE, &format!("agentk8sglue:\n  apiServerUrlReference: https://localhost:{port}\n"));
        let line = format!("install agent --dry-run --mode append --task-pods off --agent-release a --agent-namespace b --agent-chart {AGENT_CHART}");
        let mut terminal = Terminal::plugin(&world, &line);
        terminal.shows("Where are the certificates?").shows("(apiServerUrlReference)").press(DOWN).press(ENTER);
        terminal.shows("compare the fingerprint").shows("SHA-256").shows("Which one is right?").press(ENTER);
        terminal.shows("One more").press(ENTER);
        let ended = terminal.shows("The same without questions:").ends(0);
        let words = same_without_questions(&world, &ended);
        let fingerprint = root.pem();
        let fingerprint = helm_clearml_certs::certs::pem::parse(fingerprint.as_bytes()).unwrap()[0].certificate.fingerprint;
        assert!(words.contains(&format!("https://localhost:{port}")), "{words:?}");
        assert!(words.contains(&fingerprint.to_string()), "{words:?}");
        assert!(world.read("out").contains("Acme Root"));
    }

    fn a_failure_lets_an_answer_be_changed_or_leaves_with_its_exit_code(world) {
        prepare(&world);
        let line = format!("install agent --ca corp-root.pem --dry-run --agent-chart {AGENT_CHART}");
        // Everything is given, so nothing is asked, failure or not.
        let ended = Terminal::plugin(&world, &line).ends(0);
        assert!(!ended.screen.contains("questions"), "{}", ended.screen);
        let mut terminal = Terminal::plugin(&world, "install agent --dry-run --mode append --task-pods off --agent-release a --agent-namespace b --agent-version 1.0.0");
        answer(&mut terminal, &QUESTIONS[1..3]);
        answer(&mut terminal, &QUESTIONS[7..8]);
        terminal.shows("is version 6.9.3, not 1.0.0").shows("Which answer should change?");
        terminal.shows("agent chart: charts/").press(DOWN).press(ENTER);
        // What was typed before stands there again.
        terminal.shows(AGENT_CHART).press(ENTER);
        terminal.shows("Which answer should change?").press(DOWN).press(DOWN).press(ENTER);
        let ended = terminal.ends(3);
        assert!(ended.screen.contains("nothing was changed"), "{}", ended.screen);
    }

    fn detected_releases_come_first_and_bring_their_place_along(world) {
        prepare(&world);
        let mut terminal = with_releases(&world, "install --dry-run");
        terminal.shows("agent: release agent-eu in ml, version 6.9.3").press(SPACE).press(ENTER);
        answer(&mut terminal, &QUESTIONS[1..5]);
        answer(&mut terminal, &QUESTIONS[7..8]);
        let ended = terminal.shows("The same without questions:").ends(0);
        assert!(ended.screen.contains("install agent --dry-run --ca corp-root.pem -n ml --agent-release agent-eu"), "{}", ended.screen);
        assert!(world.read("out").contains("revision 3 → 4"));
    }

    fn a_release_and_a_namespace_are_chosen_from_what_exists(world) {
        prepare(&world);
        let mut terminal = with_releases(&world, "install gateway --ca corp-root.pem --dry-run --mode append --gateway-chart charts/clearml-enterprise-app-gateway-3.2.0 --no-such");
        terminal.shows("install has no option --no-such").ends(64);
        let mut terminal = with_releases(&world, "install gateway --dry-run --mode append --gateway-chart charts/clearml-enterprise-app-gateway-3.2.0");
        answer(&mut terminal, &QUESTIONS[1..3]);
        terminal.shows("Namespace of the gateway").shows("default").shows("ml").shows("another one").press(DOWN).press(ENTER);
        terminal.shows("Release of the gateway").shows("gw, version 3.2.0").press(DOWN).press(ENTER);
        terminal.shows("Release name of the gateway (it shows in application URLs)").press("new-gw").press(ENTER);
        world.write("gw.yaml", GATEWAY_NEEDS);
        terminal.shows("Override file of the gateway").press(CTRL_U).press("gw.yaml").press(ENTER);
        let ended = terminal.shows("The same without questions:").ends(0);
        assert!(ended.screen.contains("-n ml --gateway-release new-gw"), "{}", ended.screen);
    }

    fn applying_runs_the_upgrade_and_names_the_command(world) {
        prepare(&world);
        let mut terminal = with_releases(&world, &format!("install --mode append --task-pods off --agent-chart {AGENT_CHART}"));
        terminal.shows("agent: release agent-eu").press(SPACE).press(ENTER);
        answer(&mut terminal, &QUESTIONS[1..3]);
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
        terminal.shows("agent: release agent-eu").press(SPACE).press(ENTER);
        answer(&mut terminal, &QUESTIONS[1..2]);
        terminal.shows("One more");
        world.write("hold", "");
        terminal.press(ENTER);
        until("helm renders", || world.files().contains(&"waiting".to_owned()));
        terminal.press(&ENTER.repeat(10));
        std::fs::remove_file(world.path("hold")).unwrap();
        terminal.shows("What now?").press(&ENTER.repeat(10));
        terminal.shows("Upgrade agent-eu in ml on context blue (https://blue.acme.example:6443)? [y/N]").press(ENTER);
        terminal.ends(4);
        assert_eq!(world.read(AGENT_FILE), before);
        assert!(!world.files().contains(&"upgrades".to_owned()));
    }

    fn files_alone_can_be_written_an_answer_changed_and_the_rest_left(world) {
        prepare(&world);
        let before = world.read(AGENT_FILE);
        let start = || {
            let mut terminal = with_releases(&world, &format!("install --mode append --agent-chart {AGENT_CHART}"));
            terminal.shows("agent: release agent-eu").press(SPACE).press(ENTER);
            answer(&mut terminal, &QUESTIONS[1..3]);
            answer(&mut terminal, &QUESTIONS[4..5]);
            terminal.shows("What now?");
            terminal
        };
        // Quit, and escape from the last question.
        let mut terminal = start();
        terminal.press(DOWN).press(DOWN).press(DOWN).press(ENTER);
        terminal.shows("nothing was changed").ends(4);
        let mut terminal = start();
        terminal.press(ESCAPE);
        terminal.ends(130);
        assert_eq!(world.read(AGENT_FILE), before);
        // Change an answer, then write the files.
        let mut terminal = start();
        terminal.press(DOWN).press(DOWN).press(ENTER);
        let edit = |terminal: &mut Terminal| {
            terminal.shows("Which answer should change?").shows("task pods: auto").press(DOWN).press(DOWN).press(ENTER);
            terminal.shows("How do task pods get them?");
        };
        edit(&mut terminal);
        // Escape takes back that it should change.
        terminal.press(ESCAPE).shows("What now?").press(DOWN).press(DOWN).press(ENTER);
        edit(&mut terminal);
        terminal.press(DOWN).press(DOWN).press(DOWN).press(ENTER);
        terminal.shows("What now?").shows("write the files only").press(DOWN).press(ENTER);
        terminal.shows("Nothing is deployed. [y/N]").press("y").press(ENTER);
        let ended = terminal.shows("The same without questions:").ends(0);
        assert!(ended.screen.contains("--task-pods off"), "{}", ended.screen);
        assert!(ended.screen.contains("--files-only --yes"), "{}", ended.screen);
        assert!(world.read(AGENT_FILE).contains("extraCerts"));
        assert!(!world.read(AGENT_FILE).contains("basePodTemplate"));
        assert!(!world.files().contains(&"upgrades".to_owned()));
    }

    fn without_input_nothing_is_asked_even_on_a_terminal(world) {
        let mut terminal = Terminal::plugin(&world, "install --no-input");
        terminal.shows("which component").shows("which certificates").ends(4);
        let root = authority("Acme Root").self_signed();
        let port = tls_server::serve(&[&server("localhost").issued_by(&root), &root]);
        let line = format!("install gateway --ca https://localhost:{port} --no-input");
        let run = world.plugin(&line);
        run.exits(4).warns("--fingerprint").warns("--gateway-release NAME").warns("--yes");
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
        answer(&mut terminal, &QUESTIONS[1..3]);
        terminal.shows("Release name of the agent").press(ENTER);
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
