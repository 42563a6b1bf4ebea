//! A cluster that several targets of a run ask: what they want to know at about the same time goes into one call.

use std::collections::BTreeMap;

use super::look_ups::LookUps;
use super::room::Room;
use super::schedule::may_be_same;
use super::still::AsShown;
use crate::helm;
use crate::kube::{ClusterAddress, Kubectl};
use crate::plan::{Plan, Target};
use crate::preflight;

/// What the targets of one cluster share.
pub(super) struct Cluster<'a> {
    /// Their releases right before their turns, where kubectl can see what Helm keeps.
    pub(super) as_shown: Option<AsShown<'a>>,
    pub(super) look_ups: LookUps,
    /// For what takes a process of its own: no more targets at once than may go.
    pub(super) room: Room,
}

impl<'a> Cluster<'a> {
    /// The clusters in which several targets have their turns, `at_once` of them at a time: there are none where they go one after
    /// the other.
    pub(super) fn all(plan: &'a Plan, at_once: usize) -> BTreeMap<&'a ClusterAddress, Self> {
        let mut targets: BTreeMap<&ClusterAddress, Vec<&Target>> = BTreeMap::new();
        for target in plan.targets.iter().filter(|one| one.is_upgraded()) {
            let cluster = &target.coordinates.id.cluster;
            targets.entry(cluster).or_default().push(target);
        }
        targets.retain(|_, targets| at_once > 1 && targets.len() > 1);
        let clusters = targets.into_iter().filter_map(|(address, mut targets)| {
            let kubectl = Kubectl::at(address).ok()?;
            targets.retain(|one| is_told_by_its_revisions(one, plan));
            targets.sort_by_key(|one| one.wave);
            let as_shown = AsShown::of(kubectl.clone(), targets, at_once);
            let cluster = Self {
                as_shown: helm::keeps_releases_in_secrets().then_some(as_shown),
                look_ups: LookUps::of(move |groups| kubectl.look_up_each(groups)),
                room: Room::of(at_once),
            };
            Some((address, cluster))
        });
        clusters.collect()
    }

    /// The same for what Helm keeps: `None` where kubectl cannot see that.
    pub(super) fn of_releases(&self) -> Option<&LookUps> {
        self.as_shown.as_ref().map(|_| &self.look_ups)
    }
}

/// Whether the revision that was shown and the next one tell all there is of a target's release: of one that was uninstalled, helm
/// goes on counting; and another target may upgrade the same one by another context just before.
fn is_told_by_its_revisions(target: &Target, plan: &Plan) -> bool {
    let same = plan.targets.iter().filter(|one| one.is_upgraded());
    !preflight::was_uninstalled(target) && same.filter(|one| may_be_same(one, target)).count() == 1
}
