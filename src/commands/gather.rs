//! What a plan is made from: the user's files, the charts, and what is deployed.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use serde_yaml::Value;

use super::default_chart::default_chart;
use super::drafts::AsDrafted;
use super::kept::{self, Read};
use super::storage::Storage;
use crate::exit::Stop;
use crate::files;
use crate::helm::{
    self, Chart, Coordinates, Deployed, Helm, HelmArguments, HelmError, ReleaseSummary, TargetId,
};
use crate::kube::{ClusterAddress, Kubectl};
use crate::nearest::file_like;
use crate::plan::{self, Inner, Observed, ValuesFiles};
use crate::release::Snapshot;
use crate::request::{TargetRequest, TargetSpec};
use crate::side_by_side::side_by_side;
use crate::ui::{self, Screen};
use crate::values::{KeyPath, foreign};
use crate::vendor::{Component, Layout};
use crate::yaml;

/// More namespaces than this are asked for with one call.
const FEW: usize = 3;

/// The clusters of a run, each known by its address.
pub(super) struct Clusters {
    all: BTreeMap<ClusterAddress, Cluster>,
    optional: bool,
}

impl Clusters {
    /// None yet; a dry run goes on without any that does not answer (`optional`).
    pub(super) fn new(optional: bool) -> Self {
        Self {
            all: BTreeMap::new(),
            optional,
        }
    }

    /// The cluster of an address, to which `helm` leads as any other.
    pub(super) fn at(&mut self, address: &ClusterAddress, helm: &Helm) -> &mut Cluster {
        let cluster = self.all.entry(address.clone());
        cluster.or_insert_with(|| Cluster::new(&helm.to(address), self.optional))
    }

    /// Asks every cluster at once for the releases of the namespaces that are needed. One that does not answer is asked once.
    pub(super) fn ask_all(
        &mut self,
        requests: &[TargetRequest],
        helm: &Helm,
        at_once: usize,
        screen: &Screen,
    ) {
        let mut wanted: BTreeMap<&ClusterAddress, BTreeSet<String>> = BTreeMap::new();
        for request in requests {
            let namespace = request.spec.namespace_in(&request.cluster).to_owned();
            wanted
                .entry(&request.cluster)
                .or_default()
                .insert(namespace);
        }
        let wanted: Vec<_> = wanted.into_iter().collect();
        let what = match wanted.as_slice() {
            [_] => "asking the cluster for its releases".to_owned(),
            several => format!("asking {} clusters for their releases", several.len()),
        };
        // Those of a cluster, so that all together are no more than `at_once`.
        let in_each = (at_once / wanted.len().max(1)).max(1);
        let Ok(asked) = screen.step(&what, || {
            Ok::<_, Infallible>(side_by_side(&wanted, at_once, |(address, namespaces)| {
                let mut cluster = Cluster::new(&helm.to(address), self.optional);
                cluster.ask_for(namespaces, in_each);
                cluster
            }))
        });
        let addresses = wanted.into_iter().map(|(address, _)| address.clone());
        self.all.extend(addresses.zip(asked));
    }

    /// The cluster of an address that was asked.
    pub(super) fn known(&self, address: &ClusterAddress) -> Option<&Cluster> {
        self.all.get(address)
    }
}

/// A cluster, and the releases of each of its namespaces asked for, each asked once.
pub(super) struct Cluster {
    helm: Helm,
    /// A dry run goes on without a cluster.
    optional: bool,
    seen: BTreeMap<String, Result<Vec<ReleaseSummary>, HelmError>>,
    /// Why it does not answer at all, where that is known.
    silence: Option<String>,
}

impl Cluster {
    pub(super) fn new(helm: &Helm, optional: bool) -> Self {
        Self {
            helm: helm.clone(),
            optional,
            seen: BTreeMap::new(),
            silence: None,
        }
    }

    /// Asks for the releases of several namespaces: all at once where they are many and all may be seen.
    fn ask_for(&mut self, namespaces: &BTreeSet<String>, at_once: usize) {
        self.silence = self.silence();
        if self.silence.is_some() {
            return;
        }
        if namespaces.len() > FEW
            && let Ok(all) = self.helm.releases_everywhere()
        {
            let mut by_namespace: BTreeMap<String, Vec<ReleaseSummary>> = BTreeMap::new();
            for one in all {
                by_namespace
                    .entry(one.namespace)
                    .or_default()
                    .push(one.release);
            }
            self.seen.extend(namespaces.iter().map(|one| {
                let releases = by_namespace.remove(one).unwrap_or_default();
                (one.clone(), Ok(releases))
            }));
            return;
        }
        let names: Vec<&String> = namespaces.iter().collect();
        let answers = side_by_side(&names, at_once, |one| self.helm.releases(one));
        self.seen.extend(names.into_iter().cloned().zip(answers));
    }

    /// Why the cluster does not answer at all: helm by itself would wait for a server that takes a call and says nothing.
    fn silence(&self) -> Option<String> {
        let kubectl = Kubectl::at(self.helm.cluster()).ok()?;
        let asked = kubectl.run(&["get", "--raw", "/version"]);
        let why = format!("{:#}", asked.err()?);
        // Who is not let in was answered, and helm tells more.
        let answered = ["Error from server", "logged in"];
        let answered = answered.iter().any(|sign| why.contains(sign));
        (!answered).then_some(why)
    }

    /// The helm that leads there.
    pub(super) fn helm(&self) -> &Helm {
        &self.helm
    }

    /// The releases of a namespace, or why they are unknown.
    fn releases(
        &mut self,
        namespace: &str,
        screen: &Screen,
    ) -> Result<Result<&[ReleaseSummary], String>> {
        match &self.silence {
            Some(why) if self.optional => return Ok(Err(first_line(why))),
            Some(why) => bail!("{} does not answer: {why}", self.helm.cluster()),
            None => {}
        }
        if !self.seen.contains_key(namespace) {
            // The answer for one namespace holds for the next where no cluster answers at all.
            let silent = self.seen.values().find_map(|known| {
                known
                    .as_ref()
                    .err()
                    .filter(|e| e.is_cluster_unreachable())
                    .cloned()
            });
            let answer = match silent {
                Some(error) => Err(error),
                None => {
                    let what = format!("asking the cluster for the releases of {namespace}");
                    let answer =
                        screen.step(&what, || Ok::<_, Infallible>(self.helm.releases(namespace)));
                    let Ok(answer) = answer;
                    answer
                }
            };
            self.seen.insert(namespace.to_owned(), answer);
        }
        match self.seen.get(namespace) {
            Some(Ok(releases)) => Ok(Ok(releases)),
            Some(Err(error)) if self.optional => Ok(Err(first_line(&error.message))),
            Some(Err(error)) => Err(error.clone().into()),
            None => Ok(Ok(&[])),
        }
    }
}

impl Cluster {
    /// The namespace that holds where none is named.
    pub(super) fn here(&self) -> String {
        self.helm.cluster().namespace().to_owned()
    }

    /// The releases of a namespace; none where that is allowed to be unknown.
    pub(super) fn ask(&mut self, namespace: &str, screen: &Screen) -> Result<&[ReleaseSummary]> {
        Ok(self.releases(namespace, screen)?.unwrap_or_default())
    }

    /// The releases of a namespace that was asked for; `None` where the cluster did not tell.
    pub(super) fn known(&self, namespace: &str) -> Option<&[ReleaseSummary]> {
        let known = self.seen.get(namespace)?.as_ref().ok()?;
        Some(known)
    }
}

fn first_line(message: &str) -> String {
    message.lines().last().unwrap_or_default().to_owned()
}

/// A component's place, before its chart is known.
pub(super) struct Destination {
    pub(super) component: Component,
    /// The generation that the chart's reference tells.
    pub(super) layout: &'static Layout,
    pub(super) release: String,
    pub(super) namespace: String,
    pub(super) chart: String,
    /// The version to fetch; `None` for the newest.
    pub(super) version: Option<String>,
    /// All values files, in Helm's order.
    pub(super) values: Vec<PathBuf>,
    /// Where in the files the values of the component's chart stand, where that was said.
    pub(super) values_path: Option<KeyPath>,
    /// Whether somebody said which release it is: the documented name is that of the vendor's chart alone.
    pub(super) is_named: bool,
    /// The release as it is listed, or why nothing is known of it.
    pub(super) listed: Result<Option<ReleaseSummary>, String>,
}

impl Destination {
    /// Finds out where a component goes: what was asked for, else what is deployed, else what is documented.
    pub(super) fn find(
        spec: TargetSpec,
        cluster: &mut Cluster,
        screen: &Screen,
        may_ask: bool,
    ) -> Result<Self> {
        let spec = kept::filled(spec)?;
        let component = spec.component;
        let layout = layout_of(component, spec.chart.as_deref());
        let namespace = spec.namespace_in(cluster.helm.cluster()).to_owned();
        let releases = cluster.releases(&namespace, screen)?;
        let of_chart: Vec<(&str, &str)> = releases
            .as_ref()
            .map(|releases| {
                releases
                    .iter()
                    .filter(|release| !release.is_uninstalled())
                    .filter_map(|r| Some((r.name.as_str(), r.version_of(layout.chart)?)))
                    .collect()
            })
            .unwrap_or_default();
        let is_named = spec.release.is_some();
        let release = match (spec.release, of_chart.as_slice()) {
            (Some(release), _) => release,
            (None, [(only, _)]) => (*only).to_owned(),
            (None, []) => match layout.release {
                Some(documented) => documented.to_owned(),
                None if may_ask => ui::text(&format!(
                    "Release name of the {} in {namespace} (it shows in application URLs)",
                    component.title()
                ))?,
                None => {
                    return Err(Stop::no_answer(format!(
                        "the release name of the {0}, which has no default since it shows in application URLs: --{1}-release NAME",
                        component.title(), component
                    ))
                    .into());
                }
            },
            (None, several) if may_ask => {
                let names: Vec<String> = several.iter().map(|(name, _)| (*name).into()).collect();
                let question =
                    format!("Which release of the {} in {namespace}?", component.title());
                let chosen = ui::choose(&question, &names)?;
                names.get(chosen).cloned().unwrap_or_default()
            }
            (None, several) => {
                let names: Vec<&str> = several.iter().map(|(name, _)| *name).collect();
                return Err(Stop::no_answer(format!(
                    "which of the releases of {} in the namespace {namespace} ({}): --{component}-release NAME",
                    layout.chart,
                    names.join(", "),
                ))
                .into());
            }
        };
        let listed = releases.map(|all| all.iter().find(|one| one.name == release).cloned());
        // A chart of the user's own is pinned like the vendor's, which a mirror may have under another name.
        let own = spec.chart.as_deref().map(helm::chart_name);
        let version = |listed: &ReleaseSummary| {
            let mut names = [Some(layout.chart), own.as_deref()].into_iter().flatten();
            let version = names.find_map(|name| listed.version_of(name))?;
            Some(version.to_owned())
        };
        let is_there = |listed: &&ReleaseSummary| !listed.is_uninstalled();
        let same_chart = listed.as_ref().ok().and_then(Option::as_ref);
        let same_chart = same_chart.filter(is_there).and_then(version);
        let local = spec
            .chart
            .as_deref()
            .is_some_and(|chart| Path::new(chart).exists());
        let pinned = same_chart.filter(|_| !local);
        let values = values_files(spec.values, layout);
        Ok(Self {
            component,
            layout,
            release,
            namespace,
            chart: spec.chart.unwrap_or_else(|| default_chart(layout)),
            version: spec.version.or(pinned),
            values,
            values_path: spec.values_path,
            is_named,
            listed,
        })
    }

    /// Where a component goes as far as rendering needs to know: what was asked for, else what is documented.
    ///
    /// # Errors
    /// A values file that is an object cannot be read, or does not say where its chart is.
    pub(super) fn without_cluster(spec: TargetSpec, cluster: &ClusterAddress) -> Result<Self> {
        let spec = kept::filled(spec)?;
        let component = spec.component;
        let layout = layout_of(component, spec.chart.as_deref());
        let values = values_files(spec.values, layout);
        Ok(Self {
            component,
            layout,
            is_named: spec.release.is_some(),
            // Nothing that is rendered for a gateway depends on its release's name.
            release: spec
                .release
                .unwrap_or_else(|| layout.release.unwrap_or(component.name()).to_owned()),
            namespace: spec
                .namespace
                .unwrap_or_else(|| cluster.namespace().to_owned()),
            chart: spec.chart.unwrap_or_else(|| default_chart(layout)),
            version: spec.version,
            values,
            values_path: spec.values_path,
            listed: Ok(None),
        })
    }

    /// Where in its chart, or in which chart inside that, the component is.
    ///
    /// # Errors
    /// That cannot be told; or it is inside another chart, whose release has no documented name.
    pub(super) fn inner<'a>(&self, chart: &'a Chart, given: &Value) -> Result<Inner<'a>, Stop> {
        let inner = plan::inner(chart, self.component, self.values_path.as_ref(), given)?;
        if inner.layout.is_inner() && !self.is_named {
            let component = self.component;
            return Err(Stop::no_answer(format!(
                "the release name of {}, which has the chart of the {} inside it, at {}: --{component}-release NAME (helm list shows the releases that there are)",
                chart.name,
                component.title(),
                inner.layout.below.join(".")
            )));
        }
        Ok(inner)
    }

    /// The release's state: as it was read with others from `storage`, else as helm tells it.
    pub(super) fn observe(&self, helm: &Helm, storage: &Storage) -> Result<Observed> {
        Ok(match &self.listed {
            Err(why) => Observed::Unknown(why.clone()),
            Ok(None) => Observed::Absent,
            // Helm installs it anew, and takes none of its values over.
            Ok(Some(listed)) if listed.is_uninstalled() => Observed::Absent,
            Ok(Some(listed)) => match self.deployed(helm, storage)? {
                Some(deployed) => Observed::Present(Box::new(Snapshot::new(
                    deployed,
                    listed.clone(),
                    &self.namespace,
                ))),
                None => Observed::Absent,
            },
        })
    }

    fn deployed(&self, helm: &Helm, storage: &Storage) -> Result<Option<Deployed>, HelmError> {
        match storage.of(&self.id(helm.cluster())) {
            Some(deployed) => Ok(Some(deployed)),
            None => helm.deployed(&self.release, &self.namespace),
        }
    }

    /// The release as it is listed, where there is one.
    pub(super) fn is_there(&self) -> Option<&ReleaseSummary> {
        let listed = self.listed.as_ref().ok()?.as_ref()?;
        (!listed.is_uninstalled()).then_some(listed)
    }

    /// Why it cannot be deployed by one upgrade with another component of its release.
    fn is_apart(&self, other: &Self) -> Option<String> {
        let (component, named) = (self.component, other.component);
        let over = "where one would be deployed over the other";
        if component == named {
            return Some(format!(
                "{over}: give one another name, with --{component}-release; where one chart has both inside it, do one after the other"
            ));
        }
        if self.chart != other.chart {
            return Some(format!(
                "{over}: give one another name, with --{component}-release; where one chart has both inside it, name that for both, not {} and {}",
                other.chart, self.chart
            ));
        }
        if self.version != other.version {
            let said = |place: &Self| place.version.clone().unwrap_or("the newest".to_owned());
            return Some(format!(
                "which has one version: give both the same, not {} and {}",
                said(other),
                said(self)
            ));
        }
        let places = |place: &Self| -> Vec<PathBuf> {
            let all = place.values.iter();
            all.map(|path| files::place_of(path)).collect()
        };
        if places(self) == places(other) {
            return None;
        }
        let flags: Vec<String> = other
            .values
            .iter()
            .map(|path| {
                let path = path.display().to_string();
                format!("--{component}-values {}", shell_words::quote(&path))
            })
            .collect();
        Some(format!(
            "which one upgrade deploys: give both the same values files in the same order, as by {}",
            flags.join(" ")
        ))
    }

    /// What it is known by, in a cluster.
    pub(super) fn id(&self, cluster: &ClusterAddress) -> TargetId {
        TargetId {
            cluster: cluster.clone(),
            namespace: self.namespace.clone(),
            release: self.release.clone(),
        }
    }

    /// The coordinates, once the chart's version is known.
    pub(super) fn coordinates(&self, version: String, cluster: &ClusterAddress) -> Coordinates {
        Coordinates {
            component: self.component,
            id: self.id(cluster),
            chart: self.chart.clone(),
            version,
            values: self.values.clone(),
        }
    }

    /// Reads the values files, as they will be where other targets edit them. Only a file that is to be edited may be new.
    ///
    /// # Errors
    /// A file is not there, but for the one to edit where it has its documented name or may be new (`new_file`): a slip of a
    /// finger would make a new file, and a new release without credentials.
    pub(super) fn read_values(
        &self,
        layout: &Layout,
        drafts: AsDrafted<'_>,
        new_file: bool,
    ) -> Result<ValuesFiles> {
        let read = |path: &PathBuf| {
            let refused =
                |why: &str| Err(Stop::refused(format!("{} {why}", path.display())).into());
            if let Some(why) = foreign::kind_of_word(&path.to_string_lossy()) {
                return refused(why);
            }
            let Read { text, around } = kept::read(path, self.component, Some(&self.release))?;
            // What YAML cannot read is refused with its line when the file is edited; as another file, it fails here.
            let values = match text.as_deref().map(yaml::value_of) {
                Some(Err(error)) if self.values.len() > 1 => {
                    let what = format!("cannot read the values file {}", path.display());
                    return Err(anyhow::Error::new(error).context(what));
                }
                Some(Ok(values)) => values,
                Some(Err(_)) | None => Value::Null,
            };
            let is_foreign = text
                .as_deref()
                .filter(|_| around.is_none())
                .and_then(|text| foreign::kind(text, &values));
            if let Some(why) = is_foreign {
                return refused(&why);
            }
            Ok(((path.clone(), text, values), around))
        };
        let all = self.values.iter().map(read).collect::<Result<Vec<_>>>()?;
        let (all, around): (Vec<_>, Vec<_>) = all.into_iter().unzip();
        let missing: Vec<PathBuf> = all
            .iter()
            .filter(|(path, text, _)| text.is_none() && drafts.edited(path).is_none())
            .map(|(path, ..)| path.clone())
            .collect();
        let files = ValuesFiles::new(all, layout.certificates).inside(around);
        let may_be_new = |path: &Path| {
            let mut layouts = self.component.layouts().into_iter();
            let is_documented =
                layouts.any(|one| path.file_name() == Some(OsStr::new(one.override_file)));
            path == files.edited() && (new_file || is_documented)
        };
        match missing.iter().find(|path| !may_be_new(path)) {
            Some(path) if path == files.edited() => bail!(
                "there is no values file {}{}; if it is to be a new one, add --new-file",
                path.display(),
                file_like(path)
            ),
            Some(path) => bail!(
                "there is no values file {}{}",
                path.display(),
                file_like(path)
            ),
            None => {
                let edited = files.edited().to_path_buf();
                files.drafted(|path| {
                    if path == edited {
                        drafts.edited(path)
                    } else {
                        drafts.read(path)
                    }
                })
            }
        }
    }
}

/// Which release a target is before its cluster was asked, as far as that is known.
pub(super) fn id_of(spec: &TargetSpec, cluster: &ClusterAddress) -> TargetId {
    let documented = spec.component.documented().release;
    let release = spec.release.as_deref().or(documented);
    TargetId {
        cluster: cluster.clone(),
        namespace: spec.namespace_in(cluster).to_owned(),
        release: release.unwrap_or(spec.component.name()).to_owned(),
    }
}

/// Whether each is a release of its own, or one of several components that a chart has inside it, which one upgrade deploys: Helm
/// would deploy one chart over the other.
pub(super) fn are_distinct<'a>(
    places: impl Iterator<Item = (&'a ClusterAddress, &'a Destination, usize)>,
) -> Result<(), Stop> {
    let mut seen: Vec<(TargetId, &Destination, usize)> = Vec::new();
    for (cluster, place, wave) in places {
        let id = place.id(cluster);
        let of_it = seen.iter().filter(|(one, ..)| one.is_same_release(&id));
        for (_, other, their_wave) in of_it {
            let why = if *their_wave == wave {
                place.is_apart(other)
            } else {
                Some(format!(
                    "which one upgrade deploys: give both the same wave, not {their_wave} and {wave}"
                ))
            };
            if let Some(why) = why {
                return Err(Stop::usage(format!(
                    "{} and {} are both to be release {} in {}, {why}",
                    other.component, place.component, id.release, id.namespace
                )));
            }
        }
        seen.push((id, place, wave));
    }
    Ok(())
}

/// The values files, else the documented one. Of a file that is named twice the last place counts: what it says wins over all
/// between, as Helm has it.
fn values_files(named: Vec<PathBuf>, layout: &Layout) -> Vec<PathBuf> {
    if named.is_empty() {
        return vec![layout.override_file.into()];
    }
    let places: Vec<PathBuf> = named.iter().map(|path| files::place_of(path)).collect();
    let again = |index: usize, place| places.iter().skip(index + 1).any(|other| other == place);
    let all = named.into_iter().zip(&places).enumerate();
    all.filter(|(index, (_, place))| !again(*index, *place))
        .map(|(_, (path, _))| path)
        .collect()
}

/// The generation whose documented names hold, as far as the chart's reference tells.
fn layout_of(component: Component, reference: Option<&str>) -> &'static Layout {
    reference.map_or(component.documented(), |reference| {
        Layout::named(component, &helm::chart_name(reference))
    })
}

/// Helm's own flags, sorted.
pub(super) fn helm_arguments(words: &[String]) -> Result<HelmArguments> {
    Ok(HelmArguments::sort(words)?)
}
