//! Questions that many targets have of one cluster, some at a time in one call: each kubectl takes a moment to start.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use crate::finding::Finding;
use crate::helm::{self, Helm};
use crate::kube::{ClusterAddress, Kubectl};
use crate::plan::{Action, Observed, Target};
use crate::preflight::rights::{self, Deed};
use crate::side_by_side::{each_side_by_side, side_by_side};
use crate::ui::Screen;

/// So many targets in one call: each has some twenty questions, and kubectl slows itself down after 300 requests (client-go's
/// burst, as kubectl sets it).
const IN_ONE_CALL: usize = 12;

/// Asks about targets of one cluster together, no more than go into one call; about none of a cluster that there is no kubectl for.
pub(super) fn together<T: Send>(
    targets: impl Iterator<Item = (ClusterAddress, T)>,
    at_once: usize,
    ask: impl Fn(&Kubectl, &mut [T]) + Sync,
) {
    let mut groups = groups(targets);
    each_side_by_side(&mut groups, at_once, |(cluster, group)| {
        if let Ok(kubectl) = Kubectl::at(cluster) {
            ask(&kubectl, group);
        }
    });
}

fn groups<T>(targets: impl Iterator<Item = (ClusterAddress, T)>) -> Vec<(ClusterAddress, Vec<T>)> {
    let mut groups: Vec<(ClusterAddress, Vec<T>)> = Vec::new();
    let mut last_of: BTreeMap<ClusterAddress, usize> = BTreeMap::new();
    for (cluster, target) in targets {
        let open = last_of.get(&cluster).and_then(|at| groups.get_mut(*at));
        match open.filter(|(_, group)| group.len() < IN_ONE_CALL) {
            Some((_, group)) => group.push(target),
            None => {
                last_of.insert(cluster.clone(), groups.len());
                groups.push((cluster, vec![target]));
            }
        }
    }
    groups
}

/// Finds out which namespaces of new releases are to be made.
pub(super) fn namespaces(targets: &mut [Target], at_once: usize) {
    let new = targets
        .iter_mut()
        .filter(|target| target.observed == Observed::Absent);
    let new = new.map(|target| (target.coordinates.id.cluster.clone(), target));
    together(new, at_once, |kubectl, group| {
        let names = group
            .iter()
            .map(|one| one.coordinates.id.namespace.as_str());
        let names: BTreeSet<&str> = names.collect();
        let known = kubectl.existing_namespaces(&names);
        let names: Vec<&str> = names.into_iter().collect();
        let is_missing = match &known {
            Some(there) => names.iter().map(|name| !there.contains(*name)).collect(),
            // Who may not see one of several may see the others.
            None if names.len() > 1 => side_by_side(&names, names.len(), |name| {
                let there = kubectl.existing_namespaces(&[*name].into());
                there.is_some_and(|there| there.is_empty())
            }),
            None => Vec::new(),
        };
        let missing = names.iter().zip(is_missing).filter(|(_, is)| *is);
        let missing: BTreeSet<String> = missing.map(|(name, _)| (*name).to_owned()).collect();
        for target in group {
            target.namespace_is_new = missing.contains(&target.coordinates.id.namespace);
        }
    });
}

/// What the user may not do of what each target's upgrade does; an answer that cannot be had stands in nobody's way.
///
/// # Errors
/// Helm does not tell its version.
pub(super) fn rights(
    targets: &mut [Target],
    helm: &Helm,
    at_once: usize,
    screen: &Screen,
) -> anyhow::Result<()> {
    let (major, in_secrets) = (helm.major()?, helm::keeps_releases_in_secrets());
    let acts = targets.iter_mut().filter(|target| {
        target.action != Action::Nothing && !matches!(target.observed, Observed::Unknown(_))
    });
    let asked = acts.map(|target| {
        let deeds = rights::deeds(target, major, in_secrets);
        (target.coordinates.id.cluster.clone(), (target, deeds))
    });
    let asked: Vec<_> = asked.collect();
    let mut of_cluster: BTreeMap<ClusterAddress, MayDoAll> = BTreeMap::new();
    for (cluster, _) in &asked {
        of_cluster.entry(cluster.clone()).or_default().targets += 1;
    }
    together(asked.into_iter(), at_once, |kubectl, group| {
        let cluster = group
            .first()
            .map(|(target, _)| &target.coordinates.id.cluster);
        let cluster = cluster.and_then(|cluster| of_cluster.get(cluster));
        if cluster.is_some_and(|cluster| cluster.ask(kubectl, screen)) {
            return;
        }
        let all: Vec<&[Deed]> = group.iter().map(|(_, deeds)| deeds.as_slice()).collect();
        let answers = denied(&all, kubectl, screen);
        for ((target, _), denied) in group.iter_mut().zip(answers) {
            let found = match denied {
                Some(denied) => rights::forbidden(target, &denied),
                None => Some(unknown(target)),
            };
            target.findings.extend(found);
        }
    });
    Ok(())
}

/// Whether the user may do everything in a cluster, which is asked once for several targets: each has some twenty questions
/// otherwise.
#[derive(Default)]
struct MayDoAll {
    targets: usize,
    answer: OnceLock<bool>,
}

impl MayDoAll {
    fn ask(&self, kubectl: &Kubectl, screen: &Screen) -> bool {
        let ask = || {
            let deeds: &[&[Deed]] = &[&[rights::everything()]];
            let denied = denied(deeds, kubectl, screen);
            denied == [Some(Vec::new())]
        };
        self.targets > 1 && *self.answer.get_or_init(ask)
    }
}

/// What is denied of each target's deeds; `None` where kubectl cannot tell.
fn denied(all: &[&[Deed]], kubectl: &Kubectl, screen: &Screen) -> Vec<Option<Vec<String>>> {
    let ask = |all: &[&[Deed]]| {
        let answers = screen.step("asking the cluster for your rights", || {
            kubectl.run_with(
                &["create", "-f", "-", "-o", "json"],
                rights::reviews(&all.concat()),
            )
        });
        rights::denied_of_each(all, &answers.ok()?)
    };
    match ask(all) {
        Some(each) => each.into_iter().map(Some).collect(),
        // Where one question breaks the call, the others are asked without it.
        None if all.len() > 1 => side_by_side(all, all.len(), |deeds| ask(&[deeds])?.pop()),
        None => vec![None],
    }
}

fn unknown(target: &Target) -> Finding {
    Finding::note(
        "rights-unknown",
        format!(
            "kubectl could not tell whether you may do in namespace {} what the upgrade does; helm will",
            target.coordinates.id.namespace
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_of_one_cluster_go_together_some_at_a_time() {
        let cluster = crate::kube::tests::on_context;
        let targets = (0..30).map(|number| {
            let name = if number % 3 == 0 { "one" } else { "two" };
            (cluster(name), number)
        });
        let groups = groups(targets);
        let sizes: Vec<usize> = groups.iter().map(|(_, group)| group.len()).collect();
        assert_eq!(sizes, [10, 12, 8]);
        for (at, numbers) in &groups {
            assert!(
                numbers
                    .iter()
                    .all(|number| (number % 3 == 0) == (*at == cluster("one")))
            );
        }
    }
}
