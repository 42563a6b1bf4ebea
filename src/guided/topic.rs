//! What questions are about.

use crate::vendor::Component;

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Which releases get the certificates.
    Releases,
    /// Which certificates.
    Certificates,
    /// Which certificates go.
    Leaving,
    /// What becomes of the bundle that the images come with.
    Mode,
    /// How certificates get into task pods.
    TaskPods,
    /// What becomes of a finding that refuses.
    Remedies,
    /// Further flags for helm.
    HelmFlags,
    /// Where one of the chosen releases goes: its place among them, its component, and what of it.
    Of(usize, Component, Coordinate),
}

/// What tells where a release goes, and from what. In the order of the options on a command line: what is of one release stands
/// behind its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coordinate {
    /// Its name.
    Release,
    /// Its namespace.
    Namespace,
    /// Its override file.
    Values,
    /// Its chart.
    Chart,
    /// The chart's version.
    Version,
}

impl Coordinate {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Release,
        Self::Namespace,
        Self::Values,
        Self::Chart,
        Self::Version,
    ];

    /// The option that says it, without dashes and component.
    pub(super) fn option(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Namespace => "namespace",
            Self::Values => "values",
            Self::Chart => "chart",
            Self::Version => "version",
        }
    }

    /// What people call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Values => "override file",
            Self::Version => "chart version",
            other => other.option(),
        }
    }
}
