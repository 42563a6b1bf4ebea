//! The plan: what will be written and run, and the proof that it does what it should. Pure: the caller brings the chart,
//! the observed state and a way to render.
//!
//! The same value feeds the preview and the execution.

mod api_rules;
mod changes;
mod chart_ignores;
mod delivery;
mod edits;
mod findings;
mod flags;
mod guess;
mod in_task_pods;
mod in_workloads;
mod inner;
mod kept_files;
mod no_queue;
mod other_values;
mod pinned;
mod reach;
mod released;
mod removal;
mod required;
mod rollout;
mod servers;
mod settle;
mod shown;
mod together;
mod trust;
mod unheld;
mod values_files;

use std::path::PathBuf;

use anyhow::Result;
use serde_yaml::Value;

use crate::certs::bundle::Entry;
use crate::finding::{self, Finding, Ignorable};
use crate::helm::{
    Chart, Coordinates, Dependency, Deployed, HelmArguments, Rollout, TargetId, Upgrade,
};
use crate::kube::{ClusterAddress, Reference};
use crate::overrides::task_pods::{Distros, Queues, Strategy, Variables};
use crate::overrides::{Mode, Placed, Selection, Taken};
use crate::proof::{self, Carriers, Manifest, Object, Part, Proof};
use crate::release::{Snapshot, reference};
use crate::tls::Endpoint;
use crate::values;
use crate::vendor::{Component, Layout};

use edits::Settled;

pub use changes::{Change, Changes, ObjectChange, ValueChange, shown_manifest};
pub use in_task_pods::gaps as gaps_in_task_pod;
pub use in_workloads::{Waiting, stuck};
pub use inner::{Inner, InnerChart, inner};
pub use kept_files::Around;
pub use pinned::Pinned;
pub use reach::aliases;
pub use released::{Released, components_inside, part};
pub use removal::unselected;
pub use rollout::Replaced;
pub use servers::{Answer, NamedServer, named_in, without_login};
pub use together::together;
pub use trust::TrustChange;
pub use unheld::{Beside, OnUnheld};
pub use values_files::ValuesFiles;

/// How the user wants certificates to get into task pods.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum TaskPods {
    /// By the chart where it knows how, else by the documented pod template.
    #[default]
    Auto,
    /// By the chart (customCertificates.propagateToTasks).
    Propagate,
    /// By the documented pod template (agentk8sglue.basePodTemplate).
    Template,
    /// Not at all.
    Off,
    /// As the file has it already.
    #[value(skip)]
    AsIs,
}

/// What a plan is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Releases are to be deployed.
    Deploy,
    /// Files are to be written, be it for a chart that does not render yet.
    Write,
    /// The certificates' part of the files is to be shown by itself.
    Print,
}

/// What runs now.
#[derive(Debug, Clone, PartialEq)]
pub enum Observed {
    /// The cluster could not be asked; why.
    Unknown(String),
    /// There is no such release.
    Absent,
    /// The release.
    Present(Box<Snapshot>),
}

impl Observed {
    /// The release, where there is one.
    #[must_use]
    pub fn release(&self) -> Option<&Snapshot> {
        match self {
            Self::Present(release) => Some(release),
            Self::Absent | Self::Unknown(_) => None,
        }
    }
}

/// The override file that is to be edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// Its path as the user knows it.
    pub path: PathBuf,
    /// Its content now; `None` where it does not exist.
    pub before: Option<String>,
    /// Its content after.
    pub after: String,
    /// The values in it, where the file is an object that keeps them.
    pub inside: Option<Inside>,
    /// Where another target that shares it writes it before this one: what it holds as long as that one did not.
    pub unwritten: Option<Option<String>>,
}

/// The edit of values inside an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inside {
    /// Where they stand: `spec.values of HelmRelease flux-system/clearml-agent`.
    pub place: String,
    /// Who deploys from it.
    pub engine: &'static str,
    /// The values' text now.
    pub before: String,
    /// The values' text after.
    pub after: String,
}

impl FileChange {
    /// Whether anything is to be written.
    #[must_use]
    pub fn changes(&self) -> bool {
        self.before.as_deref() != Some(self.after.as_str())
    }

    /// Whether these values change; where several targets have theirs in one file, that is written once.
    #[must_use]
    pub fn is_edited(&self) -> bool {
        match &self.inside {
            Some(inside) => inside.before != inside.after,
            None => self.changes(),
        }
    }
}

/// What is to happen to a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It is new.
    Install,
    /// It gets a new revision.
    Upgrade,
    /// It is as it should be.
    Nothing,
}

/// All that is needed to plan one component.
#[derive(Debug)]
pub struct Request<'a> {
    /// Where it goes.
    pub coordinates: Coordinates,
    /// Its chart.
    pub chart: &'a Chart,
    /// The component's own chart, where that is inside this one.
    pub dependency: Option<&'a Dependency>,
    /// What this generation of the component's chart calls things.
    pub layout: &'static Layout,
    /// Its values files.
    pub files: ValuesFiles,
    /// What runs now.
    pub observed: Observed,
    /// The certificates to bring.
    pub entries: &'a [Entry],
    /// The certificates to take out; never one of `entries`.
    pub drop: Option<&'a Selection>,
    /// Appended or replacing, where the user said which.
    pub mode: Option<Mode>,
    /// How they are to get into task pods.
    pub task_pods: TaskPods,
    /// Which variables of task pods point to the bundle.
    pub variables: Variables,
    /// Which images the pod template is for; `None` leaves what the file has of that.
    pub distros: Option<Distros>,
    /// Which templates of task pods are edited.
    pub queues: Queues,
    /// The init container's image, where the user chose one.
    pub task_image: Option<String>,
    /// Whether entries that clients do not read as they are meant are written anew.
    pub repairs: bool,
    /// Whether what turns the checking of certificates off is taken out.
    pub enforces_checking: bool,
    /// What the plan is for.
    pub purpose: Purpose,
    /// How Helm is to wait.
    pub rollout: Rollout,
    /// Helm's own flags.
    pub arguments: &'a HelmArguments,
    /// What becomes of deployed values that no file holds.
    pub on_unheld: OnUnheld,
    /// Who else is deployed with it.
    pub beside: Beside,
    /// When its turn is.
    pub wave: usize,
}

impl Request<'_> {
    /// Which certificates go, now that it is known which come.
    fn dropped(&self) -> Option<Selection> {
        let given = || self.entries.iter().map(|entry| &entry.certificate);
        let mut selection = self.drop?.among(given());
        let given = given().map(|certificate| certificate.fingerprint);
        selection.except.extend(given);
        Some(selection)
    }
}

/// One component's part of the plan.
#[derive(Debug)]
pub struct Target {
    /// Where it goes.
    pub coordinates: Coordinates,
    /// What it was planned for.
    pub purpose: Purpose,
    /// The chart's name in its Chart.yaml.
    pub chart_name: String,
    /// The component's own chart, where that is inside it.
    pub inner: Option<InnerChart>,
    /// What this generation of the component's chart calls things.
    pub layout: &'static Layout,
    /// The edit of its override file.
    pub file: FileChange,
    /// The certificates' part of the override file alone; empty where nobody wants it.
    pub fragment: String,
    /// Whether the chart could not be reached, so that nothing was proven.
    pub is_assumed: bool,
    /// What runs now.
    pub observed: Observed,
    /// Every certificate that the override file lists afterwards.
    pub placed: Vec<Placed>,
    /// What is taken out of it.
    pub taken: Vec<Taken>,
    /// Appended or replacing.
    pub mode: Mode,
    /// How they get into task pods.
    pub strategy: Strategy,
    /// Where they arrive.
    pub proof: Proof,
    /// All values that the chart gets from the files, and from what Helm keeps.
    pub given: Value,
    /// The same as the files are before this edit.
    pub given_before: Value,
    /// Helm's own flags.
    pub arguments: HelmArguments,
    /// What it was planned from beside the edited file, by content.
    pub pinned: Pinned,
    /// The servers that its values name.
    pub servers: Vec<NamedServer>,
    /// Init containers that wait for servers without the certificates.
    pub waiting: Vec<Waiting>,
    /// What was rendered, hooks among it, in helm's order.
    pub rendered: Manifest,
    /// Which of it the component's own chart made, where that is inside another.
    pub part: Option<Part>,
    /// What the upgrade changes in the cluster.
    pub changes: Changes,
    /// The certificates that come and go.
    pub trust: TrustChange,
    /// The workloads whose running pods are replaced.
    pub replaced: Vec<Replaced>,
    /// Whether its namespace is known not to be there yet.
    pub namespace_is_new: bool,
    /// The paths of values that change and are no certificates.
    pub other_values: Vec<String>,
    /// What the user should know.
    pub findings: Vec<Finding>,
    /// What is to happen.
    pub action: Action,
    /// The command.
    pub upgrade: Upgrade,
    /// When its turn is: those of one wave go side by side, and the next begins once this one is right.
    pub wave: usize,
    /// Whose upgrade deploys it, where that is another component of the same release.
    pub goes_with: Option<Component>,
}

impl Target {
    /// Where certificates are in what Helm stores of the component's own chart, which is all but hooks: of those it tells nothing
    /// later.
    #[must_use]
    pub fn stored_carriers(&self) -> Carriers {
        let is_own = |object: &Object| self.part.as_ref().is_none_or(|part| part.has(object));
        let stored = self.rendered.objects.iter();
        let stored = stored.filter(|object| !object.is_hook() && is_own(object));
        let stored: Vec<Object> = stored.cloned().collect();
        Carriers::find(&stored)
    }

    /// What the objects that carry certificates are called in the cluster, but hooks.
    #[must_use]
    pub fn carrying_objects(&self) -> Vec<Reference> {
        let carriers = self.stored_carriers();
        let carrying = carriers.carrying_objects();
        let objects = self.rendered.objects.iter();
        let objects = objects
            .filter(|one| !one.is_hook() && carrying.contains(&(one.kind.as_str(), &one.name)));
        objects
            .map(|one| reference(one, &self.coordinates.id.namespace))
            .collect()
    }

    /// Whether what helm tells is its release: where there was none, what is left of one that was uninstalled is none.
    #[must_use]
    pub fn is_of_release(&self, told: &Deployed) -> bool {
        self.observed.release().is_some() || told.status != "uninstalled"
    }

    /// Whether anything stands in its own way.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        finding::refuses(&self.findings)
    }

    /// Whether it is to be carried out: there is something to do, and nothing stands in its way.
    #[must_use]
    pub fn has_its_turn(&self) -> bool {
        self.action != Action::Nothing && !self.is_refused()
    }

    /// Whether its turn runs a command: one that goes with another is deployed by that one's.
    #[must_use]
    pub fn is_upgraded(&self) -> bool {
        self.has_its_turn() && self.goes_with.is_none()
    }

    /// Whether both are parts of one release, and this one is deployed by the upgrade of the other.
    #[must_use]
    pub fn goes_with(&self, other: &Self) -> bool {
        let other = &other.coordinates;
        self.goes_with == Some(other.component) && self.coordinates.id.is_same_release(&other.id)
    }

    /// Whether pods of its task templates can be let ask once its turn is over: it starts tasks, and is deployed by then.
    #[must_use]
    pub fn can_be_verified(&self) -> bool {
        let is_deployed = self.action == Action::Nothing || self.has_its_turn();
        self.layout.task_pods.is_some() && is_deployed
    }

    /// Has further servers asked, which nothing may be lost for either.
    pub fn asks_too(&mut self, servers: &[Endpoint]) {
        for endpoint in servers {
            if !self.servers.iter().any(|known| known.endpoint == *endpoint) {
                self.servers.push(NamedServer {
                    path: "--server".to_owned(),
                    endpoint: endpoint.clone(),
                    is_needed: true,
                    answer: None,
                });
            }
        }
    }

    /// Its override file as it will be: the whole, or the certificates' part alone.
    #[must_use]
    pub fn content(&self, whole: bool) -> &str {
        if whole {
            &self.file.after
        } else {
            &self.fragment
        }
    }
}

/// A target that could not be planned. The others are shown, and nothing is carried out.
#[derive(Debug)]
pub struct Unplanned {
    /// Which release it is, or would have been.
    pub id: TargetId,
    /// What it is.
    pub component: Component,
    /// When its turn would have been.
    pub wave: usize,
    /// Why not.
    pub error: anyhow::Error,
}

/// The whole plan.
#[derive(Debug)]
pub struct Plan {
    /// The certificates given.
    pub entries: Vec<Entry>,
    /// Findings about them.
    pub findings: Vec<Finding>,
    /// The components, in the order they are rolled out.
    pub targets: Vec<Target>,
    /// Those that could not be planned.
    pub unplanned: Vec<Unplanned>,
}

impl Plan {
    /// Puts a plan together, with what can only be said of it as a whole.
    #[must_use]
    pub fn new(
        entries: Vec<Entry>,
        mut findings: Vec<Finding>,
        targets: Vec<Target>,
        unplanned: Vec<Unplanned>,
    ) -> Self {
        let unknown = targets.iter().find_map(|target| match &target.observed {
            Observed::Unknown(why) => Some(why),
            _ => None,
        });
        findings.extend(unknown.map(|why| {
            // The cluster answers, and keeps what it knows to itself.
            if why.contains("forbidden") {
                Finding::warning(
                    "no-rights",
                    format!("you may not see what is deployed, so this assumes that nothing is ({why})"),
                )
                .hint("ask for the right to read Helm's releases, which are Secrets, or use another context")
            } else {
                Finding::warning(
                    "cluster-unreachable",
                    format!("the cluster could not be asked, so this assumes that nothing is deployed ({why})"),
                )
            }
        }));
        Self {
            entries,
            findings,
            targets,
            unplanned,
        }
    }

    /// Lets the errors that the user named pass, as warnings.
    pub fn ignore(&mut self, codes: &[Ignorable]) {
        finding::ignore(&mut self.findings, codes);
        for target in &mut self.targets {
            finding::ignore(&mut target.findings, codes);
        }
    }

    /// Whether anything stands in the way of carrying it out.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        !self.unplanned.is_empty()
            || finding::refuses(&self.findings)
            || self.targets.iter().any(Target::is_refused)
    }

    /// Whether the cluster could not be asked, so that what is deployed is not known.
    #[must_use]
    pub fn is_assumption(&self) -> bool {
        self.targets
            .iter()
            .any(|target| matches!(target.observed, Observed::Unknown(_)))
    }

    /// ` of CONTEXT`, where a target's place is not told without it.
    #[must_use]
    pub fn of_cluster(&self, cluster: &ClusterAddress) -> String {
        let targets = self.targets.iter().map(|one| &one.coordinates.id.cluster);
        let unplanned = self.unplanned.iter().map(|one| &one.id.cluster);
        if targets.chain(unplanned).all(|one| one == cluster) {
            String::new()
        } else {
            format!(" of {}", cluster.name())
        }
    }

    /// The targets that the upgrade of one deploys beside it.
    pub fn going_with<'a>(&'a self, target: &'a Target) -> impl Iterator<Item = &'a Target> {
        let all = self.targets.iter();
        all.filter(|one| one.goes_with(target))
    }

    /// Whether carrying it out would change anything.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        self.targets
            .iter()
            .any(|target| target.action != Action::Nothing)
    }
}

/// Plans one component. `render` gives the manifest for a content of the override file.
///
/// # Errors
/// The override file cannot be edited safely, or rendering fails.
pub fn target(
    request: Request<'_>,
    render: &mut dyn FnMut(&str) -> Result<String>,
) -> Result<Target> {
    let mut settled = settle::settle(&request, render)?;
    let merged = findings::Merged {
        after: request.files.merged_with(&settled.values),
        edited: std::mem::take(&mut settled.values),
    };
    let more = findings::of(&request, &settled, &merged);
    let mut findings = std::mem::take(&mut settled.findings);
    findings.extend(more);
    findings.extend(request.files.findings(&request));
    let file = request.files.change(std::mem::take(&mut settled.text))?;
    let waiting = match &settled.proof {
        Some(proof) => in_workloads::waiting(&settled.placed, proof),
        None => Vec::new(),
    };
    let action = match &request.observed {
        Observed::Absent | Observed::Unknown(_) => Action::Install,
        Observed::Present(release)
            if !file.changes()
                && release.deployed.status == "deployed"
                && release.listed.version_of(&request.chart.name)
                    == Some(&request.coordinates.version)
                && (same_values(&request, &release.deployed, &merged.after)
                    || release.manifest.unreadable.is_empty()
                        && settled.rendered.unreadable.is_empty()
                        && proof::same_objects(&settled.rendered.objects, release.objects())) =>
        {
            Action::Nothing
        }
        Observed::Present(..) => Action::Upgrade,
    };
    let changes = match action {
        Action::Nothing => Changes::default(),
        Action::Install | Action::Upgrade => changes(&request, &settled, &merged.after),
    };
    let replaced = match (&request.observed, &settled.proof, action) {
        (Observed::Present(release), Some(_), Action::Upgrade)
            if request.purpose == Purpose::Deploy =>
        {
            rollout::replaced(&release.manifest, &settled.rendered)
        }
        _ => Vec::new(),
    };
    let other_values = match action {
        Action::Upgrade => other_values::paths(&request),
        Action::Install | Action::Nothing => Vec::new(),
    };
    findings.extend(other_values::finding(&request, &other_values));
    let pinned = Pinned::of(&request);
    let trust = trust::change(&request, &settled.placed, settled.mode);
    let inner = request.inner_chart();
    Ok(Target {
        servers: request.servers(&merged.after),
        upgrade: Upgrade::new(&request.coordinates, &request.rollout, request.arguments),
        coordinates: request.coordinates,
        purpose: request.purpose,
        chart_name: request.chart.name.clone(),
        inner,
        layout: request.layout,
        fragment: settled.fragment,
        is_assumed: request.chart.is_assumed,
        file,
        observed: request.observed,
        waiting,
        given_before: request.files.merged_before(),
        arguments: request.arguments.clone(),
        pinned,
        given: merged.after,
        placed: settled.placed,
        taken: settled.taken,
        mode: settled.mode,
        strategy: settled.strategy,
        proof: settled.proof.unwrap_or_default(),
        rendered: settled.rendered,
        part: settled.part,
        changes,
        trust,
        replaced,
        namespace_is_new: false,
        other_values,
        findings,
        action,
        wave: request.wave,
        goes_with: None,
    })
}

/// What the upgrade changes in the cluster; nothing is known where nothing was rendered.
fn changes(request: &Request<'_>, settled: &Settled, given: &Value) -> Changes {
    match (&settled.proof, &request.observed) {
        (None, _) => Changes::default(),
        (_, Observed::Absent | Observed::Unknown(_)) => Changes::all_new(&settled.rendered),
        (_, Observed::Present(release)) => Changes::between(&release.manifest, &settled.rendered)
            .with_values(&release.deployed.values, given),
    }
}

/// Whether an upgrade would give the same values to the same published chart.
///
/// A chart that renders something random never gives the same objects twice; a chart in a local folder can change under
/// the same version.
fn same_values(request: &Request<'_>, deployed: &Deployed, merged: &Value) -> bool {
    !request.chart.is_local()
        && !request.arguments.set_values()
        && values::equivalent(&deployed.values, merged)
}
