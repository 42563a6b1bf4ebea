//! What values say of certificates, in words that are the same of a file and of a release.

use serde_yaml::Value;

use crate::certs::alias;
use crate::overrides::task_pods::{Strategy, is_recipe_volume, queue_templates};
use crate::overrides::{Mode, Placed, held_by, mode_in};
use crate::proof::{Object, Proof, carried};
use crate::values::{self, scalar::is_on};
use crate::vendor::{Layout, PROPAGATE, PodList, TaskPodKeys};

/// Which certificates there are, and how they get where they are needed.
#[derive(Debug, Clone)]
pub struct Trusts {
    /// The certificates.
    pub certificates: Vec<Placed>,
    /// Added to the bundle or replacing it; `None` where nothing tells.
    pub mode: Option<Mode>,
    /// How they get into task pods; `None` where there are none, or nothing tells.
    pub task_pods: Option<Strategy>,
}

/// The ending of a key that holds a certificate.
const KEY_ENDING: &str = ".crt";
/// The key of a whole bundle, whose certificates have no names of their own.
const BUNDLE_KEY: &str = "ca-certificates.crt";

impl Trusts {
    /// What values say.
    #[must_use]
    pub fn in_values(values: &Value, layout: &Layout) -> Self {
        Self {
            certificates: held_by(values, layout.certificates),
            mode: Some(mode_in(values, layout.certificates)),
            task_pods: layout
                .task_pods
                .as_ref()
                .map(|keys| strategy(values, layout, keys)),
        }
    }

    /// What live objects show without the values: the certificates that arrive somewhere, by the keys that they stand under.
    pub(super) fn seen(objects: &[Object], proof: &Proof) -> Self {
        let pods = || proof.workloads.iter().chain(&proof.task_pods);
        let mut certificates: Vec<Placed> = Vec::new();
        for (key, certificate) in carried(objects) {
            let arrives = pods().any(|pod| pod.gets(certificate.fingerprint));
            let mut known = certificates.iter().map(|one| &one.certificate);
            if arrives && !known.any(|one| *one == certificate) {
                let name = match key.strip_suffix(KEY_ENDING) {
                    Some(alias) if key != BUNDLE_KEY => alias.to_owned(),
                    _ => alias::sanitise(certificate.common_name.as_deref().unwrap_or("ca")),
                };
                certificates.push(Placed {
                    alias: name,
                    certificate,
                    added: false,
                    origin: String::new(),
                });
            }
        }
        Self {
            certificates,
            mode: None,
            task_pods: None,
        }
    }
}

/// By the chart where it is told to, by the documented template where its volume is in one, else not at all.
fn strategy(values: &Value, layout: &Layout, keys: &TaskPodKeys) -> Strategy {
    let propagate = layout.under_certificates(PROPAGATE);
    if values::lookup(values, &propagate).is_some_and(is_on) {
        return Strategy::Propagate;
    }
    let has_recipe = |template: Option<&Value>| {
        let volumes = template.and_then(|one| one.get(PodList::Volumes.key()));
        let volumes = volumes.and_then(Value::as_sequence).into_iter().flatten();
        let mut names = volumes.filter_map(|one| one.get("name")?.as_str());
        names.any(|name| is_recipe_volume(name, keys))
    };
    let queues = keys.queues.iter();
    let mut queues = queues.flat_map(|keys| queue_templates(values, keys));
    if has_recipe(values::lookup(values, keys.base))
        || queues.any(|queue| has_recipe(values::at(values, &queue.path)))
    {
        Strategy::Template
    } else {
        Strategy::Off
    }
}

/// The word of `--mode`.
#[must_use]
pub fn word_of_mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Append => "append",
        Mode::Replace => "replace",
    }
}

/// The word of `--task-pods`.
#[must_use]
pub fn word_of_task_pods(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Propagate => "propagate",
        Strategy::Template => "template",
        Strategy::Off => "off",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vendor::Component;

    #[test]
    fn values_tell_how_task_pods_get_certificates() {
        let of = |values: &str| {
            let values = serde_yaml::from_str(values).unwrap();
            Trusts::in_values(&values, Component::Agent.documented()).task_pods
        };
        assert_eq!(of("{}"), Some(Strategy::Off));
        let propagate = "customCertificates: {propagateToTasks: true}";
        assert_eq!(of(propagate), Some(Strategy::Propagate));
        let base = "agentk8sglue: {basePodTemplate: {volumes: [{name: clearml-extra-ca-certs}]}}";
        assert_eq!(of(base), Some(Strategy::Template));
        let queue = "agentk8sglue: {queues: {gpu: {templateOverrides: {volumes: [{name: clearml-extra-ca-certs}]}}}}";
        assert_eq!(of(queue), Some(Strategy::Template));
        let own = "agentk8sglue: {basePodTemplate: {volumes: [{name: mine}]}}";
        assert_eq!(of(own), Some(Strategy::Off));
        let gateway = Trusts::in_values(&Value::Null, Component::Gateway.documented());
        assert_eq!(gateway.task_pods, None);
        assert_eq!(gateway.mode, Some(Mode::Append));
    }
}
