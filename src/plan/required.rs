//! Values without which a chart does not render: credentials that stand in a file that was not named.

use serde_yaml::Value;

use super::kept_files::word_of;
use super::{Purpose, Request};
use crate::finding::Finding;
use crate::values;

/// What is missing, where a chart did not render and values that it needs are given nowhere. `why` is Helm's own word.
///
/// Nothing of a gateway's certificates depends on a rendering, so a file may be written all the same.
pub(super) fn missing(request: &Request<'_>, given: &Value, why: &str) -> Option<Finding> {
    let values = values::merge([&request.chart.values, given]);
    let set = request.arguments.set_paths();
    let is_missing = |path: &String, keys: &[&str]| {
        let value = values::lookup(&values, keys);
        !set.contains(&path.as_str()) && value.is_none_or(|value| value.as_str() == Some(""))
    };
    let missing: Vec<String> = request
        .layout
        .required
        .iter()
        .map(|keys| (keys.join("."), *keys))
        .filter(|(path, keys)| is_missing(path, keys))
        .map(|(path, _)| path)
        .collect();
    if missing.is_empty() {
        return None;
    }
    let (chart, file) = (request.chart, request.files.edited().display());
    let component = request.coordinates.component;
    let is_new = if request.files.on_disk.is_none() {
        ", which is new, does not have them"
    } else {
        " does not have them"
    };
    // Helm's own word is told where it is about something else.
    let is_told = missing.iter().any(|path| {
        let key = path.rsplit('.').next().unwrap_or_default();
        why.contains(key)
    });
    let also = if is_told {
        String::new()
    } else {
        format!(" (helm: {why})")
    };
    let message = format!(
        "{} {} does not render without {}, and {file}{is_new}{also}",
        chart.name,
        chart.version,
        missing.join(", ")
    );
    let name_it = format!(
        "write them into it, or name the file that holds them before this one: --{component}-values FILE --{component}-values {}",
        word_of(request.files.edited())
    );
    Some(if request.purpose == Purpose::Deploy {
        Finding::error("values-missing", message).hint(format!(
            "{name_it}; --files-only writes the certificates alone"
        ))
    } else {
        Finding::warning(
            "values-missing",
            format!("{message}; so nothing proves that the certificates arrive"),
        )
        .hint(name_it)
    })
}
