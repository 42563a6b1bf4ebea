//! Helm.

mod advice;
mod archive;
mod arguments;
mod chart_content;
mod chart_version;
mod charts;
mod dependencies;
mod error;
mod kube_version;
mod list_flag;
mod names;
mod process;
mod recovery;
mod releases;
mod storage;
mod target_id;
mod upgrade;
mod version;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

pub use arguments::{HelmArguments, is_flag, masked};
pub use chart_content::{ChartContent, Digest};
pub use chart_version::ranges;
pub use charts::{Chart, Repository, chart_name, default_reference, repositories};
pub use dependencies::Dependency;
pub use error::{Ending, HelmError};
pub use list_flag::files_of;
pub use names::{NAMESPACE_LENGTH, RELEASE_LENGTH, is_namespace_name, is_release_name};
pub use recovery::{last_good, way_back, way_out_of_pending, way_out_of_uninstalling};
pub use releases::{
    Deployed, HELM, PlacedRelease, ReleaseSummary, Revision, chart_and_version, in_force,
};
pub use storage::{keeps_releases_in_secrets, secret_of, stored_in};
pub use target_id::TargetId;
pub use upgrade::{Coordinates, Rollout, Upgrade};
pub use version::OLDEST;

use crate::kube::ClusterAddress;

/// The helm that called the plugin, or the one on the path.
#[derive(Debug, Clone)]
pub struct Helm {
    program: PathBuf,
    cluster: ClusterAddress,
    asked: version::Asked,
}

impl Helm {
    /// `$HELM_BIN`, which Helm sets for its plugins; else `helm` on the path; for a cluster.
    ///
    /// # Errors
    /// Neither exists.
    pub fn at(cluster: &ClusterAddress) -> Result<Self> {
        let program = match std::env::var_os("HELM_BIN").filter(|v| !v.is_empty()) {
            Some(named) => which::which(&named)
                .with_context(|| format!("HELM_BIN names {}, which cannot be run", Path::new(&named).display()))?,
            None => which::which("helm").context(
                "helm was not found on the PATH: install Helm 3.17 or newer, or set HELM_BIN to its path",
            )?,
        };
        Ok(Self {
            program,
            cluster: cluster.clone(),
            asked: version::Asked::default(),
        })
    }

    /// The same helm for another cluster.
    #[must_use]
    pub fn to(&self, cluster: &ClusterAddress) -> Self {
        Self {
            cluster: cluster.clone(),
            ..self.clone()
        }
    }

    /// The cluster that it speaks to.
    #[must_use]
    pub fn cluster(&self) -> &ClusterAddress {
        &self.cluster
    }

    /// The program, for people.
    #[must_use]
    pub fn shown_path(&self) -> String {
        self.program.display().to_string()
    }

    /// Renders a chart to one YAML stream.
    ///
    /// Asking the cluster gives the chart the cluster's Kubernetes version and API, and finds what the upgrade would
    /// stumble over: kinds it does not have, objects that are another release's.
    ///
    /// # Errors
    /// Helm refuses the chart or the values.
    pub fn template(
        &self,
        rendering: &Rendering<'_>,
        arguments: &HelmArguments,
    ) -> Result<String, HelmError> {
        if rendering.asks_cluster {
            let ask = self.ask_cluster_flags();
            match self.read_with(&rendering.argv(ask, arguments), rendering.input) {
                // The chart brings the kinds itself (crds/), and Helm creates them only when it installs.
                Err(error) if error.is_kind_unknown() => {}
                answer => return answer,
            }
        }
        self.read_with(&rendering.argv(&[], arguments), rendering.input)
    }

    /// The flags with which `helm template` asks the cluster for its version, its API and (`lookup`) its objects.
    ///
    /// Not for its `OpenAPI` documents, all of which Helm fetches and reads anew in each call (measured: half of its time): a
    /// server that checks fields by itself, as all do since Kubernetes 1.25, has nothing judged by them.
    fn ask_cluster_flags(&self) -> &'static [&'static str] {
        match self.major() {
            Ok(3) => &[
                "--validate",
                "--dry-run=server",
                "--disable-openapi-validation",
            ],
            Ok(_) => &["--dry-run=server", "--disable-openapi-validation"],
            // Both take it, Helm 4 with a sigh.
            Err(_) => &["--validate"],
        }
    }
}

/// One rendering of a chart.
#[derive(Debug)]
pub struct Rendering<'a> {
    /// The release's name.
    pub release: &'a str,
    /// Its namespace.
    pub namespace: &'a str,
    /// The chart.
    pub chart: &'a Chart,
    /// The values files, in Helm's order; `-` for what it reads from its standard input.
    pub values: &'a [PathBuf],
    /// That.
    pub input: Option<&'a str>,
    /// Whether the release exists.
    pub is_upgrade: bool,
    /// Whether the cluster is to be asked what it is.
    pub asks_cluster: bool,
}

impl Rendering<'_> {
    fn argv(&self, ask_cluster: &[&str], arguments: &HelmArguments) -> Vec<String> {
        let mut argv: Vec<String> = vec![
            "template".into(),
            self.release.into(),
            self.chart.local().display().to_string(),
            "-n".into(),
            self.namespace.into(),
        ];
        argv.extend(self.is_upgrade.then(|| "--is-upgrade".into()));
        argv.extend(ask_cluster.iter().map(ToString::to_string));
        if let (true, Some(version)) = (ask_cluster.is_empty(), &self.chart.kube_version) {
            argv.extend(["--kube-version".into(), version.clone()]);
        }
        for file in self.values {
            argv.extend(["-f".into(), list_flag::word_of(file)]);
        }
        argv.extend_from_slice(arguments.render());
        argv
    }
}
