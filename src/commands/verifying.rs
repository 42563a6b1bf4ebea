//! From a release that is deployed to the pods that ask for it, and sending them: for `verify`, and for `install --verify`.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_yaml::Value;

use super::order::Order;
use crate::cli::DeployArgs;
use crate::exit::Stop;
use crate::finding::{self, Finding, Ignorable};
use crate::helm::{Deployed, Helm, TargetId};
use crate::kube::{ClusterAddress, Kubectl};
use crate::plan::{self, Released, Target};
use crate::preflight::rights;
use crate::proof::{self, Itself, Manifest, Object, Part, PodTemplate, TaskPods};
use crate::report::{ImageFrom, Sending, Verified};
use crate::run;
use crate::side_by_side::side_by_side;
use crate::tls::Endpoint;
use crate::ui::Screen;
use crate::values::{self, KeyPath};
use crate::vendor::{Component, Layout, image_in};
use crate::verify::{Errand, Patience, Stage, findings};

/// How much longer than we wait a pod may live: its Job is what ends it should we be gone.
const SPARE: Duration = Duration::from_secs(60);

/// How long a pod may be at the same thing before that is said.
const LONG: Duration = Duration::from_secs(10);

/// Pods that ask at the same time.
const AT_ONCE: usize = 4;

/// What an upgrade's flags say of it.
pub(super) fn wanted_after(deploy: &DeployArgs) -> Asking<'static> {
    let timeout = deploy.timeout.as_deref();
    Asking {
        queues: &[],
        image: None,
        servers: &[],
        patience: timeout.and_then(|one| one.parse().ok()).unwrap_or_default(),
    }
}

/// Lets pods of a target's task templates ask, now that it is deployed.
///
/// # Errors
/// There is nothing to ask with, or nobody to ask.
pub(super) fn after_upgrade(
    order: &Order<'_>,
    helm: &Helm,
    target: &Target,
    screen: &Screen,
) -> Result<Vec<Verified>> {
    let at = &target.coordinates;
    let inner = target.layout.path();
    let place = WithTasks {
        values_path: inner.as_ref(),
        component: at.component,
        chart: &target.chart_name,
        release: &at.id.release,
        namespace: &at.id.namespace,
    };
    let wanted = wanted_after(&order.deploy);
    let Prepared {
        sendings,
        mut findings,
    } = find(helm, place, wanted, screen)?;
    finding::ignore(&mut findings, &order.desired.ignore);
    screen.notes(&findings);
    if finding::refuses(&findings) {
        return Err(Stop::refused("the task pods cannot be verified; see above").into());
    }
    let ignored = &order.desired.ignore;
    Ok(send(&sendings, wanted, ignored, screen))
}

/// A release whose task pods are wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct WithTasks<'a> {
    pub(super) component: Component,
    /// The chart's name, as far as it is known.
    pub(super) chart: &'a str,
    pub(super) release: &'a str,
    pub(super) namespace: &'a str,
    /// Where the values of the component's chart stand, if another has that inside it and somebody knows.
    pub(super) values_path: Option<&'a KeyPath>,
}

/// What is wanted of its pods.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) queues: &'a [String],
    pub(super) image: Option<&'a str>,
    pub(super) servers: &'a [Endpoint],
    pub(super) patience: Patience,
}

impl Asking<'_> {
    /// After how many seconds a pod ends by itself.
    pub(super) fn seconds(&self) -> u64 {
        (self.patience.0 + SPARE).as_secs()
    }
}

/// The pods of a release to be sent, and what is wrong with its templates.
#[derive(Debug, Default)]
pub(super) struct Prepared {
    pub(super) sendings: Vec<Sending>,
    pub(super) findings: Vec<Finding>,
}

/// Reads what is deployed, and makes a pod of each template.
///
/// # Errors
/// The cluster does not answer; there is no such release, no such queue, no server to ask, no image.
pub(super) fn find(
    helm: &Helm,
    place: WithTasks<'_>,
    wanted: Asking<'_>,
    screen: &Screen,
) -> Result<Prepared> {
    let WithTasks {
        component,
        release,
        namespace,
        ..
    } = place;
    let what = format!("reading the task pods of release {release}");
    let now = screen.step(&what, || helm.now(release, namespace))?;
    let Some(mut now) = now else {
        return Err(Stop::refused(format!(
            "there is no release {release} in {namespace}: install it first, or name another with --{component}-release"
        ))
        .into());
    };
    let stored = Manifest::read(&now.manifest);
    let names = [release, namespace, &helm.cluster().to_string()].map(str::to_owned);
    screen.leave_open(names);
    screen.hide_secrets_of(&now.values);
    screen.hide_secrets_in(&stored);
    let live = now.live.take().unwrap_or_default();
    screen.hide_secrets_among(&live);
    let (layout, part) = inner(helm, place, &now)?;
    let own = |objects: &[Object]| -> Vec<Object> {
        let is_own = |one: &&Object| part.as_ref().is_none_or(|part| part.has(one));
        objects.iter().filter(is_own).cloned().collect()
    };
    // Where helm tells nothing of the live objects, what it stored holds.
    let mut task_pods = TaskPods::among(&own(&live));
    if task_pods.pods.is_empty() && task_pods.broken.is_empty() {
        task_pods = TaskPods::among(&own(&stored.objects));
    }
    let mut found = Prepared {
        findings: broken(&task_pods),
        ..Prepared::default()
    };
    let chosen = chosen(&task_pods, wanted.queues, release)?;
    if chosen.is_empty() {
        if found.findings.is_empty() {
            found.findings.push(no_template(release, &task_pods));
        }
        return Ok(found);
    }
    let servers = servers(&now, layout, wanted.servers);
    if servers.is_empty() {
        return Err(Stop::no_answer(format!(
            "which servers: the values of release {release} name none that is spoken to by TLS: --server URL"
        ))
        .into());
    }
    let agent = agent_image(&own(&stored.objects), &now.values, layout);
    for (template_place, template) in chosen {
        let of_values = default_image(&now.values, layout);
        let images = [
            (wanted.image.map(str::to_owned), ImageFrom::Option),
            (of_values, ImageFrom::Values),
            (first_image(&template, "containers"), ImageFrom::Template),
            (agent.clone(), ImageFrom::Agent),
            (first_image(&template, "initContainers"), ImageFrom::Agent),
        ];
        let mut images = images.into_iter();
        let image = images.find_map(|(image, from)| Some((image?, from)));
        let (image, image_from) = image.ok_or_else(|| {
            Stop::no_answer(format!(
                "which image: release {release} does not tell the agent's: --image IMAGE"
            ))
        })?;
        let errand = Errand {
            place: template_place,
            template,
            namespace: namespace.to_owned(),
            image,
            servers: servers.clone(),
            mark: mark()?,
            seconds: wanted.seconds(),
        };
        screen.hide(&errand.secrets());
        found.sendings.push(Sending {
            id: TargetId {
                cluster: helm.cluster().clone(),
                namespace: namespace.to_owned(),
                release: release.to_owned(),
            },
            component,
            errand,
            image_from,
        });
    }
    Ok(found)
}

/// Where in the release's chart the component is, and its objects where others are in there too.
fn inner(
    helm: &Helm,
    place: WithTasks<'_>,
    now: &Deployed,
) -> Result<(&'static Layout, Option<Part>)> {
    let WithTasks {
        component,
        chart,
        release,
        namespace,
        values_path,
    } = place;
    let released = Released {
        chart,
        manifest: &now.manifest,
        values: &now.values,
    };
    let all = || helm.computed_values(release, namespace);
    let layouts = released.layouts(component, values_path, all)?;
    let [layout] = layouts.as_slice() else {
        let paths = layouts.iter().filter_map(|layout| layout.path());
        let flags: Vec<String> = paths
            .map(|path| format!("--{component}-values-path {path}"))
            .collect();
        return Err(Stop::no_answer(format!(
            "which of the charts inside {chart}, of which release {release} is, is the {}: {}",
            component.title(),
            flags.join(" or ")
        ))
        .into());
    };
    Ok((layout, plan::part(released.manifest, layout)))
}

/// The templates of the queues that were named; all of them, if none was.
fn chosen(
    task_pods: &TaskPods,
    queues: &[String],
    release: &str,
) -> Result<Vec<(proof::TemplatePlace, PodTemplate)>, Stop> {
    let is_wanted = |place: &proof::TemplatePlace| {
        let queue = place.queue.as_ref();
        queues.is_empty() || queue.is_some_and(|queue| queues.contains(queue))
    };
    let is_unknown = |queue: &&String| {
        let mut pods = task_pods.pods.iter();
        !pods.any(|(place, _)| place.queue.as_ref() == Some(queue))
    };
    if let Some(unknown) = queues.iter().find(is_unknown) {
        let known = task_pods.pods.iter();
        let known: Vec<&str> = known
            .filter_map(|(place, _)| place.queue.as_deref())
            .collect();
        let there_are = match known.as_slice() {
            [] => "it has none by name".to_owned(),
            all => format!("there are {}", all.join(", ")),
        };
        return Err(Stop::usage(format!(
            "release {release} has no template for a queue {unknown}; {there_are}"
        )));
    }
    let pods = task_pods.pods.iter();
    let chosen = pods.filter(|(place, _)| is_wanted(place));
    Ok(chosen.cloned().collect())
}

fn broken(task_pods: &TaskPods) -> Vec<Finding> {
    let broken = task_pods.broken.iter();
    let broken = broken.map(|one| {
        Finding::error(
            "task-pod-template-unreadable",
            format!(
                "{}: the template is no YAML at line {}, so no task starts of it: {}",
                one.place, one.line, one.why
            ),
        )
    });
    broken.collect()
}

fn no_template(release: &str, task_pods: &TaskPods) -> Finding {
    let finding = Finding::error(
        "verify-no-template",
        format!("release {release} has no template of task pods, so there is nothing to verify"),
    );
    match task_pods.blank.first() {
        Some(blank) => finding.hint(format!("{blank} is empty: the values name no queue")),
        None => finding.hint("name the release of an agent or of the control plane"),
    }
}

fn servers(deployed: &Deployed, layout: &Layout, named: &[Endpoint]) -> Vec<Endpoint> {
    let mut servers = named.to_vec();
    if servers.is_empty() {
        let of_values = plan::named_in(&deployed.values, layout).into_iter();
        servers.extend(of_values.map(|one| one.endpoint));
    }
    let mut seen = Vec::new();
    servers.retain(|one| {
        let is_new = !seen.contains(one);
        seen.push(one.clone());
        is_new
    });
    servers
}

/// The image of tasks that name none, where the values set one: the chart's default is not among a release's values.
fn default_image(values: &Value, layout: &Layout) -> Option<String> {
    let keys = layout.task_pods.as_ref()?.default_image;
    let image = values::lookup(values, keys)?.as_str()?;
    (!image.is_empty()).then(|| image.to_owned())
}

fn first_image(template: &PodTemplate, list: &str) -> Option<String> {
    let containers = template.spec.get(list)?.as_sequence()?;
    let image = containers.first()?.get("image")?.as_str()?;
    (!image.is_empty()).then(|| image.to_owned())
}

/// The agent's image, as it is deployed.
fn agent_image(objects: &[Object], values: &Value, layout: &Layout) -> Option<String> {
    let image = layout.image.and_then(|keys| image_in(values, keys));
    let itself = Itself {
        part: None,
        container: layout.container,
        image: image.as_deref(),
    };
    let proof = proof::prove(objects, &itself);
    proof.own_image().map(str::to_owned)
}

/// What nobody can foresee.
fn mark() -> Result<String> {
    let mut bytes = [0; 8];
    openssl::rand::rand_bytes(&mut bytes).context("there are no random numbers")?;
    Ok(format!("{:016x}", u64::from_be_bytes(bytes)))
}

/// What the user may not do of what it takes; an answer that cannot be had stands in nobody's way.
pub(super) fn may_not(
    cluster: &ClusterAddress,
    namespace: &str,
    screen: &Screen,
) -> Option<Finding> {
    let kubectl = Kubectl::at(cluster).ok()?;
    let deeds = rights::verifying(namespace);
    let words = ["create", "-f", "-", "-o", "json"];
    let answers = screen.step("asking the cluster for your rights", || {
        kubectl.run_with(&words, rights::reviews(&deeds))
    });
    let denied = rights::denied(&deeds, &answers.ok()?)?;
    rights::refused(cluster, namespace, "what verifying needs", &denied)
}

/// Sends the pods, a few at a time, and judges what they saw.
pub(super) fn send(
    sendings: &[Sending],
    wanted: Asking<'_>,
    ignored: &[Ignorable],
    screen: &Screen,
) -> Vec<Verified> {
    let mut verified = Vec::new();
    for some in sendings.chunks(AT_ONCE) {
        let stages = Mutex::new(vec![Told::default(); some.len()]);
        let numbered: Vec<(usize, &Sending)> = some.iter().enumerate().collect();
        let names: Vec<String> = some.iter().map(|one| one.errand.name()).collect();
        let what = format!("asking by {}", names.join(", "));
        let look = || {
            let stages = stages.lock().unwrap_or_else(PoisonError::into_inner);
            let told = stages.iter().map(|one| one.words.as_str());
            let told: Vec<&str> = told.filter(|one| !one.is_empty()).collect();
            (!told.is_empty()).then(|| told.join("; "))
        };
        let asked = screen.watched_step(&what, Some(&look), || {
            Ok::<_, std::convert::Infallible>(side_by_side(&numbered, AT_ONCE, |(number, one)| {
                let tell = |stage: &Stage| told(&stages, *number, one, stage, screen);
                match Kubectl::at(&one.id.cluster) {
                    Ok(kubectl) => run::ask(&kubectl, &one.errand, wanted.patience.0, &tell),
                    Err(error) => run::Asked::not_sent(error),
                }
            }))
        });
        let Ok(asked) = asked;
        verified.extend(some.iter().zip(asked).map(|(one, asked)| {
            let mut found = match &asked.ended {
                Ok(ended) => findings(&one.errand, ended),
                Err(_) => Vec::new(),
            };
            found.extend(asked.left.as_deref().map(|why| left(one, why)));
            finding::ignore(&mut found, ignored);
            Verified {
                sending: one.clone(),
                asked: Some(asked),
                findings: found,
            }
        }));
    }
    verified
}

/// What a pod is at.
#[derive(Debug, Clone, Default)]
struct Told {
    words: String,
    since: Option<Instant>,
    is_said: bool,
}

/// Keeps what a pod is at for whoever looks, and says it where something holds it up, or it takes long.
fn told(
    stages: &Mutex<Vec<Told>>,
    number: usize,
    sending: &Sending,
    stage: &Stage,
    screen: &Screen,
) {
    let words = stage.to_string();
    let mut stages = stages.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(told) = stages.get_mut(number) else {
        return;
    };
    if told.words != words {
        *told = Told {
            words: words.clone(),
            ..Told::default()
        };
    }
    let since = *told.since.get_or_insert_with(Instant::now);
    let is_long = since.elapsed() > LONG;
    let is_held = matches!(stage, Stage::Held(_) | Stage::Blocked(_));
    if (is_held || is_long) && !std::mem::replace(&mut told.is_said, true) {
        screen.note(&format!("  {}: {words}", sending.errand.name()));
    }
}

fn left(sending: &Sending, why: &str) -> Finding {
    let errand = &sending.errand;
    Finding::warning(
        "verify-pod-left",
        format!(
            "the Job {} in {} could not be removed, and removes itself within {} s: {why}",
            errand.name(),
            errand.namespace,
            errand.seconds
        ),
    )
    .hint(sending.id.cluster.kubectl(&[
        "delete",
        "job",
        &errand.name(),
        "-n",
        &errand.namespace,
    ]))
}
