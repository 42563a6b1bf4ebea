//! The plan of an install, for the guided run and the one that was told everything.

use std::collections::BTreeMap;
use std::iter::repeat_with;
use std::sync::Arc;

use anyhow::{Result, bail};

use super::bundles::{Bundles, Wanted};
use super::charts::Charts;
use super::gather::{self, Clusters, Destination, helm_arguments};
use super::locking;
use super::needs::Needs;
use super::order::Order;
use super::planning::{self, Job, Planner};
use super::preflight::Preflight;
use super::probing;
use super::storage::Storage;
use crate::cli::{DeployArgs, Output};
use crate::exit::{ExitCode, Stop};
use crate::files::FolderLocks;
use crate::helm::{Helm, HelmError, ReleaseSummary, Rollout, TargetId};
use crate::interrupt;
use crate::plan::{Plan, Purpose, Unplanned};
use crate::request::TargetRequest;
use crate::ui::{self, Screen};

/// Gathers, renders and plans; nothing is changed. A chart is fetched once, however often it is planned.
pub(super) fn plan(
    order: &Order<'_>,
    rollout: &Rollout,
    helm: &Helm,
    locks: &mut FolderLocks,
    charts: &Arc<Charts>,
    screen: &Screen,
) -> Result<Plan> {
    let (desired, deploy) = (&order.desired, &order.deploy);
    let for_people = !deploy.no_input && deploy.output == Output::Text;
    let may_ask = for_people && ui::is_interactive() && !order.is_for_many();
    let mut needs = Needs::when(!may_ask);
    // What goes has to be named, whoever lists the targets.
    let listed = order.is_for_many() && desired.drop.is_none();
    let requests = order.requests(helm.cluster());
    let requests = needs.keep(requests)?.unwrap_or_default();
    let bundles = needs.keep(Bundles::of(
        desired,
        &requests,
        listed,
        helm.cluster(),
        may_ask,
    ))?;
    let Bundles {
        each: bundles,
        all: bundle,
        mut findings,
    } = bundles.unwrap_or_default();
    findings.extend(order.comes_back(helm.cluster()));
    let mut clusters = Clusters::new(deploy.dry_run && !order.is_for_many() || !needs.are_met());
    if order.is_for_many() {
        clusters.ask_all(&requests, helm, order.at_once(), screen);
    }
    let ways = Ways {
        order,
        helm,
        screen,
        may_ask,
    };
    let (jobs, lost) = ways.jobs(requests, bundles, &mut clusters, &mut needs)?;
    planning::are_distinct(&jobs)?;
    if !needs.are_met() {
        if !deploy.yes && !deploy.dry_run {
            needs.add("a yes to the plan: --yes, or --dry-run to only look");
        }
        return Err(needs.into_error().into());
    }
    let helm_arguments = helm_arguments(&order.for_helm())?;
    let planner = Planner {
        arguments: &helm_arguments,
        rollout,
        on_unheld: deploy.unheld.choice(),
        asks_cluster: true,
        purpose: if deploy.files_only {
            Purpose::Write
        } else {
            Purpose::Deploy
        },
        assume_names: false,
        at_once: order.at_once(),
        charts: Arc::clone(charts),
    };
    if !deploy.dry_run {
        let files = jobs.iter().flat_map(|job| &job.place.values);
        locking::lock(locks, files, screen)?;
    }
    let storage = storage_of(&jobs, order.at_once(), screen);
    let observe = |job: &Job| {
        let what = format!("asking for release {}", job.place.release);
        screen.step(&what, || job.place.observe(&job.helm, &storage))
    };
    let mut planned = planner.targets(&jobs, observe, screen)?;
    planned.unplanned.extend(lost);
    if !order.is_for_many() {
        planned = planned.or_first_error()?;
    }
    let targets = &mut planned.targets;
    for target in targets.iter_mut() {
        target.asks_too(&order.servers);
    }
    interrupt::check()?;
    if !deploy.skip_probe {
        probing::servers_of(targets, screen);
        interrupt::check()?;
    }
    let preflight = Preflight {
        clusters: &clusters,
        helm,
        deploy,
        at_once: order.at_once(),
        are_listed: order.is_for_many(),
        screen,
    };
    let (found, failures) = preflight.look(targets)?;
    findings.extend(found);
    planned = planned.without(failures);
    if !order.is_for_many() {
        planned = planned.or_first_error()?;
    }
    interrupt::check()?;
    Ok(planning::plan(
        desired,
        &bundle,
        findings,
        planned,
        deploy.detailed_exitcode,
    ))
}

/// The releases of all jobs that have one.
fn storage_of(jobs: &[Job], at_once: usize, screen: &Screen) -> Storage {
    let releases = jobs.iter().filter_map(|job| {
        let listed = job.place.is_there()?;
        Some((job.place.id(job.helm.cluster()), listed))
    });
    // Several components may be of one release.
    let releases: BTreeMap<TargetId, &ReleaseSummary> = releases.collect();
    Storage::read(releases.into_iter(), at_once, screen)
}

/// How the places of targets are found.
struct Ways<'a> {
    order: &'a Order<'a>,
    helm: &'a Helm,
    screen: &'a Screen,
    may_ask: bool,
}

impl Ways<'_> {
    /// The targets whose places are known, and those whose clusters do not tell: where a file lists them, one keeps no other from
    /// its turn.
    fn jobs(
        &self,
        requests: Vec<TargetRequest>,
        bundles: Vec<Wanted>,
        clusters: &mut Clusters,
        needs: &mut Needs,
    ) -> Result<(Vec<Job>, Vec<Unplanned>)> {
        let mut jobs = Vec::new();
        let mut lost = Vec::new();
        // Where certificates are missing, what is missing of the places is told as well.
        let bundles = bundles
            .into_iter()
            .chain(repeat_with(|| Ok(Arc::default())));
        for (request, bundle) in requests.into_iter().zip(bundles) {
            let TargetRequest {
                cluster: address,
                spec,
                desired,
                wave,
            } = request;
            let cluster = clusters.at(&address, self.helm);
            let (component, id) = (spec.component, gather::id_of(&spec, &address));
            let helm = cluster.helm().clone();
            let found = bundle.map_err(Into::into).and_then(|bundle| {
                let place = Destination::find(spec, cluster, self.screen, self.may_ask);
                Ok((needs.keep(place)?, bundle))
            });
            let (place, bundle) = match found {
                Err(error) if self.order.is_for_many() => {
                    lost.push(Unplanned {
                        id,
                        component,
                        wave,
                        error,
                    });
                    continue;
                }
                found => found?,
            };
            jobs.extend(place.map(|place| Job {
                helm,
                place,
                desired,
                bundle,
                wave,
            }));
        }
        if !self.order.is_for_many() {
            planning::in_one_wave(&mut jobs);
        }
        Ok((jobs, lost))
    }
}

/// How Helm is to wait.
pub(super) fn rollout(deploy: &DeployArgs, helm: &Helm) -> Result<Rollout> {
    let rollback_flag = if deploy.rollback_on_failure {
        Some(Rollout::rollback_flag(helm.major()?))
    } else {
        None
    };
    Ok(Rollout {
        wait: deploy.wait,
        timeout: deploy.timeout.clone(),
        rollback_flag,
    })
}

/// An error of a helm that a signal ended is not helm's own.
pub(super) fn interrupted(error: anyhow::Error) -> anyhow::Error {
    let by_signal = error
        .downcast_ref::<HelmError>()
        .is_some_and(HelmError::is_interrupted);
    if !error.is::<Stop>() && (interrupt::requested() || by_signal) {
        return interrupt::nothing_changed().into();
    }
    error
}

/// How a dry run ends.
///
/// # Errors
/// `--detailed-exitcode` asks whether anything would change, and the cluster that knows cannot be asked.
pub(super) fn looked(deploy: &DeployArgs, plan: &Plan) -> Result<ExitCode> {
    if !deploy.detailed_exitcode {
        return Ok(ExitCode::Done);
    }
    if plan.is_assumption() {
        bail!(
            "--detailed-exitcode cannot tell whether anything would change: the cluster could not be asked"
        );
    }
    Ok(if plan.has_changes() {
        ExitCode::ChangesPending
    } else {
        ExitCode::Done
    })
}
