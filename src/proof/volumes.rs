//! Volumes of a pod: which files they hold, and which certificates are in those.

use serde_yaml::Value;

use super::Carriers;
use super::fields::{list, text};
use crate::certs::Fingerprint;
use crate::certs::pem::delivered::{Effect, Reader};

/// A file of a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    /// Its path in the volume.
    pub(super) path: String,
    /// The certificates in it.
    pub(super) certificates: Vec<Fingerprint>,
    /// For which readers it poisons the bundle that it becomes a part of, and why, and where it comes from.
    pub(super) poison: Option<(Vec<Reader>, String)>,
    /// The readers that pass over a certificate in it.
    pub(super) passed_over: Vec<Reader>,
    /// Who may read it.
    pub(super) readers: Readers,
}

/// Who may read a file that belongs to root and root's group, as a ConfigMap's or a Secret's do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// Everybody.
    All,
    /// Root, and its group.
    Group,
    /// Root.
    Root,
}

/// A volume, as far as the manifest tells.
#[derive(Debug, Default)]
pub(super) struct Volume {
    /// Its files.
    pub(super) files: Vec<File>,
    /// Whether it is an `emptyDir`: what is in it is what the pod's containers write.
    pub(super) is_scratch: bool,
    /// Whether it may hold more than the manifest tells.
    pub(super) is_open: bool,
    /// ConfigMaps that it refers to and the manifest does not have.
    pub(super) dangling: Vec<String>,
    /// Files that two of its sources write, of which the last wins without a word and lacks a certificate of the first.
    pub(super) clashes: Vec<String>,
}

/// Every namespace has it, without anybody's doing.
const ALWAYS_THERE: &str = "kube-root-ca.crt";

impl Volume {
    pub(super) fn read(value: &Value, carriers: &Carriers) -> Self {
        let mut volume = Self {
            is_scratch: value.get("emptyDir").is_some(),
            ..Self::default()
        };
        if let Some(projected) = value.get("projected") {
            for source in list(projected, "sources") {
                volume.add(source, carriers, projected);
            }
        } else if value.get("configMap").is_some() || value.get("secret").is_some() {
            let inner = value.get("configMap").or_else(|| value.get("secret"));
            volume.add(value, carriers, inner.unwrap_or(value));
        } else {
            volume.is_open = !volume.is_scratch;
        }
        volume
    }

    /// Adds the files of a `configMap` or `secret`; `modes` says as which mode where it does not itself.
    fn add(&mut self, source: &Value, carriers: &Carriers, modes: &Value) {
        let Some((reference, kind, object)) = reference(source) else {
            // A token or the pod's own metadata, or a reference that names nothing.
            self.is_open = source.get("configMap").is_none() && source.get("secret").is_none();
            return;
        };
        let Some(keys) = carriers.keys(kind, object) else {
            let is_optional = reference.get("optional").and_then(Value::as_bool) == Some(true);
            self.is_open = true;
            if kind == "ConfigMap" && !is_optional && object != ALWAYS_THERE {
                self.dangling.push(object.to_owned());
            }
            return;
        };
        for (key, path, item) in files_of(reference, keys) {
            let mode = item.and_then(|item| item.get("mode"));
            let mode = mode.or_else(|| modes.get("defaultMode")).and_then(mode_of);
            let file = File {
                certificates: carriers.under(kind, object, key),
                poison: carriers.poison(kind, object, key).map(|harm| {
                    let readers = match &harm.effect {
                        Effect::Poisons(readers) => readers.clone(),
                        Effect::LeftOut(..) | Effect::PrivateKey => Vec::new(),
                    };
                    let place = format!("{kind} {object}, key {key}, line {}", harm.line);
                    (readers, format!("{place}: {}", harm.why))
                }),
                passed_over: carriers.passed_over(kind, object, key).to_vec(),
                readers: match mode {
                    Some(mode) if mode & 0o044 == 0 => Readers::Root,
                    Some(mode) if mode & 0o004 == 0 => Readers::Group,
                    _ => Readers::All,
                },
                path: path.to_owned(),
            };
            if let Some(other) = self.files.iter_mut().find(|other| other.path == file.path) {
                // What the last one has as well is no loss.
                let is_kept = |one| file.certificates.contains(one);
                if !other.certificates.iter().all(is_kept) {
                    self.clashes.push(file.path.clone());
                }
                *other = file;
            } else {
                self.files.push(file);
            }
        }
    }
}

/// The `configMap` or `secret` of a volume or a projected source, with the kind and name of the object that it means.
pub(super) fn reference(source: &Value) -> Option<(&Value, &'static str, &str)> {
    let references = [
        ("configMap", "ConfigMap", "name"),
        ("secret", "Secret", "secretName"),
    ];
    references.into_iter().find_map(|(field, kind, name)| {
        let reference = source.get(field)?;
        let object = text(reference, name).or_else(|| text(reference, "name"))?;
        Some((reference, kind, object))
    })
}

/// The keys that become files: all under their own names, or those that `items` names.
fn files_of<'a>(
    reference: &'a Value,
    keys: &'a [String],
) -> Vec<(&'a str, &'a str, Option<&'a Value>)> {
    let Some(items) = reference.get("items").and_then(Value::as_sequence) else {
        return keys
            .iter()
            .map(|key| (key.as_str(), key.as_str(), None))
            .collect();
    };
    let exists = |key: &&str| keys.iter().any(|one| one == key);
    items
        .iter()
        .filter_map(|item| Some((text(item, "key")?, text(item, "path")?, Some(item))))
        .filter(|(key, ..)| exists(key))
        .collect()
}

/// A file mode: Kubernetes reads YAML 1.1, where a leading zero makes a number octal; here such a number is text.
fn mode_of(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => u64::from_str_radix(text, 8).ok(),
        _ => None,
    }
}
