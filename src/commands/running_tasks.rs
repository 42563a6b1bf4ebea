//! The tasks that run while a CA is rotated: what they trust was decided when they started, and nothing changes it.

use std::convert::Infallible;

use anyhow::Result;
use time::OffsetDateTime;

use crate::certs::Fingerprint;
use crate::certs::bundle::Entry;
use crate::finding::Finding;
use crate::helm::Helm;
use crate::kube::Kubectl;
use crate::plan::{self, Plan, Target};
use crate::proof::{Manifest, Object, carried};
use crate::release::Snapshot;
use crate::side_by_side::{AT_ONCE, side_by_side};
use crate::status::Tasks;
use crate::ui::Screen;

/// So many names are listed.
const LISTED: usize = 3;

/// Of each target that starts tasks: those that run, and were started before what came had come.
pub(super) fn started_without(
    came: &[Entry],
    plan: &Plan,
    helm: &Helm,
    screen: &Screen,
) -> Vec<Finding> {
    let targets = plan.targets.iter().filter_map(|target| {
        target.layout.task_pods.as_ref()?;
        Some((target, target.observed.release()?))
    });
    let targets: Vec<(&Target, &Snapshot)> = targets.collect();
    if targets.is_empty() {
        return Vec::new();
    }
    let Ok(found) = screen.step("asking which tasks run", || {
        Ok::<_, Infallible>(side_by_side(&targets, AT_ONCE, |(target, release)| {
            let helm = helm.to(&target.coordinates.id.cluster);
            let looked = look(came, target, release, &helm);
            looked.unwrap_or_else(|why| Some(unknown(target, &format!("{why:#}"))))
        }))
    });
    found.into_iter().flatten().collect()
}

fn look(
    came: &[Entry],
    target: &Target,
    release: &Snapshot,
    helm: &Helm,
) -> Result<Option<Finding>> {
    let at = &target.coordinates;
    let kubectl = Kubectl::at(&at.id.cluster)?;
    let printed = kubectl.run(&["get", "pods", "-n", &at.id.namespace, "-o", "json"])?;
    let pods = Object::listed(&serde_json::from_slice(&printed)?);
    let wanted = came.iter().map(|entry| entry.certificate.fingerprint);
    let wanted: Vec<Fingerprint> = wanted.collect();
    let manifest = &release.deployed.manifest;
    let own = own(release.objects().to_vec(), manifest, target);
    let mut tasks = Tasks::find(&pods, &own, &wanted);
    if !tasks.with.is_empty()
        && let Some(since) = brought_since(target, release, &wanted, helm)?
    {
        tasks.settle(since);
    }
    let (without, all) = (tasks.without.len(), tasks.without.len() + tasks.with.len());
    if without == 0 {
        return Ok(None);
    }
    let mut names: Vec<&str> = tasks.without.iter().map(|pod| pod.name.as_str()).collect();
    names.sort_unstable();
    names.truncate(LISTED);
    let aliases: Vec<&str> = came.iter().map(|entry| entry.alias.as_str()).collect();
    Ok(Some(
        Finding::warning(
            "tasks-without-certificate",
            format!(
                "{without} of {all} pods of tasks that run in {} were started without {} (such as {}), and trust the former alone until they end",
                at.id.namespace,
                aliases.join(", "),
                names.join(", ")
            ),
        )
        .hint(format!(
            "let them end before the servers that they ask are renewed, or start them anew: {}",
            at.id.cluster.kubectl(&["get", "pods", "-n", &at.id.namespace])
        )),
    ))
}

/// The objects of the component's chart, where a manifest has those of others too.
fn own(mut objects: Vec<Object>, manifest: &str, target: &Target) -> Vec<Object> {
    if let Some(part) = plan::part(manifest, target.layout) {
        objects.retain(|one| part.has(one));
    }
    objects
}

/// When helm began with the revision that first brought the certificates, as every one since then has done.
fn brought_since(
    target: &Target,
    release: &Snapshot,
    wanted: &[Fingerprint],
    helm: &Helm,
) -> Result<Option<OffsetDateTime>> {
    let at = &target.coordinates;
    let mut history = helm.history(&at.id.release, &at.id.namespace)?;
    history.sort_by_key(|one| std::cmp::Reverse(one.revision));
    let mut since = None;
    for one in &history {
        if one.revision > release.deployed.revision {
            continue;
        }
        if one.revision < release.deployed.revision {
            let stream = helm.manifest_of(&at.id.release, &at.id.namespace, one.revision)?;
            let carried = carried(&own(Manifest::read(&stream).objects, &stream, target));
            let has = |wanted: &Fingerprint| {
                let mut carried = carried.iter();
                carried.any(|(_, certificate)| certificate.fingerprint == *wanted)
            };
            if !wanted.iter().all(has) {
                break;
            }
        }
        since = one.second();
    }
    Ok(since)
}

fn unknown(target: &Target, why: &str) -> Finding {
    Finding::note(
        "tasks-unknown",
        format!(
            "whether tasks run in {} that were started before cannot be told: {}",
            target.coordinates.id.namespace,
            why.lines().next().unwrap_or_default()
        ),
    )
}
