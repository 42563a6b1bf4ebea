//! `remove`: certificates out of releases again.

use anyhow::Result;

use super::install::{carry_through, json_asks_nobody};
use crate::cli::RemoveArgs;
use crate::exit::ExitCode;
use crate::helm::Helm;
use crate::interrupt;
use crate::kube::ClusterAddress;
use crate::ui::Screen;

pub(super) fn run(
    arguments: &RemoveArgs,
    cluster: &ClusterAddress,
    screen: &Screen,
) -> Result<ExitCode> {
    json_asks_nobody(&arguments.deploy)?;
    interrupt::watch()?;
    let helm = Helm::at(cluster)?;
    helm.ask_version_in_background();
    carry_through(&arguments.into(), &helm, screen)
}
