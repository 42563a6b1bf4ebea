//! Pod specs: which certificates a container sees as which file, who brings them into the bundle, and who reads that.

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml::Value;

use super::Carriers;
use super::volumes::{File, Volume};
use crate::certs::Fingerprint;
use crate::trust_store::{self, BUNDLE_FILE, SOURCES_DIR};

/// What a pod spec does with a manifest's certificates.
#[derive(Debug, Default)]
pub(super) struct PodView {
    /// Certificates that some container sees, under a name that counts.
    pub(super) mounted: BTreeSet<Fingerprint>,
    /// Certificates in a file that one of the pod's own containers goes by: the bundle, or what a variable names.
    pub(super) bundled: BTreeSet<Fingerprint>,
    /// The variables of containers that name a file, and the certificates in it.
    pub(super) variables: BTreeMap<String, BTreeSet<Fingerprint>>,
    /// Whether variables come from where they cannot be seen.
    pub(super) has_hidden_variables: bool,
    /// Referenced ConfigMaps that the manifest does not have, with the volume's name.
    pub(super) dangling: Vec<(String, String)>,
    /// File names that two sources of one projected volume both write, with the volume's name.
    pub(super) clashes: Vec<(String, String)>,
    /// Certificate files among the sources whose names `update-ca-certificates` ignores.
    pub(super) ignored: Vec<String>,
    /// Certificate files that a container must not read, with its name.
    pub(super) unreadable: Vec<(String, String)>,
    /// Variables that name a file which nothing puts there, with the file.
    pub(super) nowhere: Vec<(String, String)>,
}

/// Reads a pod spec: a map with `containers`, `initContainers` and `volumes`.
pub(super) fn view(spec: &Value, carriers: &Carriers) -> PodView {
    let volumes = list(spec, "volumes")
        .into_iter()
        .map(|volume| {
            let name = text(volume, "name").unwrap_or_default();
            (name, Volume::read(volume, carriers))
        })
        .collect();
    let mut pod = Pod {
        volumes,
        bundles: BTreeMap::new(),
        written: BTreeSet::new(),
        view: PodView::default(),
    };
    pod.note_volumes();
    for container in list(spec, "initContainers") {
        let container = Container::new(container, spec);
        pod.start(&container);
        let writable = container.mounts.iter().filter(|mount| !mount.is_read_only);
        pod.written.extend(writable.map(|mount| mount.volume));
    }
    let containers: Vec<Container<'_>> = list(spec, "containers")
        .into_iter()
        .map(|container| Container::new(container, spec))
        .collect();
    for container in &containers {
        let own = pod.start(container);
        pod.look(container, &own);
    }
    pod.view
}

struct Pod<'a> {
    volumes: BTreeMap<&'a str, Volume>,
    /// Bundles that init containers have made, by volume and path in it.
    bundles: BTreeMap<(&'a str, String), BTreeSet<Fingerprint>>,
    /// Volumes that some init container may have written to.
    written: BTreeSet<&'a str>,
    view: PodView,
}

struct Container<'a> {
    value: &'a Value,
    mounts: Vec<Mount<'a>>,
    /// Whether it is known to run as another user than root, and without a group that files are given to.
    is_stranger: bool,
}

struct Mount<'a> {
    volume: &'a str,
    path: &'a str,
    sub_path: &'a str,
    is_read_only: bool,
}

/// What a container finds under a path.
enum Found<'a> {
    /// What its image has there.
    Image,
    /// A file of a volume.
    File(&'a File),
    /// A place in an `emptyDir`: the volume, and the path in it.
    Scratch(&'a str, String),
    /// Something in a volume that the manifest does not tell.
    Unknown,
    /// Nothing: a volume is mounted there that has no such file.
    Nothing,
}

impl<'a> Container<'a> {
    fn new(value: &'a Value, spec: &'a Value) -> Self {
        let mounts = list(value, "volumeMounts").into_iter().filter_map(|mount| {
            // An expression decides at run time.
            if mount.get("subPathExpr").is_some() {
                return None;
            }
            Some(Mount {
                volume: text(mount, "name")?,
                path: text(mount, "mountPath")?.trim_end_matches('/'),
                sub_path: text(mount, "subPath").unwrap_or_default(),
                is_read_only: mount.get("readOnly").and_then(Value::as_bool) == Some(true),
            })
        });
        let setting = |field: &str| {
            let own = value.get("securityContext").and_then(|own| own.get(field));
            own.or_else(|| spec.get("securityContext")?.get(field))
        };
        let user = setting("runAsUser").and_then(Value::as_u64);
        let never_root = setting("runAsNonRoot").and_then(Value::as_bool) == Some(true);
        Self {
            value,
            mounts: mounts.collect(),
            is_stranger: (user.is_some_and(|user| user != 0) || never_root && user.is_none())
                && setting("fsGroup").is_none(),
        }
    }

    fn name(&self) -> &'a str {
        text(self.value, "name").unwrap_or_default()
    }

    /// The mount that a path lies in: the innermost.
    fn mount_of(&self, path: &str) -> Option<(&Mount<'a>, String)> {
        let covering = self.mounts.iter().filter_map(|mount| {
            let inside = below(path, mount.path)?;
            Some((mount, joined(mount.sub_path, inside)))
        });
        covering.max_by_key(|(mount, _)| mount.path.len())
    }
}

impl<'a> Pod<'a> {
    fn note_volumes(&mut self) {
        for (name, volume) in &self.volumes {
            let named = |what: &String| ((*name).to_owned(), what.clone());
            self.view.dangling.extend(volume.dangling.iter().map(named));
            self.view.clashes.extend(volume.clashes.iter().map(named));
        }
    }

    /// What a container finds under a path.
    fn find<'s>(&'s self, container: &Container<'a>, path: &str) -> Found<'s> {
        let Some((mount, inside)) = container.mount_of(path) else {
            return Found::Image;
        };
        let Some(volume) = self.volumes.get(mount.volume) else {
            return Found::Unknown;
        };
        if volume.is_scratch {
            return Found::Scratch(mount.volume, inside);
        }
        match volume.files.iter().find(|file| file.path == inside) {
            Some(file) => Found::File(file),
            None if volume.is_open => Found::Unknown,
            None => Found::Nothing,
        }
    }

    /// Every file of a volume that a container sees, and where.
    fn visible<'s>(&'s self, container: &'s Container<'a>) -> Vec<(String, &'s File)> {
        let mut visible = Vec::new();
        for mount in &container.mounts {
            for file in self
                .volumes
                .get(mount.volume)
                .into_iter()
                .flat_map(|v| &v.files)
            {
                let Some(inside) = below(&file.path, mount.sub_path) else {
                    continue;
                };
                let path = joined(mount.path, inside);
                // Another volume may be mounted over it.
                let on_top = container.mount_of(&path);
                if on_top.is_some_and(|(other, _)| std::ptr::eq(other, mount)) {
                    visible.push((path, file));
                }
            }
        }
        visible
    }

    /// Lets a container start: what it sees, and what it makes of the bundle. Gives the bundle in its own image, if it
    /// makes one there.
    fn start(&mut self, container: &Container<'a>) -> BTreeSet<Fingerprint> {
        let mut sources = BTreeSet::new();
        let (mut mounted, mut ignored, mut unreadable) = (Vec::new(), Vec::new(), Vec::new());
        for (path, file) in self.visible(container) {
            if file.certificates.is_empty() {
                continue;
            }
            if container.is_stranger && !file.is_readable {
                unreadable.push((container.name().to_owned(), path));
                continue;
            }
            let is_source = below(&path, SOURCES_DIR).is_some();
            if trust_store::is_source(&path) {
                mounted.extend(file.certificates.iter().copied());
                if is_source {
                    sources.extend(file.certificates.iter().copied());
                }
            } else if is_source {
                ignored.push(path);
            }
        }
        self.view.mounted.extend(mounted);
        self.view.ignored.extend(ignored);
        self.view.unreadable.extend(unreadable);
        let mut own = BTreeSet::new();
        if trust_store::runs_update(container.value) {
            match container.mount_of(BUNDLE_FILE) {
                None => own = sources,
                Some((mount, inside)) => {
                    let volume = self.volumes.get(mount.volume);
                    if volume.is_some_and(|volume| volume.is_scratch) && !mount.is_read_only {
                        self.bundles.insert((mount.volume, inside), sources);
                    }
                }
            }
        }
        own
    }

    /// What one of the pod's own containers goes by; `own` is the bundle that it makes in its own image.
    fn look(&mut self, container: &Container<'a>, own: &BTreeSet<Fingerprint>) {
        let mut bundled = self.certificates_at(container, BUNDLE_FILE, own);
        for entry in list(container.value, "env") {
            let Some(variable) =
                text(entry, "name").filter(|name| trust_store::VARIABLES.contains(name))
            else {
                continue;
            };
            let Some(path) = text(entry, "value") else {
                self.view.has_hidden_variables = true;
                continue;
            };
            let certificates = self.certificates_at(container, path, own);
            if certificates.is_empty() && self.is_nowhere(container, path) {
                let nowhere = (variable.to_owned(), path.to_owned());
                self.view.nowhere.push(nowhere);
            }
            bundled.extend(&certificates);
            let known = self.view.variables.entry(variable.to_owned());
            known.or_default().extend(certificates);
        }
        self.view.has_hidden_variables |= container.value.get("envFrom").is_some();
        self.view.bundled.extend(bundled);
    }

    fn certificates_at(
        &self,
        container: &Container<'a>,
        path: &str,
        own: &BTreeSet<Fingerprint>,
    ) -> BTreeSet<Fingerprint> {
        match self.find(container, path) {
            Found::Image if path == BUNDLE_FILE => own.clone(),
            Found::File(file) if file.is_readable || !container.is_stranger => {
                file.certificates.iter().copied().collect()
            }
            Found::Scratch(volume, inside) => {
                let made = self
                    .bundles
                    .iter()
                    .find(|((name, path), _)| *name == volume && *path == inside);
                made.map(|(_, certificates)| certificates.clone())
                    .unwrap_or_default()
            }
            _ => BTreeSet::new(),
        }
    }

    /// Whether the manifest shows that no file is there.
    fn is_nowhere(&self, container: &Container<'a>, path: &str) -> bool {
        match self.find(container, path) {
            Found::Nothing => true,
            Found::Scratch(volume, _) => !self.written.contains(volume),
            Found::Image | Found::File(_) | Found::Unknown => false,
        }
    }
}

/// The rest of a path below a folder, without a slash in front; empty where they are the same.
fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(folder.trim_end_matches('/'))?;
    if folder.is_empty() || rest.is_empty() {
        return Some(rest.trim_start_matches('/'));
    }
    rest.strip_prefix('/')
}

fn joined(folder: &str, rest: &str) -> String {
    match (folder, rest) {
        ("", rest) => rest.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, rest) => format!("{}/{rest}", folder.trim_end_matches('/')),
    }
}

pub(super) fn list<'a>(value: &'a Value, field: &str) -> Vec<&'a Value> {
    value
        .get(field)
        .and_then(Value::as_sequence)
        .map(|items| items.iter().collect())
        .unwrap_or_default()
}

pub(super) fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field).and_then(Value::as_str)
}
