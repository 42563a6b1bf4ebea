//! Where a pod spec stands: in a workload, in the text of a template, or in the values alone.

use std::fmt;

/// Where a pod spec stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PodPlace {
    /// In a workload of the manifest.
    Workload {
        /// Its kind.
        kind: String,
        /// Its name.
        name: String,
    },
    /// In the text of a ConfigMap or Secret, from which the agent starts pods.
    Template(TemplatePlace),
    /// In the values alone: no queue makes a pod of it yet.
    Values(String),
}

/// Where the template of a task pod stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TemplatePlace {
    /// The text it stands in.
    pub text: TextPlace,
    /// The queue whose tasks get such pods; `None` where the text has one template for all.
    pub queue: Option<String>,
    /// Which one it is, counted from 1, where a text has several without a queue's name.
    pub number: Option<usize>,
}

/// A text of a ConfigMap or Secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TextPlace {
    /// ConfigMap or `Secret`.
    pub kind: String,
    /// The object's name.
    pub object: String,
    /// The key whose value is the text.
    pub key: String,
}

impl TextPlace {
    /// Whether it stands in one of these objects, told by kind and name.
    pub(super) fn is_among(&self, objects: &[(&'static str, String)]) -> bool {
        let mut objects = objects.iter();
        objects.any(|(kind, object)| *kind == self.kind && *object == self.object)
    }
}

impl fmt::Display for PodPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workload { kind, name } => write!(f, "{kind} {name}"),
            Self::Template(place) => place.fmt(f),
            Self::Values(path) => write!(f, "task pods of queues to come ({path})"),
        }
    }
}

impl fmt::Display for TemplatePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("task pods")?;
        if let Some(queue) = &self.queue {
            write!(f, " of queue {queue}")?;
        }
        write!(f, " ({}", self.text)?;
        if let Some(number) = self.number {
            write!(f, ", pod {number}")?;
        }
        f.write_str(")")
    }
}

impl fmt::Display for TextPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}, {}", self.kind, self.object, self.key)
    }
}
