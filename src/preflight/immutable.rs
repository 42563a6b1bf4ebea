//! ConfigMaps and Secrets that nobody may change once they are there.

use super::Scene;
use crate::finding::Finding;
use crate::proof::Object;

/// An object of the release that cannot be given other content: the API server refuses that in the midst of the upgrade, and a
/// dry run of Helm's does not tell.
pub(super) fn changed(scene: &Scene<'_>) -> Vec<Finding> {
    let target = scene.target;
    let Some(release) = target.observed.release() else {
        return Vec::new();
    };
    let is_fixed = |object: &&Object| {
        let immutable = object.get(&["immutable"]);
        object.holds_texts() && immutable.and_then(serde_yaml::Value::as_bool) == Some(true)
    };
    let at = &target.coordinates;
    let fixed = release.objects().iter().filter(is_fixed);
    fixed
        .filter_map(|old| {
            let new = target.rendered.objects.iter().find(|new| new.id() == old.id())?;
            let opened = !is_fixed(&new);
            (opened || !new.has_content_of(old)).then(|| {
                Finding::error(
                    "object-immutable",
                    format!(
                        "{} {} is immutable, and this upgrade would change it: the API server says \"field is immutable when `immutable` is set\", and the upgrade fails half-way",
                        old.kind, old.name
                    ),
                )
                .hint(format!(
                    "delete it right before the upgrade ({}; pods keep what they have mounted), or have the chart give it a name that follows its content",
                    at.id.cluster.kubectl(&["delete", &old.kind.to_ascii_lowercase(), &old.name, "-n", old.namespace_in(&at.id.namespace)])
                ))
            })
        })
        .collect()
}
