//! Queues: each may replace lists of the base template whole, and with them what certificates need there.

use serde_yaml::Value;

use crate::values::{self, scalar::is_on, scalar_text};
use crate::vendor::{OVERRIDES, PodList, QueueKeys};
use crate::yaml::Path;

/// A queue's own template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueTemplate {
    /// Where it stands.
    pub path: Path,
    /// The lists of the base template that it replaces. An empty one leaves the base's.
    pub lists: Vec<PodList>,
}

/// The queues of `values` that have a template of their own, whatever it replaces; that of applications as well, even where
/// it is off.
#[must_use]
pub fn queue_templates(values: &Value, keys: &QueueKeys) -> Vec<QueueTemplate> {
    let all = values::lookup(values, keys.all).and_then(Value::as_mapping);
    let queues = all.into_iter().flatten().filter_map(|(name, settings)| {
        let path = Path::from(keys.all).then(scalar_text(name)?);
        Some((path, settings))
    });
    let apps = keys.apps.and_then(|keys| {
        let settings = values::lookup(values, keys)?;
        Some((Path::from(keys), settings))
    });
    queues
        .chain(apps)
        .filter_map(|(path, settings)| {
            let template = settings.get(OVERRIDES)?;
            let replaces = |list: &PodList| {
                let items = template.get(list.key()).and_then(Value::as_sequence);
                items.is_some_and(|items| !items.is_empty())
            };
            template.is_mapping().then(|| QueueTemplate {
                path: path.then(OVERRIDES),
                lists: PodList::ALL.into_iter().filter(replaces).collect(),
            })
        })
        .collect()
}

/// Whether `values` have any queue.
#[must_use]
pub fn has_queues(values: &Value, keys: &QueueKeys) -> bool {
    let has_any = |keys| {
        values::lookup(values, keys)
            .and_then(Value::as_mapping)
            .is_some_and(|queues| !queues.is_empty())
    };
    let apps = keys.apps.and_then(|keys| values::lookup(values, keys));
    has_any(keys.all) || apps.is_some_and(|apps| apps.get("enabled").is_some_and(is_on))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vendor::Component;

    fn found(values: &str) -> Vec<String> {
        let keys = Component::Agent.documented().task_pods.as_ref().unwrap();
        let values = serde_yaml::from_str(values).unwrap();
        queue_templates(&values, keys.queues.as_ref().unwrap())
            .iter()
            .filter(|queue| !queue.lists.is_empty())
            .map(|queue| {
                let lists: Vec<&str> = queue.lists.iter().map(|list| list.key()).collect();
                format!("{}: {}", queue.path, lists.join(" "))
            })
            .collect()
    }

    #[test]
    fn a_queue_replaces_the_lists_that_it_fills() {
        let values = "agentk8sglue:\n  queues:\n    cpu:\n    default: {templateOverrides: {}}\n    gpu:\n      templateOverrides:\n        env: [{name: A, value: b}]\n        volumes: []\n        nodeSelector: {gpu: 'yes'}\n";
        assert_eq!(
            found(values),
            ["agentk8sglue.queues.gpu.templateOverrides: env"]
        );
    }

    #[test]
    fn the_queue_of_applications_is_one_of_them_and_names_may_be_numbers() {
        assert_eq!(
            found(
                "agentk8sglue: {appsQueue: {enabled: false, templateOverrides: {volumes: [{name: a}]}}}"
            ),
            ["agentk8sglue.appsQueue.templateOverrides: volumes"]
        );
        assert_eq!(
            found("agentk8sglue: {queues: {7: {templateOverrides: {env: [{name: a}]}}}}"),
            ["agentk8sglue.queues.7.templateOverrides: env"]
        );
    }
}
