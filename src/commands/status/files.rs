//! The values files that releases are compared with: those that were named, else those of the documented names in this folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use serde_yaml::Value;

use super::super::kept::{self, Read};
use super::sought::Sought;
use crate::helm::TargetId;
use crate::nearest::file_like;
use crate::request::TargetSpec;
use crate::status::FileSaid;
use crate::values::{self, foreign};
use crate::vendor::{Component, Layout};
use crate::yaml;

/// The files of all releases that are looked for.
pub(super) struct Files<'a> {
    sought: &'a [Sought],
    /// By the place among the clusters, and that among its specs.
    named: BTreeMap<(usize, usize), FileSaid>,
    documented: Vec<(&'static str, FileSaid)>,
}

impl<'a> Files<'a> {
    /// Reads them.
    ///
    /// # Errors
    /// A file that was named on the command line is not there.
    pub(super) fn read(sought: &'a [Sought]) -> Result<Self> {
        let mut all = Self {
            sought,
            named: BTreeMap::new(),
            documented: Vec::new(),
        };
        let specs = sought.iter().enumerate().flat_map(|(cluster, one)| {
            let specs = one.specs.iter().enumerate();
            specs.map(move |(place, spec)| ((cluster, place), one.is_listed(), spec))
        });
        for (key, is_listed, spec) in specs {
            if let Some(missing) = spec.values.iter().find(|path| !path.exists()) {
                let why = format!(
                    "there is no values file {}{}",
                    missing.display(),
                    file_like(missing)
                );
                if !is_listed {
                    bail!(why);
                }
                // It may be that of a target that is to come, and says nothing of the others.
                all.named.insert(key, unread(spec, why));
            } else if spec.values.is_empty() {
                let names = spec.component.layouts().map(|layout| layout.override_file);
                let here = names.into_iter().filter(|name| Path::new(name).is_file());
                let read = here.map(|name| (name, said(&[name.into()], spec, false)));
                all.documented.extend(read);
            } else {
                all.named.insert(key, said(&spec.values, spec, true));
            }
        }
        Ok(all)
    }

    /// The file of a release of a component, which is in the cluster of that place.
    pub(super) fn of(
        &self,
        cluster: usize,
        component: Component,
        id: &TargetId,
        layout: &Layout,
    ) -> Option<&FileSaid> {
        let sought = self.sought.get(cluster)?;
        let place = sought.place_of(component, &id.namespace, &id.release);
        let named = place.and_then(|place| self.named.get(&(cluster, place)));
        let mut documented = self.documented.iter();
        let documented = documented.find(|(name, _)| *name == layout.override_file);
        named.or_else(|| documented.map(|(_, said)| said))
    }

    /// What they say.
    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        let documented = self.documented.iter().map(|(_, said)| said);
        let all = self.named.values().chain(documented);
        all.filter_map(|said| said.values.as_ref().ok())
    }
}

/// Files that cannot be compared with anything, and why.
fn unread(spec: &TargetSpec, why: String) -> FileSaid {
    FileSaid {
        paths: spec.values.clone(),
        values: Err(why),
        is_named: true,
        is_inside: false,
        chart: chart_of(spec),
    }
}

/// How the command line, or a file of targets, named a release's chart.
fn chart_of(spec: &TargetSpec) -> Vec<String> {
    let chart = spec
        .chart
        .clone()
        .map(|chart| ["--chart".to_owned(), chart]);
    let path = spec.values_path.as_ref();
    let path = path.map(|path| ["--values-path".to_owned(), path.to_string()]);
    chart.into_iter().chain(path).flatten().collect()
}

fn said(paths: &[PathBuf], spec: &TargetSpec, is_named: bool) -> FileSaid {
    let each = paths.iter().map(|path| read(path, spec));
    let each: Result<Vec<(Value, bool)>, String> = each.collect();
    let is_inside = each
        .as_ref()
        .is_ok_and(|all| all.iter().any(|(_, is_inside)| *is_inside));
    FileSaid {
        paths: paths.to_vec(),
        values: each.map(|all| values::merge(all.iter().map(|(values, _)| values))),
        is_named,
        is_inside,
        // What has the documented name is looked at for all releases.
        chart: if is_named { chart_of(spec) } else { Vec::new() },
    }
}

/// The values of a file, and whether an object around them is deployed from there.
fn read(path: &Path, spec: &TargetSpec) -> Result<(Value, bool), String> {
    let read = kept::read(path, spec.component, spec.release.as_deref());
    let Read { text, around } = read.map_err(|error| format!("{error:#}"))?;
    let text = text.unwrap_or_default();
    let values = yaml::value_of(&text).map_err(|error| error.to_string())?;
    match foreign::kind(&text, &values).filter(|_| around.is_none()) {
        Some(why) => Err(format!("{} {why}", path.display())),
        None => Ok((values, around.is_some())),
    }
}
