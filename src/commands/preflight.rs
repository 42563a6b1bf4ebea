//! Asking what the preflight needs to know, and putting what it finds into the plan.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use anyhow::Result;

use super::asking;
use super::dry_run;
use super::engines;
use super::gather::Clusters;
use super::live;
use super::verifying;
use crate::cli::DeployArgs;
use crate::engine::Engine;
use crate::files;
use crate::finding::Finding;
use crate::helm::{self, Helm, PlacedRelease, Revision};
use crate::kube::{ClusterAddress, Kubectl};
use crate::plan::{Action, Observed, Target};
use crate::preflight::{self, AdmissionAnswers, NamespaceRules, Others, Scene};
use crate::proof::Object;
use crate::side_by_side::{AT_ONCE, each_side_by_side, side_by_side};
use crate::ui::Screen;
use crate::vendor::Component;

/// What is asked for all targets of a run.
pub(super) struct Preflight<'a> {
    pub(super) clusters: &'a Clusters,
    pub(super) helm: &'a Helm,
    pub(super) deploy: &'a DeployArgs,
    /// So many targets are looked at at once.
    pub(super) at_once: usize,
    /// Whether a file lists the targets: that one is new beside those that run elsewhere is meant.
    pub(super) are_listed: bool,
    pub(super) screen: &'a Screen,
}

/// What was told of a target beforehand.
struct Told {
    engine: Option<Engine>,
    answers: AdmissionAnswers,
    /// What has to be put back.
    drift: Option<Finding>,
}

/// What holds for several targets.
struct Around {
    /// The releases of each cluster in which something is new.
    everywhere: BTreeMap<ClusterAddress, Vec<PlacedRelease>>,
    /// Where agents come along.
    agents: BTreeSet<Spot>,
    /// The namespaces that are made on the way, and whose turn that is.
    makers: BTreeSet<(Spot, Turn)>,
}

impl Preflight<'_> {
    /// Looks each target over; nothing is written. Gives what there is to say of the run, and which targets could not be
    /// looked at.
    ///
    /// # Errors
    /// Helm cannot be run.
    pub(super) fn look(
        &self,
        targets: &mut [Target],
    ) -> Result<(Vec<Finding>, Vec<Option<anyhow::Error>>)> {
        let findings = self.of_the_run()?;
        let around = self.around(targets);
        let deploys = !self.deploy.files_only;
        if deploys {
            asking::namespaces(targets, self.at_once);
        }
        // What has to be put back is an upgrade as any other for all that is looked at from here on.
        let drifts = if deploys {
            self.drifts(targets)?
        } else {
            vec![None; targets.len()]
        };
        let engines = engines::of_all(targets, deploys, self.at_once, self.screen);
        let answers = if deploys {
            dry_run::pods(targets, self.at_once, self.screen)
        } else {
            vec![AdmissionAnswers::default(); targets.len()]
        };
        let told = engines.into_iter().zip(answers).zip(drifts);
        let told = told.map(|((engine, answers), drift)| Told {
            engine,
            answers,
            drift,
        });
        let mut owned: Vec<(&mut Target, Told)> = targets.iter_mut().zip(told).collect();
        let looked = each_side_by_side(&mut owned, self.at_once, |(target, told)| {
            self.look_at(target, told, &around).err()
        });
        if deploys {
            asking::rights(targets, self.helm, self.at_once, self.screen)?;
        }
        Ok((findings, looked))
    }

    /// What has to be put back of each target that has nothing else to do.
    fn drifts(&self, targets: &mut [Target]) -> Result<Vec<Option<Finding>>> {
        let carriers = live::observe(targets, self.helm, self.at_once, self.screen)?;
        let mut all: Vec<_> = targets.iter_mut().zip(carriers).collect();
        let drifts = each_side_by_side(&mut all, self.at_once, |(target, carriers)| {
            if target.action != Action::Nothing {
                return None;
            }
            let id = &target.coordinates.id;
            let what = format!("looking at what {} has in the cluster", id.release);
            let helm = self.helm.to(&id.cluster);
            let drift = || Ok::<_, Infallible>(drift(target, carriers.take(), &helm));
            let Ok(drift) = self.screen.step(&what, drift);
            drift
        });
        Ok(drifts)
    }

    fn of_the_run(&self) -> Result<Vec<Finding>> {
        let kubectl = Kubectl::at(self.helm.cluster());
        let mut findings = Vec::new();
        if self.deploy.restart
            && let Err(error) = &kubectl
        {
            findings.push(
                Finding::error(
                    "restart-needs-kubectl",
                    format!("--restart runs kubectl rollout restart: {error:#}"),
                )
                .hint("leave --restart out; the commands to restart by hand are printed then"),
            );
        }
        if self.deploy.verify
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
        findings.extend(too_old(self.helm)?);
        Ok(findings)
    }

    fn around(&self, targets: &[Target]) -> Around {
        let agents = targets
            .iter()
            .filter(|target| target.coordinates.component == Component::Agent);
        let makers = targets
            .iter()
            .filter(|target| target.upgrade.creates_namespace());
        let new = targets.iter().filter(|target| is_new(target));
        let clusters: BTreeSet<&ClusterAddress> =
            new.map(|one| &one.coordinates.id.cluster).collect();
        let clusters: Vec<&ClusterAddress> = clusters.into_iter().collect();
        let mut everywhere = BTreeMap::new();
        if !self.deploy.files_only && !self.are_listed && !clusters.is_empty() {
            // Who may not see all namespaces is told nothing of them.
            let ask = |cluster: &&ClusterAddress| {
                self.helm
                    .to(cluster)
                    .releases_everywhere()
                    .unwrap_or_default()
            };
            let Ok(known) = self.screen.step("looking for releases elsewhere", || {
                Ok::<_, Infallible>(side_by_side(&clusters, self.at_once, ask))
            });
            everywhere = clusters.into_iter().cloned().zip(known).collect();
        }
        Around {
            everywhere,
            agents: agents.map(spot).collect(),
            makers: makers.map(|one| (spot(one), turn(one))).collect(),
        }
    }

    fn look_at(&self, target: &mut Target, told: &mut Told, around: &Around) -> Result<()> {
        let (deploy, screen) = (self.deploy, self.screen);
        let (restart, deploys) = (deploy.restart, !deploy.files_only);
        let address = target.coordinates.id.cluster.clone();
        let namespace = target.coordinates.id.namespace.clone();
        let helm = &self.helm.to(&address);
        let kubectl = Kubectl::at(&address);
        let asked = kubectl.as_ref().ok().filter(|_| deploys);
        let answers = &told.answers;
        let rules = asked.and_then(|kubectl| rules(target, answers, kubectl, screen));
        let cluster = self.clusters.known(&address);
        let everywhere = around.everywhere.get(&address);
        let scene = Scene {
            target,
            releases: cluster.and_then(|cluster| cluster.known(&namespace)),
            everywhere: everywhere.map_or(&[], Vec::as_slice),
            history: &history(target, helm)?,
            rules: rules.as_ref(),
            answers,
            engine: told.engine.as_ref(),
            others: Others {
                bring_an_agent: around.agents.contains(&spot(target)),
                make_it: around.is_made_before(target),
            },
            restart,
            deploys,
        };
        let mut found = preflight::check(&scene);
        found.extend(told.drift.take());
        if deploys {
            live::complete(target, helm)?;
            found.extend(dry_run::conflicts(target, helm, &kubectl, screen)?);
        }
        if deploys && deploy.verify && target.layout.task_pods.is_some() {
            found.extend(verifying::may_not(&address, &namespace, screen));
        }
        found.extend(unwritable(target));
        found.extend(open_in_editor(target));
        target.findings.extend(found);
        if restart {
            target.replaced.extend(preflight::restarted(target));
        }
        Ok(())
    }
}

/// A namespace, and what leads to its cluster for sure.
type Spot = ((String, Option<String>), String);

fn spot(target: &Target) -> Spot {
    let at = &target.coordinates;
    (at.id.cluster.leads_to(), at.id.namespace.clone())
}

/// The wave, and whose turn it is in a cluster of it.
type Turn = (usize, usize);

fn turn(target: &Target) -> Turn {
    (target.wave, target.coordinates.component.rank())
}

impl Around {
    /// Whether the command of an earlier target makes the namespace of this one.
    fn is_made_before(&self, target: &Target) -> bool {
        let (spot, turn) = (spot(target), turn(target));
        let mut makers = self.makers.iter();
        makers.any(|(made, whose)| *made == spot && *whose < turn)
    }
}

fn is_new(target: &Target) -> bool {
    target.observed == Observed::Absent
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

/// What the namespace demands of pods, where some are to be deployed that make a bundle, and not known to be let in.
fn rules(
    target: &Target,
    answers: &AdmissionAnswers,
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
    let namespace = target.coordinates.id.namespace.as_str();
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
    let Ok(answers) = screen.step(&what, || {
        Ok::<_, Infallible>(side_by_side(&asked, AT_ONCE, get))
    });
    // What may not be read demands nothing that could be told.
    let [namespace, quotas] = answers.try_into().ok()?;
    Some(NamespaceRules::read(
        &namespace.unwrap_or_default(),
        &quotas.unwrap_or_default(),
    ))
}

/// What the cluster does not have as a release says that it has: by the carriers as they were seen with others', or as helm told it
/// with the release, else as it tells when it is asked.
fn drift(target: &mut Target, carriers: Option<Vec<Object>>, helm: &Helm) -> Option<Finding> {
    let at = &target.coordinates;
    let told = target.observed.release();
    let told = carriers.or_else(|| told.and_then(|release| release.deployed.live.clone()));
    let live = match told {
        Some(live) => Ok(Some(live)),
        None => {
            let now = helm.now(&at.id.release, &at.id.namespace);
            now.map(|now| now.and_then(|now| now.live))
        }
    };
    match live {
        Ok(live) => preflight::put_back(target, &live?),
        Err(error) => Some(Finding::note(
            "live-objects-unknown",
            format!(
                "whether the cluster still has what release {} says could not be looked at: {}",
                at.id.release,
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
    Ok(helm.history(&at.id.release, &at.id.namespace)?)
}
