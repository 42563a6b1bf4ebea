//! A cluster that several targets of a run ask: what they want to know at about the same time goes into one call.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, PoisonError};

use super::look_ups::LookUps;
use super::still::AsShown;
use crate::helm;
use crate::kube::{ClusterAddress, Kubectl};
use crate::plan::{Plan, Target};

/// What the targets of one cluster share.
pub(super) struct Cluster<'a> {
    pub(super) as_shown: AsShown<'a>,
    pub(super) look_ups: LookUps,
    room: Mutex<usize>,
    left: Condvar,
}

impl<'a> Cluster<'a> {
    /// The clusters in which several targets have their turns, `at_once` of them at a time, and in which kubectl can see what
    /// Helm keeps.
    pub(super) fn all(plan: &'a Plan, at_once: usize) -> BTreeMap<&'a ClusterAddress, Self> {
        let mut targets: BTreeMap<&ClusterAddress, Vec<&Target>> = BTreeMap::new();
        if helm::keeps_releases_in_secrets() {
            for target in plan.targets.iter().filter(|one| one.is_upgraded()) {
                let cluster = &target.coordinates.id.cluster;
                targets.entry(cluster).or_default().push(target);
            }
        }
        targets.retain(|_, targets| targets.len() > 1);
        let clusters = targets.into_iter().filter_map(|(address, targets)| {
            let kubectl = Kubectl::at(address).ok()?;
            let cluster = Self {
                as_shown: AsShown::of(kubectl.clone(), targets, at_once),
                look_ups: LookUps::of(kubectl),
                room: Mutex::new(at_once.max(1)),
                left: Condvar::new(),
            };
            Some((address, cluster))
        });
        clusters.collect()
    }

    /// Does what takes a process of its own, for no more targets at once than may go.
    pub(super) fn in_turn<T>(&self, work: impl FnOnce() -> T) -> T {
        let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        while *room == 0 {
            room = self.left.wait(room).unwrap_or_else(PoisonError::into_inner);
        }
        *room -= 1;
        drop(room);
        let _leaves = Leaves(&self.room, &self.left);
        work()
    }
}

/// Makes room when it goes, be it by a panic.
struct Leaves<'a>(&'a Mutex<usize>, &'a Condvar);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.1.notify_one();
    }
}
