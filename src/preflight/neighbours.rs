//! What a component needs beside it in its namespace.

use super::Scene;
use crate::finding::Finding;
use crate::helm::ReleaseSummary;
use crate::vendor::Component;

/// A gateway serves its own namespace only, and that must hold an agent of its own.
pub(super) fn agent_beside_gateway(scene: &Scene<'_>) -> Option<Finding> {
    let at = &scene.target.coordinates;
    let releases = scene.releases?;
    // A chart that has a gateway inside it may have an agent there, too.
    let may_have_one = scene.others.bring_an_agent || scene.target.inner.is_some();
    if at.component != Component::Gateway || may_have_one {
        return None;
    }
    let of_agent = |one: &ReleaseSummary| {
        let mut layouts = Component::Agent.layouts().into_iter();
        layouts.any(|layout| one.version_of(layout.chart).is_some())
    };
    if releases.iter().any(of_agent) {
        return None;
    }
    let agent = Component::Agent.documented().chart;
    Some(
        Finding::warning(
            "gateway-without-agent",
            format!(
                "the namespace {} holds no release of {agent}; a gateway serves the tasks of its own namespace only",
                at.id.namespace
            ),
        )
        .hint("install both in one run (install gateway agent …), or name the agent's namespace with -n"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Observed;
    use crate::preflight::Others;
    use crate::preflight::tests::{listed, scene_of, target_of};

    #[test]
    fn a_gateway_wants_an_agent_in_its_namespace_or_in_the_same_run() {
        let gateway = target_of(Component::Gateway, Observed::Absent);
        let nobody = [listed(
            "gw",
            "clearml-enterprise-app-gateway-3.2.0",
            "deployed",
        )];
        let somebody = [listed("a", "clearml-enterprise-agent-6.9.3", "deployed")];
        let with = |releases| Scene {
            releases,
            ..scene_of(&gateway)
        };
        assert!(agent_beside_gateway(&with(Some(&nobody))).is_some());
        assert!(agent_beside_gateway(&with(Some(&somebody))).is_none());
        assert!(
            agent_beside_gateway(&with(None)).is_none(),
            "nothing is known"
        );
        let along = Scene {
            others: Others {
                bring_an_agent: true,
                ..Others::default()
            },
            ..with(Some(&nobody))
        };
        assert!(agent_beside_gateway(&along).is_none());
    }
}
