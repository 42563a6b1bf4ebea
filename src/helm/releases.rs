//! What is deployed.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_yaml::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Ending, Helm, HelmError, chart_version};
use crate::proof::Object;
use crate::vendor::Component;

/// A release in a list.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
pub struct ReleaseSummary {
    /// The release's name.
    pub name: String,
    /// `<chart>-<version>`.
    pub chart: String,
    /// `deployed`, `failed`, `pending-upgrade`, …
    pub status: String,
    /// When that began, as Go prints times: `2026-11-25 10:29:01.93467605 +0000 UTC`.
    #[serde(default)]
    pub updated: String,
    /// The number of its last revision, which Helm lists as a text.
    #[serde(default)]
    pub revision: String,
}

/// A release somewhere in the cluster.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
pub struct PlacedRelease {
    /// Its namespace.
    pub namespace: String,
    /// The release.
    #[serde(flatten)]
    pub release: ReleaseSummary,
}

/// One revision of a release's history.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
pub struct Revision {
    /// Its number.
    pub revision: u64,
    /// `deployed`, `superseded`, `failed`, `pending-upgrade`, …
    pub status: String,
    /// When helm began with it, as RFC 3339 writes times.
    #[serde(default)]
    pub updated: String,
    /// What Helm says of it: `Upgrade complete`, `Rollback to 3`, …
    #[serde(default)]
    pub description: String,
}

impl Revision {
    /// Whether a rollback made it.
    #[must_use]
    pub fn is_rollback(&self) -> bool {
        self.description.starts_with("Rollback to")
    }

    /// The second in which helm began with it: Kubernetes tells of its objects to the second, Helm to the nanosecond.
    #[must_use]
    pub fn second(&self) -> Option<OffsetDateTime> {
        let began = OffsetDateTime::parse(&self.updated, &Rfc3339).ok()?;
        began.replace_nanosecond(0).ok()
    }
}

/// The revision that was deployed at a moment of the cluster's clock, in whole seconds. Not told where one revision took another's
/// place in that very second.
///
/// Before the first there was none: what is older than that by a clock that goes wrong was made by it.
#[must_use]
pub fn in_force(history: &[Revision], moment: OffsetDateTime) -> Option<u64> {
    let begun = history
        .iter()
        .filter(|one| one.second().is_some_and(|began| began <= moment));
    let Some(last) = begun.clone().max_by_key(|one| one.revision) else {
        let mut history = history.iter();
        return history.find(|one| one.revision == 1).map(|_| 1);
    };
    let is_sure = last.revision == 1 || last.second() != Some(moment);
    is_sure.then_some(last.revision)
}

impl ReleaseSummary {
    /// Whether nothing is deployed of it any more, and Helm keeps its history alone (`helm uninstall --keep-history`).
    #[must_use]
    pub fn is_uninstalled(&self) -> bool {
        self.status == "uninstalled"
    }

    /// Whether helm is in the midst of it, or was when it was killed.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.status.starts_with("pending")
    }

    /// Since when it is in its state: the date, the time to the minute, and the zone.
    #[must_use]
    pub fn since(&self) -> String {
        let mut words = self.updated.split(' ');
        match (words.next(), words.next(), words.nth(1)) {
            (Some(date), Some(time), Some(zone)) => {
                format!("{date} {} {zone}", time.get(..5).unwrap_or(time))
            }
            _ => self.updated.clone(),
        }
    }

    /// The version of the release's chart if it is a release of `chart`; without the digest that Flux appends.
    ///
    /// The rest after the name must be a version: `clearml-enterprise-agent-6.9.3` is no `clearml-enterprise`.
    #[must_use]
    pub fn version_of(&self, chart: &str) -> Option<&str> {
        let version = self.chart.strip_prefix(chart)?.strip_prefix('-')?;
        chart_version::parse(version)?;
        Some(chart_version::without_digest(version))
    }

    /// The version of the release's chart if that is a component's by its name, and is there still. A generic name does not
    /// tell.
    #[must_use]
    pub fn version_as(&self, component: Component) -> Option<&str> {
        if self.is_uninstalled() {
            return None;
        }
        let layouts = component.layouts().into_iter();
        let mut telling = layouts.filter(|layout| !layout.is_generic);
        telling.find_map(|layout| self.version_of(layout.chart))
    }
}

/// A chart's name and its version, which stand in one word where releases are listed and on the label `helm.sh/chart`; the version
/// is empty where none can be told.
#[must_use]
pub fn chart_and_version(word: &str) -> (&str, &str) {
    let split = |is_version: fn(&str) -> bool| {
        let mut hyphens = word.match_indices('-');
        hyphens.find_map(|(at, _)| {
            let (name, version) = word.split_at_checked(at)?;
            let version = version.strip_prefix('-').filter(|one| is_version(one))?;
            Some((name, chart_version::without_digest(version)))
        })
    };
    // What Helm takes as a version as well, such as `2`, may be the end of a name.
    split(|text| semver::Version::parse(text).is_ok())
        .or_else(|| split(|text| chart_version::parse(text).is_some()))
        .unwrap_or((word, ""))
}

/// The state of one release.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Deployed {
    /// Its revision.
    pub revision: u64,
    /// `deployed`, `failed`, `pending-upgrade`, …
    pub status: String,
    /// The values it was given, without the chart's defaults.
    pub values: Value,
    /// The manifest that Helm stored.
    pub manifest: String,
    /// Whether the API server compares its objects with what is live (`--server-side`), and not Helm: so it is from a first
    /// install by Helm 4 on.
    pub is_applied_by_server: bool,
    /// Its objects as they are in the cluster; `None` where Helm tells nothing of them, as 3 does unless it is asked.
    pub live: Option<Vec<Object>>,
    /// Kind and name of those that have fields which others than Helm have set.
    pub shared: Vec<(String, String)>,
}

/// A release as Helm writes it down, and as `helm status` tells it.
#[derive(Deserialize)]
pub(super) struct Status {
    version: u64,
    info: Info,
    #[serde(default)]
    config: Option<serde_json::Value>,
    #[serde(default)]
    manifest: String,
    /// `ssa` or `csa`; Helm 3 knows the second alone, and does not say so.
    #[serde(default)]
    apply_method: String,
}

#[derive(Deserialize)]
struct Info {
    status: String,
    /// Kind, and the objects of it.
    #[serde(default)]
    resources: Option<BTreeMap<String, Vec<Value>>>,
}

/// The name under which Helm of either major owns the fields that it sets (`managedFields`).
pub const HELM: &str = "helm";

impl Helm {
    /// The releases of a namespace, whatever their state.
    ///
    /// # Errors
    /// The cluster does not answer, or refuses.
    pub fn releases(&self, namespace: &str) -> Result<Vec<ReleaseSummary>, HelmError> {
        self.list(&["-n", namespace])
    }

    /// The releases of all namespaces, whatever their state.
    ///
    /// # Errors
    /// The cluster does not answer, or refuses.
    pub fn releases_everywhere(&self) -> Result<Vec<PlacedRelease>, HelmError> {
        self.list(&["--all-namespaces"])
    }

    fn list<T: DeserializeOwned>(&self, of: &[&str]) -> Result<Vec<T>, HelmError> {
        // Helm 4 lists every state and has no --all; naming the states means the same to both majors.
        let states = [
            "--deployed",
            "--failed",
            "--pending",
            "--superseded",
            "--uninstalled",
            "--uninstalling",
            "-o",
            "json",
        ];
        // Without a bound of its own helm stops at 256, and what comes after that would look as if it were not there.
        let argv = [&["list"], of, &["--max", "1000000"], &states].concat();
        let printed = self.read(&argv)?;
        serde_json::from_str(&printed).map_err(|e| self.unreadable(&argv, &e))
    }

    /// Every revision of a release that is kept, oldest first.
    ///
    /// # Errors
    /// The cluster does not answer, or refuses.
    pub fn history(&self, release: &str, namespace: &str) -> Result<Vec<Revision>, HelmError> {
        let argv = ["history", release, "-n", namespace, "-o", "json"];
        let printed = self.read(&argv)?;
        serde_json::from_str(&printed).map_err(|e| self.unreadable(&argv, &e))
    }

    /// The manifest of one revision of a release.
    ///
    /// # Errors
    /// The cluster does not answer, or refuses, or does not keep that revision any more.
    pub fn manifest_of(
        &self,
        release: &str,
        namespace: &str,
        revision: u64,
    ) -> Result<String, HelmError> {
        let revision = revision.to_string();
        let argv = [
            "get",
            "manifest",
            release,
            "-n",
            namespace,
            "--revision",
            &revision,
        ];
        self.read(&argv)
    }

    /// All values that a release was rendered with, the chart's own defaults among them.
    ///
    /// # Errors
    /// The cluster does not answer, or refuses.
    pub fn computed_values(&self, release: &str, namespace: &str) -> Result<Value, HelmError> {
        let argv = [
            "get", "values", release, "-n", namespace, "--all", "-o", "json",
        ];
        let printed = self.read(&argv)?;
        serde_json::from_str(&printed).map_err(|e| self.unreadable(&argv, &e))
    }

    /// What Helm stored of a release whose state is `listed`, without a look at its objects; who may read Helm's Secrets may not
    /// be allowed to read those.
    ///
    /// # Errors
    /// The cluster does not answer, or refuses.
    pub fn stored(&self, listed: &ReleaseSummary, namespace: &str) -> Result<Deployed, HelmError> {
        let release = listed.name.as_str();
        let argv = ["get", "values", release, "-n", namespace, "-o", "json"];
        let values =
            serde_json::from_str(&self.read(&argv)?).map_err(|e| self.unreadable(&argv, &e))?;
        let manifest = self.read(&["get", "manifest", release, "-n", namespace])?;
        Ok(Deployed {
            revision: listed.revision.parse().unwrap_or_default(),
            status: listed.status.clone(),
            values,
            manifest,
            ..Deployed::default()
        })
    }

    /// The state of a release as Helm tells it by itself, or `None` where there is no such release.
    ///
    /// # Errors
    /// The cluster does not answer, or refuses.
    pub fn deployed(&self, release: &str, namespace: &str) -> Result<Option<Deployed>, HelmError> {
        self.status(release, namespace, &[])
    }

    /// The same, with the release's objects as they are in the cluster.
    ///
    /// # Errors
    /// The cluster does not answer, or refuses.
    pub fn now(&self, release: &str, namespace: &str) -> Result<Option<Deployed>, HelmError> {
        // Helm 4 always tells of them, and does not know the flag.
        let flag: &[&str] = if self.major()? >= 4 {
            &[]
        } else {
            &["--show-resources"]
        };
        self.status(release, namespace, flag)
    }

    fn status(
        &self,
        release: &str,
        namespace: &str,
        flags: &[&str],
    ) -> Result<Option<Deployed>, HelmError> {
        let argv = [&["status", release, "-n", namespace, "-o", "json"], flags].concat();
        let printed = match self.read(&argv) {
            Err(e) if e.is_release_not_found() => return Ok(None),
            printed => printed?,
        };
        let status: Status =
            serde_json::from_str(&printed).map_err(|e| self.unreadable(&argv, &e))?;
        let deployed = status.deployed();
        Ok(Some(deployed.map_err(|e| self.unreadable(&argv, &e))?))
    }

    /// The content is not repeated: it holds the release's values.
    fn unreadable<E: std::fmt::Display>(&self, argv: &[&str], error: &E) -> HelmError {
        HelmError::new(
            self.shown(argv),
            Ending::Exited(0),
            &format!("helm's answer could not be read: {error}"),
        )
    }
}

impl Status {
    /// # Errors
    /// The values are nothing that YAML can say.
    pub(super) fn deployed(self) -> Result<Deployed, serde_yaml::Error> {
        let deployed = Deployed {
            revision: self.version,
            status: self.info.status,
            values: serde_yaml::to_value(self.config)?,
            manifest: self.manifest,
            is_applied_by_server: self.apply_method == "ssa",
            ..Deployed::default()
        };
        Ok(match self.info.resources {
            Some(kinds) => {
                let objects = kinds.into_values().flatten().flat_map(each);
                deployed.with_live(objects.map(Object::new).collect())
            }
            None => deployed,
        })
    }
}

impl Deployed {
    /// The same, with its objects as they are in the cluster.
    #[must_use]
    pub fn with_live(self, mut live: Vec<Object>) -> Self {
        for object in &mut live {
            drop_fields(&mut object.value);
        }
        Self {
            shared: live.iter().filter_map(shared).collect(),
            live: Some(live),
            ..self
        }
    }
}

/// The objects of a list, where it is one: the pods of a workload come as `PodList`, whose items do not say what they are.
fn each(mut object: Value) -> Vec<Value> {
    let kind = object.get("kind").and_then(Value::as_str);
    let Some(kind) = kind.and_then(|kind| kind.strip_suffix("List")) else {
        return vec![object];
    };
    let kind = Value::from(kind);
    let items = object.get_mut("items").and_then(Value::as_sequence_mut);
    let mut items = items.map(std::mem::take).unwrap_or_default();
    for item in &mut items {
        if let Some(fields) = item.as_mapping_mut() {
            fields.insert("kind".into(), kind.clone());
        }
    }
    items
}

/// Takes the sets of fields that its managers own out of an object: nobody asks for them, and they are most of it.
fn drop_fields(object: &mut Value) {
    let metadata = object.get_mut("metadata");
    let managers = metadata.and_then(|metadata| metadata.get_mut("managedFields"));
    for manager in managers
        .and_then(Value::as_sequence_mut)
        .into_iter()
        .flatten()
    {
        if let Some(manager) = manager.as_mapping_mut() {
            manager.remove("fieldsV1");
        }
    }
}

/// Kind and name of an object in which somebody else than Helm has set a field. What controllers write into its status is not
/// Helm's to set.
fn shared(object: &Object) -> Option<(String, String)> {
    let managers = object.get(&["metadata", "managedFields"])?.as_sequence()?;
    let is_other = |one: &Value| {
        let is = |field: &str, word: &str| one.get(field).and_then(Value::as_str) == Some(word);
        !is("manager", HELM) && !is("subresource", "status")
    };
    let is_shared = managers.iter().any(is_other);
    is_shared.then(|| (object.kind.clone(), object.name.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charts_whose_names_begin_alike_are_told_apart() {
        let release = ReleaseSummary {
            name: "a".into(),
            chart: "clearml-enterprise-agent-6.9.3".into(),
            status: "deployed".into(),
            updated: "2026-11-25 10:29:01.93467605 +0000 UTC".into(),
            revision: "1".into(),
        };
        assert_eq!(release.since(), "2026-11-25 10:29 UTC");
        assert_eq!(
            chart_and_version("our-agent-2-1.0.0-rc.1"),
            ("our-agent-2", "1.0.0-rc.1")
        );
        assert_eq!(
            chart_and_version("clearml-enterprise-agent-6.9.3"),
            ("clearml-enterprise-agent", "6.9.3")
        );
        assert_eq!(chart_and_version("old-v1.2"), ("old", "v1.2"));
        assert_eq!(chart_and_version("no-version"), ("no-version", ""));
        assert_eq!(
            release.version_of("clearml-enterprise-agent"),
            Some("6.9.3")
        );
        assert_eq!(release.version_of("clearml-enterprise"), None);
    }

    #[test]
    fn an_object_is_shared_where_others_than_helm_set_what_is_not_its_status() {
        let object = |managers: &str| {
            let text =
                format!("{{kind: ConfigMap, metadata: {{name: a, managedFields: [{managers}]}}}}");
            shared(&Object::new(serde_yaml::from_str(&text).unwrap()))
        };
        let ours = "{manager: helm, operation: Apply}, {manager: helm, operation: Update}";
        let status = format!("{ours}, {{manager: kube-controller-manager, subresource: status}}");
        assert_eq!(object(&status), None);
        assert_eq!(object(""), None);
        for theirs in [
            "{manager: kubectl-edit}",
            "{manager: kubectl, subresource: scale}",
        ] {
            let found = object(&format!("{status}, {theirs}"));
            assert_eq!(found, Some(("ConfigMap".to_owned(), "a".to_owned())));
        }
    }

    #[test]
    fn a_pod_belongs_to_the_revision_that_began_in_its_second_or_before() {
        let revision = |(revision, updated): (u64, &str)| Revision {
            revision,
            status: "deployed".to_owned(),
            updated: format!("2026-11-29T{updated}Z"),
            description: String::new(),
        };
        let at =
            |time: &str| OffsetDateTime::parse(&format!("2026-11-29T{time}Z"), &Rfc3339).unwrap();
        let history = [(1, "05:09:10.317"), (2, "05:09:20.9"), (3, "05:10:00.1")].map(revision);
        for (time, in_force_then) in [
            ("05:09:10", Some(1)),
            ("05:09:19", Some(1)),
            // One of two, and nobody tells which.
            ("05:09:20", None),
            ("05:09:21", Some(2)),
            ("05:12:00", Some(3)),
            // Another clock than the cluster's.
            ("05:09:07", Some(1)),
        ] {
            assert_eq!(in_force(&history, at(time)), in_force_then, "{time}");
        }
        // Helm keeps the last ones alone.
        assert_eq!(in_force(&history[1..], at("05:09:15")), None);
        assert_eq!(in_force(&[], at("05:09:15")), None);
    }
}
