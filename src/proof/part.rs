//! Which objects of a manifest one of the charts made that it was made from.

use std::collections::BTreeSet;

use super::Object;
use super::manifest::{Manifest, documents};

/// The objects that a chart made which is inside another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// Their kinds and names.
    objects: BTreeSet<(String, String)>,
    /// Whether there is any document of it, be it one that cannot be read.
    is_rendered: bool,
}

impl Part {
    /// Those of the chart at a path of names, by the comments in which Helm notes the file that each document is from. A manifest
    /// without such comments, as a post-renderer may leave it, does not tell: then all may be its.
    #[must_use]
    pub fn of(stream: &str, path: &[&str]) -> Option<Self> {
        let folder = format!("charts/{}/", path.join("/charts/"));
        let is_inside = |source: &str| {
            let below = source.split_once('/').map(|(_, below)| below);
            below.is_some_and(|below| below.starts_with(&folder))
        };
        let mut tells = false;
        let mut own = Self::default();
        for (_, document) in documents(stream) {
            let mut lines = document.lines().take(2);
            let Some(source) = lines.find_map(|line| line.strip_prefix("# Source: ")) else {
                continue;
            };
            tells = true;
            if is_inside(source) {
                let objects = Manifest::read(document).objects.into_iter();
                own.is_rendered = true;
                own.objects.extend(objects.map(|one| (one.kind, one.name)));
            }
        }
        tells.then_some(own)
    }

    /// Whether an object is one of them.
    #[must_use]
    pub fn has(&self, object: &Object) -> bool {
        self.names(&object.kind, &object.name)
    }

    /// Whether that is the kind and the name of one of them.
    pub(super) fn names(&self, kind: &str, name: &str) -> bool {
        self.objects.contains(&(kind.to_owned(), name.to_owned()))
    }

    /// Whether nothing was rendered of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.is_rendered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_told_by_the_file_that_they_are_from() {
        let stream = "---\n# Source: acme/charts/p/charts/agent/templates/a.yaml\nkind: A\nmetadata: {name: a}\n---\n# Source: acme/charts/p/charts/agent/charts/in/templates/b.yaml\nkind: B\nmetadata: {name: b}\n---\n# Source: acme/charts/p/charts/agent-2/templates/c.yaml\nkind: C\nmetadata: {name: c}\n---\n# Source: acme/charts/agent/templates/d.yaml\nkind: D\nmetadata: {name: d}\n";
        let names = |path: &[&str]| -> String {
            let part = Part::of(stream, path).unwrap();
            part.objects.into_iter().map(|(_, name)| name).collect()
        };
        assert_eq!(names(&["p", "agent"]), "ab");
        assert_eq!(names(&["agent"]), "d");
        assert_eq!(names(&["p"]), "abc");
        assert!(Part::of(stream, &["q"]).unwrap().is_empty());
        assert_eq!(Part::of("kind: A\nmetadata: {name: a}\n", &["p"]), None);
    }
}
