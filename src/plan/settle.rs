//! Editing and rendering until the two agree.
//!
//! The pod template names ConfigMaps that only a rendering can tell. The first edit uses the documented names; where
//! the rendering says otherwise, the edit is made again with the real ones.

use anyhow::{Context as _, Result, anyhow};
use serde_yaml::Value;

use super::{Observed, Request, TaskPods};
use crate::component::Facts;
use crate::exit::Stop;
use crate::finding::{self, Finding};
use crate::overrides::task_pods::{self, ProjectedSource, Strategy, Wanted};
use crate::overrides::{Placed, extra_certs};
use crate::proof::{self, Object, Proof};
use crate::yaml::{Document, Path, YamlError};

/// Names change once, from predicted to real; a chart that needs more than this names ConfigMaps after their own names.
const MAX_RENDERINGS: usize = 4;

/// An edited override file and what it renders to.
pub(super) struct Settled {
    pub(super) text: String,
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
    let mut guess = Guess::predicted(request, facts);
    let deployed = deployed_config_maps(request);
    for _ in 0..MAX_RENDERINGS {
        let mut settled =
            edit(request, facts, strategy, &guess).map_err(|e| refusal(&file_name(request), e))?;
        if finding::refuses(&settled.findings) {
            return Ok(settled);
        }
        let stream = render(&settled.text)?;
        settled.objects =
            proof::parse(&stream).context("helm template printed something that is not YAML")?;
        let proof = proof::prove(&settled.objects);
        let real = guess.corrected(&settled.placed, &proof, &settled.objects, &deployed);
        let settles = strategy != Strategy::Template || real == guess;
        settled.proof = Some(proof);
        if settles {
            return Ok(settled);
        }
        guess = real;
    }
    Err(anyhow!(
        "the chart names its ConfigMaps differently each time it is rendered, so no pod template can name them: use --task-pods off"
    ))
}

/// What the pod template has to say that only a rendering can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Guess {
    sources: Vec<ProjectedSource>,
    gone: Vec<String>,
    image: Option<String>,
}

impl Guess {
    fn predicted(request: &Request<'_>, facts: &Facts) -> Self {
        let listed = |text: &String| {
            let document = Document::parse(text).ok()?;
            let path = Path::from(facts.certificates).then("extraCerts");
            let list = document.get(path).ok()??;
            list.as_sequence().map(Vec::len)
        };
        let present = request.override_text.as_ref().and_then(listed).unwrap_or(0);
        Self {
            sources: task_pods::predicted_sources(
                &request.coordinates.release,
                facts.chart,
                &request.chart.values,
                present + request.entries.len(),
            ),
            gone: Vec::new(),
            image: request.task_image.clone(),
        }
    }

    fn corrected(
        &self,
        placed: &[Placed],
        proof: &Proof,
        objects: &[Object],
        deployed: &[String],
    ) -> Self {
        let gone = deployed
            .iter()
            .filter(|name| !proof.carriers.renders("ConfigMap", name));
        Self {
            sources: task_pods::sources(placed, &proof.carriers),
            gone: gone.cloned().collect(),
            image: self.image.clone().or_else(|| agent_image(proof, objects)),
        }
    }
}

/// The ConfigMaps of the release as it is now.
fn deployed_config_maps(request: &Request<'_>) -> Vec<String> {
    let Observed::Present(deployed, _) = &request.observed else {
        return Vec::new();
    };
    proof::parse(&deployed.manifest)
        .unwrap_or_default()
        .into_iter()
        .filter(|object| object.kind == "ConfigMap")
        .map(|object| object.name)
        .collect()
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
    let mut document = Document::parse(request.override_text.as_deref().unwrap_or_default())?;
    let certificates = extra_certs::add(&mut document, &file, facts.certificates, request.entries)?;
    let mut findings = certificates.findings;
    match (strategy, facts.pod_template) {
        (Strategy::Propagate, _) => task_pods::propagate(&mut document, facts.certificates)?,
        (Strategy::Template, Some(path)) => findings.extend(task_pods::template(
            &mut document,
            &file,
            path,
            &Wanted {
                sources: &guess.sources,
                gone: &guess.gone,
                image: guess.image.as_deref(),
                image_chosen: request.task_image.is_some(),
            },
        )?),
        (Strategy::Template | Strategy::Off, _) => {}
    }
    Ok(Settled {
        text: document.into_text(),
        placed: certificates.placed,
        strategy,
        findings,
        objects: Vec::new(),
        proof: None,
    })
}

fn file_name(request: &Request<'_>) -> String {
    request
        .coordinates
        .values
        .last()
        .map(|path| path.display().to_string())
        .unwrap_or_default()
}

/// A file that cannot be edited safely is an error finding of the file, not a failure of ours.
fn refusal(file: &str, error: anyhow::Error) -> anyhow::Error {
    match error.downcast::<YamlError>() {
        Ok(yaml) => Stop::refused(format!("{file}: {yaml}")).into(),
        Err(other) => other,
    }
}
