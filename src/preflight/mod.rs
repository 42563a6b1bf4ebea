//! Preflight: what would go wrong while deploying, found before the first write. Pure functions over observed state.

mod admission;
mod charts;
mod conflicts;
mod drift;
mod engines;
mod immutable;
mod neighbours;
mod newcomers;
mod place;
pub mod rights;
mod running;
mod size;
mod state;

use crate::engine::Engine;
use crate::finding::Finding;
use crate::helm::{PlacedRelease, ReleaseSummary, Revision};
use crate::plan::Target;

pub use admission::NamespaceRules;
pub use conflicts::{conflict, contested, may_conflict};
pub use drift::put_back;
pub use newcomers::{AdmissionAnswers, Newcomer, Refusal, Said, answers, newcomers};
pub use running::{Workload, keeping_old_content, restarted};
pub use size::{Stored, check as check_size};
pub use state::was_uninstalled;

/// What is known about a target besides its plan.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// The target.
    pub target: &'a Target,
    /// The releases of its namespace; none where the cluster could not be asked.
    pub releases: Option<&'a [ReleaseSummary]>,
    /// The releases of all namespaces, where a new one is to be made and they may be seen.
    pub everywhere: &'a [PlacedRelease],
    /// The release's revisions, oldest first, where its state calls for them.
    pub history: &'a [Revision],
    /// What the namespace demands of pods, as far as that can be seen.
    pub rules: Option<&'a NamespaceRules>,
    /// What the API server says to the pods that are new.
    pub answers: &'a AdmissionAnswers,
    /// The engine that deploys the release, where one is known.
    pub engine: Option<&'a Engine>,
    /// What others of this run do in the same namespace.
    pub others: Others,
    /// Whether pods that would keep what they have are to be restarted.
    pub restart: bool,
    /// Whether this run deploys, and not only writes files: then the release's state matters.
    pub deploys: bool,
}

/// What other targets of a run do in the namespace of one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Others {
    /// Whether an agent goes there.
    pub bring_an_agent: bool,
    /// Whether a command that runs before makes it.
    pub make_it: bool,
}

/// Everything that the plan itself does not say of a target.
#[must_use]
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if scene.deploys {
        findings.extend(state::check(scene));
        findings.extend(immutable::changed(scene));
        findings.extend(admission::check(scene));
    }
    findings.extend(engines::deployed_by(scene));
    findings.extend(place::elsewhere(scene));
    findings.extend(place::missing_namespace(scene));
    findings.extend(neighbours::agent_beside_gateway(scene));
    findings.extend(charts::known_trouble(scene.target));
    if scene.deploys && !scene.restart {
        findings.extend(running::announced(scene.target));
    }
    findings
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::helm::{Coordinates, Deployed, HelmArguments, Rollout, TargetId, Upgrade};
    use crate::kube::tests::in_namespace;
    use crate::overrides::Mode;
    use crate::overrides::task_pods::Strategy;
    use crate::plan::{Action, Changes, FileChange, Observed, Pinned, Purpose, TrustChange};
    use crate::proof::{Manifest, Proof};
    use crate::release::Snapshot;
    use crate::vendor::Component;

    static NO_ANSWERS: AdmissionAnswers = AdmissionAnswers {
        taken: Vec::new(),
        refused: Vec::new(),
        unknown: None,
    };

    pub(super) fn scene_of(target: &Target) -> Scene<'_> {
        Scene {
            target,
            releases: None,
            everywhere: &[],
            history: &[],
            rules: None,
            answers: &NO_ANSWERS,
            engine: None,
            others: Others::default(),
            restart: false,
            deploys: true,
        }
    }

    pub(super) fn listed(name: &str, chart: &str, status: &str) -> ReleaseSummary {
        ReleaseSummary {
            name: name.into(),
            chart: chart.into(),
            status: status.into(),
            updated: "2026-11-25 10:29:01.93467605 +0000 UTC".into(),
            revision: "4".into(),
        }
    }

    pub(super) fn deployed(status: &str) -> Observed {
        observed(status, "")
    }

    pub(super) fn deployed_manifest(manifest: &str) -> Observed {
        observed("deployed", manifest)
    }

    fn observed(status: &str, manifest: &str) -> Observed {
        let deployed = Deployed {
            revision: 4,
            status: status.into(),
            values: serde_yaml::Value::Null,
            manifest: manifest.into(),
            ..Deployed::default()
        };
        Observed::Present(Box::new(Snapshot::new(
            deployed,
            listed("r", "clearml-enterprise-agent-6.9.3", status),
            "ns",
        )))
    }

    /// A target with nothing in it but where it goes and what runs there.
    pub(crate) fn target_of(component: Component, observed: Observed) -> Target {
        let layout = component.documented();
        let coordinates = Coordinates {
            component,
            id: TargetId {
                cluster: in_namespace("ns"),
                namespace: "ns".into(),
                release: "r".into(),
            },
            chart: "./chart".into(),
            version: "6.9.3".into(),
            values: Vec::new(),
        };
        let upgrade = Upgrade::new(&coordinates, &Rollout::default(), &HelmArguments::default());
        Target {
            coordinates,
            purpose: Purpose::Deploy,
            chart_name: layout.chart.to_owned(),
            inner: None,
            layout,
            file: FileChange {
                path: layout.override_file.into(),
                before: None,
                after: String::new(),
                inside: None,
                unwritten: None,
            },
            fragment: String::new(),
            is_assumed: false,
            observed,
            placed: Vec::new(),
            taken: Vec::new(),
            mode: Mode::Append,
            strategy: Strategy::Off,
            proof: Proof::default(),
            given: serde_yaml::Value::Null,
            given_before: serde_yaml::Value::Null,
            arguments: HelmArguments::default(),
            pinned: Pinned::default(),
            servers: Vec::new(),
            waiting: Vec::new(),
            rendered: Manifest::default(),
            part: None,
            changes: Changes::default(),
            trust: TrustChange::default(),
            replaced: Vec::new(),
            namespace_is_new: false,
            other_values: Vec::new(),
            findings: Vec::new(),
            wave: 0,
            action: Action::Upgrade,
            goes_with: None,
            upgrade,
        }
    }
}
