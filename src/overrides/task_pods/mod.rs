//! Task pods: the pods that the agent starts for each task, and how certificates get into them.
//!
//! Newer charts do it themselves (`customCertificates.propagateToTasks`). For older ones the vendor documents a pod
//! template: an init container runs `update-ca-certificates` over the mounted certificates and hands the result to the
//! task's container in an emptyDir. Where the whole bundle is replaced, the rendered bundle is mounted as it is.

mod clear;
mod distros;
mod edit;
mod queues;
mod recipe;
mod sources;

use anyhow::Result;
use serde_yaml::Value;

use super::list_at;
use crate::finding::Finding;
use crate::values::{self, scalar::is_on};
use crate::vendor::{EXTRA_CERTS, OVERRIDE_BUNDLE, PROPAGATE, PodList, TaskPodKeys};
use crate::yaml::{Document, Path, YamlError};

pub use distros::{Distros, standing_distros};
pub use queues::{QueueTemplate, has_queues, queue_templates};
pub use recipe::Variables;
pub use sources::{ProjectedSource, predicted_sources, sources};

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

/// Stands in the init container until a rendering has told the agent's image.
pub const IMAGE_UNKNOWN: &str = "image-not-yet-rendered";

/// How the certificates come to the task pod.
#[derive(Debug)]
pub enum Shape<'a> {
    /// One by one, for `update-ca-certificates` to add to the image's own bundle.
    Appended(&'a [ProjectedSource]),
    /// As the whole bundle: the ConfigMap that has it and its key there.
    Replaced(&'a str, &'a str),
}

/// What the pod template has to say.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// How the certificates come in.
    pub shape: Shape<'a>,
    /// ConfigMaps of the chart that carry certificates, now or in the deployed release: a source that names one and is not
    /// wanted any more is taken out.
    pub ours: &'a [String],
    /// The init container's image; `None` until a rendering has told it.
    pub image: Option<&'a str>,
    /// Whether the user chose that image, so that it replaces the one that is there.
    pub image_chosen: bool,
    /// Which variables point to the bundle.
    pub variables: Variables,
    /// Which images it is for; `None` leaves what the document has of that.
    pub distros: Option<Distros>,
    /// What the volume with the certificates is called.
    pub sources_volume: &'a str,
    /// Which templates get it.
    pub queues: Queues,
    /// Whether the chart adds `extraVolumes` and `extraVolumeMounts` to the lists that a queue replaces.
    pub adds: bool,
    /// All that the chart will get, its defaults included: what the templates say of security and resources.
    pub values: &'a Value,
}

/// Which templates the recipe is written into.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Queues {
    /// The base template, and the lists that queues replace it with.
    #[default]
    All,
    /// The base template alone.
    Base,
}

/// Tells the chart to bring the certificates to task pods.
///
/// # Errors
/// The document cannot be edited safely there.
pub fn propagate(document: &mut Document, certificates: &[&str]) -> Result<()> {
    let path = Path::from(certificates).then(PROPAGATE);
    if !document.get(&path)?.as_ref().is_some_and(is_on) {
        document.set(path, &Value::Bool(true))?;
    }
    Ok(())
}

/// Whether [`propagate`] has said it, and not the user before there were certificates: it stands behind them, or a note tells what
/// was there.
#[must_use]
pub fn propagates_by_us(document: &Document, certificates: &[&str]) -> bool {
    if document.has_former(Path::from(certificates).then(PROPAGATE)) {
        return true;
    }
    let said = values::lookup(document.value(), certificates).and_then(Value::as_mapping);
    let keys = said
        .into_iter()
        .flatten()
        .filter_map(|(key, _)| key.as_str());
    let mut keys = keys.skip_while(|key| ![EXTRA_CERTS, OVERRIDE_BUNDLE].contains(key));
    keys.any(|key| key == PROPAGATE)
}

/// Takes back what [`propagate`] said.
///
/// # Errors
/// The document cannot be edited safely there.
pub fn stop_propagating(document: &mut Document, certificates: &[&str]) -> Result<()> {
    let path = Path::from(certificates).then(PROPAGATE);
    if document.get(&path)? == Some(Value::Bool(true)) {
        document.take_back(&path)?;
    }
    Ok(())
}

/// Brings the documented pod template into the base template, and into the lists that queues of the document replace it
/// with, by name and mount path; everything else there stays.
///
/// An init container that is there already keeps its image unless the user chose one now.
///
/// # Errors
/// The document cannot be edited safely there.
pub fn template(
    document: &mut Document,
    file: &str,
    keys: &TaskPodKeys,
    wanted: &Wanted<'_>,
) -> Result<Vec<Finding>> {
    let ours = clear::Ours {
        sources_volume: wanted.sources_volume,
        config_maps: wanted.ours,
    };
    let base = Path::from(keys.base);
    let spot = edit::Spot {
        path: &base,
        lists: &PodList::ALL,
        adds: false,
        is_base: true,
    };
    let base_stays = switch(document, &base, &ours, wanted, false)?;
    let mut findings = edit::template(document, file, (&spot, &base), wanted)?;
    if wanted.queues == Queues::Base {
        return Ok(findings);
    }
    for queue in queues_of(document, keys) {
        let before = document.clone();
        let spot = edit::Spot {
            path: &queue.path,
            lists: &queue.lists,
            adds: wanted.adds,
            is_base: false,
        };
        let edited = clear::unused(document, &spot, &ours)
            .and_then(|()| switch(document, &queue.path, &ours, wanted, base_stays))
            .and_then(|_| edit::template(document, file, (&spot, &base), wanted));
        match edited {
            Ok(more) => findings.extend(more),
            // What cannot be edited safely, such as a list that an anchor shares, costs its own queue alone.
            Err(error) if error.is::<YamlError>() => {
                *document = before;
                findings.push(left_alone(file, &queue, &error));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(findings)
}

/// Takes out what the other shape of the recipe wrote, and the mounts for images that it is not for.
fn switch(
    document: &mut Document,
    path: &Path,
    ours: &clear::Ours<'_>,
    wanted: &Wanted<'_>,
    base_stays: bool,
) -> Result<bool> {
    if wanted.distros == Some(Distros::Debian) {
        distros::take_out(document, path)?;
    }
    match wanted.shape {
        Shape::Appended(_) => clear::replaced(document, path).map(|()| false),
        Shape::Replaced(..) => clear::appended(document, path, ours, base_stays),
    }
}

fn left_alone(file: &str, queue: &QueueTemplate, error: &anyhow::Error) -> Finding {
    let lists: Vec<&str> = queue.lists.iter().map(|list| list.key()).collect();
    Finding::warning(
        "queue-replaces-lists",
        format!(
            "{file}: {} replaces {} of the base template, and cannot be edited safely ({error}), so it is left as it is",
            queue.path,
            lists.join(", ")
        ),
    )
    .hint("write that queue's lists out, without anchors and aliases, or add the entries of the base template to them by hand")
}

/// How the certificates get into task pods as the document has it.
///
/// # Errors
/// What stands there is no pod template.
pub fn standing(
    document: &Document,
    certificates: &[&str],
    keys: Option<&TaskPodKeys>,
) -> Result<Strategy> {
    let propagate = Path::from(certificates).then(PROPAGATE);
    if document.get(&propagate)?.as_ref().is_some_and(is_on) {
        return Ok(Strategy::Propagate);
    }
    let Some(keys) = keys else {
        return Ok(Strategy::Off);
    };
    let stands = stands(document, &Path::from(keys.base), keys.sources_volume)?;
    Ok(if stands {
        Strategy::Template
    } else {
        Strategy::Off
    })
}

/// Leaves in the recipe's volumes, of the base template and the queues, those sources of ours that are still wanted.
///
/// # Errors
/// The document cannot be edited safely there.
pub fn shrink(
    document: &mut Document,
    keys: &TaskPodKeys,
    wanted: &[ProjectedSource],
    ours: &[String],
) -> Result<()> {
    let wanted: Vec<Value> = wanted.iter().map(recipe::source).collect();
    let queues = queues_of(document, keys);
    let queues = queues.into_iter().map(|queue| queue.path);
    for template in std::iter::once(Path::from(keys.base)).chain(queues) {
        for volumes in both(&template, PodList::Volumes) {
            let volume = named(document, &volumes, keys.sources_volume)?;
            let Some(volume) = volume.filter(|volume| volume.get("projected").is_some()) else {
                continue;
            };
            let present = volume
                .get("projected")
                .map(|one| recipe::sequence(one, "sources"));
            let merged = sources::merged(&present.unwrap_or_default(), &wanted, ours);
            document.merge(&volumes, "name", &[recipe::with_sources(volume, merged)])?;
        }
    }
    Ok(())
}

/// Takes the recipe out of the base template and the queues' again, and nothing that is the user's.
///
/// # Errors
/// The document cannot be edited safely there.
pub fn clear(document: &mut Document, keys: &TaskPodKeys, config_maps: &[String]) -> Result<()> {
    let ours = clear::Ours {
        sources_volume: keys.sources_volume,
        config_maps,
    };
    let base = Path::from(keys.base);
    let before = document.text().len();
    let of_base = clear_one(document, &base, &ours, Cleared::default())?;
    if document.text().len() != before {
        document.prune(&base)?;
    }
    for queue in queues_of(document, keys) {
        clear_one(document, &queue.path, &ours, of_base)?;
    }
    Ok(())
}

/// What became of the recipe in a template.
#[derive(Clone, Copy, Default)]
struct Cleared {
    /// Whether it was there at all: variables alone may be the user's, whose images hold what they need.
    stood: bool,
    /// Whether something of the user's needs it still.
    stays: bool,
}

/// `base` tells of the base template, whose volumes the lists of a queue serve.
fn clear_one(
    document: &mut Document,
    path: &Path,
    ours: &clear::Ours<'_>,
    base: Cleared,
) -> Result<Cleared> {
    let stood = base.stood || stands(document, path, ours.sources_volume)?;
    clear::replaced(document, path)?;
    let stays = clear::appended(document, path, ours, base.stays)?;
    if stood && !stays {
        clear::variables(document, path)?;
    }
    Ok(Cleared { stood, stays })
}

/// Whether the recipe stands in a template: it has a volume of its.
fn stands(document: &Document, path: &Path, sources_volume: &str) -> Result<bool> {
    for volumes in both(path, PodList::Volumes) {
        for name in [sources_volume, recipe::REPLACED_VOLUME] {
            if named(document, &volumes, name)?.is_some() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The queues whose lists stand in this document.
fn queues_of(document: &Document, keys: &TaskPodKeys) -> Vec<QueueTemplate> {
    let queues = keys.queues.as_ref();
    queues.map_or_else(Vec::new, |keys| queue_templates(document.value(), keys))
}

/// Whether a volume of this name is the recipe's.
#[must_use]
pub fn is_recipe_volume(name: &str, keys: &TaskPodKeys) -> bool {
    name == recipe::BUNDLE_VOLUME || name == recipe::REPLACED_VOLUME || name == keys.sources_volume
}

/// A list of a template, and the one that newer charts add to it.
fn both(path: &Path, list: PodList) -> impl Iterator<Item = Path> + use<> {
    let keys = std::iter::once(list.key()).chain(list.added_by());
    let paths: Vec<Path> = keys.map(|key| path.then(key)).collect();
    paths.into_iter()
}

/// The item of the list at `path` that has `name`.
fn named(document: &Document, path: &Path, name: &str) -> Result<Option<Value>> {
    let items = list_at(document, path)?;
    Ok(items
        .into_iter()
        .find(|item| recipe::name_of(item) == Some(name)))
}

#[cfg(test)]
mod tests;
