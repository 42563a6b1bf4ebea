//! Certificates in the values that a Helm release was deployed with.

use anyhow::Result;

use super::{Reading, values};
use crate::exit::Stop;
use crate::helm::Helm;
use crate::kube::ClusterAddress;

pub(super) fn read(
    namespace: Option<&str>,
    name: &str,
    cluster: &ClusterAddress,
) -> Result<Reading> {
    let namespace = namespace.unwrap_or(cluster.namespace());
    let deployed = Helm::at(cluster)?
        .deployed(name, namespace)?
        .ok_or_else(|| {
            Stop::refused(format!(
                "there is no release {name} in namespace {namespace}"
            ))
        })?;
    Ok(Reading {
        given: values::of_release(&deployed.values, &format!("release {namespace}/{name}"))?,
        ..Reading::default()
    })
}
