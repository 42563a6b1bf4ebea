use super::super::CommandLine;
use super::*;
use crate::helm::ReleaseSummary;
use crate::request::TargetSpec;

fn seen() -> Seen {
    let release = |name: &str, namespace: &str, chart: &str| PlacedRelease {
        namespace: namespace.into(),
        release: ReleaseSummary {
            name: name.into(),
            chart: chart.into(),
            status: "deployed".into(),
            updated: String::new(),
            revision: "1".into(),
        },
    };
    Seen {
        releases: vec![
            release("agent-eu", "ml", "clearml-enterprise-agent-6.9.3"),
            release("gw", "ml", "clearml-enterprise-app-gateway-3.2.0"),
            release("database", "ml", "postgresql-1.0.0"),
        ],
        namespaces: vec!["ml".into(), "default".into()],
        namespace: "default".into(),
        files: vec![Component::Agent],
        charts: vec![(Component::Agent, "clearml-enterprise/x".into())],
        ..Seen::default()
    }
}

fn labels(question: Option<Question>) -> Vec<String> {
    match question {
        Some(Question::Several { choices, .. } | Question::One { choices, .. }) => {
            choices.into_iter().map(|choice| choice.label).collect()
        }
        Some(Question::Word { text, start, .. }) => vec![text, start],
        None => Vec::new(),
    }
}

/// Answers every question with its first choice, or with `word` where nothing stands there already.
fn first_of_everything(answers: &mut Answers, given: &Given, seen: &Seen, word: &str) -> usize {
    let mut asked = 0;
    while let Some(question) = next(answers, given, seen) {
        asked += 1;
        match question {
            Question::Several { choices, .. } => {
                answers.choose(&[choices[0].change.clone()]).unwrap();
            }
            Question::One { choices, .. } => answers.take(choices[0].change.clone()),
            Question::Word {
                topic,
                start,
                optional,
                ..
            } => {
                let text = if start.is_empty() && !optional {
                    word.to_owned()
                } else {
                    start
                };
                answers.take(Change::Word(topic, text));
            }
        }
        assert!(asked < 50, "no end of questions");
    }
    asked
}

#[test]
fn releases_that_run_come_first_and_foreign_charts_are_not_offered() {
    let labels = labels(next(&Answers::default(), &Given::default(), &seen()));
    assert!(
        labels[0].starts_with("agent: release agent-eu in ml"),
        "{labels:?}"
    );
    assert!(
        labels[1].starts_with("gateway: release gw in ml"),
        "{labels:?}"
    );
    assert!(labels[2].starts_with("apps: "), "{labels:?}");
    assert!(!labels.iter().any(|label| label.contains("database")));
}

#[test]
fn releases_of_the_current_namespace_come_before_others() {
    let mut seen = seen();
    seen.releases[1].namespace = "default".into();
    let labels = labels(next(&Answers::default(), &Given::default(), &seen));
    assert!(
        labels[0].starts_with("gateway: release gw in default"),
        "{labels:?}"
    );
    assert!(
        labels[1].starts_with("agent: release agent-eu in ml"),
        "{labels:?}"
    );
}

#[test]
fn the_usual_answers_give_a_command_line_without_defaults() {
    let (given, seen) = (Given::default(), seen());
    let mut answers = Answers::new(&given);
    first_of_everything(&mut answers, &given, &seen, "ca.pem");
    let line = CommandLine::new(["install", "--wait", "--", "--plain-http"].map(str::to_owned));
    assert_eq!(
        line.shown(
            &answers,
            &["--yes"],
            &["--kube-context".into(), "eu".into()]
        ),
        "helm clearml-certs install agent --wait --ca ca.pem -n ml --agent-release agent-eu \
         --agent-chart clearml-enterprise/x --yes --kube-context eu -- --plain-http"
    );
    let secret = ["install", "--", "--set", "clearml.apiKey=hunter2"];
    let shown = CommandLine::new(secret.map(str::to_owned)).shown(&answers, &[], &[]);
    assert!(shown.ends_with("-- --set 'clearml.apiKey=***'"), "{shown}");
    assert_eq!(
        line.with(&answers).join(" "),
        "install agent --wait --ca ca.pem --agent-namespace ml --agent-release agent-eu \
         --agent-chart clearml-enterprise/x -- --plain-http"
    );
}

#[test]
fn what_was_given_is_not_asked() {
    let seen = Seen {
        namespace: "default".into(),
        ..Seen::default()
    };
    let mut given = Given {
        components: vec![Component::Gateway],
        certificates: true,
        mode: true,
        task_pods: false,
        options: vec![TargetSpec {
            namespace: Some("n".into()),
            chart: Some("c".into()),
            values: vec!["v.yaml".into()],
            ..TargetSpec::of(Component::Gateway)
        }],
    };
    let mut answers = Answers::new(&given);
    // A gateway starts no task pods, so only its release's name is missing.
    assert_eq!(first_of_everything(&mut answers, &given, &seen, "gw"), 1);
    let line = CommandLine::new(["install".to_owned(), "gateway".to_owned()]);
    assert_eq!(
        line.with(&answers).join(" "),
        "install gateway --gateway-release gw"
    );
    given.certificates = false;
    assert!(labels(next(&answers, &given, &seen))[0].starts_with("Certificate file"));
}

#[test]
fn an_answer_taken_back_is_asked_again_and_stands_there() {
    let (given, seen) = (Given::default(), seen());
    let mut answers = Answers::new(&given);
    first_of_everything(&mut answers, &given, &seen, "ca.pem");
    let all = answers.clone();
    for (topic, name, _) in all.listed() {
        let mut answers = all.clone();
        answers.clear(topic);
        assert!(next(&answers, &given, &seen).is_some(), "{name}");
        let word = if topic == Topic::Certificates {
            ""
        } else {
            "x"
        };
        first_of_everything(&mut answers, &given, &seen, word);
        let topics = |answers: &Answers| -> Vec<Topic> {
            answers
                .listed()
                .into_iter()
                .map(|(topic, ..)| topic)
                .collect()
        };
        assert_eq!(topics(&answers), topics(&all), "{name}");
    }
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
    answers.take(Change::Word(Topic::Certificates, "a.pem".into()));
    let line = CommandLine::new(["install".to_owned()]);
    assert_eq!(
        line.with(&answers).join(" "),
        "install --ca a.pem --ca system --mode replace"
    );
}

#[test]
fn one_release_of_each_component_at_a_time() {
    let place = |name: &str| Some(("ml".to_owned(), name.to_owned()));
    let mut answers = Answers::default();
    assert!(answers.choose(&[]).is_err());
    let two = ["a", "b"].map(|name| Change::Component(Component::Agent, place(name)));
    assert!(answers.choose(&two).is_err());
    assert!(answers.spots().is_empty());
}

#[test]
fn the_newest_is_asked_for_where_the_deployed_one_would_stay() {
    let mut answers = Answers::default();
    answers.take(Change::Component(
        Component::Agent,
        Some(("ml".into(), "agent-eu".into())),
    ));
    answers.take(Change::Word(
        Topic::Chart(Component::Agent),
        "repo/chart".into(),
    ));
    let given = Given {
        certificates: true,
        mode: true,
        task_pods: true,
        ..Given::default()
    };
    let question = next(&answers, &given, &seen());
    let Some(Question::One { choices, .. }) = question else {
        panic!("{question:?}")
    };
    assert_eq!(choices[0].label, "6.9.3, which is deployed");
    let newest = Change::Word(Topic::Version(Component::Agent), ">=6.9.3".into());
    assert_eq!(choices[1].change, newest);
}
