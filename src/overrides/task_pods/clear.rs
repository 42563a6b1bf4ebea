//! Taking the recipe out again: what is ours by content goes, what is the user's stays.

use anyhow::Result;
use serde_yaml::Value;

use super::recipe::{
    BUNDLE_DIR, BUNDLE_FILE, BUNDLE_VOLUME, INIT_CONTAINER, REPLACED_VOLUME, SOURCES_DIR,
    SOURCES_VOLUME, Variables, bundle_volume, mount_path, name_of, runs_update, sequence,
    set_field,
};
use super::{named, sources};
use crate::overrides::list_at;
use crate::yaml::{Document, Path};

/// Takes out the init container, its volumes and their mounts. A projected volume that holds sources of the user's loses
/// ours alone, and everything that serves it stays.
pub(super) fn appended(document: &mut Document, path: &Path, ours: &[String]) -> Result<()> {
    let volumes = path.then("volumes");
    if let Some(mut volume) = named(document, &volumes, SOURCES_VOLUME)? {
        let Some(mut projected) = volume.get("projected").cloned() else {
            return Ok(());
        };
        let present = sequence(&projected, "sources");
        let foreign: Vec<Value> = present
            .iter()
            .filter(|source| !sources::is_ours(source, &[], ours))
            .cloned()
            .collect();
        if !foreign.is_empty() {
            set_field(&mut projected, "sources", Value::Sequence(foreign));
            set_field(&mut volume, "projected", projected);
            document.merge(&volumes, "name", &[volume])?;
            return Ok(());
        }
    } else if named(document, &volumes, BUNDLE_VOLUME)?.is_none() {
        return Ok(());
    }
    remove_items(document, &path.then("initContainers"), |container| {
        name_of(container) == Some(INIT_CONTAINER)
            && runs_update(container)
            && sequence(container, "volumeMounts").iter().all(is_our_mount)
    })?;
    // Another init container that mounts our volumes needs them still.
    let mut containers = list_at(document, &path.then("initContainers"))?.into_iter();
    if containers.any(|container| {
        sequence(&container, "volumeMounts")
            .iter()
            .any(is_our_mount)
    }) {
        return Ok(());
    }
    remove_items(document, &path.then("volumeMounts"), is_our_mount)?;
    remove_items(document, &volumes, |volume| {
        *volume == bundle_volume() || name_of(volume) == Some(SOURCES_VOLUME)
    })?;
    remove_if_empty(document, path)
}

/// Takes out the mounted bundle.
pub(super) fn replaced(document: &mut Document, path: &Path) -> Result<()> {
    let is_ours = |value: &Value| name_of(value) == Some(REPLACED_VOLUME);
    let mounts = remove_items(document, &path.then("volumeMounts"), is_ours)?;
    let volumes = remove_items(document, &path.then("volumes"), is_ours)?;
    if mounts || volumes {
        remove_if_empty(document, path)?;
    }
    Ok(())
}

/// Takes out the variables that point to the bundle.
pub(super) fn variables(document: &mut Document, path: &Path) -> Result<()> {
    let removed = remove_items(document, &path.then("env"), |entry| {
        let name = name_of(entry).unwrap_or_default();
        Variables::All.names().any(|one| one == name)
            && entry.get("value").and_then(Value::as_str) == Some(BUNDLE_FILE)
    })?;
    if removed {
        remove_if_empty(document, path)?;
    }
    Ok(())
}

fn is_our_mount(mount: &Value) -> bool {
    matches!(
        (name_of(mount), mount_path(mount)),
        (Some(BUNDLE_VOLUME), BUNDLE_DIR) | (Some(SOURCES_VOLUME), SOURCES_DIR)
    )
}

/// Removes the items of a list that are `ours`; a list that would be left empty goes whole. Tells whether any went.
fn remove_items(
    document: &mut Document,
    path: &Path,
    ours: impl Fn(&Value) -> bool,
) -> Result<bool> {
    let items = list_at(document, path)?;
    let found: Vec<usize> = items
        .iter()
        .enumerate()
        .filter(|(_, item)| ours(item))
        .map(|(index, _)| index)
        .collect();
    if found.is_empty() {
        return Ok(false);
    }
    if found.len() == items.len() {
        document.remove(path)?;
    } else {
        for index in found.into_iter().rev() {
            document.remove(path.then(index))?;
        }
    }
    Ok(true)
}

/// Removes a map that nothing is left in, and the one around it likewise.
fn remove_if_empty(document: &mut Document, path: &Path) -> Result<()> {
    let mut steps = path.steps().to_vec();
    while !steps.is_empty() {
        let path = Path::from(steps.clone());
        match document.get(&path)? {
            Some(Value::Mapping(mapping)) if mapping.is_empty() => document.remove(&path)?,
            Some(Value::Null) => document.remove(&path)?,
            _ => break,
        }
        steps.pop();
    }
    Ok(())
}
