//! Argo CD: an `ApplicationSet` with an element for each target; where one template does not do for all, an `Application` each.
//!
//! Source: Argo CD's documentation, "Multiple Sources for an Application" (values files from git by `$values`), "Helm" (a chart of a
//! registry has no `oci://` before it), "OCI" (the same as an artifact, `path` in the place of `chart`), "List Generator",
//! "Go Template", "Progressive Syncs", as of 3.1.

use serde_yaml::Value;

use super::charts::{Upstream, remote};
use super::order::{turn, turns};
use super::paths::within;
use super::text::{document, head, list, map, with};
use super::{ChartSource, Exported, Origin, Release, names, relative};
use crate::exit::Stop;

/// What only Argo CD wants to know: where the values files are in git.
#[derive(Debug, Clone)]
pub struct Git {
    /// The repository.
    pub url: String,
    /// The branch, tag or commit.
    pub revision: String,
    /// Where the folder of the targets' file is in it, by `/`; empty for its root.
    pub path: String,
    /// Where Argo CD's objects live.
    pub namespace: String,
}

const ENGINE: &str = "argocd";
const API: &str = "argoproj.io/v1alpha1";

/// By which steps of a rollout are told apart.
const STEP: &str = "clearml-certs/step";

/// Argo CD's name for the cluster that it runs in.
const ITS_OWN: &str = "in-cluster";

/// The targets as objects of Argo CD.
///
/// # Errors
/// A values file does not lie in the repository.
pub fn argocd(releases: &[Release], origin: &Origin, git: &Git) -> Result<Vec<Exported>, Stop> {
    let keys = releases.iter().map(|one| {
        let context = one.context.as_deref();
        vec![
            context.unwrap_or(ITS_OWN),
            one.namespace.as_str(),
            one.name.as_str(),
        ]
    });
    let names = names::unique(&keys.collect::<Vec<_>>());
    let turns = turns(releases);
    let mut words = Vec::new();
    for (release, name) in releases.iter().zip(names) {
        let step = turns
            .iter()
            .take_while(|one| **one != turn(release))
            .count()
            + 1;
        words.push(Words::of(release, name, step, origin, git)?);
    }
    let is_alike = |one: &Words| words.first().is_some_and(|first| one.is_alike(first));
    let (path, objects, what) = if words.iter().all(is_alike) {
        let set = set(&words, turns.len(), origin, git);
        (
            "applicationset.yaml",
            vec![set],
            "An ApplicationSet: each element of its list is one target.",
        )
    } else {
        let many = words.iter().map(|one| application(one, git)).collect();
        (
            "applications.yaml",
            many,
            "An Application for each target: they do not have equally many values files, or their charts come by different ways.",
        )
    };
    let mut more = vec![
        what.to_owned(),
        "The charts come from their repositories, the values files from git, where they hold the certificates already; no value is copied in here.".to_owned(),
        format!("A cluster is named as argocd cluster add names it: by its context. {ITS_OWN} is the one that Argo CD runs in."),
        "Charts or git that want a login: argocd repo add (--type helm --enable-oci for a registry); the login is not in this file.".to_owned(),
        format!("Next: kubectl apply -n {} -f {path}, look at argocd app diff, then argocd app sync. Nothing is synced by itself, but where progressive syncs are on.", git.namespace),
    ];
    let registry = releases.iter().find_map(|one| match &one.chart {
        ChartSource::Registry { address, .. } => Some(address),
        _ => None,
    });
    if let Some(address) = registry.filter(|_| origin.plain_http) {
        more.push("Registries were spoken to without TLS here (--plain-http). Argo CD does so from 3.1 on, for a chart that is an artifact by its own address, and has to be told of each such address:".to_owned());
        more.push(format!("  argocd repo add oci://{address}/CHART --type oci --insecure-oci-force-http --name NAME"));
    }
    let objects: Vec<String> = objects.iter().map(document).collect();
    Ok(vec![Exported {
        path: path.to_owned(),
        text: head(&origin.file, ENGINE, &more) + &objects.join("---\n"),
    }])
}

/// What differs between targets: as it is, or as the template of an `ApplicationSet` calls it.
struct Words {
    name: String,
    cluster: String,
    namespace: String,
    release: String,
    component: String,
    step: String,
    repository: String,
    /// Its name in the repository; `None` where that is the chart itself, as a registry without TLS is asked for it.
    chart: Option<String>,
    version: String,
    creates_namespace: String,
    /// Paths in the repository.
    values: Vec<String>,
}

impl Words {
    fn of(
        release: &Release,
        name: String,
        step: usize,
        origin: &Origin,
        git: &Git,
    ) -> Result<Self, Stop> {
        let values = release.values.iter().map(|file| {
            let path = relative(&origin.folder, file);
            path.and_then(|path| within(&git.path, &path))
                .ok_or_else(|| {
                    Stop::refused(format!(
                        "{} does not lie in the repository: move it there, where Argo CD finds it",
                        file.display()
                    ))
                })
        });
        let fetched = remote(release)?;
        let (repository, chart) = match fetched.place {
            Upstream::Registry(address) if origin.plain_http => {
                (format!("oci://{address}/{}", fetched.chart), None)
            }
            Upstream::Registry(place) | Upstream::Repository(_, place) => {
                (place.to_owned(), Some(fetched.chart.to_owned()))
            }
        };
        Ok(Self {
            name,
            cluster: release
                .context
                .clone()
                .unwrap_or_else(|| ITS_OWN.to_owned()),
            namespace: release.namespace.clone(),
            release: release.name.clone(),
            component: release.component.name().to_owned(),
            step: step.to_string(),
            repository,
            chart,
            version: release.version.clone(),
            creates_namespace: release.creates_namespace.to_string(),
            values: values.collect::<Result<_, _>>()?,
        })
    }

    /// Whether one template does for both.
    fn is_alike(&self, other: &Self) -> bool {
        self.values.len() == other.values.len() && self.chart.is_some() == other.chart.is_some()
    }

    /// What the template of those like this one says in the place of each.
    fn placeholders(&self) -> Self {
        let word = |name: &str| format!("{{{{.{name}}}}}");
        Self {
            name: word("name"),
            cluster: word("cluster"),
            namespace: word("namespace"),
            release: word("release"),
            component: word("component"),
            step: word("step"),
            repository: word("repository"),
            chart: self.chart.as_ref().map(|_| word("chart")),
            version: word("version"),
            creates_namespace: word("createNamespace"),
            values: (0..self.values.len())
                .map(|at| format!("{{{{index .values {at}}}}}"))
                .collect(),
        }
    }

    /// An element of the list.
    fn element(&self) -> Value {
        let element = map([
            ("name", self.name.as_str().into()),
            ("cluster", self.cluster.as_str().into()),
            ("namespace", self.namespace.as_str().into()),
            ("release", self.release.as_str().into()),
            ("component", self.component.as_str().into()),
            ("step", self.step.as_str().into()),
            ("repository", self.repository.as_str().into()),
        ]);
        let element = with(element, "chart", self.chart.as_deref().map(Value::from));
        let element = with(element, "version", Some(self.version.as_str().into()));
        let creates = self.creates_namespace.as_str().into();
        let element = with(element, "createNamespace", Some(creates));
        let values = list(self.values.iter().map(String::as_str));
        with(element, "values", Some(values))
    }

    fn labels(&self) -> Value {
        map([
            ("clearml-certs/component", self.component.as_str().into()),
            (STEP, self.step.as_str().into()),
        ])
    }

    fn spec(&self, git: &Git) -> Value {
        let values = self.values.iter().map(|path| format!("$values/{path}"));
        let helm = map([
            ("releaseName", self.release.as_str().into()),
            ("valueFiles", list(values)),
        ]);
        let (key, place) = match &self.chart {
            Some(chart) => ("chart", chart.as_str()),
            None => ("path", "."),
        };
        let chart = map([
            ("repoURL", self.repository.as_str().into()),
            (key, place.into()),
            ("targetRevision", self.version.as_str().into()),
            ("helm", helm),
        ]);
        let files = map([
            ("repoURL", git.url.as_str().into()),
            ("targetRevision", git.revision.as_str().into()),
            ("ref", "values".into()),
        ]);
        let destination = map([
            ("name", self.cluster.as_str().into()),
            ("namespace", self.namespace.as_str().into()),
        ]);
        let creates = format!("CreateNamespace={}", self.creates_namespace);
        map([
            ("project", "default".into()),
            ("destination", destination),
            ("sources", list([chart, files])),
            ("syncPolicy", map([("syncOptions", list([creates]))])),
        ])
    }
}

fn application(words: &Words, git: &Git) -> Value {
    // For whom an Application leads to these.
    let turn = map([("argocd.argoproj.io/sync-wave", words.step.as_str().into())]);
    map([
        ("apiVersion", API.into()),
        ("kind", "Application".into()),
        (
            "metadata",
            map([
                ("name", words.name.as_str().into()),
                ("namespace", git.namespace.as_str().into()),
                ("labels", words.labels()),
                ("annotations", turn),
            ]),
        ),
        ("spec", words.spec(git)),
    ])
}

fn set(words: &[Words], steps: usize, origin: &Origin, git: &Git) -> Value {
    let file = std::path::Path::new(&origin.file);
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let name = names::unique(&[vec![&*stem]]).into_iter().next();
    let elements = list(words.iter().map(Words::element));
    let spec = map([
        ("goTemplate", true.into()),
        ("goTemplateOptions", list(["missingkey=error"])),
        // What is listed no more stays deployed: a slip in the list would take it down.
        (
            "syncPolicy",
            map([("preserveResourcesOnDeletion", true.into())]),
        ),
    ]);
    let step = |step: usize| {
        let expression = map([
            ("key", STEP.into()),
            ("operator", "In".into()),
            ("values", list([step.to_string()])),
        ]);
        map([("matchExpressions", list([expression]))])
    };
    let strategy = map([
        ("type", "RollingSync".into()),
        ("rollingSync", map([("steps", list((1..=steps).map(step)))])),
    ]);
    let spec = with(spec, "strategy", (steps > 1).then_some(strategy));
    let generator = map([("list", map([("elements", elements)]))]);
    let spec = with(spec, "generators", Some(list([generator])));
    let template = words.first().map(Words::placeholders);
    let template = template.map(|words| {
        let metadata = map([
            ("name", words.name.as_str().into()),
            ("labels", words.labels()),
        ]);
        map([("metadata", metadata), ("spec", words.spec(git))])
    });
    let spec = with(spec, "template", template);
    map([
        ("apiVersion", API.into()),
        ("kind", "ApplicationSet".into()),
        (
            "metadata",
            map([
                ("name", name.unwrap_or_default().into()),
                ("namespace", git.namespace.as_str().into()),
            ]),
        ),
        ("spec", spec),
    ])
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::vendor::Component;

    #[test]
    fn a_registry_without_tls_is_asked_for_the_chart_as_an_artifact_and_argo_cd_told_of_it() {
        let release = Release {
            component: Component::Agent,
            context: None,
            namespace: "team-a".to_owned(),
            name: "agent".to_owned(),
            chart: ChartSource::Registry {
                address: "registry.example/charts".to_owned(),
                chart: "agent".to_owned(),
            },
            version: "1.0.0".to_owned(),
            values: vec![PathBuf::from("/work/agent.yaml")],
            creates_namespace: false,
            wave: 0,
        };
        let told = |release: &Release, plain_http| {
            let origin = Origin {
                file: "clearml-certs.yaml".to_owned(),
                folder: PathBuf::from("/work"),
                output: PathBuf::from("/work"),
                plain_http,
            };
            let git = Git {
                url: "https://git.example/x".to_owned(),
                revision: "main".to_owned(),
                path: String::new(),
                namespace: "argocd".to_owned(),
            };
            let files = argocd(std::slice::from_ref(release), &origin, &git).unwrap();
            let has = |text: &str| files[0].text.contains(text);
            let is_told = has(
                "#   argocd repo add oci://registry.example/charts/CHART --type oci --insecure-oci-force-http",
            );
            let is_artifact = has("repository: oci://registry.example/charts/agent\n")
                && has("path: \".\"\n")
                && !has("chart: ");
            assert_eq!(is_told, is_artifact, "{}", files[0].text);
            is_told
        };
        assert!(told(&release, true));
        assert!(!told(&release, false));
        let chart = ChartSource::Repository {
            alias: "acme".to_owned(),
            url: "http://charts.example".to_owned(),
            chart: "agent".to_owned(),
        };
        assert!(!told(&Release { chart, ..release }, true));
    }
}
