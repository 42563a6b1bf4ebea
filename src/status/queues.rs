//! Every template of task pods, and how far the certificates get there.

use super::{Baseline, Evidence};
use crate::finding::Finding;
use crate::overrides::Placed;
use crate::overrides::task_pods::Strategy;
use crate::plan::gaps_in_task_pod;
use crate::proof::{Arrival, PodPlace, Reach};
use crate::trust_store::REQUESTS;

/// A template of task pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// The queue's name; `None` where one template serves all.
    pub name: Option<String>,
    /// Where it stands.
    pub place: PodPlace,
    /// How far the certificate gets that gets least far.
    pub reach: Reach,
    /// What keeps certificates from the clients of its tasks.
    pub gaps: Vec<String>,
}

/// How task pods get the certificates, each template, and what is wrong with that.
pub(super) fn of(
    evidence: &Evidence<'_>,
    baseline: &Baseline<'_>,
) -> (Option<Strategy>, Vec<Queue>, Vec<Finding>) {
    let placed = &baseline.trusts.certificates;
    if placed.is_empty() || evidence.layout.task_pods.is_none() {
        return (None, Vec::new(), Vec::new());
    }
    let pods = &baseline.proof.task_pods;
    let first = &placed.first().map(|one| one.certificate.fingerprint);
    let arrives = pods
        .iter()
        .any(|pod| first.is_some_and(|one| pod.gets(one)));
    let strategy = match baseline.trusts.task_pods {
        // A template of the user's own, or a chart that propagates unasked.
        Some(Strategy::Off) if arrives => Some(Strategy::Template),
        known => known,
    };
    // How far a chart shows its way is its own affair, and so is it where nothing tells how they get there.
    let way = strategy.unwrap_or(Strategy::Propagate);
    let queues: Vec<Queue> = pods.iter().map(|pod| queue(pod, placed, way)).collect();
    let findings = match strategy {
        Some(Strategy::Off) => Vec::new(),
        _ => gaps(evidence, &queues),
    };
    (strategy, queues, findings)
}

fn queue(pod: &Arrival, placed: &[Placed], way: Strategy) -> Queue {
    let name = match &pod.place {
        PodPlace::Template(place) => place.queue.clone(),
        PodPlace::Workload { .. } | PodPlace::Values(_) => None,
    };
    let reaches = placed
        .iter()
        .map(|one| pod.reach(one.certificate.fingerprint, REQUESTS));
    Queue {
        name,
        place: pod.place.clone(),
        reach: reaches.min().unwrap_or(Reach::Nowhere),
        gaps: gaps_in_task_pod(placed, pod, way),
    }
}

fn gaps(evidence: &Evidence<'_>, queues: &[Queue]) -> Vec<Finding> {
    let none_is_right = queues.iter().all(|queue| !queue.gaps.is_empty());
    let told = queues.iter().flat_map(|queue| {
        let gaps = queue.gaps.iter();
        gaps.map(|gap| format!("{}: {}: {gap}", evidence.name(), queue.place))
    });
    told.map(|message| {
        let hint = format!("see what would mend it: {} --dry-run", evidence.put_back());
        if none_is_right {
            Finding::error("certificate-not-in-task-pods", message).hint(hint)
        } else {
            Finding::warning("certificate-not-in-queue", message).hint(hint)
        }
    })
    .collect()
}
