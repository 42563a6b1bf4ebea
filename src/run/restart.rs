//! Restarting pods that would keep what they started with.

use super::check::Check;
use crate::helm::{Coordinates, Rollout};
use crate::kube::Kubectl;
use crate::preflight::Workload;

/// `kubectl rollout restart` for the workloads of `check` that need it; each moves to those that were restarted, or adds a
/// problem. Waits for the new pods where Helm waited too.
pub(super) fn restart(kubectl: &Kubectl, at: &Coordinates, rollout: &Rollout, check: &mut Check) {
    for workload in std::mem::take(&mut check.keeping) {
        match restart_one(kubectl, at, rollout, &workload) {
            Ok(()) => check.restarted.push(workload),
            Err(error) => {
                let problem = format!("{workload} could not be restarted: {error:#}");
                check.problems.push(problem);
                check.keeping.push(workload);
            }
        }
    }
}

fn restart_one(
    kubectl: &Kubectl,
    at: &Coordinates,
    rollout: &Rollout,
    workload: &Workload,
) -> anyhow::Result<()> {
    let reference = workload.reference();
    let place = ["-n", workload.namespace_in(&at.id.namespace)];
    kubectl.run(&[&["rollout", "restart", &reference], &place[..]].concat())?;
    if rollout.wait {
        let timeout = format!("--timeout={}", rollout.timeout.as_deref().unwrap_or("5m0s"));
        kubectl.run(&[&["rollout", "status", &reference], &place[..], &[&timeout]].concat())?;
    }
    Ok(())
}
