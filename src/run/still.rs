//! Right before helm: whether everything is still as it was shown. What is not ends the run with what changed; nothing was
//! done to that target then.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::Value as Json;

use crate::exit::Stop;
use crate::helm::{self, Deployed, Helm, TargetId};
use crate::kube::{Kubectl, LookedUp, Reference};
use crate::plan::Target;

/// For so long a look at releases whose turns have not come yet holds.
const FRESH: Duration = Duration::from_secs(2);

/// The releases of one cluster, looked at some at a time: those whose turns come next along with the one whose turn has come.
pub(super) struct AsShown<'a> {
    kubectl: Kubectl,
    /// So many at a time: as many as have their turns at once.
    some: usize,
    seen: Mutex<Seen<'a>>,
}

struct Seen<'a> {
    /// Those whose turns have not come, in their order.
    open: Vec<&'a Target>,
    /// Those that were as they had been shown, and when.
    as_shown: BTreeMap<&'a TargetId, Instant>,
    /// Whether the cluster did not tell, or takes so long that what it tells is old: helm is asked from then on, side by side.
    is_no_help: bool,
}

impl<'a> AsShown<'a> {
    pub(super) fn of(kubectl: Kubectl, targets: Vec<&'a Target>, at_once: usize) -> Self {
        Self {
            kubectl,
            some: at_once.max(1),
            seen: Mutex::new(Seen {
                open: targets,
                as_shown: BTreeMap::new(),
                is_no_help: false,
            }),
        }
    }

    /// Whether the release of a target, whose turn has come, is known to be as it was shown. Where it is not, or that cannot be
    /// told so, helm tells.
    fn holds(&self, target: &Target) -> bool {
        let id = &target.coordinates.id;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut open = seen.open.iter();
        let Some(turn) = open.position(|one| one.coordinates.id == *id) else {
            return false;
        };
        let known = seen.as_shown.get(id);
        let is_fresh = known.is_some_and(|at| at.elapsed() < FRESH);
        let asks = !is_fresh && !seen.is_no_help;
        if asks {
            let next = seen.open.iter().skip(turn);
            let next: Vec<&Target> = next.take(self.some).copied().collect();
            let asked: Vec<Vec<Reference>> = next.iter().map(|one| revisions(one)).collect();
            // What is found may be as old as that.
            let now = Instant::now();
            let found = self.kubectl.look_up_each(&asked);
            let is_told = found.iter().any(|one| one.is_whole);
            seen.is_no_help = !is_told || now.elapsed() >= FRESH;
            for (target, found) in next.into_iter().zip(&found) {
                let id = &target.coordinates.id;
                if is_as_shown(target, found) {
                    seen.as_shown.insert(id, now);
                } else {
                    seen.as_shown.remove(id);
                }
            }
        }
        seen.open.retain(|one| one.coordinates.id != *id);
        seen.as_shown.remove(id).is_some() && (is_fresh || asks)
    }
}

/// The revision that was shown, where there was one, and the one that this run makes.
fn revisions(target: &Target) -> Vec<Reference> {
    let id = &target.coordinates.id;
    let shown = target.observed.release();
    let shown = shown.map_or(0, |release| release.deployed.revision);
    let secret = |revision| helm::secret_of(&id.release, &id.namespace, revision);
    (shown.max(1)..=shown + 1).map(secret).collect()
}

fn is_as_shown(target: &Target, found: &LookedUp) -> bool {
    let shown = target.observed.release().map(|one| &one.deployed);
    let states = revisions(target).into_iter().map(|secret| {
        let secret = found.find(&secret)?;
        secret
            .pointer("/metadata/labels/status")
            .and_then(Json::as_str)
    });
    let expected = shown.map(|one| Some(one.status.as_str()));
    found.is_whole && states.eq(expected.into_iter().chain([None]))
}

/// Refuses what is no longer as it was shown: the cluster that the context leads to, a file that Helm reads, the chart, the
/// release. The edited file is compared when it is written.
///
/// # Errors
/// Something changed, or the cluster or the chart's registry does not answer any more.
pub(super) fn as_shown(helm: &Helm, target: &Target, releases: Option<&AsShown<'_>>) -> Result<()> {
    helm.cluster().is_as_it_was()?;
    files(target)?;
    // Both may take a moment on their way through a network.
    thread::scope(|scope| {
        let chart = scope.spawn(|| chart(helm, target));
        let release = match releases {
            Some(releases) if releases.holds(target) => Ok(()),
            _ => release(helm, target),
        };
        let chart = chart
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        release.and(chart)
    })
}

fn changed(what: &str) -> anyhow::Error {
    Stop::refused(format!(
        "{what} since it was shown here; nothing was done. Run the command again"
    ))
    .into()
}

fn files(target: &Target) -> Result<()> {
    let pinned = target.pinned.files.iter();
    for (path, content) in pinned {
        if fs::read(path).ok().as_ref() != Some(content) {
            return Err(changed(&format!("{} has changed", path.display())));
        }
    }
    Ok(())
}

/// A chart in a folder can be edited, and a tag in a registry can be moved.
fn chart(helm: &Helm, target: &Target) -> Result<()> {
    let Some(digest) = target.pinned.chart else {
        return Ok(());
    };
    let at = &target.coordinates;
    let now = helm.fetch_chart(&at.chart, Some(&at.version), &target.arguments)?;
    if now.digest == Some(digest) {
        return Ok(());
    }
    Err(changed(&format!(
        "the content of the chart {}, version {}, has changed",
        at.chart, at.version
    )))
}

fn release(helm: &Helm, target: &Target) -> Result<()> {
    let at = &target.coordinates;
    let before = target.observed.release().map(|release| &release.deployed);
    let now = helm.deployed(&at.id.release, &at.id.namespace)?;
    let now = now.filter(|one| target.is_of_release(one));
    let state = |one: Option<&Deployed>| one.map(|one| (one.revision, one.status.clone()));
    let (before, now) = (state(before), state(now.as_ref()));
    if before == now {
        return Ok(());
    }
    let said = |state: Option<(u64, String)>, absent: &str| {
        state.map_or(absent.to_owned(), |(revision, status)| {
            format!("at revision {revision} ({status})")
        })
    };
    Err(Stop::refused(format!(
        "release {} in {} is {} now, and not {} as it was shown here: somebody else deployed; nothing was done to it. Run the command again",
        at.id.release,
        at.id.namespace,
        said(now, "gone"),
        said(before, "new")
    ))
    .into())
}
