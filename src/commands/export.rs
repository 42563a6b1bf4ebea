//! `export`: the targets of a file, in the terms of an engine that deploys them.

mod output;
mod terms;

use std::path::{Path, absolute};

use anyhow::{Context as _, Result};

use self::terms::{Terms, Wants};
use super::bundles::Bundles;
use super::default_chart::repository_config;
use super::gather::{Destination, helm_arguments};
use super::kept;
use super::needs::Needs;
use super::planning::{self, Job, Planner, accept};
use crate::cli::{ExportArgs, TargetArgs};
use crate::exit::{ExitCode, Stop};
use crate::export::{self, ChartSource, Release};
use crate::fleet::{FILE_NAME, Fleet};
use crate::helm::{self, Helm, HelmArguments, Rollout, repositories};
use crate::interrupt;
use crate::kube::ClusterAddress;
use crate::plan::{FileChange, Observed, Plan, Purpose, Target};
use crate::request::{Desired, TargetRequest};
use crate::ui::Screen;

pub(super) fn run(
    arguments: &ExportArgs,
    cluster: &ClusterAddress,
    screen: &Screen,
) -> Result<ExitCode> {
    interrupt::watch()?;
    let fleet = arguments.fleet.find(&[], &TargetArgs::default())?;
    let fleet = fleet.ok_or_else(|| {
        Stop::no_answer(format!(
            "which targets: there is no {FILE_NAME} in this folder, so name one: -c FILE"
        ))
    })?;
    let helm_arguments = helm_arguments(&arguments.helm_arguments)?;
    only_to_fetch(&helm_arguments)?;
    let wants = Wants::read(arguments, &fleet)?;
    let plan = plan(arguments, &fleet, &helm_arguments, cluster, screen)?;
    screen.plan_findings(&plan);
    accept(&plan)?;
    hold_already(arguments, &fleet, &plan)?;
    // Components of one release are one for an engine as well.
    let releases = plan
        .targets
        .iter()
        .filter(|target| target.goes_with.is_none())
        .map(release)
        .collect::<Result<Vec<_>, _>>()?;
    let plain_http = helm_arguments
        .locate()
        .iter()
        .any(|word| word == "--plain-http" || word == "--plain-http=true");
    tell_own_fetch(&helm_arguments, screen);
    let origin = wants.origin(&fleet, plain_http);
    let exported = match &wants.engine {
        Terms::ArgoCd(git) => export::argocd(&releases, &origin, git)?,
        Terms::Flux(flux) => export::flux(&releases, &origin, flux)?,
        Terms::Helmfile => export::helmfile(&releases, &origin)?,
    };
    match &arguments.output_dir {
        None => screen.exported(&exported),
        Some(folder) => output::write(&exported, folder, arguments.backup_dir.clone(), screen)?,
    }
    Ok(ExitCode::Done)
}

/// Says where a target names no version: the next export may give it another.
fn tell_newest(jobs: &[Job], screen: &Screen) {
    let unnamed = jobs
        .iter()
        .filter(|job| job.place.version.is_none() && !Path::new(&job.place.chart).exists());
    let mut charts: Vec<&str> = unnamed.map(|job| job.place.chart.as_str()).collect();
    charts.sort_unstable();
    charts.dedup();
    if !charts.is_empty() {
        screen.note(&format!(
            "no version is named for {}, so the newest is exported, whatever is deployed: name it in the file of targets (version: …), and no engine upgrades by surprise",
            charts.join(", ")
        ));
    }
}

/// Says which flags were for the fetch from here alone: an engine has its own trust and its own login.
fn tell_own_fetch(arguments: &HelmArguments, screen: &Screen) {
    let flags = arguments.locate().iter();
    let flags = flags.filter(|word| word.starts_with("--"));
    let mut flags: Vec<&str> = flags.filter_map(|word| word.split('=').next()).collect();
    flags.retain(|flag| *flag != "--plain-http");
    flags.sort_unstable();
    flags.dedup();
    if !flags.is_empty() {
        screen.note(&format!(
            "what {} is for holds here alone: the engine fetches the chart by what it is told itself",
            flags.join(", ")
        ));
    }
}

/// What an engine gets has no command line: what Helm's flags would set has to be in the values files.
fn only_to_fetch(arguments: &HelmArguments) -> Result<(), Stop> {
    let mut others = arguments.all().iter();
    if let Some(repo) = arguments
        .locate()
        .iter()
        .find(|word| word.starts_with("--repo"))
    {
        let flag = repo.split('=').next().unwrap_or(repo);
        return Err(Stop::usage(format!(
            "{flag} is nothing that a chart's name tells an engine: helm repo add ALIAS URL, and name the chart as ALIAS/CHART"
        )));
    }
    match others.find(|word| !arguments.locate().contains(word)) {
        Some(word) => {
            let flag = word.split('=').next().unwrap_or(word);
            Err(Stop::usage(format!(
                "{flag} would be lost: an engine knows the chart and the values files alone, so say it there; behind the -- stand flags of helm pull, such as --plain-http"
            )))
        }
        None => Ok(()),
    }
}

/// Plans every target as for an installation where there is none yet; no cluster is asked.
fn plan(
    arguments: &ExportArgs,
    fleet: &Fleet,
    helm_arguments: &HelmArguments,
    cluster: &ClusterAddress,
    screen: &Screen,
) -> Result<Plan> {
    let desired = &Desired {
        ignore: arguments.judging.ignore.clone(),
        expires_within: arguments.judging.expires_within,
        new_file: true,
        ..Desired::default()
    };
    let requests =
        fleet.requests_anywhere(desired, cluster, (&arguments.fleet.only, &kept::known))?;
    let mut needs = Needs::when(true);
    for request in &requests {
        needs.keep(is_named(request))?;
    }
    let bundles = needs.keep(Bundles::of(desired, &requests, true, cluster, false))?;
    let (Some(bundles), true) = (bundles, needs.are_met()) else {
        return Err(needs.into_error().into());
    };
    let rollout = Rollout::default();
    let planner = Planner::without_cluster(helm_arguments, &rollout, Purpose::Deploy);
    let helm = Helm::at(cluster)?;
    let mut jobs = Vec::new();
    for (request, bundle) in requests.into_iter().zip(bundles.each) {
        let job = Job::without_cluster(request, bundle?, &helm)?;
        are_plain(&job.place)?;
        jobs.push(job);
    }
    planning::are_distinct(&jobs)?;
    tell_newest(&jobs, screen);
    let planned = planner.targets(&jobs, |_| Ok(Observed::Absent), screen)?;
    let planned = planned.or_first_error()?;
    interrupt::check()?;
    Ok(planning::plan(
        desired,
        &bundles.all,
        bundles.findings,
        planned,
        true,
    ))
}

/// Refuses values inside of an object: Helm reads no such file, and neither does an engine; and whose object it is deploys it already.
fn are_plain(place: &Destination) -> Result<()> {
    for file in &place.values {
        let read = kept::read(file, place.component, Some(&place.release))?;
        if read.around.is_some() {
            return Err(Stop::refused(format!(
                "{} is no values file but an object that holds values: the engine that it is for deploys {} in {} already, once the file is committed. Leave that target out with --only",
                file.display(),
                place.release,
                place.namespace
            ))
            .into());
        }
    }
    Ok(())
}

/// What `install` would ask for, an engine needs as well.
fn is_named(request: &TargetRequest) -> Result<()> {
    let spec = &request.spec;
    if spec.release.is_some() || spec.component.documented().release.is_some() {
        return Ok(());
    }
    Err(Stop::no_answer(format!(
        "the release name of the {} in {}, which has no default since it shows in application URLs: release: NAME, in the file of targets",
        spec.component.title(),
        spec.namespace_in(&request.cluster)
    ))
    .into())
}

/// Refuses to hand over values files that lack the certificates: an engine would deploy them as they are.
fn hold_already(arguments: &ExportArgs, fleet: &Fleet, plan: &Plan) -> Result<(), Stop> {
    let lacking = plan.targets.iter().filter(|target| target.file.changes());
    let lacking: Vec<&FileChange> = lacking.map(|target| &target.file).collect();
    let are_new = lacking.iter().any(|file| file.before.is_none());
    let mut lacking: Vec<String> = lacking
        .iter()
        .map(|file| format!("  {}", file.path.display()))
        .collect();
    lacking.dedup();
    if lacking.is_empty() {
        return Ok(());
    }
    // The same targets, fetched in the same way.
    let mut words = vec!["-c".to_owned(), fleet.file().display().to_string()];
    for only in &arguments.fleet.only {
        words.extend(["--only".to_owned(), only.to_string()]);
    }
    let to_helm = helm::masked(&arguments.helm_arguments);
    let with = |more: &[&str]| {
        let own = words.iter().map(String::as_str);
        let flags = to_helm.iter().map(String::as_str);
        let is_given = !to_helm.is_empty();
        let all = own.chain(more.iter().copied());
        shell_words::join(all.chain(is_given.then_some("--")).chain(flags))
    };
    let write: &[&str] = if are_new {
        &["--in-place", "--new-file"]
    } else {
        &["--in-place"]
    };
    let (check, write) = (with(&["--check"]), with(write));
    Err(Stop::new(
        ExitCode::ChangesPending,
        format!(
            "an engine deploys values files as they are, and these are not as they should be yet:\n{}\nSee what is missing, and write it:\n  helm clearml-certs render {check}\n  helm clearml-certs render {write}\nNothing was exported.",
            lacking.join("\n")
        ),
    ))
}

/// What an engine has to know of a target.
fn release(target: &Target) -> Result<Release> {
    let at = &target.coordinates;
    let config = repository_config();
    let known = repositories(config.as_deref());
    let url_of = |alias: &str| {
        known
            .iter()
            .find(|one| one.name == alias)
            .map(|one| one.url.clone())
    };
    let in_full = |path: &Path| {
        absolute(path).with_context(|| format!("cannot tell where {} is", path.display()))
    };
    let on_disk = Path::new(&at.chart);
    let chart = if on_disk.exists() {
        ChartSource::Folder {
            path: in_full(on_disk)?,
        }
    } else {
        ChartSource::of(&at.chart, url_of).map_err(Stop::refused)?
    };
    let values = at.values.iter().map(|file| in_full(file));
    Ok(Release {
        component: at.component,
        context: at.id.cluster.named_context().map(str::to_owned),
        namespace: at.id.namespace.clone(),
        name: at.id.release.clone(),
        chart,
        version: at.version.clone(),
        values: values.collect::<Result<_>>()?,
        creates_namespace: target.upgrade.creates_namespace(),
        wave: target.wave,
    })
}
