//! Flux's `HelmRelease` (<https://fluxcd.io/flux/components/helm/helmreleases/>).

use serde_yaml::Value;

use super::Coding;
use super::object::{ChartOf, Object, Said, text};
use crate::values::lookup;
use crate::yaml::Path;

/// The longest name that a release may have; Flux makes another name of a longer one.
const LONGEST: usize = 53;

/// Its values, and the release that it makes; its source may stand in another document of the file.
pub(super) fn helm_release(object: &Object<'_>, file: &[&Value]) -> Vec<(Path, Coding, Said)> {
    let spec = |path: &[&str]| object.text(&[&["spec"], path].concat());
    let target = spec(&["targetNamespace"]);
    // `GetReleaseName`: the name alone, or after the target namespace.
    let release = spec(&["releaseName"]).or_else(|| {
        let name = object.name();
        let name = match &target {
            Some(target) => format!("{target}-{name}"),
            None => name,
        };
        (name.len() <= LONGEST).then_some(name)
    });
    let (chart, version) = chart(object, file);
    let from = lookup(object.value, &["spec", "valuesFrom"]).and_then(Value::as_sequence);
    let more = from.into_iter().flatten().filter_map(|one| {
        let name = text(one, &["name"])?;
        Some(format!(
            "{} {name} (spec.valuesFrom)",
            text(one, &["kind"])?
        ))
    });
    let said = Said {
        object: object.shown(),
        engine: "Flux",
        release,
        namespace: target.or_else(|| object.namespace()),
        chart,
        version,
        parameters: Vec::new(),
        more: more.collect(),
    };
    vec![(Path::from(["spec", "values"]), Coding::Mapping, said)]
}

/// The chart, by name from a repository, or as an artifact of its own.
fn chart(object: &Object<'_>, file: &[&Value]) -> (ChartOf, Option<String>) {
    let source = |kind: &str, name: &str| {
        file.iter().copied().find(|one| {
            text(one, &["kind"]).as_deref() == Some(kind)
                && text(one, &["metadata", "name"]).as_deref() == Some(name)
        })
    };
    let reference = |path: &[&str]| {
        let [kind, name] = ["kind", "name"].map(|key| object.text(&[path, &[key]].concat()));
        Some((kind?, name?))
    };
    let elsewhere = |(kind, name): &(String, String)| Some(format!("{kind} {name}"));
    if let Some(of) = reference(&["spec", "chartRef"]) {
        let found = source(&of.0, &of.1);
        let url = found.and_then(|one| text(one, &["spec", "url"]));
        let name = url.as_deref().and_then(|url| url.rsplit('/').next());
        let chart = ChartOf {
            name: name.map(str::to_owned),
            elsewhere: url.is_none().then(|| elsewhere(&of)).flatten(),
            reference: url,
        };
        let version = |key: &str| found.and_then(|one| text(one, &["spec", "ref", key]));
        return (chart, version("tag").or_else(|| version("semver")));
    }
    let base = ["spec", "chart", "spec"];
    let name = object.text(&[&base[..], &["chart"]].concat());
    let version = object.text(&[&base[..], &["version"]].concat());
    let of = reference(&[&base[..], &["sourceRef"]].concat());
    let is_repository = of.as_ref().is_none_or(|(kind, _)| kind == "HelmRepository");
    // In a git repository or a bucket it is a path.
    let name = name.filter(|_| is_repository);
    let url = of
        .as_ref()
        .and_then(|(kind, name)| text(source(kind, name)?, &["spec", "url"]));
    let url = url.filter(|url| url.starts_with("oci://"));
    let reference = url
        .zip(name.as_ref())
        .map(|(url, name)| format!("{}/{name}", url.trim_end_matches('/')));
    let chart = ChartOf {
        elsewhere: of.as_ref().and_then(elsewhere),
        name,
        reference,
    };
    (chart, version)
}
