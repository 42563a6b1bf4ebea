//! A release as it runs.

use serde_json::Value as Json;
use serde_yaml::Value;

use crate::helm::{Deployed, ReleaseSummary};
use crate::kube::Reference;
use crate::proof::{Manifest, Object};

/// A release as it was when it was looked at: its state, how it is listed, and its manifest, read once.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Its state.
    pub deployed: Deployed,
    /// How it is listed.
    pub listed: ReleaseSummary,
    /// Its manifest. What of it cannot be read is told, and nothing is claimed of it.
    pub manifest: Manifest,
}

impl Snapshot {
    /// Reads the manifest of a release in `namespace`.
    #[must_use]
    pub fn new(deployed: Deployed, listed: ReleaseSummary, namespace: &str) -> Self {
        Self {
            manifest: Manifest::of_release(&deployed.manifest, namespace),
            deployed,
            listed,
        }
    }

    /// The objects that can be read.
    #[must_use]
    pub fn objects(&self) -> &[Object] {
        &self.manifest.objects
    }
}

/// What an object of a release, which is in `namespace`, is called in the cluster.
#[must_use]
pub fn reference(object: &Object, namespace: &str) -> Reference {
    let version = object.get(&["apiVersion"]).and_then(Value::as_str);
    Reference {
        version: version.unwrap_or_default().to_owned(),
        kind: object.kind.clone(),
        namespace: object.namespace_in(namespace).to_owned(),
        name: object.name.clone(),
    }
}

/// Objects as the API gives them.
#[must_use]
pub fn as_told(objects: Vec<Json>) -> Vec<Object> {
    // Whatever JSON says, YAML says too.
    let values = objects
        .into_iter()
        .filter_map(|one| serde_yaml::to_value(one).ok());
    values.map(Object::new).collect()
}
