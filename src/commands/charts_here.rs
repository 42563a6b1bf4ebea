//! Charts on this disk: what they call themselves, and whose they are.

use std::path::Path;

use serde_yaml::Value;

use crate::completion::paths;
use crate::helm;
use crate::vendor::Component;

/// A chart's folder or archive, as it calls itself.
pub(super) struct ChartHere {
    pub(super) name: String,
    pub(super) version: String,
}

impl ChartHere {
    /// What is there, if it is a chart: a folder tells by its Chart.yaml, an archive by its name.
    pub(super) fn at(path: &Path) -> Option<Self> {
        if path.is_file() {
            let stem = path.file_stem()?.to_string_lossy();
            let (name, version) = helm::chart_and_version(&stem);
            return Some(Self {
                name: name.to_owned(),
                version: version.to_owned(),
            });
        }
        let text = std::fs::read_to_string(path.join("Chart.yaml")).ok()?;
        let about: Value = serde_yaml::from_str(&text).ok()?;
        let word = |name: &str| about.get(name).and_then(Value::as_str).unwrap_or_default();
        Some(Self {
            name: word("name").to_owned(),
            version: word("version").to_owned(),
        })
    }

    /// The component other than this one whose chart it is.
    pub(super) fn of_another(&self, component: Component) -> Option<Component> {
        let is_of = |one: &Component| {
            let mut layouts = one.layouts().into_iter();
            layouts.any(|layout| !layout.is_generic && layout.chart == self.name)
        };
        let mut all = Component::ALL.into_iter();
        all.find(is_of).filter(|owner| *owner != component)
    }
}

/// Charts that may be a component's, where one was named, and folders on the way to them.
pub(super) fn below(text: &str, component: Option<Component>) -> Vec<String> {
    let mut all = paths::below(text, &paths::is_packaged_chart);
    all.retain(|one| {
        let path = Path::new(one);
        if path.is_file() && !paths::is_packaged_chart(one) {
            return false;
        }
        match (ChartHere::at(path), component) {
            (Some(chart), Some(component)) => chart.of_another(component).is_none(),
            (Some(_), None) => true,
            (None, _) => path.is_dir(),
        }
    });
    all
}
