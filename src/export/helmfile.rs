//! A helmfile.
//!
//! Source: helmfile's documentation, "Configuration" (`needs: [KUBECONTEXT/][NAMESPACE/]NAME`; namespaces are made unless told
//! otherwise), as of 1.8.

use serde_yaml::Value;

use super::order::needs;
use super::paths::way;
use super::text::{document, head, list, map, with};
use super::{ChartSource, Exported, Origin, Release};
use crate::exit::Stop;

/// The targets as releases of a helmfile.
///
/// # Errors
/// A values file cannot be named from where the helmfile lies.
pub fn helmfile(releases: &[Release], origin: &Origin) -> Result<Vec<Exported>, Stop> {
    let mut items = Vec::new();
    for (one, needed) in releases.iter().zip(needs(releases)) {
        let values = one.values.iter().map(|file| way(&origin.output, file));
        let values = values.collect::<Result<Vec<_>, _>>()?;
        if let Some(file) = values.iter().find(|file| is_more_than_a_path(file)) {
            return Err(Stop::refused(format!(
                "{file} is more than a path for helmfile: it renders what ends with .gotmpl as a template, and takes [, * and ? for a pattern. Rename the file"
            )));
        }
        let item = map([
            ("name", one.name.as_str().into()),
            ("namespace", one.namespace.as_str().into()),
        ]);
        let item = with(item, "kubeContext", one.context.as_deref().map(Value::from));
        let item = with(item, "chart", Some(chart_of(one, origin)?.into()));
        let is_fetched = !matches!(one.chart, ChartSource::Folder { .. });
        let version = is_fetched.then(|| one.version.as_str().into());
        let item = with(item, "version", version);
        let item = with(item, "createNamespace", Some(one.creates_namespace.into()));
        let labels = map([
            ("component", one.component.name().into()),
            ("wave", one.wave.to_string().into()),
        ]);
        let item = with(item, "labels", Some(labels));
        let needed = (!needed.is_empty()).then(|| list(needed.into_iter().map(id)));
        let item = with(item, "needs", needed);
        items.push(with(item, "values", Some(list(values))));
    }
    let repositories = repositories(releases, origin);
    let state = with(map([]), "repositories", repositories);
    let state = with(state, "releases", Some(Value::Sequence(items)));
    let clusters = if releases.iter().any(|one| one.context.is_some()) {
        "kubeContext is the context of your kubeconfig that leads to a release's cluster."
    } else {
        "No context is named: releases go to the cluster of the kubeconfig's current context."
    };
    let text = head(
        &origin.file,
        "helmfile",
        &[
            "Values files are named from the folder of this file, and hold the certificates already.".into(),
            clusters.into(),
            "Next: helmfile diff, then helmfile apply; -l component=agent or -l wave=0 for some of them.".into(),
            "Charts that want a login: helm registry login, or a username and password as helmfile's documentation has it (not in this file).".into(),
        ],
    );
    Ok(vec![Exported {
        path: "helmfile.yaml".into(),
        text: text + &document(&state),
    }])
}

/// Whether helmfile makes something of a values file's name (its documentation, "Templating" and "Values files").
fn is_more_than_a_path(file: &str) -> bool {
    file.ends_with(".gotmpl") || file.contains(['[', '*', '?'])
}

/// How helmfile calls a release in `needs`.
fn id(release: &Release) -> String {
    let namespaced = format!("{}/{}", release.namespace, release.name);
    match &release.context {
        Some(context) => format!("{context}/{namespaced}"),
        None => namespaced,
    }
}

/// The name under which helmfile knows a registry that is spoken to without TLS.
const PLAIN: &str = "registry";

fn chart_of(release: &Release, origin: &Origin) -> Result<String, Stop> {
    Ok(match &release.chart {
        ChartSource::Registry { address, chart } if origin.plain_http => {
            format!("{}/{chart}", plain_name(address))
        }
        ChartSource::Registry { address, chart } => format!("oci://{address}/{chart}"),
        ChartSource::Repository { alias, chart, .. } => format!("{alias}/{chart}"),
        // With a dot before it, it is no repository's.
        ChartSource::Folder { path } => format!("./{}", way(&origin.output, path)?),
    })
}

fn plain_name(address: &str) -> String {
    let words = address.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<&str> = [PLAIN].into_iter().chain(words).collect();
    words.join("-")
}

/// The repositories that have to be known by name.
fn repositories(releases: &[Release], origin: &Origin) -> Option<Value> {
    let mut all: Vec<Value> = Vec::new();
    for release in releases {
        let one = match &release.chart {
            ChartSource::Repository { alias, url, .. } => map([
                ("name", alias.as_str().into()),
                ("url", url.as_str().into()),
            ]),
            ChartSource::Registry { address, .. } if origin.plain_http => map([
                ("name", plain_name(address).into()),
                ("url", address.as_str().into()),
                ("oci", true.into()),
                ("plainHttp", true.into()),
            ]),
            ChartSource::Registry { .. } | ChartSource::Folder { .. } => continue,
        };
        if !all.contains(&one) {
            all.push(one);
        }
    }
    (!all.is_empty()).then_some(Value::Sequence(all))
}
