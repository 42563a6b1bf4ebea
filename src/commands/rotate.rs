//! `rotate`: from one CA to another. Where a rotation stands is not written down anywhere: it is what the files and the
//! servers say.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::install::{begin, finish};
use super::order::{Order, fleet_of};
use super::{guided, installing, planning, probing, running_tasks};
use crate::cli::{Output, RotateArgs};
use crate::exit::{ExitCode, Stop};
use crate::files::FolderLocks;
use crate::finding::Finding;
use crate::fleet::Fleet;
use crate::helm::{Helm, Rollout};
use crate::interrupt;
use crate::kube::ClusterAddress;
use crate::plan::{Action, Plan, Purpose, Target};
use crate::report::{Ending, plan_json};
use crate::ui::Screen;

/// Between two questions to servers that are waited for.
const PAUSE: Duration = Duration::from_secs(10);

/// The finding of a server that cannot do without the former one.
const NEEDED: &str = "certificate-needed";

pub(super) fn run(
    arguments: &RotateArgs,
    cluster: &ClusterAddress,
    screen: &Screen,
) -> Result<ExitCode> {
    let helm = begin(&arguments.deploy, cluster)?;
    let edited = &arguments.edited;
    let fleet = fleet_of(&arguments.deploy, &edited.components, &edited.targets)?;
    if fleet.is_none() && guided::is_wanted_to_rotate(arguments) {
        return guided::rotate(arguments, &helm, screen, |arguments| {
            carry_on(arguments, None, &helm, screen)
        });
    }
    says_all(arguments)?;
    carry_on(arguments, fleet.as_ref(), &helm, screen)
}

/// The step that is due.
fn carry_on(
    arguments: &RotateArgs,
    fleet: Option<&Fleet>,
    helm: &Helm,
    screen: &Screen,
) -> Result<ExitCode> {
    let mut locks = FolderLocks::default();
    let rollout = installing::rollout(&arguments.deploy, helm)?;
    let charts = Arc::default();
    let mut plan_of = |order: &Order<'_>| {
        installing::plan(order, &rollout, helm, &mut locks, &charts, screen)
            .map_err(installing::interrupted)
    };

    let both = Order::of_both(arguments, fleet);
    let plan = plan_of(&both)?;
    let new = plan
        .entries
        .iter()
        .map(|entry| entry.certificate.fingerprint);
    let last = Order::of_dropping(arguments, fleet, new.collect());
    if plan.targets.iter().any(is_ahead) || planning::accept(&plan).is_err() {
        is_there(&last, &plan)?;
        return trust_both(&both, &rollout, helm, &plan, screen);
    }
    let came = plan.entries;
    let mut plan = plan_of(&last)?;
    all_are_known(&last, &plan, screen)?;
    if plan.targets.iter().all(|target| target.taken.is_empty()) {
        return Ok(rotated(&last, &plan, screen));
    }
    let older = running_tasks::started_without(&came, &plan, helm, screen);
    plan.findings.extend(older.clone());
    let mut waits = waiting(&plan, arguments);
    if let Some(patience) = arguments.wait_for_servers
        && !waits.is_empty()
    {
        wait(&mut plan, arguments, patience.0, screen)?;
        // What the servers say now decides, and it is asked with the plan.
        plan = plan_of(&last)?;
        all_are_known(&last, &plan, screen)?;
        plan.findings.extend(older.clone());
        waits = waiting(&plan, arguments);
    }
    if waits.is_empty() {
        return finish(&last, &rollout, helm, &plan, screen);
    }
    Ok(told(&last, &plan, &waits, &older, screen))
}

/// Whether the first step is still to be done. Where files alone are written, and there is no release of Helm's to compare with, as
/// with Argo CD, they tell.
fn is_ahead(target: &Target) -> bool {
    if target.purpose == Purpose::Write && target.observed.release().is_none() {
        return target.file.changes();
    }
    target.action != Action::Nothing
}

/// The former one goes from all or from none: who could not be planned may still need it.
fn all_are_known(order: &Order<'_>, plan: &Plan, screen: &Screen) -> Result<()> {
    if plan.unplanned.is_empty() {
        return Ok(());
    }
    screen.plan_findings(plan);
    if order.deploy.output == Output::Json {
        screen.json(&plan_json(plan, Ending::Failed, &[], &[]));
    }
    match planning::left_out(plan) {
        Some(stop) => {
            let message = format!(
                "{}; the former one stays, nothing was changed",
                stop.message
            );
            Err(Stop::new(stop.code, message).into())
        }
        None => Ok(()),
    }
}

/// Both ends of a rotation have to be named.
fn says_all(arguments: &RotateArgs) -> Result<(), Stop> {
    let missing = [
        (
            arguments.from.is_empty(),
            "which certificate is to go: --from ALIAS",
        ),
        (
            arguments.certificates.is_empty(),
            "which takes its place: --to FILE",
        ),
    ];
    let missing: Vec<&str> = missing
        .into_iter()
        .filter_map(|(is_missing, what)| is_missing.then_some(what))
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(Stop::no_answer(missing.join("; ")))
    }
}

/// A slip in the former one's name would otherwise be noticed when everything else is done.
fn is_there(last: &Order<'_>, plan: &Plan) -> Result<(), Stop> {
    let Some(selection) = &last.desired.drop else {
        return Ok(());
    };
    let mut placed = plan.targets.iter().flat_map(|target| &target.placed);
    if plan.targets.is_empty() || placed.any(|one| selection.selects(&one.alias, &one.certificate))
    {
        return Ok(());
    }
    let names: Vec<String> = selection
        .selectors
        .iter()
        .map(ToString::to_string)
        .collect();
    Err(Stop::refused(format!(
        "nothing that any of the releases trusts is {}; helm clearml-certs inspect FILE shows what is there, and install brings what is new",
        names.join(", ")
    )))
}

/// The first step.
fn trust_both(
    order: &Order<'_>,
    rollout: &Rollout,
    helm: &Helm,
    plan: &Plan,
    screen: &Screen,
) -> Result<ExitCode> {
    let ended = finish(order, rollout, helm, plan, screen)?;
    if order.deploy.dry_run || ended != ExitCode::Done {
        return Ok(ended);
    }
    order.say(
        "\nBoth are trusted from now on. Have the servers present certificates of the new one, then give the same line again: it says which server still needs the former one, and drops that once none does.",
        screen,
    );
    Ok(ExitCode::ChangesPending)
}

/// The end: there is nothing left of the former one.
fn rotated(order: &Order<'_>, plan: &Plan, screen: &Screen) -> ExitCode {
    if order.deploy.output == Output::Json {
        screen.json(&plan_json(plan, Ending::Planned, &[], &[]));
    }
    order.say(
        "Rotated: the files have the new one, and nothing of the former.",
        screen,
    );
    ExitCode::Done
}

/// Servers that keep the former one from being dropped, each in a finding: those that need it, unless that is to be let pass,
/// and those that cannot be asked.
fn waiting<'p>(plan: &'p Plan, arguments: &RotateArgs) -> Vec<&'p Finding> {
    let is_let_pass = arguments
        .edited
        .judging
        .ignore
        .iter()
        .any(|one| one.is(NEEDED));
    let of_targets = plan.targets.iter().flat_map(|target| &target.findings);
    of_targets
        .filter(|one| one.code == NEEDED && !is_let_pass || one.code == "server-unreachable")
        .collect()
}

/// Asks the servers again and again until none needs the former one, or the time is up.
fn wait(
    plan: &mut Plan,
    arguments: &RotateArgs,
    patience: Duration,
    screen: &Screen,
) -> Result<()> {
    let until = Instant::now() + patience;
    while !waiting(plan, arguments).is_empty() {
        interrupt::pause(PAUSE.min(until.saturating_duration_since(Instant::now())));
        interrupt::check()?;
        if Instant::now() >= until {
            return Ok(());
        }
        for target in &mut plan.targets {
            target
                .findings
                .retain(|one| !one.code.starts_with("server-") && one.code != NEEDED);
        }
        probing::servers_of(&mut plan.targets, screen);
    }
    Ok(())
}

/// The step between: who still needs the former one.
fn told(
    order: &Order<'_>,
    plan: &Plan,
    waits: &[&Finding],
    older: &[Finding],
    screen: &Screen,
) -> ExitCode {
    if order.deploy.output == Output::Json {
        screen.json(&plan_json(plan, Ending::Waiting, &[], &[]));
    }
    let mut lines = vec!["The former one stays for now:".to_owned()];
    let mut said = Vec::new();
    for finding in waits {
        let line = format!("  - {}", finding.message);
        if !said.contains(&line) {
            said.push(line);
        }
    }
    lines.extend(said);
    lines.extend(
        older
            .iter()
            .map(|finding| format!("  - {}", finding.message)),
    );
    lines.push(
        "Nothing was changed. Have these servers renewed, and give the same line again; where you know better, --ignore certificate-needed, or --skip-probe to ask none of them.".to_owned(),
    );
    order.say(&lines.join("\n"), screen);
    ExitCode::ChangesPending
}
