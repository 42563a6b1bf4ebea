//! What `install`, `remove` and `rotate` want, once their words are read.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use time::OffsetDateTime;

use super::{comes_back, kept};
use crate::certs::Fingerprint;
use crate::cli::{
    self, DeployArgs, EditedArgs, InstallArgs, Output, RemoveArgs, RotateArgs, TargetArgs,
};
use crate::finding::Finding;
use crate::fleet::Fleet;
use crate::kube::ClusterAddress;
use crate::overrides::Selection;
use crate::overrides::task_pods::Variables;
use crate::plan::TaskPods;
use crate::request::{Desired, TargetRequest, TargetSpec};
use crate::run::Turns;
use crate::side_by_side::AT_ONCE;
use crate::tls::Endpoint;
use crate::ui::Screen;
use crate::vendor::Component;
use crate::verify::Patience;

/// What is to be planned, shown, agreed to and carried out.
pub(super) struct Order<'a> {
    /// The command, for messages that say it again.
    command: &'static str,
    components: &'a [Component],
    targets: &'a TargetArgs,
    helm_arguments: &'a [String],
    /// Where a file says which targets there are.
    fleet: Option<&'a Fleet>,
    /// Whether the certificates that the file names are to come.
    brings: bool,
    pub(super) desired: Desired,
    /// Servers to ask beside those that the values name.
    pub(super) servers: Vec<Endpoint>,
    pub(super) backup_dir: Option<PathBuf>,
    pub(super) deploy: DeployArgs,
}

impl Order<'_> {
    /// The targets, in the order they are rolled out.
    pub(super) fn requests(&self, cluster: &ClusterAddress) -> Result<Vec<TargetRequest>> {
        if let Some(fleet) = self.fleet {
            let only = &self.deploy.fleet.only;
            let mut requests =
                fleet.requests(&self.desired, self.brings, cluster, (only, &kept::known))?;
            for request in &mut requests {
                // Where a release is may stand in the object that holds its values.
                request.spec = kept::placed(request.spec.clone())?.0;
            }
            return Ok(requests);
        }
        let specs = cli::specs(self.components, self.targets, self.command)?;
        Ok(one_by_one(specs, cluster, &self.desired))
    }

    /// What is to be said of the file that lists the targets: of what goes, it may bring something back.
    pub(super) fn comes_back(&self, cluster: &ClusterAddress) -> Option<Finding> {
        let goes = self.desired.drop.as_ref().filter(|_| !self.brings)?;
        comes_back::of(self.fleet?, goes, cluster)
    }

    /// The file that says which targets there are.
    pub(super) fn file(&self) -> Option<&Path> {
        self.fleet.map(Fleet::file)
    }

    /// Whether a file says which targets there are: what goes wrong with one of them keeps no other from its turn.
    pub(super) fn is_for_many(&self) -> bool {
        self.fleet.is_some()
    }

    /// So many targets are at work at once.
    pub(super) fn at_once(&self) -> usize {
        let wanted = self.deploy.turns.parallel;
        match self.fleet {
            Some(_) => wanted.map_or(PARALLEL, NonZeroUsize::get),
            None => AT_ONCE,
        }
    }

    /// How the targets take their turns.
    pub(super) fn turns(&self) -> Turns {
        match self.fleet {
            Some(_) => Turns {
                at_once: self.at_once(),
                keep_going: self.deploy.turns.keep_going,
                canary: self.deploy.turns.canary.map(NonZeroUsize::get),
            },
            None => Turns::IN_ORDER,
        }
    }

    /// After what time a helm is ended that does not come back: one must not hold up the others. Not told where that was said to
    /// helm alone, or in words that are not ours.
    pub(super) fn patience(&self) -> Option<Duration> {
        self.fleet?;
        let is_helms = |word: &String| word.starts_with("--timeout");
        if self.for_helm().iter().any(is_helms) {
            return None;
        }
        let Patience(patience) = match &self.deploy.timeout {
            Some(word) => word.parse().ok()?,
            None => Patience::default(),
        };
        Some(patience.saturating_mul(WAITS) + SPARE)
    }

    /// Says what is no JSON: on stderr where stdout is JSON's.
    pub(super) fn say(&self, text: &str, screen: &Screen) {
        match self.deploy.output {
            Output::Text => screen.result(text),
            Output::Json => screen.note(text),
        }
    }

    /// All that goes to `helm upgrade` as it is.
    pub(super) fn for_helm(&self) -> Vec<String> {
        self.deploy.for_helm(self.helm_arguments)
    }
}

/// The targets of a file, where a run that may deploy is about those.
///
/// # Errors
/// The file makes no sense, or the options do not go with it, or without it.
pub(super) fn fleet_of(
    deploy: &DeployArgs,
    components: &[Component],
    targets: &TargetArgs,
) -> Result<Option<Fleet>> {
    let fleet = deploy.fleet.find(components, targets)?;
    if fleet.is_none() {
        deploy.turns.are_for_a_file()?;
    }
    Ok(fleet)
}

/// Targets that are wanted alike, each a wave of its own.
pub(super) fn one_by_one(
    specs: Vec<TargetSpec>,
    cluster: &ClusterAddress,
    desired: &Desired,
) -> Vec<TargetRequest> {
    let specs = specs.into_iter().enumerate();
    let requests = specs.map(|(wave, spec)| TargetRequest {
        cluster: cluster.clone(),
        spec,
        desired: desired.clone(),
        wave,
    });
    requests.collect()
}

/// So many at once, where nobody said how many.
const PARALLEL: usize = 4;

/// Helm minds its own time, which holds for each thing that it waits for: hooks before, what it deploys, hooks after.
const WAITS: u32 = 3;

/// It may need a moment more for the last look.
const SPARE: Duration = Duration::from_secs(60);

impl<'a> Order<'a> {
    /// `install`.
    pub(super) fn of_install(arguments: &'a InstallArgs, fleet: Option<&'a Fleet>) -> Self {
        let desired = &arguments.desired;
        Self {
            command: "install",
            components: &desired.components,
            targets: &desired.targets,
            helm_arguments: &desired.helm_arguments,
            fleet,
            brings: true,
            desired: desired.desired(),
            servers: Vec::new(),
            backup_dir: desired.backup_dir.clone(),
            deploy: arguments.deploy.clone(),
        }
    }
}

impl<'a> Order<'a> {
    /// `remove`.
    pub(super) fn of_removal(arguments: &'a RemoveArgs, fleet: Option<&'a Fleet>) -> Self {
        let named = Selection::at(OffsetDateTime::now_utc(), arguments.selection.selectors());
        let desired = Desired {
            drop: Some(named),
            ..Desired::default()
        };
        let (edited, deploy) = (&arguments.edited, &arguments.deploy);
        Self::of_edit("remove", edited, deploy, fleet, desired)
    }
}

impl<'a> Order<'a> {
    /// The first step of a rotation: both are trusted.
    pub(super) fn of_both(arguments: &'a RotateArgs, fleet: Option<&'a Fleet>) -> Self {
        Self::of_rotation(
            arguments,
            fleet,
            Desired {
                certificates: cli::vouched(&arguments.certificates, arguments.fingerprint),
                task_variables: Some(Variables::Documented),
                ..Desired::default()
            },
        )
    }

    /// The last step of a rotation: the former one goes, and never one of the new.
    pub(super) fn of_dropping(
        arguments: &'a RotateArgs,
        fleet: Option<&'a Fleet>,
        new: Vec<Fingerprint>,
    ) -> Self {
        let mut former = Selection::at(OffsetDateTime::now_utc(), arguments.from.clone());
        former.except = new;
        Self::of_rotation(
            arguments,
            fleet,
            Desired {
                drop: Some(former),
                ..Desired::default()
            },
        )
    }

    fn of_rotation(arguments: &'a RotateArgs, fleet: Option<&'a Fleet>, desired: Desired) -> Self {
        let (edited, deploy) = (&arguments.edited, &arguments.deploy);
        Self {
            servers: arguments.servers.clone(),
            ..Self::of_edit("rotate", edited, deploy, fleet, desired)
        }
    }

    /// An edit that leaves the way in which task pods get certificates as it is.
    fn of_edit(
        command: &'static str,
        edited: &'a EditedArgs,
        deploy: &DeployArgs,
        fleet: Option<&'a Fleet>,
        desired: Desired,
    ) -> Self {
        Self {
            command,
            components: &edited.components,
            targets: &edited.targets,
            helm_arguments: &edited.helm_arguments,
            fleet,
            brings: false,
            desired: Desired {
                task_pods: Some(TaskPods::AsIs),
                ignore: edited.judging.ignore.clone(),
                expires_within: edited.judging.expires_within,
                ..desired
            },
            servers: Vec::new(),
            backup_dir: edited.backup_dir.clone(),
            deploy: deploy.clone(),
        }
    }
}
