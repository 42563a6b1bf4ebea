//! Certificates in the values that a Helm release was deployed with.

use anyhow::{Result, bail};

use super::{Reading, values};
use crate::helm::Helm;
use crate::kube::ClusterAddress;
use crate::nearest::nearest;

pub(super) fn read(
    namespace: Option<&str>,
    name: &str,
    cluster: &ClusterAddress,
) -> Result<Reading> {
    let namespace = namespace.unwrap_or(cluster.namespace());
    let helm = Helm::at(cluster)?;
    let Some(deployed) = helm.deployed(name, namespace)? else {
        bail!(
            "there is no release {name} in namespace {namespace}{}",
            others(&helm, name, namespace)
        );
    };
    Ok(Reading {
        given: values::of_release(&deployed.values, &format!("release {namespace}/{name}"))?,
        ..Reading::default()
    })
}

/// What there is instead; nothing where the cluster does not tell.
fn others(helm: &Helm, name: &str, namespace: &str) -> String {
    let all = helm.releases_everywhere().unwrap_or_default();
    let here = all.iter().filter(|one| one.namespace == namespace);
    let here: Vec<&str> = here.map(|one| one.release.name.as_str()).collect();
    if let Some(near) = nearest(name, here.iter().copied()) {
        return format!("; did you mean {near}?");
    }
    if let Some(one) = all.iter().find(|one| one.release.name == name) {
        return format!(
            "; there is one in {}: release:{}/{name}",
            one.namespace, one.namespace
        );
    }
    match here.as_slice() {
        [] => format!(
            "\nhint: {}",
            helm.cluster().helm(&["list", "-n", namespace])
        ),
        some => format!("; there is {}", some.join(", ")),
    }
}
