//! The `HelmChart` and `HelmChartConfig` of k3s and RKE2 (<https://docs.k3s.io/helm>; k3s-io/helm-controller, `HelmChartSpec`).

use serde_yaml::Value;

use super::Coding;
use super::object::{ChartOf, Object, Said, data, find, text, texts};
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
    let name = object.name();
    let config = name.as_deref().filter(|_| object.kind == "HelmChart");
    let config = config.and_then(|name| find(file, "HelmChartConfig", name, object));
    let config = config.map(values_in).unwrap_or_default();
    let (over, secrets) = secrets(object, file);
    let set_over = config.iter().map(|(_, values)| values).chain(&secrets);
    parameters.extend(set_over.flat_map(leaves));
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
        more: beneath
            .iter()
            .map(|(place, _)| (*place).to_owned())
            .collect(),
        beneath: beneath
            .into_iter()
            .map(|(place, values)| (place.to_owned(), values))
            .collect(),
        over,
    };
    let keys: Vec<&str> = place.split('.').collect();
    vec![(Path::from(keys.as_slice()), coding, said)]
}

const VALUES: &str = "spec.values";

/// The values in an object, by where they stand, those that go over the others last.
fn values_in(object: &Value) -> Vec<(&'static str, Value)> {
    let content =
        text(object, &["spec", "valuesContent"]).and_then(|text| yaml::value_of(&text).ok());
    let values = lookup(object, &["spec", "values"]).and_then(Value::as_mapping);
    // Empty ones are none to the controller.
    let values = values.filter(|values| !values.is_empty() || content.is_none());
    let values = values.cloned().map(Value::Mapping);
    let content = content.map(|values| ("spec.valuesContent", values));
    content
        .into_iter()
        .chain(values.map(|values| (VALUES, values)))
        .collect()
}

/// The Secrets whose values go over all others: those that the file has not, for people, and the values in those that it has.
fn secrets(object: &Object<'_>, file: &[&Value]) -> (Vec<String>, Vec<Value>) {
    let all = lookup(object.value, &["spec", "valuesSecrets"]).and_then(Value::as_sequence);
    let (mut unread, mut read) = (Vec::new(), Vec::new());
    for one in all.into_iter().flatten() {
        let Some(name) = text(one, &["name"]) else {
            continue;
        };
        match find(file, "Secret", &name, object) {
            Some(secret) => {
                let keys = texts(one, &["keys"]);
                read.extend(keys.iter().filter_map(|key| data(secret, key)));
            }
            None => unread.push(format!("Secret {name} (spec.valuesSecrets)")),
        }
    }
    (unread, read)
}

/// The paths of all that values set, lists as a whole.
fn leaves(values: &Value) -> Vec<String> {
    values
        .as_mapping()
        .map(|_| below(values, ""))
        .unwrap_or_default()
}

fn below(values: &Value, path: &str) -> Vec<String> {
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
        Some(self::below(value, &path))
    });
    below.flatten().collect()
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
        is_pinned: false,
    }
}
