//! What options are for, as `--help` and the reference group them. Each option names its own: `next_help_heading` would hold for all
//! that comes after it, too.

use crate::vendor::Component;

pub(super) const CERTIFICATES: &str = "Certificates";
pub(super) const WHICH: &str = "Which certificates";
pub(super) const TASKS: &str = "Task pods";
pub(super) const LOOK: &str = "What to look at, and how to show it";
pub(super) const RUN: &str = "While it runs";
pub(super) const RENDERED: &str = "What becomes of what is rendered";
pub(super) const ASKED: &str = "What asks, and whom";
pub(super) const FILES: &str = "Files";
pub(super) const WHERE: &str = "Where";
pub(super) const UNHELD: &str = "Deployed values that no values file holds";
pub(super) const ONE: &str = "Release, chart and file, when one component is named";
pub(super) const HELP: &str = "Help";

/// Over the options that name the component.
pub(super) fn of(component: Component) -> &'static str {
    match component {
        Component::Agent => "Release, chart and file of the agent",
        Component::Gateway => "Release, chart and file of the gateway",
        Component::Apps => "Release, chart and file of the apps",
    }
}
