//! The command to type next, for a release.

use super::{Evidence, FileSaid};
use crate::proof::Object;

impl Evidence<'_> {
    /// One of our commands, for this release alone; `words` come after the component, and what names its files and its chart.
    pub(super) fn command(&self, verb: &str, words: &[&str]) -> String {
        let component = self.component.name();
        let release = ["--release", &self.id.release, "-n", &self.id.namespace];
        let mut named = self.file.map(FileSaid::words).unwrap_or_default();
        // What an engine deploys from is not helm's to deploy.
        let is_inside = self.file.is_some_and(|file| file.is_inside);
        if is_inside && !words.contains(&"--files-only") {
            named.push("--files-only".to_owned());
        }
        let named: Vec<&str> = named.iter().map(String::as_str).collect();
        let all = [
            &["clearml-certs", verb, component],
            &named[..],
            words,
            &release,
        ]
        .concat();
        self.id.cluster.helm(&all)
    }

    /// The source that gives what the release holds.
    pub(super) fn as_source(&self) -> String {
        format!("release:{}/{}", self.id.namespace, self.id.release)
    }

    /// What deploys again what the release holds. Without the file that it was made from, Helm has to keep the other values.
    pub(super) fn put_back(&self) -> String {
        let source = self.as_source();
        let with_file = ["--ca", source.as_str()];
        let without = ["--ca", source.as_str(), "--reset-then-reuse-values"];
        match self.file {
            Some(_) => self.command("install", &with_file),
            None => self.command("install", &without),
        }
    }

    /// What replaces a pod and the others of its workload, such as `deployment/clearml-agent`.
    pub(super) fn restart(&self, pod: &Object, workload: &str) -> String {
        let namespace = pod.namespace_in(&self.id.namespace);
        self.id.cluster.restart(namespace, workload)
    }
}
