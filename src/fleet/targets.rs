//! The targets of a file: lists expanded, names resolved, defaults filled in.

use std::collections::BTreeMap;

use crate::certs::Fingerprint;
use crate::exit::Stop;
use crate::kube::ClusterAddress;
use crate::nearest::nearest;
use crate::overrides::Mode;
use crate::overrides::task_pods::{Distros, Queues, Variables};
use crate::plan::TaskPods;
use crate::request::{Desired, TargetRequest, TargetSpec};
use crate::sources::{Place, Source};
use crate::values::KeyPath;
use crate::vendor::Component;
use crate::yaml::Path;

use super::reader::Reader;

/// What a target and the defaults may say alike.
const SHARED: [&str; 13] = [
    "context",
    "contexts",
    "namespace",
    "namespaces",
    "values",
    "certificates",
    "mode",
    "taskPods",
    "taskVariables",
    "taskDistros",
    "taskQueues",
    "taskImage",
    "wave",
];

/// What a target alone says.
const OF_A_TARGET: [&str; 5] = ["component", "release", "chart", "version", "valuesPath"];

/// One release of the file.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) context: Option<String>,
    spec: TargetSpec,
    pub(super) certificates: Vec<Source>,
    mode: Option<Mode>,
    task_pods: Option<TaskPods>,
    task_variables: Option<Variables>,
    task_distros: Option<Distros>,
    task_queues: Option<Queues>,
    task_image: Option<String>,
    wave: usize,
}

impl Listed {
    /// The target, where the command line says `desired` of all of them, which wins.
    pub(super) fn request(
        &self,
        desired: &Desired,
        brings: bool,
        cluster: ClusterAddress,
    ) -> TargetRequest {
        let mut spec = self.spec.clone();
        for path in &mut spec.values {
            let text = path.to_string_lossy().replace("{context}", cluster.name());
            *path = text.into();
        }
        let is_install = brings;
        let brings = brings && desired.certificates.is_empty();
        let or =
            |given: &Option<String>, own: &Option<String>| given.clone().or_else(|| own.clone());
        TargetRequest {
            cluster,
            spec,
            desired: Desired {
                certificates: if brings {
                    self.certificates.clone()
                } else {
                    desired.certificates.clone()
                },
                // Who takes certificates out leaves the way in which others come as it is.
                mode: desired.mode.or(self.mode.filter(|_| is_install)),
                task_pods: desired.task_pods.or(self.task_pods),
                task_variables: desired.task_variables.or(self.task_variables),
                task_distros: desired
                    .task_distros
                    .or(self.task_distros.filter(|_| is_install)),
                task_queues: desired.task_queues.or(self.task_queues),
                task_image: or(&desired.task_image, &self.task_image),
                ..desired.clone()
            },
            wave: self.wave,
        }
    }
}

/// The targets of a file, in its order.
pub(super) fn read(file: &Reader) -> Result<Vec<Listed>, Stop> {
    let root = Path::root();
    file.known_keys(&root, &["certificates", "groups", "defaults", "targets"])?;
    let names = Names::read(file)?;
    let defaults = root.then("defaults");
    file.known_keys(&defaults, &SHARED)?;
    let targets = root.then("targets");
    let Some(length @ 1..) = file.length(&targets)? else {
        return Err(file.wrong(
            &targets,
            "there is no target: list the releases here, each with its component",
        ));
    };
    let mut all = Vec::new();
    for index in 0..length {
        let at = targets.then(index);
        file.known_keys(&at, &[&OF_A_TARGET[..], &SHARED[..]].concat())?;
        all.extend(expanded(file, &at, &defaults, &names)?);
    }
    Ok(all)
}

/// The releases that one item of the list stands for.
fn expanded(file: &Reader, at: &Path, defaults: &Path, names: &Names) -> Result<Vec<Listed>, Stop> {
    let component: Component = file.word(&at.then("component"))?.ok_or_else(|| {
        file.wrong(
            &at.then("component"),
            "which component is it: agent, gateway or apps",
        )
    })?;
    // Where a value stands: the target's own, else the defaults'.
    let place = |key: &str| -> Result<Path, Stop> {
        let own = at.then(key);
        Ok(if file.value(&own)?.is_some() {
            own
        } else {
            defaults.then(key)
        })
    };
    let contexts = several(file, at, defaults, "context")?;
    let namespaces = several(file, at, defaults, "namespace")?;
    let release = file.text(&at.then("release"))?;
    let certificates = names.sources(file, &place("certificates")?)?;
    let values = file.texts(&place("values")?)?.unwrap_or_default();
    let chart = file.text(&at.then("chart"))?.map(|chart| {
        // A reference such as repository/chart is no path, unless there is one.
        let beside = file.folder().join(&chart);
        let is_path = chart.starts_with('.') || beside.exists();
        if is_path {
            beside.display().to_string()
        } else {
            chart
        }
    });
    let model = Listed {
        context: None,
        spec: TargetSpec {
            release,
            chart,
            version: file.text(&at.then("version"))?,
            values_path: values_path(file, &at.then("valuesPath"))?,
            ..TargetSpec::of(component)
        },
        certificates,
        mode: file.word(&place("mode")?)?,
        task_pods: file.word(&place("taskPods")?)?,
        task_variables: file.word(&place("taskVariables")?)?,
        task_distros: file.word(&place("taskDistros")?)?,
        task_queues: file.word(&place("taskQueues")?)?,
        task_image: file.text(&place("taskImage")?)?,
        wave: file.number(&place("wave")?)?.unwrap_or_default(),
    };
    let mut all = Vec::new();
    for context in &contexts {
        for namespace in &namespaces {
            let mut one = model.clone();
            one.context.clone_from(context);
            one.spec.namespace.clone_from(namespace);
            for (path, text) in &values {
                let filled = filled(file, path, text, &one.spec)?;
                one.spec.values.push(file.folder().join(filled));
            }
            all.push(one);
        }
    }
    Ok(all)
}

fn values_path(file: &Reader, at: &Path) -> Result<Option<KeyPath>, Stop> {
    let path = file.text(at)?.map(|text| text.parse());
    path.transpose().map_err(|why: String| file.wrong(at, why))
}

/// The texts under a key or its plural; none where neither is there.
fn several(
    file: &Reader,
    at: &Path,
    defaults: &Path,
    key: &str,
) -> Result<Vec<Option<String>>, Stop> {
    for place in [at, defaults] {
        let (one, many) = (place.then(key), place.then(format!("{key}s")));
        let said = (file.texts(&one)?, file.texts(&many)?);
        let (at, texts) = match said {
            (Some(_), Some(_)) => {
                return Err(file.wrong(
                    &many,
                    format!("{key} and {key}s say the same: keep one of them"),
                ));
            }
            (Some(texts), None) => (one, texts),
            (None, Some(texts)) => (many, texts),
            (None, None) => continue,
        };
        if texts.is_empty() {
            return Err(file.wrong(&at, "not a single one: leave it out, or say which"));
        }
        return Ok(texts.into_iter().map(|(_, text)| Some(text)).collect());
    }
    Ok(vec![None])
}

/// What may stand in braces in a path of a values file.
const PLACEHOLDERS: [&str; 4] = ["context", "namespace", "release", "component"];

/// A path with all but the context filled in, which is known when the cluster is.
fn filled(file: &Reader, at: &Path, text: &str, spec: &TargetSpec) -> Result<String, Stop> {
    let mut filled = text.to_owned();
    for (name, value) in [
        ("namespace", spec.namespace.as_deref()),
        ("release", spec.release.as_deref()),
        ("component", Some(spec.component.name())),
    ] {
        let placeholder = format!("{{{name}}}");
        if filled.contains(&placeholder) {
            let value = value.ok_or_else(|| {
                file.wrong(
                    at,
                    format!(
                        "{placeholder} stands for the target's {name}, and it has none: say which"
                    ),
                )
            })?;
            filled = filled.replace(&placeholder, value);
        }
    }
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('{') {
        let Some((name, behind)) = after.split_once('}') else {
            break;
        };
        if !PLACEHOLDERS.contains(&name) {
            let there_are = match nearest(name, PLACEHOLDERS) {
                Some(near) => format!("did you mean {{{near}}}?"),
                None => "there are {context}, {namespace}, {release} and {component}".to_owned(),
            };
            return Err(file.wrong(at, format!("nothing stands for {{{name}}}; {there_are}")));
        }
        rest = behind;
    }
    Ok(filled)
}

/// What the names of certificates and groups stand for.
struct Names {
    certificates: BTreeMap<String, Source>,
    groups: BTreeMap<String, Vec<Source>>,
    /// In the file's order.
    order: Vec<String>,
}

impl Names {
    fn read(file: &Reader) -> Result<Self, Stop> {
        let at = Path::from(["certificates"]);
        let mut names = Self {
            certificates: BTreeMap::new(),
            groups: BTreeMap::new(),
            order: file.keys(&at)?,
        };
        for name in &names.order {
            let source = source(file, &at.then(name.as_str()), name)?;
            names.certificates.insert(name.clone(), source);
        }
        let at = Path::from(["groups"]);
        for name in file.keys(&at)? {
            let at = at.then(name.as_str());
            if names.certificates.contains_key(&name) {
                return Err(file.wrong(&at, "certificates of that name are there already"));
            }
            let members = file.texts(&at)?.unwrap_or_default();
            let members = members
                .iter()
                .map(|(at, member)| names.named(file, at, member));
            let members = members.collect::<Result<Vec<_>, _>>()?.concat();
            names.groups.insert(name, members);
        }
        Ok(names)
    }

    /// The sources that a list names; all where there is none.
    fn sources(&self, file: &Reader, at: &Path) -> Result<Vec<Source>, Stop> {
        let mut sources: Vec<Source> = Vec::new();
        let named = match file.texts(at)? {
            Some(names) => {
                let names = names.iter().map(|(at, name)| self.named(file, at, name));
                names.collect::<Result<Vec<_>, _>>()?.concat()
            }
            None => {
                let all = self.order.iter();
                all.filter_map(|name| self.certificates.get(name).cloned())
                    .collect()
            }
        };
        for source in named {
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
        Ok(sources)
    }

    fn named(&self, file: &Reader, at: &Path, name: &str) -> Result<Vec<Source>, Stop> {
        if let Some(source) = self.certificates.get(name) {
            return Ok(vec![source.clone()]);
        }
        if let Some(group) = self.groups.get(name) {
            return Ok(group.clone());
        }
        let known = self.certificates.keys().chain(self.groups.keys());
        let there_are = match nearest(name, known.clone().map(String::as_str)) {
            Some(near) => format!("did you mean {near}?"),
            None => format!(
                "there are {}",
                known.cloned().collect::<Vec<_>>().join(", ")
            ),
        };
        Err(file.wrong(
            at,
            format!("{name} is neither under certificates nor under groups; {there_are}"),
        ))
    }
}

/// A source: its word, or a mapping with it and what a server must present.
fn source(file: &Reader, at: &Path, name: &str) -> Result<Source, Stop> {
    let is_long = file.value(at)?.is_some_and(|value| value.is_mapping());
    let (word_at, fingerprint_at) = (at.then("source"), at.then("fingerprint"));
    let (at, fingerprint) = if is_long {
        file.known_keys(at, &["source", "fingerprint"])?;
        (&word_at, file.text(&fingerprint_at)?)
    } else {
        (at, None)
    };
    let word = file.text(at)?.ok_or_else(|| {
        file.wrong(at, "where are these certificates: a file, a folder, https://HOST, configmap:NS/NAME, secret:NS/NAME or system")
    })?;
    let mut source: Source = format!("{name}={word}")
        .parse()
        .map_err(|why| file.wrong(at, why))?;
    let fingerprint = fingerprint.map(|text| {
        let parsed: Result<Fingerprint, _> = text.parse();
        parsed.map_err(|why| file.wrong(&fingerprint_at, why))
    });
    source.fingerprint = fingerprint.transpose()?;
    if let Place::Path(path) = &mut source.place {
        *path = file.folder().join(&*path);
    }
    // A name for many at once would number them.
    let is_folder = matches!(&source.place, Place::Path(path) if path.is_dir());
    if source.is_system || is_folder {
        source.alias = None;
    }
    if source.place == Place::Stdin {
        return Err(file.wrong(
            at,
            "standard input is no place that a file can name: name a file",
        ));
    }
    Ok(source)
}
