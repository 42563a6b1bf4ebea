//! Bringing the recipe into a pod template, beside what the user has there.

use anyhow::Result;
use serde_yaml::Value;

use super::recipe::{
    self, BUNDLE_FILE, BUNDLE_VOLUME, INIT_CONTAINER, UPDATE, mount_path, name_of, sequence,
    set_field,
};
use super::{Distros, IMAGE_UNKNOWN, ProjectedSource, Shape, Wanted, distros, named, sources};
use crate::finding::Finding;
use crate::overrides::{line_of, list_at};
use crate::values;
use crate::vendor::PodList;
use crate::yaml::{Document, Path};

/// A pod template, or the part of one that a queue has to itself.
pub(super) struct Spot<'a> {
    /// Where it stands.
    pub(super) path: &'a Path,
    /// The lists of it that count; the others are the base template's.
    pub(super) lists: &'a [PodList],
    /// Whether the chart adds `extraVolumes` and `extraVolumeMounts`, so that the user's own lists need not change.
    pub(super) adds: bool,
    /// Whether all queues need it: nothing arrives where it cannot be edited.
    pub(super) is_base: bool,
}

pub(super) fn template(
    document: &mut Document,
    file: &str,
    (spot, base): (&Spot<'_>, &Path),
    wanted: &Wanted<'_>,
) -> Result<Vec<Finding>> {
    let mut edit = TemplateEdit {
        document,
        file,
        spot,
        base,
        findings: Vec::new(),
    };
    for list in spot.lists {
        match (list, &wanted.shape) {
            (PodList::InitContainers, Shape::Appended(_)) => edit.init_container(wanted)?,
            (PodList::InitContainers, Shape::Replaced(..)) => {}
            (PodList::Env, _) => edit.variables(wanted)?,
            (PodList::VolumeMounts, shape) => {
                // First: on Alpine, OpenSSL's file is a link to the bundle, and what is mounted on the bundle itself cannot
                // be replaced by a later `update-ca-certificates`; so it is to lie below the bundle's folder.
                if wanted.distros == Some(Distros::Any) {
                    edit.other_mounts(&distros::mounts(shape))?;
                }
                match shape {
                    Shape::Appended(_) => edit.mounts(&recipe::mounts(wanted.sources_volume))?,
                    Shape::Replaced(_, key) => edit.mounts(&[recipe::replaced_mount(key)])?,
                }
            }
            (PodList::Volumes, Shape::Appended(sources)) => {
                edit.bundle_volume()?;
                edit.sources_volume(sources, wanted)?;
            }
            (PodList::Volumes, Shape::Replaced(config_map, _)) => {
                let volume = recipe::replaced_volume(config_map);
                let path = edit.volumes_with(recipe::REPLACED_VOLUME)?;
                edit.document.merge(&path, "name", &[volume])?;
            }
        }
    }
    Ok(edit.findings)
}

struct TemplateEdit<'a> {
    document: &'a mut Document,
    file: &'a str,
    spot: &'a Spot<'a>,
    /// The base template, which holds where a queue's own says nothing.
    base: &'a Path,
    findings: Vec<Finding>,
}

impl TemplateEdit<'_> {
    fn list(&self, list: PodList) -> Path {
        self.spot.path.then(list.key())
    }

    /// The list that newer charts add to it, where that is to be used.
    fn added(&self, list: PodList) -> Option<Path> {
        let key = list.added_by().filter(|_| self.spot.adds)?;
        Some(self.spot.path.then(key))
    }

    /// The list of volumes that has one of this name, else the one that a new volume goes to.
    fn volumes_with(&self, name: &str) -> Result<Path> {
        let own = self.list(PodList::Volumes);
        Ok(match self.added(PodList::Volumes) {
            Some(added) if named(self.document, &own, name)?.is_none() => added,
            _ => own,
        })
    }

    fn init_container(&mut self, wanted: &Wanted<'_>) -> Result<()> {
        let path = self.list(PodList::InitContainers);
        let image = wanted.image.unwrap_or(IMAGE_UNKNOWN);
        let templates = [self.spot.path, self.base].map(|path| values::at(wanted.values, path));
        let templates: Vec<&Value> = templates.into_iter().flatten().collect();
        let ours = recipe::init_container(image, wanted.sources_volume, &templates);
        let Some(mut container) = named(self.document, &path, INIT_CONTAINER)? else {
            self.document.append(&path, &ours)?;
            return Ok(());
        };
        if !recipe::runs_update(&container) {
            let what =
                format!("an init container named {INIT_CONTAINER} that does not run {UPDATE}");
            self.conflict(&path, "init-container-conflict", &what);
            return Ok(());
        }
        let mut present = sequence(&container, "volumeMounts");
        for mount in recipe::mounts(wanted.sources_volume) {
            match mount_at(&present, &mount) {
                None => present.push(mount),
                Some(other) if name_of(other) == name_of(&mount) => {}
                Some(_) => {
                    let at = mount_path(&mount);
                    let what = format!("another volume mounted at {at} in {INIT_CONTAINER}");
                    self.conflict(&path, "mount-conflict", &what);
                }
            }
        }
        set_field(&mut container, "volumeMounts", Value::Sequence(present));
        for key in ["resources", "securityContext"] {
            if let (None, Some(ours)) = (container.get(key), ours.get(key)) {
                set_field(&mut container, key, ours.clone());
            }
        }
        if let Some(image) = wanted.image.filter(|_| wanted.image_chosen) {
            set_field(&mut container, "image", image.into());
        }
        self.document.merge(&path, "name", &[container])?;
        Ok(())
    }

    fn variables(&mut self, wanted: &Wanted<'_>) -> Result<()> {
        let path = self.list(PodList::Env);
        let items = list_at(self.document, &path)?;
        let mut missing = Vec::new();
        for variable in wanted.variables.names() {
            // Of several of one name, Kubernetes takes the last.
            let named = |item: &&Value| name_of(item) == Some(variable);
            match items.iter().rev().find(named) {
                None => missing.push(recipe::variable(variable)),
                Some(entry) if entry.get("value").and_then(Value::as_str) == Some(BUNDLE_FILE) => {}
                Some(_) if recipe::is_documented(variable) => {
                    let what = format!("{variable} with another value than {BUNDLE_FILE}");
                    self.conflict(&path, "variable-conflict", &what);
                }
                Some(entry) => {
                    let is_empty = entry.get("value").is_none_or(|value| value == "")
                        && entry.get("valueFrom").is_none();
                    let what = if is_empty {
                        "to nothing; it is left as it is: curl goes by its own bundle then, and requests, since 2.28, by REQUESTS_CA_BUNDLE"
                    } else {
                        "to another bundle; it is left as it is, and the clients that read it will not see the certificates"
                    };
                    let line = line_of(self.document, &path);
                    self.findings.push(Finding::warning(
                        "variable-kept",
                        format!("{}{line}: {path} sets {variable} {what}", self.file),
                    ));
                }
            }
        }
        Ok(self.document.extend(&path, missing)?)
    }

    fn mounts(&mut self, mounts: &[Value]) -> Result<()> {
        let (path, present) = self.present_mounts()?;
        let mut missing = Vec::new();
        for mount in mounts {
            match mount_at(&present, mount) {
                None => missing.push(mount.clone()),
                Some(other) if name_of(other) == name_of(mount) => {}
                Some(_) => {
                    let what = format!("another volume mounted at {}", mount_path(mount));
                    self.conflict(&path, "mount-conflict", &what);
                }
            }
        }
        self.add_mounts(path, missing)
    }

    /// Mounts that images of other distributions need: what the user has there goes first. No file can be mounted below
    /// what may be read only.
    fn other_mounts(&mut self, mounts: &[Value]) -> Result<()> {
        let (path, present) = self.present_mounts()?;
        let mut missing = Vec::new();
        for mount in mounts {
            let at = mount_path(mount);
            match distros::covering(&present, at) {
                None => missing.push(mount.clone()),
                Some(other) if distros::is_mount(other) => {}
                Some(other) => {
                    let line = line_of(self.document, &path);
                    let theirs = mount_path(other);
                    self.findings.push(Finding::warning(
                        "mount-kept",
                        format!(
                            "{}{line}: {path} mounts a volume of yours at {theirs}; it is left as it is, and clients that read {at} will not see the certificates",
                            self.file
                        ),
                    ));
                }
            }
        }
        self.add_mounts(path, missing)
    }

    /// The list of mounts, and what is in it and in the one that newer charts add to it.
    fn present_mounts(&self) -> Result<(Path, Vec<Value>)> {
        let path = self.list(PodList::VolumeMounts);
        let mut present = list_at(self.document, &path)?;
        if let Some(added) = self.added(PodList::VolumeMounts) {
            present.extend(list_at(self.document, &added)?);
        }
        Ok((path, present))
    }

    fn add_mounts(&mut self, path: Path, missing: Vec<Value>) -> Result<()> {
        let list = self.added(PodList::VolumeMounts).unwrap_or(path);
        Ok(self.document.extend(&list, missing)?)
    }

    fn bundle_volume(&mut self) -> Result<()> {
        let path = self.volumes_with(BUNDLE_VOLUME)?;
        match named(self.document, &path, BUNDLE_VOLUME)? {
            None => self.document.append(&path, &recipe::bundle_volume())?,
            Some(volume) if volume.get("emptyDir").is_some() => {}
            Some(_) => {
                let what = format!("a volume {BUNDLE_VOLUME} that is no emptyDir");
                self.conflict(&path, "volume-conflict", &what);
            }
        }
        Ok(())
    }

    fn sources_volume(&mut self, all: &[ProjectedSource], wanted: &Wanted<'_>) -> Result<()> {
        let name = wanted.sources_volume;
        let path = self.volumes_with(name)?;
        let sources: Vec<Value> = all.iter().map(recipe::source).collect();
        let Some(volume) = named(self.document, &path, name)? else {
            let volume = recipe::sources_volume(name, sources);
            self.document.append(&path, &volume)?;
            return Ok(());
        };
        let Some(projected) = volume.get("projected") else {
            let what = format!("a volume {name} that is no projected volume");
            self.conflict(&path, "volume-conflict", &what);
            return Ok(());
        };
        let merged = sources::merged(&sequence(projected, "sources"), &sources, wanted.ours);
        let volume = recipe::with_sources(volume, merged);
        self.document.merge(&path, "name", &[volume])?;
        Ok(())
    }

    /// Something of the user's stands where the recipe wants to. In the base template that keeps the certificates from every
    /// task pod; in a queue's own, from that queue's.
    fn conflict(&mut self, path: &Path, code: &'static str, what: &str) {
        let whose = if self.spot.is_base {
            "task pods"
        } else {
            "task pods of this queue"
        };
        let message = format!(
            "{}{}: {path} has {what}; {whose} would not trust the certificates",
            self.file,
            line_of(self.document, path),
        );
        self.findings.push(if self.spot.is_base {
            Finding::error(code, message)
                .hint("rename or remove it, or leave task pods alone with --task-pods off")
        } else {
            Finding::warning(code, message)
                .hint("rename or remove it, or leave queues alone with --task-queues base")
        });
    }
}

fn mount_at<'a>(mounts: &'a [Value], wanted: &Value) -> Option<&'a Value> {
    mounts
        .iter()
        .find(|mount| mount_path(mount) == mount_path(wanted))
}
