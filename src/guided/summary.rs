//! What was answered, and what is so where nothing was, told in the words of the choices.

use super::answers::{Answers, Change, Spot};
use super::given::Given;
use super::questions::{Question, mode, place, task_pods, task_pods_of};
use super::seen::Seen;
use super::topic::{Coordinate, Topic};
use crate::helm::masked;

/// One answer, or what is so without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What it is about.
    pub topic: Topic,
    /// The name of that.
    pub name: String,
    /// The answer, in the words that it was chosen by.
    pub answer: String,
    /// The words of it that an error would say again.
    pub words: Vec<String>,
}

/// Everything that can be changed, in the order of the questions.
#[must_use]
pub fn told(answers: &Answers, given: &Given, seen: &Seen) -> Vec<Told> {
    let mut all = Vec::new();
    let mut tell = |topic: Topic, name: &str, usual: String, words: Vec<String>| {
        let chosen = answers.chosen.get(&topic).cloned();
        all.push(Told {
            topic,
            name: name.to_owned(),
            answer: chosen.unwrap_or(usual),
            words,
        });
    };
    if !answers.components_given {
        tell(Topic::Releases, "releases", String::new(), Vec::new());
    }
    if !given.certificates {
        let sources = answers.sources.clone();
        let label = |source: &String| {
            let mut offered = seen.certificates.iter();
            let found = offered.find(|one| one.source == *source);
            found.map_or_else(|| source.clone(), |one| one.label.clone())
        };
        let labels: Vec<String> = sources.iter().map(label).collect();
        tell(
            Topic::Certificates,
            "certificates",
            labels.join("; "),
            sources,
        );
    }
    if !given.mode {
        let said = answers.mode.unwrap_or_default();
        let said = label_of(mode(seen), &Change::Mode(said.0, said.1));
        tell(Topic::Mode, "mode", said, Vec::new());
    }
    if let (Some(layout), false) = (task_pods_of(&answers.spots), given.task_pods) {
        let said = answers.task_pods.unwrap_or_default();
        let said = label_of(task_pods(layout), &Change::TaskPods(said));
        tell(Topic::TaskPods, "task pods", said, Vec::new());
    }
    for (number, spot) in answers.spots.iter().enumerate() {
        for coordinate in Coordinate::ALL {
            if given.has(spot.component, coordinate) || is_of_a_file(spot, given, coordinate) {
                continue;
            }
            let topic = Topic::Of(number, spot.component, coordinate);
            let whose = match answers.spots.as_slice() {
                [_] => String::new(),
                _ => place::whose(number, answers),
            };
            let said = spot.word(coordinate).map(str::to_owned);
            let words = said.clone().into_iter().collect();
            let so = said.unwrap_or_else(|| usual_of(spot, coordinate, given, seen));
            tell(topic, &format!("{}{whose}", coordinate.name()), so, words);
        }
    }
    if !answers.remedies.is_empty() {
        let labels = answers.remedies.iter().map(|(label, _)| label.as_str());
        let labels: Vec<&str> = labels.collect();
        let name = "what was refused";
        tell(Topic::Remedies, name, labels.join("; "), Vec::new());
    }
    let flags = match shell_words::join(masked(&answers.helm_flags)) {
        none if none.is_empty() => "none".to_owned(),
        some => some,
    };
    tell(
        Topic::HelmFlags,
        "further flags for helm",
        flags,
        Vec::new(),
    );
    all
}

/// A chart on this disk has its version in it.
fn is_of_a_file(spot: &Spot, given: &Given, coordinate: Coordinate) -> bool {
    let named = given.spec(spot.component);
    let named = named.and_then(|spec| spec.chart.as_deref());
    let chart = spot.word(Coordinate::Chart).or(named).unwrap_or_default();
    coordinate == Coordinate::Version && std::path::Path::new(chart).exists()
}

/// What is so where nobody says otherwise.
fn usual_of(spot: &Spot, coordinate: Coordinate, given: &Given, seen: &Seen) -> String {
    let component = spot.component;
    match coordinate {
        Coordinate::Namespace => place::namespace(spot, given, seen).to_owned(),
        Coordinate::Release => {
            let usual = place::usual_release(spot, given, seen);
            usual.unwrap_or_default().to_owned()
        }
        Coordinate::Values => {
            let file = component.documented().override_file;
            let is_new = !seen.files.contains(&component);
            format!("{file}{}", if is_new { " (a new file)" } else { "" })
        }
        Coordinate::Chart => {
            let mut charts = seen.charts.iter();
            let usual = charts.find(|(one, _)| *one == component);
            usual.map(|(_, chart)| chart.clone()).unwrap_or_default()
        }
        Coordinate::Version => place::usual_version(place::deployed_version(spot, given, seen)),
    }
}

/// The line that says so.
fn label_of(question: Question, said: &Change) -> String {
    let choices = match question {
        Question::One { choices, .. } => choices,
        Question::Several { .. } | Question::Word { .. } => Vec::new(),
    };
    let found = choices.into_iter().find(|choice| choice.change == *said);
    found.map(|choice| choice.label).unwrap_or_default()
}
