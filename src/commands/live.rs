//! What many targets have in the cluster, read in few calls.

use std::convert::Infallible;

use anyhow::Result;

use super::asking;
use crate::helm::Helm;
use crate::kube::Reference;
use crate::plan::{Action, Observed, Target};
use crate::preflight;
use crate::proof::Object;
use crate::release::{as_told, reference};
use crate::ui::Screen;

/// Asks for the objects in the cluster by which the plans of targets go whose releases were read without them: all of a release in
/// which the API server may find conflicts, and, which are given back, those that carry certificates where nothing is to be done.
/// Of those that kubectl may not read nothing is known then.
///
/// # Errors
/// Helm does not tell its version.
pub(super) fn observe(
    targets: &mut [Target],
    helm: &Helm,
    at_once: usize,
    screen: &Screen,
) -> Result<Vec<Option<Vec<Object>>>> {
    let major = helm.major()?;
    let mut carriers = vec![None; targets.len()];
    let open = targets.iter_mut().zip(&mut carriers);
    let open = open.filter_map(|(target, carriers)| {
        let sought = sought(target, major);
        let cluster = target.coordinates.id.cluster.clone();
        (!sought.is_empty()).then_some((cluster, (target, carriers, sought)))
    });
    asking::together(open, at_once, |kubectl, group| {
        // For one alone helm takes no longer.
        if group.len() < 2 {
            return;
        }
        let count = group.len();
        let what = format!("looking at what {count} releases have in the cluster");
        let sought: Vec<Vec<Reference>> = group.iter().map(|(.., one)| one.clone()).collect();
        let Ok(found) = screen.step(&what, || Ok::<_, Infallible>(kubectl.look_up_each(&sought)));
        for ((target, carriers, _), found) in group.iter_mut().zip(found) {
            if !found.is_whole {
                continue;
            }
            let live = as_told(found.objects);
            match &mut target.observed {
                Observed::Present(release) if target.action != Action::Nothing => {
                    let deployed = std::mem::take(&mut release.deployed);
                    release.deployed = deployed.with_live(live);
                }
                _ => **carriers = Some(live),
            }
        }
    });
    Ok(carriers)
}

/// Has helm tell of all that a target's release has in the cluster, where the API server may find conflicts in it and it is not
/// known yet.
///
/// # Errors
/// Helm does not tell its version.
pub(super) fn complete(target: &mut Target, helm: &Helm) -> Result<()> {
    if !preflight::may_conflict(target, helm.major()?) {
        return Ok(());
    }
    let id = &target.coordinates.id;
    if let Observed::Present(release) = &mut target.observed
        && release.deployed.live.is_none()
        && let Ok(Some(now)) = helm.now(&id.release, &id.namespace)
    {
        (release.deployed.live, release.deployed.shared) = (now.live, now.shared);
    }
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
