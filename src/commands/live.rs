//! What many targets have in the cluster, read in few calls.

use std::convert::Infallible;

use anyhow::Result;

use super::asking;
use crate::helm::Helm;
use crate::kube::Reference;
use crate::plan::{Action, Observed, Target};
use crate::preflight;
use crate::release::{as_told, reference};
use crate::ui::Screen;

/// Asks for the objects in the cluster by which the plans of targets go whose releases were read without them: those that carry
/// certificates where nothing is to be done, and all of a release in which the API server may find conflicts. Where kubectl may not
/// read them, helm tells.
pub(super) fn observe(
    targets: &mut [Target],
    helm: &Helm,
    at_once: usize,
    screen: &Screen,
) -> Result<()> {
    let major = helm.major()?;
    let open = targets.iter_mut().filter_map(|target| {
        let sought = sought(target, major);
        let cluster = target.coordinates.id.cluster.clone();
        (!sought.is_empty()).then_some((cluster, (target, sought)))
    });
    asking::together(open, at_once, |kubectl, group| {
        // Of one that is as it should be helm tells more, where that cannot be seen.
        if let [(target, _)] = group
            && target.action == Action::Nothing
        {
            return;
        }
        let what = format!(
            "looking at what {} releases have in the cluster",
            group.len()
        );
        let sought: Vec<Vec<Reference>> = group.iter().map(|(_, one)| one.clone()).collect();
        let Ok(found) = screen.step(&what, || Ok::<_, Infallible>(kubectl.look_up_each(&sought)));
        for ((target, _), found) in group.iter_mut().zip(found) {
            let id = target.coordinates.id.clone();
            let is_idle = target.action == Action::Nothing;
            let Observed::Present(release) = &mut target.observed else {
                continue;
            };
            let deployed = &mut release.deployed;
            if found.is_whole {
                *deployed = std::mem::take(deployed).with_live(as_told(found.objects));
            } else if !is_idle
                && let Ok(Some(now)) = helm.to(&id.cluster).now(&id.release, &id.namespace)
            {
                (deployed.live, deployed.shared) = (now.live, now.shared);
            }
        }
    });
    Ok(())
}

/// The objects to look at for the plan of a target; none where helm told of them with the release.
fn sought(target: &Target, helm_major: u64) -> Vec<Reference> {
    let Some(release) = target.observed.release() else {
        return Vec::new();
    };
    if release.deployed.live.is_some() {
        return Vec::new();
    }
    if target.action == Action::Nothing {
        return target.carrying_objects();
    }
    if !preflight::may_conflict(target, helm_major) {
        return Vec::new();
    }
    let objects = release.objects().iter();
    objects
        .map(|one| reference(one, &target.coordinates.id.namespace))
        .collect()
}
