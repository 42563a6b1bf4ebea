//! The charts inside a chart: by which keys values get to each, what it is, and what turns it off.
//!
//! Source: Helm's `chartutil.ProcessDependencies` (`pkg/chartutil/dependencies.go`) and `chart/loader`.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use anyhow::Result;
use semver::Version;
use serde::Deserialize;
use serde_yaml::{Mapping, Value};

use super::{archive, chart_version};
use crate::values;
use crate::yaml;

/// More than any Chart.yaml or values.yaml has.
const LARGEST_TEXT: u64 = 8 * 1024 * 1024;

/// Helm itself takes no larger packed chart (`MaxDecompressedChartSize`).
const LARGEST: u64 = 100 * 1024 * 1024;

/// A chart inside another.
#[derive(Debug, Clone, PartialEq)]
pub struct Dependency {
    /// The keys that lead to its values from those of the outermost chart: names, or the aliases in their place.
    pub path: Vec<String>,
    /// The name in its own Chart.yaml.
    pub chart: String,
    /// The version there.
    pub version: Version,
    /// Its default values, with those of its own dependencies below their names.
    pub values: Value,
    /// The paths of values that turn it on or off; the first that says something counts.
    conditions: Vec<Vec<String>>,
    /// Its tags, which turn it on or off where no condition does.
    tags: Vec<String>,
}

impl Dependency {
    /// Its path for people.
    #[must_use]
    pub fn shown_path(&self) -> String {
        self.path
            .iter()
            .cloned()
            .collect::<values::KeyPath>()
            .to_string()
    }

    /// The value that turns it off, with all `values` that the outermost chart gets, its defaults among them.
    fn turned_off_by(&self, values: &Value) -> Option<String> {
        let says = |path: &[String]| {
            let keys: Vec<&str> = path.iter().map(String::as_str).collect();
            values::lookup(values, &keys)?.as_bool()
        };
        let mut conditions = self.conditions.iter();
        if let Some((path, on)) = conditions.find_map(|path| Some((path, says(path)?))) {
            return (!on).then(|| format!("{}: false", path.join(".")));
        }
        let tag = |tag: &String| says(&["tags".to_owned(), tag.clone()]);
        let is_on = self.tags.iter().any(|one| tag(one) == Some(true));
        let off = self.tags.iter().find(|one| tag(one) == Some(false));
        off.filter(|_| !is_on)
            .map(|tag| format!("tags.{tag}: false"))
    }
}

/// What stands in the files of a chart and of those inside it.
#[derive(Debug, Default)]
pub(super) struct Tree {
    metadata: String,
    values: String,
    /// Where charts of the first API version list their dependencies.
    requirements: String,
    /// By the name of their folder, or of their archive.
    inner: BTreeMap<String, Self>,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
    version: String,
    #[serde(default)]
    dependencies: Option<Vec<Requirement>>,
}

/// An entry of `dependencies`.
#[derive(Debug, Clone, Default, Deserialize)]
struct Requirement {
    name: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    alias: Option<String>,
    #[serde(default)]
    condition: Option<String>,
    #[serde(default)]
    tags: Option<Vec<String>>,
}

impl Tree {
    /// Takes a file in, by its path in the chart.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn take(&mut self, name: &str, content: &mut dyn Read) -> Result<()> {
        let place = match name {
            "Chart.yaml" => &mut self.metadata,
            "values.yaml" => &mut self.values,
            "requirements.yaml" => &mut self.requirements,
            _ => return self.take_inner(name, content),
        };
        let mut text = Vec::new();
        content.take(LARGEST_TEXT).read_to_end(&mut text)?;
        *place = String::from_utf8_lossy(&text).into_owned();
        Ok(())
    }

    fn take_inner(&mut self, name: &str, content: &mut dyn Read) -> Result<()> {
        let Some(inner) = name.strip_prefix("charts/") else {
            return Ok(());
        };
        // Helm passes over these.
        if inner.starts_with(['_', '.']) {
            return Ok(());
        }
        match inner.split_once('/') {
            Some((folder, rest)) => self
                .inner
                .entry(folder.to_owned())
                .or_default()
                .take(rest, content),
            // Helm takes small letters alone.
            None if inner
                .rsplit_once('.')
                .is_some_and(|(_, ending)| ending == "tgz") =>
            {
                let mut packed = Vec::new();
                content.take(LARGEST).read_to_end(&mut packed)?;
                let chart = self.inner.entry(inner.to_owned()).or_default();
                archive::visit_read(name, Cursor::new(packed), |name, content| {
                    chart.take(&name, content)
                })
            }
            None => Ok(()),
        }
    }

    /// The charts inside, those inside them among them, each behind the one that it is in. What Helm cannot read, it says itself.
    pub(super) fn dependencies(&self) -> Vec<Dependency> {
        self.inner_of(&[]).0
    }

    /// The same for a chart at a path, and the default values of those directly inside.
    fn inner_of(&self, path: &[String]) -> (Vec<Dependency>, Mapping) {
        let of_v1 = serde_yaml::from_str::<BTreeMap<String, Vec<Requirement>>>(&self.requirements);
        let listed = self.chart().and_then(|chart| chart.dependencies);
        let listed = listed
            .or_else(|| of_v1.ok()?.remove("dependencies"))
            .unwrap_or_default();
        let charts: Vec<(Metadata, Version, &Self)> = self
            .inner
            .values()
            .filter_map(|inner| {
                let chart = inner.chart()?;
                let version = chart_version::parse(&chart.version)?;
                Some((chart, version, inner))
            })
            .collect();
        let meets = |one: &Requirement, (chart, version, _): &(Metadata, Version, &Self)| {
            one.name == chart.name && chart_version::satisfies(version, &one.version)
        };
        let by_list = listed
            .iter()
            .filter_map(|one| Some((one.clone(), charts.iter().find(|chart| meets(one, chart))?)));
        // What lies there and is not listed is rendered all the same, under its own name.
        let unlisted = charts
            .iter()
            .filter(|chart| !listed.iter().any(|one| meets(one, chart)));
        let unlisted = unlisted.map(|one| {
            let name = one.0.name.clone();
            (
                Requirement {
                    name,
                    ..Requirement::default()
                },
                one,
            )
        });
        let (mut all, mut defaults) = (Vec::new(), Mapping::new());
        for (said, (chart, version, inner)) in by_list.chain(unlisted) {
            let name = said
                .alias
                .filter(|alias| !alias.is_empty())
                .unwrap_or(said.name);
            let own = [path, std::slice::from_ref(&name)].concat();
            let (further, below) = inner.inner_of(&own);
            let values = values::merge([&Value::Mapping(below), &inner.defaults()]);
            defaults.insert(name.into(), values.clone());
            let conditions = said.condition.iter().flat_map(|all| all.split(','));
            let conditions = conditions.map(str::trim).filter(|one| !one.is_empty());
            all.push(Dependency {
                conditions: conditions
                    .map(|one| {
                        path.iter()
                            .cloned()
                            .chain(one.split('.').map(str::to_owned))
                            .collect()
                    })
                    .collect(),
                path: own,
                chart: chart.name.clone(),
                version: version.clone(),
                values,
                tags: said.tags.unwrap_or_default(),
            });
            all.extend(further);
        }
        (all, defaults)
    }

    fn chart(&self) -> Option<Metadata> {
        serde_yaml::from_str(&self.metadata).ok()
    }

    fn defaults(&self) -> Value {
        yaml::value_of(&self.values).unwrap_or_default()
    }
}

/// The default values of a chart with those of the charts inside it below their names, where its own say nothing else: all that it
/// is rendered with where nobody says anything.
pub(super) fn with_inner(own: Value, dependencies: &[Dependency]) -> Value {
    let direct = dependencies.iter().filter(|one| one.path.len() == 1);
    let inner: Mapping = direct
        .filter_map(|one| Some((Value::from(one.path.first()?.clone()), one.values.clone())))
        .collect();
    if inner.is_empty() {
        return own;
    }
    values::merge([&Value::Mapping(inner), &own])
}

/// Why a dependency is not rendered with these values: it, or one that it is inside of, is turned off.
pub(super) fn turned_off(
    dependencies: &[Dependency],
    path: &[String],
    values: &Value,
) -> Option<String> {
    let mut around = dependencies
        .iter()
        .filter(|one| path.starts_with(&one.path));
    around.find_map(|one| one.turned_off_by(values))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> Tree {
        let mut tree = Tree::default();
        for (name, text) in files {
            tree.take(name, &mut text.as_bytes()).unwrap();
        }
        tree
    }

    fn paths(files: &[(&str, &str)]) -> Vec<String> {
        let all = tree(files).dependencies();
        all.iter()
            .map(|one| format!("{} {} {}", one.shown_path(), one.chart, one.version))
            .collect()
    }

    const AGENT: &str = "name: agent\nversion: 6.1.0\n";

    #[test]
    fn a_dependency_is_found_by_its_alias_else_by_its_name_however_deep_it_is() {
        let listed = "name: a\nversion: 1.0.0\ndependencies: [{name: agent, version: '>=6.0.0'}, {name: agent, version: 6.x, alias: second}]\n";
        assert_eq!(
            paths(&[("Chart.yaml", listed), ("charts/agent/Chart.yaml", AGENT)]),
            ["agent agent 6.1.0", "second agent 6.1.0"]
        );
        // Not listed, and inside one that is not listed either.
        assert_eq!(
            paths(&[
                ("Chart.yaml", "name: a\nversion: 1.0.0\n"),
                (
                    "charts/p/Chart.yaml",
                    "name: platform\nversion: 2.0.0\ndependencies: [{name: agent, version: 6.1.0, alias: ours}]"
                ),
                ("charts/p/charts/agent/Chart.yaml", AGENT),
                ("charts/_draft/Chart.yaml", AGENT),
            ]),
            ["platform platform 2.0.0", "platform.ours agent 6.1.0"]
        );
        // One that was fetched in another version than the list wants is not the listed one.
        let old =
            "name: a\nversion: 1.0.0\ndependencies: [{name: agent, version: 5.x, alias: old}]\n";
        assert_eq!(
            paths(&[("Chart.yaml", old), ("charts/agent/Chart.yaml", AGENT)]),
            ["agent agent 6.1.0"]
        );
        let v1 = "dependencies:\n- {name: agent, version: 6.1.0, alias: ours}\n";
        assert_eq!(
            paths(&[
                ("Chart.yaml", "name: a\nversion: 1.0.0\n"),
                ("requirements.yaml", v1),
                ("charts/agent/Chart.yaml", AGENT)
            ]),
            ["ours agent 6.1.0"]
        );
    }

    #[test]
    fn defaults_of_a_dependency_count_where_the_chart_around_it_says_nothing_else() {
        let tree = tree(&[
            ("Chart.yaml", "name: a\nversion: 1.0.0\n"),
            ("charts/agent/Chart.yaml", AGENT),
            ("charts/agent/values.yaml", "x: 1\ny: 1\n"),
            (
                "charts/agent/charts/in/Chart.yaml",
                "name: in\nversion: 1.0.0\n",
            ),
            ("charts/agent/charts/in/values.yaml", "z: 1\n"),
        ]);
        let own = serde_yaml::from_str("{agent: {y: 2}, w: 3}").unwrap();
        let wanted: Value =
            serde_yaml::from_str("{agent: {x: 1, y: 2, in: {z: 1}}, w: 3}").unwrap();
        assert_eq!(with_inner(own, &tree.dependencies()), wanted);
    }

    #[test]
    fn conditions_turn_a_dependency_off_and_tags_where_no_condition_says_anything() {
        let listed =
            "name: a\nversion: 1.0.0\ndependencies: [{name: p, version: 1.0.0, tags: [ml, gpu]}]\n";
        let inner = "name: p\nversion: 1.0.0\ndependencies: [{name: agent, version: 6.1.0, condition: 'agent.on, all.on'}]\n";
        let all = tree(&[
            ("Chart.yaml", listed),
            ("charts/p/Chart.yaml", inner),
            ("charts/p/charts/agent/Chart.yaml", AGENT),
        ])
        .dependencies();
        let path = ["p", "agent"].map(str::to_owned);
        for (values, why) in [
            ("{}", None),
            ("{p: {agent: {on: false}}}", Some("p.agent.on: false")),
            ("{p: {agent: {on: true}, all: {on: false}}}", None),
            ("{p: {all: {on: false}}}", Some("p.all.on: false")),
            // Helm takes no text for a switch.
            ("{p: {agent: {on: 'false'}}}", None),
            ("{agent: {on: false}}", None),
            ("{tags: {ml: false}}", Some("tags.ml: false")),
            ("{tags: {ml: false, gpu: true}}", None),
        ] {
            let values = serde_yaml::from_str(values).unwrap();
            assert_eq!(
                turned_off(&all, &path, &values).as_deref(),
                why,
                "{values:?}"
            );
        }
    }
}
