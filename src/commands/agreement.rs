//! The question before anything is changed: what, where, and on which cluster.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::cli::{DeployArgs, Output};
use crate::exit::{ExitCode, Stop};
use crate::kube::ClusterAddress;
use crate::plan::{Action, Plan, Target};
use crate::ui::{self, Detail};

/// How much of the plan is shown before it.
pub(super) fn detail(deploy: &DeployArgs) -> Detail {
    Detail {
        manifest: deploy.show_manifest,
        certificates: deploy.show_certificates,
    }
}

/// Asks for the yes, where nobody gave it on the command line.
pub(super) fn agree(plan: &Plan, deploy: &DeployArgs, cluster: &ClusterAddress) -> Result<()> {
    let writes = plan.targets.iter().any(|target| target.file.changes());
    if deploy.yes || deploy.files_only && !writes {
        return Ok(());
    }
    let question = if deploy.files_only {
        writing(plan)
    } else {
        deploying(plan, deploy.verify, cluster)
    };
    confirm(&question, deploy.no_input, "nothing was changed")
}

/// Asks a question that a yes alone answers; `otherwise` says what comes of everything else.
pub(super) fn confirm(question: &str, no_input: bool, otherwise: &str) -> Result<()> {
    if no_input || !ui::is_interactive() {
        let message = format!(
            "nobody to ask, so {otherwise}: add --yes to do this, or --dry-run to only look"
        );
        return Err(Stop::no_answer(message).into());
    }
    if ui::confirm(question)? {
        return Ok(());
    }
    Err(Stop::declined(ExitCode::NoAnswer, otherwise).into())
}

/// JSON shows nothing that somebody could say yes to.
pub(super) fn json_asks_nobody(output: Output, is_answered: bool) -> Result<(), Stop> {
    if output == Output::Json && !is_answered {
        return Err(Stop::usage(
            "-o json asks nobody: add --yes to do it, or --dry-run to only look",
        ));
    }
    Ok(())
}

/// `Upgrade clearml-agent in team-a on context blue (https://blue:6443)?`, or how many where.
fn deploying(plan: &Plan, verifies: bool, cluster: &ClusterAddress) -> String {
    let deeds = [(Action::Install, "install"), (Action::Upgrade, "upgrade")];
    let deeds = deeds.iter().filter_map(|(action, verb)| {
        let targets = plan
            .targets
            .iter()
            .filter(|target| target.action == *action && target.is_upgraded());
        let names: Vec<String> = targets.map(|target| name(plan, target)).collect();
        match names.as_slice() {
            [] => None,
            few if few.len() <= NAMED => Some(format!("{verb} {}", few.join(", "))),
            many => Some(format!("{verb} {} releases", many.len())),
        }
    });
    let is_verified = |target: &&Target| verifies && target.can_be_verified();
    let deeds = deeds.chain(verifying(plan.targets.iter().filter(is_verified)));
    let deeds: Vec<String> = deeds.collect();
    let concerned = plan.targets.iter();
    let concerned = concerned.filter(|one| one.has_its_turn() || is_verified(one));
    let on = ClusterAddress::in_words(concerned.map(|one| &one.coordinates.id.cluster));
    let on = on.unwrap_or_else(|| cluster.to_string());
    capitalised(&format!("{} on {on}?", deeds.join("; ")))
}

/// More than these are counted.
const NAMED: usize = 4;

/// `run short-lived pods in team-a`
fn verifying<'a>(targets: impl Iterator<Item = &'a Target>) -> Option<String> {
    let namespaces: BTreeSet<&str> = targets
        .map(|target| target.coordinates.id.namespace.as_str())
        .collect();
    let names: Vec<&str> = namespaces.into_iter().collect();
    (!names.is_empty()).then(|| format!("run short-lived pods in {}", names.join(", ")))
}

fn name(plan: &Plan, target: &Target) -> String {
    let at = &target.coordinates;
    let of = plan.of_cluster(&at.id.cluster);
    format!("{} in {}{of}", at.id.release, at.id.namespace)
}

fn writing(plan: &Plan) -> String {
    let changing = plan.targets.iter();
    let changing = changing.filter(|target| target.file.changes() && !target.is_refused());
    let files: Vec<String> = changing
        .map(|target| target.file.path.display().to_string())
        .collect();
    format!("Write {}? Nothing is deployed.", files.join(", "))
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Finding;
    use crate::plan::Observed;
    use crate::preflight::tests::target_of;
    use crate::vendor::Component;

    #[test]
    fn pods_are_agreed_to_where_they_will_run_each_namespace_once() {
        let mut targets = ["b", "a", "b", "refused"].map(|namespace| {
            let mut target = target_of(Component::Agent, Observed::Absent);
            namespace.clone_into(&mut target.coordinates.id.namespace);
            target.action = Action::Install;
            target
        });
        targets[3].findings = vec![Finding::error("pod-refused", "no")];
        let ask =
            |targets: &[Target]| verifying(targets.iter().filter(|one| one.can_be_verified()));
        assert_eq!(ask(&targets).unwrap(), "run short-lived pods in a, b");
        assert_eq!(ask(&targets[3..]), None);
        targets[3].action = Action::Nothing;
        assert_eq!(
            ask(&targets[3..]).unwrap(),
            "run short-lived pods in refused"
        );
        let gateway = target_of(Component::Gateway, Observed::Absent);
        assert_eq!(ask(&[gateway]), None);
    }
}
