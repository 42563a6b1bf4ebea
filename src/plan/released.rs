//! Where in the chart of a release a component's own is: there the chart is not at hand, and what Helm stored has to tell.

use serde_yaml::Value;

use crate::proof::{Part, subcharts};
use crate::values::{self, KeyPath};
use crate::vendor::{Component, Layout, Recognised, recognised};

/// What Helm tells of a release.
#[derive(Debug, Clone, Copy)]
pub struct Released<'a> {
    /// The name of its chart.
    pub chart: &'a str,
    /// Its manifest.
    pub manifest: &'a str,
    /// The values that it was given.
    pub values: &'a Value,
}

impl Released<'_> {
    /// What the component's chart calls things in it. Charts inside its chart are looked at where that is none of the vendor's: of
    /// each that is the component's, one layout; without any, the chart is the component's own. `said` is where somebody says that
    /// the values stand, and `all` gives all values, the defaults among them.
    ///
    /// # Errors
    /// Those of `all`.
    pub fn layouts<E>(
        &self,
        component: Component,
        said: Option<&KeyPath>,
        all: impl FnOnce() -> Result<Value, E>,
    ) -> Result<Vec<&'static Layout>, E> {
        if let Some(path) = said {
            return Ok(vec![below(component, path.keys(), &all()?)]);
        }
        let own = || vec![Layout::of(component, self.chart, self.values)];
        if matches!(recognised(self.chart), Recognised::As(_)) {
            return Ok(own());
        }
        let rendered = subcharts(self.manifest);
        if rendered.is_empty() {
            return Ok(own());
        }
        let all = all()?;
        let paths = rendered
            .iter()
            .map(|path| path.split('.').map(str::to_owned).collect());
        let found: Vec<&'static Layout> = paths
            .filter(|path: &Vec<String>| is_of(component, path, &all))
            .map(|path| below(component, &path, &all))
            .collect();
        Ok(if found.is_empty() { own() } else { found })
    }
}

/// The objects of the component's chart in a manifest that has those of others too. Where no chart inside made any, templates of the
/// chart around it read the values, and all may be its.
#[must_use]
pub fn part(manifest: &str, layout: &Layout) -> Option<Part> {
    let part = layout
        .is_inner()
        .then(|| Part::of(manifest, layout.below))?;
    part.filter(|part| !part.is_empty())
}

fn at<'a>(values: &'a Value, path: &[String]) -> &'a Value {
    let keys: Vec<&str> = path.iter().map(String::as_str).collect();
    values::lookup(values, &keys).unwrap_or(&Value::Null)
}

fn below(component: Component, path: &[String], values: &Value) -> &'static Layout {
    let name = path.last().map_or("", String::as_str);
    Layout::of(component, name, at(values, path)).below(path)
}

/// Whether the chart inside at a path is a component's, by its name there, else by its values.
fn is_of(component: Component, path: &[String], values: &Value) -> bool {
    let name = path.last().map_or("", String::as_str);
    match recognised(name) {
        Recognised::As(known) => known == component,
        Recognised::Perhaps | Recognised::No => {
            Component::by_values(name, at(values, path)) == Some(component)
        }
    }
}

/// The components that charts inside a chart are, by all values that it is rendered with.
#[must_use]
pub fn components_inside(values: &Value) -> Vec<Component> {
    let all = Component::ALL.into_iter();
    all.filter(|component| has_inside(*component, &mut Vec::new(), values))
        .collect()
}

/// Charts inside charts inside charts.
const DEEPEST: usize = 3;

fn has_inside(component: Component, path: &mut Vec<String>, values: &Value) -> bool {
    let keys = at(values, path).as_mapping().into_iter().flatten();
    let keys: Vec<String> = keys
        .filter_map(|(key, inner)| {
            inner
                .is_mapping()
                .then(|| key.as_str().map(str::to_owned))?
        })
        .collect();
    keys.into_iter().any(|key| {
        path.push(key);
        let found = is_of(component, path, values)
            || path.len() < DEEPEST && has_inside(component, path, values);
        path.pop();
        found
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yaml(text: &str) -> Value {
        serde_yaml::from_str(text).unwrap()
    }

    const ALL: &str = "{postgres: {enabled: true}, p: {ours: {agentk8sglue: {basePodTemplate: {}}}, clearml-enterprise-app-gateway: {customCertificates: {}}}}";
    const MANIFEST: &str = "---\n# Source: acme/charts/postgres/templates/a.yaml\n---\n# Source: acme/charts/p/charts/ours/templates/a.yaml\n";

    fn found(chart: &str, manifest: &str, said: Option<&str>) -> Vec<String> {
        let released = Released {
            chart,
            manifest,
            values: &Value::Null,
        };
        let said = said.map(|path| path.parse().unwrap());
        let layouts = released.layouts(Component::Agent, said.as_ref(), || Ok::<_, ()>(yaml(ALL)));
        let layouts = layouts.unwrap().into_iter();
        layouts.map(Layout::shown_certificates).collect()
    }

    #[test]
    fn a_release_of_a_chart_with_ours_inside_is_told_by_its_manifest_and_all_values() {
        assert_eq!(found("acme", MANIFEST, None), ["p.ours.customCertificates"]);
        assert_eq!(found("acme", MANIFEST, Some("x")), ["x.customCertificates"]);
        // The vendor's own may have others inside; and a copy of it has none.
        for (chart, manifest) in [
            ("clearml-enterprise-agent", MANIFEST),
            ("acme", "# Source: acme/templates/a.yaml\n"),
        ] {
            assert_eq!(found(chart, manifest, None), ["customCertificates"]);
        }
    }

    #[test]
    fn values_tell_which_components_are_inside() {
        assert_eq!(
            components_inside(&yaml(ALL)),
            [Component::Agent, Component::Gateway]
        );
        assert!(components_inside(&yaml("{a: {customCertificates: {}}, b: 1}")).is_empty());
    }
}
