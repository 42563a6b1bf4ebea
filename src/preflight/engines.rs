//! A release that an engine deploys: it would take the upgrade back.

use super::Scene;
use crate::engine::Engine;
use crate::finding::Finding;
use crate::plan::{Action, Observed, Target};

/// An error where something would be deployed past the engine; where files alone are written, a note that the engine deploys them.
pub(super) fn deployed_by(scene: &Scene<'_>) -> Option<Finding> {
    let (target, engine) = (scene.target, scene.engine?);
    let at = &target.coordinates;
    let (name, object) = (engine.name, engine.shown());
    let release = format!("release {} in {}", at.id.release, at.id.namespace);
    if !scene.deploys {
        return Some(Finding::note(
            "release-of-an-engine",
            format!(
                "{release} is deployed by {name} ({object}): have it read the file, and leave helm upgrade to it"
            ),
        ));
    }
    if target.action == Action::Nothing {
        return None;
    }
    let message = match &target.observed {
        Observed::Present(_) => {
            format!(
                "{release} is deployed by {name} ({object}), which would take this upgrade back"
            )
        }
        _ => format!(
            "{name} ({object}) deploys what would be {release}, without a release of Helm's: helm would stumble over its objects, or {name} would take this back"
        ),
    };
    Some(Finding::error("release-of-an-engine", message).hint(way_out(engine, target)))
}

fn way_out(engine: &Engine, target: &Target) -> String {
    let component = target.coordinates.component;
    let edit = if engine.is_edited_in_place() {
        format!(
            "edit that object where git has it: helm clearml-certs render {component} -f ITS-FILE --ca … --in-place (for remove and rotate: --files-only)"
        )
    } else {
        format!(
            "edit the values where it reads them: helm clearml-certs render {component} -f FILE --ca … --in-place (for remove and rotate: --files-only)"
        )
    };
    let suspend = engine
        .suspension(&target.coordinates.id.cluster)
        .unwrap_or_else(|| format!("pause {}", engine.shown()));
    let adopt = match target.observed {
        Observed::Present(_) => "",
        _ => " -- --take-ownership",
    };
    format!("{edit}\n  or {suspend}, and then: --ignore release-of-an-engine{adopt}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;
    use crate::preflight::tests::{deployed, scene_of, target_of};
    use crate::vendor::Component;

    fn flux() -> Engine {
        Engine {
            name: "Flux",
            kind: "HelmRelease".to_owned(),
            namespace: Some("flux-system".to_owned()),
            object: "agent".to_owned(),
        }
    }

    fn said(target: &Target, deploys: bool) -> Option<Finding> {
        let engine = flux();
        deployed_by(&Scene {
            engine: Some(&engine),
            deploys,
            ..scene_of(target)
        })
    }

    #[test]
    fn an_upgrade_past_an_engine_is_refused_with_both_ways_out() {
        let target = target_of(Component::Agent, deployed("deployed"));
        let finding = said(&target, true).unwrap();
        assert_eq!(
            (finding.code, finding.severity),
            ("release-of-an-engine", Severity::Error)
        );
        assert!(
            finding
                .message
                .contains("by Flux (HelmRelease flux-system/agent)")
        );
        let hint = finding.hint.unwrap();
        assert!(hint.contains("render agent -f ITS-FILE"), "{hint}");
        assert!(
            hint.ends_with("or flux suspend helmrelease agent -n flux-system, and then: --ignore release-of-an-engine"),
            "{hint}"
        );
        let target = target_of(Component::Agent, Observed::Absent);
        let hint = said(&target, true).unwrap().hint.unwrap();
        assert!(hint.ends_with("-- --take-ownership"), "{hint}");
    }

    #[test]
    fn files_are_written_and_what_has_nothing_to_change_is_left_alone() {
        let mut target = target_of(Component::Agent, deployed("deployed"));
        assert_eq!(said(&target, false).unwrap().severity, Severity::Note);
        target.action = Action::Nothing;
        assert_eq!(said(&target, true), None);
        assert_eq!(deployed_by(&scene_of(&target)), None);
    }
}
