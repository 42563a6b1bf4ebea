//! Values files that are objects: what is planned are the values in them, what is written is the whole file.

use std::path::Path;

use anyhow::Result;
use serde_yaml::Value;

use super::{FileChange, Inside, Purpose, Request, ValuesFiles};
use crate::exit::Stop;
use crate::finding::Finding;
use crate::values::kept::{Kept, Refused};
use crate::values::{fills, is_around};
use crate::vendor::OVERRIDES;

/// An object around values.
#[derive(Debug, Clone)]
pub struct Around {
    /// The file's text on disk.
    pub(super) on_disk: String,
    /// The same, where another target has edited values of its own in it.
    text: String,
    kept: Kept,
    values: String,
}

impl Around {
    /// Takes the values out of a file.
    ///
    /// # Errors
    /// They cannot be edited by themselves.
    pub fn new(text: String, kept: Kept) -> Result<Self, Refused> {
        let values = kept.get(&text)?;
        Ok(Self {
            on_disk: text.clone(),
            text,
            kept,
            values,
        })
    }

    /// The values' text.
    #[must_use]
    pub fn values(&self) -> &str {
        &self.values
    }

    /// The values' text in what another target makes of the file.
    pub(super) fn drafted(&mut self, path: &Path, text: &str) -> Result<String, Stop> {
        let refused = |error: &Refused| Stop::refused(error.shown(path, text));
        self.kept = self.kept.again(text).map_err(|error| refused(&error))?;
        self.values = self.kept.get(text).map_err(|error| refused(&error))?;
        text.clone_into(&mut self.text);
        Ok(self.values.clone())
    }
}

impl ValuesFiles {
    /// The values of a file that is an object: helm is given these, and never the object.
    #[must_use]
    pub fn inside_of(&self, path: &Path) -> Option<&str> {
        let all = self.files.iter().zip(&self.around);
        let mut found = all.filter(|((one, _), _)| one == path);
        found.find_map(|(_, around)| Some(around.as_ref()?.values()))
    }

    /// The edited file, where its values say `after`.
    pub(super) fn change(&self, after: String) -> Result<FileChange> {
        let path = self.edited().to_path_buf();
        let around = self.around.get(self.edited).and_then(Option::as_ref);
        let Some(around) = around else {
            return Ok(FileChange {
                path,
                before: self.on_disk.clone(),
                after,
                inside: None,
                unwritten: None,
            });
        };
        let whole = around
            .kept
            .put(&around.text, &after)
            .map_err(|error| Stop::refused(error.shown(&path, &around.text)))?;
        Ok(FileChange {
            before: Some(around.on_disk.clone()),
            after: whole,
            inside: Some(Inside {
                place: around.kept.to_string(),
                engine: around.kept.said.engine,
                before: self.on_disk.clone().unwrap_or_default(),
                after,
            }),
            unwritten: None,
            path,
        })
    }

    /// What there is to say of objects: that they are not helm's to deploy, and what else they say of the values.
    pub(super) fn findings(&self, request: &Request<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let paths = self.files.iter().map(|(path, _)| path);
        for (path, around) in paths.zip(&self.around) {
            let Some(Around { kept, .. }) = around else {
                continue;
            };
            if request.purpose == Purpose::Deploy {
                findings.push(not_for_helm(path, kept, request));
            }
            findings.extend(parameters(path, kept, request));
            findings.extend(kept.said.over.iter().map(|over| {
                Finding::note(
                    "values-elsewhere",
                    format!(
                        "{} has {over}, which goes over its values or over what they render, and was not read: what is proven is true without that",
                        kept.said.object
                    ),
                )
            }));
            let given = |more: &&String| {
                self.around
                    .iter()
                    .flatten()
                    .any(|one| one.kept.said.is(bare(more)))
            };
            let more = kept.said.more.iter().filter(|more| !given(more));
            findings.extend(more.map(|more| {
                Finding::note(
                    "values-elsewhere",
                    format!(
                        "{} has more values from {more}, which were not read: what is proven is true without them",
                        kept.said.object
                    ),
                )
                .hint(format!("give those before it, in the order in which they are merged: -f FILE -f {}", word_of(path)))
            }));
        }
        findings
    }
}

/// `ConfigMap base (spec.valuesFrom)` without its place.
fn bare(more: &str) -> &str {
    more.split(" (").next().unwrap_or(more)
}

/// A path as a word of a command to paste.
pub(super) fn word_of(path: &Path) -> String {
    shell_words::quote(&path.display().to_string()).into_owned()
}

fn not_for_helm(path: &Path, kept: &Kept, request: &Request<'_>) -> Finding {
    let component = request.coordinates.component;
    let file = path.display();
    let object = &kept.said.object;
    Finding::error(
        "file-of-an-engine",
        format!(
            "{file} is no values file for helm upgrade: it has {object}, from which {} deploys",
            kept.said.engine
        ),
    )
    .hint(format!(
        "write it, and let that deploy it: add --files-only, or helm clearml-certs render {component} -f {} --ca … --in-place",
        word_of(path)
    ))
}

/// Lists of other values of the same file, over which the edited object merges its own, where those begin such a list now: `edited`
/// is what they will say.
pub(super) fn beneath(request: &Request<'_>, edited: &Value) -> Option<Finding> {
    let (path, now) = request.files.edited_file()?;
    let Around { kept, .. } = request.files.around_edited()?;
    // One that stands there already replaces the other as it did before; that is the user's own arrangement.
    let mut lists = request.layout.lists();
    lists.retain(|list| fills(edited, list) && !fills(now, list));
    let lost = |(place, values): &(String, Value)| {
        let lists = lists.iter().filter(|list| fills(values, list));
        let lists: Vec<String> = lists.map(|list| list.join(".")).collect();
        (!lists.is_empty()).then(|| format!("{} in {place}", lists.join(", ")))
    };
    let lost: Vec<String> = kept.said.beneath.iter().filter_map(lost).collect();
    (!lost.is_empty()).then(|| {
        Finding::error(
            "values-beneath",
            format!(
                "{}: {} merges its own values over others, and its list would replace the other one: {}",
                path.display(),
                kept.said.object,
                lost.join("; ")
            ),
        )
        .hint("have such a list in one place: move it to the object's own values, or give the other object in a file of its own, to be edited in the place of this")
    })
}

/// Values that are set beside the object's values and go over them.
fn parameters(path: &Path, kept: &Kept, request: &Request<'_>) -> Option<Finding> {
    let set = &kept.said.parameters;
    if set.is_empty() {
        return None;
    }
    let layout = request.layout;
    let pods = layout.task_pods.as_ref();
    let base = pods.map(|keys| keys.base.join("."));
    let ours: Vec<String> = [Some(layout.certificates.join(".")), base]
        .into_iter()
        .flatten()
        .collect();
    let queues = pods.and_then(|keys| Some(format!("{}.", keys.queues.as_ref()?.all.join("."))));
    // A queue's overrides replace fields of the base template whole.
    let is_of_queue = |set: &str| {
        let queue = queues
            .as_ref()
            .and_then(|all| set.strip_prefix(all.as_str()));
        queue.is_some_and(|queue| queue.split(['.', '[']).any(|key| key == OVERRIDES))
    };
    let is_ours = |set: &&String| {
        let mut ours = ours.iter();
        ours.any(|our| is_around(set, our) || is_around(our, set)) || is_of_queue(set)
    };
    let (file, object) = (path.display(), &kept.said.object);
    let over: Vec<&str> = set.iter().filter(is_ours).map(String::as_str).collect();
    Some(if over.is_empty() {
        Finding::note(
            "parameters-not-read",
            format!(
                "{file}: {object} sets {} beside its values; what is proven is true without that",
                set.join(", ")
            ),
        )
    } else {
        Finding::error(
            "parameters-over-values",
            format!(
                "{file}: {object} sets {} beside its values, which goes over what would be written there",
                over.join(", ")
            ),
        )
        .hint("take these parameters out, and have the values say it")
    })
}
