//! What `install`, `remove` and `rotate` want, once their words are read.

use std::path::PathBuf;

use time::OffsetDateTime;

use super::side_by_side::AT_ONCE;
use crate::certs::Fingerprint;
use crate::cli::{
    self, DeployArgs, EditedArgs, InstallArgs, Output, RemoveArgs, RotateArgs, TargetArgs,
};
use crate::exit::Stop;
use crate::kube::ClusterAddress;
use crate::overrides::Selection;
use crate::overrides::task_pods::Variables;
use crate::plan::TaskPods;
use crate::request::{Desired, TargetRequest, TargetSpec};
use crate::tls::Endpoint;
use crate::ui::Screen;
use crate::vendor::Component;

/// What is to be planned, shown, agreed to and carried out.
pub(super) struct Order<'a> {
    /// The command, for messages that say it again.
    command: &'static str,
    components: &'a [Component],
    targets: &'a TargetArgs,
    helm_arguments: &'a [String],
    pub(super) desired: Desired,
    /// Servers to ask beside those that the values name.
    pub(super) servers: Vec<Endpoint>,
    pub(super) backup_dir: Option<PathBuf>,
    pub(super) deploy: DeployArgs,
}

impl Order<'_> {
    /// The targets that were named, in the order they are rolled out, one after the other.
    pub(super) fn requests(&self, cluster: &ClusterAddress) -> Result<Vec<TargetRequest>, Stop> {
        let specs = cli::specs(self.components, self.targets, self.command)?;
        Ok(one_by_one(specs, cluster, &self.desired))
    }

    /// So many targets are at work at once.
    pub(super) fn at_once(&self) -> usize {
        AT_ONCE
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

impl<'a> From<&'a InstallArgs> for Order<'a> {
    fn from(arguments: &'a InstallArgs) -> Self {
        let desired = &arguments.desired;
        Self {
            command: "install",
            components: &desired.components,
            targets: &desired.targets,
            helm_arguments: &desired.helm_arguments,
            desired: desired.desired(),
            servers: Vec::new(),
            backup_dir: desired.backup_dir.clone(),
            deploy: arguments.deploy.clone(),
        }
    }
}

impl<'a> From<&'a RemoveArgs> for Order<'a> {
    fn from(arguments: &'a RemoveArgs) -> Self {
        let named = Selection::at(OffsetDateTime::now_utc(), arguments.selection.selectors());
        let desired = Desired {
            drop: Some(named),
            ..Desired::default()
        };
        Self::of_edit("remove", &arguments.edited, &arguments.deploy, desired)
    }
}

impl<'a> Order<'a> {
    /// The first step of a rotation: both are trusted.
    pub(super) fn of_both(arguments: &'a RotateArgs) -> Self {
        Self::of_rotation(
            arguments,
            Desired {
                certificates: cli::vouched(&arguments.certificates, arguments.fingerprint),
                task_variables: Variables::Documented,
                ..Desired::default()
            },
        )
    }

    /// The last step of a rotation: the former one goes, and never one of the new.
    pub(super) fn of_dropping(arguments: &'a RotateArgs, new: Vec<Fingerprint>) -> Self {
        let mut former = Selection::at(OffsetDateTime::now_utc(), arguments.from.clone());
        former.except = new;
        Self::of_rotation(
            arguments,
            Desired {
                drop: Some(former),
                ..Desired::default()
            },
        )
    }

    fn of_rotation(arguments: &'a RotateArgs, desired: Desired) -> Self {
        Self {
            servers: arguments.servers.clone(),
            ..Self::of_edit("rotate", &arguments.edited, &arguments.deploy, desired)
        }
    }

    /// An edit that leaves the way in which task pods get certificates as it is.
    fn of_edit(
        command: &'static str,
        edited: &'a EditedArgs,
        deploy: &DeployArgs,
        desired: Desired,
    ) -> Self {
        Self {
            command,
            components: &edited.components,
            targets: &edited.targets,
            helm_arguments: &edited.helm_arguments,
            desired: Desired {
                task_pods: TaskPods::AsIs,
                ignore: edited.ignore.clone(),
                expires_within: edited.expires_within,
                ..desired
            },
            servers: Vec::new(),
            backup_dir: edited.backup_dir.clone(),
            deploy: deploy.clone(),
        }
    }
}
