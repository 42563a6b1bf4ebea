//! Pod specs: which certificates a container sees, as which file.

use std::collections::BTreeMap;

use serde_yaml::Value;

use super::Carriers;
use crate::certs::Fingerprint;

/// A file that a container sees, and the certificate in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MountedFile {
    pub(super) path: String,
    pub(super) certificate: Fingerprint,
}

impl MountedFile {
    /// Whether a client or `update-ca-certificates` takes it: other file names are ignored without a word.
    pub(super) fn counts(&self) -> bool {
        is_taken_as_source(&self.path)
    }
}

/// What a pod spec does with a manifest's certificates.
#[derive(Debug, Default)]
pub(super) struct PodView {
    /// Each certificate file of each container.
    pub(super) files: Vec<MountedFile>,
    /// Referenced ConfigMaps that the manifest does not have, with the volume's name.
    pub(super) dangling: Vec<(String, String)>,
    /// File names that two sources of one projected volume both write; the last wins silently.
    pub(super) clashes: Vec<(String, String)>,
}

/// Reads a pod spec (a map with `containers`, `initContainers`, `volumes`), or the flat form of ClearML's pod templates.
pub(super) fn view(spec: &Value, carriers: &Carriers) -> PodView {
    let mut view = PodView::default();
    let mut volumes: BTreeMap<&str, Vec<(String, Fingerprint)>> = BTreeMap::new();
    for volume in list(spec, "volumes") {
        let name = text(volume, "name").unwrap_or_default();
        volumes.insert(name, view.volume_files(name, volume, carriers));
    }
    for kind in ["initContainers", "containers"] {
        for container in list(spec, kind) {
            view.mounts(container, &volumes);
        }
    }
    // The flat form has its mounts beside its volumes.
    view.mounts(spec, &volumes);
    view
}

impl PodView {
    fn volume_files(
        &mut self,
        volume: &str,
        value: &Value,
        carriers: &Carriers,
    ) -> Vec<(String, Fingerprint)> {
        let mut files = Vec::new();
        let mut names: Vec<String> = Vec::new();
        let projected = value
            .get("projected")
            .map(|projected| list(projected, "sources"))
            .unwrap_or_default();
        for source in std::iter::once(value).chain(projected) {
            for (field, kind, name_field) in [
                ("configMap", "ConfigMap", "name"),
                ("secret", "Secret", "secretName"),
            ] {
                let Some(reference) = source.get(field) else {
                    continue;
                };
                let Some(object) = text(reference, name_field).or_else(|| text(reference, "name"))
                else {
                    continue;
                };
                let optional = reference.get("optional").and_then(Value::as_bool) == Some(true);
                if kind == "ConfigMap" && !optional && !carriers.renders(kind, object) {
                    self.dangling.push((volume.to_owned(), object.to_owned()));
                }
                let mut source_files: Vec<_> = Vec::new();
                for (key, certificate) in carriers.within(kind, object) {
                    source_files.extend(file_of(reference, key).map(|file| (file, certificate)));
                }
                let mut source_names: Vec<String> =
                    source_files.iter().map(|(name, _)| name.clone()).collect();
                source_names.dedup();
                for name in &source_names {
                    if names.contains(name) {
                        self.clashes.push((volume.to_owned(), name.clone()));
                    }
                }
                names.extend(source_names);
                files.extend(source_files);
            }
        }
        files
    }

    fn mounts(&mut self, container: &Value, volumes: &BTreeMap<&str, Vec<(String, Fingerprint)>>) {
        for mount in list(container, "volumeMounts") {
            let (Some(name), Some(path)) = (text(mount, "name"), text(mount, "mountPath")) else {
                continue;
            };
            let sub_path = text(mount, "subPath").filter(|sub| !sub.is_empty());
            for (file, certificate) in volumes.get(name).into_iter().flatten() {
                let path = match sub_path {
                    Some(sub) if sub == file => path.to_owned(),
                    Some(_) => continue,
                    None => format!("{}/{file}", path.trim_end_matches('/')),
                };
                self.files.push(MountedFile {
                    path,
                    certificate: *certificate,
                });
            }
        }
    }
}

/// The file that a key becomes: its own name, or what `items` says; `None` where `items` leaves it out.
fn file_of(reference: &Value, key: &str) -> Option<String> {
    match reference.get("items").and_then(Value::as_sequence) {
        None => Some(key.to_owned()),
        Some(items) => items
            .iter()
            .find(|item| text(item, "key") == Some(key))
            .and_then(|item| text(item, "path"))
            .map(str::to_owned),
    }
}

/// Whether `update-ca-certificates` takes a file of this name; `.CRT`, `.pem` and all others are ignored (measured).
#[must_use]
pub fn is_taken_as_source(file: &str) -> bool {
    file.strip_suffix(".crt").is_some()
}

pub(super) fn list<'a>(value: &'a Value, field: &str) -> Vec<&'a Value> {
    value
        .get(field)
        .and_then(Value::as_sequence)
        .map(|items| items.iter().collect())
        .unwrap_or_default()
}

fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field).and_then(Value::as_str)
}
