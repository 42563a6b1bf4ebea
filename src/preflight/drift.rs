//! A release that has nothing to change, and whose objects are not in the cluster as they were rendered: somebody deleted or
//! edited one, and no pod that starts now gets what the release says.

use crate::finding::Finding;
use crate::plan::{Action, Changes, Target};
use crate::proof::{Carriers, Found, Object};

/// Compares the objects that carry certificates with those of the cluster. What differs makes an upgrade of the target, which
/// puts it back.
pub fn put_back(target: &mut Target, live: &[Object]) -> Option<Finding> {
    let rendered = target.stored_carriers();
    let apart: Vec<(&str, &str, Found)> = rendered
        .found_in(&Carriers::find(live))
        .into_iter()
        .filter(|(.., found)| *found != Found::Same)
        .collect();
    if apart.is_empty() {
        return None;
    }
    let said: Vec<String> = apart
        .iter()
        .map(|(kind, name, found)| match found {
            Found::Nothing => format!("{kind} {name} is gone"),
            Found::Same | Found::Other => format!("{kind} {name} has other certificates"),
        })
        .collect();
    let objects: Vec<&Object> = target
        .rendered
        .objects
        .iter()
        .filter(|object| {
            let mut apart = apart.iter();
            apart.any(|(kind, name, _)| (*kind, *name) == (object.kind.as_str(), &object.name))
        })
        .collect();
    target.changes = Changes::putting_back(&objects, live);
    target.action = Action::Upgrade;
    let release = &target.coordinates.id.release;
    Some(Finding::warning(
        "live-objects-differ",
        format!(
            "release {release} has every certificate, and the cluster has not: {}; this upgrade puts that back",
            said.join(", ")
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certs::self_signed;
    use crate::preflight::tests::{deployed, target_of};
    use crate::proof::parse;
    use crate::vendor::Component;

    fn config_map(pem: &str, more: &str) -> Vec<Object> {
        let pem = pem.replace('\n', "\n    ");
        let text =
            format!("kind: ConfigMap\nmetadata: {{name: ca{more}}}\ndata:\n  ca.crt: |\n    {pem}");
        parse(&text).unwrap()
    }

    #[test]
    fn what_somebody_deleted_or_edited_is_put_back() {
        let [ours, theirs] = ["Ours", "Theirs"].map(|name| self_signed(name).pem());
        let put_back = |live: &[Object]| {
            let mut target = target_of(Component::Agent, deployed("deployed"));
            target.action = Action::Nothing;
            target.rendered.objects = config_map(&ours, "");
            let finding = put_back(&mut target, live);
            (finding, target)
        };
        let (none, target) = put_back(&config_map(&ours, ", uid: x"));
        assert_eq!((none, target.action), (None, Action::Nothing));
        for (live, said) in [
            (vec![], "ConfigMap ca is gone"),
            (
                config_map(&theirs, ", uid: x"),
                "ConfigMap ca has other certificates",
            ),
        ] {
            let (finding, target) = put_back(&live);
            assert!(finding.unwrap().message.contains(said));
            assert_eq!(target.action, Action::Upgrade);
            assert_eq!(target.changes.objects.len(), 1);
            let change = &target.changes.objects[0];
            assert!(!format!("{change:?}").contains("uid"), "{change:?}");
        }
    }
}
