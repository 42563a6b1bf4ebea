//! Certificates from a ConfigMap or Secret, through kubectl: it has the user's credentials and every way to log in.

use anyhow::{Context as _, Result};

use super::{ObjectReference, Reading, object, parsed};
use crate::exit::Stop;
use crate::kube::{ClusterAddress, Kubectl};
use crate::proof::Object;

pub(super) fn read(reference: &ObjectReference, cluster: &ClusterAddress) -> Result<Reading> {
    let namespace = reference
        .namespace
        .as_deref()
        .unwrap_or(cluster.namespace());
    let shown = format!("{} {namespace}/{}", reference.kind, reference.name);
    let object = fetch(reference, namespace, &shown, cluster)?;
    let contents = object::contents(&object, &shown)?;
    match &reference.key {
        Some(key) => {
            let keys: Vec<&str> = contents.keys().map(String::as_str).collect();
            let content = contents.get(key).ok_or_else(|| {
                Stop::refused(format!(
                    "{shown} has no key {key}; it has: {}",
                    keys.join(", ")
                ))
            })?;
            Ok(Reading {
                given: parsed(content, &format!("{shown} {key}"), key)?,
                ..Reading::default()
            })
        }
        None => {
            let reading = object::certificates(&contents, &shown)?;
            if reading.given.is_empty() {
                return Err(object::holds_none(&contents, &shown).into());
            }
            Ok(reading)
        }
    }
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
    let value = serde_json::from_slice(&printed)
        .map_err(|_| anyhow::anyhow!("kubectl printed no {} for {shown}", reference.kind))?;
    let mut object = Object::new(value);
    let is_secret = reference.kind == "secret";
    let kind = if is_secret { "Secret" } else { "ConfigMap" };
    kind.clone_into(&mut object.kind);
    Ok(object)
}
