//! `remove`: certificates out of releases again.

use anyhow::Result;

use super::install::{begin, carry_through};
use crate::cli::RemoveArgs;
use crate::exit::ExitCode;
use crate::kube::ClusterAddress;
use crate::ui::Screen;

pub(super) fn run(
    arguments: &RemoveArgs,
    cluster: &ClusterAddress,
    screen: &Screen,
) -> Result<ExitCode> {
    let helm = begin(&arguments.deploy, cluster)?;
    carry_through(&arguments.into(), &helm, screen)
}
