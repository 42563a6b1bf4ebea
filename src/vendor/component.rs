//! The components that take certificates.
//!
//! Source: the vendor's "Deployment with Self-Signed Certificates" page.

use std::fmt;

use super::{Layout, clearml, klique};

/// A component whose chart takes certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub enum Component {
    /// The ClearML Agent on Kubernetes, and through it every task pod.
    Agent,
    /// The AI Application Gateway.
    Gateway,
    /// The Applications agent of the control plane, and the pods of the applications it starts.
    Apps,
}

impl Component {
    /// Every component, in the order they are rolled out: the control plane first, and a gateway needs an agent in its namespace.
    pub const ALL: [Self; 3] = [Self::Apps, Self::Agent, Self::Gateway];

    /// Those that start pods for tasks, in the same order.
    pub const WITH_TASK_PODS: [Self; 2] = [Self::Apps, Self::Agent];

    /// Its place in that order.
    #[must_use]
    pub fn rank(self) -> usize {
        let mut all = Self::ALL.iter();
        all.position(|one| *one == self).unwrap_or_default()
    }

    /// The name on our command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Gateway => "gateway",
            Self::Apps => "apps",
        }
    }

    /// The product's name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Agent => "ClearML Agent",
            Self::Gateway => "AI Application Gateway",
            Self::Apps => "Applications agent",
        }
    }

    /// What it is for, in a few words.
    #[must_use]
    pub fn purpose(self) -> &'static str {
        match self {
            Self::Agent => "the ClearML Agent, and every task pod it starts",
            Self::Gateway => "the AI Application Gateway, where users enter applications",
            Self::Apps => "the Applications agent in the control plane, and what it starts",
        }
    }

    /// Whether it starts pods for tasks.
    #[must_use]
    pub fn starts_tasks(self) -> bool {
        self.documented().task_pods.is_some()
    }

    /// Whether the documented command creates the namespace.
    #[must_use]
    pub fn creates_namespace(self) -> bool {
        self != Self::Gateway
    }

    /// The generations of its chart; the first is the one that the vendor's page is about.
    #[must_use]
    pub fn layouts(self) -> [&'static Layout; 2] {
        match self {
            Self::Agent => [&clearml::AGENT, &klique::AGENT],
            Self::Gateway => [&clearml::GATEWAY, &klique::GATEWAY],
            Self::Apps => [&clearml::APPS, &klique::APPS],
        }
    }

    /// What the vendor's page says, as long as nothing is known of the chart.
    #[must_use]
    pub fn documented(self) -> &'static Layout {
        let [documented, _] = self.layouts();
        documented
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
