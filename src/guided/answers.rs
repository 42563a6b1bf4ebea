//! What was answered so far.

use std::collections::BTreeMap;

use super::given::Given;
use super::topic::{Coordinate, Topic};
use crate::overrides::Mode;
use crate::plan::TaskPods;
use crate::vendor::Component;

/// Where one release goes, as far as it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The component.
    pub component: Component,
    pub(super) words: BTreeMap<Coordinate, String>,
    /// Another one than those that are deployed.
    pub(super) is_new: bool,
}

impl Spot {
    fn new(component: Component) -> Self {
        Self {
            component,
            words: BTreeMap::new(),
            is_new: false,
        }
    }

    /// The answer for `--<component>-<option>`.
    #[must_use]
    pub fn word(&self, coordinate: Coordinate) -> Option<&str> {
        self.words.get(&coordinate).map(String::as_str)
    }

    /// Whether it is another one than those that are deployed.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.is_new
    }
}

/// A certificate of a server that the user compared and agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// The server, as `https://…`.
    pub url: String,
    /// The SHA-256 fingerprint of the certificate.
    pub fingerprint: String,
}

/// What one answer changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// This component; where it is deployed already, namespace and release come with it.
    Release(Component, Option<(String, String)>),
    /// The certificate of this alias goes.
    Leaving(String),
    /// The certificates of this source.
    Source(String),
    /// What this server presents is looked at.
    Fetch(String),
    /// The mode (none: as the override file says already), and whether this machine's own bundle goes in as well.
    Mode(Option<Mode>, bool),
    /// The task pods' strategy.
    TaskPods(TaskPods),
    /// A word that was chosen or typed.
    Word(Topic, String),
    /// What is usual: nothing is said on the command line.
    Usual(Topic),
    /// None of the choices: more of them, or it is typed.
    More(Topic),
}

/// One line to choose from, and what choosing it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The line.
    pub label: String,
    /// What it means.
    pub change: Change,
}

/// What is asked, whether it was answered or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) topic: Topic,
    /// More choices than at first, or it is typed.
    pub(super) more: bool,
}

/// The answers so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// The components stand on the command line, so they are not asked for.
    pub(super) components_given: bool,
    pub(super) spots: Vec<Spot>,
    /// The aliases of certificates that go.
    pub(super) leaving: Vec<String>,
    pub(super) sources: Vec<String>,
    pub(super) sources_done: bool,
    pub(super) trust: Option<Trust>,
    pub(super) mode: Option<(Option<Mode>, bool)>,
    pub(super) task_pods: Option<TaskPods>,
    /// Whether one of the override files is to be made.
    pub new_file: bool,
    /// What is done about findings that refuse: its line, and the words of the command line.
    pub(super) remedies: Vec<(String, Vec<String>)>,
    /// Further flags for helm.
    pub(super) helm_flags: Vec<String>,
    /// What is asked next, whatever was answered to it; by typing, where no choice fits.
    pub(super) asked: Option<Asked>,
    /// The words of the choices that were made, in which the answers are told again.
    pub(super) chosen: BTreeMap<Topic, String>,
}

impl Answers {
    /// None yet, but the components that were named on the command line.
    #[must_use]
    pub fn new(given: &Given) -> Self {
        let named = Component::ALL
            .into_iter()
            .filter(|one| given.components.contains(one));
        Self {
            components_given: !given.components.is_empty(),
            spots: named.map(Spot::new).collect(),
            ..Self::default()
        }
    }

    /// The releases chosen, each with what was answered about its place.
    #[must_use]
    pub fn spots(&self) -> &[Spot] {
        &self.spots
    }

    /// The server's certificate that was agreed to.
    #[must_use]
    pub fn trusted(&self) -> Option<&Trust> {
        self.trust.as_ref()
    }

    /// What is asked next, whatever was answered to it.
    pub fn ask(&mut self, topic: Topic) {
        self.asked = Some(Asked { topic, more: false });
    }

    /// Asks whether there is more to an answer than was typed.
    pub fn ask_for_more(&mut self, topic: Topic) {
        self.asked = Some(Asked { topic, more: true });
    }

    /// Whether more than the first choices are wanted.
    pub(super) fn wants_more(&self, topic: Topic) -> bool {
        self.asked == Some(Asked { topic, more: true })
    }

    /// Names the override file of a chosen release, where nobody has.
    pub fn propose_file(&mut self, place: usize, file: String) {
        if let Some(spot) = self.spots.get_mut(place) {
            spot.words.entry(Coordinate::Values).or_insert(file);
        }
    }

    /// Takes in any of several lines.
    ///
    /// # Errors
    /// They do not go together; says so for the user.
    pub fn choose_several(&mut self, chosen: &[Choice], given: &Given) -> Result<(), String> {
        let more = chosen.iter().find_map(|choice| match &choice.change {
            Change::More(topic) => Some(*topic),
            _ => None,
        });
        let leaving = chosen.iter().filter_map(|choice| match &choice.change {
            Change::Leaving(alias) => Some(alias.clone()),
            _ => None,
        });
        let leaving: Vec<String> = leaving.collect();
        if !leaving.is_empty() {
            self.leaving = leaving;
            return Ok(());
        }
        let is_release = |choice: &&Choice| matches!(choice.change, Change::Release(..));
        let releases: Vec<&Choice> = chosen.iter().filter(is_release).collect();
        if !releases.is_empty() {
            self.choose_releases(&releases, given);
        } else if more != Some(Topic::Releases) {
            self.choose_sources(chosen)?;
        }
        if let Some(topic) = more {
            self.ask_for_more(topic);
        }
        Ok(())
    }

    /// The releases chosen, in the order they are rolled out.
    fn choose_releases(&mut self, chosen: &[&Choice], given: &Given) {
        self.asked = None;
        self.spots.clear();
        self.leaving.clear();
        // What was said of the former ones says nothing of these.
        self.chosen
            .retain(|topic, _| !matches!(topic, Topic::Of(..)));
        for component in Component::ALL {
            for choice in chosen {
                let Change::Release(one, place) = &choice.change else {
                    continue;
                };
                if *one != component {
                    continue;
                }
                let mut spot = Spot::new(component);
                spot.is_new = place.is_none();
                if let Some((namespace, release)) = place {
                    let words = [
                        (Coordinate::Namespace, namespace),
                        (Coordinate::Release, release),
                    ];
                    let open =
                        |(coordinate, _): &(Coordinate, _)| !given.has(component, *coordinate);
                    let words = words.into_iter().filter(open);
                    spot.words
                        .extend(words.map(|(coordinate, word)| (coordinate, word.clone())));
                }
                self.spots.push(spot);
            }
        }
        let labels: Vec<&str> = chosen.iter().map(|one| one.label.as_str()).collect();
        self.chosen.insert(Topic::Releases, labels.join("; "));
    }

    fn choose_sources(&mut self, chosen: &[Choice]) -> Result<(), String> {
        let servers = chosen
            .iter()
            .filter(|choice| matches!(choice.change, Change::Fetch(_)));
        if servers.count() > 1 {
            return Err("one server at a time: give the other's certificate as a file".to_owned());
        }
        let sources = chosen.iter().filter_map(|choice| match &choice.change {
            Change::Source(source) => Some(source.clone()),
            _ => None,
        });
        self.sources = sources.collect();
        self.trust = None;
        self.settle_sources();
        Ok(())
    }

    fn settle_sources(&mut self) {
        self.sources_done = true;
        if self
            .asked
            .is_some_and(|asked| asked.topic == Topic::Certificates)
        {
            self.asked = None;
        }
    }

    /// Takes a choice in, and keeps its words, where they are not those of what is usual.
    pub fn choose_one(&mut self, choice: &Choice) {
        self.take(choice.change.clone());
        if let Change::Word(topic, _) = choice.change {
            self.chosen.insert(topic, choice.label.clone());
        }
    }

    /// Takes an answer in.
    pub fn take(&mut self, change: Change) {
        self.asked = None;
        if let Change::Word(topic, _) | Change::Usual(topic) = change {
            self.chosen.remove(&topic);
        }
        match change {
            Change::Mode(mode, with_system) => self.mode = Some((mode, with_system)),
            Change::TaskPods(strategy) => self.task_pods = Some(strategy),
            Change::Word(Topic::Certificates, word) if word.is_empty() => self.settle_sources(),
            Change::Word(Topic::Certificates, word) => {
                self.sources.push(word);
                self.ask_for_more(Topic::Certificates);
            }
            Change::Word(Topic::Leaving, alias) => self.leaving = vec![alias],
            Change::Word(Topic::HelmFlags, words) => {
                self.helm_flags = shell_words::split(&words).unwrap_or_default();
            }
            Change::Word(topic, word) => self.say(topic, Some(word)),
            Change::Usual(Topic::Remedies) => self.remedies.clear(),
            Change::Usual(topic) => self.say(topic, None),
            Change::More(topic) => self.ask_for_more(topic),
            // These are taken in together with others; what comes of looking at a server is taken in by `trust`.
            Change::Release(..) | Change::Leaving(_) | Change::Source(_) | Change::Fetch(_) => {}
        }
    }

    fn say(&mut self, topic: Topic, word: Option<String>) {
        let Topic::Of(place, component, coordinate) = topic else {
            return;
        };
        let Some(spot) = self.spots.get_mut(place) else {
            return;
        };
        let former = spot.words.remove(&coordinate);
        // A release lives in its namespace, and the version is that of what is deployed there.
        if coordinate == Coordinate::Namespace && former != word {
            for gone in [Coordinate::Release, Coordinate::Version] {
                spot.words.remove(&gone);
                self.chosen.remove(&Topic::Of(place, component, gone));
            }
        }
        if let Some(word) = word {
            spot.words.insert(coordinate, word);
        }
    }

    /// Takes in a server's certificate that the user agreed to.
    pub fn trust(&mut self, trust: Trust) {
        self.sources.push(trust.url.clone());
        self.trust = Some(trust);
    }

    /// Takes in what is done about a finding; what was done about the same is over.
    pub fn remedy(&mut self, of_one_kind: &[String], label: &str, words: &[&str]) {
        self.remedies
            .retain(|(label, _)| !of_one_kind.contains(label));
        let words = words.iter().map(ToString::to_string).collect();
        self.remedies.push((label.to_owned(), words));
    }
}
