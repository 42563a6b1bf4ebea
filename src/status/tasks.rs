//! Tasks that run: what they trust was decided when their pods started.

use time::OffsetDateTime;

use super::live::owner_of;
use super::pods::{is_over, started, time_of};
use crate::certs::Fingerprint;
use crate::proof::{Carriers, Itself, Object, keeps_pods, mounted_by};

/// The pods of tasks that run or are about to.
#[derive(Debug)]
pub struct Tasks<'a> {
    /// Those that trust each of the certificates.
    pub with: Vec<&'a Object>,
    /// Those that were started without one of them.
    pub without: Vec<&'a Object>,
}

impl<'a> Tasks<'a> {
    /// Finds them among the pods of a namespace: the agent starts them, so that no workload owns them, and they mount what
    /// `release` renders for them.
    #[must_use]
    pub fn find(pods: &'a [Object], release: &[Object], wanted: &[Fingerprint]) -> Self {
        let carriers = Carriers::find(release);
        let carrying = carriers.carrying_objects();
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for pod in pods {
            let is_kept = owner_of(pod).is_some_and(|(kind, _)| keeps_pods(&kind));
            let mounted = mounted_by(pod);
            let mut mounted = mounted.iter();
            let is_task = !is_kept
                && !is_over(pod)
                && mounted.any(|(kind, name)| carrying.contains(&(*kind, name.as_str())));
            if is_task {
                let started = started(pod, release, &Itself::default());
                let gets = |one: &Fingerprint| started.as_ref().is_some_and(|pod| pod.gets(*one));
                let has_all = wanted.iter().all(gets);
                let side = if has_all { &mut with } else { &mut without };
                side.push(pod);
            }
        }
        Self { with, without }
    }

    /// Counts those as started without it that are older than the moment since which the release has it.
    pub fn settle(&mut self, since: OffsetDateTime) {
        let is_older = |pod: &&Object| {
            let created = pod.get(&["metadata", "creationTimestamp"]);
            created.and_then(time_of).is_some_and(|at| at < since)
        };
        let with = std::mem::take(&mut self.with).into_iter();
        let (older, with): (Vec<&Object>, Vec<&Object>) = with.partition(is_older);
        self.with = with;
        self.without.extend(older);
    }
}
