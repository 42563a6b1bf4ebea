use super::*;
use crate::finding::Finding;
use crate::guided::{CommandLine, Offered, Surroundings, Trust, remedies, told};
use crate::helm::{PlacedRelease, ReleaseSummary};
use crate::request::TargetSpec;

fn release(name: &str, namespace: &str, chart: &str) -> PlacedRelease {
    PlacedRelease {
        namespace: namespace.into(),
        release: ReleaseSummary {
            name: name.into(),
            chart: chart.into(),
            status: "deployed".into(),
            updated: String::new(),
            revision: "1".into(),
        },
    }
}

fn seen() -> Seen {
    Seen {
        releases: vec![
            release("gw", "ml", "clearml-enterprise-app-gateway-3.2.0"),
            release("agent-us", "red", "clearml-enterprise-agent-6.9.3"),
            release("agent-eu", "ml", "clearml-enterprise-agent-6.9.3"),
            release("database", "ml", "postgresql-1.0.0"),
        ],
        namespaces: vec!["default".into(), "ml".into(), "red".into()],
        namespace: "ml".into(),
        files: vec![Component::Agent],
        charts: vec![(Component::Agent, "clearml-enterprise/x".into())],
        ..Seen::default()
    }
}

fn lines(question: Option<&Question>) -> Vec<Choice> {
    match question {
        Some(Question::Several { choices, .. } | Question::One { choices, .. }) => choices.clone(),
        Some(Question::Word { .. }) | None => Vec::new(),
    }
}

fn labels(question: Option<&Question>) -> Vec<String> {
    let lines = lines(question).into_iter();
    lines.map(|choice| choice.label).collect()
}

fn line_of(question: Option<&Question>, start: &str) -> Choice {
    let mut all = lines(question).into_iter();
    let found = all.find(|choice| choice.label.starts_with(start));
    found.unwrap_or_else(|| panic!("no {start} in {question:?}"))
}

fn word(question: Option<&Question>) -> (String, String) {
    match question {
        Some(Question::Word { text, start, .. }) => (text.clone(), start.clone()),
        other => panic!("nothing is to be typed: {other:?}"),
    }
}

/// Chooses the lines that begin so.
fn choose(answers: &mut Answers, given: &Given, seen: &Seen, starts: &[&str]) {
    let question = next(answers, given, seen);
    let chosen: Vec<Choice> = starts
        .iter()
        .map(|start| line_of(question.as_ref(), start))
        .collect();
    answers.choose_several(&chosen, given).unwrap();
}

fn certificate(answers: &mut Answers, file: &str) {
    for word in [file, ""] {
        answers.take(Change::Word(Topic::Certificates, word.to_owned()));
    }
}

fn command(answers: &Answers) -> String {
    let line = CommandLine::new(["install".to_owned()]);
    line.with(answers).join(" ")
}

#[test]
fn releases_of_the_current_namespace_come_first_and_ticked_and_the_agent_before_the_others() {
    let question = next(&Answers::default(), &Given::default(), &seen());
    let labels = labels(question.as_ref());
    for (at, start) in [
        (0, "agent: release agent-eu in ml"),
        (1, "gateway: release gw in ml"),
        (2, "agent: release agent-us in red"),
        (3, "agent: another release"),
        (5, "apps: "),
    ] {
        assert!(labels[at].starts_with(start), "{labels:?}");
    }
    assert!(!labels.iter().any(|label| label.contains("database")));
    let Some(Question::Several { ticked, .. }) = question else {
        panic!("{question:?}")
    };
    assert_eq!(ticked, [0, 1]);
}

#[test]
fn many_releases_of_other_namespaces_are_one_line_until_they_are_wanted() {
    let mut seen = seen();
    for namespace in ["d", "b", "c", "a"] {
        let chart = "clearml-enterprise-agent-6.9.3";
        seen.releases.push(release("agent", namespace, chart));
    }
    let given = Given::default();
    let mut answers = Answers::default();
    let question = next(&answers, &given, &seen);
    let others = line_of(question.as_ref(), "others: 5 releases of other namespaces");
    assert_eq!(labels(question.as_ref()).len(), 6);
    answers.choose_several(&[others], &given).unwrap();
    let all = labels(next(&answers, &given, &seen).as_ref());
    let namespaces: Vec<&str> = all[2..7]
        .iter()
        .map(|label| label.split(' ').nth(4).unwrap())
        .collect();
    assert_eq!(namespaces, ["a,", "b,", "c,", "d,", "red,"]);
    // Asked again, what was chosen is ticked, and seen wherever it is.
    let chosen = ["agent: release agent in c", "gateway: another"];
    choose(&mut answers, &given, &seen, &chosen);
    answers.ask(Topic::Releases);
    let question = next(&answers, &given, &seen);
    let all = labels(question.as_ref());
    let Some(Question::Several { ticked, .. }) = question else {
        panic!()
    };
    let ticked: Vec<&str> = ticked.iter().map(|one| all[*one].as_str()).collect();
    assert_eq!(ticked.len(), 2, "{ticked:?}");
    assert!(
        ticked[0].starts_with(chosen[0]) && ticked[1].starts_with(chosen[1]),
        "{ticked:?}"
    );
    // Where nothing runs in the current one, all are seen at once.
    seen.namespace = "empty".into();
    let all = labels(next(&Answers::default(), &given, &seen).as_ref());
    assert_eq!(all.len(), 10, "{all:?}");
}

#[test]
fn what_and_which_certificates_is_all_that_is_asked_and_gives_a_line_without_defaults() {
    let (given, seen) = (Given::default(), seen());
    let mut answers = Answers::new(&given);
    choose(&mut answers, &given, &seen, &["agent: release agent-eu"]);
    assert_eq!(
        word(next(&answers, &given, &seen).as_ref()).0,
        "Certificates"
    );
    certificate(&mut answers, "ca.pem");
    assert_eq!(next(&answers, &given, &seen), None);
    let line = CommandLine::new(["install", "--wait", "--", "--plain-http"].map(str::to_owned));
    let surroundings = Surroundings {
        flags: vec!["--kube-context".into(), "eu".into()],
        namespace: "team-a".into(),
    };
    assert_eq!(
        line.shown(&answers, &given, &["--yes"], &surroundings),
        "helm clearml-certs install agent --wait --ca ca.pem -n ml --agent-release agent-eu \
         --yes --kube-context eu -- --plain-http"
    );
    assert_eq!(
        line.with(&answers).join(" "),
        "install agent --wait --ca ca.pem --agent-release agent-eu --agent-namespace ml -- --plain-http"
    );
    let line = CommandLine::new(["install", "--verify", "-y"].map(str::to_owned));
    let shown = line.shown(&answers, &given, &["--files-only", "--yes"], &surroundings);
    assert!(
        shown.starts_with("helm clearml-certs install agent -y --ca ca.pem")
            && shown.contains("--files-only")
            && !shown.contains("--yes"),
        "{shown}"
    );
    let secret = ["install", "--", "--set", "clearml.apiKey=hunter2"];
    let line = CommandLine::new(secret.map(str::to_owned));
    let shown = line.shown(&answers, &given, &[], &surroundings);
    assert!(shown.ends_with("-- --set 'clearml.apiKey=***'"), "{shown}");
}

#[test]
fn the_line_says_the_namespace_that_helm_took_off_it_for_whatever_goes_by_it() {
    let seen = seen();
    let surroundings = Surroundings {
        namespace: "team-a".into(),
        ..Surroundings::default()
    };
    let shown = |answers: &Answers, given: &Given, words: &str| {
        let words = words.split(' ').map(str::to_owned);
        CommandLine::new(words).shown(answers, given, &[], &surroundings)
    };
    let mut given = Given {
        components: vec![Component::Agent],
        certificates: true,
        ..Given::default()
    };
    let line = shown(&Answers::new(&given), &given, "remove agent");
    assert_eq!(line, "helm clearml-certs remove agent -n team-a");
    given.options = vec![TargetSpec {
        namespace: Some("ml".into()),
        ..TargetSpec::of(Component::Agent)
    }];
    // What the line said stays; an object without a namespace is that of the current one, wherever the release goes.
    let words = "install agent --agent-namespace ml --ca ca.pem";
    let line = shown(&Answers::new(&given), &given, words);
    assert_eq!(line, format!("helm clearml-certs {words}"));
    let words = "install agent --agent-namespace ml --ca secret:ca";
    let line = shown(&Answers::new(&given), &given, words);
    assert_eq!(line, format!("helm clearml-certs {words} -n team-a"));
    // One of two releases: that of the other one stands behind its name.
    let given = Given::default();
    let mut answers = Answers::new(&given);
    let chosen = ["agent: release agent-eu", "agent: another"];
    choose(&mut answers, &given, &seen, &chosen);
    answers.take(Change::Word(
        Topic::Of(1, Component::Agent, Coordinate::Release),
        "new".into(),
    ));
    assert_eq!(
        shown(&answers, &given, "install"),
        "helm clearml-certs install agent -n team-a --agent-release agent-eu --agent-namespace ml --agent-release new"
    );
}

#[test]
fn several_releases_of_one_component_have_a_name_each_before_what_is_theirs() {
    let (given, seen) = (Given::default(), seen());
    let mut answers = Answers::new(&given);
    let chosen = [
        "agent: release agent-eu",
        "gateway: ",
        "agent: release agent-us",
    ];
    choose(&mut answers, &given, &seen, &chosen);
    certificate(&mut answers, "ca.pem");
    answers.propose_file(0, "eu.yaml".to_owned());
    answers.propose_file(1, "us.yaml".to_owned());
    assert_eq!(
        command(&answers),
        "install agent gateway --ca ca.pem \
         --agent-release agent-eu --agent-namespace ml --agent-values eu.yaml \
         --agent-release agent-us --agent-namespace red --agent-values us.yaml \
         --gateway-release gw --gateway-namespace ml"
    );
    let all = told(&answers, &given, &seen);
    let name = |name: &str| {
        all.iter()
            .find(|one| one.name == name)
            .unwrap()
            .answer
            .clone()
    };
    assert_eq!(name("override file of agent-us in red"), "us.yaml");
    // One more of the same needs a name.
    let mut answers = Answers::new(&given);
    choose(
        &mut answers,
        &given,
        &seen,
        &["agent: another", "agent: release agent-us"],
    );
    certificate(&mut answers, "ca.pem");
    let question = next(&answers, &given, &seen);
    assert_eq!(
        word(question.as_ref()),
        ("Release name of the agent".to_owned(), String::new())
    );
}

#[test]
fn a_name_is_asked_for_where_there_is_no_default() {
    let mut seen = Seen {
        namespace: "default".into(),
        ..Seen::default()
    };
    let mut given = Given {
        components: vec![Component::Gateway],
        certificates: true,
        options: vec![TargetSpec {
            namespace: Some("n".into()),
            ..TargetSpec::of(Component::Gateway)
        }],
        ..Given::default()
    };
    let mut answers = Answers::new(&given);
    let question = next(&answers, &given, &seen);
    assert_eq!(word(question.as_ref()).0, "Release name of the gateway");
    answers.take(Change::Word(
        Topic::Of(0, Component::Gateway, Coordinate::Release),
        "gw".into(),
    ));
    assert_eq!(next(&answers, &given, &seen), None);
    let line = CommandLine::new(["install".to_owned(), "gateway".to_owned()]);
    assert_eq!(
        line.with(&answers).join(" "),
        "install gateway --gateway-release gw"
    );
    // The only one that is deployed there is meant; of two, one has to be said.
    let chart = "clearml-enterprise-app-gateway-3.2.0";
    seen.releases.push(release("gw-one", "n", chart));
    let answers = Answers::new(&given);
    assert_eq!(next(&answers, &given, &seen), None);
    seen.releases.push(release("gw-two", "n", chart));
    let question = next(&answers, &given, &seen);
    assert_eq!(
        labels(question.as_ref()),
        [
            "gw-one, version 3.2.0",
            "gw-two, version 3.2.0",
            "a new one"
        ]
    );
    given.options[0].release = Some("gw-two".into());
    assert_eq!(next(&answers, &given, &seen), None);
}

#[test]
fn certificates_that_lie_here_are_offered_beside_servers_and_a_line_for_all_else() {
    let seen = Seen {
        certificates: vec![Offered {
            source: "corp.pem".into(),
            label: "Acme Root (root), until 2036-11-25, in corp.pem".into(),
        }],
        servers: vec![("https://api.acme.example".into(), "apiServer".into())],
        ..seen()
    };
    let given = Given {
        components: vec![Component::Agent],
        ..Given::default()
    };
    let mut answers = Answers::new(&given);
    let question = next(&answers, &given, &seen);
    let shown = labels(question.as_ref());
    assert_eq!(shown.len(), 3, "{shown:?}");
    assert!(shown[2].contains("secret:"), "{shown:?}");
    let fetch = line_of(question.as_ref(), "what https://api.acme.example presents");
    let two = [fetch.clone(), fetch];
    assert!(answers.choose_several(&two, &given).is_err());
    // A file, and one more that is typed: both are there when the question comes again.
    choose(
        &mut answers,
        &given,
        &seen,
        &["Acme Root", "another source"],
    );
    assert_eq!(
        word(next(&answers, &given, &seen).as_ref()).0,
        "One more (enter: no more)"
    );
    certificate(&mut answers, "/ca/other.pem");
    assert_eq!(next(&answers, &given, &seen), None);
    assert_eq!(
        command(&answers),
        "install --ca corp.pem --ca /ca/other.pem"
    );
    answers.ask(Topic::Certificates);
    let Some(Question::Several {
        ticked, choices, ..
    }) = next(&answers, &given, &seen)
    else {
        panic!()
    };
    assert_eq!(ticked, [0, 2]);
    assert_eq!(choices[2].label, "/ca/other.pem");
}

#[test]
fn what_was_typed_can_be_taken_back_though_nothing_lies_here() {
    let given = Given {
        components: vec![Component::Agent],
        ..Given::default()
    };
    let seen = seen();
    let mut answers = Answers::new(&given);
    certificate(&mut answers, "secret:typo");
    answers.ask(Topic::Certificates);
    choose(&mut answers, &given, &seen, &["another source"]);
    certificate(&mut answers, "secret:ca");
    assert_eq!(command(&answers), "install --ca secret:ca");
    // A server that no file names stays beside it, and can be left out as well.
    answers.trust(Trust {
        url: "https://other.example".into(),
        fingerprint: "AB".into(),
    });
    answers.ask(Topic::Certificates);
    let Some(Question::Several {
        ticked, choices, ..
    }) = next(&answers, &given, &seen)
    else {
        panic!()
    };
    assert_eq!(choices[0].label, "what https://other.example presents");
    assert_eq!(ticked, [0, 1]);
    choose(&mut answers, &given, &seen, &["secret:ca"]);
    assert_eq!(command(&answers), "install --ca secret:ca");
}

#[test]
fn everything_that_is_told_can_be_asked_for_again_and_comes_back_in_its_words() {
    let (given, seen) = (Given::default(), seen());
    let mut answers = Answers::new(&given);
    choose(&mut answers, &given, &seen, &["agent: release agent-eu"]);
    certificate(&mut answers, "ca.pem");
    let all = told(&answers, &given, &seen);
    let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
    let expected = [
        "releases",
        "certificates",
        "mode",
        "task pods",
        "release",
        "namespace",
        "override file",
        "chart",
        "chart version",
        "further flags for helm",
    ];
    assert_eq!(names, expected);
    assert_eq!(
        all[0].answer,
        "agent: release agent-eu in ml, version 6.9.3"
    );
    assert!(all[2].answer.starts_with("append: trust them beside"));
    assert_eq!(all[8].answer, "6.9.3, which is deployed");
    for one in &all {
        let mut answers = answers.clone();
        answers.ask(one.topic);
        let question = next(&answers, &given, &seen);
        assert!(question.is_some(), "{}", one.name);
        // Each line of it comes back in its own words.
        for choice in lines(question.as_ref()) {
            let mut answers = answers.clone();
            if matches!(choice.change, Change::Release(..) | Change::More(_)) {
                continue;
            }
            answers.choose_one(&choice);
            let mut again = told(&answers, &given, &seen).into_iter();
            let again = again.find(|other| other.topic == one.topic).unwrap();
            assert_eq!(again.answer, choice.label, "{}", one.name);
        }
    }
    answers.ask(Topic::HelmFlags);
    answers.take(Change::Word(
        Topic::HelmFlags,
        "--plain-http --set 'a=b c'".into(),
    ));
    assert!(command(&answers).ends_with("-- --plain-http --set a=b c"));
    answers.take(Change::Word(
        Topic::HelmFlags,
        "--set clearml.apiKey=hunter2".into(),
    ));
    let flags = told(&answers, &given, &seen).pop().unwrap().answer;
    assert_eq!(flags, "--set 'clearml.apiKey=***'");
}

#[test]
fn a_certificate_that_shares_its_alias_goes_by_its_fingerprint() {
    let mut answers = Answers::default();
    let leaving = |one: &str| Choice {
        label: String::new(),
        change: Change::Leaving(one.to_owned()),
    };
    let both = [leaving("corp"), leaving("sha256:c5adde8d")];
    answers.choose_several(&both, &Given::default()).unwrap();
    let line = |command: &str| {
        let line = CommandLine::new([command.to_owned()]);
        line.with(&answers).join(" ")
    };
    assert_eq!(line("remove"), "remove --alias corp --sha256 c5adde8d");
    assert_eq!(line("rotate"), "rotate --from corp --from sha256:c5adde8d");
}

#[test]
fn an_answer_is_told_as_it_is_however_it_came_to_be() {
    let (given, seen) = (Given::default(), seen());
    let mut answers = Answers::new(&given);
    choose(&mut answers, &given, &seen, &["agent: release agent-eu"]);
    certificate(&mut answers, "ca.pem");
    let tells = |answers: &Answers, topic: Topic| {
        let mut all = told(answers, &given, &seen).into_iter();
        all.find(|one| one.topic == topic).unwrap().answer
    };
    // Chosen, then typed.
    let topic = Topic::Of(0, Component::Agent, Coordinate::Version);
    answers.ask(topic);
    let question = next(&answers, &given, &seen);
    answers.choose_one(&line_of(question.as_ref(), "the newest"));
    assert_eq!(tells(&answers, topic), "the newest");
    answers.ask(topic);
    answers.choose_one(&line_of(question.as_ref(), "another one"));
    answers.take(Change::Word(topic, "6.14.6".into()));
    assert_eq!(tells(&answers, topic), "6.14.6");
    // Chosen, then settled by what helps against a finding.
    answers.choose_one(&Choice {
        label: String::new(),
        change: Change::TaskPods(TaskPods::Template),
    });
    assert!(tells(&answers, Topic::TaskPods).starts_with("template: "));
    let finding = Finding::error("no-task-pod-template", "x");
    remedies(&[&finding], &given)[0].apply(&mut answers);
    assert!(tells(&answers, Topic::TaskPods).starts_with("off: "));
}

#[test]
fn a_release_and_its_version_go_with_their_namespace() {
    let (given, seen) = (Given::default(), seen());
    let mut answers = Answers::new(&given);
    choose(&mut answers, &given, &seen, &["agent: release agent-eu"]);
    certificate(&mut answers, "ca.pem");
    let topic = Topic::Of(0, Component::Agent, Coordinate::Namespace);
    answers.ask(topic);
    let question = next(&answers, &given, &seen);
    assert_eq!(
        labels(question.as_ref()),
        ["ml", "default", "red", "another one"]
    );
    answers.choose_one(&line_of(question.as_ref(), "red"));
    assert_eq!(
        command(&answers),
        "install agent --ca ca.pem --agent-namespace red"
    );
    let all = told(&answers, &given, &seen);
    assert_eq!(all[4].answer, "agent-us");
}

#[test]
fn a_file_that_replaces_the_bundle_is_not_switched_by_enter_alone() {
    let seen = Seen {
        replaces: Some(Component::Agent),
        has_system_bundle: true,
        ..seen()
    };
    let Question::One { choices, .. } = mode(&seen) else {
        panic!()
    };
    assert_eq!(choices[0].change, Change::Mode(None, false));
    assert_eq!(choices[1].change, Change::Mode(Some(Mode::Append), false));
    assert_eq!(
        choices.last().unwrap().change,
        Change::Mode(Some(Mode::Replace), true)
    );
    let mut answers = Answers {
        mode: Some((Some(Mode::Replace), true)),
        ..Answers::default()
    };
    certificate(&mut answers, "a.pem");
    assert_eq!(
        command(&answers),
        "install --ca a.pem --ca system --mode replace"
    );
}

#[test]
fn the_newest_is_asked_for_where_the_deployed_one_would_stay() {
    let (given, seen) = (Given::default(), seen());
    let mut answers = Answers::new(&given);
    choose(&mut answers, &given, &seen, &["agent: release agent-eu"]);
    let topic = Topic::Of(0, Component::Agent, Coordinate::Version);
    answers.ask(topic);
    let question = next(&answers, &given, &seen);
    let newest = Change::Word(topic, ">=6.9.3".into());
    assert_eq!(lines(question.as_ref())[1].change, newest);
}
