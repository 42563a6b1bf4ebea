//! Helm.

mod arguments;
mod charts;
mod error;
mod kube_version;
mod process;
mod releases;
mod upgrade;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

pub use arguments::HelmArguments;
pub use charts::{Chart, default_reference};
pub use error::{Ending, HelmError};
pub use releases::{Deployed, ReleaseSummary};
pub use upgrade::{Coordinates, Rollout, Upgrade};

/// The helm that called the plugin, or the one on the path.
#[derive(Debug, Clone)]
pub struct Helm {
    program: PathBuf,
}

impl Helm {
    /// `$HELM_BIN`, which Helm sets for its plugins; else `helm` on the path.
    ///
    /// # Errors
    /// Neither exists.
    pub fn locate() -> Result<Self> {
        let program = match std::env::var_os("HELM_BIN").filter(|v| !v.is_empty()) {
            Some(named) => which::which(&named)
                .with_context(|| format!("HELM_BIN names {}, which cannot be run", Path::new(&named).display()))?,
            None => which::which("helm").context(
                "helm was not found on the PATH: install Helm 3.17 or newer, or set HELM_BIN to its path",
            )?,
        };
        Ok(Self { program })
    }

    /// Helm's major version; flags were renamed between 3 and 4.
    ///
    /// # Errors
    /// helm cannot be run, or prints something that is no version.
    pub fn major(&self) -> Result<u64> {
        let printed = self.read(&["version", "--template", "{{.Version}}"])?;
        let version = semver::Version::parse(printed.trim().trim_start_matches('v'))
            .with_context(|| format!("helm version printed {:?}", printed.trim()))?;
        Ok(version.major)
    }

    /// Renders a chart as `helm template` does, without a cluster, to one YAML stream.
    ///
    /// # Errors
    /// Helm refuses the chart or the values.
    pub fn template(
        &self,
        release: &str,
        namespace: &str,
        chart: &Chart,
        values: &[PathBuf],
        is_upgrade: bool,
        arguments: &HelmArguments,
    ) -> Result<String, HelmError> {
        let mut argv: Vec<String> = vec![
            "template".into(),
            release.into(),
            chart.local().display().to_string(),
            "-n".into(),
            namespace.into(),
        ];
        if is_upgrade {
            argv.push("--is-upgrade".into());
        }
        if let Some(version) = &chart.kube_version {
            argv.extend(["--kube-version".into(), version.clone()]);
        }
        for file in values {
            argv.extend(["-f".into(), file.display().to_string()]);
        }
        argv.extend_from_slice(arguments.render());
        self.read(&argv)
    }
}
