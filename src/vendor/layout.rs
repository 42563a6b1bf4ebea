//! What one generation of a component's chart calls things.

use serde_yaml::Value;

use super::Component;
use crate::values;

/// The keys on the way to a value.
pub type Keys = &'static [&'static str];

/// Under the certificates: the list of certificates that are added to the bundle.
pub const EXTRA_CERTS: &str = "extraCerts";
/// In an entry of that list: the certificate's name.
pub const ALIAS: &str = "alias";
/// In an entry of that list: the certificate.
pub const PEM: &str = "pem";
/// Under the certificates: the text that replaces the whole bundle.
pub const OVERRIDE_BUNDLE: &str = "overrideCaCertificatesCrt";
/// Under the certificates: tells newer charts to bring them to task pods.
pub const PROPAGATE: &str = "propagateToTasks";
/// In a queue: what replaces fields of the base template.
pub const OVERRIDES: &str = "templateOverrides";

/// One generation of a component's chart.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The chart's name, as in its Chart.yaml.
    pub chart: &'static str,
    /// What its values stand below, where another chart has it as a dependency; every path here begins with that.
    pub below: Keys,
    /// Whether other people's charts may well have that name, so that it alone says nothing.
    pub is_generic: bool,
    /// Charts that it took the place of.
    pub replaces: &'static [&'static str],
    /// The aliases that the vendor's pages have given to the repository, newest first.
    pub repositories: &'static [&'static str],
    /// Where the vendor publishes it now.
    pub registry: &'static str,
    /// The documented name of the override file.
    pub override_file: &'static str,
    /// The documented release name; a gateway's shows in application URLs, so it has none.
    pub release: Option<&'static str>,
    /// Where the certificate values live.
    pub certificates: Keys,
    /// How it starts task pods, if it does.
    pub task_pods: Option<TaskPodKeys>,
    /// Where its own image is named, whose `update-ca-certificates` task pods use.
    pub image: Option<Keys>,
    /// The container that is the component itself, where its name is known.
    pub container: Option<&'static str>,
    /// The first chart version that takes certificates at all, where older ones are in use.
    pub takes_certificates_since: Option<&'static str>,
    /// The first chart version that brings certificates to task pods by itself.
    pub propagates_since: Option<&'static str>,
    /// What stands between a release's full name and `-custom-ca-0` in the documented names of ConfigMaps.
    pub config_map_infix: &'static str,
    /// Values that name the servers its pods talk to: URLs, or a host alone.
    pub servers: &'static [Keys],
    /// Switches that turn the checking of certificates off when they are false.
    pub checking: &'static [Keys],
    /// Where a `clearml.conf` stands as a text.
    pub conf: &'static [Keys],
    /// Values without which the chart does not render.
    pub required: &'static [Keys],
}

/// Where a chart takes its task pods from.
#[derive(Debug, Clone)]
pub struct TaskPodKeys {
    /// The base template that every queue starts from.
    pub base: Keys,
    /// Where the queues are.
    pub queues: Option<QueueKeys>,
    /// The key of the ConfigMap whose text has the templates.
    pub template_key: &'static str,
    /// What the vendor's recipe calls the volume with the certificates.
    pub sources_volume: &'static str,
    /// The image of tasks that name none.
    pub default_image: Keys,
}

/// Where the queues are whose overrides replace fields of the base template whole.
#[derive(Debug, Clone)]
pub struct QueueKeys {
    /// A map from a queue's name to its settings.
    pub all: Keys,
    /// The queue of applications, beside the others; it counts if `enabled` there says so.
    pub apps: Option<Keys>,
}

/// A list of a pod template that certificates need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PodList {
    /// Init containers.
    InitContainers,
    /// Environment variables.
    Env,
    /// Volume mounts.
    VolumeMounts,
    /// Volumes.
    Volumes,
}

impl PodList {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::InitContainers,
        Self::Env,
        Self::VolumeMounts,
        Self::Volumes,
    ];

    /// Its key in a template.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::InitContainers => "initContainers",
            Self::Env => "env",
            Self::VolumeMounts => "volumeMounts",
            Self::Volumes => "volumes",
        }
    }

    /// The key of the list whose items newer charts add to it, whatever replaces it (agent 6.11).
    #[must_use]
    pub fn added_by(self) -> Option<&'static str> {
        match self {
            Self::Volumes => Some("extraVolumes"),
            Self::VolumeMounts => Some("extraVolumeMounts"),
            Self::InitContainers | Self::Env => None,
        }
    }
}

impl Layout {
    /// The generation that a chart's name tells; the documented one where it tells none.
    #[must_use]
    pub fn named(component: Component, chart: &str) -> &'static Self {
        let mut layouts = component.layouts().into_iter();
        layouts
            .find(|layout| layout.chart == chart)
            .unwrap_or(component.documented())
    }

    /// The generation of a chart that is there: what its name says where its values agree, else what its values say.
    ///
    /// A chart of the user's own may have any name, and `gateway` is the name of many charts.
    #[must_use]
    pub fn of(component: Component, chart: &str, values: &Value) -> &'static Self {
        let named = Self::named(component, chart);
        if named.fits(values) {
            return named;
        }
        // Somebody else's chart of a generic name.
        let otherwise = if named.is_generic {
            component.documented()
        } else {
            named
        };
        let mut layouts = component.layouts().into_iter();
        layouts
            .find(|layout| layout.fits(values))
            .unwrap_or(otherwise)
    }

    /// Whether a chart with these values is of this generation, as far as they tell.
    pub(super) fn fits(&self, values: &Value) -> bool {
        let keys = match &self.task_pods {
            Some(task_pods) => task_pods.base,
            None => self.certificates,
        };
        values::has(values, keys)
    }

    /// The path of a value under the certificates.
    #[must_use]
    pub fn under_certificates(&self, key: &'static str) -> Vec<&'static str> {
        [self.certificates, &[key]].concat()
    }

    /// The certificates' path, for people.
    #[must_use]
    pub fn shown_certificates(&self) -> String {
        self.certificates.join(".")
    }

    /// Where the lists are that certificates need: theirs, and those of the base template.
    #[must_use]
    pub fn lists(&self) -> Vec<Vec<&'static str>> {
        let bases = self.task_pods.iter().flat_map(|task_pods| {
            PodList::ALL.map(|list| [task_pods.base, &[list.key()]].concat())
        });
        std::iter::once(self.under_certificates(EXTRA_CERTS))
            .chain(bases)
            .collect()
    }
}

/// The image that values name in the usual way: `repository` and `tag`, and a `registry` that may be empty or global.
#[must_use]
pub fn image_in(values: &Value, keys: Keys) -> Option<String> {
    let image = values::lookup(values, keys)?;
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let own = image.get("registry").and_then(text);
    // Helm hands a chart's globals down to its dependencies, and they count for more than theirs.
    let global = || {
        let mut around = (0..keys.len()).filter_map(|depth| keys.get(..depth));
        around.find_map(|around| {
            let path = [around, &["global", "imageRegistry"]].concat();
            values::lookup(values, &path).and_then(text)
        })
    };
    let registry = own.or_else(global).map(|registry| registry + "/");
    let (repository, tag) = (
        image.get("repository").and_then(text)?,
        image.get("tag").and_then(text)?,
    );
    Some(format!(
        "{}{repository}:{tag}",
        registry.unwrap_or_default()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yaml(text: &str) -> Value {
        serde_yaml::from_str(text).unwrap()
    }

    #[test]
    fn an_image_is_put_together_from_its_values() {
        let image = |values: &str| image_in(&yaml(values), &["image"]);
        assert_eq!(
            image("image: {registry: '', repository: a/b, tag: '1.2'}").as_deref(),
            Some("a/b:1.2")
        );
        assert_eq!(
            image("image: {registry: r.example, repository: b, tag: 7}").as_deref(),
            Some("r.example/b:7")
        );
        assert_eq!(
            image("global: {imageRegistry: docker.io}\nimage: {repository: a/b, tag: '1'}")
                .as_deref(),
            Some("docker.io/a/b:1")
        );
        let inner = |global: &str| {
            let values = format!(
                "{global}\na: {{global: {{imageRegistry: inner}}, image: {{repository: b, tag: 1}}}}"
            );
            image_in(&yaml(&values), &["a", "image"])
        };
        assert_eq!(
            inner("global: {imageRegistry: outer}").as_deref(),
            Some("outer/b:1")
        );
        assert_eq!(inner("").as_deref(), Some("inner/b:1"));
        assert_eq!(image("image: {repository: b}"), None);
        assert_eq!(image("image: b"), None);
    }

    #[test]
    fn a_generation_is_told_by_name_and_values() {
        let is_of = |component: Component, chart: &str, values: &str| {
            Layout::of(component, chart, &yaml(values)).chart
        };
        let clearml = "agentk8sglue: {basePodTemplate: {}}";
        let klique = "orchestratork8sglue: {basePodTemplate: {}}";
        let agent = Component::Agent;
        let [ours, other] = agent.layouts().map(|layout| layout.chart);
        assert_eq!(is_of(agent, "clearml-enterprise-agent", clearml), ours);
        assert_eq!(is_of(agent, "orchestrator", klique), other);
        // A name that means something else, and a chart of one's own.
        assert_eq!(is_of(agent, "orchestrator", clearml), ours);
        assert_eq!(is_of(agent, "orchestrator", "{}"), ours);
        assert_eq!(is_of(agent, "our-agent", klique), other);
        assert_eq!(is_of(agent, "our-agent", "{}"), ours);
        let apps = "applications: {basePodTemplate: {}, customCertificates: {}}";
        assert_eq!(
            is_of(Component::Apps, "control-plane", apps),
            "control-plane"
        );
        let gateway = "customCertificates: {}";
        assert_eq!(is_of(Component::Gateway, "gateway", gateway), "gateway");
        assert_eq!(
            is_of(Component::Gateway, "ours", gateway),
            "clearml-enterprise-app-gateway"
        );
    }
}
