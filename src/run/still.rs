//! Right before helm: whether everything is still as it was shown. What is not ends the run with what changed; nothing was
//! done to that target then.

use std::fs;
use std::thread;

use anyhow::Result;

use crate::exit::Stop;
use crate::helm::{Deployed, Helm};
use crate::plan::Target;

/// Refuses what is no longer as it was shown: the cluster that the context leads to, a file that Helm reads, the chart, the
/// release. The edited file is compared when it is written.
///
/// # Errors
/// Something changed, or the cluster or the chart's registry does not answer any more.
pub(super) fn as_shown(helm: &Helm, target: &Target) -> Result<()> {
    helm.cluster().is_as_it_was()?;
    files(target)?;
    // Both may take a moment on their way through a network.
    thread::scope(|scope| {
        let chart = scope.spawn(|| chart(helm, target));
        let release = release(helm, target);
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
