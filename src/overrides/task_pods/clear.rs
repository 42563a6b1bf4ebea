//! Taking the recipe out again: what is ours by content goes, what is the user's stays.

use anyhow::Result;
use serde_yaml::Value;

use super::edit::Spot;
use super::recipe::{
    BUNDLE_DIR, BUNDLE_FILE, BUNDLE_VOLUME, INIT_CONTAINER, REPLACED_VOLUME, SOURCES_DIR,
    Variables, bundle_volume, mount_path, name_of, sequence, update_command, with_sources,
};
use super::{both, distros, named, sources};
use crate::overrides::{list_at, remove_items};
use crate::vendor::PodList;
use crate::yaml::{Document, Path};

/// Takes out the init container, its volumes and their mounts. A projected volume that holds sources of the user's loses
/// ours alone, and everything that serves it stays; tells whether that is so.
///
/// A queue's own lists hold parts of the recipe; `base_stays` says that they serve the base template's volume.
pub(super) fn appended(
    document: &mut Document,
    path: &Path,
    recipe: &Ours<'_>,
    base_stays: bool,
) -> Result<bool> {
    for volumes in both(path, PodList::Volumes) {
        let Some(volume) = named(document, &volumes, recipe.sources_volume)? else {
            continue;
        };
        let Some(projected) = volume.get("projected") else {
            return Ok(true);
        };
        let present = sequence(projected, "sources");
        let foreign: Vec<Value> = present
            .iter()
            .filter(|source| !sources::is_ours(source, &[], recipe.config_maps))
            .cloned()
            .collect();
        if !foreign.is_empty() {
            document.merge(&volumes, "name", &[with_sources(volume, foreign)])?;
            return Ok(true);
        }
    }
    if base_stays {
        return Ok(true);
    }
    let is_our_mount = |mount: &Value| is_our_mount(mount, recipe.sources_volume);
    let containers = path.then(PodList::InitContainers.key());
    remove_items(document, &containers, |container| {
        // Only what we would have written ourselves: somebody's own may run more than the update.
        name_of(container) == Some(INIT_CONTAINER)
            && sequence(container, "command") == update_command()
            && sequence(container, "volumeMounts").iter().all(is_our_mount)
    })?;
    // Another init container that mounts our volumes needs them still.
    if list_at(document, &containers)?
        .iter()
        .any(|container| sequence(container, "volumeMounts").iter().any(is_our_mount))
    {
        return Ok(true);
    }
    for mounts in both(path, PodList::VolumeMounts) {
        remove_items(document, &mounts, is_our_mount)?;
    }
    for volumes in both(path, PodList::Volumes) {
        remove_items(document, &volumes, |volume| {
            *volume == bundle_volume() || name_of(volume) == Some(recipe.sources_volume)
        })?;
    }
    Ok(false)
}

/// Takes out what a queue was given in addition to lists that it does not replace any more: the base template's hold again.
pub(super) fn unused(document: &mut Document, spot: &Spot<'_>, recipe: &Ours<'_>) -> Result<()> {
    for list in PodList::ALL {
        let key = list.added_by().filter(|_| !spot.lists.contains(&list));
        if let Some(key) = key {
            remove_items(document, &spot.path.then(key), |item| {
                let name = name_of(item).unwrap_or_default();
                [BUNDLE_VOLUME, REPLACED_VOLUME, recipe.sources_volume].contains(&name)
            })?;
        }
    }
    Ok(())
}

/// Takes out the mounted bundle.
pub(super) fn replaced(document: &mut Document, path: &Path) -> Result<()> {
    let is_ours = |value: &Value| name_of(value) == Some(REPLACED_VOLUME);
    for list in [PodList::VolumeMounts, PodList::Volumes] {
        for items in both(path, list) {
            remove_items(document, &items, is_ours)?;
        }
    }
    Ok(())
}

/// Takes out the variables that point to the bundle.
pub(super) fn variables(document: &mut Document, path: &Path) -> Result<()> {
    remove_items(document, &path.then(PodList::Env.key()), |entry| {
        let name = name_of(entry).unwrap_or_default();
        Variables::All.names().any(|one| one == name)
            && entry.get("value").and_then(Value::as_str) == Some(BUNDLE_FILE)
    })
}

/// What tells the recipe's own entries from the user's.
pub(super) struct Ours<'a> {
    pub(super) sources_volume: &'a str,
    /// The chart's ConfigMaps with certificates, now or in the deployed release.
    pub(super) config_maps: &'a [String],
}

fn is_our_mount(mount: &Value, sources_volume: &str) -> bool {
    match (name_of(mount), mount_path(mount)) {
        (Some(BUNDLE_VOLUME), BUNDLE_DIR) => true,
        (Some(name), SOURCES_DIR) => name == sources_volume,
        _ => distros::is_mount(mount),
    }
}
