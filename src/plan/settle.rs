//! Editing and rendering until the two agree.
//!
//! The pod template names ConfigMaps that only a rendering can tell. The first edit uses the documented names; where
//! the rendering says otherwise, the edit is made again with the real ones.

use anyhow::{Context as _, Result, anyhow};
use serde_yaml::Value;

use super::{Observed, Request, TaskPods, unheld};
use crate::certs::bundle::Entry;
use crate::component::Facts;
use crate::exit::Stop;
use crate::finding::{self, Finding};
use crate::overrides::task_pods::{self, ProjectedSource, Shape, Strategy, Wanted};
use crate::overrides::{Mode, Placed, place};
use crate::proof::{self, Carriers, Object, Proof};
use crate::yaml::{Document, Path, YamlError};

/// Names change once, from predicted to real; a chart that needs more than this names ConfigMaps after their own names.
const MAX_RENDERINGS: usize = 4;

/// An edited override file and what it renders to.
pub(super) struct Settled {
    pub(super) text: String,
    /// The certificates' part of it alone; empty where the edit was refused.
    pub(super) fragment: String,
    pub(super) mode: Mode,
    pub(super) placed: Vec<Placed>,
    pub(super) strategy: Strategy,
    pub(super) findings: Vec<Finding>,
    pub(super) objects: Vec<Object>,
    /// `None` where the edit was refused before it could be rendered.
    pub(super) proof: Option<Proof>,
}

pub(super) fn settle(
    request: &Request<'_>,
    render: &mut dyn FnMut(&str) -> Result<String>,
) -> Result<Settled> {
    let facts = request.coordinates.component.facts();
    let strategy = strategy(request, facts);
    let deployed = deployed_config_maps(request);
    let edit_with = |guess: &Guess| {
        edit(request, facts, strategy, guess).map_err(|e| refusal(&file_name(request), e))
    };
    let predicted = Guess::predicted(request, facts, &deployed);
    let mut settled = edit_with(&predicted)?;
    if request.chart.is_assumed {
        settled
            .findings
            .extend(assumed(request, &settled, &predicted));
        settled.fragment = fragment(request, facts, &settled, &predicted)?;
        return Ok(settled);
    }
    for _ in 0..MAX_RENDERINGS {
        if finding::refuses(&settled.findings) {
            return Ok(settled);
        }
        let stream = render(&settled.text)?;
        let objects =
            proof::parse(&stream).context("helm template printed something that is not YAML")?;
        let proof = proof::prove(&objects);
        let real = Guess::real(request, &settled.placed, &proof, &objects, &deployed);
        let next = edit_with(&real)?;
        if next.text == settled.text {
            settled.fragment = fragment(request, facts, &settled, &real)?;
            settled.objects = objects;
            settled.proof = Some(proof);
            return Ok(settled);
        }
        settled = next;
    }
    Err(anyhow!(
        "the chart names its ConfigMaps differently each time it is rendered, so no pod template can name them: use --task-pods off"
    ))
}

/// What the pod template has to say that only a rendering can tell.
struct Guess {
    sources: Vec<ProjectedSource>,
    /// The ConfigMap and key of the whole bundle.
    bundle: (String, String),
    ours: Vec<String>,
    image: Option<String>,
}

impl Guess {
    fn predicted(request: &Request<'_>, facts: &Facts, deployed: &[String]) -> Self {
        let listed = |text: &String| {
            let document = Document::parse(text).ok()?;
            let path = Path::from(facts.certificates).then("extraCerts");
            let list = document.get(path).ok()??;
            list.as_sequence().map(Vec::len)
        };
        let present = request.files.text.as_ref().and_then(listed).unwrap_or(0);
        let sources = task_pods::predicted_sources(
            &request.coordinates.release,
            facts.chart,
            facts.config_map_infix,
            &request.chart.values,
            present + request.entries.len(),
        );
        let known = sources.iter().map(|source| source.config_map.clone());
        Self {
            ours: known.chain(deployed.iter().cloned()).collect(),
            // No name is documented for it, so a rendering has to tell.
            bundle: (
                "ca-bundle-not-yet-rendered".into(),
                "ca-certificates.crt".into(),
            ),
            sources,
            image: request.task_image.clone(),
        }
    }

    fn real(
        request: &Request<'_>,
        placed: &[Placed],
        proof: &Proof,
        objects: &[Object],
        deployed: &[String],
    ) -> Self {
        let carriers = &proof.carriers;
        let whole = carriers.holding_all(placed.iter().map(|one| one.certificate.fingerprint));
        let image = request.task_image.clone();
        Self {
            sources: task_pods::sources(placed, carriers),
            bundle: whole.unwrap_or_else(|| ("ca-bundle-not-rendered".into(), String::new())),
            ours: carriers
                .carrying_config_maps()
                .chain(deployed.iter().cloned())
                .collect(),
            image: image.or_else(|| agent_image(proof, objects)),
        }
    }
}

/// The ConfigMaps of the release as it is now that carry certificates.
fn deployed_config_maps(request: &Request<'_>) -> Vec<String> {
    let Observed::Present(deployed, _) = &request.observed else {
        return Vec::new();
    };
    let objects = proof::parse(&deployed.manifest).unwrap_or_default();
    Carriers::find(&objects).carrying_config_maps().collect()
}

/// The image of the first workload that mounts the certificates: the agent itself.
fn agent_image(proof: &Proof, objects: &[Object]) -> Option<String> {
    let place = &proof.workloads.first()?.place;
    let workload = objects
        .iter()
        .find(|object| format!("{} {}", object.kind, object.name) == *place)?;
    workload
        .get(&["spec", "template", "spec", "containers"])?
        .get(0)?
        .get("image")
        .and_then(Value::as_str)
        .map(str::to_owned)
}

fn strategy(request: &Request<'_>, facts: &Facts) -> Strategy {
    let propagate = [facts.certificates, &[task_pods::PROPAGATE]].concat();
    match (facts.pod_template, request.task_pods) {
        (None, _) | (_, TaskPods::Off) => Strategy::Off,
        (_, TaskPods::Propagate) => Strategy::Propagate,
        (_, TaskPods::Auto) if request.chart.knows(&propagate) => Strategy::Propagate,
        (_, TaskPods::Auto | TaskPods::Template) => Strategy::Template,
    }
}

fn edit(
    request: &Request<'_>,
    facts: &Facts,
    strategy: Strategy,
    guess: &Guess,
) -> Result<Settled> {
    let file = file_name(request);
    let mut document = Document::parse(request.files.text.as_deref().unwrap_or_default())?;
    unheld::adopt(&mut document, request)?;
    let placement = place(
        &mut document,
        &file,
        facts.certificates,
        request.entries,
        request.mode,
    )?;
    let mode = placement.mode;
    let mut findings = placement.findings;
    // A refused placement leaves the task pods alone: they would name what is not there.
    if !finding::refuses(&findings) {
        let edited = task_pods_edit(&mut document, &file, request, facts, strategy, mode, guess)?;
        findings.extend(edited);
    }
    Ok(Settled {
        text: document.into_text(),
        fragment: String::new(),
        mode,
        placed: placement.placed,
        strategy,
        findings,
        objects: Vec::new(),
        proof: None,
    })
}

/// The same edit of an empty file, with all that the real one lists: the certificates' part alone.
fn fragment(
    request: &Request<'_>,
    facts: &Facts,
    settled: &Settled,
    guess: &Guess,
) -> Result<String> {
    let (mode, strategy) = (settled.mode, settled.strategy);
    let file = file_name(request);
    let mut document = Document::parse("")?;
    let entries: Vec<Entry> = settled.placed.iter().map(Placed::to_entry).collect();
    place(
        &mut document,
        &file,
        facts.certificates,
        &entries,
        Some(mode),
    )?;
    task_pods_edit(&mut document, &file, request, facts, strategy, mode, guess)?;
    Ok(document.into_text())
}

fn task_pods_edit(
    document: &mut Document,
    file: &str,
    request: &Request<'_>,
    facts: &Facts,
    strategy: Strategy,
    mode: Mode,
    guess: &Guess,
) -> Result<Vec<Finding>> {
    let Some(path) = facts.pod_template else {
        return Ok(Vec::new());
    };
    match strategy {
        Strategy::Propagate => {
            task_pods::clear(document, path, &guess.ours)?;
            task_pods::propagate(document, facts.certificates)?;
        }
        Strategy::Template => {
            task_pods::stop_propagating(document, facts.certificates)?;
            let (config_map, key) = &guess.bundle;
            let wanted = Wanted {
                shape: match mode {
                    Mode::Append => Shape::Appended(&guess.sources),
                    Mode::Replace => Shape::Replaced(config_map, key),
                },
                ours: &guess.ours,
                image: guess.image.as_deref(),
                image_chosen: request.task_image.is_some(),
                variables: request.variables,
            };
            return task_pods::template(document, file, path, &wanted);
        }
        Strategy::Off => {
            task_pods::clear(document, path, &guess.ours)?;
            task_pods::stop_propagating(document, facts.certificates)?;
        }
    }
    Ok(Vec::new())
}

/// What could not be seen, where the chart cannot be reached.
fn assumed(request: &Request<'_>, settled: &Settled, guess: &Guess) -> Vec<Finding> {
    let facts = request.coordinates.component.facts();
    let reference = &request.chart.reference;
    let mut findings = vec![Finding::warning(
        "names-assumed",
        format!(
            "the chart {reference} was not rendered: nothing proves that the certificates arrive, and names of ConfigMaps are the documented ones"
        ),
    )];
    if settled.strategy != Strategy::Template {
        return findings;
    }
    if settled.mode == Mode::Replace {
        findings.push(
            Finding::error(
                "bundle-name-unknown",
                format!("only the chart {reference} can tell the ConfigMap of the replaced bundle, which task pods mount"),
            )
            .hint("use --task-pods off, or render where the chart can be reached"),
        );
    } else if guess.image.is_none() && settled.text.contains(task_pods::IMAGE_UNKNOWN) {
        findings.push(
            Finding::error(
                "image-unknown",
                format!(
                    "only the chart {reference} can tell the image of the {}",
                    facts.title
                ),
            )
            .hint("name the init container's image with --task-image"),
        );
    }
    findings
}

fn file_name(request: &Request<'_>) -> String {
    request.files.edited().display().to_string()
}

/// A file that cannot be edited safely is an error finding of the file, not a failure of ours.
fn refusal(file: &str, error: anyhow::Error) -> anyhow::Error {
    match error.downcast::<YamlError>() {
        Ok(yaml) => Stop::refused(format!("{file}: {yaml} [{}]", yaml.code())).into(),
        Err(other) => other,
    }
}
