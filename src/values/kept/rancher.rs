//! The `HelmChart` and `HelmChartConfig` of k3s and RKE2 (<https://docs.k3s.io/helm>).

use serde_yaml::Value;

use super::Coding;
use super::object::{ChartOf, Object, Said};
use crate::values::lookup;
use crate::yaml::Path;

/// Its values, and the release that it makes: that has the object's own name. A config goes over the chart of its name.
pub(super) fn helm_chart(object: &Object<'_>) -> Vec<(Path, Coding, Said)> {
    let spec = |key: &str| object.text(&["spec", key]);
    let set = lookup(object.value, &["spec", "set"]).and_then(Value::as_mapping);
    let parameters = set.into_iter().flat_map(serde_yaml::Mapping::keys);
    let chart = spec("chart");
    let is_reference = |chart: &String| chart.contains("://");
    let reference = chart.clone().filter(is_reference);
    let name = chart.as_deref().and_then(|chart| chart.rsplit('/').next());
    let name = name.filter(|name| !name.to_ascii_lowercase().contains(".tgz"));
    let said = Said {
        object: object.shown(),
        engine: "k3s or RKE2",
        release: object.name(),
        namespace: match object.kind {
            "HelmChart" => spec("targetNamespace").or_else(|| object.namespace()),
            _ => None,
        },
        chart: ChartOf {
            name: name.map(str::to_owned),
            elsewhere: spec("repo").filter(|_| reference.is_none()),
            reference,
        },
        version: spec("version"),
        parameters: parameters
            .filter_map(|key| key.as_str().map(str::to_owned))
            .collect(),
        more: Vec::new(),
    };
    vec![(Path::from(["spec", "valuesContent"]), Coding::Text, said)]
}
