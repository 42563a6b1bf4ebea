//! Asking the cluster which engine deploys a release.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::OnceLock;
use std::thread;

use super::asking;
use crate::engine::Engine;
use crate::helm::{Helm, HelmArguments, HelmError, Rendering};
use crate::kube::{ClusterAddress, Kubectl, LookedUp, Reference};
use crate::plan::{Action, Observed, Target};
use crate::proof::{Manifest, Object};
use crate::release::{as_told, reference};
use crate::ui::Screen;

/// The `HelmChart`s of a cluster, once they were asked for.
type HelmCharts = OnceLock<Vec<Object>>;

/// Who deploys each target's release: as Helm stored its objects, else as they are in the cluster, where they may have come to
/// belong to an engine later, or without Helm (`asks_cluster`).
pub(super) fn of_all(
    targets: &[Target],
    asks_cluster: bool,
    at_once: usize,
    screen: &Screen,
) -> Vec<Option<Engine>> {
    let stored = targets.iter().map(|target| {
        let release = target.observed.release();
        release.and_then(|release| Engine::of(release.objects()))
    });
    let mut engines: Vec<Option<Engine>> = stored.collect();
    let is_open = |target: &Target| {
        let is_unknown = matches!(target.observed, Observed::Unknown(_));
        asks_cluster && target.action != Action::Nothing && !target.namespace_is_new && !is_unknown
    };
    let places = targets.iter().zip(&mut engines);
    let open = places.filter(|(target, engine)| engine.is_none() && is_open(target));
    let open = open.map(|place| (place.0.coordinates.id.cluster.clone(), place));
    // A cluster's are asked for once, however many groups its targets make.
    let clusters = targets.iter().map(|target| &target.coordinates.id.cluster);
    let charts: BTreeMap<&ClusterAddress, HelmCharts> =
        clusters.map(|one| (one, HelmCharts::default())).collect();
    asking::together(open, at_once, |kubectl, group| {
        let some: Vec<&Target> = group.iter().map(|(target, _)| *target).collect();
        let of_cluster = some
            .first()
            .and_then(|one| charts.get(&one.coordinates.id.cluster));
        let found = of_cluster.map(|charts| in_cluster(&some, charts, kubectl, screen));
        for ((_, engine), found) in group.iter_mut().zip(found.into_iter().flatten()) {
            **engine = found;
        }
    });
    engines
}

/// The same for targets of one cluster.
fn in_cluster(
    targets: &[&Target],
    charts: &HelmCharts,
    kubectl: &Kubectl,
    screen: &Screen,
) -> Vec<Option<Engine>> {
    let what = match targets {
        [only] => format!("asking who deploys {}", only.coordinates.id.release),
        several => format!("asking who deploys {} releases", several.len()),
    };
    let is_release = |target: &Target| matches!(target.observed, Observed::Present(_));
    let charts = || {
        let is_asked = targets.iter().any(|target| is_release(target));
        is_asked.then(|| charts.get_or_init(|| helm_charts(kubectl)).as_slice())
    };
    let Ok((marked, charts)) = screen.step(&what, || {
        Ok::<_, Infallible>(thread::scope(|scope| {
            let charts = scope.spawn(charts);
            let marked = by_marks(targets, kubectl);
            let charts = charts.join();
            (
                marked,
                charts.unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            )
        }))
    });
    let charts = charts.unwrap_or_default();
    let each = targets.iter().zip(marked).map(|(target, marked)| {
        let at = &target.coordinates;
        let by_chart = || Engine::among_helm_charts(charts, &at.id.release, &at.id.namespace);
        marked.or_else(|| is_release(target).then(by_chart).flatten())
    });
    each.collect()
}

/// Who deploys each target's workloads, by the marks that they bear in the cluster.
fn by_marks(targets: &[&Target], kubectl: &Kubectl) -> Vec<Option<Engine>> {
    let workloads = targets
        .iter()
        .map(|target| workloads(&target.rendered.objects, &target.coordinates.id.namespace));
    let workloads: Vec<Vec<Reference>> = workloads.collect();
    let found = kubectl.look_up_each(&workloads);
    found
        .into_iter()
        .map(|found| Engine::of(&live(found)?))
        .collect()
}

/// The workloads of a release, which is in a namespace: one object is enough to tell by its marks, and these are few.
fn workloads(objects: &[Object], namespace: &str) -> Vec<Reference> {
    let workloads = objects.iter().filter(|one| one.keeps_pods());
    workloads.map(|one| reference(one, namespace)).collect()
}

/// What was found of some workloads; `None` where that may not be read.
fn live(found: LookedUp) -> Option<Vec<Object>> {
    found.is_whole.then(|| as_told(found.objects))
}

/// The `HelmChart`s of a cluster; none where there is no such kind.
fn helm_charts(kubectl: &Kubectl) -> Vec<Object> {
    let words = ["get", "helmcharts.helm.cattle.io", "-A", "-o", "json"];
    let printed = kubectl.run(&[&words[..], &["--request-timeout=5s"]].concat());
    let list = printed
        .ok()
        .and_then(|printed| serde_json::from_slice(&printed).ok());
    list.map_or_else(Vec::new, |list| Object::listed(&list))
}

/// Renders as the cluster would. Where helm stumbles over objects that an engine made without a release of Helm's, it is rendered
/// past them, so that there is a plan to show: who looks the plan over finds the engine again, and refuses.
pub(super) fn rendered(
    helm: &Helm,
    rendering: &Rendering<'_>,
    arguments: &HelmArguments,
) -> Result<String, HelmError> {
    let error = match helm.template(rendering, arguments) {
        Err(error) if rendering.asks_cluster && error.is_ownership() => error,
        answer => return answer,
    };
    let past = helm.template(rendering, &arguments.taking_ownership());
    let by_engine = |stream: &String| {
        let kubectl = Kubectl::at(helm.cluster()).ok()?;
        let objects = Manifest::read(stream).objects;
        let workloads = workloads(&objects, rendering.namespace);
        Engine::of(&live(kubectl.look_up(&workloads))?)
    };
    match past {
        Ok(stream) if by_engine(&stream).is_some() => Ok(stream),
        _ => Err(error),
    }
}
