//! The edits of one override file, with one guess or another of what only a rendering can tell.

use anyhow::Result;
use serde_yaml::Value;

use super::guess::{Guess, Rendered};
use super::{Purpose, Request, TaskPods, unheld};
use crate::certs::bundle::Entry;
use crate::exit::Stop;
use crate::finding::{self, Finding};
use crate::overrides::task_pods::{self, Distros, Shape, Strategy, Wanted};
use crate::overrides::{Mode, Placed, Taken, checking, mode_in, place, take_out};
use crate::proof::{Manifest, Part, Proof};
use crate::values;
use crate::vendor::{PROPAGATE, PodList, TaskPodKeys};
use crate::yaml::{Document, YamlError};

/// An edited override file and what it renders to.
pub(super) struct Settled {
    pub(super) text: String,
    /// What it says.
    pub(super) values: Value,
    /// The certificates' part of it alone; empty where the edit was refused, or nobody wants it.
    pub(super) fragment: String,
    pub(super) mode: Mode,
    pub(super) placed: Vec<Placed>,
    /// What was taken out of the file.
    pub(super) taken: Vec<Taken>,
    pub(super) strategy: Strategy,
    /// Which images the pod template is for, as far as that can be told.
    pub(super) distros: Option<Distros>,
    pub(super) findings: Vec<Finding>,
    pub(super) guess: Guess,
    /// Whether there is no queue yet, so that no template of task pods is rendered.
    pub(super) has_no_queue: bool,
    pub(super) rendered: Manifest,
    /// Which of its objects are the component's own, where the chart has others inside it too.
    pub(super) part: Option<Part>,
    /// `None` where the edit was refused before it could be rendered, or the rendering was.
    pub(super) proof: Option<Proof>,
    /// The release as it is now.
    pub(super) deployed: Rendered,
}

/// The edits of one override file.
pub(super) struct Edits<'a> {
    request: &'a Request<'a>,
    deployed: &'a Rendered,
}

impl<'a> Edits<'a> {
    pub(super) fn new(request: &'a Request<'a>, deployed: &'a Rendered) -> Self {
        Self { request, deployed }
    }

    /// Edits the file; what only a rendering can tell is predicted where none has told it.
    pub(super) fn make(&self, rendered: Option<&Guess>) -> Result<Settled> {
        let text = self.request.files.text.as_deref().unwrap_or_default();
        let edited = || -> Result<Settled> {
            let mut document = Document::parse(text)?;
            let mut settled = document.transaction(|document| self.edit(document, rendered))?;
            settled.values = document.value().clone();
            settled.text = document.into_text();
            Ok(settled)
        };
        edited().map_err(|error| refusal(&file_name(self.request), error))
    }

    fn edit(&self, document: &mut Document, rendered: Option<&Guess>) -> Result<Settled> {
        let request = self.request;
        unheld::adopt(document, request)?;
        if request.enforces_checking {
            checking::enforce(document, &request.chart.values, request.layout)?;
        }
        document.note_former_values();
        let certificates = request.layout.certificates;
        let is_ours = task_pods::propagates_by_us(document, certificates);
        let standing = match request.task_pods {
            TaskPods::AsIs => Some(self.standing(document)?),
            _ => None,
        };
        let distros = match request.distros {
            Some(distros) => Some(distros),
            None => task_pods::standing_distros(document, request.layout.task_pods.as_ref())?,
        };
        // A bundle that loses its last certificate is still one when the next comes.
        let replaces = mode_in(document.value(), certificates) == Mode::Replace;
        let mode = request.mode.or(replaces.then_some(Mode::Replace));
        let taken = match request.dropped() {
            Some(selection) => take_out(document, &file_name(request), certificates, &selection)?,
            None => Vec::new(),
        };
        let placement = place(
            document,
            &file_name(request),
            certificates,
            request.entries,
            mode,
            request.repairs,
        )?;
        let has_moved = || !task_pods::propagates_by_us(document, certificates);
        let is_idle = is_idle(request, &placement.placed, &taken);
        if is_ours && !is_idle && (placement.placed.is_empty() || has_moved()) {
            // It goes with the certificates, or follows them.
            task_pods::stop_propagating(document, certificates)?;
        }
        let guess = match rendered {
            Some(guess) => guess.clone(),
            None => self.predict(document, &placement.placed, taken.len()),
        };
        let strategy = match standing {
            // Without certificates, nothing is to be brought to task pods.
            Some(_) if placement.placed.is_empty() => Strategy::Off,
            None if is_idle => Strategy::Off,
            standing => standing.unwrap_or_else(|| strategy(request, distros)),
        };
        let mut settled = Settled {
            text: String::new(),
            values: Value::Null,
            fragment: String::new(),
            mode: placement.mode,
            placed: placement.placed,
            taken,
            strategy,
            distros,
            findings: placement.findings,
            guess,
            has_no_queue: false,
            rendered: Manifest::default(),
            part: None,
            proof: None,
            deployed: Rendered::default(),
        };
        // A refused placement leaves the task pods alone: they would name what is not there.
        if !finding::refuses(&settled.findings) {
            let edited = self.task_pods(document, &settled)?;
            settled.findings.extend(edited);
            if settled.placed.is_empty() && !settled.taken.is_empty() {
                document.prune(certificates)?;
            }
        }
        Ok(settled)
    }

    fn predict(&self, document: &Document, placed: &[Placed], taken: usize) -> Guess {
        let given = self.request.files.merged_with(document.value());
        let values = values::merge([&self.request.chart.values, &given]);
        Guess::predicted(self.request, placed, taken, self.deployed, &values)
    }

    /// How the certificates get into task pods now.
    fn standing(&self, document: &Document) -> Result<Strategy> {
        let layout = self.request.layout;
        task_pods::standing(document, layout.certificates, layout.task_pods.as_ref())
    }

    /// The same edit of an empty file, with all that the real one lists: the certificates' part alone.
    pub(super) fn fragment(&self, settled: &Settled) -> Result<String> {
        if self.request.purpose != Purpose::Print {
            return Ok(String::new());
        }
        let entries: Vec<Entry> = settled.placed.iter().map(Placed::to_entry).collect();
        let (file, base) = (file_name(self.request), self.request.layout.certificates);
        let mut document = Document::parse("")?;
        document.transaction(|document| -> Result<()> {
            place(document, &file, base, &entries, Some(settled.mode), false)?;
            self.task_pods(document, settled)?;
            Ok(())
        })?;
        Ok(document.into_text())
    }

    fn task_pods(&self, document: &mut Document, settled: &Settled) -> Result<Vec<Finding>> {
        let Some(keys) = &self.request.layout.task_pods else {
            return Ok(Vec::new());
        };
        let (layout, request, guess) = (self.request.layout, self.request, &settled.guess);
        let only_goes = request.drop.is_some() && request.task_pods == TaskPods::AsIs;
        if only_goes && !settled.placed.is_empty() {
            if settled.mode == Mode::Append {
                task_pods::shrink(document, keys, &guess.sources, &guess.ours)?;
            }
            return Ok(Vec::new());
        }
        match settled.strategy {
            Strategy::Propagate => {
                task_pods::clear(document, keys, &guess.ours)?;
                task_pods::propagate(document, layout.certificates)?;
            }
            Strategy::Template => {
                task_pods::stop_propagating(document, layout.certificates)?;
                let (config_map, key) = &guess.bundle;
                let given = request.files.merged_with(document.value());
                let values = values::merge([&request.chart.values, &given]);
                let wanted = Wanted {
                    shape: match settled.mode {
                        Mode::Append => Shape::Appended(&guess.sources),
                        Mode::Replace => Shape::Replaced(config_map, key),
                    },
                    ours: &guess.ours,
                    image: guess.image.as_deref(),
                    image_chosen: request.task_image.is_some(),
                    variables: request.variables,
                    distros: settled.distros,
                    sources_volume: keys.sources_volume,
                    queues: request.queues,
                    adds: adds_volumes(request, keys),
                    values: &values,
                };
                return task_pods::template(document, &file_name(request), keys, &wanted);
            }
            Strategy::Off => {
                task_pods::clear(document, keys, &guess.ours)?;
                // What goes with the last certificate is what came with the first.
                if request.task_pods != TaskPods::AsIs
                    && !is_idle(request, &settled.placed, &settled.taken)
                {
                    task_pods::stop_propagating(document, layout.certificates)?;
                }
            }
        }
        Ok(Vec::new())
    }
}

/// Whether a release neither has certificates nor gets any: what brings them to task pods is left as it is, then.
fn is_idle(request: &Request<'_>, placed: &[Placed], taken: &[Taken]) -> bool {
    placed.is_empty() && taken.is_empty() && request.task_pods != TaskPods::Off
}

/// Whether the chart adds lists of their own to the volumes and mounts that a queue replaces.
fn adds_volumes(request: &Request<'_>, keys: &TaskPodKeys) -> bool {
    let added = PodList::ALL.into_iter().filter_map(PodList::added_by);
    added
        .into_iter()
        .all(|key| request.chart.knows(&[keys.base, &[key]].concat()))
}

/// What a chart mounts of its own is for Debian's images alone, as far as is known.
fn strategy(request: &Request<'_>, distros: Option<Distros>) -> Strategy {
    let layout = request.layout;
    let propagates =
        distros != Some(Distros::Any) && request.chart.knows(&layout.under_certificates(PROPAGATE));
    match (&layout.task_pods, request.task_pods) {
        (None, _) | (_, TaskPods::Off | TaskPods::AsIs) => Strategy::Off,
        (_, TaskPods::Propagate) => Strategy::Propagate,
        (_, TaskPods::Auto) if propagates => Strategy::Propagate,
        (_, TaskPods::Auto | TaskPods::Template) => Strategy::Template,
    }
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
