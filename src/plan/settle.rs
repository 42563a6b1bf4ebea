//! Editing and rendering until the two agree.
//!
//! The pod template names ConfigMaps and an image that only a rendering can tell. The first edit uses predicted ones; where
//! the rendering says otherwise, the edit is made again with the real ones.

use anyhow::{Result, anyhow, bail};
use serde_yaml::Value;

use super::edits::{Edits, Settled};
use super::guess::{self, Guess, Rendered};
use super::{Request, api_rules, chart_ignores, flags, no_queue, required};
use crate::finding::{self, Finding};
use crate::helm::HelmError;
use crate::overrides::{Mode, Placed, mode_in, task_pods};
use crate::proof::Manifest;
use crate::values::{self, scalar::is_on};
use crate::vendor::{EXTRA_CERTS, OVERRIDE_BUNDLE};

/// Names change once, from predicted to real; a chart that needs more than this names ConfigMaps after their own names.
const MAX_RENDERINGS: usize = 4;

pub(super) fn settle(
    request: &Request<'_>,
    render: &mut dyn FnMut(&str) -> Result<String>,
) -> Result<Settled> {
    let mut deployed = Rendered::deployed(request);
    if request.drop.is_some() && !request.chart.is_assumed {
        deployed.add_former(request, render);
    }
    let mut settled = rendered(request, &deployed, render)?;
    settled.deployed = deployed;
    // Beside what nobody can let pass it would be a second cause that is none.
    if !finding::refuses_for_good(&settled.findings) {
        let unknown = unknown(request, &settled);
        settled.findings.extend(unknown);
    }
    Ok(settled)
}

fn rendered(
    request: &Request<'_>,
    deployed: &Rendered,
    render: &mut dyn FnMut(&str) -> Result<String>,
) -> Result<Settled> {
    let layout = request.layout;
    let edits = Edits::new(request, deployed);
    let mut settled = edits.make(None)?;
    settled
        .findings
        .extend(both_modes(request, &settled.values));
    if request.chart.is_assumed {
        settled.findings.push(assumed(request));
        settled.fragment = edits.fragment(&settled)?;
        return Ok(settled);
    }
    for _ in 0..MAX_RENDERINGS {
        if finding::refuses(&settled.findings) {
            return Ok(settled);
        }
        let stream = match render(&settled.text) {
            Err(error) => {
                let finding = why_not_rendered(request, &settled.values, &settled.placed, &error);
                settled.findings.push(finding.ok_or(error)?);
                settled.fragment = edits.fragment(&settled)?;
                return Ok(settled);
            }
            Ok(stream) => stream,
        };
        let manifest = Manifest::of_release(&stream, &request.coordinates.id.namespace);
        if let (true, Some(first)) = (manifest.objects.is_empty(), manifest.unreadable.first()) {
            bail!(
                "helm template printed something that is not YAML, at line {}: {}",
                first.line,
                first.why
            );
        }
        let part = request.part(&stream);
        let rendered = Rendered::new(&manifest.objects, part.as_ref(), request);
        let (placed, former) = (&settled.placed, &settled.guess);
        let real = Guess::real(request, placed, &rendered, deployed, former);
        let next = if real.says_the_same(&settled.guess, settled.mode) {
            None
        } else {
            Some(edits.make(Some(&real))?).filter(|next| next.text != settled.text)
        };
        let Some(next) = next else {
            settled.fragment = edits.fragment(&settled)?;
            let mut proof = rendered.proof;
            if let Some(keys) = &layout.task_pods {
                let given = request.files.merged_with(&settled.values);
                let note = no_queue::judge(request, settled.strategy, keys, &given, &mut proof);
                settled.has_no_queue = note.is_some();
                settled.findings.extend(note);
            }
            settled.rendered = manifest;
            settled.part = part;
            settled.proof = Some(proof);
            return Ok(settled);
        };
        settled = next;
    }
    Err(anyhow!(
        "the chart names its ConfigMaps differently each time it is rendered, so no pod template can name them: use --task-pods off"
    ))
}

/// Why a chart cannot be rendered, where that is no failure of Helm's.
fn why_not_rendered(
    request: &Request<'_>,
    edited: &Value,
    placed: &[Placed],
    error: &anyhow::Error,
) -> Option<Finding> {
    if !error.is::<HelmError>() {
        return None;
    }
    let layout = request.layout;
    // What such a chart says to values that it does not know leads nowhere.
    if !request.chart.knows(layout.certificates) {
        let values = layout.shown_certificates();
        let what = format!(
            "does not know {values}, and does not render: {}",
            first_line(error)
        );
        return Some(chart_ignores::certificates(request, &what));
    }
    let given = request.files.merged_with(edited);
    required::missing(request, &given, &first_line(error))
        .or_else(|| api_rules::not_rendered(placed, &first_line(error)))
        .or_else(|| flags::not_rendered(request, &first_line(error)))
}

/// The edited file has one of the two values that exclude each other, and something beside it gives the other: another
/// file, or the release whose values Helm keeps.
fn both_modes(request: &Request<'_>, edited: &Value) -> Option<Finding> {
    let layout = request.layout;
    let given = request.files.merged_with(edited);
    let list = values::lookup(&given, &layout.under_certificates(EXTRA_CERTS));
    if !list.is_some_and(is_on) || mode_in(&given, layout.certificates) == Mode::Append {
        return None;
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
    Some(Finding::error("both-modes", message).hint(hint))
}

/// What could not be seen, where the chart cannot be reached.
fn assumed(request: &Request<'_>) -> Finding {
    Finding::warning(
        "names-assumed",
        format!(
            "the chart {} was not rendered: nothing proves that the certificates arrive, and names of ConfigMaps are the documented ones",
            request.chart.reference
        ),
    )
}

/// What stands in the text for a name that nobody told: such a text is never written, whatever else may pass.
fn unknown(request: &Request<'_>, settled: &Settled) -> Option<Finding> {
    let chart = request.chart;
    let who = request.shown_chart();
    let who_tells = if chart.is_assumed {
        format!("only the chart {} can tell", chart.reference)
    } else if settled.proof.is_none() {
        format!("{who} does not render and so does not tell")
    } else {
        format!("{who} renders nothing that tells")
    };
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
