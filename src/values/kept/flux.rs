//! Flux's `HelmRelease` (<https://fluxcd.io/flux/components/helm/helmreleases/>).

use serde_yaml::Value;
use sha2::{Digest as _, Sha256};

use super::Coding;
use super::object::{ChartOf, Object, Said, data, find, is_said, text, texts};
use crate::values::{fills, lookup};
use crate::yaml::Path;

/// The longest name that a release may have.
const LONGEST: usize = 53;

/// The digits that end the name which Flux makes of a longer one.
const DIGITS: usize = 12;

/// Its values, and the release that it makes; its source may stand in another document of the file.
pub(super) fn helm_release(object: &Object<'_>, file: &[&Value]) -> Vec<(Path, Coding, Said)> {
    let spec = |path: &[&str]| object.text(&[&["spec"], path].concat());
    let target = spec(&["targetNamespace"]);
    // `GetReleaseName`: the name alone, or after the target namespace.
    let is_said = |key: &str| is_said(object.value, &["spec", key]);
    let release = if is_said("releaseName") {
        spec(&["releaseName"])
    } else if is_said("targetNamespace") {
        let both = target.as_ref().zip(object.name());
        both.map(|(target, name)| shortened(format!("{target}-{name}")))
    } else {
        object.name().map(shortened)
    };
    let (chart, version) = chart(object, file);
    let from = lookup(object.value, &["spec", "valuesFrom"]).and_then(Value::as_sequence);
    let from: Vec<&Value> = from.into_iter().flatten().collect();
    let more = from.iter().filter_map(|one| {
        let (kind, name) = (text(one, &["kind"])?, text(one, &["name"])?);
        Some(format!("{kind} {name} (spec.valuesFrom)"))
    });
    let defaults = ["valuesFiles", "valuesFile"].map(|key| {
        let files = texts(object.value, &["spec", "chart", "spec", key]).into_iter();
        files.map(move |file| format!("{file} (spec.chart.spec.{key})"))
    });
    let patches = fills(object.value, &["spec", "postRenderers"]);
    let said = Said {
        object: object.shown(),
        engine: "Flux",
        release,
        namespace: target.or_else(|| object.namespace()),
        chart,
        version,
        parameters: Vec::new(),
        more: more.chain(defaults.into_iter().flatten()).collect(),
        beneath: from
            .iter()
            .filter_map(|one| beneath(one, object, file))
            .collect(),
        over: patches
            .then(|| "spec.postRenderers".to_owned())
            .into_iter()
            .collect(),
    };
    vec![(Path::from(["spec", "values"]), Coding::Mapping, said)]
}

/// The values of a ConfigMap or Secret that the release takes, where the file has that: the object's own go over them.
fn beneath(from: &Value, object: &Object<'_>, file: &[&Value]) -> Option<(String, Value)> {
    // What goes to a path of its own is one value.
    if from.get("targetPath").is_some() {
        return None;
    }
    let (kind, name) = (text(from, &["kind"])?, text(from, &["name"])?);
    let key = text(from, &["valuesKey"]).unwrap_or_else(|| "values.yaml".to_owned());
    let values = data(find(file, &kind, &name, object)?, &key)?;
    Some((format!("{kind} {name}"), values))
}

/// The name as Flux's helm-controller gives it to Helm (`release.ShortenName`): the end of one that is too long gives way to digits of
/// its SHA-256.
fn shortened(name: String) -> String {
    if name.len() <= LONGEST {
        return name;
    }
    let begin: String = name.chars().take(LONGEST - DIGITS - 1).collect();
    let digest = Sha256::digest(name.as_bytes());
    let bytes = digest.iter().take(DIGITS / 2);
    let digits: Vec<String> = bytes.map(|byte| format!("{byte:02x}")).collect();
    format!("{begin}-{}", digits.concat())
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
        let name = name.map(str::to_owned);
        // `semver` goes over `tag`, and a digest over both (source-controller, `OCIRepositoryRef`).
        let by = |key: &str| found.and_then(|one| text(one, &["spec", "ref", key]));
        let version = by("semver").or_else(|| by("tag"));
        // What has only a digest has no version that helm could be given.
        let pinned = by("digest").filter(|_| version.is_none());
        let elsewhere = match (&url, &pinned) {
            (Some(_), Some(digest)) => elsewhere(&of).map(|of| format!("{of}, by {digest}")),
            (Some(_), None) => None,
            (None, _) => elsewhere(&of),
        };
        let chart = ChartOf {
            name,
            reference: url.filter(|_| pinned.is_none()),
            elsewhere,
            is_pinned: pinned.is_some(),
        };
        return (chart, version);
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
        is_pinned: false,
    };
    (chart, version)
}
