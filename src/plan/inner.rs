//! Where in the chart that is deployed the component's own chart is: it itself, or one inside it, which companies bundle with
//! others into a chart of theirs. Helm gives that one what stands below its name.

use serde_yaml::Value;

use super::{NamedServer, Request, named_in};
use crate::exit::Stop;
use crate::finding::Finding;
use crate::helm::{Chart, Dependency};
use crate::nearest::nearest;
use crate::proof::Part;
use crate::values::{self, KeyPath};
use crate::vendor::{Component, Layout, Recognised, recognised};

/// The component's own chart.
#[derive(Debug, Clone, Copy)]
pub struct Inner<'a> {
    /// What it calls things, seen from the chart that is deployed.
    pub layout: &'static Layout,
    /// What it is, where it is inside that one.
    pub dependency: Option<&'a Dependency>,
}

/// The name and version of a chart that is inside the deployed one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InnerChart {
    /// The keys that its values stand below.
    pub path: KeyPath,
    /// The name in its Chart.yaml; unknown where nothing was seen of the chart.
    pub chart: Option<String>,
    /// The version there.
    pub version: Option<String>,
}

/// Finds it: where somebody `said`, else the chart itself, else the one inside it that is the component's. `given` are the values
/// that the chart gets; they may turn one of several off.
///
/// # Errors
/// There is nothing where somebody said, or nothing tells which of several is meant.
pub fn inner<'a>(
    chart: &'a Chart,
    component: Component,
    said: Option<&KeyPath>,
    given: &Value,
) -> Result<Inner<'a>, Stop> {
    if let Some(path) = said {
        return at(chart, component, path);
    }
    let itself = Inner {
        layout: Layout::of(component, &chart.name, &chart.values),
        dependency: None,
    };
    let is_vendors = match recognised(&chart.name) {
        Recognised::As(_) => true,
        Recognised::Perhaps => Component::by_values(&chart.name, &chart.values).is_some(),
        Recognised::No => false,
    };
    if is_vendors {
        return Ok(itself);
    }
    let found: Vec<&Dependency> = of_component(chart, component).collect();
    let is_on = |one: &&Dependency| chart.turned_off(&one.path, given).is_none();
    let rendered: Vec<&Dependency> = found.iter().copied().filter(is_on).collect();
    match (found.as_slice(), rendered.as_slice()) {
        ([], _) => Ok(itself),
        ([only], _) | (_, [only]) => Ok(Inner::of(component, only)),
        (several, _) => {
            let paths: Vec<String> = several.iter().map(|one| one.shown_path()).collect();
            let flags: Vec<String> = paths
                .iter()
                .map(|path| format!("--{component}-values-path {path}"))
                .collect();
            Err(Stop::no_answer(format!(
                "which of the charts inside {} {} is the {}: it is there as {}; say {}",
                chart.name,
                chart.version,
                component.title(),
                paths.join(" and as "),
                flags.join(" or ")
            )))
        }
    }
}

impl<'a> Inner<'a> {
    fn of(component: Component, dependency: &'a Dependency) -> Self {
        let layout = Layout::of(component, &dependency.chart, &dependency.values);
        Self {
            layout: layout.below(&dependency.path),
            dependency: Some(dependency),
        }
    }
}

fn of_component(chart: &Chart, component: Component) -> impl Iterator<Item = &Dependency> {
    let all = chart.dependencies.iter();
    all.filter(move |one| match recognised(&one.chart) {
        Recognised::As(known) => known == component,
        Recognised::Perhaps | Recognised::No => {
            Component::by_values(&one.chart, &one.values) == Some(component)
        }
    })
}

/// The one at a path that somebody said.
fn at<'a>(chart: &'a Chart, component: Component, path: &KeyPath) -> Result<Inner<'a>, Stop> {
    let mut all = chart.dependencies.iter();
    if let Some(found) = all.find(|one| one.path == path.keys()) {
        return Ok(Inner::of(component, found));
    }
    let keys: Vec<&str> = path.keys().iter().map(String::as_str).collect();
    let name = keys.last().copied().unwrap_or_default();
    let values = values::lookup(&chart.values, &keys).unwrap_or(&Value::Null);
    let layout = Layout::of(component, name, values);
    // Templates of the chart's own may read values below a key, too.
    if chart.is_assumed || values::has(values, layout.certificates) {
        return Ok(Inner {
            layout: layout.below(path.keys()),
            dependency: None,
        });
    }
    let shown = |all: &mut dyn Iterator<Item = &Dependency>| -> Vec<String> {
        all.map(Dependency::shown_path).collect()
    };
    let (own, others) = (
        shown(&mut of_component(chart, component)),
        shown(&mut chart.dependencies.iter()),
    );
    let flag = format!("--{component}-values-path");
    let typed = path.to_string();
    let near = nearest(&typed, own.iter().chain(&others).map(String::as_str));
    let there_is = match (near, own.as_slice(), others.as_slice()) {
        (Some(near), ..) => format!("did you mean {flag} {near}?"),
        (None, [], []) => format!("it has no charts inside it, so leave {flag} out"),
        (None, [], others) => format!(
            "there is {}, and none of the {}",
            others.join(", "),
            component.title()
        ),
        (None, own, _) => format!("the {} is at {}", component.title(), own.join(", ")),
    };
    Err(Stop::usage(format!(
        "{flag} {typed}: {} {} has no chart inside it at that path; {there_is}",
        chart.name, chart.version
    )))
}

impl Request<'_> {
    /// The chart that takes the certificates: its name in templates.
    pub(super) fn own_name(&self) -> &str {
        self.layout
            .below
            .last()
            .copied()
            .unwrap_or(&self.chart.name)
    }

    /// The name in its Chart.yaml.
    pub(super) fn own_chart(&self) -> &str {
        self.dependency.map_or(&self.chart.name, |one| &one.chart)
    }

    /// `clearml-enterprise-agent 6.14.6`, with the chart that it is inside of.
    pub(super) fn shown_chart(&self) -> String {
        let chart = self.chart;
        match self.dependency {
            Some(own) => format!(
                "{} {} in {} {}",
                own.chart, own.version, chart.name, chart.version
            ),
            None => format!("{} {}", chart.name, chart.version),
        }
    }

    /// How its version becomes at least another: `--agent-version 6.10.6 or newer`.
    pub(super) fn newer(&self, since: &str) -> String {
        match self.dependency {
            Some(own) => format!(
                "{} {since} or newer among the dependencies of {}",
                own.chart, self.chart.name
            ),
            None => format!("--{}-version {since} or newer", self.coordinates.component),
        }
    }

    /// The servers that the values name, with this edit. What a chart says of one inside it is the company's own setting; what that
    /// has by itself is the vendor's.
    pub(super) fn servers(&self, after: &Value) -> Vec<NamedServer> {
        let mut servers = named_in(after, self.layout);
        let Some(own) = self.dependency else {
            return servers;
        };
        let layout = Layout::of(self.coordinates.component, &own.chart, &own.values);
        let vendors = named_in(&own.values, layout);
        let all = values::merge([&self.chart.values, after]);
        for one in named_in(&all, self.layout) {
            let mut known = vendors.iter().chain(&servers);
            if !known.any(|known| known.endpoint == one.endpoint) {
                servers.push(one);
            }
        }
        servers
    }

    /// What is told of it where it is inside the chart.
    pub(super) fn inner_chart(&self) -> Option<InnerChart> {
        let path = self.layout.path()?;
        Some(InnerChart {
            path,
            chart: self.dependency.map(|one| one.chart.clone()),
            version: self.dependency.map(|one| one.version.to_string()),
        })
    }

    /// Its objects among those of a manifest; `None` where all are its own.
    pub(super) fn part(&self, stream: &str) -> Option<Part> {
        let own = self.dependency?;
        let path: Vec<&str> = own.path.iter().map(String::as_str).collect();
        Part::of(stream, &path)
    }
}

/// Nothing was rendered of the chart inside: a value turns it off.
pub(super) fn turned_off(
    request: &Request<'_>,
    part: Option<&Part>,
    edited: &Value,
) -> Option<Finding> {
    let own = request
        .dependency
        .filter(|_| part.is_some_and(Part::is_empty))?;
    let given = request.files.merged_with(edited);
    let by = request.chart.turned_off(&own.path, &given);
    let (why, hint) = match by {
        Some(by) => (
            format!(" ({by})"),
            "say true there where it is to be deployed".to_owned(),
        ),
        None => (
            String::new(),
            "see its condition and tags in Chart.yaml, and what --set says".to_owned(),
        ),
    };
    Some(
        Finding::error(
            "dependency-off",
            format!(
                "with these values {} {} renders nothing of {}, which stands below {}{why}: the certificates would arrive nowhere",
                request.chart.name,
                request.chart.version,
                own.chart,
                own.shown_path()
            ),
        )
        .hint(hint),
    )
}
