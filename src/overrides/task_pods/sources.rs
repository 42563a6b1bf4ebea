//! The projected volume's sources: one per certificate, from where the chart really carries it.

use serde_yaml::Value;

use super::recipe;
use crate::overrides::Placed;
use crate::proof::Carriers;
use crate::trust_store::is_source;

/// One source of the projected volume: a ConfigMap, and which of its keys becomes which file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectedSource {
    /// The ConfigMap's name.
    pub config_map: String,
    /// Key and file name, where the key itself would not do as one.
    pub item: Option<(String, String)>,
}

/// The projected sources for `placed`, from where the rendered manifest carries each certificate.
///
/// A ConfigMap whose only key ends in `.crt` is taken whole, as documented; any other gets its key mapped to
/// `<alias>.crt`, since `update-ca-certificates` ignores every other name.
#[must_use]
pub fn sources(placed: &[Placed], carriers: &Carriers) -> Vec<ProjectedSource> {
    let mut sources: Vec<ProjectedSource> = Vec::new();
    let mut used: Vec<(&str, &str)> = Vec::new();
    for one in placed {
        let places = carriers.of(one.certificate.fingerprint);
        let Some(place) = places.iter().find(|place| place.kind == "ConfigMap") else {
            continue;
        };
        // Several certificates may share one key; the file is needed once.
        if used.contains(&(&place.object, &place.key)) {
            continue;
        }
        used.push((&place.object, &place.key));
        let plain = place.only_key && is_source(&place.key);
        sources.push(ProjectedSource {
            config_map: place.object.clone(),
            item: (!plain).then(|| (place.key.clone(), format!("{}.crt", one.alias))),
        });
    }
    sources
}

/// The documented names of a chart's ConfigMaps: a prediction, to be checked against a rendering.
///
/// Follows Helm's usual fullname rule (`helm create`, `_helpers.tpl`); `infix` stands behind the full name.
#[must_use]
pub fn predicted_sources(
    release: &str,
    chart: &str,
    infix: &str,
    values: &Value,
    count: usize,
) -> Vec<ProjectedSource> {
    let text = |key: &str| {
        crate::values::lookup(values, &[key])
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    let name = text("nameOverride").unwrap_or(chart);
    let fullname = match text("fullnameOverride") {
        Some(fullname) => fullname.to_owned(),
        None if release.contains(name) => release.to_owned(),
        None => format!("{release}-{name}"),
    };
    let fullname = fullname
        .get(..63)
        .unwrap_or(&fullname)
        .trim_end_matches('-');
    (0..count)
        .map(|index| ProjectedSource {
            config_map: format!("{fullname}{infix}-custom-ca-{index}"),
            item: None,
        })
        .collect()
}

/// The sources that stay (the user's own, and ours that are still right), then the new ones.
pub(super) fn merged(present: &[Value], wanted: &[Value], ours: &[String]) -> Vec<Value> {
    let stays = |source: &&Value| wanted.contains(source) || !is_ours(source, wanted, ours);
    let mut merged: Vec<Value> = present.iter().filter(stays).cloned().collect();
    for source in wanted {
        if !merged.contains(source) {
            merged.push(source.clone());
        }
    }
    merged
}

/// Whether a source names one of the chart's ConfigMaps: one that it renders or has deployed, or one of an earlier, longer
/// list (same name but for the number).
pub(super) fn is_ours(source: &Value, wanted: &[Value], ours: &[String]) -> bool {
    let stem = |name: &str| {
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
        stem.ends_with("-custom-ca-").then(|| stem.to_owned())
    };
    let Some(name) = config_map_of(source) else {
        return false;
    };
    let known = wanted.iter().filter_map(config_map_of);
    known
        .chain(ours.iter().map(String::as_str))
        .any(|map| map == name || stem(name).is_some() && stem(map) == stem(name))
}

fn config_map_of(source: &Value) -> Option<&str> {
    source.get("configMap").and_then(recipe::name_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_predicted_by_helms_fullname_rule() {
        let predict = |release: &str, chart: &str, infix: &str, values: &str| {
            let values = serde_yaml::from_str(values).unwrap();
            predicted_sources(release, chart, infix, &values, 1)[0]
                .config_map
                .clone()
        };
        let agent = "clearml-enterprise-agent";
        assert_eq!(
            predict("clearml-agent", agent, "", "{}"),
            "clearml-agent-clearml-enterprise-agent-custom-ca-0"
        );
        assert_eq!(
            predict(agent, agent, "", "{}"),
            "clearml-enterprise-agent-custom-ca-0"
        );
        assert_eq!(
            predict("x", agent, "", "fullnameOverride: y"),
            "y-custom-ca-0"
        );
        assert_eq!(
            predict("x", agent, "", "nameOverride: z"),
            "x-z-custom-ca-0"
        );
        assert_eq!(
            predict("clearml-enterprise", "clearml-enterprise", "-apps", "{}"),
            "clearml-enterprise-apps-custom-ca-0"
        );
    }
}
