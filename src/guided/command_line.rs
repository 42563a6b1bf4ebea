//! The words of a command line that says the same as the answers.

use super::answers::Answers;
use super::topic::Coordinate;
use crate::helm::masked;
use crate::plan::TaskPods;

/// The command line as it was typed, without the program's name.
#[derive(Debug, Clone)]
pub struct CommandLine {
    command: String,
    ours: Vec<String>,
    helms: Vec<String>,
}

impl CommandLine {
    /// Splits the words: the command, our options, and what goes to Helm.
    #[must_use]
    pub fn new(words: impl IntoIterator<Item = String>) -> Self {
        let mut words = words.into_iter();
        let command = words.next().unwrap_or_default();
        let mut ours: Vec<String> = words.collect();
        let end = ours.iter().position(|word| word == "--");
        let helms = end.map(|end| ours.split_off(end)).unwrap_or_default();
        Self {
            command,
            ours,
            helms,
        }
    }

    /// The same for another command.
    #[must_use]
    pub fn of(&self, command: &str) -> Self {
        Self {
            command: command.to_owned(),
            ..self.clone()
        }
    }

    /// The words with the answers in them, to be read like any other command line.
    #[must_use]
    pub fn with(&self, answers: &Answers) -> Vec<String> {
        std::iter::once(self.command.clone())
            .chain(components(answers))
            .chain(self.ours.iter().cloned())
            .chain(self.options(answers, None))
            .chain(self.for_helm(answers))
            .collect()
    }

    fn options(&self, answers: &Answers, common_namespace: Option<&str>) -> Vec<String> {
        let own = OPTIONS.iter().find(|(command, _)| *command == self.command);
        let (_, names) = own.copied().unwrap_or(("", ("--ca", "")));
        options(answers, names, common_namespace)
    }

    /// What goes to helm, behind two dashes.
    fn for_helm(&self, answers: &Answers) -> Vec<String> {
        let dashes = self.helms.is_empty() && !answers.helm_flags.is_empty();
        let dashes = dashes.then(|| "--".to_owned());
        let given = self.helms.iter().cloned();
        given
            .chain(dashes)
            .chain(answers.helm_flags.iter().cloned())
            .collect()
    }

    /// The one line that does the same without questions, for a shell, secrets of Helm's flags masked. `more` is put in as well; `surroundings` are the flags
    /// that Helm took off the line.
    #[must_use]
    pub fn shown(&self, answers: &Answers, more: &[&str], surroundings: &[String]) -> String {
        let common = common_namespace(answers);
        let more = more.iter().filter(|word| {
            let short = word.trim_start_matches('-').chars().next();
            !self.ours.iter().any(|ours| {
                ours == *word
                    || **word == "--yes" && short.is_some_and(|c| *ours == format!("-{c}"))
            })
        });
        let words: Vec<String> = ["helm", "clearml-certs"]
            .into_iter()
            .map(str::to_owned)
            .chain(std::iter::once(self.command.clone()))
            .chain(components(answers))
            .chain(self.ours.iter().cloned())
            .chain(self.options(answers, common.as_deref()))
            .chain(more.map(ToString::to_string))
            .chain(surroundings.iter().cloned())
            .chain(self.for_helm(answers))
            .collect();
        shell_words::join(masked(&words))
    }
}

/// The namespace of all components, where it is one and the same: `-n` says it, which Helm takes off the line.
fn common_namespace(answers: &Answers) -> Option<String> {
    let spots = answers.spots.iter();
    let mut all = spots.map(|spot| spot.word(Coordinate::Namespace));
    let first = all.next()??;
    all.all(|one| one == Some(first)).then(|| first.to_owned())
}

/// The components, where they do not stand on the line already.
fn components(answers: &Answers) -> Vec<String> {
    let chosen = answers.spots.iter().filter(|_| !answers.components_given);
    let mut names: Vec<String> = chosen.map(|spot| spot.component.to_string()).collect();
    names.dedup();
    names
}

/// Which option brings certificates, and which one takes them, by the command.
const OPTIONS: [(&str, (&str, &str)); 2] = [
    ("rotate", ("--to", "--from")),
    ("remove", ("--ca", "--alias")),
];

fn options(
    answers: &Answers,
    (brings, takes): (&str, &str),
    common_namespace: Option<&str>,
) -> Vec<String> {
    let mut words = Vec::new();
    let mut say = |flag: String, value: &str| words.extend([flag, value.to_owned()]);
    let with_system = answers.mode.is_some_and(|(_, with_system)| with_system);
    let system = with_system.then_some("system");
    for source in answers.sources.iter().map(String::as_str).chain(system) {
        say(brings.into(), source);
    }
    for alias in &answers.leaving {
        say(takes.into(), alias);
    }
    if let Some(trust) = &answers.trust {
        say("--fingerprint".into(), &trust.fingerprint);
    }
    if let Some(mode) = answers.mode.and_then(|(mode, _)| mode) {
        say("--mode".into(), &value_name(&mode));
    }
    if let Some(strategy) = answers
        .task_pods
        .filter(|strategy| *strategy != TaskPods::default())
    {
        say("--task-pods".into(), &value_name(&strategy));
    }
    if let Some(namespace) = common_namespace {
        say("-n".into(), namespace);
    }
    if answers.new_file {
        words.push("--new-file".to_owned());
    }
    words.extend(answers.remedies.iter().flat_map(|(_, words)| words.clone()));
    let mut say = |flag: String, value: &str| words.extend([flag, value.to_owned()]);
    // What is of one of several releases stands behind its name, which comes first.
    for spot in &answers.spots {
        for coordinate in Coordinate::ALL {
            if coordinate == Coordinate::Namespace && common_namespace.is_some() {
                continue;
            }
            if let Some(word) = spot.word(coordinate) {
                say(
                    format!("--{}-{}", spot.component, coordinate.option()),
                    word,
                );
            }
        }
    }
    words
}

/// A choice's name on the command line.
fn value_name(value: &impl clap::ValueEnum) -> String {
    value
        .to_possible_value()
        .map(|value| value.get_name().to_owned())
        .unwrap_or_default()
}
