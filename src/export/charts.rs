//! Where an engine finds a chart.

use std::path::PathBuf;

use super::Release;
use crate::exit::Stop;
use crate::secrets::plain_url;

/// Where a chart is, by the reference that Helm is given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChartSource {
    /// `oci://registry/path/chart`.
    Registry {
        /// `registry/path`, without the scheme.
        address: String,
        /// The chart's name there.
        chart: String,
    },
    /// `alias/chart`, of a repository that Helm's configuration has.
    Repository {
        /// Helm's name for it.
        alias: String,
        /// Its URL, without credentials.
        url: String,
        /// The chart's name there.
        chart: String,
    },
    /// A folder or an archive on this machine.
    Folder {
        /// Its path from the root.
        path: PathBuf,
    },
}

impl ChartSource {
    /// What a reference means; `url_of` gives the URL of a repository by its alias. The version is known already, so a tag is of no
    /// use.
    ///
    /// # Errors
    /// No engine can fetch it: why, and what helps.
    pub fn of(reference: &str, url_of: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        if let Some(rest) = reference.strip_prefix("oci://") {
            let (rest, digest) = rest
                .split_once('@')
                .map_or((rest, None), |(rest, digest)| (rest, Some(digest)));
            if let Some(digest) = digest {
                return Err(format!(
                    "the chart {reference} is named by its digest ({digest}), which not every engine knows: name it without, and its version beside it"
                ));
            }
            let (address, chart) =
                rest.trim_end_matches('/').rsplit_once('/').ok_or_else(|| {
                    format!("the chart {reference} has no name: oci://REGISTRY/PATH/CHART")
                })?;
            let chart = chart.split(':').next().unwrap_or(chart);
            return Ok(Self::Registry {
                address: address.to_owned(),
                chart: chart.to_owned(),
            });
        }
        if reference.contains("://") {
            return Err(format!(
                "the chart {reference} is the address of one archive: add its repository to Helm (helm repo add ALIAS URL), and name the chart as ALIAS/CHART"
            ));
        }
        let Some((alias, chart)) = reference.split_once('/') else {
            return Err(format!(
                "the chart {reference} is of no repository: name it as ALIAS/CHART or oci://REGISTRY/PATH/CHART"
            ));
        };
        let url = url_of(alias).ok_or_else(|| {
            format!("Helm knows no repository {alias}, so nothing says where {reference} is: helm repo add {alias} URL")
        })?;
        if url.contains('?') {
            return Err(format!(
                "the address of the repository {alias} has a query (?…), which may be a credential, and is not exported: name the chart by another repository"
            ));
        }
        Ok(Self::Repository {
            alias: alias.to_owned(),
            url: plain_url(&url),
            chart: chart.to_owned(),
        })
    }
}

/// Where a chart is that an engine fetches from afar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Remote<'a> {
    /// What kind of place it is.
    pub(super) place: Upstream<'a>,
    /// The chart's name there.
    pub(super) chart: &'a str,
}

/// A place that charts come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Upstream<'a> {
    /// A registry: its address, without the scheme.
    Registry(&'a str),
    /// A repository: Helm's name for it, and its URL.
    Repository(&'a str, &'a str),
}

/// Where the chart of a release is, for an engine that fetches it.
///
/// # Errors
/// It lies on this machine.
pub(super) fn remote(release: &Release) -> Result<Remote<'_>, Stop> {
    match &release.chart {
        ChartSource::Registry { address, chart } => Ok(Remote {
            place: Upstream::Registry(address),
            chart,
        }),
        ChartSource::Repository { alias, url, chart } => Ok(Remote {
            place: Upstream::Repository(alias, url),
            chart,
        }),
        ChartSource::Folder { path } => Err(Stop::refused(format!(
            "the chart of {} in {} lies on this machine ({}), where the engine does not find it: helm push it to a registry, and name that as its chart (oci://REGISTRY/PATH/CHART)",
            release.name,
            release.namespace,
            path.display()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(reference: &str) -> Result<ChartSource, String> {
        ChartSource::of(reference, |alias| {
            (alias == "acme").then(|| "https://us:hunter2@charts.example:8443/ml".to_owned())
        })
    }

    #[test]
    fn a_reference_tells_where_its_chart_is_and_never_the_credentials_for_it() {
        assert_eq!(
            of("oci://docker.io/clearml/clearml-enterprise-agent:6.14.6").unwrap(),
            ChartSource::Registry {
                address: "docker.io/clearml".into(),
                chart: "clearml-enterprise-agent".into(),
            }
        );
        assert_eq!(
            of("acme/clearml-enterprise-agent").unwrap(),
            ChartSource::Repository {
                alias: "acme".into(),
                url: "https://charts.example:8443/ml".into(),
                chart: "clearml-enterprise-agent".into(),
            }
        );
    }

    #[test]
    fn what_no_engine_can_fetch_is_told_with_the_way_out() {
        for (reference, says) in [
            ("theirs/agent", "helm repo add theirs URL"),
            (
                "https://charts.example/agent-1.0.0.tgz",
                "helm repo add ALIAS",
            ),
            (
                "oci://docker.io/clearml/agent@sha256:00",
                "its version beside it",
            ),
            ("agent", "ALIAS/CHART"),
        ] {
            let why = of(reference).unwrap_err();
            assert!(why.contains(says), "{why}");
        }
    }
}
