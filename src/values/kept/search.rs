//! The objects of a file that keep values, and which of them is meant.

use std::ops::Range;

use serde_yaml::Value;

use super::documents::{documents, line_of};
use super::object::{Object, Said};
use super::{Coding, Refused, Wanted, argo, data, flux, rancher};
use crate::values::foreign;
use crate::yaml::{self, Path};

/// An object that keeps values.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) document: Range<usize>,
    pub(super) path: Path,
    pub(super) coding: Coding,
    pub(super) said: Said,
}

/// Everything in a file that was found.
#[derive(Default)]
pub(super) struct All {
    /// Objects that engines deploy from.
    of_engines: Vec<Found>,
    /// ConfigMaps and Secrets with values.
    data: Vec<Found>,
    /// What is encrypted.
    sealed: Option<Refused>,
    /// The first document of several that cannot be read.
    unread: Option<Refused>,
}

impl All {
    /// All of them.
    pub(super) fn into_iter(self) -> impl Iterator<Item = Found> {
        self.of_engines.into_iter().chain(self.data)
    }
}

/// Finds every object that keeps values. A document that cannot be read is none: who edits another one does not touch it.
pub(super) fn all(text: &str) -> All {
    let mut all = All::default();
    let mut read: Vec<(Range<usize>, Value)> = Vec::new();
    let ranges = documents(text);
    let are_several = ranges.len() > 1;
    for range in ranges {
        match yaml::value_of(text.get(range.clone()).unwrap_or_default()) {
            Ok(value) => read.push((range, value)),
            Err(error) if are_several => {
                all.unread.get_or_insert(Refused {
                    line: Some(error.position().line),
                    document: range.start,
                    why: error.to_string(),
                });
            }
            // Whoever takes it as a values file says so.
            Err(_) => {}
        }
    }
    let values: Vec<&Value> = read.iter().map(|(_, value)| value).collect();
    for (range, value) in &read {
        // SOPS seals all documents of a file together.
        if value.get("sops").and_then(|sops| sops.get("mac")).is_some() {
            let why = foreign::kind("", value).unwrap_or_default();
            all.sealed = Some(Refused {
                line: None,
                document: range.start,
                why,
            });
        }
        let Some((group, object)) = Object::of(value) else {
            continue;
        };
        let places = match (group, object.kind) {
            ("helm.toolkit.fluxcd.io", "HelmRelease") => flux::helm_release(&object, &values),
            ("argoproj.io", "Application" | "ApplicationSet") => argo::application(&object),
            ("helm.cattle.io", "HelmChart" | "HelmChartConfig") => {
                rancher::helm_chart(&object, &values)
            }
            ("", "ConfigMap" | "Secret") => data::object(&object),
            _ => Vec::new(),
        };
        let list = if group.is_empty() {
            &mut all.data
        } else {
            &mut all.of_engines
        };
        list.extend(places.into_iter().map(|(path, coding, said)| Found {
            document: range.clone(),
            path,
            coding,
            said,
        }));
    }
    all
}

/// The one that is meant: the only one, else the one of the release, else the one whose chart is the component's.
pub(super) fn choose(text: &str, all: All, wanted: &Wanted<'_>) -> Result<Option<Found>, Refused> {
    let mut found = if all.of_engines.is_empty() {
        all.data
    } else {
        all.of_engines
    };
    if let (Some(sealed), false) = (all.sealed, found.is_empty()) {
        return Err(sealed);
    }
    if let (Some(unread), true) = (all.unread, found.is_empty()) {
        return Err(unread);
    }
    let of_chart = |one: &Found| {
        let name = one.said.chart.name.as_deref();
        name.is_some_and(|name| wanted.charts.contains(&name))
    };
    let of_release =
        |one: &Found| wanted.release.is_some() && one.said.release.as_deref() == wanted.release;
    let narrowed: [&dyn Fn(&Found) -> bool; 2] = [&of_release, &of_chart];
    for is_meant in narrowed {
        if found.len() > 1 && found.iter().any(is_meant) {
            found.retain(is_meant);
        }
    }
    if found.len() > 1 {
        let names = found.iter().map(|one| {
            let line = line_of(text, one.document.start);
            format!("{} of {} (from line {line})", one.path, one.said.object)
        });
        let names = names.collect::<Vec<_>>().join(", ");
        let say = match wanted.flag {
            "" => "G".to_owned(),
            flag => format!("Say which with {flag} NAME, or g"),
        };
        return Err(Refused {
            line: None,
            document: 0,
            why: format!(
                "keeps values in several places, and nothing tells which are meant: {names}. {say}ive each a file of its own"
            ),
        });
    }
    let found = found.pop();
    if let Some((one, asked)) = found.as_ref().zip(wanted.release)
        && let Some(makes) = &one.said.release
        && makes != asked
    {
        return Err(Refused {
            line: None,
            document: one.document.start,
            why: format!(
                "has {}, which makes the release {makes}, not {asked}: name that release, or the file of the other",
                one.said.object
            ),
        });
    }
    Ok(found)
}
