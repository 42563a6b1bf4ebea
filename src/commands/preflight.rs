//! Asking what the preflight needs to know, and putting what it finds into the plan.

use std::convert::Infallible;

use anyhow::Result;

use super::dry_run;
use super::engines;
use super::gather::Cluster;
use super::side_by_side::side_by_side;
use super::verifying;
use crate::cli::DeployArgs;
use crate::files;
use crate::finding::Finding;
use crate::helm::{self, Helm, Revision};
use crate::kube::Kubectl;
use crate::plan::{Action, Observed, Target};
use crate::preflight::{self, Answers, NamespaceRules, Scene, rights};
use crate::proof::Object;
use crate::ui::Screen;
use crate::vendor::Component;

/// Looks each target over; nothing is written.
///
/// # Errors
/// Helm does not answer, or `--restart` was asked for and there is no kubectl.
pub(super) fn look(
    targets: &mut [Target],
    cluster: &Cluster<'_>,
    helm: &Helm,
    deploy: &DeployArgs,
    screen: &Screen,
) -> Result<Vec<Finding>> {
    let (restart, deploys) = (deploy.restart, !deploy.files_only);
    let kubectl = Kubectl::at(helm.cluster());
    let mut findings = Vec::new();
    if restart && let Err(error) = &kubectl {
        findings.push(
            Finding::error(
                "restart-needs-kubectl",
                format!("--restart runs kubectl rollout restart: {error:#}"),
            )
            .hint("leave --restart out; the commands to restart by hand are printed then"),
        );
    }
    if deploy.verify
        && let Err(error) = &kubectl
    {
        findings.push(
            Finding::error(
                "verify-needs-kubectl",
                format!("--verify runs pods by kubectl: {error:#}"),
            )
            .hint("leave --verify out"),
        );
    }
    findings.extend(too_old(helm)?);
    let agents: Vec<String> = targets
        .iter()
        .filter(|target| target.coordinates.component == Component::Agent)
        .map(|target| target.coordinates.namespace.clone())
        .collect();
    let is_new = |target: &Target| target.observed == Observed::Absent;
    let everywhere = if deploys && targets.iter().any(is_new) {
        // Who may not see all namespaces is told nothing of them.
        screen.step("looking for releases elsewhere", || {
            Ok::<_, Infallible>(helm.releases_everywhere().unwrap_or_default())
        })
    } else {
        Ok(Vec::new())
    };
    let Ok(everywhere) = everywhere;
    for target in targets {
        if let Ok(kubectl) = &kubectl
            && deploys
            && is_new(target)
        {
            let namespace = &target.coordinates.namespace;
            target.namespace_is_new = kubectl.has_namespace(namespace) == Some(false);
        }
        let namespace = &target.coordinates.namespace;
        let (answers, rules) = match &kubectl {
            Ok(kubectl) if deploys => admission(target, kubectl, screen),
            _ => (Answers::default(), None),
        };
        let engine = engines::of(target, kubectl.as_ref().ok().filter(|_| deploys), screen);
        let scene = Scene {
            target,
            releases: cluster.known(namespace),
            everywhere: &everywhere,
            history: &history(target, helm)?,
            rules: rules.as_ref(),
            answers: &answers,
            engine: engine.as_ref(),
            agent_comes_along: agents.contains(namespace),
            restart,
            deploys,
        };
        let mut found = preflight::check(&scene);
        if deploys && target.action == Action::Nothing {
            let what = format!(
                "looking at what {} has in the cluster",
                target.coordinates.release
            );
            let Ok(drift) = screen.step(&what, || Ok::<_, Infallible>(drift(target, helm)));
            found.extend(drift);
        }
        if deploys {
            found.extend(dry_run::conflicts(target, helm, &kubectl, screen)?);
        }
        if deploys && let Ok(kubectl) = &kubectl {
            found.extend(rights(target, helm.major()?, kubectl, screen));
            if deploy.verify && target.layout.task_pods.is_some() {
                let namespace = &target.coordinates.namespace;
                found.extend(verifying::may_not(namespace, kubectl, screen));
            }
        }
        found.extend(unwritable(target));
        found.extend(open_in_editor(target));
        target.findings.extend(found);
        if restart {
            target.replaced.extend(preflight::restarted(target));
        }
    }
    Ok(findings)
}

/// A Helm that this plugin was never tried with.
fn too_old(helm: &Helm) -> Result<Option<Finding>> {
    Ok(helm.too_old()?.map(|version| {
        Finding::error(
            "helm-too-old",
            format!(
                "this is Helm {version}; the oldest that this plugin works with is {}",
                helm::OLDEST
            ),
        )
        .hint("install a newer Helm, or name one with HELM_BIN")
    }))
}

/// What the API server says to the new pods, and what the namespace demands of those that it does not let in.
fn admission(
    target: &Target,
    kubectl: &Kubectl,
    screen: &Screen,
) -> (Answers, Option<NamespaceRules>) {
    let answers = dry_run::pods(target, kubectl, screen);
    let rules = rules(target, &answers, kubectl, screen);
    (answers, rules)
}

/// What the namespace demands of pods, where some are to be deployed that make a bundle, and not known to be let in.
fn rules(
    target: &Target,
    answers: &Answers,
    kubectl: &Kubectl,
    screen: &Screen,
) -> Option<NamespaceRules> {
    let proof = &target.proof;
    let pods = proof.workloads.iter().chain(&proof.task_pods);
    let mut pods = pods.filter(|pod| !answers.taken.contains(&pod.place));
    let makes_bundle = pods.any(|pod| pod.containers.iter().any(|one| one.admission.is_updater));
    if target.action == Action::Nothing || target.namespace_is_new || !makes_bundle {
        return None;
    }
    let namespace = target.coordinates.namespace.as_str();
    let get = |words: &&[&str]| {
        let words = [&["get"], *words, &["-o", "json", "--request-timeout=5s"]].concat();
        let printed = kubectl.run(&words).ok()?;
        serde_json::from_slice(&printed).ok()
    };
    let asked: [&[&str]; 2] = [
        &["namespace", namespace],
        &["resourcequota,limitrange", "-n", namespace],
    ];
    let what = format!("asking what namespace {namespace} demands of pods");
    let Ok(answers) = screen.step(&what, || Ok::<_, Infallible>(side_by_side(&asked, get)));
    // What may not be read demands nothing that could be told.
    let [namespace, quotas] = answers.try_into().ok()?;
    Some(NamespaceRules::read(
        &namespace.unwrap_or_default(),
        &quotas.unwrap_or_default(),
    ))
}

/// What the cluster does not have as a release says that it has.
fn drift(target: &mut Target, helm: &Helm) -> Option<Finding> {
    let at = &target.coordinates;
    match helm.now(&at.release, &at.namespace) {
        Ok(now) => {
            let live = now?.live?;
            let live: Vec<Object> = live.into_iter().map(Object::new).collect();
            preflight::put_back(target, &live)
        }
        Err(error) => Some(Finding::note(
            "live-objects-unknown",
            format!(
                "whether the cluster still has what release {} says could not be looked at: {}",
                at.release,
                error.message.lines().last().unwrap_or_default()
            ),
        )),
    }
}

/// The override file that is to be written, and cannot be.
fn unwritable(target: &Target) -> Option<Finding> {
    let file = &target.file;
    let why = file.changes().then(|| files::obstacle(&file.path))??;
    Some(Finding::error("file-not-writable", why).hint(format!(
        "make it writable, or work on a copy of it: --{}-values COPY",
        target.coordinates.component
    )))
}

/// The override file that an editor has open: what it saves later would take this edit away.
fn open_in_editor(target: &Target) -> Option<Finding> {
    let path = &target.file.path;
    let name = path.file_name()?.to_str()?;
    // vim and nano write the first, Emacs the second.
    let marks = [format!(".{name}.swp"), format!(".#{name}")];
    let mark = marks
        .iter()
        .find(|mark| path.with_file_name(mark).symlink_metadata().is_ok())?;
    let is_open = target.file.changes();
    is_open.then(|| {
        Finding::note(
            "file-open-in-editor",
            format!(
                "{} is open in an editor ({mark} lies beside it): saving it there would undo this edit",
                path.display()
            ),
        )
    })
}

/// The revisions of a release that has to go back to one of them.
fn history(target: &Target, helm: &Helm) -> Result<Vec<Revision>> {
    let release = target.observed.release();
    if release.is_none_or(|release| !release.listed.is_pending()) {
        return Ok(Vec::new());
    }
    let at = &target.coordinates;
    Ok(helm.history(&at.release, &at.namespace)?)
}

/// What the user may not do; an answer that cannot be had stands in nobody's way.
fn rights(target: &Target, helm_major: u64, kubectl: &Kubectl, screen: &Screen) -> Vec<Finding> {
    let unknown = matches!(target.observed, Observed::Unknown(_));
    if target.action == Action::Nothing || unknown {
        return Vec::new();
    }
    let deeds = rights::deeds(target, helm_major, helm::keeps_releases_in_secrets());
    let answers = screen.step("asking the cluster for your rights", || {
        kubectl.run_with(
            &["create", "-f", "-", "-o", "json"],
            rights::reviews(&deeds),
        )
    });
    let known = answers.map(|answers| rights::forbidden(target, &deeds, &answers));
    known.ok().flatten().unwrap_or_else(|| {
        vec![Finding::note(
            "rights-unknown",
            format!(
                "kubectl could not tell whether you may do in namespace {} what the upgrade does; helm will",
                target.coordinates.namespace
            ),
        )]
    })
}
