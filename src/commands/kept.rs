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
/// A file cannot be read, or its object has a chart that the file does not lead to, or a release that only its template knows: names
/// of ConfigMaps follow that, so it is not made up.
pub(super) fn filled(spec: TargetSpec) -> Result<TargetSpec> {
    let (mut spec, all) = placed(spec)?;
    let component = spec.component;
    if spec.release.is_none()
        && let Some(nameless) = all.iter().find(|said| said.makes_a_release())
    {
        return Err(Stop::no_answer(format!(
            "the release name of the {}, which a template makes in {}: --{component}-release NAME",
            component.title(),
            nameless.object.trim_end()
        ))
        .into());
    }
    if spec.chart.is_none() {
        // A later object without a chart has only values.
        let mut charts = all.iter().map(|said| &said.chart);
        let last = charts.rfind(|chart| **chart != ChartOf::default());
        spec.chart = last.map(|chart| reference(chart, component)).transpose()?;
    }
    Ok(spec)
}

/// What helm takes for the chart that an object names.
fn reference(chart: &ChartOf, component: Component) -> Result<String, Stop> {
    let mut layouts = component.layouts().into_iter();
    let layout = layouts.find(|one| chart.name.as_deref() == Some(one.chart));
    match (&chart.reference, layout) {
        (Some(reference), _) => Ok(reference.clone()),
        // The vendor's own, wherever that is had from.
        (None, Some(layout)) if !chart.is_pinned => Ok(default_chart(layout)),
        (None, _) => {
            let name = chart.name.as_deref().unwrap_or("it");
            let elsewhere = chart.elsewhere.as_deref();
            let elsewhere = elsewhere.unwrap_or("where the file does not say");
            Err(Stop::no_answer(format!(
                "where the chart of the {} is ({name}, from {elsewhere}): --{component}-chart REFERENCE, and --{component}-version",
                component.title()
            )))
        }
    }
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

/// The same, if it can be read: what cannot is told where it is needed.
pub(super) fn known(spec: &TargetSpec) -> Option<TargetSpec> {
    placed(spec.clone()).ok().map(|(spec, _)| spec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_that_a_digest_alone_names_is_asked_for_and_no_other_is_taken() {
        let chart = |is_pinned: bool| ChartOf {
            name: Some("clearml-enterprise-agent".to_owned()),
            elsewhere: Some("OCIRepository agent, by sha256:ab".to_owned()),
            is_pinned,
            ..ChartOf::default()
        };
        let asked = reference(&chart(true), Component::Agent).unwrap_err();
        assert!(
            asked.message.contains("by sha256:ab): --agent-chart"),
            "{}",
            asked.message
        );
        assert!(reference(&chart(false), Component::Agent).is_ok());
    }

    #[test]
    fn an_object_without_a_chart_leaves_the_one_that_another_names() {
        let folder = tempfile::tempdir().unwrap();
        let mut spec = TargetSpec::of(Component::Agent);
        for (name, text) in [
            (
                "flux.yaml",
                "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: ml}\nspec:\n  chartRef: {kind: OCIRepository, name: ours}\n---\nkind: OCIRepository\nmetadata: {name: ours}\nspec: {url: 'oci://registry.example/ours'}\n",
            ),
            (
                "values.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {values.yaml: ''}\n",
            ),
        ] {
            let path = folder.path().join(name);
            files::replace(&path, text).unwrap();
            spec.values.push(path);
        }
        let chart = filled(spec.clone()).unwrap().chart;
        assert_eq!(chart.as_deref(), Some("oci://registry.example/ours"));
        spec.values.reverse();
        assert_eq!(filled(spec).unwrap().chart, chart);
    }
}
