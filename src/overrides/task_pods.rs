//! Task pods: the pods that the agent starts for each task, and how certificates get into them.
//!
//! Newer charts do it themselves (`customCertificates.propagateToTasks`). For older ones the vendor documents a pod
//! template: an init container runs `update-ca-certificates` over the mounted certificates and hands the result to the
//! task's container in an emptyDir.

use anyhow::Result;
use serde_yaml::{Mapping, Value};

use super::{Placed, line_of, list_at};
use crate::finding::Finding;
use crate::proof::{Carriers, is_taken_as_source};
use crate::yaml::{Document, Path};

/// How certificates get into task pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// The chart does it.
    Propagate,
    /// The documented pod template.
    Template,
    /// Not at all.
    Off,
}

/// The value that tells newer charts to bring certificates to task pods.
pub const PROPAGATE: &str = "propagateToTasks";

const BUNDLE_DIR: &str = "/etc/ssl/certs";
const BUNDLE_FILE: &str = "/etc/ssl/certs/ca-certificates.crt";
const BUNDLE_VOLUME: &str = "etc-ssl-certs";
const SOURCES_DIR: &str = "/usr/local/share/ca-certificates";
const SOURCES_VOLUME: &str = "clearml-extra-ca-certs";
const INIT_CONTAINER: &str = "init-task";
const UPDATE: &str = "update-ca-certificates";

/// Variables that point Python's clients to the bundle: requests (and with it the ClearML SDK) reads the first,
/// urllib3, httpx, aiohttp and uv the second.
const VARIABLES: [&str; 2] = ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"];

/// Shown in the init container until a rendering has told the agent's image.
const IMAGE_UNKNOWN: &str = "image-not-yet-rendered";

/// One source of the projected volume: a ConfigMap, and which of its keys becomes which file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectedSource {
    /// The ConfigMap's name.
    pub config_map: String,
    /// Key and file name, where the key itself would not do as one.
    pub item: Option<(String, String)>,
}

/// The projected sources for `placed`, from where the rendered manifest carries each certificate.
///
/// A ConfigMap whose only key ends in `.crt` is taken whole, as documented; any other gets its key mapped to
/// `<alias>.crt`, since `update-ca-certificates` ignores every other name.
#[must_use]
pub fn sources(placed: &[Placed], carriers: &Carriers) -> Vec<ProjectedSource> {
    let mut sources: Vec<ProjectedSource> = Vec::new();
    let mut used: Vec<(&str, &str)> = Vec::new();
    for one in placed {
        let places = carriers.of(one.certificate.fingerprint);
        let Some(place) = places.iter().find(|place| place.kind == "ConfigMap") else {
            continue;
        };
        // Several certificates may share one key; the file is needed once.
        if used.contains(&(&place.object, &place.key)) {
            continue;
        }
        used.push((&place.object, &place.key));
        let plain = place.only_key && is_taken_as_source(&place.key);
        sources.push(ProjectedSource {
            config_map: place.object.clone(),
            item: (!plain).then(|| (place.key.clone(), format!("{}.crt", one.alias))),
        });
    }
    sources
}

/// The documented names of the agent chart's ConfigMaps: a prediction, to be checked against a rendering.
///
/// Follows Helm's usual fullname rule (`helm create`, `_helpers.tpl`).
#[must_use]
pub fn predicted_sources(
    release: &str,
    chart: &str,
    values: &Value,
    count: usize,
) -> Vec<ProjectedSource> {
    let text = |key: &str| {
        crate::values::lookup(values, &[key])
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    let name = text("nameOverride").unwrap_or(chart);
    let fullname = match text("fullnameOverride") {
        Some(fullname) => fullname.to_owned(),
        None if release.contains(name) => release.to_owned(),
        None => format!("{release}-{name}"),
    };
    let fullname = fullname
        .get(..63)
        .unwrap_or(&fullname)
        .trim_end_matches('-');
    (0..count)
        .map(|index| ProjectedSource {
            config_map: format!("{fullname}-custom-ca-{index}"),
            item: None,
        })
        .collect()
}

/// Tells the chart to bring the certificates to task pods.
///
/// # Errors
/// The document cannot be edited safely there.
pub fn propagate(document: &mut Document, certificates: &[&str]) -> Result<()> {
    document.set(Path::from(certificates).then(PROPAGATE), &Value::Bool(true))?;
    Ok(())
}

/// What the pod template has to say.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// The sources of the projected volume.
    pub sources: &'a [ProjectedSource],
    /// ConfigMaps that the release has now and the chart no longer renders: a reference to one would hang the task pods.
    pub gone: &'a [String],
    /// The init container's image; `None` until a rendering has told it.
    pub image: Option<&'a str>,
    /// Whether the user chose that image, so that it replaces the one that is there.
    pub image_chosen: bool,
}

/// Brings the documented pod template into the one at `path`, by name and mount path; everything else there stays.
///
/// An init container that is there already keeps its image unless the user chose one now.
///
/// # Errors
/// The document cannot be edited safely there.
pub fn template(
    document: &mut Document,
    file: &str,
    path: &[&str],
    wanted: &Wanted<'_>,
) -> Result<Vec<Finding>> {
    let mut edit = TemplateEdit {
        document,
        file,
        path: Path::from(path),
        findings: Vec::new(),
    };
    edit.init_container(wanted)?;
    edit.variables()?;
    edit.mounts()?;
    edit.volumes(wanted)?;
    Ok(edit.findings)
}

struct TemplateEdit<'a> {
    document: &'a mut Document,
    file: &'a str,
    path: Path,
    findings: Vec<Finding>,
}

impl TemplateEdit<'_> {
    fn init_container(&mut self, wanted: &Wanted<'_>) -> Result<()> {
        let path = self.at("initContainers");
        let mounts = [
            mount(BUNDLE_VOLUME, BUNDLE_DIR),
            mount(SOURCES_VOLUME, SOURCES_DIR),
        ];
        let Some(mut container) = self.named(&path, INIT_CONTAINER)? else {
            let command = ["/bin/sh", "-c", UPDATE].map(Value::from).to_vec();
            let container = mapping([
                ("command", Value::Sequence(command)),
                ("image", wanted.image.unwrap_or(IMAGE_UNKNOWN).into()),
                ("imagePullPolicy", "IfNotPresent".into()),
                ("name", INIT_CONTAINER.into()),
                ("volumeMounts", Value::Sequence(mounts.to_vec())),
            ]);
            self.document.append(&path, &container)?;
            return Ok(());
        };
        if !runs_update(&container) {
            self.conflict(
                &path,
                "init-container-conflict",
                &format!("an init container named {INIT_CONTAINER} that does not run {UPDATE}"),
            );
            return Ok(());
        }
        let mut present = sequence(&container, "volumeMounts");
        for mount in &mounts {
            match mount_at(&present, mount) {
                None => present.push(mount.clone()),
                Some(other) if name_of(other) == name_of(mount) => {}
                Some(_) => self.conflict(
                    &path,
                    "mount-conflict",
                    &format!(
                        "another volume mounted at {} in {INIT_CONTAINER}",
                        mount_path(mount)
                    ),
                ),
            }
        }
        set_field(&mut container, "volumeMounts", Value::Sequence(present));
        if let Some(image) = wanted.image.filter(|_| wanted.image_chosen) {
            set_field(&mut container, "image", image.into());
        }
        self.document.merge(&path, "name", &[container])?;
        Ok(())
    }

    fn variables(&mut self) -> Result<()> {
        let path = self.at("env");
        for variable in VARIABLES {
            match self.named(&path, variable)? {
                None => {
                    let entry = mapping([("name", variable.into()), ("value", BUNDLE_FILE.into())]);
                    self.document.append(&path, &entry)?;
                }
                Some(entry) if entry.get("value").and_then(Value::as_str) == Some(BUNDLE_FILE) => {}
                Some(_) => self.conflict(
                    &path,
                    "variable-conflict",
                    &format!("{variable} with another value than {BUNDLE_FILE}"),
                ),
            }
        }
        Ok(())
    }

    fn mounts(&mut self) -> Result<()> {
        let path = self.at("volumeMounts");
        let present = list_at(self.document, &path)?;
        // Without its sources a later update-ca-certificates in the task (an apt-get install is enough) would drop them.
        for wanted in [
            mount(BUNDLE_VOLUME, BUNDLE_DIR),
            mount(SOURCES_VOLUME, SOURCES_DIR),
        ] {
            match mount_at(&present, &wanted) {
                None => self.document.append(&path, &wanted)?,
                Some(other) if name_of(other) == name_of(&wanted) => {}
                Some(_) => self.conflict(
                    &path,
                    "mount-conflict",
                    &format!("another volume mounted at {}", mount_path(&wanted)),
                ),
            }
        }
        Ok(())
    }

    fn volumes(&mut self, wanted: &Wanted<'_>) -> Result<()> {
        let path = self.at("volumes");
        match self.named(&path, BUNDLE_VOLUME)? {
            None => {
                let empty = Value::Mapping(Mapping::new());
                let volume = mapping([("name", BUNDLE_VOLUME.into()), ("emptyDir", empty)]);
                self.document.append(&path, &volume)?;
            }
            Some(volume) if volume.get("emptyDir").is_some() => {}
            Some(_) => self.conflict(
                &path,
                "volume-conflict",
                &format!("a volume {BUNDLE_VOLUME} that is no emptyDir"),
            ),
        }
        let sources: Vec<Value> = wanted.sources.iter().map(source_value).collect();
        let Some(mut volume) = self.named(&path, SOURCES_VOLUME)? else {
            let projected = mapping([
                ("defaultMode", 420.into()),
                ("sources", Value::Sequence(sources)),
            ]);
            let volume = mapping([("name", SOURCES_VOLUME.into()), ("projected", projected)]);
            self.document.append(&path, &volume)?;
            return Ok(());
        };
        let Some(mut projected) = volume.get("projected").cloned() else {
            self.conflict(
                &path,
                "volume-conflict",
                &format!("a volume {SOURCES_VOLUME} that is no projected volume"),
            );
            return Ok(());
        };
        let sources = merged_sources(&sequence(&projected, "sources"), &sources, wanted.gone);
        set_field(&mut projected, "sources", Value::Sequence(sources));
        set_field(&mut volume, "projected", projected);
        self.document.merge(&path, "name", &[volume])?;
        Ok(())
    }

    fn named(&self, path: &Path, name: &str) -> Result<Option<Value>> {
        let items = list_at(self.document, path)?;
        Ok(items.into_iter().find(|item| name_of(item) == Some(name)))
    }

    fn at(&self, key: &str) -> Path {
        self.path.then(key)
    }

    fn conflict(&mut self, path: &Path, code: &'static str, what: &str) {
        self.findings.push(
            Finding::error(
                code,
                format!(
                    "{}{}: {} has {what}; task pods would not trust the certificates",
                    self.file,
                    line_of(self.document, path),
                    path
                ),
            )
            .hint("rename or remove it, or leave task pods alone with --task-pods off"),
        );
    }
}

/// The sources that stay (the user's own, and ours that are still right), then the new ones.
fn merged_sources(present: &[Value], wanted: &[Value], gone: &[String]) -> Vec<Value> {
    let stays = |source: &&Value| wanted.contains(source) || !is_ours(source, wanted, gone);
    let mut merged: Vec<Value> = present.iter().filter(stays).cloned().collect();
    for source in wanted {
        if !merged.contains(source) {
            merged.push(source.clone());
        }
    }
    merged
}

/// Whether a source names one of the chart's ConfigMaps: one that it renders, one that it no longer renders, or one of
/// an earlier, longer list (same name but for the number).
fn is_ours(source: &Value, wanted: &[Value], gone: &[String]) -> bool {
    let stem = |name: &str| {
        name.trim_end_matches(|c: char| c.is_ascii_digit())
            .to_owned()
    };
    let config_map = |source: &Value| source.get("configMap").and_then(name_of).map(str::to_owned);
    let Some(name) = config_map(source) else {
        return false;
    };
    let numbered = stem(&name).ends_with('-');
    gone.contains(&name)
        || wanted
            .iter()
            .filter_map(config_map)
            .any(|map| map == name || numbered && stem(&map) == stem(&name))
}

fn source_value(source: &ProjectedSource) -> Value {
    let mut config_map = mapping([("name", source.config_map.as_str().into())]);
    if let Some((key, path)) = &source.item {
        let item = mapping([("key", key.as_str().into()), ("path", path.as_str().into())]);
        set_field(&mut config_map, "items", Value::Sequence(vec![item]));
    }
    mapping([("configMap", config_map)])
}

/// Whether a container's command or arguments run `update-ca-certificates`, in whatever shell.
fn runs_update(container: &Value) -> bool {
    ["command", "args"]
        .iter()
        .flat_map(|field| sequence(container, field))
        .any(|word| word.as_str().is_some_and(|word| word.contains(UPDATE)))
}

fn mount(name: &str, path: &str) -> Value {
    mapping([("name", name.into()), ("mountPath", path.into())])
}

fn mount_path(mount: &Value) -> &str {
    let path = mount.get("mountPath").and_then(Value::as_str);
    path.unwrap_or_default().trim_end_matches('/')
}

fn mount_at<'a>(mounts: &'a [Value], wanted: &Value) -> Option<&'a Value> {
    mounts
        .iter()
        .find(|mount| mount_path(mount) == mount_path(wanted))
}

fn name_of(value: &Value) -> Option<&str> {
    value.get("name").and_then(Value::as_str)
}

fn sequence(value: &Value, field: &str) -> Vec<Value> {
    value
        .get(field)
        .and_then(Value::as_sequence)
        .cloned()
        .unwrap_or_default()
}

fn set_field(value: &mut Value, field: &str, inner: Value) {
    if let Value::Mapping(mapping) = value {
        mapping.insert(field.into(), inner);
    }
}

fn mapping<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Mapping(
        fields
            .into_iter()
            .map(|(key, value)| (Value::from(key), value))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: [&str; 2] = ["agentk8sglue", "basePodTemplate"];

    fn whole(name: &str) -> ProjectedSource {
        ProjectedSource {
            config_map: name.to_owned(),
            item: None,
        }
    }

    fn edit(text: &str, sources: &[ProjectedSource]) -> (String, Vec<&'static str>) {
        let mut document = Document::parse(text).unwrap();
        let wanted = Wanted {
            sources,
            gone: &["gone-7f3a".to_owned()],
            image: Some("agent:1"),
            image_chosen: false,
        };
        let findings = template(&mut document, "f.yaml", &PATH, &wanted);
        let codes = findings
            .unwrap()
            .into_iter()
            .map(|finding| finding.code)
            .collect();
        (document.into_text(), codes)
    }

    fn value(text: &str) -> Value {
        let value: Value = serde_yaml::from_str(text).unwrap();
        value["agentk8sglue"]["basePodTemplate"].clone()
    }

    #[test]
    fn the_documented_template_comes_out_and_a_second_edit_changes_nothing() {
        let (text, codes) = edit("", &[whole("a-custom-ca-0"), whole("a-custom-ca-1")]);
        assert!(codes.is_empty());
        let template = value(&text);
        assert_eq!(template["initContainers"][0]["image"], "agent:1");
        assert_eq!(
            template["initContainers"][0]["volumeMounts"]
                .as_sequence()
                .unwrap()
                .len(),
            2
        );
        assert_eq!(template["env"][0]["name"], "REQUESTS_CA_BUNDLE");
        assert_eq!(
            template["volumes"][1]["projected"]["sources"][1]["configMap"]["name"],
            "a-custom-ca-1"
        );
        assert_eq!(
            edit(&text, &[whole("a-custom-ca-0"), whole("a-custom-ca-1")]).0,
            text
        );
    }

    #[test]
    fn a_grown_or_shrunk_set_changes_its_sources_alone() {
        let one = edit("# mine\n", &[whole("a-custom-ca-0")]).0;
        let two = edit(&one, &[whole("a-custom-ca-0"), whole("a-custom-ca-1")]).0;
        assert_eq!(two.lines().count(), one.lines().count() + 2);
        assert_eq!(edit(&two, &[whole("a-custom-ca-0")]).0, one);
    }

    #[test]
    fn a_config_map_that_the_chart_no_longer_renders_is_no_longer_named() {
        let before = edit("", &[whole("gone-7f3a")]).0;
        let (after, _) = edit(&before, &[whole("new-91cc")]);
        assert_eq!(after, before.replace("gone-7f3a", "new-91cc"));
    }

    #[test]
    fn what_the_user_has_there_stays() {
        let users = "agentk8sglue:\n  basePodTemplate:\n    nodeSelector: {gpu: 'yes'}\n    env:\n    - name: MINE # keep\n      value: x\n    volumes:\n    - name: clearml-extra-ca-certs\n      projected:\n        sources:\n        - secret:\n            name: own\n";
        let (text, codes) = edit(users, &[whole("a-custom-ca-0")]);
        assert!(codes.is_empty());
        let mut lines = text.lines();
        assert!(
            users.lines().all(|old| lines.any(|new| new == old)),
            "{text}"
        );
        let sources = value(&text)["volumes"][0]["projected"]["sources"].clone();
        assert_eq!(sources[0]["secret"]["name"], "own");
        assert_eq!(sources[1]["configMap"]["name"], "a-custom-ca-0");
    }

    #[test]
    fn an_entry_of_our_name_and_other_content_is_a_conflict() {
        for (list, code) in [
            (
                "initContainers:\n    - {name: init-task, command: [sleep]}",
                "init-container-conflict",
            ),
            (
                "env:\n    - {name: REQUESTS_CA_BUNDLE, value: /mine}",
                "variable-conflict",
            ),
            (
                "volumeMounts:\n    - {name: other, mountPath: /etc/ssl/certs/}",
                "mount-conflict",
            ),
            (
                "volumes:\n    - {name: etc-ssl-certs, hostPath: {path: /x}}",
                "volume-conflict",
            ),
            (
                "volumes:\n    - {name: clearml-extra-ca-certs, emptyDir: {}}",
                "volume-conflict",
            ),
        ] {
            let users = format!("agentk8sglue:\n  basePodTemplate:\n    {list}\n");
            assert_eq!(edit(&users, &[whole("a-custom-ca-0")]).1, [code], "{users}");
        }
    }

    #[test]
    fn names_are_predicted_by_helms_fullname_rule() {
        let predict = |release: &str, values: &str| {
            let values = serde_yaml::from_str(values).unwrap();
            predicted_sources(release, "clearml-enterprise-agent", &values, 1)[0]
                .config_map
                .clone()
        };
        assert_eq!(
            predict("clearml-agent", "{}"),
            "clearml-agent-clearml-enterprise-agent-custom-ca-0"
        );
        assert_eq!(
            predict("clearml-enterprise-agent", "{}"),
            "clearml-enterprise-agent-custom-ca-0"
        );
        assert_eq!(predict("x", "fullnameOverride: y"), "y-custom-ca-0");
        assert_eq!(predict("x", "nameOverride: z"), "x-z-custom-ca-0");
    }
}
