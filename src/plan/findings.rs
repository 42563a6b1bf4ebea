//! What stands in the way of a target, and what to know about it.

use serde_yaml::{Mapping, Value};

use super::edits::Settled;
use super::{Purpose, Request, api_rules, delivery, flags, kept_files, removal, unheld};
use crate::finding::Finding;
use crate::overrides::checking::{Unchecked, unchecked};
use crate::overrides::task_pods::{Queues, Strategy, queue_templates};
use crate::values::{self, scalar::is_on};
use crate::vendor::{Component, OVERRIDES, QueueKeys};
use crate::yaml::{Document, Path};

/// The values with this edit.
pub(super) struct Merged {
    /// All that the upgrade gives to the chart.
    pub(super) after: Value,
    /// The edited file alone, with this edit.
    pub(super) edited: Value,
}

pub(super) fn of(request: &Request<'_>, settled: &Settled, merged: &Merged) -> Vec<Finding> {
    let mut findings = shadowed_lists(request, &merged.edited);
    findings.extend(kept_files::beneath(request, &merged.edited));
    findings.extend(queue_lists(request, settled, merged));
    findings.extend(checking_off(request, merged));
    findings.extend(chart_replaced(request));
    findings.extend(unheld::findings(request, &merged.after));
    findings.extend(other_chart(request));
    findings.extend(others_chart(request));
    findings.extend(other_defaults(request));
    findings.extend(unreadable(request));
    findings.extend(rendered_unreadable(settled));
    findings.extend(new_file(request));
    findings.extend(api_rules::findings(settled));
    if let Some(proof) = &settled.proof {
        findings.extend(delivery::findings(request, settled, &merged.edited, proof));
    }
    findings.extend(removal::still_given(request, &merged.after));
    findings.extend(flags::cause(request, &findings));
    // A chart that another took the place of does not know the values; that is told already.
    if findings
        .iter()
        .any(|finding| finding.code == "chart-replaced")
    {
        findings.retain(|finding| finding.code != "chart-ignores-certificates");
    }
    findings
}

/// A chart that the vendor has replaced by another: it takes no certificates and gets no versions any more.
fn chart_replaced(request: &Request<'_>) -> Option<Finding> {
    let (chart, layout) = (request.own_chart(), request.layout);
    layout.replaces.contains(&chart).then(|| {
        let component = request.coordinates.component;
        Finding::error(
            "chart-replaced",
            format!(
                "{} is no longer published: {} took its place, with values of its own",
                chart, layout.chart
            ),
        )
        .hint(format!(
            "install that one as a new release (--{component}-chart {}/{}, --{component}-release), then uninstall the old one",
            layout.registry, layout.chart
        ))
    })
}

/// A release that is made of nothing but certificates.
fn new_file(request: &Request<'_>) -> Option<Finding> {
    let files = &request.files;
    let is_alone = files.on_disk.is_none() && files.merged() == Value::Mapping(Mapping::new());
    let deploys = request.purpose == Purpose::Deploy && request.observed.release().is_none();
    (is_alone && deploys).then(|| {
        Finding::note(
            "new-file",
            format!(
                "{} is not there yet; a new release would have certificates alone, and no credentials or servers",
                files.edited().display()
            ),
        )
    })
}

/// The chart of another component: a slip on the command line that would deploy the wrong thing.
fn others_chart(request: &Request<'_>) -> Option<Finding> {
    let component = request.coordinates.component;
    let (owner, layout) = Component::ALL
        .into_iter()
        .filter(|other| *other != component)
        .flat_map(|other| other.layouts().map(|layout| (other, layout)))
        .find(|(_, layout)| layout.chart == request.own_chart())?;
    // A generic name says nothing where the values fit.
    if layout.is_generic && request.chart.knows(request.layout.certificates) {
        return None;
    }
    Some(
        Finding::error(
            "chart-of-another-component",
            format!(
                "{} is the chart of the {}, and not of the {}",
                request.own_chart(),
                owner.title(),
                component.title()
            ),
        )
        .hint(format!(
            "name {} with --{component}-chart, or install {owner} from this one",
            request.layout.chart
        )),
    )
}

/// A release that was made from another chart: possible on purpose (open source to Enterprise), or a wrong name.
fn other_chart(request: &Request<'_>) -> Option<Finding> {
    let listed = &request.observed.release()?.listed;
    listed.version_of(&request.chart.name).is_none().then(|| {
        Finding::warning(
            "release-of-another-chart",
            format!(
                "release {} is {} now; this upgrade would turn it into {} {}",
                listed.name, listed.chart, request.chart.name, request.chart.version
            ),
        )
        .hint(format!(
            "if that is not meant, name another release with --{}-release",
            request.coordinates.component
        ))
    })
}

/// What of the deployed manifest cannot be read: whatever depends on it is not known, and is not claimed.
fn unreadable(request: &Request<'_>) -> Option<Finding> {
    let release = request.observed.release()?;
    let at = &request.coordinates;
    let first = release.manifest.unreadable.first()?;
    let number = release.manifest.unreadable.len();
    let of_source = first.source().map(|file| format!(", made from {file}"));
    Some(
        Finding::warning(
            "deployed-manifest-unreadable",
            format!(
                "{number} of the documents in what is deployed of release {} cannot be read, the first at line {}{}: {}; what changes in them, and which pods keep old certificates because of them, is not known",
                release.listed.name,
                first.line,
                of_source.unwrap_or_default(),
                first.why
            ),
        )
        .hint(format!(
            "look at it: {}",
            at.id.cluster.helm(&["get", "manifest", &release.listed.name, "-n", &at.id.namespace])
        )),
    )
}

/// Helm's YAML is more lenient than ours, and what it takes is deployed.
fn rendered_unreadable(settled: &Settled) -> Option<Finding> {
    let first = settled.rendered.unreadable.first()?;
    let number = settled.rendered.unreadable.len();
    let of_source = first.source().map(|file| format!(" from {file}"));
    Some(
        Finding::warning(
            "rendered-unreadable",
            format!(
                "{number} of the documents that the chart renders cannot be read here, the first{}: {}; helm takes them, and what certificates are in them, and what changes, is not known",
                of_source.unwrap_or_default(),
                first.why
            ),
        )
        .hint("helm template shows it"),
    )
}

/// With `--reuse-values` the deployed chart's defaults hold for the new one as well, and what that renders cannot be told
/// without the deployed chart.
fn other_defaults(request: &Request<'_>) -> Option<Finding> {
    let listed = &request.observed.release()?.listed;
    let is_same = listed.version_of(&request.chart.name) == Some(&request.coordinates.version);
    (request.arguments.keep_deployed_defaults() && !is_same).then(|| {
        Finding::error(
            "reuse-across-versions",
            format!(
                "--reuse-values keeps the defaults of {}, and with another chart what is previewed would not be what runs",
                listed.chart
            ),
        )
        .hint("use --reset-then-reuse-values: it keeps the deployed values and takes the new chart's defaults")
    })
}

/// Helm replaces lists whole: of two files that fill one, the later wins.
fn shadowed_lists(request: &Request<'_>, edited: &Value) -> Vec<Finding> {
    let lists = request.layout.lists();
    let shadowed = lists
        .iter()
        .filter_map(|path| Some((path, request.files.shadowed(path, edited)?)));
    shadowed
        .map(|(path, (loser, winner))| {
            Finding::error(
                "list-shadowed",
                format!(
                    "{} and {} both fill {}, and Helm replaces lists whole: the entries of {} would be lost",
                    loser.display(),
                    winner.display(),
                    path.join("."),
                    loser.display()
                ),
            )
            .hint("move that list into one of the two files")
        })
        .collect()
}

/// Queues whose own lists replace those of the base template, and that this edit does not reach: their lists stand in
/// another file, in the release or in the chart, or they are to be left alone.
fn queue_lists(request: &Request<'_>, settled: &Settled, merged: &Merged) -> Vec<Finding> {
    let keys = request.layout.task_pods.as_ref();
    let keys = keys.and_then(|keys| keys.queues.as_ref());
    let Some(keys) = keys.filter(|_| settled.strategy == Strategy::Template) else {
        return Vec::new();
    };
    let values = values::merge([&request.chart.values, &merged.after]);
    let mut findings = Vec::new();
    for queue in queue_templates(&values, keys) {
        let path = queue.path.to_string();
        let is_told = settled
            .findings
            .iter()
            .any(|told| told.code == "queue-replaces-lists" && told.message.contains(&path));
        if is_told || is_off(&values, keys, &queue.path) {
            continue;
        }
        let mut lost = Vec::new();
        let mut holder = "this edit leaves alone".to_owned();
        for list in &queue.lists {
            let path = queue.path.then(list.key());
            match request.files.last_with(&path, &merged.edited) {
                Some(file) if file == request.files.edited() && request.queues == Queues::All => {}
                found => {
                    lost.push(list.key());
                    if request.queues == Queues::All {
                        holder = found.map_or_else(
                            || "the chart or the release has".to_owned(),
                            |file| format!("{} has", file.display()),
                        );
                    }
                }
            }
        }
        if !lost.is_empty() {
            findings.push(
                Finding::warning(
                    "queue-replaces-lists",
                    format!(
                        "{} replaces {} of the base template by lists that {holder}, and with it what the certificates need there",
                        queue.path,
                        lost.join(", ")
                    ),
                )
                .hint(format!(
                    "move these lists into {}, or add the entries of the base template to them",
                    request.files.edited().display()
                )),
            );
        }
    }
    findings
}

/// Whether a template is that of the applications' queue, and the queue is off.
fn is_off(values: &Value, keys: &QueueKeys, template: &Path) -> bool {
    keys.apps.is_some_and(|apps| {
        let enabled = values::lookup(values, &[apps, &["enabled"]].concat());
        *template == Path::from(apps).then(OVERRIDES) && !enabled.is_some_and(is_on)
    })
}

/// What turns the checking of certificates off, and is not needed any more once the CA is there.
fn checking_off(request: &Request<'_>, merged: &Merged) -> Vec<Finding> {
    let found = unchecked(&merged.after, &request.chart.values, request.layout);
    if found.is_empty() {
        return Vec::new();
    }
    // The user looks at the file as it is.
    let text = request.files.on_disk.as_deref().unwrap_or_default();
    let document = Document::parse(text).ok();
    let edited = request.files.edited();
    let line = |one: &Unchecked| {
        let at = document.as_ref()?.position(&one.path)?.line;
        // A text in block style begins below its key.
        let key = text.lines().nth(at.checked_sub(1)?)?;
        let is_block = key.trim_end().ends_with(['|', '>', '-', '+']);
        Some(at + one.line.filter(|_| is_block).unwrap_or(0))
    };
    found
        .into_iter()
        .map(|one| {
            let holder = request.files.last_with(&one.path, &merged.edited);
            let line = line(&one).filter(|_| holder == Some(edited));
            let (place, hint) = match (line, holder) {
                (Some(line), _) => (
                    format!("{}:{line}: ", edited.display()),
                    "--enforce-checking takes it out in the same edit".to_owned(),
                ),
                (None, Some(holder)) => (
                    format!("{}: ", holder.display()),
                    format!(
                        "take it out there: --enforce-checking edits {} alone",
                        edited.display()
                    ),
                ),
                (None, None) => (
                    String::new(),
                    "the chart or the release has it: say otherwise in a values file".to_owned(),
                ),
            };
            Finding::warning(
                "checking-off",
                format!(
                    "{place}{} {}; that is not needed any more once the CA is there",
                    one.shown, one.what
                ),
            )
            .hint(hint)
        })
        .collect()
}
