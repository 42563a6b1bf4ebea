//! The same targets in the terms of an engine that deploys: Argo CD, Flux, helmfile (docs/guides/export.md). Pure: from what was
//! planned to the text of files. Values files are named and never copied: they may hold credentials.

mod argocd;
mod charts;
mod flux;
mod helmfile;
mod names;
mod order;
mod paths;
mod text;

pub use argocd::{Git, argocd};
pub use charts::ChartSource;
pub use flux::{Flux, flux};
pub use helmfile::helmfile;
pub use paths::relative;
pub use text::is_ours;

use std::path::PathBuf;

use crate::vendor::Component;

/// A release that an engine is to deploy as `install` would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Whose chart it is.
    pub component: Component,
    /// The context of its cluster, where one is named.
    pub context: Option<String>,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Where its chart is.
    pub chart: ChartSource,
    /// The version of the chart that the proof was made with.
    pub version: String,
    /// Its values files, from the root, in the order that Helm merges them.
    pub values: Vec<PathBuf>,
    /// Whether the documented command makes its namespace.
    pub creates_namespace: bool,
    /// When its turn is.
    pub wave: usize,
}

/// What is the same for all that a run writes.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The file of the targets, as it was named.
    pub file: String,
    /// Its folder, from the root.
    pub folder: PathBuf,
    /// The folder that what is written lies in, from the root.
    pub output: PathBuf,
    /// Whether registries are spoken to without TLS.
    pub plain_http: bool,
}

/// One file for an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// Its path in the output folder, with `/` on every system.
    pub path: String,
    /// Its content.
    pub text: String,
}
