//! Certificates from a ConfigMap or Secret, through kubectl: it has the user's credentials and every way to log in.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::{ObjectReference, Reading, holds_certificate, is_certificate_name, parsed, skipped};
use crate::exit::Stop;
use crate::finding::Finding;
use crate::kube::{ClusterAddress, Kubectl};

#[derive(Deserialize)]
struct Object {
    #[serde(default)]
    data: BTreeMap<String, String>,
    #[serde(default, rename = "binaryData")]
    binary_data: BTreeMap<String, String>,
}

pub(super) fn read(reference: &ObjectReference, cluster: &ClusterAddress) -> Result<Reading> {
    let namespace = reference
        .namespace
        .as_deref()
        .unwrap_or(cluster.namespace());
    let shown = format!("{} {namespace}/{}", reference.kind, reference.name);
    let object = fetch(reference, namespace, &shown, cluster)?;
    let contents = contents(object, reference.kind == "secret", &shown)?;
    let mut reading = Reading::default();
    match &reference.key {
        Some(key) => {
            let keys: Vec<&str> = contents.keys().map(String::as_str).collect();
            let content = contents.get(key).ok_or_else(|| {
                Stop::refused(format!(
                    "{shown} has no key {key}; it has: {}",
                    keys.join(", ")
                ))
            })?;
            reading.given = parsed(content, &format!("{shown} {key}"), key)?;
        }
        None => {
            for (key, content) in &contents {
                let place = format!("{shown} {key}");
                if content.iter().all(u8::is_ascii_whitespace) {
                    reading.notes.push(Finding::note(
                        "certificate-key-empty",
                        format!("{place} is empty"),
                    ));
                } else if is_certificate_name(key) || holds_certificate(content) {
                    reading.given.extend(parsed(content, &place, key)?);
                } else {
                    reading.notes.push(skipped(&place));
                }
            }
        }
    }
    if reading.given.is_empty() {
        let keys: Vec<&str> = contents.keys().map(String::as_str).collect();
        return Err(Stop::refused(format!(
            "{shown} holds no certificate; its keys: {}",
            keys.join(", ")
        ))
        .into());
    }
    Ok(reading)
}

fn fetch(
    reference: &ObjectReference,
    namespace: &str,
    shown: &str,
    cluster: &ClusterAddress,
) -> Result<Object> {
    let kubectl = Kubectl::at(cluster).with_context(|| {
        format!(
            "{shown} can only be read with kubectl; or save the certificate to a file and name that"
        )
    })?;
    let arguments = [
        "get",
        reference.kind,
        &reference.name,
        "-n",
        namespace,
        "-o",
        "json",
    ];
    let printed = kubectl
        .run(&arguments)
        .with_context(|| format!("kubectl cannot read {shown}"))?;
    serde_json::from_slice(&printed)
        .map_err(|_| anyhow::anyhow!("kubectl printed no {} for {shown}", reference.kind))
}

fn contents(object: Object, is_secret: bool, shown: &str) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut contents = BTreeMap::new();
    let encoded = |key: &str, text: &str| {
        STANDARD
            .decode(text)
            .map_err(|_| anyhow::anyhow!("{shown} {key} is not base64"))
    };
    for (key, text) in object.data {
        let content = if is_secret {
            encoded(&key, &text)?
        } else {
            text.into_bytes()
        };
        contents.insert(key, content);
    }
    for (key, text) in object.binary_data {
        let content = encoded(&key, &text)?;
        contents.insert(key, content);
    }
    Ok(contents)
}
