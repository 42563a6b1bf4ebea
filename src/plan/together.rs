//! Components of one release, as of a chart that has several inside it: Helm deploys them with one upgrade, or none of them.

use super::{Action, Changes, Target, Unplanned};
use crate::finding::Finding;
use crate::vendor::Component;

/// Has the targets of one release go together: the first that has something to do is upgraded, and the others with something to do
/// go with it. Where one of them cannot be deployed, none is. What holds for the release as a whole stays with the first.
pub fn together(targets: &mut [Target], unplanned: &[Unplanned]) {
    for at in 1..targets.len() {
        let Some((before, [target, ..])) = targets.split_at_mut_checked(at) else {
            continue;
        };
        let id = &target.coordinates.id;
        let first = before
            .iter_mut()
            .find(|one| one.action != Action::Nothing && one.coordinates.id.is_same_release(id));
        if let (Some(first), true) = (first, target.action != Action::Nothing) {
            target.goes_with = Some(first.coordinates.component);
            first.takes(target);
        }
    }
    // What refuses all of them was said of the first.
    let held_back: Vec<Option<Finding>> = targets
        .iter()
        .map(|target| held_back(target, targets, unplanned))
        .collect();
    for (target, finding) in targets.iter_mut().zip(held_back) {
        target.findings.extend(finding);
    }
}

impl Target {
    /// Takes over what is so of the release, and told once.
    fn takes(&mut self, other: &mut Self) {
        let Changes {
            objects,
            values,
            by_themselves,
        } = std::mem::take(&mut other.changes);
        let own = &mut self.changes;
        // What a chart renders anew each time is no second object.
        add(&mut own.objects, objects, |a, b| {
            (&a.kind, &a.namespace, &a.name) == (&b.kind, &b.namespace, &b.name)
        });
        add(&mut own.values, values, |a, b| a.path == b.path);
        add(&mut own.by_themselves, by_themselves, |a, b| a == b);
        let replaced = std::mem::take(&mut other.replaced);
        add(&mut self.replaced, replaced, |a, b| a == b);
        let other_values = std::mem::take(&mut other.other_values);
        add(&mut self.other_values, other_values, |a, b| a == b);
        let is_said = |one: &Finding| {
            let mut said = self.findings.iter();
            said.any(|known| (known.code, &known.message) == (one.code, &one.message))
        };
        other.findings.retain(|one| !is_said(one));
    }
}

fn add<T>(known: &mut Vec<T>, more: Vec<T>, is_same: impl Fn(&T, &T) -> bool) {
    for one in more {
        if !known.iter().any(|other| is_same(other, &one)) {
            known.push(one);
        }
    }
}

/// Why a target that nothing else stands in the way of is not deployed: another one of its release cannot be.
fn held_back(target: &Target, targets: &[Target], unplanned: &[Unplanned]) -> Option<Finding> {
    if !target.has_its_turn() {
        return None;
    }
    let at = &target.coordinates;
    let refused = targets.iter().filter(|one| one.is_refused());
    let refused = refused.map(|one| (&one.coordinates.id, one.coordinates.component, "is refused"));
    let lost = unplanned.iter();
    let lost = lost.map(|one| (&one.id, one.component, "could not be planned"));
    let mut others = refused.chain(lost);
    let (_, other, why) = others.find(|(id, ..)| at.id.is_same_release(id))?;
    let title = Component::title;
    Some(
        Finding::error(
            "release-held-back",
            format!(
                "release {} in {} has the {} in it as well, which {why}: one upgrade deploys both, so it deploys neither",
                at.id.release,
                at.id.namespace,
                title(other)
            ),
        )
        .hint(format!(
            "settle what is said of the {other}, or leave it out for now: the {} alone, or --only {}",
            at.component, at.component
        )),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Observed;
    use crate::plan::{Change, ObjectChange};
    use crate::preflight::tests::target_of;

    fn object(name: &str) -> ObjectChange {
        ObjectChange {
            change: Change::Added,
            kind: "ConfigMap".to_owned(),
            name: name.to_owned(),
            namespace: String::new(),
            before: None,
            after: None,
        }
    }

    fn target(component: Component, release: &str, action: Action) -> Target {
        let mut target = target_of(component, Observed::Absent);
        release.clone_into(&mut target.coordinates.id.release);
        target.changes.objects = vec![object("shared"), object(component.name())];
        target.findings = vec![
            Finding::note("release-failed", "of the release"),
            Finding::warning("names-assumed", component.name()),
        ];
        target.action = action;
        target
    }

    const ALL: [Component; 3] = [Component::Apps, Component::Agent, Component::Gateway];

    #[test]
    fn the_first_of_a_release_with_something_to_do_is_upgraded_and_the_others_go_with_it() {
        let with = |actions: [Action; 3]| {
            let mut targets: Vec<Target> = ALL
                .into_iter()
                .zip(actions)
                .map(|(component, action)| target(component, "acme", action))
                .collect();
            targets.push(target(Component::Agent, "other", Action::Upgrade));
            together(&mut targets, &[]);
            assert_eq!(targets[3].goes_with, None);
            let with = targets.iter().take(3).map(|one| one.goes_with);
            with.collect::<Vec<_>>()
        };
        let (all, up, no) = (Some(Component::Apps), Action::Upgrade, Action::Nothing);
        assert_eq!(with([up, up, up]), [None, all, all]);
        assert_eq!(with([no, up, up]), [None, None, Some(Component::Agent)]);
        assert_eq!(with([up, no, up]), [None, None, all]);
        assert_eq!(with([no, no, no]), [None; 3]);
    }

    #[test]
    fn what_is_so_of_the_release_stands_with_the_first_and_once() {
        let mut targets: Vec<Target> = ALL
            .into_iter()
            .map(|component| target(component, "acme", Action::Install))
            .collect();
        together(&mut targets, &[]);
        let names = |target: &Target| -> Vec<String> {
            let objects = target.changes.objects.iter();
            objects.map(|one| one.name.clone()).collect()
        };
        assert_eq!(names(&targets[0]), ["shared", "apps", "agent", "gateway"]);
        assert!(names(&targets[1]).is_empty() && names(&targets[2]).is_empty());
        let said = targets.iter().map(|one| one.findings.len());
        assert_eq!(said.collect::<Vec<_>>(), [2, 1, 1]);
        assert!(targets[1].goes_with(&targets[0]) && !targets[2].goes_with(&targets[1]));
    }

    #[test]
    fn objects_of_one_name_in_two_namespaces_stay_two() {
        let of = |component| target(component, "acme", Action::Install);
        let mut targets = [of(Component::Agent), of(Component::Gateway)];
        targets[1].changes.objects[0].namespace = "other".to_owned();
        together(&mut targets, &[]);
        let told = targets[0].changes.objects.iter();
        let told: Vec<_> = told.map(|one| (&*one.namespace, &*one.name)).collect();
        assert_eq!(
            told,
            [
                ("", "shared"),
                ("", "agent"),
                ("other", "shared"),
                ("", "gateway")
            ]
        );
    }

    #[test]
    fn where_one_of_a_release_cannot_be_deployed_none_is() {
        let deployed = |targets: &[Target]| -> Vec<bool> {
            targets.iter().map(Target::has_its_turn).collect()
        };
        let mut targets = [
            target(Component::Agent, "acme", Action::Install),
            target(Component::Gateway, "acme", Action::Install),
            target(Component::Gateway, "other", Action::Install),
        ];
        targets[1].findings.push(Finding::error("both-modes", "no"));
        together(&mut targets, &[]);
        assert_eq!(deployed(&targets), [false, false, true]);
        let held_back = targets[0].findings.last().unwrap();
        assert_eq!(held_back.code, "release-held-back");
        assert!(
            held_back
                .message
                .contains("AI Application Gateway in it as well, which is refused")
        );
        // What refuses both for the same reason is told of the first, and the other is held back.
        for target in &mut targets {
            target.findings = vec![Finding::error("both-modes", "no")];
        }
        together(&mut targets[..2], &[]);
        let codes =
            |target: &Target| -> Vec<&str> { target.findings.iter().map(|one| one.code).collect() };
        assert_eq!(codes(&targets[0]), ["both-modes"]);
        assert_eq!(codes(&targets[1]), ["release-held-back"]);
        // Who has nothing to do is kept from nothing.
        targets[0].findings.clear();
        targets[0].action = Action::Nothing;
        together(&mut targets[..2], &[]);
        assert!(!targets[0].is_refused());
        let mut targets = [target(Component::Agent, "acme", Action::Install)];
        let lost = Unplanned {
            id: targets[0].coordinates.id.clone(),
            component: Component::Gateway,
            wave: 0,
            error: anyhow::anyhow!("no"),
        };
        together(&mut targets, &[lost]);
        assert_eq!(deployed(&targets), [false]);
        assert!(
            targets[0]
                .findings
                .last()
                .unwrap()
                .message
                .contains("could not be planned")
        );
    }
}
