//! The release's own state: in the middle of something, or left failed.

use super::Scene;
use crate::finding::Finding;
use crate::helm::{ReleaseSummary, way_out_of_pending, way_out_of_uninstalling};
use crate::plan::Target;

/// Whether its release was uninstalled with its history kept, as far as a target was looked over: Helm goes on counting.
#[must_use]
pub fn was_uninstalled(target: &Target) -> bool {
    target
        .findings
        .iter()
        .any(|one| one.code == "release-uninstalled")
}

/// An error for a release that Helm would not touch, a note for one whose last revision is not what it seems.
pub(super) fn check(scene: &Scene<'_>) -> Option<Finding> {
    let at = &scene.target.coordinates;
    let Some(release) = scene.target.observed.release() else {
        let mut all = scene.releases?.iter();
        let listed = all.find(|one| one.name == at.id.release && one.is_uninstalled())?;
        return Some(Finding::note(
            "release-uninstalled",
            format!(
                "release {} was uninstalled at {} with its history kept: it is made anew, and takes none of its former values over",
                at.id.release,
                listed.since()
            ),
        ));
    };
    let listed = &release.listed;
    let since = listed.since();
    match listed.status.as_str() {
        _ if listed.is_pending() => Some(pending(scene, listed, &since)),
        "uninstalling" => Some(uninstalling(scene, listed, &since)),
        "failed" => Some(
            Finding::note(
                "release-failed",
                format!(
                    "the last revision of release {} failed at {since}; what it deployed may be incomplete, and this upgrade starts from it",
                    listed.name
                ),
            )
            .hint(at.id.cluster.helm(&["history", &listed.name, "-n", &at.id.namespace])),
        ),
        _ => None,
    }
}

fn uninstalling(scene: &Scene<'_>, listed: &ReleaseSummary, since: &str) -> Finding {
    Finding::error(
        "release-uninstalling",
        format!(
            "release {} is being uninstalled since {since}, or that was interrupted; until it is done, every helm upgrade refuses",
            listed.name
        ),
    )
    .hint(format!(
        "if no helm is running: {}",
        way_out_of_uninstalling(&scene.target.coordinates)
    ))
}

fn pending(scene: &Scene<'_>, listed: &ReleaseSummary, since: &str) -> Finding {
    let way_out = way_out_of_pending(&scene.target.coordinates, scene.history);
    Finding::error(
        "release-pending",
        format!(
            "release {} is {} since {since}: another helm is at work on it, or was killed; until that is settled, every helm upgrade refuses",
            listed.name, listed.status
        ),
    )
    .hint(format!("if no helm is running: {way_out}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;
    use crate::helm::Revision;
    use crate::preflight::tests::{deployed, scene_of, target_of};
    use crate::vendor::Component;

    #[test]
    fn a_pending_release_is_refused_with_the_way_back_to_the_last_good_revision() {
        let target = target_of(Component::Agent, deployed("pending-upgrade"));
        let history =
            [(3, "deployed"), (4, "pending-upgrade")].map(|(revision, status)| Revision {
                revision,
                status: status.to_owned(),
                updated: String::new(),
                description: String::new(),
            });
        let scene = Scene {
            history: &history,
            ..scene_of(&target)
        };
        let finding = check(&scene).unwrap();
        assert_eq!(finding.code, "release-pending");
        assert!(finding.message.contains("since 2026-11-25 10:29 UTC"));
        assert!(finding.hint.unwrap().ends_with("helm rollback r 3 -n ns"));
    }

    #[test]
    fn a_first_install_that_was_killed_is_taken_out() {
        let target = target_of(Component::Agent, deployed("pending-install"));
        let finding = check(&scene_of(&target)).unwrap();
        assert!(finding.hint.unwrap().ends_with("helm uninstall r -n ns"));
    }

    #[test]
    fn a_failed_release_is_no_obstacle() {
        let target = target_of(Component::Agent, deployed("failed"));
        let finding = check(&scene_of(&target)).unwrap();
        assert_eq!(
            (finding.code, finding.severity),
            ("release-failed", Severity::Note)
        );
        let target = target_of(Component::Agent, deployed("deployed"));
        assert_eq!(check(&scene_of(&target)), None);
    }
}
