//! Certificates that go, and that the file which lists the targets would bring again.

use super::bundles;
use crate::finding::Finding;
use crate::fleet::Fleet;
use crate::kube::ClusterAddress;
use crate::overrides::Selection;
use crate::sources::{Access, Place};

/// Which of them the next `install` would bring back. What cannot be read, or is whatever a server presents, tells nothing.
pub(super) fn of(fleet: &Fleet, goes: &Selection, cluster: &ClusterAddress) -> Option<Finding> {
    let mut names = Vec::new();
    for source in fleet.sources() {
        if matches!(source.place, Place::Server(_)) {
            continue;
        }
        let Ok((bundle, _)) =
            bundles::read(std::slice::from_ref(source), &Access::looking(cluster))
        else {
            continue;
        };
        let selected = bundle.entries.iter();
        let selected = selected.filter(|one| goes.selects(&one.alias, &one.certificate));
        names.extend(selected.map(|one| format!("{} ({})", one.alias, source.place)));
    }
    let file = fleet.file().display();
    (!names.is_empty()).then(|| {
        Finding::warning(
            "config-brings-back",
            format!(
                "{file} still names what goes: {}; the next install would bring it back",
                names.join(", ")
            ),
        )
        .hint(format!(
            "take it out of {file}, under certificates and wherever it is named"
        ))
    })
}
