//! The next question: what, and which certificates. All else has a default, and is asked only if somebody wants to change it, or if
//! there is none.

pub(super) mod place;
#[cfg(test)]
mod tests;

use super::answers::{Answers, Change, Choice, Spot};
use super::given::{Aim, Given};
use super::seen::Seen;
use super::topic::{Coordinate, Topic};
use crate::overrides::Mode;
use crate::plan::TaskPods;
use crate::vendor::{Component, Layout};

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Any of several.
    Several {
        /// The question.
        text: &'static str,
        /// The lines.
        choices: Vec<Choice>,
        /// Those that are ticked at first.
        ticked: Vec<usize>,
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
        /// What may be typed.
        hint: &'static str,
        /// Whether enter alone is an answer.
        optional: bool,
    },
}

/// The next question, if there is one. What the command line said is not asked.
#[must_use]
pub fn next(answers: &Answers, given: &Given, seen: &Seen) -> Option<Question> {
    if let Some(asked) = answers.asked {
        return about(asked.topic, answers, given, seen);
    }
    if answers.spots.is_empty() {
        return Some(releases(answers, given, seen));
    }
    if given.takes() && !given.leaving && answers.leaving.is_empty() {
        return Some(leaving(seen));
    }
    if given.brings() && !given.certificates && !answers.sources_done {
        return Some(certificates(answers, given, seen));
    }
    let mut spots = answers.spots.iter().enumerate();
    spots.find_map(|(number, spot)| place::lacking(number, spot, answers, given, seen))
}

/// The question about a topic, whether it was answered or not.
fn about(topic: Topic, answers: &Answers, given: &Given, seen: &Seen) -> Option<Question> {
    match topic {
        Topic::Releases => Some(releases(answers, given, seen)),
        Topic::Leaving => Some(leaving(seen)),
        Topic::Certificates => Some(certificates(answers, given, seen)),
        Topic::Mode => Some(mode(seen)),
        Topic::TaskPods => task_pods_of(&answers.spots).map(task_pods),
        Topic::HelmFlags => Some(Question::Word {
            topic,
            text: "Further flags for helm".into(),
            start: shell_words::join(&answers.helm_flags),
            hint: "such as --plain-http or --set key=value; enter: none",
            optional: true,
        }),
        Topic::Remedies => Some(one(
            "What was refused and let pass",
            vec![choice(
                "nothing of that: as it was at first",
                Change::Usual(topic),
            )],
        )),
        Topic::Of(number, _, coordinate) => {
            let spot = answers.spots.get(number)?;
            Some(place::of(number, spot, coordinate, answers, given, seen))
        }
    }
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

/// The components as people come for them, which is not the order in which they are rolled out.
const BY_USE: [Component; 3] = [Component::Agent, Component::Gateway, Component::Apps];

/// Releases of other namespaces that are listed with those of the current one.
const FEW: usize = 3;

fn releases(answers: &Answers, given: &Given, seen: &Seen) -> Question {
    let mut here = Vec::new();
    let mut elsewhere = Vec::new();
    let mut new = Vec::new();
    for component in BY_USE {
        let deployed = seen.releases_of(component);
        for (release, version) in &deployed {
            let (namespace, name) = (&release.namespace, &release.release.name);
            let label = format!("{component}: release {name} in {namespace}, version {version}");
            let place = (namespace.clone(), name.clone());
            let list = if *namespace == seen.namespace {
                &mut here
            } else {
                &mut elsewhere
            };
            list.push((
                namespace,
                choice(label, Change::Release(component, Some(place))),
            ));
        }
        let what = if deployed.is_empty() {
            format!("{component}: {}", component.purpose())
        } else {
            format!("{component}: another release")
        };
        new.push(choice(what, Change::Release(component, None)));
    }
    elsewhere.sort_by_key(|(namespace, _)| *namespace);
    let wants_all = answers.wants_more(Topic::Releases);
    let is_chosen = |choice: &Choice| {
        let mut spots = answers.spots.iter();
        spots.any(|spot| place::is_at(spot, &choice.change, given, seen))
    };
    let has_chosen = elsewhere.iter().any(|(_, choice)| is_chosen(choice));
    let folded = if here.is_empty() || wants_all || has_chosen || elsewhere.len() <= FEW {
        None
    } else {
        let label = format!("others: {} releases of other namespaces", elsewhere.len());
        elsewhere.clear();
        Some(choice(label, Change::More(Topic::Releases)))
    };
    // What runs where the user is, is what is meant; a namespace of its own brings what is not given.
    let is_given = given.has(Component::Agent, Coordinate::Release);
    let meant = if wants_all || is_given { 0 } else { here.len() };
    let known = here.into_iter().chain(elsewhere).map(|(_, choice)| choice);
    let mut choices: Vec<Choice> = known.chain(folded).collect();
    // Nothing can be taken out of what is not there, as far as that is known.
    if !given.takes() || choices.is_empty() {
        choices.append(&mut new);
    }
    let ticked = if answers.spots.is_empty() {
        (0..meant).collect()
    } else {
        let chosen = choices.iter().enumerate();
        let chosen = chosen.filter(|(_, choice)| is_chosen(choice));
        chosen.map(|(index, _)| index).collect()
    };
    Question::Several {
        text: match given.aim {
            Aim::Install => "What gets the certificates?",
            Aim::Remove => "What loses certificates?",
            Aim::Rotate => "Where does a CA change?",
        },
        choices,
        ticked,
    }
}

/// What may be typed where certificates are asked for.
const SOURCES: &str =
    "a file or folder (tab completes), https://HOST, secret:NAME, configmap:NAME or release:NAME";

/// The same as a line of a list, for a narrow terminal.
const OTHERS: &str = "another source: a file or folder, https://, secret:, configmap:, release:";

fn certificates(answers: &Answers, given: &Given, seen: &Seen) -> Question {
    let topic = Topic::Certificates;
    let is_typed = answers.wants_more(topic);
    // What was typed can be taken back, too.
    let offers =
        !seen.certificates.is_empty() || !seen.servers.is_empty() || !answers.sources.is_empty();
    if is_typed || !offers {
        let first = answers.sources.is_empty();
        return Question::Word {
            topic,
            text: if first {
                "Certificates".into()
            } else {
                "One more (enter: no more)".into()
            },
            start: String::new(),
            hint: SOURCES,
            optional: !first,
        };
    }
    let files = seen.certificates.iter().map(|file| {
        let change = Change::Source(file.source.clone());
        choice(&file.label, change)
    });
    let servers = seen.servers.iter().map(|(url, stands_in)| {
        let label = format!("what {url} presents ({stands_in})");
        choice(label, Change::Fetch(url.clone()))
    });
    let trusted = answers.trust.as_ref().map(|trust| &trust.url);
    let named = |url: &&String| seen.servers.iter().any(|(known, _)| known == *url);
    let typed = trusted.filter(|url| !named(url));
    let typed = typed.map(|url| choice(format!("what {url} presents"), Change::Fetch(url.clone())));
    let mut choices: Vec<Choice> = files.chain(servers).chain(typed).collect();
    let is_offered = |source: &&String| {
        let mut files = seen.certificates.iter();
        !files.any(|file| file.source == **source)
    };
    let typed = answers.sources.iter().filter(is_offered);
    let typed = typed.filter(|source| trusted != Some(*source));
    choices.extend(typed.map(|source| choice(source, Change::Source(source.clone()))));
    let is_taken = |choice: &Choice| match &choice.change {
        Change::Source(source) => answers.sources.contains(source),
        Change::Fetch(url) => trusted == Some(url),
        _ => false,
    };
    let ticked = choices.iter().enumerate();
    let ticked = ticked.filter(|(_, choice)| is_taken(choice));
    let ticked = ticked.map(|(index, _)| index).collect();
    choices.push(choice(OTHERS, Change::More(topic)));
    Question::Several {
        text: match given.aim {
            Aim::Rotate => "Which certificate takes its place?",
            Aim::Install | Aim::Remove => "Which certificates?",
        },
        choices,
        ticked,
    }
}

fn leaving(seen: &Seen) -> Question {
    let topic = Topic::Leaving;
    if seen.trusted.is_empty() {
        return Question::Word {
            topic,
            text: "Alias of the certificate that goes".into(),
            start: String::new(),
            hint: "as the override file has it",
            optional: false,
        };
    }
    let choices = seen.trusted.iter().map(|one| {
        let change = Change::Leaving(one.source.clone());
        choice(&one.label, change)
    });
    Question::Several {
        text: "Which certificate goes?",
        choices: choices.collect(),
        ticked: Vec::new(),
    }
}

/// How pods may trust certificates, the usual way first.
pub(super) fn mode(seen: &Seen) -> Question {
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

/// The first chosen component that starts pods for tasks.
pub(super) fn task_pods_of(spots: &[Spot]) -> Option<&'static Layout> {
    let mut starting = spots.iter().filter(|spot| spot.component.starts_tasks());
    starting.next().map(|spot| spot.component.documented())
}

/// How task pods may get certificates, the usual way first.
pub(super) fn task_pods(layout: &Layout) -> Question {
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
