//! Values files that are objects of `GitOps`: read as the values in them, and as what they say of the release.

use std::path::Path;

use anyhow::Result;

use super::default_chart::default_chart;
use crate::exit::Stop;
use crate::files;
use crate::plan::Around;
use crate::request::TargetSpec;
use crate::values::kept::{ChartOf, Kept, Said, Wanted};
use crate::vendor::Component;

/// A values file's text; what is around its values where it is an object.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// The values; `None` where the file does not exist.
    pub(super) text: Option<String>,
    pub(super) around: Option<Around>,
}

/// Reads a values file.
///
/// # Errors
/// It cannot be read, or the values in it cannot be edited by themselves.
pub(super) fn read(path: &Path, component: Component, release: Option<&str>) -> Result<Read> {
    let Some(text) = files::read(path)? else {
        return Ok(Read::default());
    };
    let Some(kept) = find(path, &text, component, release)? else {
        return Ok(Read {
            text: Some(text),
            around: None,
        });
    };
    let around = Around::new(text.clone(), kept);
    let around = around.map_err(|error| Stop::refused(error.shown(path, &text)))?;
    Ok(Read {
        text: Some(around.values().to_owned()),
        around: Some(around),
    })
}

fn find(
    path: &Path,
    text: &str,
    component: Component,
    release: Option<&str>,
) -> Result<Option<Kept>, Stop> {
    let charts: Vec<&str> = component.layouts().map(|layout| layout.chart).to_vec();
    let wanted = Wanted {
        charts: &charts,
        release,
        flag: &format!("--{component}-release"),
    };
    Kept::find(text, &wanted).map_err(|error| Stop::refused(error.shown(path, text)))
}

/// A target with what the objects among its values files say of its release, where it does not say so itself.
///
/// # Errors
/// A file cannot be read, or its object has a chart that the file does not lead to.
pub(super) fn filled(spec: TargetSpec) -> Result<TargetSpec> {
    let (mut spec, charts) = placed(spec)?;
    let said = charts.iter().map(|said| &said.chart);
    if spec.chart.is_none() {
        let component = spec.component;
        for chart in said {
            let mut layouts = component.layouts().into_iter();
            let layout = layouts.find(|one| chart.name.as_deref() == Some(one.chart));
            spec.chart = match (&chart.reference, layout) {
                (Some(reference), _) => Some(reference.clone()),
                // The vendor's own, wherever that is had from.
                (None, Some(layout)) => Some(default_chart(layout)),
                (None, None) if chart == &ChartOf::default() => None,
                (None, None) => {
                    let ChartOf {
                        name, elsewhere, ..
                    } = chart;
                    let name = name.as_deref().unwrap_or("it");
                    let elsewhere = elsewhere
                        .as_deref()
                        .unwrap_or("where the file does not say");
                    return Err(Stop::no_answer(format!(
                        "where the chart of the {} is ({name}, from {elsewhere}): --{component}-chart REFERENCE, and --{component}-version",
                        component.title()
                    ))
                    .into());
                }
            };
        }
    }
    Ok(spec)
}

/// The same without its chart, which is not looked for by who looks at what is deployed.
pub(super) fn placed(mut spec: TargetSpec) -> Result<(TargetSpec, Vec<Said>)> {
    let mut all = Vec::new();
    for path in &spec.values {
        let Some(text) = files::read(path)? else {
            continue;
        };
        let Some(kept) = find(path, &text, spec.component, spec.release.as_deref())? else {
            continue;
        };
        let said = &kept.said;
        for (place, word) in [
            (&mut spec.release, &said.release),
            (&mut spec.namespace, &said.namespace),
            (&mut spec.version, &said.version),
        ] {
            *place = place.take().or_else(|| word.clone());
        }
        all.push(kept.said);
    }
    Ok((spec, all))
}
