//! The certificates that the targets of a run are to trust, each source read once.

use std::sync::Arc;

use anyhow::Result;

use crate::certs::bundle::Bundle;
use crate::certs::lint;
use crate::exit::{Stop, code_of};
use crate::finding::Finding;
use crate::interrupt;
use crate::kube::ClusterAddress;
use crate::overrides::Mode;
use crate::request::{Desired, TargetRequest};
use crate::sources::{Access, Reading, Source};
use crate::ui;

/// What a target is to trust, or why that is not known.
pub(super) type Wanted = Result<Arc<Bundle>, Stop>;

/// What a run brings.
#[derive(Default)]
pub(super) struct Bundles {
    /// Of each target, in the order of the requests; or why they are not known, which keeps no other target from its turn.
    pub(super) each: Vec<Wanted>,
    /// All of them together.
    pub(super) all: Bundle,
    /// What there is to say of the sources.
    pub(super) findings: Vec<Finding>,
}

impl Bundles {
    /// Reads what all targets are to trust, or what was `desired` of them where there is none yet. Certificates in a cluster are read from that of `cluster`.
    ///
    /// # Errors
    /// Where no file lists the targets, a source cannot be read; or nothing says which certificates are meant.
    pub(super) fn of(
        desired: &Desired,
        requests: &[TargetRequest],
        are_listed: bool,
        cluster: &ClusterAddress,
        may_ask: bool,
    ) -> Result<Self> {
        let mut sources = Sources {
            access: Access {
                cluster,
                ask: may_ask.then_some(ui::confirm),
                looking: false,
            },
            read: Vec::new(),
        };
        let mut each = Vec::new();
        let mut known: Vec<(&[Source], Wanted)> = Vec::new();
        let all = requests.iter().map(|request| &request.desired);
        // Where no target is known yet, what is missing of the rest is told all the same.
        let nobody = requests.is_empty().then_some(desired);
        for desired in all.chain(nobody) {
            fit_together(desired)?;
            // A file may list a release that is to get nothing.
            if !are_listed {
                are_named(desired)?;
            }
            let wanted = desired.certificates.as_slice();
            let same = known.iter().find(|(sources, _)| *sources == wanted);
            if let Some((_, bundle)) = same {
                each.push(bundle.clone());
                continue;
            }
            let bundle = match sources.bundle(wanted) {
                Ok(bundle) => Ok(Arc::new(bundle)),
                Err(error) if are_listed && !interrupt::requested() => {
                    Err(Stop::new(code_of(&error), format!("{error:#}")))
                }
                Err(error) => return Err(error),
            };
            known.push((wanted, bundle.clone()));
            each.push(bundle);
        }
        let mut given = Vec::new();
        let mut findings = Vec::new();
        for (_, reading) in sources.read {
            given.extend(reading.given);
            findings.extend(reading.notes);
        }
        for bundle in known.iter().filter_map(|(_, bundle)| bundle.as_ref().ok()) {
            let repeated = lint::repeated(bundle).into_iter();
            findings.extend(
                repeated
                    .filter(|one| !findings.contains(one))
                    .collect::<Vec<_>>(),
            );
        }
        Ok(Self {
            each,
            all: Bundle::new(given),
            findings,
        })
    }
}

/// Whether it is said which certificates come, or which go.
fn are_named(desired: &Desired) -> Result<(), Stop> {
    if let (Some(selection), true) = (&desired.drop, desired.certificates.is_empty()) {
        if selection.selectors.is_empty() {
            return Err(Stop::no_answer(
                "which certificates: --alias NAME, --sha256 PREFIX, --subject GLOB, --expired, --superseded or --all",
            ));
        }
        return Ok(());
    }
    if desired.certificates.is_empty() {
        return Err(Stop::no_answer(
            "which certificates: --ca FILE (or a folder, https://HOST, secret:NAME, system; a values file, for those that it has)",
        ));
    }
    Ok(())
}

/// Whether what comes goes with how it comes.
fn fit_together(desired: &Desired) -> Result<(), Stop> {
    let from_system = desired.certificates.iter().any(|source| source.is_system);
    if desired.mode == Some(Mode::Append) && from_system {
        return Err(Stop::usage(
            "--ca system is for --mode replace: in append mode the pods keep the bundle they come with",
        ));
    }
    Ok(())
}

/// The sources that were read so far.
struct Sources<'a> {
    access: Access<'a>,
    read: Vec<(Source, Reading)>,
}

impl Sources<'_> {
    fn bundle(&mut self, wanted: &[Source]) -> Result<Bundle> {
        let mut given = Vec::new();
        for source in wanted {
            let known = self.read.iter().find(|(read, _)| read == source);
            if let Some((_, reading)) = known {
                given.extend(reading.given.iter().cloned());
            } else {
                let reading = source.gather(&self.access)?;
                given.extend(reading.given.iter().cloned());
                self.read.push((source.clone(), reading));
            }
        }
        Ok(Bundle::new(given))
    }
}

/// The certificates of all sources, each once, and what there is to say of that.
pub(super) fn read(sources: &[Source], access: &Access<'_>) -> Result<(Bundle, Vec<Finding>)> {
    let mut all = Sources {
        access: access.clone(),
        read: Vec::new(),
    };
    let bundle = all.bundle(sources)?;
    let notes = all.read.into_iter().flat_map(|(_, reading)| reading.notes);
    let mut findings: Vec<Finding> = notes.collect();
    findings.extend(lint::repeated(&bundle));
    Ok((bundle, findings))
}
