//! The same generation of a chart where another one has it as a dependency: Helm gives it what stands below its name.
//!
//! Whoever goes by a layout sees the whole values then, and each path in them whole: the file's edit, Helm's `--set`, what is
//! deployed, and what people are shown need no word of it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_yaml::Value;

use super::layout::{Keys, Layout, QueueKeys, TaskPodKeys};
use crate::values::{self, KeyPath};

/// The layouts that were made so far, by the chart and the path. A run has few of them, and each is made once.
static MADE: Mutex<BTreeMap<(&str, Vec<String>), &Layout>> = Mutex::new(BTreeMap::new());

impl Layout {
    /// The same with all of its values below a path.
    #[must_use]
    pub fn below(&'static self, path: &[String]) -> &'static Self {
        if path.is_empty() {
            return self;
        }
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        made.entry((self.chart, path.to_vec()))
            .or_insert_with(|| Box::leak(Box::new(self.moved(path))))
    }

    /// Whether it is another chart's dependency.
    #[must_use]
    pub fn is_inner(&self) -> bool {
        !self.below.is_empty()
    }

    /// The path that its values stand below, where it is.
    #[must_use]
    pub fn path(&self) -> Option<KeyPath> {
        let keys = self.below.iter().map(|key| (*key).to_owned());
        self.is_inner().then(|| keys.collect())
    }

    /// What of all values the chart gets, but for what Helm hands down.
    #[must_use]
    pub fn own_values<'a>(&self, values: &'a Value) -> &'a Value {
        values::lookup(values, self.below).unwrap_or(&Value::Null)
    }

    fn moved(&self, path: &[String]) -> Self {
        let path: Vec<&'static str> = path.iter().map(|key| &*key.clone().leak()).collect();
        let one = |keys: Keys| -> Keys { [path.as_slice(), keys].concat().leak() };
        let all = |all: &'static [Keys]| -> &'static [Keys] {
            let moved: Vec<Keys> = all.iter().map(|keys| one(keys)).collect();
            moved.leak()
        };
        Self {
            below: one(self.below),
            certificates: one(self.certificates),
            task_pods: self.task_pods.as_ref().map(|keys| TaskPodKeys {
                base: one(keys.base),
                queues: keys.queues.as_ref().map(|queues| QueueKeys {
                    all: one(queues.all),
                    apps: queues.apps.map(one),
                }),
                default_image: one(keys.default_image),
                ..keys.clone()
            }),
            image: self.image.map(one),
            servers: all(self.servers),
            checking: all(self.checking),
            conf: all(self.conf),
            required: all(self.required),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vendor::Component;

    #[test]
    fn every_path_of_a_dependency_begins_with_its_own() {
        let path = ["platform", "agent"].map(str::to_owned);
        for layout in Component::ALL.into_iter().flat_map(Component::layouts) {
            let inner = layout.below(&path);
            // What stands in the layout as a list of keys, whatever it is for.
            let (before, after) = (format!("{layout:?}"), format!("{inner:?}"));
            let lists = |text: &str| text.matches("[\"").count();
            assert_eq!(
                after.matches("[\"platform\", \"agent\"").count(),
                lists(&after)
                    - usize::from(!layout.replaces.is_empty())
                    - usize::from(!layout.repositories.is_empty()),
                "{after}"
            );
            assert_eq!(lists(&after), lists(&before) + 1, "{after}");
            assert_eq!(inner.below, path);
            assert!(inner.is_inner() && !layout.is_inner());
            assert!(std::ptr::eq(inner, layout.below(&path)));
            assert!(std::ptr::eq(layout, layout.below(&[])));
        }
    }

    #[test]
    fn a_dependency_gets_what_stands_below_its_path() {
        let values: Value = serde_yaml::from_str("{a: {b: {c: 1}}, c: 2}").unwrap();
        let inner = Component::Agent
            .documented()
            .below(&["a".to_owned(), "b".to_owned()]);
        assert_eq!(
            inner.own_values(&values),
            &serde_yaml::from_str::<Value>("c: 1").unwrap()
        );
        assert_eq!(Component::Agent.documented().own_values(&values), &values);
    }
}
