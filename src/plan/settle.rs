//! Editing and rendering until the two agree.
//!
//! The pod template names ConfigMaps and an image that only a rendering can tell. The first edit uses predicted ones; where
//! the rendering says otherwise, the edit is made again with the real ones.

use anyhow::{Context as _, Result, anyhow};

use super::guess::{self, Guess, Seen};
use super::{Request, TaskPods, chart_ignores, no_queue, required, unheld};
use crate::certs::bundle::Entry;
use crate::exit::Stop;
use crate::finding::{self, Finding};
use crate::helm::HelmError;
use crate::overrides::task_pods::{self, Shape, Strategy, Wanted};
use crate::overrides::{Mode, Placed, checking, place};
use crate::proof::{self, Object, Proof};
use crate::values;
use crate::vendor::{EXTRA_CERTS, Layout, OVERRIDE_BUNDLE, PROPAGATE, PodList, TaskPodKeys};
use crate::yaml::{Document, YamlError};

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
    guess: Guess,
    /// Whether there is no queue yet, so that no template of task pods is rendered.
    pub(super) has_no_queue: bool,
    pub(super) objects: Vec<Object>,
    /// `None` where the edit was refused before it could be rendered, or the rendering was.
    pub(super) proof: Option<Proof>,
    /// The release as it is now.
    pub(super) deployed: Seen,
}

pub(super) fn settle(
    request: &Request<'_>,
    render: &mut dyn FnMut(&str) -> Result<String>,
) -> Result<Settled> {
    let deployed = Seen::deployed(request);
    let mut settled = rendered(request, &deployed, render)?;
    settled.deployed = deployed;
    Ok(settled)
}

fn rendered(
    request: &Request<'_>,
    deployed: &Seen,
    render: &mut dyn FnMut(&str) -> Result<String>,
) -> Result<Settled> {
    let layout = request.layout;
    let edits = Edits {
        request,
        layout,
        strategy: strategy(request),
        deployed,
    };
    let mut settled = edits.make(None)?;
    settled.findings.extend(both_modes(request, &settled.text)?);
    if request.chart.is_assumed {
        settled.findings.extend(assumed(request, &settled));
        settled.fragment = edits.fragment(&settled)?;
        return Ok(settled);
    }
    for _ in 0..MAX_RENDERINGS {
        if finding::refuses(&settled.findings) {
            return Ok(settled);
        }
        let stream = match render(&settled.text) {
            Err(error) => {
                let finding = why_not_rendered(request, &settled.text, &error)?;
                settled.findings.push(finding.ok_or(error)?);
                settled.fragment = edits.fragment(&settled)?;
                return Ok(settled);
            }
            Ok(stream) => stream,
        };
        let objects =
            proof::parse(&stream).context("helm template printed something that is not YAML")?;
        let rendered = Seen::new(&objects, request);
        let (placed, former) = (&settled.placed, &settled.guess);
        let real = Guess::real(request, placed, &rendered, deployed, former);
        let next = edits.make(Some(real))?;
        if next.text == settled.text {
            settled.fragment = edits.fragment(&next)?;
            let mut proof = rendered.proof;
            if let Some(keys) = &layout.task_pods {
                let given = request.files.merged_with(&settled.text)?;
                let note = no_queue::judge(request, edits.strategy, keys, &given, &mut proof);
                settled.has_no_queue = note.is_some();
                settled.findings.extend(note);
            }
            let who = format!("{} {}", request.chart.name, request.chart.version);
            let unknown = unknown(
                request,
                &settled,
                &format!("{who} renders nothing that tells"),
            );
            settled.findings.extend(unknown);
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

/// Why a chart cannot be rendered, where that is no failure of Helm's.
fn why_not_rendered(
    request: &Request<'_>,
    text: &str,
    error: &anyhow::Error,
) -> Result<Option<Finding>> {
    if !error.is::<HelmError>() {
        return Ok(None);
    }
    let layout = request.layout;
    // What such a chart says to values that it does not know leads nowhere.
    if !request.chart.knows(layout.certificates) {
        let values = layout.shown_certificates();
        let what = format!(
            "does not know {values}, and does not render: {}",
            first_line(error)
        );
        return Ok(Some(chart_ignores::certificates(request, &what)));
    }
    let given = request.files.merged_with(text)?;
    Ok(required::missing(request, &given, &first_line(error)))
}

fn strategy(request: &Request<'_>) -> Strategy {
    let layout = request.layout;
    let propagate = layout.under_certificates(PROPAGATE);
    match (&layout.task_pods, request.task_pods) {
        (None, _) | (_, TaskPods::Off) => Strategy::Off,
        (_, TaskPods::Propagate) => Strategy::Propagate,
        (_, TaskPods::Auto) if request.chart.knows(&propagate) => Strategy::Propagate,
        (_, TaskPods::Auto | TaskPods::Template) => Strategy::Template,
    }
}

/// The edited file has one of the two values that exclude each other, and something beside it gives the other: another
/// file, or the release whose values Helm keeps.
fn both_modes(request: &Request<'_>, text: &str) -> Result<Option<Finding>> {
    let layout = request.layout;
    let given = request.files.merged_with(text)?;
    let at = |key| values::lookup(&given, &layout.under_certificates(key)).cloned();
    let list = at(EXTRA_CERTS).filter(|list| list.as_sequence().is_some_and(|l| !l.is_empty()));
    let bundle = at(OVERRIDE_BUNDLE).filter(|text| text.as_str() != Some(""));
    if list.is_none() || bundle.is_none() {
        return Ok(None);
    }
    let message = format!(
        "{0}.{EXTRA_CERTS} and {0}.{OVERRIDE_BUNDLE} exclude each other, and with this edit both are given: one by {1}, the other by {2}",
        layout.shown_certificates(),
        request.files.edited().display(),
        if request.files.kept().is_some() {
            "the deployed release, whose values are kept"
        } else {
            "another values file"
        }
    );
    let hint = if request.files.kept().is_some() {
        "take the release's values into the file with --adopt-values, or choose the other --mode"
    } else {
        "choose the other --mode, or take that value out of the other file"
    };
    Ok(Some(Finding::error("both-modes", message).hint(hint)))
}

/// The edits of one override file, with one guess or another.
struct Edits<'a> {
    request: &'a Request<'a>,
    layout: &'static Layout,
    strategy: Strategy,
    deployed: &'a Seen,
}

impl Edits<'_> {
    /// Edits the file; what only a rendering can tell is predicted where none has told it.
    fn make(&self, rendered: Option<Guess>) -> Result<Settled> {
        let request = self.request;
        let file = file_name(request);
        self.edited(rendered).map_err(|error| refusal(&file, error))
    }

    fn edited(&self, rendered: Option<Guess>) -> Result<Settled> {
        let request = self.request;
        let file = file_name(request);
        let mut document = Document::parse(request.files.text.as_deref().unwrap_or_default())?;
        unheld::adopt(&mut document, request)?;
        if request.enforces_checking {
            checking::enforce(&mut document, &request.chart.values, self.layout)?;
        }
        let base = self.layout.certificates;
        let placement = place(
            &mut document,
            &file,
            base,
            request.entries,
            request.mode,
            request.repairs,
        )?;
        let guess = match rendered {
            Some(guess) => guess,
            None => self.predict(&document, &placement.placed)?,
        };
        let mut settled = Settled {
            text: String::new(),
            fragment: String::new(),
            mode: placement.mode,
            placed: placement.placed,
            strategy: self.strategy,
            findings: placement.findings,
            guess,
            has_no_queue: false,
            objects: Vec::new(),
            proof: None,
            deployed: Seen::default(),
        };
        // A refused placement leaves the task pods alone: they would name what is not there.
        if !finding::refuses(&settled.findings) {
            let edited = self.task_pods(&mut document, &settled)?;
            settled.findings.extend(edited);
        }
        settled.text = document.into_text();
        Ok(settled)
    }

    fn predict(&self, document: &Document, placed: &[Placed]) -> Result<Guess> {
        let given = self.request.files.merged_with(document.text())?;
        let values = values::merge([&self.request.chart.values, &given]);
        Ok(Guess::predicted(
            self.request,
            placed,
            self.deployed,
            &values,
        ))
    }

    /// The same edit of an empty file, with all that the real one lists: the certificates' part alone.
    fn fragment(&self, settled: &Settled) -> Result<String> {
        let file = file_name(self.request);
        let mut document = Document::parse("")?;
        let entries: Vec<Entry> = settled.placed.iter().map(Placed::to_entry).collect();
        let base = self.layout.certificates;
        place(
            &mut document,
            &file,
            base,
            &entries,
            Some(settled.mode),
            false,
        )?;
        self.task_pods(&mut document, settled)?;
        Ok(document.into_text())
    }

    fn task_pods(&self, document: &mut Document, settled: &Settled) -> Result<Vec<Finding>> {
        let Some(keys) = &self.layout.task_pods else {
            return Ok(Vec::new());
        };
        let (layout, request, guess) = (self.layout, self.request, &settled.guess);
        match self.strategy {
            Strategy::Propagate => {
                task_pods::clear(document, keys, &guess.ours)?;
                task_pods::propagate(document, layout.certificates)?;
            }
            Strategy::Template => {
                task_pods::stop_propagating(document, layout.certificates)?;
                let (config_map, key) = &guess.bundle;
                let wanted = Wanted {
                    shape: match settled.mode {
                        Mode::Append => Shape::Appended(&guess.sources),
                        Mode::Replace => Shape::Replaced(config_map, key),
                    },
                    ours: &guess.ours,
                    image: guess.image.as_deref(),
                    image_chosen: request.task_image.is_some(),
                    variables: request.variables,
                    sources_volume: keys.sources_volume,
                    queues: request.queues,
                    adds: adds_volumes(request, keys),
                };
                return task_pods::template(document, &file_name(request), keys, &wanted);
            }
            Strategy::Off => {
                task_pods::clear(document, keys, &guess.ours)?;
                task_pods::stop_propagating(document, layout.certificates)?;
            }
        }
        Ok(Vec::new())
    }
}

/// Whether the chart adds lists of their own to the volumes and mounts that a queue replaces.
fn adds_volumes(request: &Request<'_>, keys: &TaskPodKeys) -> bool {
    let added = PodList::ALL.into_iter().filter_map(PodList::added_by);
    added
        .into_iter()
        .all(|key| request.chart.knows(&[keys.base, &[key]].concat()))
}

/// What could not be seen, where the chart cannot be reached.
fn assumed(request: &Request<'_>, settled: &Settled) -> Vec<Finding> {
    let reference = &request.chart.reference;
    let mut findings = vec![Finding::warning(
        "names-assumed",
        format!(
            "the chart {reference} was not rendered: nothing proves that the certificates arrive, and names of ConfigMaps are the documented ones"
        ),
    )];
    findings.extend(unknown(
        request,
        settled,
        &format!("only the chart {reference} can tell"),
    ));
    findings
}

/// What stands in the text for a name that nobody told: such a text is never written.
fn unknown(request: &Request<'_>, settled: &Settled, who_tells: &str) -> Option<Finding> {
    if settled.text.contains(guess::BUNDLE_UNKNOWN) {
        let message =
            format!("{who_tells} the ConfigMap of the replaced bundle, which task pods mount");
        Some(
            Finding::error("bundle-name-unknown", message)
                .hint("use --task-pods off, or a chart that renders the bundle"),
        )
    } else if settled.text.contains(task_pods::IMAGE_UNKNOWN) {
        let component = request.coordinates.component.title();
        let message = format!("{who_tells} the image of the {component}");
        Some(
            Finding::error("image-unknown", message)
                .hint("name the init container's image with --task-image"),
        )
    } else {
        None
    }
}

fn first_line(error: &anyhow::Error) -> String {
    let message = error
        .downcast_ref::<HelmError>()
        .map(|error| &error.message);
    let line = message.and_then(|message| message.lines().next());
    line.unwrap_or_default().to_owned()
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
