//! What was answered so far.

use std::collections::BTreeMap;

use crate::cli::DesiredArgs;
use crate::overrides::Mode;
use crate::plan::TaskPods;
use crate::request::TargetSpec;
use crate::vendor::Component;

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Which components get the certificates.
    Components,
    /// Which certificates.
    Certificates,
    /// What becomes of the bundle that the images come with.
    Mode,
    /// How certificates get into task pods.
    TaskPods,
    /// A component's namespace.
    Namespace(Component),
    /// A component's release name.
    Release(Component),
    /// A component's override file.
    Values(Component),
    /// A component's chart.
    Chart(Component),
    /// A component's chart version.
    Version(Component),
}

/// Where one component goes, as far as it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The component.
    pub component: Component,
    words: BTreeMap<&'static str, String>,
    /// The version was asked for, and none was named: the deployed one, else the newest.
    version_left_open: bool,
}

impl Spot {
    fn new(component: Component) -> Self {
        Self {
            component,
            words: BTreeMap::new(),
            version_left_open: false,
        }
    }

    /// The answer for `--<component>-<option>`.
    #[must_use]
    pub fn word(&self, option: &str) -> Option<&str> {
        self.words.get(option).map(String::as_str)
    }

    pub(super) fn is_settled(&self, option: &str) -> bool {
        self.words.contains_key(option) || option == "version" && self.version_left_open
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
    Component(Component, Option<(String, String)>),
    /// The mode (none: as the override file says already), and whether this machine's own bundle goes in as well.
    Mode(Option<Mode>, bool),
    /// The task pods' strategy.
    TaskPods(TaskPods),
    /// A word for a component.
    Word(Topic, String),
    /// The version is left to the deployed one, else the newest.
    NoVersion(Component),
    /// None of the choices: it is typed.
    Type(Topic),
    /// What this server presents is looked at.
    Fetch(String),
}

/// One line to choose from, and what choosing it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The line.
    pub label: String,
    /// What it means.
    pub change: Change,
}

/// The answers so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// The components stand on the command line, so they are not asked for.
    pub(super) components_given: bool,
    pub(super) spots: Vec<Spot>,
    pub(super) sources: Vec<String>,
    pub(super) sources_done: bool,
    pub(super) trust: Option<Trust>,
    pub(super) mode: Option<(Option<Mode>, bool)>,
    pub(super) task_pods: Option<TaskPods>,
    /// Whether one of the override files is to be made.
    pub new_file: bool,
    /// What is typed since no choice fits.
    pub(super) typing: Option<Topic>,
    /// The words of the choices that were made, in which the answers are told again.
    pub(super) chosen: BTreeMap<Topic, String>,
    /// What was typed before it was taken back: a start for the next try.
    pub(super) former: BTreeMap<Topic, String>,
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

    /// The components chosen, each with what was answered about its place.
    #[must_use]
    pub fn spots(&self) -> &[Spot] {
        &self.spots
    }

    /// The server's certificate that was agreed to.
    #[must_use]
    pub fn trusted(&self) -> Option<&Trust> {
        self.trust.as_ref()
    }

    /// The components chosen, in the order they are rolled out.
    ///
    /// # Errors
    /// None was chosen, or one of them twice; says so for the user.
    pub fn choose(&mut self, chosen: &[Change]) -> Result<(), &'static str> {
        let mut spots = Vec::new();
        for component in Component::ALL {
            let of_it: Vec<_> = chosen
                .iter()
                .filter_map(|change| match change {
                    Change::Component(one, place) if *one == component => Some(place),
                    _ => None,
                })
                .collect();
            match of_it.as_slice() {
                [] => {}
                [place] => {
                    let mut spot = Spot::new(component);
                    if let Some((namespace, release)) = place {
                        spot.words.insert("namespace", namespace.clone());
                        spot.words.insert("release", release.clone());
                    }
                    spots.push(spot);
                }
                _ => return Err("one release of each component at a time"),
            }
        }
        if spots.is_empty() {
            return Err("space selects, enter goes on: choose at least one");
        }
        self.spots = spots;
        Ok(())
    }

    /// Takes a choice in, and keeps its words.
    pub fn choose_one(&mut self, choice: &Choice) {
        let topic = match &choice.change {
            Change::Mode(..) => Some(Topic::Mode),
            Change::TaskPods(_) => Some(Topic::TaskPods),
            Change::Word(topic, _) => Some(*topic),
            Change::NoVersion(component) => Some(Topic::Version(*component)),
            Change::Component(..) | Change::Type(_) | Change::Fetch(_) => None,
        };
        if let Some(topic) = topic {
            self.chosen.insert(topic, choice.label.clone());
        }
        self.take(choice.change.clone());
    }

    /// Takes an answer in.
    pub fn take(&mut self, change: Change) {
        self.typing = None;
        match change {
            Change::Component(..) => {
                // One alone always fits.
                let _ = self.choose(&[change]);
            }
            Change::Mode(mode, with_system) => self.mode = Some((mode, with_system)),
            Change::TaskPods(strategy) => self.task_pods = Some(strategy),
            Change::Word(Topic::Certificates, word) if word.is_empty() => self.sources_done = true,
            Change::Word(Topic::Certificates, word) => self.sources.push(word),
            Change::Word(topic, word) => {
                if let Some((component, option)) = option_of(topic) {
                    self.spot(component, |spot| {
                        spot.words.insert(option, word);
                    });
                }
            }
            Change::NoVersion(component) => {
                self.spot(component, |spot| spot.version_left_open = true);
            }
            Change::Type(topic) => self.typing = Some(topic),
            // The answer is what comes of looking: see `trust`.
            Change::Fetch(_) => {}
        }
    }

    /// Takes in a server's certificate that the user agreed to.
    pub fn trust(&mut self, trust: Trust) {
        self.typing = None;
        self.sources.push(trust.url.clone());
        self.trust = Some(trust);
    }

    fn spot(&mut self, component: Component, change: impl FnOnce(&mut Spot)) {
        if let Some(spot) = self
            .spots
            .iter_mut()
            .find(|spot| spot.component == component)
        {
            change(spot);
        }
    }

    /// Everything that was answered, for a list from which one is taken back: the topic, its name, the answer.
    #[must_use]
    pub fn listed(&self) -> Vec<(Topic, String, String)> {
        let mut all = Vec::new();
        if !self.components_given {
            let names: Vec<String> = self
                .spots
                .iter()
                .map(
                    |spot| match (spot.word("release"), spot.word("namespace")) {
                        (Some(release), Some(namespace)) => {
                            format!("{} ({release} in {namespace})", spot.component)
                        }
                        _ => spot.component.to_string(),
                    },
                )
                .collect();
            all.push((Topic::Components, "components".into(), names.join(", ")));
        }
        if !self.sources.is_empty() {
            let sources = self.sources.join(", ");
            all.push((Topic::Certificates, "certificates".into(), sources));
        }
        if let Some((mode, with_system)) = self.mode {
            let also = if with_system { ", with system" } else { "" };
            let mode = mode.map_or_else(
                || "as the file says, else append".into(),
                |m| value_name(&m),
            );
            all.push((Topic::Mode, "mode".into(), format!("{mode}{also}")));
        }
        if let Some(strategy) = self.task_pods {
            all.push((Topic::TaskPods, "task pods".into(), value_name(&strategy)));
        }
        for spot in &self.spots {
            for (topic, option) in options_of(spot.component) {
                if spot.is_settled(option) {
                    let answer = spot.word(option).unwrap_or("as deployed, else the newest");
                    let name = format!("{} {option}", spot.component);
                    all.push((topic, name, answer.to_owned()));
                }
            }
        }
        for (topic, _, answer) in &mut all {
            if let Some(words) = self.chosen.get(topic) {
                answer.clone_from(words);
            }
        }
        all
    }

    /// Takes an answer back, so that it is asked for again.
    pub fn clear(&mut self, topic: Topic) {
        self.chosen.remove(&topic);
        match topic {
            Topic::Components => self.spots.clear(),
            Topic::Certificates => {
                if let Some(first) = self.sources.first() {
                    self.former.insert(topic, first.clone());
                }
                self.sources.clear();
                self.sources_done = false;
                self.trust = None;
            }
            // A release lives in its namespace.
            Topic::Namespace(component) => {
                self.forget(topic);
                self.chosen.remove(&Topic::Release(component));
                self.forget(Topic::Release(component));
            }
            Topic::Mode => self.mode = None,
            Topic::TaskPods => self.task_pods = None,
            _ => self.forget(topic),
        }
    }

    fn forget(&mut self, topic: Topic) {
        let Some((component, option)) = option_of(topic) else {
            return;
        };
        let mut former = None;
        self.spot(component, |spot| {
            former = spot.words.remove(option);
            spot.version_left_open &= option != "version";
        });
        self.former
            .extend(former.into_iter().map(|word| (topic, word)));
    }
}

/// What the command line said already, so that it is not asked.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// The components named.
    pub components: Vec<Component>,
    /// Whether there is any `--ca`.
    pub certificates: bool,
    /// Whether there is a `--mode`.
    pub mode: bool,
    /// Whether there is a `--task-pods` other than its default.
    pub task_pods: bool,
    /// The coordinates of each component; those without a component's name hold for every one.
    pub options: Vec<TargetSpec>,
}

impl Given {
    /// What `desired` says.
    #[must_use]
    pub fn of(desired: &DesiredArgs) -> Self {
        let options = Component::ALL
            .into_iter()
            .filter_map(|one| desired.targets.of(one, &[one]).ok());
        Self {
            components: desired.components.clone(),
            certificates: !desired.certificates.is_empty(),
            mode: desired.mode.is_some(),
            task_pods: desired.task_pods.is_some(),
            options: options.collect(),
        }
    }

    /// Whether `--<component>-<option>` was given.
    pub(super) fn has(&self, component: Component, option: &str) -> bool {
        let mut options = self.options.iter();
        let found = options.find(|one| one.component == component);
        found.is_some_and(|options| match option {
            "namespace" => options.namespace.is_some(),
            "release" => options.release.is_some(),
            "chart" => options.chart.is_some(),
            "version" => options.version.is_some(),
            _ => !options.values.is_empty(),
        })
    }
}

/// The topics of one component with the option that says each, in the order they are asked for.
pub(super) fn options_of(component: Component) -> [(Topic, &'static str); 5] {
    [
        (Topic::Namespace(component), "namespace"),
        (Topic::Release(component), "release"),
        (Topic::Values(component), "values"),
        (Topic::Chart(component), "chart"),
        (Topic::Version(component), "version"),
    ]
}

fn option_of(topic: Topic) -> Option<(Component, &'static str)> {
    Component::ALL.into_iter().find_map(|component| {
        let options = options_of(component);
        let found = options.iter().find(|(one, _)| *one == topic)?;
        Some((component, found.1))
    })
}

/// A choice's name on the command line.
pub(super) fn value_name(value: &impl clap::ValueEnum) -> String {
    value
        .to_possible_value()
        .map(|value| value.get_name().to_owned())
        .unwrap_or_default()
}
