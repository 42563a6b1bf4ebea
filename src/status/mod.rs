//! What a release trusts now, and whether override file, release, live objects and pods agree: from what was read, and nothing
//! that was not.

mod file;
mod given;
mod live;
mod next;
mod pods;
mod queues;
mod tasks;
mod trusts;

use std::collections::BTreeMap;

use time::OffsetDateTime;

use crate::engine::Engine;
use crate::finding::Finding;
use crate::helm::TargetId;
use crate::overrides::task_pods::Strategy;
use crate::overrides::{Mode, Placed};
use crate::plan::{NamedServer, named_in};
use crate::proof::{Itself, Manifest, Object, Part, Proof, prove};
use crate::release::Snapshot;
use crate::vendor::{Component, Layout, image_in};

pub use file::{FileSaid, settle as settle_files};
pub use given::Given;
pub use live::{Live, by_release, chart_of};
pub use pods::in_doubt;
pub use queues::Queue;
pub use tasks::Tasks;
pub use trusts::{Trusts, word_of_mode, word_of_task_pods};

/// Whether two of the four say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Agreement {
    /// They do.
    Same,
    /// They do not; the findings say in what.
    Differs,
    /// It cannot be told, and why.
    Unknown(String),
    /// There is nothing to compare: no file, no pod, no certificates that were named.
    Nothing,
}

impl Agreement {
    /// Whether they agree, where that is known.
    #[must_use]
    pub fn is_same(&self) -> Option<bool> {
        match self {
            Self::Same => Some(true),
            Self::Differs => Some(false),
            Self::Unknown(_) | Self::Nothing => None,
        }
    }
}

/// What Helm stored of a release.
#[derive(Debug, Clone, Copy)]
pub enum Stored<'a> {
    /// All of it.
    Read(&'a Snapshot),
    /// It may not be read, and why: what is known is what its live objects tell.
    Hidden(&'a str),
}

/// All that was read of one release.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// Which one it is.
    pub id: TargetId,
    /// Whose chart it is of.
    pub component: Component,
    /// What this generation of the chart calls things.
    pub layout: &'static Layout,
    /// The chart's name.
    pub chart: String,
    /// The chart's version, where it is known.
    pub version: Option<String>,
    /// The objects of the component's chart, where the release's chart has others inside it too.
    pub part: Option<&'a Part>,
    /// What Helm stored.
    pub stored: Stored<'a>,
    /// What the cluster has.
    pub live: &'a Live,
    /// Its override file, where one is known.
    pub file: Option<&'a FileSaid>,
    /// The certificates that are to be deployed, and the words that name their sources.
    pub given: Option<Given<'a>>,
    /// What Helm had deployed when a pod started, for those pods that [`in_doubt`] names.
    pub earlier: &'a BTreeMap<OffsetDateTime, Manifest>,
    /// The moment that counts as now.
    pub now: OffsetDateTime,
}

/// The present state of one release.
#[derive(Debug, Clone)]
pub struct ReleaseStatus {
    /// Which one it is.
    pub id: TargetId,
    /// Whose chart it is of.
    pub component: Component,
    /// The chart's name.
    pub chart: String,
    /// The chart's version, where it is known.
    pub version: Option<String>,
    /// What the values of the component's chart stand below, where that is inside the release's chart.
    pub values_path: Option<String>,
    /// Helm's word for its state and its revision, where they may be read.
    pub revision: Option<(u64, String)>,
    /// Why what Helm stored of it is not known.
    pub hidden: Option<String>,
    /// The engine that deploys it, where its objects bear the marks of one.
    pub engine: Option<Engine>,
    /// The certificates that it brings.
    pub certificates: Vec<Placed>,
    /// Added to the bundle or replacing it, where the values may be read.
    pub mode: Option<Mode>,
    /// How they get into task pods; `None` where it starts none, or nothing tells.
    pub task_pods: Option<Strategy>,
    /// Every template of task pods, and how far the certificates get there.
    pub queues: Vec<Queue>,
    /// The override file and the release.
    pub file: Agreement,
    /// Whether nobody named that file: it has the documented name, and is some release's.
    pub file_was_found: bool,
    /// The release and the live objects.
    pub live: Agreement,
    /// The live objects and the pods.
    pub pods: Agreement,
    /// The certificates that were named and those of the release.
    pub given: Agreement,
    /// The servers that the values name.
    pub servers: Vec<NamedServer>,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// What everything else is compared with: the release, or the live objects where that may not be read.
struct Baseline<'a> {
    objects: Vec<Object>,
    proof: Proof,
    trusts: Trusts,
    itself: Itself<'a>,
}

impl ReleaseStatus {
    /// Puts together what was read of a release.
    #[must_use]
    pub fn of(evidence: &Evidence<'_>) -> Self {
        let image = evidence.image();
        let baseline = evidence.baseline(image.as_deref());
        let placed = &baseline.trusts.certificates;
        let (task_pods, queues, of_queues) = queues::of(evidence, &baseline);
        let (file, of_file) = file::compare(evidence, &baseline);
        let (live, of_live) = live::compare(evidence, &baseline);
        let (pods, of_pods) = pods::compare(evidence, &baseline);
        let (given, of_given) = given::compare(evidence, placed);
        let (revision, hidden, servers) = match evidence.stored {
            Stored::Read(snapshot) => {
                let deployed = &snapshot.deployed;
                let revision = (deployed.revision, deployed.status.clone());
                let servers = named_in(&deployed.values, evidence.layout);
                (Some(revision), None, servers)
            }
            Stored::Hidden(why) => (None, Some(why.to_owned()), Vec::new()),
        };
        let engine = Engine::of(&baseline.objects);
        let engine = engine.or_else(|| Engine::of(&evidence.live.objects));
        let state = Vec::from_iter(evidence.unsettled());
        let findings = [state, of_file, of_live, of_pods, of_given, of_queues].concat();
        Self {
            id: evidence.id.clone(),
            component: evidence.component,
            chart: evidence.chart.clone(),
            version: evidence.version.clone(),
            values_path: evidence.layout.path().map(|path| path.to_string()),
            revision,
            hidden,
            engine,
            mode: baseline.trusts.mode,
            certificates: baseline.trusts.certificates,
            task_pods,
            queues,
            file,
            file_was_found: evidence.file.is_some_and(|file| !file.is_named),
            live,
            pods,
            given,
            servers,
            findings,
        }
    }
}

impl Evidence<'_> {
    /// `release clearml-agent in team-a`
    fn name(&self) -> String {
        format!("release {} in {}", self.id.release, self.id.namespace)
    }

    /// A release that Helm is in the midst of, or whose last revision failed: what is compared is what that was meant to be.
    fn unsettled(&self) -> Option<Finding> {
        let Stored::Read(snapshot) = self.stored else {
            return None;
        };
        let state = snapshot.deployed.status.as_str();
        if ["deployed", "superseded"].contains(&state) {
            return None;
        }
        let at = &self.id;
        let words = ["history", &at.release, "-n", &at.namespace];
        let message = format!("{} is {state}", self.name());
        let finding = if state == "failed" {
            Finding::note(
                "release-failed",
                format!("{message}: its last revision failed"),
            )
        } else {
            let what = "a helm is at work on it, or was killed there";
            Finding::note("release-pending", format!("{message}: {what}"))
        };
        Some(finding.hint(format!(
            "see how it came to that: {}",
            at.cluster.helm(&words)
        )))
    }

    /// What there is to say where a document of what Helm stored cannot be read: it may be any object.
    fn unread_document(&self) -> Option<String> {
        let Stored::Read(snapshot) = self.stored else {
            return None;
        };
        let first = snapshot.manifest.unreadable.first()?;
        Some(format!(
            "what helm stored cannot be read at line {}: {}",
            first.line, first.why
        ))
    }

    /// The component's own image, where the values name it.
    fn image(&self) -> Option<String> {
        match self.stored {
            Stored::Read(snapshot) => image_in(&snapshot.deployed.values, self.layout.image?),
            Stored::Hidden(_) => None,
        }
    }

    fn baseline<'a>(&'a self, image: Option<&'a str>) -> Baseline<'a> {
        let itself = Itself {
            part: self.part,
            container: self.layout.container,
            image,
        };
        let (objects, said): (Vec<Object>, _) = match self.stored {
            Stored::Read(snapshot) => {
                let stored = snapshot.objects().iter().filter(|one| !one.is_hook());
                let values = &snapshot.deployed.values;
                (stored.cloned().collect(), Some(values))
            }
            Stored::Hidden(_) => (self.live.without_pods(), None),
        };
        let proof = prove(&objects, &itself);
        let mut trusts = match said {
            Some(values) => Trusts::in_values(values, self.layout),
            None => Trusts::seen(&objects, &proof),
        };
        for one in &mut trusts.certificates {
            one.origin = self.name();
        }
        Baseline {
            objects,
            proof,
            trusts,
            itself,
        }
    }
}

/// `2026-11-25 10:29 UTC`, as people read a moment.
fn moment(moment: OffsetDateTime) -> String {
    let (hour, minute, _) = moment.to_hms();
    format!("{} {hour:02}:{minute:02} UTC", moment.date())
}
