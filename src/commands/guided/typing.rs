//! What is typed: judged as it is typed, and completed by tab.

use std::path::{Path, PathBuf, is_separator};

use time::OffsetDateTime;

use super::super::charts_here::{self, ChartHere};
use super::offered::in_words;
use crate::completion::paths;
use crate::files;
use crate::guided::{Coordinate, Topic};
use crate::helm;
use crate::nearest::fitting_file_like;
use crate::sources::{Place, Source, certificates_in, is_certificate_name};
use crate::ui::Remark;
use crate::vendor::Component;

/// A file larger than this is not read at every key.
const READ_AT_EVERY_KEY: u64 = 2 * 1024 * 1024;

/// What `~/` stands for, since no shell sees what is typed here.
fn expanded(text: &str) -> String {
    match (text.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest).display().to_string(),
        _ => text.to_owned(),
    }
}

/// What the typed comes to: tab leaves a slash behind a folder.
pub(super) fn finished(topic: Topic, text: &str) -> String {
    if topic == Topic::HelmFlags {
        return text.to_owned();
    }
    let text = expanded(text);
    match text.strip_suffix(is_separator) {
        Some(folder) if !folder.is_empty() => folder.to_owned(),
        _ => text,
    }
}

/// How it is told: what is secret of Helm's flags is masked.
pub(super) fn told(topic: Topic, text: &str) -> String {
    match shell_words::split(text) {
        Ok(words) if topic == Topic::HelmFlags => shell_words::join(helm::masked(&words)),
        _ => text.to_owned(),
    }
}

/// Judges what is typed for a topic.
pub(super) fn judge(topic: Topic, text: &str) -> Remark {
    let text = expanded(text);
    match topic {
        Topic::Certificates => certificates(&text),
        Topic::HelmFlags => match shell_words::split(&text) {
            Ok(_) => fine(""),
            Err(_) => wrong("a quote is not closed"),
        },
        Topic::Of(_, component, coordinate) => match coordinate {
            Coordinate::Namespace => named(
                &text,
                helm::NAMESPACE_LENGTH,
                helm::is_namespace_name(&text),
            ),
            Coordinate::Release => named(&text, helm::RELEASE_LENGTH, helm::is_release_name(&text)),
            Coordinate::Values => values(Path::new(&text)),
            Coordinate::Chart => chart(&text, component),
            Coordinate::Version => version(&text),
        },
        Topic::Releases | Topic::Leaving | Topic::Mode | Topic::TaskPods | Topic::Remedies => {
            fine("")
        }
    }
}

fn fine(text: impl Into<String>) -> Remark {
    Remark::Fine(text.into())
}

fn wrong(text: impl Into<String>) -> Remark {
    Remark::Wrong(text.into())
}

fn certificates(text: &str) -> Remark {
    let source: Source = match text.parse() {
        Ok(source) => source,
        Err(why) => return wrong(why),
    };
    match &source.place {
        Place::Stdin => wrong("standard input is this keyboard: name a file"),
        Place::System { .. } => wrong(
            "this machine's bundle is a choice of the mode, which the preview lets you change",
        ),
        Place::Server(_) => fine("what it presents will be shown, to be compared"),
        Place::Object(_) | Place::Release { .. } => fine("read from the cluster"),
        Place::Path(path) if path.is_dir() => folder(path),
        Place::Path(path) => match path.metadata() {
            Err(_) => {
                let fits = |file: &Path| file.is_dir() || is_certificate(file);
                let mut begun = paths::below(text, &is_certificate_name);
                begun.retain(|one| fits(Path::new(one)));
                still_typed(&begun).unwrap_or_else(|| {
                    let like = fitting_file_like(path, fits);
                    wrong(format!("there is no such file{like}"))
                })
            }
            // A pipe waits for its writer, and a device may never end.
            Ok(found) if !found.is_file() => wrong("no regular file"),
            Ok(found) if found.len() > READ_AT_EVERY_KEY => fine("a large file"),
            Ok(_) => file(path),
        },
    }
}

/// What is not there yet is no mistake while something begins so.
fn still_typed(begun: &[String]) -> Option<Remark> {
    match begun {
        [] => None,
        [one] => Some(Remark::Open(format!("tab completes: {one}"))),
        more => Some(Remark::Open(format!(
            "{} begin so: tab completes",
            more.len()
        ))),
    }
}

fn is_certificate(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    is_certificate_name(&name)
}

/// A folder: what is in it is counted by its name, so that nothing is read at every key.
fn folder(path: &Path) -> Remark {
    let entries = files::entries(path).map(|entry| entry.path());
    let entries: Vec<PathBuf> = entries.collect();
    let has_folders = entries.iter().any(|one| one.is_dir());
    match entries.iter().filter(|one| is_certificate(one)).count() {
        0 if !has_folders => wrong(format!("{} holds no certificate file", path.display())),
        0 => fine("a folder: every certificate file below it"),
        1 => fine("a folder with 1 certificate file"),
        n => fine(format!("a folder with {n} certificate files")),
    }
}

fn file(path: &Path) -> Remark {
    let given = match certificates_in(path) {
        Ok(given) => given,
        Err(error) => {
            let error = format!("{error:#}");
            return wrong(error.lines().next().unwrap_or_default());
        }
    };
    fine(in_words(&given, OffsetDateTime::now_utc()))
}

fn named(text: &str, longest: usize, is_valid: bool) -> Remark {
    if is_valid {
        return fine("");
    }
    if text.len() > longest {
        return wrong(format!("at most {longest} characters"));
    }
    wrong("lower case letters, digits and '-', with a letter or digit at both ends")
}

fn values(path: &Path) -> Remark {
    if path.is_dir() {
        return wrong("a folder");
    }
    if path.is_file() {
        return fine("it is there, and is edited in place");
    }
    if path.exists() {
        return wrong("no regular file");
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    if !folder.as_os_str().is_empty() && !folder.is_dir() {
        return wrong("there is no such folder");
    }
    // The documented file of another component is no slip.
    let is_of_another = |file: &Path| {
        let mut all = Component::ALL.into_iter();
        all.any(|one| file.ends_with(one.documented().override_file))
    };
    let like = fitting_file_like(path, |file| !is_of_another(file));
    fine(format!("a new file{like}"))
}

fn chart(text: &str, component: Component) -> Remark {
    let path = Path::new(text);
    if path.exists() {
        let Some(chart) = ChartHere::at(path) else {
            return wrong("a folder without Chart.yaml");
        };
        let ChartHere { name, version } = &chart;
        return match chart.of_another(component) {
            Some(owner) => wrong(format!("{name} is the chart of the {}", owner.title())),
            None => fine(format!("{name} {version}").trim_end()),
        };
    }
    // Nobody has looked whether it is there.
    if text.starts_with("oci://") {
        return fine("");
    }
    let begun = charts_here::below(text, Some(component));
    if let Some(remark) = still_typed(&begun) {
        return remark;
    }
    let is_chart = |file: &Path| file.is_dir() || file.extension().is_some_and(|end| end == "tgz");
    let like = fitting_file_like(path, is_chart);
    if !like.is_empty() {
        return wrong(format!("there is no such chart{like}"));
    }
    if text.starts_with('.') || text.starts_with(is_separator) || !text.contains('/') {
        return wrong("write REPOSITORY/CHART, oci://…, a folder or a .tgz");
    }
    fine("")
}

fn version(text: &str) -> Remark {
    if helm::ranges(text).is_some() {
        fine("")
    } else {
        wrong("a version such as 6.14.6, or a range such as ^6.10")
    }
}

/// What could stand there instead of `text`.
pub(super) fn complete(topic: Topic, text: &str) -> Vec<String> {
    let text = expanded(text);
    match topic {
        Topic::Certificates => paths::below(&text, &is_certificate_name),
        Topic::Of(_, _, Coordinate::Values) => paths::below(&text, &paths::is_values_file),
        Topic::Of(_, component, Coordinate::Chart) => charts_here::below(&text, Some(component)),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn of(coordinate: Coordinate) -> Topic {
        Topic::Of(0, Component::Agent, coordinate)
    }

    const CHART: Topic = of(Coordinate::Chart);

    fn is_fine(topic: Topic, text: &str) -> bool {
        matches!(judge(topic, text), Remark::Fine(_))
    }

    #[test]
    fn what_is_typed_is_judged_for_what_it_is_to_be() {
        let (namespace, release, version) = (
            of(Coordinate::Namespace),
            of(Coordinate::Release),
            of(Coordinate::Version),
        );
        for (topic, good) in [
            (namespace, "team-a"),
            (release, "gw.eu"),
            (version, "6.14.6"),
            (version, ">=6.10"),
            (CHART, "oci://docker.io/clearml/x"),
            (CHART, "clearml-enterprise/clearml-enterprise-agent"),
            (CHART, "tests/charts/odd-agent-1.0.0"),
            (Topic::Certificates, "https://api.acme.example"),
            (Topic::Certificates, "secret:team/ca"),
            (Topic::Certificates, "examples"),
            (Topic::Certificates, "tests"),
            (Topic::HelmFlags, "--plain-http"),
            (of(Coordinate::Values), "new.yaml"),
        ] {
            assert!(is_fine(topic, good), "{good}");
        }
        for (topic, bad) in [
            (namespace, "Team A"),
            (release, "-x"),
            (version, "newest"),
            (CHART, "agent"),
            (CHART, "./nowhere"),
            (CHART, "src"),
            (CHART, "tests/charts/clearml-enterprise-app-gateway-3.2.0"),
            (Topic::HelmFlags, "--set 'a"),
            (Topic::Certificates, "-"),
            (Topic::Certificates, "docs/schema"),
            (Topic::Certificates, "nowhere.pem"),
            (Topic::Certificates, "Cargo.toml"),
            (Topic::Certificates, "http://api.acme.example"),
            (of(Coordinate::Values), "src"),
            (of(Coordinate::Values), "nowhere/new.yaml"),
        ] {
            assert!(!is_fine(topic, bad), "{bad}");
        }
    }

    #[test]
    fn secrets_of_helms_flags_are_not_told() {
        let typed = "--set clearml.apiKey=hunter2 --wait";
        let shown = told(Topic::HelmFlags, typed);
        assert_eq!(shown, "--set 'clearml.apiKey=***' --wait");
        assert_eq!(told(CHART, "a  b"), "a  b");
    }

    #[test]
    fn tab_offers_folders_and_what_fits_the_question() {
        assert_eq!(complete(CHART, "tests/char"), ["tests/charts/"]);
        let charts = complete(CHART, "tests/charts/clearml-enterprise-agent-");
        assert_eq!(charts.len(), 2, "{charts:?}");
        // Where no certificate is, every file is offered.
        assert_eq!(complete(Topic::Certificates, "Cargo.t"), ["Cargo.toml"]);
        assert!(complete(Topic::Certificates, "no-such").is_empty());
        assert!(complete(Topic::Releases, "").is_empty());
    }

    #[test]
    fn a_folders_slash_and_a_tilde_do_not_stay() {
        assert_eq!(finished(CHART, "charts/agent/"), "charts/agent");
        assert_eq!(finished(CHART, "/"), "/");
        if let Ok(home) = std::env::var("HOME") {
            assert_eq!(finished(CHART, "~/ca.pem"), format!("{home}/ca.pem"));
        }
    }
}
