//! An object of a file, and what it says of a release.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_yaml::Value;

/// The chart that an object names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChartOf {
    /// Its name, where it can be told.
    pub name: Option<String>,
    /// A reference that helm takes, where the file has all of it.
    pub reference: Option<String>,
    /// Where it is, for people, where the file alone does not lead there.
    pub elsewhere: Option<String>,
    /// Whether it is that of one place alone, be its name the vendor's: another's newest would be another chart.
    pub is_pinned: bool,
}

/// What an object says beside its values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// `HelmRelease flux-system/clearml-agent`
    pub object: String,
    /// Who deploys from it.
    pub engine: &'static str,
    /// The release's name.
    pub release: Option<String>,
    /// Its namespace.
    pub namespace: Option<String>,
    /// Its chart.
    pub chart: ChartOf,
    /// The chart's version, or a range.
    pub version: Option<String>,
    /// Value paths that are set beside the values, and go over them.
    pub parameters: Vec<String>,
    /// What else of the release's values stands elsewhere, in the object's own words.
    pub more: Vec<String>,
    /// Those of them that the same file has, which the object's own values go over.
    pub beneath: Vec<(String, Value)>,
    /// What goes over the values afterwards, and cannot be read.
    pub over: Vec<String>,
}

/// Who deploys from an object that only keeps values.
pub(super) const ANYBODY: &str = "whatever reads it";

impl Said {
    /// Whether the object makes a release, and does not only keep values for one.
    #[must_use]
    pub fn makes_a_release(&self) -> bool {
        self.engine != ANYBODY
    }

    /// Whether the object is the one of a kind and a name, `ConfigMap base`.
    #[must_use]
    pub fn is(&self, other: &str) -> bool {
        let (kind, name) = self.object.split_once(' ').unwrap_or_default();
        let name = name.rsplit('/').next().unwrap_or_default();
        other.split_once(' ') == Some((kind, name))
    }
}

/// A document of a file that is an object.
pub(super) struct Object<'a> {
    pub(super) value: &'a Value,
    pub(super) kind: &'a str,
}

impl<'a> Object<'a> {
    /// The group of its kind, and it.
    pub(super) fn of(value: &'a Value) -> Option<(&'a str, Self)> {
        let version = value.get("apiVersion")?.as_str()?;
        let kind = value.get("kind")?.as_str()?;
        let group = version.split_once('/').map_or("", |(group, _)| group);
        Some((group, Self { value, kind }))
    }

    pub(super) fn text(&self, path: &[&str]) -> Option<String> {
        text(self.value, path)
    }

    /// Its name, where no template makes it.
    pub(super) fn name(&self) -> Option<String> {
        self.text(&["metadata", "name"])
    }

    pub(super) fn namespace(&self) -> Option<String> {
        self.text(&["metadata", "namespace"])
    }

    /// `HelmRelease flux-system/clearml-agent`
    pub(super) fn shown(&self) -> String {
        let (kind, name) = (self.kind, self.name().unwrap_or_default());
        match self.namespace() {
            Some(namespace) => format!("{kind} {namespace}/{name}"),
            None => format!("{kind} {name}"),
        }
    }
}

/// An object of a file by its kind and name, in the same namespace as another one, as far as that is said.
pub(super) fn find<'v>(
    file: &[&'v Value],
    kind: &str,
    name: &str,
    beside: &Object<'_>,
) -> Option<&'v Value> {
    let is_it = |one: &&Value| {
        let namespace = text(one, &["metadata", "namespace"]).zip(beside.namespace());
        text(one, &["kind"]).as_deref() == Some(kind)
            && text(one, &["metadata", "name"]).as_deref() == Some(name)
            && namespace.is_none_or(|(a, b)| a == b)
    };
    file.iter().copied().find(is_it)
}

/// The values under a key of a ConfigMap or a Secret.
pub(super) fn data(object: &Value, key: &str) -> Option<Value> {
    let plain = |field: &str| crate::values::lookup(object, &[field, key])?.as_str();
    let is_secret = text(object, &["kind"]).as_deref() == Some("Secret");
    let values = match plain("stringData").filter(|_| is_secret) {
        Some(values) => values.to_owned(),
        None if is_secret => {
            let packed: String = plain("data")?.split_whitespace().collect();
            String::from_utf8(STANDARD.decode(packed).ok()?).ok()?
        }
        None => plain("data")?.to_owned(),
    };
    crate::yaml::value_of(&values).ok()
}

/// The texts of a list, or the only one.
pub(super) fn texts(value: &Value, path: &[&str]) -> Vec<String> {
    match crate::values::lookup(value, path) {
        Some(Value::Sequence(all)) => all.iter().filter_map(|one| Some(one.as_str()?.to_owned())),
        _ => return text(value, path).into_iter().collect(),
    }
    .collect()
}

/// Whether a text stands there, be it one that a template makes.
pub(super) fn is_said(value: &Value, path: &[&str]) -> bool {
    let text = crate::values::lookup(value, path).and_then(Value::as_str);
    text.is_some_and(|text| !text.is_empty())
}

/// A text in an object; one that a template makes is not known here.
pub(super) fn text(value: &Value, path: &[&str]) -> Option<String> {
    let text = crate::values::lookup(value, path)?.as_str()?;
    (!text.is_empty() && !text.contains("{{")).then(|| text.to_owned())
}
