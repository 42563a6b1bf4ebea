//! What is looked for in each cluster.

use std::collections::BTreeMap;

use anyhow::Result;

use super::super::bundles;
use super::super::kept;
use super::found::is_in_cluster;
use crate::certs::bundle::Entry;
use crate::cli::StatusArgs;
use crate::exit::Stop;
use crate::finding::Finding;
use crate::fleet::Fleet;
use crate::kube::ClusterAddress;
use crate::request::{Desired, TargetSpec};
use crate::sources::{Access, Place, Source};
use crate::status::Given;
use crate::vendor::Component;

/// What is looked for in a cluster.
pub(in super::super) struct Sought {
    pub(super) cluster: ClusterAddress,
    pub(super) specs: Vec<TargetSpec>,
    /// What each of these is to trust by the file that lists them.
    wanted: Vec<Vec<Source>>,
}

impl Sought {
    /// What the words of a command line look for.
    pub(super) fn by_words(arguments: &StatusArgs, here: &ClusterAddress) -> Result<Vec<Self>> {
        let specs = arguments.specs()?.into_iter();
        let placed = specs.map(|spec| Ok(kept::placed(spec)?.0));
        let specs = placed.collect::<Result<Vec<_>>>()?;
        let clusters = here.or_of_contexts(&arguments.contexts, arguments.all_contexts)?;
        Ok(Self::alike(clusters, &specs))
    }

    /// All releases of all components in some clusters.
    pub(in super::super) fn all(clusters: Vec<ClusterAddress>) -> Vec<Self> {
        Self::alike(clusters, &Component::ALL.map(TargetSpec::of))
    }

    /// Some releases of one cluster.
    pub(in super::super) fn of(cluster: ClusterAddress, specs: Vec<TargetSpec>) -> Self {
        Self {
            cluster,
            specs,
            wanted: Vec::new(),
        }
    }

    /// The same in each cluster.
    fn alike(clusters: Vec<ClusterAddress>, specs: &[TargetSpec]) -> Vec<Self> {
        let sought = clusters.into_iter().map(|cluster| Self {
            cluster,
            specs: specs.to_vec(),
            wanted: Vec::new(),
        });
        sought.collect()
    }

    /// The targets of a file.
    pub(super) fn by_fleet(
        fleet: &Fleet,
        arguments: &StatusArgs,
        here: &ClusterAddress,
    ) -> Result<Vec<Self>> {
        if arguments.looks_further() {
            return Err(Stop::usage(format!(
                "{} says where its targets are: leave -A, --contexts and --all-contexts out; --only names some of them",
                fleet.file().display()
            ))
            .into());
        }
        let nothing = Desired::default();
        let requests =
            fleet.requests(&nothing, true, here, (&arguments.fleet.only, &kept::known))?;
        let mut sought: BTreeMap<ClusterAddress, Self> = BTreeMap::new();
        for request in requests {
            let one = sought
                .entry(request.cluster.clone())
                .or_insert_with(|| Self {
                    cluster: request.cluster,
                    specs: Vec::new(),
                    wanted: Vec::new(),
                });
            // What cannot be read is told where the file is compared with its release.
            let placed = kept::placed(request.spec.clone());
            let mut spec = placed.map_or(request.spec, |(spec, _)| spec);
            // As `install` goes by the file: a target without a namespace is in that of the cluster alone.
            spec.namespace = Some(spec.namespace_in(&one.cluster).to_owned());
            one.specs.push(spec);
            // What a server presents now is not what it is to be.
            let mut sources = request.desired.certificates;
            sources.retain(|source| !matches!(source.place, Place::Server(_)));
            one.wanted.push(sources);
        }
        Ok(sought.into_values().collect())
    }

    /// Whether a file lists what is looked for here.
    pub(super) fn is_listed(&self) -> bool {
        !self.wanted.is_empty()
    }

    /// What a release is to trust by the file that lists it, and where that is.
    pub(super) fn wanted_of(
        &self,
        component: Component,
        namespace: &str,
        release: &str,
    ) -> Option<&[Source]> {
        let place = self.place_of(component, namespace, release)?;
        let sources = self.wanted.get(place)?;
        (!sources.is_empty()).then_some(sources.as_slice())
    }

    /// Which of the specs a release is.
    pub(super) fn place_of(
        &self,
        component: Component,
        namespace: &str,
        release: &str,
    ) -> Option<usize> {
        let fits = |spec: &TargetSpec, named: bool| {
            let is_it = match &spec.release {
                Some(name) => name == release,
                None => !named,
            };
            spec.component == component && spec.allows(namespace) && is_it
        };
        let mut specs = self.specs.iter();
        let by_name = specs.position(|spec| fits(spec, true));
        by_name.or_else(|| self.specs.iter().position(|spec| fits(spec, false)))
    }
}

/// The certificates of the sources that files name, each list read once.
#[derive(Default)]
pub(super) struct Wanted(Vec<(Vec<Source>, Vec<Entry>, Vec<String>)>);

impl Wanted {
    /// Reads them, those in a cluster from the one that is meant here, and gives what there is to say of those that cannot be read.
    pub(super) fn read(sought: &[Sought], here: &ClusterAddress) -> (Self, Vec<Finding>) {
        let mut all = Self::default();
        let mut findings: Vec<Finding> = Vec::new();
        let mut tried: Vec<&[Source]> = Vec::new();
        let lists = sought.iter().flat_map(|one| &one.wanted);
        for sources in lists.filter(|list| !list.is_empty()) {
            // What could not be read is not asked for again either.
            if tried.contains(&sources.as_slice()) {
                continue;
            }
            tried.push(sources);
            let told = match bundles::read(sources, &Access::looking(here)) {
                Ok((bundle, notes)) => {
                    let words = sources.iter().map(|source| source.place.to_string());
                    all.0
                        .push((sources.clone(), bundle.entries, words.collect()));
                    notes
                }
                Err(error) => vec![Finding::error(
                    "ca-unreadable",
                    format!(
                        "what is to be deployed cannot be read, so nothing is compared with it: {error:#}"
                    ),
                )],
            };
            // Lists share sources, and with them what there is to say.
            for one in told {
                if !findings.contains(&one) {
                    findings.push(one);
                }
            }
        }
        (all, findings)
    }

    /// What was read of a list.
    pub(super) fn of(&self, sources: &[Source]) -> Option<Given<'_>> {
        let mut all = self.0.iter();
        let (_, entries, words) = all.find(|(known, ..)| known == sources)?;
        Some(Given {
            entries,
            sources: words,
            is_all: false,
        })
    }
}

/// The sources of the command line that are on this machine.
pub(super) fn local(arguments: &StatusArgs) -> Vec<Source> {
    let sources = arguments.certificates.iter();
    sources.filter(|one| !is_in_cluster(one)).cloned().collect()
}
