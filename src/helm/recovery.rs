//! The commands that bring a release back when a helm died on it: tried with Helm 3.17.2 and 4.3.1 against a cluster.

use super::{Coordinates, Revision};

/// What frees a release that is `pending-*`: back to its last good revision, or out where there never was one.
///
/// `helm rollback` without a number goes to the revision before, which may be a failed one, and fails at the first.
#[must_use]
pub fn way_out_of_pending(at: &Coordinates, history: &[Revision]) -> String {
    match last_good(history) {
        Some(revision) => way_back(at, revision),
        None => command(at, &["uninstall", &at.id.release]),
    }
}

/// What ends an uninstallation that was interrupted.
#[must_use]
pub fn way_out_of_uninstalling(at: &Coordinates) -> String {
    command(at, &["uninstall", &at.id.release])
}

/// What brings a release back to a revision.
#[must_use]
pub fn way_back(at: &Coordinates, revision: u64) -> String {
    command(at, &["rollback", &at.id.release, &revision.to_string()])
}

fn command(at: &Coordinates, words: &[&str]) -> String {
    at.id
        .cluster
        .helm(&[words, &["-n", &at.id.namespace]].concat())
}

/// The revision that was deployed last without an error.
#[must_use]
pub fn last_good(history: &[Revision]) -> Option<u64> {
    let last = |status: &str| {
        let mut with_status = history.iter().filter(|one| one.status == status);
        with_status.next_back().map(|one| one.revision)
    };
    last("deployed").or_else(|| last("superseded"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::tests::on_context;
    use crate::vendor::Component;

    fn way_out(history: &[(u64, &str)]) -> String {
        let mut at = super::super::upgrade::tests::at(Component::Agent);
        at.id.cluster = on_context("prod");
        let history: Vec<Revision> = history
            .iter()
            .map(|(revision, status)| Revision {
                revision: *revision,
                status: (*status).to_owned(),
                updated: String::new(),
                description: String::new(),
            })
            .collect();
        way_out_of_pending(&at, &history)
    }

    #[test]
    fn back_to_the_last_good_revision_in_the_same_cluster() {
        let history = [
            (1, "superseded"),
            (2, "deployed"),
            (3, "failed"),
            (4, "pending-upgrade"),
        ];
        assert_eq!(
            way_out(&history),
            "helm rollback r 2 -n ns --kube-context prod"
        );
        let rolled_back = [(1, "superseded"), (2, "failed"), (3, "pending-rollback")];
        assert_eq!(
            way_out(&rolled_back),
            "helm rollback r 1 -n ns --kube-context prod"
        );
    }

    #[test]
    fn a_first_install_has_nothing_to_go_back_to() {
        assert_eq!(
            way_out(&[(1, "pending-install")]),
            "helm uninstall r -n ns --kube-context prod"
        );
    }
}
