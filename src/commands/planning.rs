//! From what is wanted to a target of the plan: reading certificates, finding the chart, rendering.

use std::io::Write as _;
use std::path::PathBuf;
use std::ptr;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use serde_yaml::Value;
use tempfile::NamedTempFile;
use time::{Duration, OffsetDateTime};

use super::charts::Charts;
use super::drafts::{self, AsDrafted, Drafts};
use super::engines;
use super::gather::{self, Destination};
use crate::certs::bundle::{Bundle, Entry};
use crate::certs::lint;
use crate::exit::{ExitCode, Stop, code_of};
use crate::files;
use crate::finding::{self, Finding};
use crate::helm::{Chart, ChartContent, Helm, HelmArguments, Rendering, Rollout};
use crate::interrupt;
use crate::overrides::Mode;
use crate::plan::{
    self, Beside, Inner, NamedServer, Observed, OnUnheld, Plan, Purpose, Target, Unplanned,
    ValuesFiles,
};
use crate::preflight::{self, Stored};
use crate::request::{Desired, TargetRequest};
use crate::secrets;
use crate::side_by_side::{AT_ONCE, side_by_side};
use crate::ui::Screen;
use crate::values::{self, KeyPath};
use crate::vendor::Layout;

/// The plan as a whole: what there is to say about the certificates, now that the servers they are for are known, and
/// what the user lets pass. With `checks`, what has ended is an error wherever it stands.
pub(super) fn plan(
    desired: &Desired,
    bundle: &Bundle,
    mut findings: Vec<Finding>,
    planned: Planned,
    checks: bool,
) -> Plan {
    let Planned {
        mut targets,
        unplanned,
    } = planned;
    for target in &mut targets {
        let stuck = plan::stuck(&target.waiting);
        target.findings.extend(stuck);
    }
    // That there is nothing to tidy up beside what comes is no news.
    if let (Some(selection), true) = (&desired.drop, bundle.entries.is_empty()) {
        findings.extend(plan::unselected(selection, &targets));
    }
    let servers = targets.iter().flat_map(|target| &target.servers);
    let options = lint::Options {
        deploys: true,
        checks,
        expires_within: Duration::days(desired.expires_within.into()),
        hosts: servers
            .clone()
            .map(|one| one.endpoint.host.clone())
            .collect(),
        served: servers.flat_map(NamedServer::presented).cloned().collect(),
        ..lint::Options::at(OffsetDateTime::now_utc())
    };
    let present = present(&bundle.entries, &targets);
    findings.extend(lint::check_beside(&bundle.entries, &present, &options));
    let mut plan = Plan::new(
        named_as_placed(&bundle.entries, &targets),
        findings,
        targets,
        unplanned,
    );
    plan.ignore(&desired.ignore);
    plan::together(&mut plan.targets, &plan.unplanned);
    plan
}

/// What the files hold already beside the given certificates.
fn present(given: &[Entry], targets: &[Target]) -> Vec<Entry> {
    let mut present: Vec<Entry> = Vec::new();
    for placed in targets.iter().flat_map(|target| &target.placed) {
        let same = |entry: &Entry| entry.certificate.fingerprint == placed.certificate.fingerprint;
        if !given.iter().any(same) && !present.iter().any(same) {
            present.push(placed.to_entry());
        }
    }
    present
}

/// The certificates under the aliases that the files give them: a name may be taken there by another.
fn named_as_placed(entries: &[Entry], targets: &[Target]) -> Vec<Entry> {
    let alias_of = |entry: &Entry| {
        let mut placed = targets.iter().flat_map(|target| &target.placed);
        let fingerprint = entry.certificate.fingerprint;
        placed
            .find(|one| one.certificate.fingerprint == fingerprint)
            .map_or_else(|| entry.alias.clone(), |one| one.alias.clone())
    };
    let named = entries.iter().map(|entry| Entry {
        alias: alias_of(entry),
        ..entry.clone()
    });
    named.collect()
}

/// Ends the run where an error finding stands in the way; the findings were shown.
pub(super) fn accept(plan: &Plan) -> Result<(), Stop> {
    let codes = plan.unplanned.iter().map(|one| code_of(&one.error));
    if let Some(code) = codes.reduce(ExitCode::worse) {
        let message = "not every target could be planned; nothing was changed";
        return Err(Stop::new(code, message));
    }
    if plan.is_refused() {
        return Err(Stop::refused(
            "refused because of the errors above; nothing was changed (helm clearml-certs explain CODE tells more of each)",
        ));
    }
    Ok(())
}

/// The same where one target keeps no other from its turn: refused is the run where no target is left, or where the certificates
/// themselves will not do.
pub(super) fn accept_some(plan: &Plan) -> Result<(), Stop> {
    if finding::refuses(&plan.findings) {
        return Err(Stop::refused(
            "refused because of the errors above; nothing was changed",
        ));
    }
    if plan.targets.iter().all(Target::is_refused)
        && let Some(left_out) = left_out(plan)
    {
        let message = format!("{}; nothing was changed", left_out.message);
        return Err(Stop::new(left_out.code, message));
    }
    Ok(())
}

/// The targets that have no turn: what the run ends with when the others had theirs.
pub(super) fn left_out(plan: &Plan) -> Option<Stop> {
    let refused = plan.targets.iter().filter(|one| one.is_refused()).count();
    let codes = plan.unplanned.iter().map(|one| code_of(&one.error));
    let codes = codes.chain((refused > 0).then_some(ExitCode::Refused));
    let code = codes.reduce(ExitCode::worse)?;
    let (unplanned, all) = (
        plan.unplanned.len(),
        plan.targets.len() + plan.unplanned.len(),
    );
    let message = match (unplanned, refused) {
        (_, 0) => format!("{unplanned} of {all} targets could not be planned; see above"),
        (0, _) => format!("{refused} of {all} targets refused because of the errors above"),
        _ => format!(
            "{unplanned} of {all} targets could not be planned, {refused} refused; see above"
        ),
    };
    Some(Stop::new(code, message))
}

/// What became of the planning of all targets.
#[derive(Default)]
pub(super) struct Planned {
    pub(super) targets: Vec<Target>,
    pub(super) unplanned: Vec<Unplanned>,
}

impl Planned {
    /// Keeps what could be planned.
    fn of(jobs: &[Job], results: Vec<Result<Target>>) -> Self {
        let mut planned = Self::default();
        for (job, result) in jobs.iter().zip(results) {
            match result {
                Ok(target) => planned.targets.push(target),
                Err(error) => planned.unplanned.push(Unplanned {
                    id: job.place.id(job.helm.cluster()),
                    component: job.place.component,
                    wave: job.wave,
                    error,
                }),
            }
        }
        planned
    }

    /// The same without targets that an error came up for.
    pub(super) fn without(mut self, failures: Vec<Option<anyhow::Error>>) -> Self {
        let targets = self.targets.into_iter().zip(failures);
        self.targets = Vec::new();
        for (target, failure) in targets {
            let Some(error) = failure else {
                self.targets.push(target);
                continue;
            };
            let at = target.coordinates;
            self.unplanned.push(Unplanned {
                id: at.id,
                component: at.component,
                wave: target.wave,
                error,
            });
        }
        self
    }

    /// The same, unless nothing is left: then the first error is the run's, as it is where a signal came.
    pub(super) fn or_first_error(self) -> Result<Self> {
        if self.targets.is_empty() || interrupt::requested() {
            let first = self.unplanned.into_iter().next();
            return first.map_or_else(|| Ok(Self::default()), |one| Err(one.error));
        }
        Ok(self)
    }
}

/// The first round takes the edits of all in, and the second finds nothing left to edit; others are for edits that another one
/// called for.
const ROUNDS: usize = 4;

/// A target on its way into the plan: its place is known.
pub(super) struct Job {
    /// Leads to its cluster.
    pub(super) helm: Helm,
    pub(super) place: Destination,
    pub(super) desired: Desired,
    /// What it is to trust.
    pub(super) bundle: Arc<Bundle>,
    pub(super) wave: usize,
}

impl Job {
    /// What was asked for, on its way into a plan for which no cluster is asked.
    ///
    /// # Errors
    /// A values file that is an object cannot be read, or does not say where its chart is.
    pub(super) fn without_cluster(
        request: TargetRequest,
        bundle: Arc<Bundle>,
        helm: &Helm,
    ) -> Result<Self> {
        let TargetRequest {
            cluster,
            spec,
            desired,
            wave,
        } = request;
        Ok(Self {
            place: Destination::without_cluster(spec, &cluster)?,
            helm: helm.to(&cluster),
            desired,
            bundle,
            wave,
        })
    }

    /// The others of its release.
    fn beside(&self, of_release: &[&Self], chart: &Chart, given: &Value) -> Beside {
        let own = of_release.iter().position(|one| ptr::eq(*one, self));
        let (before, after) = of_release.split_at(own.unwrap_or_default());
        // What cannot be told of another keeps the whole release from its turn.
        let layouts = |jobs: &[&Self]| -> Vec<&'static Layout> {
            let others = jobs.iter().filter(|one| !ptr::eq(**one, self));
            let inner = others.filter_map(|one| one.place.inner(chart, given).ok());
            inner.map(|one| one.layout).collect()
        };
        Beside {
            before: layouts(before),
            after: layouts(after),
        }
    }

    fn is_same_release(&self, other: &Self) -> bool {
        let id = |job: &Self| job.place.id(job.helm.cluster());
        id(self).is_same_release(&id(other))
    }
}

/// Whether the targets can be deployed each by itself, or together with others of its release.
///
/// # Errors
/// Two are one release, and no one upgrade deploys both.
pub(super) fn are_distinct(jobs: &[Job]) -> Result<(), Stop> {
    let places = jobs.iter();
    gather::are_distinct(places.map(|job| (job.helm.cluster(), &job.place, job.wave)))
}

/// Those of one release have their turn together: nobody said when it is.
pub(super) fn in_one_wave(jobs: &mut [Job]) {
    for at in 1..jobs.len() {
        if let Some((before, [job, ..])) = jobs.split_at_mut_checked(at)
            && let Some(first) = before.iter().find(|one| one.is_same_release(job))
        {
            job.wave = first.wave;
        }
    }
}

/// What is the same for all targets of a run.
pub(super) struct Planner<'a> {
    pub(super) arguments: &'a HelmArguments,
    pub(super) rollout: &'a Rollout,
    pub(super) on_unheld: OnUnheld,
    /// Render as the cluster would: its version, its API, its objects in the way.
    pub(super) asks_cluster: bool,
    /// What the plan is for.
    pub(super) purpose: Purpose,
    /// Go on without a chart that cannot be reached.
    pub(super) assume_names: bool,
    /// So many targets are planned at once.
    pub(super) at_once: usize,
    /// What was fetched so far, by former plans of the run too.
    pub(super) charts: Arc<Charts>,
}

impl<'a> Planner<'a> {
    /// One that asks no cluster.
    pub(super) fn without_cluster(
        arguments: &'a HelmArguments,
        rollout: &'a Rollout,
        purpose: Purpose,
    ) -> Self {
        Self {
            arguments,
            rollout,
            on_unheld: OnUnheld::default(),
            asks_cluster: false,
            purpose,
            assume_names: false,
            at_once: AT_ONCE,
            charts: Arc::default(),
        }
    }
}

impl Planner<'_> {
    /// Plans all targets; `observe` tells what runs at each.
    pub(super) fn targets(
        &self,
        jobs: &[Job],
        observe: impl Fn(&Job) -> Result<Observed> + Sync,
        screen: &Screen,
    ) -> Result<Planned> {
        let groups = drafts::sharing(jobs.iter().map(|job| job.place.values.as_slice()));
        let (together, alone): (Vec<_>, Vec<_>) = groups
            .into_iter()
            .map(|group| group.into_iter().filter_map(|at| Some((at, jobs.get(at)?))))
            .map(Iterator::collect::<Vec<_>>)
            .partition(|group| group.len() > 1);
        let alone: Vec<(usize, &Job)> = alone.into_iter().flatten().collect();
        let none = Drafts::default();
        let planned = side_by_side(&alone, self.at_once, |(_, job)| {
            self.target(job, &[], observe(job)?, none.seen_by(0), screen)
        });
        let mut results: Vec<(usize, Result<Target>)> = Vec::new();
        results.extend(alone.iter().map(|(at, _)| *at).zip(planned));
        for group in &together {
            results.extend(self.together(group, &observe, screen)?);
        }
        results.sort_by_key(|(at, _)| *at);
        let results = results.into_iter().map(|(_, result)| result);
        Ok(Planned::of(jobs, results.collect()))
    }

    /// Plans targets that share values files: what one edits, the others find edited.
    fn together(
        &self,
        group: &[(usize, &Job)],
        observe: &(impl Fn(&Job) -> Result<Observed> + Sync),
        screen: &Screen,
    ) -> Result<Vec<(usize, Result<Target>)>> {
        let mut failed = Vec::new();
        let mut seen = Vec::new();
        let turn = |job: &Job| {
            let mut all = group.iter();
            let first = all.find(|(_, one)| one.is_same_release(job));
            first.map_or(0, |(at, _)| *at)
        };
        let observed = side_by_side(group, self.at_once, |(_, job)| observe(job));
        for ((at, job), observed) in group.iter().zip(observed) {
            match observed {
                Ok(observed) => seen.push((*at, *job, observed)),
                Err(error) => failed.push((*at, Err(error))),
            }
        }
        let mut drafts = Drafts::default();
        let plan = |drafts: &Drafts, some: &[(usize, &Job, Observed)]| {
            side_by_side(some, self.at_once, |(_, job, observed)| {
                let of_release = group.iter().map(|(_, one)| *one);
                let of_release = of_release.filter(|one| one.is_same_release(job));
                let of_release: Vec<&Job> = of_release.collect();
                let drafts = drafts.seen_by(turn(job));
                self.target(job, &of_release, observed.clone(), drafts, screen)
            })
        };
        // Most often the others find nothing left to edit behind the first.
        if let Some((_, job, _)) = seen.first()
            && let Some(Ok(first)) = plan(&drafts, seen.get(..1).unwrap_or_default()).first()
        {
            drafts.take(first, turn(job));
        }
        for _ in 0..ROUNDS {
            let mut targets = plan(&drafts, &seen);
            let planned = targets.iter().enumerate();
            let missed = planned.filter_map(|(index, target)| {
                let target = target.as_ref().ok()?;
                drafts.miss(target).then_some(index)
            });
            let missed: Vec<usize> = missed.collect();
            if !missed.is_empty() {
                // One after the other, each finds what those before it have edited.
                for index in missed {
                    let alone = seen.get(index..=index).unwrap_or_default();
                    if let (Some((_, job, _)), Some(Ok(target))) =
                        (alone.first(), plan(&drafts, alone).first())
                        && drafts.miss(target)
                    {
                        drafts.take(target, turn(job));
                    }
                }
                continue;
            }
            drafts.settle(targets.iter_mut().flatten());
            let planned = seen.iter().map(|(at, ..)| *at).zip(targets);
            failed.extend(planned);
            return Ok(failed);
        }
        bail!(
            "the targets undo each other's edits of a values file that they share: give each a file of its own"
        )
    }

    /// Plans one target; `of_release` are those of its release, where it shares files with others.
    fn target(
        &self,
        job: &Job,
        of_release: &[&Job],
        observed: Observed,
        drafts: AsDrafted<'_>,
        screen: &Screen,
    ) -> Result<Target> {
        let Job {
            helm,
            place,
            desired,
            bundle,
            wave,
        } = job;
        let mut files = place.read_values(place.layout, drafts, desired.new_file)?;
        let logins: Vec<String> = secrets::in_urls(&place.chart).map(str::to_owned).collect();
        let chart = Some(&place.chart).filter(|_| logins.is_empty());
        let names = [&place.release, &place.namespace].into_iter().chain(chart);
        let names = names.cloned();
        let paths = place.values.iter().map(|path| path.display().to_string());
        let cluster = helm.cluster().to_string();
        screen.hide(&[self.arguments.secrets(), logins].concat());
        screen.leave_open(names.chain(paths).chain([cluster]));
        screen.hide_secrets_of(&files.merged());
        if let Some(release) = observed.release() {
            screen.hide_secrets_of(&release.deployed.values);
            screen.hide_secrets_in(&release.manifest);
            if self.arguments.keep_deployed_values() {
                files = files.over(release.deployed.values.clone());
            }
        }
        let chart = &*self.chart(job, screen)?;
        let given = values::merge(files.kept().into_iter().chain([&files.merged()]));
        let Inner { layout, dependency } = place.inner(chart, &given)?;
        if layout.certificates != place.layout.certificates {
            let kept = files.kept().cloned();
            files = place.read_values(layout, drafts, desired.new_file)?;
            if let Some(kept) = kept {
                files = files.over(kept);
            }
        }
        let named = named_by(self.arguments)?;
        let base = files.clone();
        let is_upgrade = matches!(observed, Observed::Present(..));
        let asks_cluster = self.asks_cluster && !matches!(observed, Observed::Unknown(_));
        let mut manifest = String::new();
        let mut render = |text: &str| -> Result<String> {
            let candidate = Candidate::new(&base, &place.values, drafts)?;
            let rendering = Rendering {
                release: &place.release,
                namespace: &place.namespace,
                chart,
                values: &candidate.values,
                input: Some(text),
                is_upgrade,
                asks_cluster,
            };
            let what = format!(
                "rendering {} {} for {}",
                chart.name, chart.version, place.release
            );
            let stream = screen.step(&what, || {
                engines::rendered(helm, &rendering, self.arguments)
            })?;
            manifest.clone_from(&stream);
            Ok(stream)
        };
        let request = plan::Request {
            coordinates: place.coordinates(chart.written_version.clone(), helm.cluster()),
            chart,
            dependency,
            layout,
            files,
            observed,
            entries: &bundle.entries,
            drop: desired.drop.as_ref(),
            mode: desired.mode,
            task_pods: desired.task_pods.unwrap_or_default(),
            variables: desired.task_variables.unwrap_or_default(),
            distros: desired.task_distros,
            queues: desired.task_queues.unwrap_or_default(),
            repairs: desired.repair,
            enforces_checking: desired.enforce_checking,
            purpose: self.purpose,
            task_image: desired.task_image.clone(),
            rollout: self.rollout.clone(),
            arguments: self.arguments,
            on_unheld: self.on_unheld,
            beside: job.beside(of_release, chart, &given),
            wave: *wave,
        };
        let mut target = plan::target(request, &mut render)?;
        target.pinned.files.extend(named);
        target
            .findings
            .extend(appended_system(desired, target.mode));
        screen.hide_secrets_in(&target.rendered);
        if !chart.is_assumed && !target.rendered.objects.is_empty() {
            let sizes = Self::sizes(&target, chart, &manifest)?;
            target.findings.extend(sizes);
        }
        Ok(target)
    }

    /// Whether what Helm and Kubernetes store of it fits.
    fn sizes(target: &Target, chart: &Chart, manifest: &str) -> Result<Vec<Finding>> {
        let Some(content) = ChartContent::read(chart.local(), chart.values.clone())? else {
            return Ok(vec![Finding::note(
                "release-size-unknown",
                format!(
                    "{} is too large for its release's size to be foretold",
                    chart.name
                ),
            )]);
        };
        let stored = Stored {
            release: &target.coordinates.id.release,
            namespace: &target.coordinates.id.namespace,
            chart: &content,
            config: &target.given,
            manifest,
        };
        Ok(preflight::check_size(&stored, &target.rendered.objects))
    }

    fn chart(&self, job: &Job, screen: &Screen) -> Result<Arc<Chart>> {
        let Job { helm, place, .. } = job;
        let version = place.version.as_deref();
        let fetched = self.charts.get(&place.chart, version, || {
            screen.step(&format!("finding chart {}", place.chart), || {
                helm.fetch_chart(&place.chart, version, self.arguments)
            })
        });
        fetched.or_else(|error| {
            if !self.assume_names || error.is::<Stop>() {
                return Err(error);
            }
            screen.note(&format!("{error:#}"));
            let path = place.values_path.as_ref().map_or(&[][..], KeyPath::keys);
            let assumed = Chart::assumed(place.layout.below(path), &place.chart, version);
            Ok(Arc::new(assumed))
        })
    }
}

/// What every image has already, brought once more.
fn appended_system(desired: &Desired, mode: Mode) -> Option<Finding> {
    let from_system = desired.certificates.iter().any(|source| source.is_system);
    (from_system && mode == Mode::Append).then(|| {
        Finding::error(
            "system-bundle-appended",
            "--ca system would add every public root once more to the bundle that the pods come with",
        )
        .hint("leave it out, or add --mode replace")
    })
}

/// The files that flags name, with their contents. Of one that is not there, helm says more.
fn named_by(arguments: &HelmArguments) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut named = Vec::new();
    for path in arguments.files() {
        let content = files::read_for_helm(&path)?;
        named.extend(content.map(|content| (path, content)));
    }
    Ok(named)
}

/// The values files as they would be, for rendering. The edited one goes to helm's standard input: no copy of its credentials
/// lies anywhere, even if this run is killed. Where several have to differ from what is on disk, the others are files, private to
/// their owner and gone with the value.
struct Candidate {
    values: Vec<PathBuf>,
    made: Vec<NamedTempFile>,
}

/// What Helm calls its standard input.
const INPUT: &str = "-";

impl Candidate {
    fn new(files: &ValuesFiles, paths: &[PathBuf], drafts: AsDrafted<'_>) -> Result<Self> {
        let mut candidate = Self {
            values: Vec::new(),
            made: Vec::new(),
        };
        if let Some(kept) = files.kept() {
            candidate.add(&serde_yaml::to_string(kept)?)?;
        }
        for path in paths {
            if path == files.edited() {
                candidate.values.push(INPUT.into());
            } else if let Some(values) = files.inside_of(path) {
                candidate.add(values)?;
            } else if let Some(draft) = drafts.read(path) {
                candidate.add(draft)?;
            } else {
                candidate.values.push(path.clone());
            }
        }
        Ok(candidate)
    }

    fn add(&mut self, text: &str) -> Result<()> {
        let file = values_file(text)?;
        self.values.push(file.path().to_path_buf());
        self.made.push(file);
        Ok(())
    }
}

fn values_file(text: &str) -> Result<NamedTempFile> {
    let mut file = tempfile::Builder::new()
        .prefix("helm-clearml-certs-")
        .suffix(".yaml")
        .tempfile()
        .context("cannot make a temporary values file")?;
    file.write_all(text.as_bytes())
        .context("cannot write a temporary values file")?;
    Ok(file)
}
