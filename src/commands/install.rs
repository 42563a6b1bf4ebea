//! `install`: plan, preview, confirm, upgrade.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde_yaml::Value;
use time::OffsetDateTime;

use super::gather::{Cluster, Place, helm_arguments};
use crate::apply::{self, Outcome};
use crate::certs::bundle::Bundle;
use crate::certs::lint;
use crate::certs::source::Source;
use crate::cli::InstallArgs;
use crate::component::Component;
use crate::exit::{ExitCode, Stop};
use crate::files;
use crate::finding::Finding;
use crate::helm::{Helm, HelmArguments, Rollout};
use crate::interrupt;
use crate::overrides::Mode;
use crate::plan::{self, Action, Plan, Target};
use crate::ui::{self, Screen};

pub(super) fn run(arguments: &InstallArgs, screen: &mut Screen) -> Result<ExitCode> {
    interrupt::watch()?;
    let components = components(arguments)?;
    let helm = Helm::locate()?;
    let plan = plan(arguments, &components, &helm, screen)?;
    screen.preview(&plan);
    if plan.is_refused() {
        return Err(
            Stop::refused("refused because of the errors above; nothing was changed").into(),
        );
    }
    if arguments.dry_run {
        let pending = arguments.detailed_exitcode && plan.has_changes();
        return Ok(if pending {
            ExitCode::ChangesPending
        } else {
            ExitCode::Done
        });
    }
    if !plan.has_changes() {
        return Ok(ExitCode::Done);
    }
    agree(arguments)?;
    interrupt::check()?;
    act(&helm, &plan, screen)
}

/// The components named, each once, in the order they are rolled out.
fn components(arguments: &InstallArgs) -> Result<Vec<Component>> {
    let mut missing = Vec::new();
    if arguments.components.is_empty() {
        missing.push("which component: install agent, install gateway, or both");
    }
    if arguments.certificates.is_empty() {
        missing.push("which certificates: --ca FILE");
    }
    if !missing.is_empty() {
        return Err(Stop::no_answer(format!("still needed:\n  {}", missing.join("\n  "))).into());
    }
    Ok(Component::ALL
        .into_iter()
        .filter(|component| arguments.components.contains(component))
        .collect())
}

fn plan(
    arguments: &InstallArgs,
    components: &[Component],
    helm: &Helm,
    screen: &mut Screen,
) -> Result<Plan> {
    let given = arguments
        .certificates
        .iter()
        .map(Source::read)
        .collect::<Result<Vec<_>>>()?;
    if arguments.mode == Some(Mode::Append) && arguments.certificates.iter().any(|c| c.is_system) {
        return Err(Stop::usage(
            "--ca system is for --mode replace: in append mode the pods keep the bundle they come with",
        )
        .into());
    }
    let bundle = Bundle::new(given.concat());
    let mut findings = lint::check(&bundle.entries, OffsetDateTime::now_utc());
    findings.extend(bundle.duplicates.iter().map(|(repeated, first)| {
        Finding::note(
            "certificate-repeated",
            format!("{repeated} is the same certificate as {first}; it is taken once"),
        )
    }));
    let helm_arguments = helm_arguments(&arguments.helm_arguments)?;
    let rollout = rollout(arguments, helm)?;
    let may_ask = !arguments.no_input && ui::is_interactive();
    let mut cluster = Cluster::new(helm, arguments.dry_run);
    let mut targets = Vec::new();
    for component in components {
        let options = arguments.targets.of(*component, components)?;
        let place = Place::find(*component, options, &mut cluster, screen, may_ask)?;
        targets.push(target(
            &place,
            &bundle,
            arguments,
            &helm_arguments,
            &rollout,
            helm,
            screen,
        )?);
        interrupt::check()?;
    }
    Ok(Plan::new(bundle.entries, findings, targets))
}

fn rollout(arguments: &InstallArgs, helm: &Helm) -> Result<Rollout> {
    let rollback_flag = if arguments.rollback_on_failure {
        Some(Rollout::rollback_flag(helm.major()?))
    } else {
        None
    };
    Ok(Rollout {
        wait: arguments.wait,
        timeout: arguments.timeout.clone(),
        rollback_flag,
    })
}

fn target(
    place: &Place,
    bundle: &Bundle,
    arguments: &InstallArgs,
    helm_arguments: &HelmArguments,
    rollout: &Rollout,
    helm: &Helm,
    screen: &mut Screen,
) -> Result<Target> {
    let earlier_values = place.read_earlier_values()?;
    let override_text = files::read(place.override_file())?;
    let override_values: Value = override_text
        .as_deref()
        .and_then(|text| serde_yaml::from_str(text).ok())
        .unwrap_or_default();
    screen.hide_secrets_of(&override_values);
    for (_, values) in &earlier_values {
        screen.hide_secrets_of(values);
    }
    let observed = screen.step(&format!("asking for release {}", place.release), || {
        place.observe(helm)
    })?;
    if let plan::Observed::Present(deployed, _) = &observed {
        screen.hide_secrets_of(&deployed.values);
    }
    let chart = screen.step(&format!("finding chart {}", place.chart), || {
        helm.fetch_chart(&place.chart, place.version.as_deref(), helm_arguments)
    })?;
    let is_upgrade = matches!(observed, plan::Observed::Present(..));
    let mut render = |text: &str| -> Result<String> {
        let candidate = Candidate::new(place, text)?;
        let what = format!("rendering {} {}", chart.name, chart.version);
        let stream = screen.step(&what, || {
            helm.template(
                &place.release,
                &place.namespace,
                &chart,
                &candidate.values,
                is_upgrade,
                helm_arguments,
            )
        })?;
        Ok(stream)
    };
    let request = plan::Request {
        coordinates: place.coordinates(chart.version.to_string()),
        chart: &chart,
        earlier_values,
        override_text,
        observed,
        entries: &bundle.entries,
        mode: arguments.mode,
        task_pods: arguments.task_pods,
        variables: arguments.task_variables,
        task_image: arguments.task_image.clone(),
        rollout: rollout.clone(),
        arguments: helm_arguments,
        discard_values: arguments.discard_values,
    };
    plan::target(request, &mut render)
}

/// The override file as it would be, for rendering; private to its owner, gone with the value.
struct Candidate {
    values: Vec<PathBuf>,
    _file: tempfile::NamedTempFile,
}

impl Candidate {
    fn new(place: &Place, text: &str) -> Result<Self> {
        let mut file = tempfile::Builder::new()
            .prefix("helm-clearml-certs-")
            .suffix(".yaml")
            .tempfile()
            .context("cannot make a temporary values file")?;
        file.write_all(text.as_bytes())
            .context("cannot write a temporary values file")?;
        let mut values = place.values.clone();
        values.pop();
        values.push(file.path().to_path_buf());
        Ok(Self {
            values,
            _file: file,
        })
    }
}

fn agree(arguments: &InstallArgs) -> Result<()> {
    if arguments.yes {
        return Ok(());
    }
    if arguments.no_input || !ui::is_interactive() {
        return Err(Stop::no_answer(
            "nobody to ask, so nothing was changed: add --yes to do this, or --dry-run to only look",
        )
        .into());
    }
    if ui::confirm("Apply this?")? {
        Ok(())
    } else {
        Err(Stop::no_answer("nothing was changed").into())
    }
}

fn act(helm: &Helm, plan: &Plan, screen: &Screen) -> Result<ExitCode> {
    let mut outcomes: Vec<(&Target, Outcome)> = Vec::new();
    let mut failure: Option<anyhow::Error> = None;
    for target in &plan.targets {
        if failure.is_some() || interrupt::requested() {
            outcomes.push((target, Outcome::Untouched));
            continue;
        }
        if target.action != Action::Nothing {
            screen.result(&format!("\n$ {}", target.upgrade.shown()));
        }
        let outcome = screen.step(&format!("upgrading {}", target.coordinates.release), || {
            apply::target(helm, target, |line| screen.result(&format!("  {line}")))
        });
        match outcome {
            Ok(Outcome::Failed {
                error,
                aftermath,
                backup,
            }) => {
                failure = Some(error.clone().into());
                outcomes.push((
                    target,
                    Outcome::Failed {
                        error,
                        aftermath,
                        backup,
                    },
                ));
            }
            Ok(outcome) => outcomes.push((target, outcome)),
            Err(error) => {
                failure = Some(error);
                outcomes.push((target, Outcome::Untouched));
            }
        }
    }
    screen.report(&outcomes);
    match failure {
        _ if interrupt::requested() => {
            Err(Stop::interrupted("interrupted; what is above was done").into())
        }
        Some(error) => Err(error),
        None => Ok(ExitCode::Done),
    }
}
