//! Argo CD's `Application` and `ApplicationSet` (<https://argo-cd.readthedocs.io/en/stable/user-guide/helm/>).

use serde_yaml::Value;

use super::Coding;
use super::object::{ChartOf, Object, Said, is_said, text};
use crate::values::lookup;
use crate::yaml::{Path, Step};

/// The values of each of its sources that is a chart, and the release that it makes.
pub(super) fn application(object: &Object<'_>) -> Vec<(Path, Coding, Said)> {
    let base: &[&str] = match object.kind {
        "ApplicationSet" => &["spec", "template", "spec"],
        _ => &["spec"],
    };
    let Some(spec) = lookup(object.value, base) else {
        return Vec::new();
    };
    let path = Path::from(base);
    let several = spec.get("sources").and_then(Value::as_sequence);
    match several.filter(|all| !all.is_empty()) {
        Some(sources) => {
            let each = sources.iter().enumerate();
            // One that is only referred to brings files.
            let charts =
                each.filter(|(_, one)| one.get("helm").is_some() || one.get("chart").is_some());
            charts
                .map(|(index, one)| of(object, spec, one, &path.then("sources").then(index)))
                .collect()
        }
        None => spec
            .get("source")
            .map(|one| of(object, spec, one, &path.then("source")))
            .into_iter()
            .collect(),
    }
}

fn of(object: &Object<'_>, spec: &Value, source: &Value, path: &Path) -> (Path, Coding, Said) {
    let helm = path.then("helm");
    let has = |key: &str| lookup(source, &["helm", key]).is_some();
    // Where there are both, `values` is not read.
    let (place, coding) = if has("valuesObject") || !has("values") {
        (helm.then("valuesObject"), Coding::Mapping)
    } else {
        (helm.then("values"), Coding::Text)
    };
    let list = |key: &str| {
        let list = lookup(source, &["helm", key]).and_then(Value::as_sequence);
        list.into_iter().flatten()
    };
    let parameters = list("parameters").chain(list("fileParameters"));
    let files = list("valueFiles").filter_map(Value::as_str);
    let release = match object.kind {
        _ if is_said(source, &["helm", "releaseName"]) => text(source, &["helm", "releaseName"]),
        "ApplicationSet" => text(object.value, &["spec", "template", "metadata", "name"]),
        _ => object.name(),
    };
    let said = Said {
        object: object.shown(),
        engine: "Argo CD",
        release,
        namespace: text(source, &["helm", "namespace"])
            .or_else(|| text(spec, &["destination", "namespace"])),
        chart: chart(source),
        version: source
            .get("chart")
            .and_then(|_| text(source, &["targetRevision"])),
        parameters: parameters
            .filter_map(|one| Some(one.get("name")?.as_str()?.to_owned()))
            .collect(),
        more: files
            .map(|file| format!("{file} ({})", helm.then(Step::from("valueFiles"))))
            .collect(),
    };
    (place, coding, said)
}

/// The chart of a registry or a repository; in a git repository it is a path, which is not followed.
fn chart(source: &Value) -> ChartOf {
    let url = text(source, &["repoURL"]);
    let name = text(source, &["chart"]);
    // A registry's address has no scheme here.
    let registry = url.as_deref().and_then(|url| match url.split_once("://") {
        None => Some(format!("oci://{url}")),
        Some(("oci", _)) => Some(url.to_owned()),
        Some(_) => None,
    });
    ChartOf {
        reference: registry
            .zip(name.as_ref())
            .map(|(url, name)| format!("{}/{name}", url.trim_end_matches('/'))),
        elsewhere: match (&url, text(source, &["path"])) {
            (Some(url), Some(path)) => Some(format!("{path} in {url}")),
            (url, _) => url.clone(),
        },
        name,
    }
}
