//! From what is wanted to a target of the plan: reading certificates, finding the chart, rendering.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use tempfile::NamedTempFile;
use time::{Duration, OffsetDateTime};

use super::drafts::{self, Drafts};
use super::engines;
use super::gather::Destination;
use super::side_by_side::side_by_side;
use crate::certs::bundle::{Bundle, Entry};
use crate::certs::lint;
use crate::exit::{ExitCode, Stop, code_of};
use crate::files;
use crate::finding::Finding;
use crate::helm::{Chart, ChartContent, Helm, HelmArguments, Rendering, Rollout};
use crate::interrupt;
use crate::kube::ClusterAddress;
use crate::overrides::Mode;
use crate::plan::{
    self, NamedServer, Observed, OnUnheld, Plan, Purpose, Target, Unplanned, ValuesFiles,
};
use crate::preflight::{self, Stored};
use crate::request::Desired;
use crate::sources::{Access, Source};
use crate::ui::{self, Screen};
use crate::vendor::Layout;

/// The given certificates, and what there is to say about them.
pub(super) fn certificates(
    desired: &Desired,
    cluster: &ClusterAddress,
    may_ask: bool,
) -> Result<(Bundle, Vec<Finding>)> {
    if let (Some(selection), true) = (&desired.drop, desired.certificates.is_empty()) {
        if selection.selectors.is_empty() {
            let message = "which certificates: --alias NAME, --sha256 PREFIX, --subject GLOB, --expired, --superseded or --all";
            return Err(Stop::no_answer(message).into());
        }
        return Ok((Bundle::default(), Vec::new()));
    }
    if desired.certificates.is_empty() {
        return Err(Stop::no_answer("which certificates: --ca FILE").into());
    }
    let from_system = desired.certificates.iter().any(|source| source.is_system);
    if desired.mode == Some(Mode::Append) && from_system {
        return Err(Stop::usage(
            "--ca system is for --mode replace: in append mode the pods keep the bundle they come with",
        )
        .into());
    }
    let access = Access {
        cluster,
        fingerprint: desired.fingerprint,
        ask: may_ask.then_some(ui::confirm),
        looking: false,
    };
    read(&desired.certificates, &access)
}

/// The certificates of all sources, each once, and what there is to say of that.
pub(super) fn read(sources: &[Source], access: &Access<'_>) -> Result<(Bundle, Vec<Finding>)> {
    let mut given = Vec::new();
    let mut findings = Vec::new();
    for source in sources {
        let reading = source.gather(access)?;
        given.extend(reading.given);
        findings.extend(reading.notes);
    }
    let bundle = Bundle::new(given);
    findings.extend(lint::repeated(&bundle));
    Ok((bundle, findings))
}

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
    if let (Some(selection), true) = (&desired.drop, desired.certificates.is_empty()) {
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
    let appending = targets.iter().any(|target| target.mode == Mode::Append);
    let from_system = desired.certificates.iter().any(|source| source.is_system);
    if appending && from_system {
        findings.push(
            Finding::error(
                "system-bundle-appended",
                "--ca system would add every public root once more to the bundle that the pods come with",
            )
            .hint("leave it out, or add --mode replace"),
        );
    }
    let mut plan = Plan::new(
        named_as_placed(&bundle.entries, &targets),
        findings,
        targets,
        unplanned,
    );
    plan.ignore(&desired.ignore);
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
            "refused because of the errors above; nothing was changed",
        ));
    }
    Ok(())
}

/// What became of the planning of all targets.
#[derive(Default)]
pub(super) struct Planned {
    pub(super) targets: Vec<Target>,
    pub(super) unplanned: Vec<Unplanned>,
}

impl Planned {
    /// Keeps what could be planned. Where nothing could, or a signal came, the first error is the run's.
    fn of(places: &[Destination], results: Vec<Result<Target>>) -> Result<Self> {
        let mut planned = Self::default();
        for (place, result) in places.iter().zip(results) {
            match result {
                Ok(target) => planned.targets.push(target),
                Err(error) => planned.unplanned.push(Unplanned {
                    component: place.component,
                    release: place.release.clone(),
                    namespace: place.namespace.clone(),
                    error,
                }),
            }
        }
        if planned.targets.is_empty() || interrupt::requested() {
            let first = planned.unplanned.into_iter().next();
            return first.map_or_else(|| Ok(Self::default()), |one| Err(one.error));
        }
        Ok(planned)
    }
}

/// The first round edits, the second finds nothing left to edit; a third is for an edit that another one called for.
const MAX_ROUNDS: usize = 3;

/// What one command lets differ for its targets.
pub(super) struct Planner<'a> {
    pub(super) helm: &'a Helm,
    pub(super) desired: &'a Desired,
    pub(super) bundle: &'a Bundle,
    pub(super) arguments: &'a HelmArguments,
    pub(super) rollout: &'a Rollout,
    pub(super) on_unheld: OnUnheld,
    /// Render as the cluster would: its version, its API, its objects in the way.
    pub(super) asks_cluster: bool,
    /// What the plan is for.
    pub(super) purpose: Purpose,
    /// Go on without a chart that cannot be reached.
    pub(super) assume_names: bool,
}

impl Planner<'_> {
    /// Plans all targets; `observe` tells what runs at each.
    pub(super) fn targets(
        &self,
        places: &[Destination],
        observe: impl Fn(&Destination) -> Result<Observed> + Sync,
        screen: &Screen,
    ) -> Result<Planned> {
        let none = Drafts::default();
        if !drafts::are_shared(places.iter().map(|place| place.values.as_slice())) {
            let target = |place: &Destination| self.target(place, observe(place)?, &none, screen);
            return Planned::of(places, side_by_side(places, target));
        }
        // Targets that edit one file are planned together or not at all.
        let observed = side_by_side(places, &observe)
            .into_iter()
            .collect::<Result<Vec<_>>>()?;
        let mut drafts = none;
        for _ in 0..MAX_ROUNDS {
            let before = drafts.clone();
            let mut targets = Vec::new();
            for (place, observed) in places.iter().zip(&observed) {
                let target = self.target(place, observed.clone(), &drafts, screen)?;
                drafts.take(&target);
                targets.push(target);
            }
            if drafts == before {
                drafts.settle(&mut targets);
                return Ok(Planned {
                    targets,
                    unplanned: Vec::new(),
                });
            }
        }
        bail!(
            "the targets undo each other's edits of a values file that they share: give each a file of its own"
        )
    }

    /// Plans one target.
    fn target(
        &self,
        place: &Destination,
        observed: Observed,
        drafts: &Drafts,
        screen: &Screen,
    ) -> Result<Target> {
        let mut files = place.read_values(place.layout, drafts, self.desired.new_file)?;
        let names = [&place.release, &place.namespace, &place.chart].map(Clone::clone);
        let paths = place.values.iter().map(|path| path.display().to_string());
        let cluster = self.helm.cluster().to_string();
        screen.hide(&self.arguments.secrets());
        screen.leave_open(names.into_iter().chain(paths).chain([cluster]));
        screen.hide_secrets_of(&files.merged());
        if let Some(release) = observed.release() {
            screen.hide_secrets_of(&release.deployed.values);
            screen.hide_secrets_in(&release.manifest.objects, &release.manifest.unreadable);
            if self.arguments.keep_deployed_values() {
                files = files.over(release.deployed.values.clone());
            }
        }
        let chart = self.chart(place, screen)?;
        let layout = Layout::of(place.component, &chart.name, &chart.values);
        if layout.certificates != place.layout.certificates {
            let kept = files.kept().cloned();
            files = place.read_values(layout, drafts, self.desired.new_file)?;
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
                chart: &chart,
                values: &candidate.values,
                input: Some(text),
                is_upgrade,
                asks_cluster,
            };
            let what = format!("rendering {} {}", chart.name, chart.version);
            let stream = screen.step(&what, || {
                engines::rendered(self.helm, &rendering, self.arguments)
            })?;
            manifest.clone_from(&stream);
            Ok(stream)
        };
        let request = plan::Request {
            coordinates: place.coordinates(chart.version.to_string(), self.helm.cluster()),
            chart: &chart,
            layout,
            files,
            observed,
            entries: &self.bundle.entries,
            drop: self.desired.drop.as_ref(),
            mode: self.desired.mode,
            task_pods: self.desired.task_pods,
            variables: self.desired.task_variables,
            distros: self.desired.task_distros,
            queues: self.desired.task_queues,
            repairs: self.desired.repair,
            enforces_checking: self.desired.enforce_checking,
            purpose: self.purpose,
            task_image: self.desired.task_image.clone(),
            rollout: self.rollout.clone(),
            arguments: self.arguments,
            on_unheld: self.on_unheld,
        };
        let mut target = plan::target(request, &mut render)?;
        target.pinned.files.extend(named);
        screen.hide_secrets_in(&target.objects, &target.unreadable);
        if !chart.is_assumed && !target.objects.is_empty() {
            let sizes = Self::sizes(&target, &chart, &manifest)?;
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
            release: &target.coordinates.release,
            namespace: &target.coordinates.namespace,
            chart: &content,
            config: &target.given,
            manifest,
        };
        Ok(preflight::check_size(&stored, &target.objects))
    }

    fn chart(&self, place: &Destination, screen: &Screen) -> Result<Chart> {
        let version = place.version.as_deref();
        let fetched = screen.step(&format!("finding chart {}", place.chart), || {
            self.helm.fetch_chart(&place.chart, version, self.arguments)
        });
        fetched.or_else(|error| {
            if !self.assume_names || error.is::<Stop>() {
                return Err(error);
            }
            screen.note(&format!("{error:#}"));
            Ok(Chart::assumed(place.layout, &place.chart, version))
        })
    }
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
    fn new(files: &ValuesFiles, paths: &[PathBuf], drafts: &Drafts) -> Result<Self> {
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
            } else if let Some(draft) = drafts.of(path) {
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
