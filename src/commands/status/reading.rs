//! Reading releases: what Helm stored of each, its live objects, and what was deployed before.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use anyhow::Result;
use time::OffsetDateTime;

use super::files::Files;
use super::found::{Candidate, Shadow, Surveyed};
use super::sought::Sought;
use crate::finding::Finding;
use crate::helm::TargetId;
use crate::helm::{HelmError, chart_and_version, in_force};
use crate::kube::ClusterAddress;
use crate::plan::{Released, components_inside, part};
use crate::proof::{Manifest, Part};
use crate::release::Snapshot;
use crate::request::TargetSpec;
use crate::side_by_side::{AT_ONCE, side_by_side};
use crate::status::{self, Evidence, Given, Live, Stored};
use crate::ui::Screen;
use crate::vendor::{Component, Layout};

/// A release that was read.
pub(super) struct Read {
    pub(super) cluster: usize,
    pub(super) id: TargetId,
    pub(super) component: Component,
    pub(super) layout: &'static Layout,
    pub(super) chart: (String, Option<String>),
    pub(super) part: Option<Part>,
    pub(super) stored: Result<Box<Snapshot>, String>,
    pub(super) live: Live,
    pub(super) earlier: BTreeMap<OffsetDateTime, Manifest>,
}

/// Reads every release, side by side over all clusters, and gives what there is to say of those that cannot be read.
pub(super) fn read_all(
    surveyed: &[Result<Surveyed>],
    sought: &[Sought],
    screen: &Screen,
) -> (Vec<Read>, Vec<Finding>) {
    let (mut candidates, mut reads, mut findings) = (Vec::new(), Vec::new(), Vec::new());
    for (index, (wanted, one)) in sought.iter().zip(surveyed).enumerate() {
        let Ok(one) = one else { continue };
        findings.extend(one.findings.iter().cloned());
        candidates.extend(
            one.candidates
                .iter()
                .map(|candidate| (index, wanted, one, candidate)),
        );
        let shadows = one.shadows.iter();
        reads.extend(shadows.map(|shadow| Read::of_shadow(shadow, index, &wanted.cluster)));
    }
    if candidates.is_empty() {
        return (reads, findings);
    }
    let what = match candidates.len() {
        1 => "reading 1 release".to_owned(),
        several => format!("reading {several} releases"),
    };
    let Ok(answers) = screen.step(&what, || {
        Ok::<_, Infallible>(side_by_side(
            &candidates,
            AT_ONCE,
            |(index, sought, one, candidate)| {
                Read::of_candidate(candidate, *index, one, &sought.specs)
            },
        ))
    });
    for ((.., candidate), answer) in candidates.iter().zip(answers) {
        match answer {
            Ok(found) => reads.extend(found),
            Err(error) => findings.push(unreadable(candidate, &error)),
        }
    }
    for read in &reads {
        let (chart, _) = &read.chart;
        let names = [&read.id.release, &read.id.namespace, chart].map(Clone::clone);
        screen.leave_open(names);
        if let Ok(snapshot) = &read.stored {
            screen.hide_secrets_of(&snapshot.deployed.values);
            screen.hide_secrets_in(&snapshot.manifest);
        }
    }
    (reads, findings)
}

fn unreadable(candidate: &Candidate, error: &HelmError) -> Finding {
    let said = error.message.lines().last().unwrap_or_default();
    Finding::error(
        "release-unreadable",
        format!(
            "release {} in {} could not be read: {said}",
            candidate.listed.name, candidate.namespace
        ),
    )
    .hint(format!("see what helm says: {}", error.command))
}

impl Read {
    fn of_shadow(shadow: &Shadow, index: usize, cluster: &ClusterAddress) -> Self {
        let (chart, _) = &shadow.chart;
        Self {
            cluster: index,
            id: TargetId {
                cluster: cluster.clone(),
                namespace: shadow.namespace.clone(),
                release: shadow.release.clone(),
            },
            component: shadow.component,
            layout: Layout::named(shadow.component, chart),
            chart: shadow.chart.clone(),
            part: None,
            stored: Err(shadow.why.clone()),
            live: shadow.live.clone(),
            earlier: BTreeMap::new(),
        }
    }

    /// Reads a release: for each component that its chart is, or has inside it. None where it is none of those that are looked for.
    fn of_candidate(
        candidate: &Candidate,
        index: usize,
        surveyed: &Surveyed,
        specs: &[TargetSpec],
    ) -> Result<Vec<Self>, HelmError> {
        let helm = &surveyed.helm;
        let (name, namespace) = (&candidate.listed.name, &candidate.namespace);
        let (chart, version) = chart_and_version(&candidate.listed.chart);
        let (components, defaults) = match candidate.components.as_slice() {
            [only] => (vec![*only], None),
            several @ [_, ..] => (
                several.to_vec(),
                Some(helm.computed_values(name, namespace)?),
            ),
            [] => {
                let values = helm.computed_values(name, namespace)?;
                let is_wanted = |one: &Component| {
                    let mut specs = specs.iter();
                    specs.any(|spec| spec.component == *one && spec.release.is_none())
                };
                let mut components = match Component::by_values(chart, &values) {
                    Some(component) => vec![component],
                    None => components_inside(&values),
                };
                components.retain(is_wanted);
                (components, Some(values))
            }
        };
        if components.is_empty() {
            return Ok(Vec::new());
        }
        let (deployed, live) = match helm.now(name, namespace) {
            Ok(None) => return Ok(Vec::new()),
            Ok(Some(mut deployed)) => {
                let live = match deployed.live.take() {
                    Some(objects) => Live {
                        objects,
                        unread: Vec::new(),
                    },
                    None => Live::untold("helm tells nothing of the live objects"),
                };
                (deployed, live)
            }
            Err(error) if error.is_cluster_unreachable() || error.is_interrupted() => {
                return Err(error);
            }
            // Some kind of its objects may not be read, or is not there any more, which helm fails at as a whole.
            Err(error) => {
                let stored = helm.stored(&candidate.listed, namespace);
                let deployed = stored.map_err(|_| error)?;
                (deployed, surveyed.live_of(namespace, name))
            }
        };
        let all = defaults.as_ref().unwrap_or(&deployed.values);
        let released = Released {
            chart,
            manifest: &deployed.manifest,
            values: all,
        };
        let computed = || match &defaults {
            Some(values) => Ok(values.clone()),
            None => helm.computed_values(name, namespace),
        };
        let mut places = Vec::new();
        for component in components {
            let said = specs.iter().find(|spec| {
                let is_named = spec.release.as_ref().is_none_or(|named| named == name);
                spec.component == component
                    && spec.allows(namespace)
                    && is_named
                    && spec.values_path.is_some()
            });
            let said = said.and_then(|spec| spec.values_path.as_ref());
            let layouts = released.layouts(component, said, computed)?;
            let layouts = layouts
                .into_iter()
                .map(|layout| (layout, part(released.manifest, layout)));
            places.extend(layouts.map(|(layout, part)| (component, layout, part)));
        }
        let version = (!version.is_empty()).then(|| version.to_owned());
        let snapshot = Snapshot::new(deployed, candidate.listed.clone(), namespace);
        let read = |(component, layout, part), snapshot, live| Self {
            cluster: index,
            id: TargetId {
                cluster: helm.cluster().clone(),
                namespace: namespace.clone(),
                release: name.clone(),
            },
            component,
            layout,
            chart: (chart.to_owned(), version.clone()),
            part,
            stored: Ok(Box::new(snapshot)),
            live,
            earlier: BTreeMap::new(),
        };
        // Seldom is there more than one.
        let last = places.pop();
        let others = places.into_iter();
        let mut reads: Vec<Self> = others
            .map(|one| read(one, snapshot.clone(), live.clone()))
            .collect();
        reads.extend(last.map(|one| read(one, snapshot, live)));
        Ok(reads)
    }

    pub(super) fn evidence<'a>(
        &'a self,
        files: &'a Files<'_>,
        given: Option<Given<'a>>,
        now: OffsetDateTime,
    ) -> Evidence<'a> {
        let (chart, version) = self.chart.clone();
        Evidence {
            id: self.id.clone(),
            component: self.component,
            layout: self.layout,
            chart,
            version,
            part: self.part.as_ref(),
            stored: match &self.stored {
                Ok(snapshot) => Stored::Read(snapshot),
                Err(why) => Stored::Hidden(why),
            },
            live: &self.live,
            file: files.of(self.cluster, self.component, &self.id, self.layout),
            given,
            earlier: &self.earlier,
            now,
        }
    }
}

/// Asks Helm's history what was deployed when pods started that may be older than what they mount.
pub(super) fn settle_doubts(
    reads: &mut [Read],
    surveyed: &[Result<Surveyed>],
    files: &Files<'_>,
    screen: &Screen,
) {
    let now = OffsetDateTime::now_utc();
    let doubted = |read: &Read| match &read.stored {
        Ok(_) => status::in_doubt(&read.evidence(files, None, now)),
        Err(_) => BTreeSet::new(),
    };
    let open: Vec<(usize, &Read, Vec<OffsetDateTime>)> = reads
        .iter()
        .enumerate()
        .map(|(index, read)| (index, read, doubted(read).into_iter().collect()))
        .filter(|(.., moments): &(_, _, Vec<_>)| !moments.is_empty())
        .collect();
    if open.is_empty() {
        return;
    }
    let what = "asking Helm's history what older pods were started with";
    let Ok(answers) = screen.step(what, || {
        Ok::<_, Infallible>(side_by_side(&open, AT_ONCE, |(_, read, moments)| {
            let surveyed = surveyed.get(read.cluster).and_then(|one| one.as_ref().ok());
            surveyed.map_or_else(BTreeMap::new, |one| earlier(read, one, moments))
        }))
    });
    let places: Vec<usize> = open.iter().map(|(index, ..)| *index).collect();
    for (index, answer) in places.into_iter().zip(answers) {
        if let Some(read) = reads.get_mut(index) {
            read.earlier = answer;
        }
    }
}

/// What was deployed at some moments; nothing for those of which Helm keeps nothing any more.
fn earlier(
    read: &Read,
    surveyed: &Surveyed,
    moments: &[OffsetDateTime],
) -> BTreeMap<OffsetDateTime, Manifest> {
    let helm = &surveyed.helm;
    let TargetId {
        release, namespace, ..
    } = &read.id;
    let history = helm.history(release, namespace).unwrap_or_default();
    let mut manifests: BTreeMap<u64, Option<Manifest>> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for moment in moments {
        let Some(revision) = in_force(&history, *moment) else {
            continue;
        };
        let manifest = manifests.entry(revision).or_insert_with(|| {
            let stream = helm.manifest_of(release, namespace, revision).ok()?;
            Some(Manifest::read(&stream))
        });
        if let Some(manifest) = manifest {
            found.insert(*moment, manifest.clone());
        }
    }
    found
}
