//! Bringing the recipe into a pod template, beside what the user has there.

use anyhow::Result;
use serde_yaml::Value;

use super::recipe::{
    self, BUNDLE_FILE, BUNDLE_VOLUME, INIT_CONTAINER, SOURCES_VOLUME, UPDATE, mount_path, name_of,
    sequence, set_field,
};
use super::{IMAGE_UNKNOWN, ProjectedSource, Shape, Wanted, named, sources};
use crate::finding::Finding;
use crate::overrides::{line_of, list_at};
use crate::yaml::{Document, Path};

pub(super) fn template(
    document: &mut Document,
    file: &str,
    path: &Path,
    wanted: &Wanted<'_>,
) -> Result<Vec<Finding>> {
    let mut edit = TemplateEdit {
        document,
        file,
        path,
        findings: Vec::new(),
    };
    match wanted.shape {
        Shape::Appended(sources) => {
            edit.init_container(wanted)?;
            edit.variables(wanted)?;
            edit.mounts(&recipe::mounts())?;
            edit.bundle_volume()?;
            edit.sources_volume(sources, wanted.ours)?;
        }
        Shape::Replaced(config_map, key) => {
            edit.variables(wanted)?;
            edit.mounts(&[recipe::replaced_mount(key)])?;
            let volume = recipe::replaced_volume(config_map);
            edit.document
                .merge(path.then("volumes"), "name", &[volume])?;
        }
    }
    Ok(edit.findings)
}

struct TemplateEdit<'a> {
    document: &'a mut Document,
    file: &'a str,
    path: &'a Path,
    findings: Vec<Finding>,
}

impl TemplateEdit<'_> {
    fn init_container(&mut self, wanted: &Wanted<'_>) -> Result<()> {
        let path = self.path.then("initContainers");
        let Some(mut container) = named(self.document, &path, INIT_CONTAINER)? else {
            let image = wanted.image.unwrap_or(IMAGE_UNKNOWN);
            self.document
                .append(&path, &recipe::init_container(image))?;
            return Ok(());
        };
        if !recipe::runs_update(&container) {
            let what =
                format!("an init container named {INIT_CONTAINER} that does not run {UPDATE}");
            self.conflict(&path, "init-container-conflict", &what);
            return Ok(());
        }
        let mut present = sequence(&container, "volumeMounts");
        for mount in recipe::mounts() {
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
        if let Some(image) = wanted.image.filter(|_| wanted.image_chosen) {
            set_field(&mut container, "image", image.into());
        }
        self.document.merge(&path, "name", &[container])?;
        Ok(())
    }

    fn variables(&mut self, wanted: &Wanted<'_>) -> Result<()> {
        let path = self.path.then("env");
        for variable in wanted.variables.names() {
            match named(self.document, &path, variable)? {
                None => self.document.append(&path, &recipe::variable(variable))?,
                Some(entry) if entry.get("value").and_then(Value::as_str) == Some(BUNDLE_FILE) => {}
                Some(_) if recipe::is_documented(variable) => {
                    let what = format!("{variable} with another value than {BUNDLE_FILE}");
                    self.conflict(&path, "variable-conflict", &what);
                }
                Some(_) => self.findings.push(Finding::warning(
                    "variable-kept",
                    format!(
                        "{}{}: {path} sets {variable} to another bundle; it is left as it is, and the clients that read it will not see the certificates",
                        self.file,
                        line_of(self.document, &path)
                    ),
                )),
            }
        }
        Ok(())
    }

    fn mounts(&mut self, mounts: &[Value]) -> Result<()> {
        let path = self.path.then("volumeMounts");
        let present = list_at(self.document, &path)?;
        for mount in mounts {
            match mount_at(&present, mount) {
                None => self.document.append(&path, mount)?,
                Some(other) if name_of(other) == name_of(mount) => {}
                Some(_) => {
                    let what = format!("another volume mounted at {}", mount_path(mount));
                    self.conflict(&path, "mount-conflict", &what);
                }
            }
        }
        Ok(())
    }

    fn bundle_volume(&mut self) -> Result<()> {
        let path = self.path.then("volumes");
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

    fn sources_volume(&mut self, wanted: &[ProjectedSource], ours: &[String]) -> Result<()> {
        let path = self.path.then("volumes");
        let wanted: Vec<Value> = wanted.iter().map(recipe::source).collect();
        let Some(mut volume) = named(self.document, &path, SOURCES_VOLUME)? else {
            let volume = recipe::sources_volume(wanted);
            self.document.append(&path, &volume)?;
            return Ok(());
        };
        let Some(mut projected) = volume.get("projected").cloned() else {
            let what = format!("a volume {SOURCES_VOLUME} that is no projected volume");
            self.conflict(&path, "volume-conflict", &what);
            return Ok(());
        };
        let merged = sources::merged(&sequence(&projected, "sources"), &wanted, ours);
        set_field(&mut projected, "sources", Value::Sequence(merged));
        set_field(&mut volume, "projected", projected);
        self.document.merge(&path, "name", &[volume])?;
        Ok(())
    }

    fn conflict(&mut self, path: &Path, code: &'static str, what: &str) {
        self.findings.push(
            Finding::error(
                code,
                format!(
                    "{}{}: {path} has {what}; task pods would not trust the certificates",
                    self.file,
                    line_of(self.document, path),
                ),
            )
            .hint("rename or remove it, or leave task pods alone with --task-pods off"),
        );
    }
}

fn mount_at<'a>(mounts: &'a [Value], wanted: &Value) -> Option<&'a Value> {
    mounts
        .iter()
        .find(|mount| mount_path(mount) == mount_path(wanted))
}
