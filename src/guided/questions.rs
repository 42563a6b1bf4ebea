//! The next question.

use super::answers::{Answers, Change, Choice, Given, Spot, Topic};
use crate::helm::PlacedRelease;
use crate::overrides::Mode;
use crate::plan::TaskPods;
use crate::vendor::{Component, Layout};

/// What was found before anything was asked.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// The releases that can be seen: of every namespace, or of the current one.
    pub releases: Vec<PlacedRelease>,
    /// The namespaces that can be seen.
    pub namespaces: Vec<String>,
    /// The namespace that Helm would take.
    pub namespace: String,
    /// The components whose documented override file lies in the current folder.
    pub files: Vec<Component>,
    /// The component whose override file replaces the bundle.
    pub replaces: Option<Component>,
    /// The servers that override files name: URL, and where it stands.
    pub servers: Vec<(String, String)>,
    /// The chart reference that is taken where none is given.
    pub charts: Vec<(Component, String)>,
    /// Whether this machine has a bundle of its own.
    pub has_system_bundle: bool,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Any of several.
    Several {
        /// The question.
        text: String,
        /// The lines.
        choices: Vec<Choice>,
    },
    /// One of several; the first is the usual one.
    One {
        /// The question.
        text: String,
        /// The lines.
        choices: Vec<Choice>,
    },
    /// A word that is typed.
    Word {
        /// What it is about.
        topic: Topic,
        /// The question.
        text: String,
        /// What stands there already.
        start: String,
        /// Whether enter alone is an answer.
        optional: bool,
    },
}

/// The next question, if there is one. What the command line said is not asked.
#[must_use]
pub fn next(answers: &Answers, given: &Given, seen: &Seen) -> Option<Question> {
    if answers.spots.is_empty() {
        return Some(components(seen));
    }
    if !given.certificates && !answers.sources_done {
        return Some(certificates(answers, seen));
    }
    if !given.mode && answers.mode.is_none() {
        return Some(mode(seen));
    }
    let starts_tasks = |spot: &&Spot| spot.component.starts_tasks();
    if let Some(first) = answers.spots.iter().find(starts_tasks)
        && !given.task_pods
        && answers.task_pods.is_none()
    {
        return Some(task_pods(first.component.documented()));
    }
    answers
        .spots
        .iter()
        .find_map(|spot| place(spot, answers, given, seen))
}

fn one(text: impl Into<String>, choices: Vec<Choice>) -> Question {
    Question::One {
        text: text.into(),
        choices,
    }
}

fn choice(label: impl Into<String>, change: Change) -> Choice {
    Choice {
        label: label.into(),
        change,
    }
}

fn components(seen: &Seen) -> Question {
    let mut here = Vec::new();
    let mut elsewhere = Vec::new();
    let mut new = Vec::new();
    for component in Component::ALL {
        let deployed = releases_of(component, seen);
        for (release, version) in &deployed {
            let place = (release.namespace.clone(), release.release.name.clone());
            let label = format!(
                "{component}: release {} in {}, version {version}",
                release.release.name, release.namespace
            );
            let list = if release.namespace == seen.namespace {
                &mut here
            } else {
                &mut elsewhere
            };
            list.push(choice(label, Change::Component(component, Some(place))));
        }
        let what = if deployed.is_empty() {
            format!("{component}: {}", component.purpose())
        } else {
            format!("{component}: another release")
        };
        new.push(choice(what, Change::Component(component, None)));
    }
    Question::Several {
        text: "What gets the certificates? (space selects, enter goes on)".into(),
        choices: [here, elsewhere, new].concat(),
    }
}

fn certificates(answers: &Answers, seen: &Seen) -> Question {
    let topic = Topic::Certificates;
    let first = answers.sources.is_empty();
    if first && !seen.servers.is_empty() && answers.typing != Some(topic) {
        let mut choices = vec![choice(
            "a file or folder, or another source",
            Change::Type(topic),
        )];
        choices.extend(seen.servers.iter().map(|(url, stands_in)| {
            choice(
                format!("what {url} presents ({stands_in})"),
                Change::Fetch(url.clone()),
            )
        }));
        return one("Where are the certificates?", choices);
    }
    let former = answers.former.get(&topic).filter(|_| first).cloned();
    Question::Word {
        topic,
        text: if first {
            "Certificate file or folder (tab completes)".into()
        } else {
            "One more (enter: no more)".into()
        },
        start: former.unwrap_or_default(),
        optional: !first,
    }
}

fn mode(seen: &Seen) -> Question {
    let append = "append: trust them beside the public CAs that the images know";
    let replace = "replace: trust these certificates and nothing else";
    let both = "replace: trust these and this machine's own bundle, nothing else";
    let mut choices = vec![choice(append, Change::Mode(None, false))];
    if seen.replaces.is_some() {
        choices = vec![
            choice(
                "replace, as the override file says already",
                Change::Mode(None, false),
            ),
            choice(append, Change::Mode(Some(Mode::Append), false)),
        ];
    }
    choices.push(choice(replace, Change::Mode(Some(Mode::Replace), false)));
    if seen.has_system_bundle {
        choices.push(choice(both, Change::Mode(Some(Mode::Replace), true)));
    }
    one("How should the pods trust them?", choices)
}

fn task_pods(layout: &Layout) -> Question {
    let since = layout.propagates_since.unwrap_or_default();
    let choices = [
        (
            TaskPods::Auto,
            "auto: by the chart where it knows how, else by a pod template".to_owned(),
        ),
        (
            TaskPods::Propagate,
            format!("propagate: by the chart itself ({since} and newer)"),
        ),
        (
            TaskPods::Template,
            "template: by the documented pod template".to_owned(),
        ),
        (TaskPods::Off, "off: task pods do not get them".to_owned()),
    ];
    let choices = choices.map(|(strategy, label)| choice(label, Change::TaskPods(strategy)));
    one("How do task pods get them?", choices.into())
}

/// The next question about where a component goes.
fn place(spot: &Spot, answers: &Answers, given: &Given, seen: &Seen) -> Option<Question> {
    let component = spot.component;
    let documented = component.documented();
    let open = |option: &str| !given.has(component, option) && !spot.is_settled(option);
    let namespace = spot.word("namespace").map(str::to_owned).or_else(|| {
        let named = given.options.iter().find(|one| one.component == component);
        named.and_then(|one| one.namespace.clone())
    });
    let word = |topic: Topic, text: String, usual: &str| Question::Word {
        topic,
        text,
        start: answers
            .former
            .get(&topic)
            .map_or(usual, String::as_str)
            .to_owned(),
        optional: false,
    };
    if open("namespace") {
        return Some(namespace_of(component, answers, seen, word));
    }
    if open("release") {
        let namespace = namespace.unwrap_or_default();
        return Some(release_of(component, &namespace, answers, seen, word));
    }
    // The documented file is taken without a word where it is there.
    if open("values") && !seen.files.contains(&component) {
        let text = format!("Override file of the {component} (new, if it is not there)");
        return Some(word(
            Topic::Values(component),
            text,
            documented.override_file,
        ));
    }
    if open("chart") {
        let usual = seen.charts.iter().find(|(one, _)| *one == component);
        let usual = usual.map(|(_, chart)| chart.as_str()).unwrap_or_default();
        let text = format!("Chart of the {component}");
        return Some(word(Topic::Chart(component), text, usual));
    }
    let chart = spot.word("chart").unwrap_or_default();
    if open("version") && !is_on_disk(chart) && !given.has(component, "chart") {
        let release = spot.word("release").unwrap_or_default();
        let namespace = namespace.unwrap_or_default();
        return Some(version_of(
            component, &namespace, release, answers, seen, word,
        ));
    }
    None
}

fn namespace_of(
    component: Component,
    answers: &Answers,
    seen: &Seen,
    word: impl Fn(Topic, String, &str) -> Question,
) -> Question {
    let topic = Topic::Namespace(component);
    let text = format!("Namespace of the {component}");
    if seen.namespaces.is_empty() || answers.typing == Some(topic) {
        return word(topic, text, &seen.namespace);
    }
    let others = seen.namespaces.iter().filter(|one| **one != seen.namespace);
    let mut choices: Vec<Choice> = std::iter::once(&seen.namespace)
        .chain(others)
        .map(|name| choice(name, Change::Word(topic, name.clone())))
        .collect();
    choices.push(choice("another one", Change::Type(topic)));
    one(text, choices)
}

fn release_of(
    component: Component,
    namespace: &str,
    answers: &Answers,
    seen: &Seen,
    word: impl Fn(Topic, String, &str) -> Question,
) -> Question {
    let usual = component.documented().release;
    let topic = Topic::Release(component);
    let deployed: Vec<_> = releases_of(component, seen)
        .into_iter()
        .filter(|(release, _)| release.namespace == namespace)
        .collect();
    if deployed.is_empty() || answers.typing == Some(topic) {
        let note = match usual {
            Some(_) => "",
            None => " (it shows in application URLs)",
        };
        let text = format!("Release name of the {component}{note}");
        return word(topic, text, usual.unwrap_or_default());
    }
    let mut choices: Vec<Choice> = deployed
        .iter()
        .map(|(release, version)| {
            choice(
                format!("{}, version {version}", release.release.name),
                Change::Word(topic, release.release.name.clone()),
            )
        })
        .collect();
    choices.push(choice("a new one", Change::Type(topic)));
    one(format!("Release of the {component}"), choices)
}

fn version_of(
    component: Component,
    namespace: &str,
    release: &str,
    answers: &Answers,
    seen: &Seen,
    word: impl Fn(Topic, String, &str) -> Question,
) -> Question {
    let topic = Topic::Version(component);
    if answers.typing == Some(topic) {
        return word(topic, format!("Chart version of the {component}"), "");
    }
    let deployed = releases_of(component, seen)
        .into_iter()
        .find(|(one, _)| one.release.name == release && one.namespace == namespace);
    let mut choices = match deployed {
        Some((_, version)) => vec![
            choice(
                format!("{version}, which is deployed"),
                Change::NoVersion(component),
            ),
            // Without a version the deployed one would stay.
            choice("the newest", Change::Word(topic, format!(">={version}"))),
        ],
        None => vec![choice("the newest", Change::NoVersion(component))],
    };
    choices.push(choice("another one", Change::Type(topic)));
    one(format!("Chart version of the {component}"), choices)
}

/// The deployed releases of a component's chart, with the chart's version.
fn releases_of(component: Component, seen: &Seen) -> Vec<(&PlacedRelease, &str)> {
    let all = seen.releases.iter();
    all.filter_map(|release| Some((release, release.release.version_as(component)?)))
        .collect()
}

/// Whether a chart reference means a folder or an archive: it has its version in it then.
fn is_on_disk(chart: &str) -> bool {
    std::path::Path::new(chart).exists()
}

#[cfg(test)]
mod tests;
