//! The words of a command line that says the same as the answers.

use super::answers::{Answers, Spot};
use super::given::Given;
use super::topic::Coordinate;
use crate::helm::masked;
use crate::plan::TaskPods;

/// What Helm took off the line: it holds for whatever is run.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The flags that lead to the same cluster.
    pub flags: Vec<String>,
    /// The namespace that holds where none is named: `-n` says it.
    pub namespace: String,
}

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

    /// Whether it is a line of this command.
    #[must_use]
    pub fn is_of(&self, command: &str) -> bool {
        self.command == command
    }

    /// The words with the answers in them, to be read like any other command line.
    #[must_use]
    pub fn with(&self, answers: &Answers) -> Vec<String> {
        std::iter::once(self.command.clone())
            .chain(components(answers))
            .chain(self.ours().cloned())
            .chain(self.options(answers, None))
            .chain(self.for_helm(answers))
            .collect()
    }

    /// Our options, as far as the command has them.
    fn ours(&self) -> impl Iterator<Item = &String> {
        let is_of_files = self.is_of("render");
        let mut is_value = false;
        self.ours.iter().filter(move |word| {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            let leaves = is_of_files && (is_value || OF_A_RUN.contains(&name));
            is_value = leaves && !is_value && name == TIMEOUT && value.is_empty();
            !leaves
        })
    }

    fn options(&self, answers: &Answers, namespace: Option<&str>) -> Vec<String> {
        let own = OPTIONS.iter().find(|(command, _)| *command == self.command);
        let (_, names) = own.copied().unwrap_or(("", ("--ca", "")));
        options(answers, names, namespace)
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

    /// The one line that does the same without questions, for a shell, secrets of Helm's flags masked. `more` is put in as well;
    /// `surroundings` are what Helm took off the line.
    #[must_use]
    pub fn shown(
        &self,
        answers: &Answers,
        given: &Given,
        more: &[&str],
        surroundings: &Surroundings,
    ) -> String {
        let namespace = if self.goes_by_the_current_namespace(answers, given) {
            Some(surroundings.namespace.as_str())
        } else {
            common_namespace(answers)
        };
        // Where files alone are written, there is nothing to be verified afterwards.
        let only_files = more.contains(&"--files-only");
        let ours = self
            .ours()
            .filter(|word| !(only_files && *word == "--verify"));
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
            .chain(ours.cloned())
            .chain(self.options(answers, namespace))
            .chain(more.map(ToString::to_string))
            .chain(surroundings.flags.iter().cloned())
            .chain(self.for_helm(answers))
            .collect();
        shell_words::join(masked(&words))
    }

    /// Whether something is looked for where `-n` says: a release of which nothing else tells the namespace, or an object of the
    /// cluster that may be named without one.
    fn goes_by_the_current_namespace(&self, answers: &Answers, given: &Given) -> bool {
        let is_open = |spot: &Spot| {
            spot.word(Coordinate::Namespace).is_none() && !given.places(spot.component)
        };
        let mut words = answers.sources.iter().chain(&self.ours);
        let names_object = |word: &String| OBJECTS.iter().any(|kind| word.contains(kind));
        answers.spots.is_empty() || answers.spots.iter().any(is_open) || words.any(names_object)
    }
}

/// What says how a release is rolled out, and nothing of files: `render` has none of it.
const OF_A_RUN: [&str; 14] = [
    "--files-only",
    "-y",
    "--yes",
    "--wait",
    "--restart",
    "--verify",
    "--rollback-on-failure",
    "--skip-probe",
    "--show-manifest",
    "--show-certificates",
    "--adopt-values",
    "--reset-then-reuse-values",
    "--discard-values",
    TIMEOUT,
];

/// The one among them that takes a value.
const TIMEOUT: &str = "--timeout";

/// How certificates are named that the cluster holds.
const OBJECTS: [&str; 3] = ["secret:", "configmap:", "release:"];

/// The namespace of all components, where it is one and the same.
fn common_namespace(answers: &Answers) -> Option<&str> {
    let spots = answers.spots.iter();
    let mut all = spots.map(|spot| spot.word(Coordinate::Namespace));
    let first = all.next()??;
    all.all(|one| one == Some(first)).then_some(first)
}

/// The components, where they do not stand on the line already.
fn components(answers: &Answers) -> Vec<String> {
    let chosen = answers.spots.iter().filter(|_| !answers.components_given);
    let mut names: Vec<String> = chosen.map(|spot| spot.component.to_string()).collect();
    names.dedup();
    names
}

/// What stands before a fingerprint that selects a certificate, where several have one alias.
pub const BY_FINGERPRINT: &str = "sha256:";

/// Which option brings certificates, and which one takes them, by the command.
const OPTIONS: [(&str, (&str, &str)); 2] = [
    ("rotate", ("--to", "--from")),
    ("remove", ("--ca", "--alias")),
];

fn options(
    answers: &Answers,
    (brings, takes): (&str, &str),
    namespace: Option<&str>,
) -> Vec<String> {
    let mut words = Vec::new();
    let mut say = |flag: String, value: &str| words.extend([flag, value.to_owned()]);
    let with_system = answers.mode.is_some_and(|(_, with_system)| with_system);
    let system = with_system.then_some("system");
    for source in answers.sources.iter().map(String::as_str).chain(system) {
        say(brings.into(), source);
    }
    for leaving in &answers.leaving {
        match leaving.strip_prefix(BY_FINGERPRINT) {
            // `--alias` takes nothing but aliases; `--from` takes both.
            Some(digits) if takes == "--alias" => say("--sha256".into(), digits),
            _ => say(takes.into(), leaving),
        }
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
    if let Some(namespace) = namespace {
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
            let word = spot.word(coordinate);
            if coordinate == Coordinate::Namespace && word == namespace {
                continue;
            }
            if let Some(word) = word {
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
