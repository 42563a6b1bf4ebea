//! `__complete` and `completion`: the words that only the world can tell, and the scripts that ask for them.

use std::sync::mpsc;
use std::time::Duration;

use clap::CommandFactory as _;
use serde_yaml::Value as Yaml;

use super::charts_here;
use super::default_chart::default_chart;
use crate::cli::{Cli, CompletionArgs};
use crate::completion::{self, Candidate, Value, Wanted, paths};
use crate::exit::ExitCode;
use crate::helm::{Helm, PlacedRelease};
use crate::kube::{ClusterAddress, Kubectl, current_namespace};
use crate::sources::is_certificate_name;
use crate::ui::Screen;
use crate::values;
use crate::vendor::{ALIAS, Component, EXTRA_CERTS, Layout};

/// How long a cluster may take while somebody waits with a finger on tab.
const PATIENCE: Duration = Duration::from_secs(3);

/// The command that shells and Helm ask; `words` end with the one under the cursor.
pub(super) fn answer(words: &[String], screen: &Screen) -> ExitCode {
    let candidates = match completion::wanted(&Cli::command(), words, &current_namespace()) {
        Wanted::OneOf(candidates) => candidates,
        Wanted::Value {
            value,
            before,
            start,
        } => look_up(value, &start)
            .into_iter()
            .filter(|one| one.word.starts_with(&start))
            .map(|one| Candidate::new(format!("{before}{}", one.word), one.meaning))
            .collect(),
    };
    screen.result(&completion::answer(&candidates));
    ExitCode::Done
}

pub(super) fn script(arguments: &CompletionArgs, screen: &Screen) -> ExitCode {
    screen.result(completion::script(arguments.shell).trim_end());
    ExitCode::Done
}

fn look_up(value: Value, start: &str) -> Vec<Candidate> {
    match value {
        Value::Certificates => certificates(start),
        Value::ValuesFile => files(start, &paths::is_values_file),
        Value::File => files(start, &|_| true),
        Value::Chart(component) => {
            let here = charts_here::below(start, component).into_iter();
            let here = here.map(|path| Candidate::new(path, ""));
            let components = component.map_or(Component::ALL.to_vec(), |one| vec![one]);
            let published = components.into_iter().map(|one| {
                Candidate::new(
                    default_chart(one.documented()),
                    format!("the chart of the {}", one.title()),
                )
            });
            published.chain(here).collect()
        }
        Value::Release(component) => within_patience(move |cluster| releases(component, cluster)),
        Value::Namespace => within_patience(namespaces),
        Value::Context => contexts(start),
        Value::Alias => aliases(""),
        Value::Queue => queues(),
    }
}

/// The contexts that do not stand in the word yet, which may name several: `blue,gr`.
fn contexts(start: &str) -> Vec<Candidate> {
    let before = start.rfind(',').and_then(|at| start.get(..=at));
    let before = before.unwrap_or_default();
    let known = ClusterAddress::from_environment().of_contexts(None);
    let known = known.unwrap_or_default().into_iter();
    let open = known.filter(|one| !before.split(',').any(|named| named == one.name()));
    open.map(|one| {
        let word = format!("{before}{}", one.name());
        Candidate::new(word, one.server().unwrap_or_default())
    })
    .collect()
}

fn files(start: &str, is_wanted: &dyn Fn(&str) -> bool) -> Vec<Candidate> {
    let found = paths::below(start, is_wanted).into_iter();
    found.map(|path| Candidate::new(path, "")).collect()
}

/// Aliases that the override files know already, files, and what else names a source.
fn certificates(start: &str) -> Vec<Candidate> {
    if let Some((alias, path)) = start.split_once('=') {
        let found = files(path, &is_certificate_name).into_iter();
        return found
            .map(|one| Candidate::new(format!("{alias}={}", one.word), ""))
            .collect();
    }
    let mut candidates = files(start, &is_certificate_name);
    candidates.extend(aliases("="));
    let others = [
        (
            "system",
            "the public roots of this machine's own bundle, with --mode replace",
        ),
        ("system-all", "all of it, private CAs included"),
        ("https://", "what a server presents"),
        (
            "configmap:",
            "a ConfigMap of the cluster: [NAMESPACE/]NAME[/KEY]",
        ),
        ("secret:", "a Secret of the cluster: [NAMESPACE/]NAME[/KEY]"),
        ("release:", "the values of a release: [NAMESPACE/]NAME"),
    ];
    candidates.extend(others.map(|(word, meaning)| Candidate::new(word, meaning)));
    candidates
}

/// The documented override files of this folder.
fn override_files() -> impl Iterator<Item = (&'static Layout, Yaml)> {
    Component::ALL.into_iter().filter_map(|component| {
        let documented = component.documented();
        let text = std::fs::read_to_string(documented.override_file).ok()?;
        Some((documented, serde_yaml::from_str(&text).ok()?))
    })
}

/// The aliases that they have, each with what is to follow it.
fn aliases(followed_by: &str) -> Vec<Candidate> {
    let mut found = Vec::new();
    for (layout, file) in override_files() {
        let path = layout.under_certificates(EXTRA_CERTS);
        let listed = values::lookup(&file, &path).and_then(Yaml::as_sequence);
        let aliases = listed.into_iter().flatten();
        for alias in aliases.filter_map(|entry| entry.get(ALIAS)?.as_str()) {
            found.push(stands_in(layout, format!("{alias}{followed_by}")));
        }
    }
    found
}

/// The queues that they have.
fn queues() -> Vec<Candidate> {
    let mut found = Vec::new();
    for (layout, file) in override_files() {
        let keys = layout
            .task_pods
            .as_ref()
            .and_then(|one| one.queues.as_ref());
        let queues = keys.and_then(|keys| values::lookup(&file, keys.all)?.as_mapping());
        let names = queues.into_iter().flatten();
        for name in names.filter_map(|(name, _)| name.as_str()) {
            found.push(stands_in(layout, name.to_owned()));
        }
    }
    found
}

fn stands_in(layout: &Layout, word: String) -> Candidate {
    Candidate::new(word, format!("stands in {}", layout.override_file))
}

fn releases(component: Option<Component>, cluster: &ClusterAddress) -> Vec<Candidate> {
    let everywhere = Helm::at(cluster).and_then(|helm| Ok(helm.releases_everywhere()?));
    let fits = |one: &&PlacedRelease| match component {
        Some(component) => one.release.version_as(component).is_some(),
        None => one.namespace == cluster.namespace(),
    };
    everywhere
        .unwrap_or_default()
        .iter()
        .filter(fits)
        .map(|one| {
            Candidate::new(
                &one.release.name,
                format!("{} in {}", one.release.chart, one.namespace),
            )
        })
        .collect()
}

fn namespaces(cluster: &ClusterAddress) -> Vec<Candidate> {
    let listed = Kubectl::at(cluster).and_then(|kubectl| kubectl.namespaces());
    let names = listed.unwrap_or_else(|_| {
        let releases = Helm::at(cluster).and_then(|helm| Ok(helm.releases_everywhere()?));
        let mut names: Vec<String> = releases
            .unwrap_or_default()
            .into_iter()
            .map(|one| one.namespace)
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    });
    names
        .into_iter()
        .map(|name| Candidate::new(name, ""))
        .collect()
}

/// Nothing, where the cluster does not answer in time; which one that is, is only looked up here.
fn within_patience(
    ask: impl FnOnce(&ClusterAddress) -> Vec<Candidate> + Send + 'static,
) -> Vec<Candidate> {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || tell.send(ask(&ClusterAddress::from_environment())));
    told.recv_timeout(PATIENCE).unwrap_or_default()
}
