//! Where a new release would go: a typo in the namespace makes a namespace, and a second release of what runs elsewhere.

use super::Scene;
use crate::finding::Finding;
use crate::helm::PlacedRelease;
use crate::plan::Observed;

/// Releases elsewhere that are named.
const NAMED: usize = 3;

/// The same component runs in other namespaces, and not in this one.
pub(super) fn elsewhere(scene: &Scene<'_>) -> Option<Finding> {
    let target = scene.target;
    let at = &target.coordinates;
    if target.observed != Observed::Absent {
        return None;
    }
    let others: Vec<&PlacedRelease> = scene
        .everywhere
        .iter()
        .filter(|one| one.namespace != at.id.namespace && !one.release.is_uninstalled())
        .filter(|one| one.release.version_of(&target.chart_name).is_some())
        .collect();
    let first = others.first()?;
    let names: Vec<String> = others
        .iter()
        .take(NAMED)
        .map(|one| format!("{} ({})", one.namespace, one.release.name))
        .collect();
    let more = match others.len().saturating_sub(NAMED) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    Some(
        Finding::warning(
            "release-elsewhere",
            format!(
                "{} is deployed in {}{more}, and not in {}, where this makes a new release",
                target.chart_name,
                names.join(", "),
                at.id.namespace
            ),
        )
        .hint(format!("-n {}, if that one was meant", first.namespace)),
    )
}

/// A namespace that is not there, and that the documented command does not make.
pub(super) fn missing_namespace(scene: &Scene<'_>) -> Option<Finding> {
    let target = scene.target;
    let is_made = target.upgrade.creates_namespace() || scene.others.make_it;
    if !target.namespace_is_new || is_made {
        return None;
    }
    let namespace = &target.coordinates.id.namespace;
    Some(
        Finding::error(
            "namespace-missing",
            format!(
                "there is no namespace {namespace} on {}, and the documented command of the {} does not make it",
                target.coordinates.id.cluster,
                target.coordinates.component.title()
            ),
        )
        .hint(format!(
            "{}, or add -- --create-namespace",
            target.coordinates.id.cluster.kubectl(&["create", "namespace", namespace])
        )),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::Others;
    use crate::preflight::tests::{deployed, listed, scene_of, target_of};
    use crate::vendor::Component;

    #[test]
    fn what_runs_elsewhere_is_told_of_a_new_release_alone() {
        let placed = |namespace: &str, chart: &str| PlacedRelease {
            namespace: namespace.into(),
            release: listed("a", chart, "deployed"),
        };
        let all = [
            placed("other", "clearml-enterprise-agent-6.9.3"),
            placed("ns", "clearml-enterprise-agent-6.9.3"),
            placed("third", "clearml-enterprise-10.8.13"),
        ];
        let new = target_of(Component::Agent, Observed::Absent);
        let told = |target, everywhere| {
            elsewhere(&Scene {
                everywhere,
                ..scene_of(target)
            })
        };
        let finding = told(&new, &all).unwrap();
        assert!(
            finding
                .message
                .contains("is deployed in other (a), and not in ns")
        );
        assert!(told(&new, &all[1..]).is_none());
        let there = target_of(Component::Agent, deployed("deployed"));
        assert!(told(&there, &all).is_none());
    }

    #[test]
    fn a_namespace_is_wanted_only_where_nothing_makes_it() {
        let missing = |component| {
            let mut target = target_of(component, Observed::Absent);
            target.namespace_is_new = true;
            missing_namespace(&scene_of(&target))
        };
        assert!(missing(Component::Agent).is_none());
        let finding = missing(Component::Gateway).unwrap();
        assert!(
            finding
                .hint
                .unwrap()
                .starts_with("kubectl create namespace ns")
        );
        let mut along = target_of(Component::Gateway, Observed::Absent);
        along.namespace_is_new = true;
        let scene = Scene {
            others: Others {
                make_it: true,
                ..Others::default()
            },
            ..scene_of(&along)
        };
        assert!(missing_namespace(&scene).is_none());
        let there = target_of(Component::Gateway, Observed::Absent);
        assert!(missing_namespace(&scene_of(&there)).is_none());
    }
}
