//! The `HelmChart` and `HelmChartConfig` of k3s and RKE2 (<https://docs.k3s.io/helm>; k3s-io/helm-controller, `HelmChartSpec`).

use serde_yaml::Value;

use super::Coding;
use super::object::{ChartOf, Object, Said, text};
use crate::secrets::plain_url;
use crate::values::lookup;
use crate::yaml::{self, Path};

/// Its values, and the release that it makes: that has the object's own name. A config goes over the chart of its name.
pub(super) fn helm_chart(object: &Object<'_>, file: &[&Value]) -> Vec<(Path, Coding, Said)> {
    let spec = |key: &str| object.text(&["spec", key]);
    let set = lookup(object.value, &["spec", "set"]).and_then(Value::as_mapping);
    let set = set.into_iter().flat_map(serde_yaml::Mapping::keys);
    let mut parameters: Vec<String> = set
        .filter_map(|key| key.as_str().map(str::to_owned))
        .collect();
    let is_config = |one: &&&Value| {
        text(one, &["kind"]).as_deref() == Some("HelmChartConfig") && is_of(one, object)
    };
    if object.kind == "HelmChart" {
        let configs = file.iter().filter(is_config);
        parameters.extend(configs.flat_map(|config| {
            let values = values_in(config).into_iter();
            values.flat_map(|(_, values)| leaves(&values, ""))
        }));
    }
    // `values` goes over `valuesContent`.
    let mut beneath = values_in(object.value);
    let own = beneath.pop_if(|(place, _)| *place == VALUES);
    let (place, coding) = match own {
        Some((place, _)) => (place, Coding::Mapping),
        None => {
            beneath.clear();
            ("spec.valuesContent", Coding::Text)
        }
    };
    let secrets = lookup(object.value, &["spec", "valuesSecrets"]).and_then(Value::as_sequence);
    let secrets = secrets.into_iter().flatten();
    let secrets = secrets.filter_map(|one| {
        Some(format!(
            "Secret {} (spec.valuesSecrets)",
            text(one, &["name"])?
        ))
    });
    let said = Said {
        object: object.shown(),
        engine: "k3s or RKE2",
        release: object.name(),
        namespace: match object.kind {
            "HelmChart" => spec("targetNamespace").or_else(|| object.namespace()),
            _ => None,
        },
        chart: chart(object),
        version: spec("version"),
        parameters,
        more: secrets
            .chain(beneath.iter().map(|(place, _)| (*place).to_owned()))
            .collect(),
        beneath: beneath
            .into_iter()
            .map(|(place, values)| (place.to_owned(), values))
            .collect(),
        over: Vec::new(),
    };
    let keys: Vec<&str> = place.split('.').collect();
    vec![(Path::from(keys.as_slice()), coding, said)]
}

const VALUES: &str = "spec.values";

/// The values in an object, by where they stand, those that go over the others last.
fn values_in(object: &Value) -> Vec<(&'static str, Value)> {
    let content =
        text(object, &["spec", "valuesContent"]).and_then(|text| yaml::value_of(&text).ok());
    let values = lookup(object, &["spec", "values"]).filter(|values| values.is_mapping());
    let content = content.map(|values| ("spec.valuesContent", values));
    content
        .into_iter()
        .chain(values.map(|values| (VALUES, values.clone())))
        .collect()
}

/// The paths of all that is set, lists as a whole.
fn leaves(values: &Value, path: &str) -> Vec<String> {
    let Value::Mapping(all) = values else {
        return vec![path.to_owned()];
    };
    let below = all.iter().filter_map(|(key, value)| {
        let key = key.as_str()?;
        let path = if path.is_empty() {
            key.to_owned()
        } else {
            format!("{path}.{key}")
        };
        Some(leaves(value, &path))
    });
    below.flatten().collect()
}

/// Whether two objects have the same name, in the same namespace as far as that is said.
fn is_of(other: &Value, object: &Object<'_>) -> bool {
    let namespace = text(other, &["metadata", "namespace"]).zip(object.namespace());
    text(other, &["metadata", "name"]) == object.name() && namespace.is_none_or(|(a, b)| a == b)
}

fn chart(object: &Object<'_>) -> ChartOf {
    let spec = |key: &str| object.text(&["spec", key]);
    // The chart itself, in base64.
    if spec("chartContent").is_some() {
        return ChartOf {
            elsewhere: Some("spec.chartContent".to_owned()),
            ..ChartOf::default()
        };
    }
    let chart = spec("chart");
    let is_reference = |chart: &String| chart.contains("://");
    let reference = chart.clone().filter(is_reference);
    let name = chart.as_deref().and_then(|chart| chart.rsplit('/').next());
    let name = name.filter(|name| !name.to_ascii_lowercase().contains(".tgz"));
    ChartOf {
        name: name.map(str::to_owned),
        elsewhere: spec("repo")
            .filter(|_| reference.is_none())
            .map(|url| plain_url(&url)),
        reference,
    }
}
