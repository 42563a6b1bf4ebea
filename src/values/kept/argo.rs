//! Argo CD's `Application` and `ApplicationSet` (<https://argo-cd.readthedocs.io/en/stable/user-guide/helm/>).

use serde_yaml::Value;

use super::Coding;
use super::object::{ChartOf, Object, Said, is_said, text};
use crate::secrets::plain_url;
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
        version: text(source, &["targetRevision"]).filter(|_| is_chart(source)),
        parameters: parameters
            .filter_map(|one| Some(one.get("name")?.as_str()?.to_owned()))
            .collect(),
        more: files
            .map(|file| format!("{file} ({})", helm.then(Step::from("valueFiles"))))
            .collect(),
        beneath: Vec::new(),
        over: patches(object),
    };
    (place, coding, said)
}

/// What an `ApplicationSet` makes of its template afterwards.
fn patches(object: &Object<'_>) -> Vec<String> {
    let spec = |key: &str| lookup(object.value, &["spec", key]);
    let generators = spec("generators").and_then(Value::as_sequence);
    let mut generators = generators
        .into_iter()
        .flatten()
        .filter_map(Value::as_mapping);
    let has_template = generators.any(|one| {
        one.values()
            .any(|generator| generator.get("template").is_some())
    });
    let patch = spec("templatePatch").map(|_| "spec.templatePatch");
    let template = has_template.then_some("a template of its generators");
    patch
        .into_iter()
        .chain(template)
        .map(str::to_owned)
        .collect()
}

/// Whether a source is a chart as a whole: by its name, or as an artifact of a registry.
fn is_chart(source: &Value) -> bool {
    source.get("chart").is_some() || artifact(source).is_some()
}

/// The address of a chart that is an artifact of a registry (Argo CD 3.1, "OCI"): no folder in it is meant.
fn artifact(source: &Value) -> Option<String> {
    let url = text(source, &["repoURL"]).filter(|url| url.starts_with("oci://"))?;
    let path = text(source, &["path"]);
    let is_whole = source.get("chart").is_none()
        && path.is_none_or(|path| ["", ".", "./"].contains(&path.as_str()));
    is_whole.then(|| url.trim_end_matches('/').to_owned())
}

/// The chart of a registry or a repository; in a git repository it is a path, which is not followed.
fn chart(source: &Value) -> ChartOf {
    if let Some(url) = artifact(source) {
        return ChartOf {
            name: url.rsplit('/').next().map(str::to_owned),
            reference: Some(url),
            ..ChartOf::default()
        };
    }
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
            (Some(url), Some(path)) => Some(format!("{path} in {}", plain_url(url))),
            (url, _) => url.as_deref().map(plain_url),
        },
        name,
        is_pinned: false,
    }
}
