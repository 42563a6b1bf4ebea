//! Finding a chart wherever it is, and reading what it is and which values it knows.

use std::path::{Path, PathBuf, is_separator};

use anyhow::{Context as _, Result, anyhow};
use semver::Version;
use serde::Deserialize;
use serde_yaml::Value;
use tempfile::TempDir;

use super::dependencies::{Dependency, turned_off, with_inner};
use super::{Digest, Helm, HelmArguments, archive, chart_content, chart_version, kube_version};
use crate::exit::Stop;
use crate::nearest::file_like;
use crate::values;
use crate::vendor::{Layout, PROPAGATE};
use crate::yaml;

/// A chart on disk, pinned to one version.
#[derive(Debug)]
pub struct Chart {
    /// The reference for `helm upgrade`, as given.
    pub reference: String,
    /// The name in its Chart.yaml.
    pub name: String,
    /// The version in its Chart.yaml.
    pub version: Version,
    /// The same as it is written there (`v6.14.6`), which is what a registry knows it by.
    pub written_version: String,
    /// Its default values, with those of the charts inside it below their names.
    pub values: Value,
    /// The charts inside it.
    pub dependencies: Vec<Dependency>,
    /// The Kubernetes version to render for, where the chart bounds it so that helm's built-in one might not do.
    pub kube_version: Option<String>,
    /// What it consists of; `None` where nothing of it was seen.
    pub digest: Option<Digest>,
    local: PathBuf,
    /// Whether nothing of it was seen: it cannot be rendered.
    pub is_assumed: bool,
    /// The folder of a pulled chart; removed with the value.
    pulled: Option<TempDir>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: String,
    version: String,
    kube_version: Option<String>,
}

impl Chart {
    /// A stand-in for a chart that cannot be reached: its documented name, and of its values only what its version tells.
    #[must_use]
    pub fn assumed(layout: &Layout, reference: &str, version: Option<&str>) -> Self {
        let version = version.and_then(|version| Version::parse(version).ok());
        let known = version.clone().unwrap_or(Version::new(0, 0, 0));
        let since = layout
            .propagates_since
            .and_then(|since| Version::parse(since).ok());
        // Of a chart inside another, the version of that tells nothing.
        let propagates = !layout.is_inner()
            && matches!((&version, since), (Some(version), Some(since)) if *version >= since);
        let path = layout.under_certificates(PROPAGATE);
        let values = path.iter().rev().fold(Value::Bool(false), |inner, key| {
            Value::Mapping([(Value::from(*key), inner)].into_iter().collect())
        });
        Self {
            reference: reference.to_owned(),
            name: layout.chart.to_owned(),
            written_version: known.to_string(),
            version: known,
            values: if propagates { values } else { Value::Null },
            dependencies: Vec::new(),
            kube_version: None,
            digest: None,
            local: PathBuf::new(),
            is_assumed: true,
            pulled: None,
        }
    }

    /// Where the chart lies on disk: a folder or a `.tgz`.
    #[must_use]
    pub fn local(&self) -> &Path {
        &self.local
    }

    /// Whether the chart is a folder or archive of the user's, which can change under the same version.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.pulled.is_none()
    }

    /// Whether the chart's own values have `path`, which is how a chart declares what it understands.
    #[must_use]
    pub fn knows(&self, path: &[&str]) -> bool {
        values::has(&self.values, path)
    }

    /// Why the chart inside it at a path is not rendered where these values are given: the value that turns it off.
    #[must_use]
    pub fn turned_off(&self, path: &[String], given: &Value) -> Option<String> {
        let values = values::merge([&self.values, given]);
        turned_off(&self.dependencies, path, &values)
    }
}

/// The chart reference to use where none is given: a documented repository alias where it is configured, else the
/// vendor's registry.
#[must_use]
pub fn default_reference(layout: &Layout, repository_config: Option<&str>) -> String {
    let configured = repositories(repository_config);
    let mut aliases = layout.repositories.iter();
    let base = aliases
        .find(|alias| configured.iter().any(|one| one.name == **alias))
        .unwrap_or(&layout.registry);
    format!("{base}/{}", layout.chart)
}

/// A repository of Helm's configuration.
#[derive(Debug, Deserialize)]
pub struct Repository {
    /// The alias that stands before a chart's name.
    pub name: String,
    /// Where it is; credentials may be in it.
    #[serde(default)]
    pub url: String,
}

/// The repositories that `helm repo add` has noted, by the text of Helm's file; none where it cannot be read.
#[must_use]
pub fn repositories(config: Option<&str>) -> Vec<Repository> {
    #[derive(Deserialize)]
    struct Repositories {
        #[serde(default)]
        repositories: Vec<Repository>,
    }
    let read = config.and_then(|text| serde_yaml::from_str::<Repositories>(text).ok());
    read.map(|all| all.repositories).unwrap_or_default()
}

/// The name of the chart that a reference means, as far as it can be told without fetching it: what the chart on disk says,
/// else the reference's last part without version and ending.
#[must_use]
pub fn chart_name(reference: &str) -> String {
    let on_disk = std::fs::read_to_string(Path::new(reference).join("Chart.yaml"))
        .ok()
        .and_then(|text| serde_yaml::from_str::<Metadata>(&text).ok());
    if let Some(metadata) = on_disk {
        return metadata.name;
    }
    let last = reference.trim_end_matches(is_separator);
    let last = last.rsplit(is_separator).next();
    let last = last.unwrap_or_default().trim_end_matches(".tgz");
    let name = last.split([':', '@']).next().unwrap_or_default();
    let version = name
        .match_indices('-')
        .find(|(at, _)| name.get(at + 1..).is_some_and(is_version))
        .map_or(name.len(), |(at, _)| at);
    name.get(..version).unwrap_or(name).to_owned()
}

fn is_version(text: &str) -> bool {
    Version::parse(text.trim_start_matches('v')).is_ok()
}

impl Helm {
    /// Finds the chart, pulling it once where it is not on this disk.
    ///
    /// `version` is exact or a range as Helm takes it; without one the newest is taken.
    ///
    /// # Errors
    /// Helm cannot find or read the chart, or a chart on disk has another version than asked for.
    pub fn fetch_chart(
        &self,
        reference: &str,
        version: Option<&str>,
        arguments: &HelmArguments,
    ) -> Result<Chart> {
        let path = Path::new(reference);
        let chart = if path.is_dir() {
            read_folder(reference, path.to_path_buf(), None)?
        } else if path.is_file() {
            read_archive(reference)?
        } else if looks_like_path(reference) {
            return Err(anyhow!(
                "there is no chart at {reference}: neither a folder nor a .tgz{}",
                file_like(path)
            ));
        } else {
            return self.pull(reference, version, arguments);
        };
        match version {
            Some(wanted) if !chart_version::satisfies(&chart.version, wanted) => Err(Stop::refused(format!(
                "the chart at {reference} is version {}, not {wanted}; helm would deploy it all the same",
                chart.version
            ))
            .into()),
            _ => Ok(chart),
        }
    }

    fn pull(
        &self,
        reference: &str,
        version: Option<&str>,
        arguments: &HelmArguments,
    ) -> Result<Chart> {
        let folder = TempDir::with_prefix("helm-clearml-certs-")
            .context("cannot make a folder for the chart")?;
        let mut argv: Vec<String> = vec!["pull".into(), reference.into()];
        if let Some(version) = version {
            argv.extend(["--version".into(), version.into()]);
        }
        argv.extend_from_slice(arguments.locate());
        argv.extend([
            "--untar".into(),
            "--untardir".into(),
            folder.path().display().to_string(),
        ]);
        self.read(&argv)?;
        let local = std::fs::read_dir(folder.path())?
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .find(|path| path.join("Chart.yaml").is_file())
            .ok_or_else(|| anyhow!("helm pull {reference} left no chart behind"))?;
        read_folder(reference, local, Some(folder))
    }
}

fn read_archive(reference: &str) -> Result<Chart> {
    let (metadata, values) = archive::metadata_and_values(Path::new(reference))?;
    assemble(reference, reference.into(), None, &metadata, &values)
}

fn read_folder(reference: &str, local: PathBuf, pulled: Option<TempDir>) -> Result<Chart> {
    let metadata = local.join("Chart.yaml");
    let metadata = std::fs::read_to_string(&metadata).with_context(|| {
        format!(
            "{reference} is no chart: cannot read {}",
            metadata.display()
        )
    })?;
    let values = match std::fs::read_to_string(local.join("values.yaml")) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        read => read.with_context(|| format!("cannot read the values.yaml of {reference}"))?,
    };
    assemble(reference, local, pulled, &metadata, &values)
}

fn assemble(
    reference: &str,
    local: PathBuf,
    pulled: Option<TempDir>,
    metadata: &str,
    values: &str,
) -> Result<Chart> {
    let Metadata {
        name,
        version,
        kube_version,
    } = serde_yaml::from_str(metadata)
        .with_context(|| format!("cannot read the Chart.yaml of {reference}"))?;
    let dependencies = chart_content::tree(&local)?.dependencies();
    let values = yaml::value_of(values)
        .with_context(|| format!("cannot read the values.yaml of {reference}"))?;
    Ok(Chart {
        reference: reference.to_owned(),
        version: chart_version::parse(&version).with_context(|| {
            format!("{reference} has the version {version:?}, which Helm does not take for one")
        })?,
        written_version: version,
        values: with_inner(values, &dependencies),
        dependencies,
        kube_version: kube_version.and_then(|bounds| kube_version::within(&bounds)),
        name,
        digest: Some(chart_content::digest(&local)?),
        local,
        is_assumed: false,
        pulled,
    })
}

fn looks_like_path(reference: &str) -> bool {
    reference.starts_with(['.', '~'])
        || reference.starts_with(is_separator)
        || Path::new(reference).is_absolute()
        || !reference.contains("://")
            && Path::new(reference).extension().is_some_and(|e| e == "tgz")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vendor::Component;

    #[test]
    fn a_documented_alias_wins_where_it_is_configured() {
        let [clearml, klique] = Component::Agent.layouts();
        let config =
            |alias: &str| format!("repositories:\n- name: {alias}\n  url: https://c.example\n");
        for alias in ["clearml-enterprise", "allegroai-enterprise"] {
            assert_eq!(
                default_reference(clearml, Some(&config(alias))),
                format!("{alias}/clearml-enterprise-agent")
            );
        }
        let registry = "oci://docker.io/clearml/clearml-enterprise-agent";
        assert_eq!(default_reference(clearml, None), registry);
        for other in ["repositories: []", "{{ broken", &config("theirs")] {
            assert_eq!(default_reference(clearml, Some(other)), registry);
        }
        assert_eq!(
            default_reference(klique, Some(&config("clearml-enterprise"))),
            "oci://docker.io/kliqueai/orchestrator"
        );
    }

    #[test]
    fn a_reference_tells_its_charts_name() {
        for reference in [
            "oci://docker.io/kliqueai/orchestrator",
            "oci://docker.io/kliqueai/orchestrator:1.2.3",
            "klique/orchestrator",
            "./charts/orchestrator-1.2.3.tgz",
            "charts/orchestrator-v1.2.3/",
        ] {
            assert_eq!(chart_name(reference), "orchestrator", "{reference}");
        }
        assert_eq!(
            chart_name("clearml-enterprise-agent"),
            "clearml-enterprise-agent"
        );
    }
}
