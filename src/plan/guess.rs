//! What the pod template has to say that only a rendering can tell: predicted first, so that the rendering only has to
//! confirm it, then read from the rendering.

use serde_yaml::Value;

use super::{Observed, Request};
use crate::overrides::Placed;
use crate::overrides::task_pods::{self, ProjectedSource};
use crate::proof::{self, Carriers, Object, Proof};
use crate::values;

/// Names of ConfigMaps, and the agent's image.
#[derive(Debug, Clone)]
pub(super) struct Guess {
    pub(super) sources: Vec<ProjectedSource>,
    /// The ConfigMap and key of the whole bundle.
    pub(super) bundle: (String, String),
    /// ConfigMaps that carry certificates, now or in the deployed release.
    pub(super) ours: Vec<String>,
    pub(super) image: Option<String>,
}

/// What a rendering has shown, or the release as it is deployed.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) objects: Vec<Object>,
    pub(super) proof: Proof,
}

impl Seen {
    pub(super) fn new(objects: Vec<Object>) -> Self {
        let proof = proof::prove(&objects);
        Self { objects, proof }
    }

    /// The release as it is now; empty where there is none.
    pub(super) fn deployed(request: &Request<'_>) -> Self {
        match &request.observed {
            Observed::Present(deployed, _) => {
                Self::new(proof::parse(&deployed.manifest).unwrap_or_default())
            }
            Observed::Absent | Observed::Unknown(_) => Self::default(),
        }
    }

    fn carriers(&self) -> &Carriers {
        &self.proof.carriers
    }

    /// The image of the first workload that mounts the certificates: the agent itself.
    fn agent_image(&self) -> Option<String> {
        let place = &self.proof.workloads.first()?.place;
        let workload = self
            .objects
            .iter()
            .find(|object| format!("{} {}", object.kind, object.name) == *place)?;
        let containers = workload.get(&["spec", "template", "spec", "containers"])?;
        let image = containers.get(0)?.get("image").and_then(Value::as_str);
        image.map(str::to_owned)
    }
}

impl Guess {
    /// Before anything is rendered: as deployed where that has every certificate already, else as documented.
    ///
    /// `values` are all that the chart will get, its defaults included.
    pub(super) fn predicted(
        request: &Request<'_>,
        placed: &[Placed],
        deployed: &Seen,
        values: &Value,
    ) -> Self {
        let facts = request.coordinates.component.facts();
        let documented = task_pods::predicted_sources(
            &request.coordinates.release,
            &request.chart.name,
            facts.config_map_infix,
            values,
            placed.len(),
        );
        let carriers = deployed.carriers();
        let is_deployed = |one: &Placed| !carriers.of(one.certificate.fingerprint).is_empty();
        let names = documented.iter().map(|source| source.config_map.clone());
        let image = facts.image.and_then(|path| image_in(values, path));
        Self {
            ours: names.chain(carriers.carrying_config_maps()).collect(),
            // No name is documented for it, so where it is not deployed yet a rendering has to tell.
            bundle: bundle(placed, carriers).unwrap_or_else(|| {
                (
                    "ca-bundle-not-yet-rendered".into(),
                    "ca-certificates.crt".into(),
                )
            }),
            image: chosen(request).or(image).or_else(|| deployed.agent_image()),
            sources: if placed.iter().all(is_deployed) {
                task_pods::sources(placed, carriers)
            } else {
                documented
            },
        }
    }

    /// As a rendering has it.
    pub(super) fn real(
        request: &Request<'_>,
        placed: &[Placed],
        rendered: &Seen,
        deployed: &Seen,
    ) -> Self {
        let carriers = rendered.carriers();
        let deployed = deployed.carriers().carrying_config_maps();
        Self {
            sources: task_pods::sources(placed, carriers),
            bundle: bundle(placed, carriers)
                .unwrap_or_else(|| ("ca-bundle-not-rendered".into(), String::new())),
            ours: carriers.carrying_config_maps().chain(deployed).collect(),
            image: chosen(request).or_else(|| rendered.agent_image()),
        }
    }
}

fn chosen(request: &Request<'_>) -> Option<String> {
    request.task_image.clone()
}

fn bundle(placed: &[Placed], carriers: &Carriers) -> Option<(String, String)> {
    carriers.holding_all(placed.iter().map(|one| one.certificate.fingerprint))
}

/// The image that values name in the usual way: `repository` and `tag`, and a `registry` that may be empty.
fn image_in(values: &Value, path: &[&str]) -> Option<String> {
    let image = values::lookup(values, path)?;
    let text = |key: &str| match image.get(key)? {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let registry = text("registry").map(|registry| registry + "/");
    let (repository, tag) = (text("repository")?, text("tag")?);
    Some(format!(
        "{}{repository}:{tag}",
        registry.unwrap_or_default()
    ))
}

#[cfg(test)]
mod tests {
    use super::image_in;

    #[test]
    fn an_image_is_put_together_from_its_values() {
        let image = |values: &str| {
            let values = serde_yaml::from_str(values).unwrap();
            image_in(&values, &["image"])
        };
        assert_eq!(
            image("image: {registry: '', repository: a/b, tag: '1.2'}").as_deref(),
            Some("a/b:1.2")
        );
        assert_eq!(
            image("image: {registry: r.example, repository: b, tag: 7}").as_deref(),
            Some("r.example/b:7")
        );
        assert_eq!(image("image: {repository: b}"), None);
        assert_eq!(image("image: b"), None);
    }
}
