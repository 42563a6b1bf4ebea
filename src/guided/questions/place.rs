//! Where a release goes: asked where nothing tells, or where somebody wants to change it.

use super::{Question, choice, one};
use crate::guided::answers::{Answers, Change, Choice, Spot};
use crate::guided::given::Given;
use crate::guided::seen::Seen;
use crate::guided::topic::{Coordinate, Topic};
use crate::vendor::Component;

/// The namespace of a chosen release.
#[must_use]
pub fn namespace<'a>(spot: &'a Spot, given: &'a Given, seen: &'a Seen) -> &'a str {
    let named = given.spec(spot.component);
    let named = named.and_then(|spec| spec.namespace.as_deref());
    let said = spot.word(Coordinate::Namespace).or(named);
    said.unwrap_or(&seen.namespace)
}

/// The name that a chosen release has where nobody gives it one: that of the only one that is deployed there, else the
/// documented one.
pub(in super::super) fn usual_release<'a>(
    spot: &Spot,
    given: &Given,
    seen: &'a Seen,
) -> Option<&'a str> {
    let deployed = seen.releases_in(namespace(spot, given, seen), spot.component);
    match deployed.as_slice() {
        [] => spot.component.documented().release,
        [(only, _)] if !spot.is_new => Some(&only.release.name),
        _ => None,
    }
}

/// What has to be asked, since there is no default: the name of a gateway, of another release, or of one of several.
pub(super) fn lacking(
    number: usize,
    spot: &Spot,
    answers: &Answers,
    given: &Given,
    seen: &Seen,
) -> Option<Question> {
    let coordinate = Coordinate::Release;
    let is_said = spot.word(coordinate).is_some() || given.has(spot.component, coordinate);
    let alike = answers.spots.iter();
    let has_siblings = alike.filter(|one| one.component == spot.component).count() > 1;
    let is_usual = !has_siblings && usual_release(spot, given, seen).is_some();
    (!is_said && !is_usual).then(|| of(number, spot, coordinate, answers, given, seen))
}

/// The question about one coordinate of a chosen release.
pub(super) fn of(
    number: usize,
    spot: &Spot,
    coordinate: Coordinate,
    answers: &Answers,
    given: &Given,
    seen: &Seen,
) -> Question {
    let component = spot.component;
    let topic = Topic::Of(number, component, coordinate);
    let is_typed = answers.wants_more(topic);
    let whose = whose(number, answers);
    let word = |text: String, usual: &str, hint: &'static str| Question::Word {
        topic,
        text,
        start: spot.word(coordinate).unwrap_or(usual).to_owned(),
        hint,
        optional: false,
    };
    let chosen = |name: &str| choice(name, Change::Word(topic, name.to_owned()));
    match coordinate {
        Coordinate::Namespace => {
            let text = format!("Namespace{whose}");
            if seen.namespaces.is_empty() || is_typed {
                return word(text, &seen.namespace, "it is made where it is not there");
            }
            let others = seen.namespaces.iter().filter(|one| **one != seen.namespace);
            let all = std::iter::once(&seen.namespace).chain(others);
            let mut choices: Vec<Choice> = all.map(|name| chosen(name)).collect();
            choices.push(choice("another one", Change::More(topic)));
            one(text, choices)
        }
        Coordinate::Release => {
            let namespace = namespace(spot, given, seen);
            let deployed = seen.releases_in(namespace, component);
            let text = format!("Release name{whose}");
            if deployed.is_empty() || spot.is_new || is_typed {
                let usual = component.documented().release;
                let hint = if component == Component::Gateway {
                    "it shows in the URLs of applications"
                } else {
                    "a name that no other release of the namespace has"
                };
                let usual = usual.filter(|_| deployed.is_empty());
                return word(text, usual.unwrap_or_default(), hint);
            }
            let names = deployed.iter().map(|(release, version)| {
                let name = &release.release.name;
                let label = format!("{name}, version {version}");
                choice(label, Change::Word(topic, name.clone()))
            });
            let new = (!given.takes()).then(|| choice("a new one", Change::More(topic)));
            one(text, names.chain(new).collect())
        }
        Coordinate::Values => word(
            format!("Override file{whose}"),
            component.documented().override_file,
            "a values file (tab completes); a new one where it is not there",
        ),
        Coordinate::Chart => {
            let usual = seen.charts.iter().find(|(one, _)| *one == component);
            let usual = usual.map(|(_, chart)| chart.as_str()).unwrap_or_default();
            let hint = "REPOSITORY/CHART, oci://…, a folder or a .tgz (tab completes)";
            word(format!("Chart{whose}"), usual, hint)
        }
        Coordinate::Version => {
            let text = format!("Chart version{whose}");
            if is_typed {
                return word(text, "", "such as 6.14.6, or a range such as ^6.10");
            }
            let mut choices = match deployed_version(spot, given, seen) {
                Some(version) => vec![
                    choice(usual_version(Some(version)), Change::Usual(topic)),
                    // Without a version the deployed one would stay.
                    choice("the newest", Change::Word(topic, format!(">={version}"))),
                ],
                None => vec![choice(usual_version(None), Change::Usual(topic))],
            };
            choices.push(choice("another one", Change::More(topic)));
            one(text, choices)
        }
    }
}

/// Whether a line to choose a release by is that of a chosen one.
pub(super) fn is_at(spot: &Spot, line: &Change, given: &Given, seen: &Seen) -> bool {
    let Change::Release(component, place) = line else {
        return false;
    };
    if *component != spot.component || spot.is_new != place.is_none() {
        return false;
    }
    place.as_ref().is_none_or(|(of, name)| {
        namespace(spot, given, seen) == of && release(spot, given, seen) == Some(name)
    })
}

/// The name of a chosen release, where that is known.
fn release<'a>(spot: &'a Spot, given: &'a Given, seen: &'a Seen) -> Option<&'a str> {
    let named = given.spec(spot.component);
    let named = named.and_then(|spec| spec.release.as_deref());
    let said = spot.word(Coordinate::Release).or(named);
    said.or_else(|| usual_release(spot, given, seen))
}

/// The version that is deployed where a chosen release goes.
pub(in super::super) fn deployed_version<'a>(
    spot: &Spot,
    given: &Given,
    seen: &'a Seen,
) -> Option<&'a str> {
    let release = release(spot, given, seen)?;
    let mut deployed = seen
        .releases_in(namespace(spot, given, seen), spot.component)
        .into_iter();
    let found = deployed.find(|(one, _)| one.release.name == release);
    found.map(|(_, version)| version)
}

/// The version that is taken where none is named, in words.
pub(in super::super) fn usual_version(deployed: Option<&str>) -> String {
    deployed.map_or_else(
        || "the newest".to_owned(),
        |version| format!("{version}, which is deployed"),
    )
}

/// Whose it is: nothing to say of where one release alone was chosen.
pub(in super::super) fn whose(number: usize, answers: &Answers) -> String {
    let Some(spot) = answers.spots.get(number) else {
        return String::new();
    };
    let component = spot.component;
    let mut all = answers.spots.iter().enumerate();
    if !all.any(|(other, _)| other != number) {
        return format!(" of the {component}");
    }
    match (
        spot.word(Coordinate::Release),
        spot.word(Coordinate::Namespace),
    ) {
        (Some(release), Some(namespace)) => format!(" of {release} in {namespace}"),
        (Some(release), None) => format!(" of {release}"),
        (None, _) => format!(" of the {component}"),
    }
}
