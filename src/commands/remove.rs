//! `remove`: certificates out of releases again.

use anyhow::Result;

use super::guided;
use super::install::{begin, carry_through};
use super::order::{Order, fleet_of};
use crate::cli::RemoveArgs;
use crate::exit::ExitCode;
use crate::kube::ClusterAddress;
use crate::ui::Screen;

pub(super) fn run(
    arguments: &RemoveArgs,
    cluster: &ClusterAddress,
    screen: &Screen,
) -> Result<ExitCode> {
    let (edited, deploy) = (&arguments.edited, &arguments.deploy);
    let helm = begin(deploy, cluster)?;
    let fleet = fleet_of(deploy, &edited.components, &edited.targets)?;
    if fleet.is_none() && guided::is_wanted_to_remove(arguments) {
        return guided::remove(arguments, &helm, screen, |arguments| {
            carry_through(&Order::of_removal(arguments, None), &helm, screen)
        });
    }
    let order = Order::of_removal(arguments, fleet.as_ref());
    carry_through(&order, &helm, screen)
}
