//! Flux: a `HelmRelease` for each target, the sources of their charts, and a kustomization that makes Secrets of the values files.
//!
//! Source: Flux's documentation, "Helm Releases" (`spec.valuesFrom`) and the guide "Manage Helm Releases", "Refer to values in
//! ConfigMaps generated with Kustomize": a name reference puts the hash of a generated name into `spec/valuesFrom/name`, so a release
//! is upgraded once its values file changes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_yaml::Value;

use super::charts::{Remote, Upstream, remote};
use super::order::needs;
use super::paths::way;
use super::text::{document, head, list, map, with};
use super::{Exported, Origin, Release, names, relative};
use crate::exit::Stop;

/// What only Flux wants to know.
#[derive(Debug, Clone)]
pub struct Flux {
    /// Where its objects live.
    pub namespace: String,
    /// The Secret in that namespace with which charts are fetched.
    pub chart_secret: Option<String>,
}

const ENGINE: &str = "flux";

/// How often Flux looks whether everything is as it should be.
const INTERVAL: &str = "1h";

/// The key that each generated Secret has, which is also Flux's default.
const KEY: &str = "values.yaml";

/// The targets as objects of Flux, a folder for each cluster.
///
/// # Errors
/// A values file cannot be named from where the kustomization lies.
pub fn flux(releases: &[Release], origin: &Origin, flux: &Flux) -> Result<Vec<Exported>, Stop> {
    let mut clusters: BTreeMap<Option<&str>, Vec<Release>> = BTreeMap::new();
    for release in releases {
        let context = release.context.as_deref();
        clusters.entry(context).or_default().push(release.clone());
    }
    let keys: Vec<Vec<&str>> = clusters
        .keys()
        .map(|one| vec![one.unwrap_or_default()])
        .collect();
    let mut files = Vec::new();
    for ((context, releases), folder) in clusters.iter().zip(names::unique(&keys)) {
        let (folder, prefix) = match context {
            Some(_) => (origin.output.join(&folder), format!("{folder}/")),
            None => (origin.output.clone(), String::new()),
        };
        let cluster = Cluster {
            context: *context,
            releases,
            folder,
            origin,
            flux,
        };
        files.extend(cluster.files()?.into_iter().map(|file| Exported {
            path: format!("{prefix}{}", file.path),
            ..file
        }));
    }
    Ok(files)
}

/// What one cluster's Flux is to do.
struct Cluster<'a> {
    context: Option<&'a str>,
    releases: &'a [Release],
    folder: PathBuf,
    origin: &'a Origin,
    flux: &'a Flux,
}

impl<'a> Cluster<'a> {
    fn files(&self) -> Result<Vec<Exported>, Stop> {
        let names = self.names();
        let sources = self.sources()?;
        let secrets = self.secrets();
        let mut files = vec![
            self.kustomization(&names, &secrets)?,
            self.name_reference(),
            self.source_file(&sources),
        ];
        for ((release, needed), name) in self.releases.iter().zip(needs(self.releases)).zip(&names)
        {
            let needed = needed.into_iter().filter_map(|one| {
                let at = self.releases.iter().position(|known| known == one)?;
                names.get(at).map(String::as_str)
            });
            let object = self.release(release, name, needed.collect(), &sources, &secrets)?;
            files.push(self.file(
                &format!("{name}.yaml"),
                &[format!(
                    "The {} as release {} in {}: what helm upgrade -i deploys, Flux does. Its values file holds the certificates, and is edited there.",
                    release.component.title(),
                    release.name,
                    release.namespace
                )],
                &object,
            ));
        }
        Ok(files)
    }

    fn file(&self, path: &str, more: &[String], value: &Value) -> Exported {
        Exported {
            path: path.to_owned(),
            text: head(&self.origin.file, ENGINE, more) + &document(value),
        }
    }

    /// The names of the objects, in the order of the releases.
    fn names(&self) -> Vec<String> {
        let keys = self.releases.iter();
        let keys: Vec<_> = keys
            .map(|one| vec![one.namespace.as_str(), one.name.as_str()])
            .collect();
        names::unique(&keys)
    }

    /// The name of each values file's Secret.
    fn secrets(&self) -> BTreeMap<&Path, String> {
        let mut files: Vec<&Path> = Vec::new();
        for file in self.releases.iter().flat_map(|one| &one.values) {
            if !files.contains(&file.as_path()) {
                files.push(file);
            }
        }
        let shown: Vec<String> = files
            .iter()
            .map(|file| {
                relative(&self.origin.folder, &file.with_extension(""))
                    .unwrap_or_else(|| file.display().to_string())
            })
            .collect();
        let endings: Vec<_> = files
            .iter()
            .map(|file| file.extension().unwrap_or_default().to_string_lossy())
            .collect();
        let keys: Vec<_> = shown
            .iter()
            .zip(&endings)
            .map(|(one, ending)| {
                let is_alone = shown.iter().filter(|other| *other == one).count() == 1;
                // The ending only where it alone tells files apart.
                let ending = (!is_alone).then_some(ending.as_ref());
                ["clearml", one.as_str()]
                    .into_iter()
                    .chain(ending)
                    .collect()
            })
            .collect();
        files.into_iter().zip(names::unique(&keys)).collect()
    }

    /// Each place that charts come from, and its name here.
    fn sources(&self) -> Result<Vec<(Upstream<'a>, String)>, Stop> {
        let mut places: Vec<Upstream<'a>> = Vec::new();
        for release in self.releases {
            let Remote { place, .. } = remote(release)?;
            if !places.contains(&place) {
                places.push(place);
            }
        }
        let key = |place: &Upstream<'a>| match *place {
            Upstream::Registry(address) => vec!["oci", address],
            Upstream::Repository(alias, _) => vec![alias],
        };
        let keys: Vec<_> = places.iter().map(key).collect();
        let names = names::unique(&keys);
        Ok(places.into_iter().zip(names).collect())
    }

    fn kustomization(
        &self,
        names: &[String],
        secrets: &BTreeMap<&Path, String>,
    ) -> Result<Exported, Stop> {
        let mut generators = Vec::new();
        for (file, name) in secrets {
            let path = way(&self.folder, file)?;
            if path.contains('=') {
                return Err(Stop::refused(format!(
                    "kustomize cannot name {}, since = stands in its path: give it another name",
                    file.display()
                )));
            }
            generators.push(map([
                ("name", name.as_str().into()),
                ("namespace", self.flux.namespace.as_str().into()),
                ("files", list([format!("{KEY}={path}")])),
            ]));
        }
        let resources = names.iter().map(|name| format!("{name}.yaml"));
        let resources = [SOURCES.to_owned()].into_iter().chain(resources);
        let object = map([
            ("apiVersion", "kustomize.config.k8s.io/v1beta1".into()),
            ("kind", "Kustomization".into()),
            ("resources", list(resources)),
            ("secretGenerator", Value::Sequence(generators)),
            ("configurations", list([NAME_REFERENCE])),
        ]);
        let cluster = match self.context {
            Some(context) => format!("of the cluster {context}"),
            None => "of the cluster that it is for".to_owned(),
        };
        let more = [
            format!("For the Flux {cluster}. The values files are named here and copied nowhere: Flux makes Secrets of them, and upgrades a release once its file changes."),
            "Next: commit this folder, and let a Kustomization of that Flux lead here:".to_owned(),
            "  flux create kustomization clearml --source=GitRepository/flux-system --path=THIS/FOLDER --interval=10m --prune=false".to_owned(),
            "Pruning uninstalls a release that is listed no more. What Flux would apply, with the values files in plain sight:".to_owned(),
            "  kubectl kustomize --load-restrictor LoadRestrictionsNone THIS/FOLDER".to_owned(),
        ];
        Ok(self.file(KUSTOMIZATION, &more, &object))
    }

    fn name_reference(&self) -> Exported {
        let field = map([
            ("path", "spec/valuesFrom/name".into()),
            ("kind", RELEASE.into()),
        ]);
        let reference = map([
            ("kind", "Secret".into()),
            ("version", "v1".into()),
            ("fieldSpecs", list([field])),
        ]);
        let more = ["Lets kustomize put the hash of a generated Secret's name into the releases that refer to it.".to_owned()];
        self.file(
            NAME_REFERENCE,
            &more,
            &map([("nameReference", list([reference]))]),
        )
    }

    /// `HelmRepository` for registries too: with an `OCIRepository`, the version would get the digest behind it, and the labels of what
    /// is deployed would be others than those of `helm upgrade`.
    fn source_file(&self, sources: &[(Upstream<'_>, String)]) -> Exported {
        let objects = sources.iter().map(|(place, name)| {
            let (is_registry, url) = match place {
                Upstream::Registry(address) => (true, format!("oci://{address}")),
                Upstream::Repository(_, url) => (false, (*url).to_owned()),
            };
            let spec = map([("interval", INTERVAL.into()), ("url", url.into())]);
            let spec = with(spec, "type", is_registry.then(|| "oci".into()));
            let plain = (is_registry && self.origin.plain_http).then(|| true.into());
            let spec = with(spec, "insecure", plain);
            let secret = self.flux.chart_secret.as_deref();
            let spec = with(
                spec,
                "secretRef",
                secret.map(|name| map([("name", name.into())])),
            );
            document(&map([
                ("apiVersion", "source.toolkit.fluxcd.io/v1".into()),
                ("kind", "HelmRepository".into()),
                ("metadata", self.metadata(name)),
                ("spec", spec),
            ]))
        });
        let objects: Vec<String> = objects.collect();
        let namespace = &self.flux.namespace;
        let login = match &self.flux.chart_secret {
            Some(name) => format!("The login is in the Secret {name} of {namespace}, which has to be there:"),
            None => "If charts want a login, run this again with --chart-secret NAME, and make that Secret:".to_owned(),
        };
        let more = [
            "Where the charts come from.".to_owned(),
            login,
            format!(
                "  flux create secret oci NAME -n {namespace} --url=REGISTRY --username=… --password=…   (flux create secret helm for a repository)"
            ),
        ];
        Exported {
            path: SOURCES.to_owned(),
            text: head(&self.origin.file, ENGINE, &more) + &objects.join("---\n"),
        }
    }

    fn release(
        &self,
        release: &Release,
        name: &str,
        needed: Vec<&str>,
        sources: &[(Upstream<'_>, String)],
        secrets: &BTreeMap<&Path, String>,
    ) -> Result<Value, Stop> {
        let Remote { place, chart } = remote(release)?;
        let named = sources.iter().find(|(one, _)| *one == place);
        let source = named.map(|(_, name)| name.as_str()).unwrap_or_default();
        let source = map([("kind", "HelmRepository".into()), ("name", source.into())]);
        let chart = map([
            ("chart", chart.into()),
            ("version", release.version.as_str().into()),
            ("sourceRef", source),
        ]);
        let values = release.values.iter().filter_map(|file| {
            let secret = secrets.get(file.as_path())?;
            Some(map([
                ("kind", "Secret".into()),
                ("name", secret.as_str().into()),
                ("valuesKey", KEY.into()),
            ]))
        });
        let spec = map([
            ("interval", INTERVAL.into()),
            ("releaseName", release.name.as_str().into()),
            ("targetNamespace", release.namespace.as_str().into()),
            // Where Helm itself keeps it: one that is deployed already is taken over, and helm list finds it.
            ("storageNamespace", release.namespace.as_str().into()),
            ("chart", map([("spec", chart)])),
        ]);
        let makes = release
            .creates_namespace
            .then(|| map([("createNamespace", true.into())]));
        let spec = with(spec, "install", makes);
        let needed = needed.into_iter().map(|name| map([("name", name.into())]));
        let needed: Vec<Value> = needed.collect();
        let needed = (!needed.is_empty()).then_some(Value::Sequence(needed));
        let spec = with(spec, "dependsOn", needed);
        let spec = with(spec, "valuesFrom", Some(list(values)));
        Ok(map([
            ("apiVersion", "helm.toolkit.fluxcd.io/v2".into()),
            ("kind", RELEASE.into()),
            ("metadata", self.metadata(name)),
            ("spec", spec),
        ]))
    }

    fn metadata(&self, name: &str) -> Value {
        map([
            ("name", name.into()),
            ("namespace", self.flux.namespace.as_str().into()),
        ])
    }
}

const RELEASE: &str = "HelmRelease";
const KUSTOMIZATION: &str = "kustomization.yaml";
const NAME_REFERENCE: &str = "kustomizeconfig.yaml";
const SOURCES: &str = "sources.yaml";
