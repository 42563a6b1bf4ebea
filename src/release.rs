//! A release as it runs.

use crate::helm::{Deployed, ReleaseSummary};
use crate::proof::{Manifest, Object};

/// A release as it was when it was looked at: its state, how it is listed, and its manifest, read once.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Its state.
    pub deployed: Deployed,
    /// How it is listed.
    pub listed: ReleaseSummary,
    /// Its manifest. What of it cannot be read is told, and nothing is claimed of it.
    pub manifest: Manifest,
}

impl Snapshot {
    /// Reads the manifest of a release in `namespace`.
    #[must_use]
    pub fn new(deployed: Deployed, listed: ReleaseSummary, namespace: &str) -> Self {
        Self {
            manifest: Manifest::of_release(&deployed.manifest, namespace),
            deployed,
            listed,
        }
    }

    /// The objects that can be read.
    #[must_use]
    pub fn objects(&self) -> &[Object] {
        &self.manifest.objects
    }
}
