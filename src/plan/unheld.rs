//! Deployed values that no values file holds: `helm upgrade -i -f` starts from the chart's defaults and would lose them.

use serde_yaml::Value;

use super::Request;
use crate::certs::{Fingerprint, pem};
use crate::finding::Finding;
use crate::release::Snapshot;
use crate::values::{self, Unheld};
use crate::vendor::{Layout, PEM};
use crate::yaml::{Document, Path, Step, YamlError};

/// What is to become of deployed values that no file holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnUnheld {
    /// The run is refused.
    #[default]
    Refuse,
    /// They are written into the override file.
    Adopt,
    /// They are lost.
    Discard,
}

/// The other components of a release that one upgrade deploys: what no file holds is adopted once.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// Where those have their values that come before this one.
    pub before: Vec<&'static Layout>,
    /// The same of those that come after it.
    pub after: Vec<&'static Layout>,
}

/// The deployed values that no file holds and no `--set` gives.
fn unheld<'a>(request: &'a Request<'_>) -> Vec<Unheld<'a>> {
    let Some(Snapshot { deployed, .. }) = request.observed.release() else {
        return Vec::new();
    };
    let set = request.arguments.set_paths();
    let held = request.files.merged_on_disk();
    let mut unheld = values::unheld(&deployed.values, &held, &request.chart.values);
    unheld.retain(|one| !set.contains(&one.path.to_string().as_str()));
    unheld
}

/// Those of them that are this component's to adopt: what is nobody's is the first one's.
fn adoptable<'a>(request: &'a Request<'_>) -> Vec<Unheld<'a>> {
    let Beside { before, after } = &request.beside;
    let mut unheld = unheld(request);
    unheld.retain(|one| {
        let own = closeness(&one.path, request.layout);
        before.iter().all(|other| own > closeness(&one.path, other))
            && after.iter().all(|other| own >= closeness(&one.path, other))
    });
    unheld
}

/// How closely a path belongs to the component that has its values so: the number of keys that say it.
fn closeness(path: &Path, layout: &Layout) -> usize {
    let keys = [layout.below, layout.certificates].into_iter();
    let is_below = |keys: &&[&str]| {
        let keys: Vec<Step> = keys.iter().map(|key| Step::from(*key)).collect();
        path.steps().starts_with(&keys)
    };
    keys.filter(is_below).map(<[_]>::len).max().unwrap_or(0)
}

/// Writes them into the override file, where that is wanted.
pub(super) fn adopt(document: &mut Document, request: &Request<'_>) -> Result<(), YamlError> {
    if request.on_unheld != OnUnheld::Adopt {
        return Ok(());
    }
    for one in adoptable(request) {
        document.set(one.path, one.value)?;
    }
    Ok(())
}

/// What there is to say of them, when `after` is what the upgrade gives to the chart.
pub(super) fn findings(request: &Request<'_>, after: &Value) -> Option<Finding> {
    let unheld = unheld(request);
    let lost: Vec<String> = unheld
        .iter()
        .filter(|one| {
            let now = values::at(after, &one.path);
            now.is_none_or(|now| !still_has(now, one.value, true))
        })
        .map(|one| one.path.to_string())
        .collect();
    let release = &request.coordinates.id.release;
    let component = request.coordinates.component;
    match request.on_unheld {
        OnUnheld::Discard => None,
        OnUnheld::Adopt => adopted(request, &adoptable(request), after),
        OnUnheld::Refuse if lost.is_empty() => None,
        OnUnheld::Refuse => Some(
            Finding::error(
                "deployed-values-lost",
                format!(
                    "release {release} has values that no values file holds, and this upgrade would drop them: {}",
                    lost.join(", ")
                ),
            )
            .hint(format!(
                "write them into {} with --adopt-values, keep them in the release alone with --reset-then-reuse-values, or drop them with --discard-values; if another file holds them, name it with --{component}-values",
                request.files.edited().display()
            )),
        ),
    }
}

/// What the file took over, and kept: what the edit takes out again, as a switch of the mode does, is in its diff.
fn adopted(request: &Request<'_>, unheld: &[Unheld<'_>], after: &Value) -> Option<Finding> {
    let paths: Vec<String> = unheld
        .iter()
        .filter(|one| values::at(after, &one.path).is_some())
        .map(|one| one.path.to_string())
        .collect();
    (!paths.is_empty()).then(|| {
        Finding::note(
            "values-adopted",
            format!(
                "{} takes over from release {} what no values file holds: {}",
                request.files.edited().display(),
                request.coordinates.id.release,
                paths.join(", ")
            ),
        )
    })
}

/// Whether `now` says all that `before` said: lists keep their items, bundles their certificates. What the upgrade sets to
/// something else on purpose, as far as `may_differ`, is not lost.
fn still_has(now: &Value, before: &Value, may_differ: bool) -> bool {
    match (now, before) {
        (now, before) if now == before => true,
        (Value::Sequence(now), Value::Sequence(before)) => before
            .iter()
            .all(|old| now.iter().any(|new| still_has(new, old, false))),
        (Value::Mapping(now), Value::Mapping(before)) => match certificates(before.get(PEM)) {
            Some(before) => certificates(now.get(PEM)).is_some_and(|now| holds(&now, &before)),
            None => before.iter().all(|(key, old)| {
                now.get(key)
                    .is_some_and(|new| still_has(new, old, may_differ))
            }),
        },
        (now, before) => match certificates(Some(before)) {
            Some(before) => certificates(Some(now)).is_some_and(|now| holds(&now, &before)),
            None => may_differ,
        },
    }
}

fn holds(now: &[Fingerprint], before: &[Fingerprint]) -> bool {
    before.iter().all(|one| now.contains(one))
}

/// The certificates of a PEM text.
fn certificates(value: Option<&Value>) -> Option<Vec<Fingerprint>> {
    let blocks = pem::parse(value?.as_str()?.as_bytes()).ok()?;
    Some(
        blocks
            .iter()
            .map(|block| block.certificate.fingerprint)
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(now: &str, before: &str) -> bool {
        let yaml = |text: &str| serde_yaml::from_str::<Value>(text).unwrap();
        still_has(&yaml(now), &yaml(before), true)
    }

    fn certificate(name: &str) -> String {
        let mut params = rcgen::CertificateParams::default();
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        let key = rcgen::KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().pem()
    }

    #[test]
    fn a_list_is_kept_if_each_of_its_items_is() {
        assert!(kept("[{name: a, x: 1}, {name: b}]", "[{name: a}]"));
        assert!(kept("[{name: a, l: [1, 2]}]", "[{name: a, l: [2]}]"));
        assert!(!kept("[{name: b}]", "[{name: a}]"));
        assert!(!kept("[{name: a, x: 2}]", "[{name: a, x: 1}]"));
    }

    #[test]
    fn a_switch_that_is_set_anew_is_not_lost() {
        assert!(kept("true", "false"));
    }

    #[test]
    fn certificates_are_kept_by_content() {
        let (a, b) = (certificate("a"), certificate("b"));
        let entry = |alias: &str, pem: &str| {
            let mut entry = serde_yaml::Mapping::new();
            entry.insert("alias".into(), alias.into());
            entry.insert("pem".into(), pem.into());
            Value::Mapping(entry)
        };
        let list = |entries: &[Value]| Value::Sequence(entries.to_vec());
        let renamed = list(&[entry("new", &b), entry("other", a.trim())]);
        assert!(still_has(&renamed, &list(&[entry("old", &a)]), true));
        assert!(!still_has(
            &list(&[entry("old", &b)]),
            &list(&[entry("old", &a)]),
            true
        ));
        assert!(still_has(
            &format!("{a}{b}").into(),
            &a.as_str().into(),
            true
        ));
        // One of two is not both.
        assert!(!still_has(
            &b.as_str().into(),
            &format!("{a}{b}").into(),
            true
        ));
        assert!(!still_has(&b.into(), &a.into(), true));
    }
}
