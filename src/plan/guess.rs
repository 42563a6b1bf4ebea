//! What the pod template has to say that only a rendering can tell: predicted first, so that the rendering only has to
//! confirm it, then read from the rendering.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_yaml::Value;

use super::Request;
use crate::overrides::task_pods::{self, ProjectedSource};
use crate::overrides::{Mode, Placed};
use crate::proof::{self, Carriers, Itself, Manifest, Object, Part, Proof};
use crate::values;
use crate::vendor::image_in;

/// Stands for the ConfigMap of a replaced bundle until a rendering tells it.
pub(super) const BUNDLE_UNKNOWN: &str = "ca-bundle-not-yet-rendered";

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
pub(super) struct Rendered {
    pub(super) proof: Proof,
    /// ConfigMaps that carry certificates by the files as they are.
    former: Vec<String>,
}

impl Rendered {
    /// Of the objects of a manifest, those of the component's chart are looked at.
    pub(super) fn new(objects: &[Object], part: Option<&Part>, request: &Request<'_>) -> Self {
        let layout = request.layout;
        // Whatever the files say of the image, they say it of the rendered one as well.
        let values = values::merge([&request.chart.values, &request.files.merged()]);
        let image = layout.image.and_then(|keys| image_in(&values, keys));
        let itself = Itself {
            part,
            container: layout.container,
            image: image.as_deref(),
        };
        Self {
            proof: proof::prove(objects, &itself),
            former: Vec::new(),
        }
    }

    /// The release as it is now; empty where there is none.
    pub(super) fn deployed(request: &Request<'_>) -> Self {
        match request.observed.release() {
            Some(release) => {
                let part = request.part(&release.deployed.manifest);
                Self::new(release.objects(), part.as_ref(), request)
            }
            None => Self::default(),
        }
    }

    /// The files as they are may name objects that the release does not have, or nobody could be asked for the release.
    pub(super) fn add_former(
        &mut self,
        request: &Request<'_>,
        render: &mut dyn FnMut(&str) -> Result<String>,
    ) {
        let text = request.files.text.as_deref().unwrap_or_default();
        // Why it does not render is told of the file as it will be.
        if let Ok(stream) = render(text) {
            let part = request.part(&stream);
            let former = Self::new(&Manifest::read(&stream).objects, part.as_ref(), request);
            let names = former.carriers().carrying_config_maps();
            self.former.extend(names);
        }
    }

    /// ConfigMaps that carry certificates.
    fn carrying(&self) -> impl Iterator<Item = String> {
        let deployed = self.carriers().carrying_config_maps();
        deployed.chain(self.former.iter().cloned())
    }

    fn own_image(&self) -> Option<String> {
        self.proof.own_image().map(str::to_owned)
    }

    fn carriers(&self) -> &Carriers {
        &self.proof.carriers
    }
}

impl Guess {
    /// Before anything is rendered: as deployed where that has every certificate already, else as documented.
    ///
    /// `values` are all that the chart will get, its defaults included; `taken` is how many certificates go.
    pub(super) fn predicted(
        request: &Request<'_>,
        placed: &[Placed],
        taken: usize,
        deployed: &Rendered,
        values: &Value,
    ) -> Self {
        let layout = request.layout;
        let documented = task_pods::predicted_sources(
            &request.coordinates.id.release,
            request.own_name(),
            layout.config_map_infix,
            layout.own_values(values),
            placed.len() + taken,
        );
        let carriers = deployed.carriers();
        let is_deployed = |one: &Placed| !carriers.of(one.certificate.fingerprint).is_empty();
        let names = documented.iter().map(|source| source.config_map.clone());
        let image = layout.image.and_then(|keys| image_in(values, keys));
        Self {
            ours: names.chain(deployed.carrying()).collect(),
            // No name is documented for it, so where it is not deployed yet a rendering has to tell.
            bundle: bundle(placed, carriers)
                .unwrap_or_else(|| (BUNDLE_UNKNOWN.into(), "ca-certificates.crt".into())),
            image: chosen(request).or(image).or_else(|| deployed.own_image()),
            sources: if placed.iter().all(is_deployed) {
                task_pods::sources(placed, carriers)
            } else {
                documented.into_iter().take(placed.len()).collect()
            },
        }
    }

    /// As a rendering has it.
    pub(super) fn real(
        request: &Request<'_>,
        placed: &[Placed],
        rendered: &Rendered,
        deployed: &Rendered,
        former: &Self,
    ) -> Self {
        let carriers = rendered.carriers();
        Self {
            sources: task_pods::sources(placed, carriers),
            bundle: bundle(placed, carriers)
                .unwrap_or_else(|| (BUNDLE_UNKNOWN.into(), String::new())),
            // A former run wrote names that were predicted then, too.
            ours: carriers
                .carrying_config_maps()
                .chain(deployed.carrying())
                .chain(former.ours.iter().cloned())
                .collect(),
            image: chosen(request).or_else(|| rendered.own_image()),
        }
    }
}

impl Guess {
    /// Whether an edit with it would be the same as with another.
    pub(super) fn says_the_same(&self, other: &Self, mode: Mode) -> bool {
        let set = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
        self.sources == other.sources
            && self.image == other.image
            && (mode == Mode::Append || self.bundle == other.bundle)
            && set(&self.ours) == set(&other.ours)
    }
}

fn chosen(request: &Request<'_>) -> Option<String> {
    request.task_image.clone()
}

fn bundle(placed: &[Placed], carriers: &Carriers) -> Option<(String, String)> {
    carriers.holding_all(placed.iter().map(|one| one.certificate.fingerprint))
}
