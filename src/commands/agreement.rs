//! The question before anything is changed: what, where, and on which cluster.

use anyhow::Result;

use crate::cli::DeployArgs;
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
    if deploy.no_input || !ui::is_interactive() {
        return Err(Stop::no_answer(
            "nobody to ask, so nothing was changed: add --yes to do this, or --dry-run to only look",
        )
        .into());
    }
    let question = if deploy.files_only {
        writing(plan)
    } else {
        deploying(plan, deploy.verify, cluster)
    };
    if ui::confirm(&question)? {
        Ok(())
    } else {
        Err(Stop::declined(ExitCode::NoAnswer, "nothing was changed").into())
    }
}

/// `Upgrade clearml-agent in team-a on context blue (https://blue:6443)?`, or how many where.
fn deploying(plan: &Plan, verifies: bool, cluster: &ClusterAddress) -> String {
    let deeds = [(Action::Install, "install"), (Action::Upgrade, "upgrade")];
    let deeds = deeds.iter().filter_map(|(action, verb)| {
        let targets = plan
            .targets
            .iter()
            .filter(|target| target.action == *action && target.has_its_turn());
        let names: Vec<String> = targets.map(|target| name(plan, target)).collect();
        match names.as_slice() {
            [] => None,
            few if few.len() <= NAMED => Some(format!("{verb} {}", few.join(", "))),
            many => Some(format!("{verb} {} releases", many.len())),
        }
    });
    let verifies = verifies.then(|| verifying(plan)).flatten();
    let deeds: Vec<String> = deeds.chain(verifies).collect();
    let turns = plan.targets.iter().filter(|target| target.has_its_turn());
    let on = ClusterAddress::in_words(turns.map(|one| &one.coordinates.cluster));
    let on = on.unwrap_or_else(|| cluster.to_string());
    capitalised(&format!("{} on {on}?", deeds.join("; ")))
}

/// More than these are counted.
const NAMED: usize = 4;

/// `run short-lived pods in team-a`
fn verifying(plan: &Plan) -> Option<String> {
    let targets = plan.targets.iter();
    let targets = targets.filter(|target| target.layout.task_pods.is_some());
    let mut namespaces: Vec<&str> = targets
        .map(|target| target.coordinates.namespace.as_str())
        .collect();
    namespaces.dedup();
    let what = format!("run short-lived pods in {}", namespaces.join(", "));
    (!namespaces.is_empty()).then_some(what)
}

fn name(plan: &Plan, target: &Target) -> String {
    let at = &target.coordinates;
    let of = plan.of_cluster(&at.cluster);
    format!("{} in {}{of}", at.release, at.namespace)
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
