//! What `install` and `remove` want, once their words are read.

use std::path::PathBuf;

use time::OffsetDateTime;

use crate::cli::{self, DeployArgs, InstallArgs, RemoveArgs, TargetArgs};
use crate::exit::Stop;
use crate::overrides::Selection;
use crate::request::{Desired, TargetSpec};
use crate::vendor::Component;

/// What is to be planned, shown, agreed to and carried out.
pub(super) struct Order<'a> {
    /// The command, for messages that say it again.
    command: &'static str,
    components: &'a [Component],
    targets: &'a TargetArgs,
    helm_arguments: &'a [String],
    pub(super) desired: Desired,
    pub(super) backup_dir: Option<PathBuf>,
    pub(super) deploy: DeployArgs,
}

impl Order<'_> {
    /// The targets that were named, in the order they are rolled out.
    pub(super) fn specs(&self) -> Result<Vec<TargetSpec>, Stop> {
        cli::specs(self.components, self.targets, self.command)
    }

    /// All that goes to `helm upgrade` as it is.
    pub(super) fn for_helm(&self) -> Vec<String> {
        self.deploy.for_helm(self.helm_arguments)
    }
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
            backup_dir: desired.backup_dir.clone(),
            deploy: arguments.deploy.clone(),
        }
    }
}

impl<'a> From<&'a RemoveArgs> for Order<'a> {
    fn from(arguments: &'a RemoveArgs) -> Self {
        Self {
            command: "remove",
            components: &arguments.components,
            targets: &arguments.targets,
            helm_arguments: &arguments.helm_arguments,
            desired: Desired {
                drop: Some(Selection {
                    selectors: arguments.selection.selectors(),
                    now: OffsetDateTime::now_utc(),
                }),
                ignore: arguments.ignore.clone(),
                expires_within: arguments.expires_within,
                ..Desired::default()
            },
            backup_dir: arguments.backup_dir.clone(),
            deploy: arguments.deploy.clone(),
        }
    }
}
