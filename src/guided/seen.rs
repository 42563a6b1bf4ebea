//! What was found before anything was asked.

use crate::helm::PlacedRelease;
use crate::vendor::Component;

/// A file with certificates, or a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// As `--ca` takes it.
    pub source: String,
    /// The line to choose it by.
    pub label: String,
}

/// What was found before anything was asked.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// The releases that can be seen: of every namespace, or of the current one.
    pub releases: Vec<PlacedRelease>,
    /// The cluster does not answer: files can be written, and nothing be deployed.
    pub is_silent: bool,
    /// The namespaces that can be seen, by name.
    pub namespaces: Vec<String>,
    /// The namespace that Helm would take.
    pub namespace: String,
    /// The components whose documented override file lies in the current folder.
    pub files: Vec<Component>,
    /// The component whose override file replaces the bundle.
    pub replaces: Option<Component>,
    /// Certificates that lie where one would look for them.
    pub certificates: Vec<Offered>,
    /// The certificates that the chosen releases trust, by their alias, where some of them are to go.
    pub trusted: Vec<Offered>,
    /// The servers that override files name: URL, and where it stands.
    pub servers: Vec<(String, String)>,
    /// The chart reference that is taken where none is given.
    pub charts: Vec<(Component, String)>,
    /// Whether this machine has a bundle of its own.
    pub has_system_bundle: bool,
}

impl Seen {
    /// The deployed releases of a component's chart with the chart's version: those of the current namespace first, then by
    /// namespace and name.
    pub(super) fn releases_of(&self, component: Component) -> Vec<(&PlacedRelease, &str)> {
        let all = self.releases.iter();
        let mut found: Vec<_> = all
            .filter_map(|release| Some((release, release.release.version_as(component)?)))
            .collect();
        found.sort_by_key(|(release, _)| {
            let is_elsewhere = release.namespace != self.namespace;
            (is_elsewhere, &release.namespace, &release.release.name)
        });
        found
    }

    /// Those of one namespace.
    pub(super) fn releases_in(
        &self,
        namespace: &str,
        component: Component,
    ) -> Vec<(&PlacedRelease, &str)> {
        let mut found = self.releases_of(component);
        found.retain(|(release, _)| release.namespace == namespace);
        found
    }
}
