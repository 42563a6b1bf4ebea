//! What workloads do with the certificates that they mount, as far as their manifests tell: an image may do more.

use super::Request;
use super::reach::{aliases, at_reach, not_read, not_shown};
use super::servers::without_login;
use crate::finding::Finding;
use crate::overrides::Placed;
use crate::proof::{Arrival, PodPlace, Proof, Question, Reach};
use crate::tls::Endpoint;

pub(super) fn findings(request: &Request<'_>, placed: &[Placed], proof: &Proof) -> Vec<Finding> {
    let mut findings = Vec::from_iter(not_mounted(request, placed, proof));
    for workload in &proof.workloads {
        findings.extend(without_volume(workload));
        if let Some(mounted) = at_reach(placed, workload, Reach::Mounted) {
            findings.push(not_shown(workload, &mounted));
        }
        // Which program a gateway runs is its image's to say; the agents are Python.
        if request.layout.task_pods.is_none() || workload.has_hidden_variables() {
            continue;
        }
        if let Some(bundled) = at_reach(placed, workload, Reach::Bundled) {
            findings.push(Finding::warning(
                "bundle-not-read",
                format!("{}: {}", workload.place, not_read(&bundled)),
            ));
        }
    }
    findings
}

/// No workload brings a certificate to the container that needs it; what is known to be the component has to.
fn not_mounted(request: &Request<'_>, placed: &[Placed], proof: &Proof) -> Option<Finding> {
    let is_known = proof.workloads.iter().any(|workload| workload.is_itself);
    let nowhere = |one: &Placed| {
        let gets = |workload: &Arrival| workload.gets(one.certificate.fingerprint);
        let mut workloads = proof.workloads.iter();
        if is_known {
            workloads.any(|workload| workload.is_itself && !gets(workload))
        } else {
            !workloads.any(gets)
        }
    };
    let names = aliases(placed, nowhere)?;
    let lost = placed.iter().filter(|one| nowhere(one));
    let elsewhere: Vec<String> = lost
        .flat_map(|one| {
            proof.workloads.iter().flat_map(|workload| {
                let others = workload.elsewhere(one.certificate.fingerprint);
                others.map(|container| format!("{container} of {}", workload.place))
            })
        })
        .collect();
    let alone = match elsewhere.first() {
        Some(first) => format!(" (it gets to the container {first} alone)"),
        None => String::new(),
    };
    Some(Finding::error(
        "certificate-not-mounted",
        format!(
            "no workload of the {} mounts {names} as a .crt file where it needs it{alone}, so nothing in its pods would trust it",
            request.coordinates.component.title()
        ),
    ))
}

/// The API server takes no such workload.
fn without_volume(workload: &Arrival) -> Option<Finding> {
    let (container, volume) = workload.missing_volumes.first()?;
    Some(Finding::error(
        "volume-missing",
        format!(
            "{}: container {container} mounts the volume {volume}, which the pod does not have; the API server rejects that",
            workload.place
        ),
    ))
}

/// A server that an init container asks until it answers, without the certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The server, where its address can be read.
    pub server: Option<Endpoint>,
    workload: PodPlace,
    container: String,
    /// What `kubectl get pods` says while it waits: `Init:0/2`.
    status: String,
    question: Question,
    /// Aliases of the certificates that are not there.
    missing: String,
}

/// The servers that init containers may wait for without end. Whether they do is decided by what signed their certificates.
pub(super) fn waiting(placed: &[Placed], proof: &Proof) -> Vec<Waiting> {
    let mut all = Vec::new();
    for workload in &proof.workloads {
        let all_of_it = workload.init_containers().count();
        for (index, container) in workload.init_containers().enumerate() {
            for (question, trusted) in &container.asked {
                let is_missing = |one: &Placed| !trusted.contains(&one.certificate.fingerprint);
                if let Some(missing) = aliases(placed, is_missing) {
                    all.push(Waiting {
                        server: without_login(&question.url).parse().ok(),
                        workload: workload.place.clone(),
                        container: container.name.clone(),
                        status: format!("Init:{index}/{all_of_it}"),
                        question: question.clone(),
                        missing,
                    });
                }
            }
        }
    }
    all
}

/// What waiting leads to: one finding for each container.
#[must_use]
pub fn stuck(waiting: &[Waiting]) -> Vec<Finding> {
    let same = |a: &Waiting, b: &Waiting| a.workload == b.workload && a.container == b.container;
    waiting
        .chunk_by(same)
        .filter_map(|group| {
            let first = group.first()?;
            let question = &first.question;
            let more = match group.len() {
                1 => String::new(),
                all => format!(" and {} more", all - 1),
            };
            // The path says nothing, and may have what nobody should read.
            let server = match &first.server {
                Some(server) => server.to_string(),
                None => without_login(&question.url),
            };
            let asks = format!(
                "{}: its init container {} asks {server}{more} with {program} before anything else starts, and {} is not in {}, which {program} reads",
                first.workload,
                first.container,
                first.missing,
                question.trust,
                program = question.program,
            );
            let hint = "an init container before it has to make the bundle, or the bundle has to be mounted there";
            let code = "init-container-without-certificate";
            Some(if group.iter().any(|one| one.question.blocks) {
                Finding::error(
                    code,
                    format!(
                        "{asks}: it would go on asking for ever, and the pod stay at {} without a message",
                        first.status
                    ),
                )
                .hint(format!("{hint}; if the certificate of that server is a public one, let it pass with --ignore {code}"))
            } else {
                Finding::warning(code, format!("{asks}: what it asks for fails")).hint(hint)
            })
        })
        .collect()
}
