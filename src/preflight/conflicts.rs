//! Fields that somebody has set in the cluster since: where the API server applies an upgrade (Helm 4), it leaves such a field to
//! who set it last, and what the upgrade says otherwise is a conflict. Helm goes on to the next object, and the release is `failed`
//! in the end.
//!
//! Which fields those are is the API server's to say (<https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts>):
//! each object is sent as Helm would send it, in a dry run.

use serde_json::{Map, Value as Json};

use crate::finding::Finding;
use crate::helm::HELM;
use crate::plan::{Action, Observed, Target};
use crate::proof::Object;
use crate::release::Snapshot;

/// Whether the API server decides which fields the upgrade may set: not where Helm compares by itself, or overwrites what others
/// have set.
#[must_use]
pub fn may_conflict(target: &Target, helm_major: u64) -> bool {
    let (observed, arguments) = (&target.observed, &target.arguments);
    // A new release is applied by the server, and then each further revision.
    let by_release = || {
        let release = observed.release();
        release.is_none_or(|release| release.deployed.is_applied_by_server)
    };
    let by_server = arguments.server_side().unwrap_or_else(by_release);
    let unknown = matches!(observed, Observed::Unknown(_));
    let is_idle = unknown || target.namespace_is_new || target.action == Action::Nothing;
    helm_major >= 4 && by_server && !arguments.force_conflicts() && !is_idle
}

/// The objects of which others than Helm have set fields, as Helm 4 sends them: those that it saw so in the release, and those
/// that it takes over. None where there can be no conflict.
#[must_use]
pub fn contested(target: &Target, helm_major: u64) -> Vec<Json> {
    if !may_conflict(target, helm_major) {
        return Vec::new();
    }
    let (release, arguments) = (target.observed.release(), &target.arguments);
    let deployed = release.map(Snapshot::objects).unwrap_or_default();
    let is_contested = |object: &&Object| {
        let of_release = deployed.iter().any(|old| old.id() == object.id());
        let mut shared = release.iter().flat_map(|one| &one.deployed.shared);
        let is_shared = shared.any(|(kind, name)| (kind, name) == (&object.kind, &object.name));
        is_shared || !of_release && arguments.take_ownership()
    };
    let at = &target.coordinates;
    let here = target
        .rendered
        .objects
        .iter()
        .filter(|one| !one.is_hook() && one.is_in(&at.id.namespace));
    let sent = here.filter(is_contested);
    sent.filter_map(|object| as_sent(object, &at.id.release, &at.id.namespace))
        .collect()
}

/// An object with what Helm adds to each (`setMetadataVisitor` in its source).
fn as_sent(object: &Object, release: &str, namespace: &str) -> Option<Json> {
    let mut sent = serde_json::to_value(&object.value).ok()?;
    let metadata = sent.get_mut("metadata")?.as_object_mut()?;
    for (field, key, value) in [
        ("labels", "app.kubernetes.io/managed-by", "Helm"),
        ("annotations", "meta.helm.sh/release-name", release),
        ("annotations", "meta.helm.sh/release-namespace", namespace),
    ] {
        let all = metadata.entry(field).or_insert(Json::Null);
        if all.is_null() {
            *all = Map::new().into();
        }
        all.as_object_mut()?.insert(key.to_owned(), value.into());
    }
    Some(sent)
}

/// What the API server said against an object.
#[must_use]
pub fn conflict(object: &Json, said: &str) -> Option<Finding> {
    let text = |pointer: &str| object.pointer(pointer).and_then(Json::as_str);
    let [kind, name] = ["/kind", "/metadata/name"].map(|pointer| text(pointer).unwrap_or_default());
    let Some(fields) = fields(said) else {
        return Some(Finding::note(
            "conflicts-unknown",
            format!(
                "whether fields that others than helm have set in {kind} {name} are in the upgrade's way could not be asked: {}",
                said.lines().next().unwrap_or_default()
            ),
        ));
    };
    if fields.is_empty() {
        return None;
    }
    let listed: Vec<String> = fields
        .iter()
        .map(|(field, manager)| format!("{field} (by {manager})"))
        .collect();
    let finding = Finding::error(
        "field-conflict",
        format!(
            "{kind} {name} has fields that others than helm have set in the cluster, and this upgrade sets otherwise: {}; the API server calls that a conflict, and the upgrade fails half-way",
            listed.join(", ")
        ),
    );
    Some(finding.hint("add -- --force-conflicts: helm then overwrites these fields and owns them again; or have the values say what is in the cluster, where that is meant"))
}

/// The fields of the API server's message, each with its manager. One alone is told in a line,
/// `conflict with "kubectl-edit" using v1: .data.a`; of several each stands in a line of its own below their manager's. `None`
/// where it is about something else.
fn fields(said: &str) -> Option<Vec<(&str, &str)>> {
    let (_, told) = said.split_once("Apply failed with ")?;
    let mut found = Vec::new();
    let mut manager = "";
    for line in told.lines() {
        if line.starts_with("Please review the fields") {
            break;
        }
        if let Some(field) = line.strip_prefix("- ") {
            found.push((field, manager));
        } else if let Some((name, rest)) = line
            .split_once("with \"")
            .and_then(|(_, rest)| rest.split_once('"'))
        {
            manager = name;
            let field = rest.split_once(": ").map(|(_, field)| field.trim());
            found.extend(
                field
                    .filter(|field| !field.is_empty())
                    .map(|field| (field, manager)),
            );
        }
    }
    // What Helm owns from before it let the server apply, it takes along.
    found.retain(|(_, manager)| *manager != HELM);
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::helm::{Deployed, HelmArguments};
    use crate::preflight::tests::{listed, target_of};
    use crate::proof::parse;
    use crate::vendor::Component;

    const MANIFEST: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ours}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: edited, labels: }\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: edited, namespace: elsewhere}\n";

    /// The names of what is asked about.
    fn names(flags: &str, helm_major: u64, is_applied_by_server: bool) -> Vec<String> {
        let deployed = Deployed {
            status: "deployed".to_owned(),
            manifest: MANIFEST.to_owned(),
            is_applied_by_server,
            shared: vec![("ConfigMap".to_owned(), "edited".to_owned())],
            ..Deployed::default()
        };
        let listed = listed("r", "clearml-enterprise-agent-6.9.3", "deployed");
        let observed = Observed::Present(Box::new(Snapshot::new(deployed, listed, "ns")));
        let mut target = target_of(Component::Agent, observed);
        let new = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: new}\n";
        target.rendered.objects = parse(&format!("{MANIFEST}{new}")).unwrap();
        let flags: Vec<String> = flags.split_whitespace().map(str::to_owned).collect();
        target.arguments = HelmArguments::sort(&flags).unwrap();
        let all = contested(&target, helm_major).into_iter();
        let name = |one: Json| one.pointer("/metadata/name")?.as_str().map(str::to_owned);
        all.filter_map(name).collect()
    }

    #[test]
    fn only_where_the_server_applies_and_others_have_set_something_it_is_asked() {
        for (flags, major, by_server, expected) in [
            ("", 4, true, &["edited"][..]),
            ("", 3, true, &[]),
            ("", 4, false, &[]),
            ("--server-side=true", 4, false, &["edited"]),
            ("--server-side=false", 4, true, &[]),
            ("--force-conflicts", 4, true, &[]),
            ("--take-ownership", 4, true, &["edited", "new"]),
        ] {
            assert_eq!(names(flags, major, by_server), expected, "{flags} {major}");
        }
    }

    #[test]
    fn an_object_is_sent_with_what_helm_adds() {
        let objects = parse(MANIFEST).unwrap();
        let sent = as_sent(&objects[1], "r", "ns").unwrap();
        let metadata = serde_json::json!({
            "name": "edited",
            "labels": {"app.kubernetes.io/managed-by": "Helm"},
            "annotations": {"meta.helm.sh/release-name": "r", "meta.helm.sh/release-namespace": "ns"},
        });
        assert_eq!(sent["metadata"], metadata);
    }

    #[test]
    fn fields_and_managers_are_read_from_the_servers_message() {
        let rest = "Please review the fields above--they currently have other managers. Here\n- are \"ways\"\n";
        let one = format!(
            "error: Apply failed with 1 conflict: conflict with \"kubectl-edit\" using v1: .data.k\n{rest}"
        );
        assert_eq!(fields(&one).unwrap(), [(".data.k", "kubectl-edit")]);
        let image = ".spec.template.spec.containers[name=\"c\"].image";
        let several = format!(
            "Apply failed with 2 conflicts: conflicts with \"kubectl\" with subresource \"scale\" using apps/v1:\n- .spec.replicas\nconflicts with \"kubectl-set\" using apps/v1:\n- {image}\nconflicts with \"helm\" using v1:\n- .data\n{rest}"
        );
        assert_eq!(
            fields(&several).unwrap(),
            [(".spec.replicas", "kubectl"), (image, "kubectl-set")]
        );
        let own = "Apply failed with 1 conflict: conflict with \"helm\" using v1: .data.k";
        assert!(conflict(&Json::Null, own).is_none());
        let unknown =
            conflict(&Json::Null, "Error from server (Forbidden): with \"x\": y").unwrap();
        assert_eq!(unknown.code, "conflicts-unknown");
    }
}
