//! Pod specs: which certificates a container sees as which file, who brings them into the bundle, and who reads that.

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml::Value;

use super::admission::Admission;
use super::asking::{self, Question};
use super::environment;
use super::fields::{list, text};
use super::pod_spec::pod_spec;
use super::volumes::{File, Readers, Volume};
use super::{Carriers, Object};
use crate::certs::Fingerprint;
use crate::certs::pem::delivered::Reader;
use crate::trust_store::{
    self, BUNDLE_DIR, BUNDLE_FILE, OTHER_BUNDLE_FILES, REQUESTS, SOURCES_DIR,
};

/// What a pod spec does with a manifest's certificates.
#[derive(Debug, Default)]
pub(super) struct PodView {
    /// Its containers, init containers first, in the order they start.
    pub(super) containers: Vec<ContainerArrival>,
    /// Referenced ConfigMaps that the manifest does not have, with the volume's name.
    pub(super) dangling: Vec<(String, String)>,
    /// File names that two sources of one projected volume both write, with the volume's name.
    pub(super) clashes: Vec<(String, String)>,
    /// Certificate files among the sources whose names `update-ca-certificates` ignores.
    pub(super) ignored: Vec<String>,
    /// Files that make the whole bundle unreadable, for whom, with why.
    pub(super) poisons: BTreeSet<(String, Vec<Reader>, String)>,
    /// Files in which readers pass over a certificate.
    pub(super) passed_over: BTreeSet<(String, Vec<Reader>)>,
    /// Certificate files that a container must not read, with its name.
    pub(super) unreadable: Vec<(String, String)>,
    /// Variables that name a file which nothing puts there, with the file.
    pub(super) nowhere: Vec<(String, String)>,
    /// Volumes that a container mounts and the pod does not have, with the container's name.
    pub(super) missing: Vec<(String, String)>,
    /// What is there twice: names of volumes, and paths at which one container mounts.
    pub(super) repeated: Vec<String>,
}

/// What one container makes of the certificates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContainerArrival {
    /// Its name; the container of a task has none until the agent gives it one.
    pub name: String,
    /// Its image, if it names one.
    pub image: Option<String>,
    /// Whether it ends before the pod's own containers start.
    pub is_init: bool,
    /// Certificates that it sees under a name that counts, and those that an earlier container may have written where it looks.
    pub mounted: BTreeSet<Fingerprint>,
    /// Certificates in a file that it goes by: the bundle, or what a variable names.
    pub bundled: BTreeSet<Fingerprint>,
    /// Its variables that name a file, and the certificates in it.
    pub variables: BTreeMap<String, BTreeSet<Fingerprint>>,
    /// The certificates in the files that clients in images of other distributions go by.
    pub at_other_paths: BTreeMap<&'static str, BTreeSet<Fingerprint>>,
    /// Whether variables come from where they cannot be seen (`envFrom`, `valueFrom`).
    pub has_hidden_variables: bool,
    /// What may keep it from running.
    pub admission: Admission,
    /// The servers that its script asks, each with the certificates in the file that the asking program reads.
    pub asked: Vec<(Question, BTreeSet<Fingerprint>)>,
}

/// Reads a pod spec: a map with `containers`, `initContainers` and `volumes`. `elsewhere` names volumes that the pod gets
/// from around it.
pub(super) fn view(spec: &Value, elsewhere: &[&str], carriers: &Carriers) -> PodView {
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
        left: BTreeMap::new(),
        view: PodView::default(),
    };
    pod.note_volumes();
    let names = list(spec, "volumes").into_iter();
    let names = names.filter_map(|volume| text(volume, "name"));
    let repeated = repeated(names).map(|name| format!("the volume {name}"));
    pod.view.repeated.extend(repeated);
    for (field, is_init) in [("initContainers", true), ("containers", false)] {
        let containers: Vec<Container<'_>> = list(spec, field)
            .into_iter()
            .map(|container| Container::new(container, spec, is_init))
            .collect();
        for container in &containers {
            pod.note_mounts(container, elsewhere);
            let mut arrival = pod.start(container);
            arrival.admission = Admission::of(container.value, spec);
            pod.look(container, &mut arrival);
            if is_init {
                pod.leave(container, &arrival.mounted);
            }
            pod.view.containers.push(arrival);
        }
    }
    pod.view
}

struct Pod<'a> {
    volumes: BTreeMap<&'a str, Volume>,
    /// Bundles that containers have made, by volume and path in it.
    bundles: BTreeMap<(&'a str, String), Made>,
    /// Volumes that some init container may have written to, and the certificates that it saw.
    left: BTreeMap<&'a str, BTreeSet<Fingerprint>>,
    view: PodView,
}

/// What `update-ca-certificates` makes.
#[derive(Debug, Clone, Default)]
struct Made {
    /// The certificates in the bundle.
    bundle: BTreeSet<Fingerprint>,
    /// Those that the folder has under the names that OpenSSL looks for: of files that hold one alone (`openssl-rehash(1)`).
    hashed: BTreeSet<Fingerprint>,
}

struct Container<'a> {
    value: &'a Value,
    is_init: bool,
    mounts: Vec<Mount<'a>>,
    /// Whether it is known to run as another user than root, and without a group that files are given to.
    is_stranger: bool,
    /// Whether its groups may have root's among them; without a group of its own, a user that the image does not know has it.
    may_be_in_roots_group: bool,
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
    fn new(value: &'a Value, spec: &'a Value, is_init: bool) -> Self {
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
        let group = setting("runAsGroup").and_then(Value::as_u64);
        let is_root = |group: &Value| group.as_u64() == Some(0);
        let mut further = setting("supplementalGroups")
            .and_then(Value::as_sequence)
            .into_iter()
            .flatten();
        Self {
            value,
            is_init,
            mounts: mounts.collect(),
            is_stranger: (user.is_some_and(|user| user != 0) || never_root && user.is_none())
                && setting("fsGroup").is_none(),
            may_be_in_roots_group: group.is_none_or(|group| group == 0) || further.any(is_root),
        }
    }

    fn name(&self) -> &'a str {
        text(self.value, "name").unwrap_or_default()
    }

    /// The variables that name a file for some client, each with its value where that can be seen.
    fn variables(&self) -> BTreeMap<&'a str, Option<String>> {
        let mut variables = environment::variables(self.value);
        variables.retain(|name, _| trust_store::VARIABLES.contains(name));
        variables
    }

    /// Whether it has somewhere to put temporary files, as `update-ca-certificates` does.
    fn has_room(&self) -> bool {
        let own = self.value.get("securityContext");
        let is_shut = own.and_then(|own| own.get("readOnlyRootFilesystem")?.as_bool());
        let mut mounts = self.mounts.iter();
        is_shut != Some(true) || mounts.any(|mount| mount.path == "/tmp" && !mount.is_read_only)
    }

    fn may_read(&self, file: &File) -> bool {
        match file.readers {
            Readers::All => true,
            Readers::Group => !self.is_stranger || self.may_be_in_roots_group,
            Readers::Root => !self.is_stranger,
        }
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
        let Some((mount, inside)) = container.mount_of(&straight(path)) else {
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

    /// Mounts of volumes that are not there: the API server rejects such a pod.
    fn note_mounts(&mut self, container: &Container<'a>, elsewhere: &[&str]) {
        let paths = container.mounts.iter().map(|mount| mount.path);
        let repeated = repeated(paths).map(|path| format!("a mount at {path}"));
        self.view.repeated.extend(repeated);
        let volumes = container.mounts.iter().map(|mount| mount.volume);
        for volume in volumes {
            if !self.volumes.contains_key(volume) && !elsewhere.contains(&volume) {
                let missing = (container.name().to_owned(), volume.to_owned());
                self.view.missing.push(missing);
            }
        }
    }

    /// Lets a container start: what it sees, and what it makes of the bundle, be it in a volume or in its own image.
    fn start(&mut self, container: &Container<'a>) -> ContainerArrival {
        let mut made = Made::default();
        let (mut mounted, mut ignored, mut unreadable) = (BTreeSet::new(), Vec::new(), Vec::new());
        let (mut poisons, mut passed_over) = (Vec::new(), Vec::new());
        for (path, file) in self.visible(container) {
            if trust_store::is_source(&path) || path == BUNDLE_FILE {
                if let Some((readers, why)) = &file.poison {
                    poisons.push((path.clone(), readers.clone(), why.clone()));
                }
                if !file.passed_over.is_empty() {
                    passed_over.push((path.clone(), file.passed_over.clone()));
                }
            }
            if file.certificates.is_empty() {
                continue;
            }
            if !container.may_read(file) {
                unreadable.push((container.name().to_owned(), path));
                continue;
            }
            let is_source = below(&path, SOURCES_DIR).is_some();
            if trust_store::is_source(&path) {
                mounted.extend(file.certificates.iter().copied());
                if is_source {
                    made.bundle.extend(file.certificates.iter().copied());
                    if let [alone] = file.certificates.as_slice() {
                        made.hashed.insert(*alone);
                    }
                }
            } else if is_source {
                ignored.push(path);
            }
        }
        let left = container
            .mounts
            .iter()
            .filter_map(|mount| self.left.get(mount.volume));
        mounted.extend(left.flatten().copied());
        self.view.poisons.extend(poisons);
        self.view.passed_over.extend(passed_over);
        self.view.ignored.extend(ignored);
        self.view.unreadable.extend(unreadable);
        let mut own = BTreeSet::new();
        if trust_store::runs_update(container.value) {
            match container.mount_of(BUNDLE_FILE) {
                None => own = made.bundle,
                Some((mount, inside)) => {
                    let volume = self.volumes.get(mount.volume);
                    // It wants its folder: in an empty volume there is none but where the volume itself is mounted.
                    let has_folder =
                        mount.path == BUNDLE_DIR || self.left.contains_key(mount.volume);
                    let is_scratch = volume.is_some_and(|volume| volume.is_scratch);
                    if is_scratch && !mount.is_read_only && has_folder && container.has_room() {
                        self.bundles.insert((mount.volume, inside), made);
                    }
                }
            }
        }
        ContainerArrival {
            name: container.name().to_owned(),
            image: text(container.value, "image").map(str::to_owned),
            is_init: container.is_init,
            mounted,
            bundled: own,
            ..ContainerArrival::default()
        }
    }

    /// What a container goes by; so far `arrival.bundled` is the bundle that it makes in its own image.
    fn look(&mut self, container: &Container<'a>, arrival: &mut ContainerArrival) {
        let own = std::mem::take(&mut arrival.bundled);
        arrival.bundled = self.certificates_at(container, BUNDLE_FILE, &own);
        let elsewhere =
            OTHER_BUNDLE_FILES.map(|path| (path, self.certificates_at(container, path, &own)));
        arrival.at_other_paths = BTreeMap::from(elsewhere);
        let mut set = container.variables();
        set.retain(|_, path| path.as_deref() != Some(""));
        arrival.has_hidden_variables =
            set.values().any(Option::is_none) || container.value.get("envFrom").is_some();
        for variable in trust_store::VARIABLES {
            let mut read =
                trust_store::read_by(variable).filter_map(|name| Some((name, set.get(name)?)));
            let Some((name, Some(path))) = read.next() else {
                continue;
            };
            let mut certificates = self.certificates_at(container, path, &own);
            if variable == REQUESTS {
                certificates.extend(self.hashed_at(container, path));
            }
            if name == variable && certificates.is_empty() && self.is_nowhere(container, path) {
                self.view.nowhere.push((variable.to_owned(), path.clone()));
            }
            arrival.bundled.extend(&certificates);
            arrival.variables.insert(variable.to_owned(), certificates);
        }
        // A sidecar among the init containers holds nobody up.
        let is_sidecar = text(container.value, "restartPolicy") == Some("Always");
        for question in asking::questions(container.value) {
            if is_sidecar {
                break;
            }
            let trusted = self.certificates_at(container, &question.trust, &own);
            arrival.asked.push((question, trusted));
        }
    }

    /// Lets an init container end: what it saw may lie in every volume that it could write to.
    fn leave(&mut self, container: &Container<'a>, seen: &BTreeSet<Fingerprint>) {
        for mount in container.mounts.iter().filter(|mount| !mount.is_read_only) {
            let is_scratch = |volume: &Volume| volume.is_scratch;
            if self.volumes.get(mount.volume).is_some_and(is_scratch) {
                self.left.entry(mount.volume).or_default().extend(seen);
            }
        }
    }

    fn certificates_at(
        &self,
        container: &Container<'a>,
        path: &str,
        own: &BTreeSet<Fingerprint>,
    ) -> BTreeSet<Fingerprint> {
        match self.find(container, path) {
            Found::Image if straight(path) == BUNDLE_FILE => own.clone(),
            Found::File(file) if container.may_read(file) => {
                file.certificates.iter().copied().collect()
            }
            Found::Scratch(volume, inside) => {
                let made = self.bundles.get(&(volume, inside));
                made.map(|made| made.bundle.clone()).unwrap_or_default()
            }
            _ => BTreeSet::new(),
        }
    }

    /// The certificates that OpenSSL finds in a folder by their names' hashes: requests looks there where it is told a folder.
    fn hashed_at(&self, container: &Container<'a>, folder: &str) -> BTreeSet<Fingerprint> {
        let Found::Scratch(volume, _) = self.find(container, folder) else {
            return BTreeSet::new();
        };
        let file = joined(folder, trust_store::base_name(BUNDLE_FILE));
        let Found::Scratch(_, inside) = self.find(container, &file) else {
            return BTreeSet::new();
        };
        let Some(made) = self.bundles.get(&(volume, inside)) else {
            return BTreeSet::new();
        };
        // The names are links to the sources, which have to be there too.
        let visible = self.visible(container).into_iter();
        let sources = visible.filter(|(path, _)| below(path, SOURCES_DIR).is_some());
        let seen = sources.flat_map(|(_, file)| file.certificates.iter().copied());
        seen.filter(|one| made.hashed.contains(one)).collect()
    }

    /// Whether the manifest shows that no file is there.
    fn is_nowhere(&self, container: &Container<'a>, path: &str) -> bool {
        match self.find(container, path) {
            Found::Nothing => true,
            Found::Scratch(volume, _) => !self.left.contains_key(volume),
            Found::Image | Found::File(_) | Found::Unknown => false,
        }
    }
}

/// The ConfigMaps and Secrets that the pods of a workload mount, or a pod itself, by kind and name.
#[must_use]
pub fn mounted_by(object: &Object) -> Vec<(&'static str, String)> {
    pod_spec(&object.value).map_or_else(Vec::new, references)
}

/// The ConfigMaps and Secrets that a pod's volumes refer to, by kind and name.
pub(super) fn references(spec: &Value) -> Vec<(&'static str, String)> {
    list(spec, "volumes")
        .into_iter()
        .flat_map(|volume| {
            let projected = volume.get("projected");
            let sources = projected.map_or_else(Vec::new, |projected| list(projected, "sources"));
            std::iter::once(volume).chain(sources)
        })
        .filter_map(super::volumes::reference)
        .map(|(_, kind, name)| (kind, name.to_owned()))
        .collect()
}

/// What stands more than once, each once.
fn repeated<'a>(all: impl Iterator<Item = &'a str>) -> impl Iterator<Item = &'a str> {
    let (mut seen, mut again) = (BTreeSet::new(), BTreeSet::new());
    for one in all {
        if !seen.insert(one) {
            again.insert(one);
        }
    }
    again.into_iter()
}

/// The rest of a path below a folder, without a slash in front; empty where they are the same.
fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(folder.trim_end_matches('/'))?;
    if folder.is_empty() || rest.is_empty() {
        return Some(rest.trim_start_matches('/'));
    }
    rest.strip_prefix('/')
}

/// A path without steps that lead nowhere: `//`, `.` and `..`.
fn straight(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

fn joined(folder: &str, rest: &str) -> String {
    match (folder, rest) {
        ("", rest) => rest.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, rest) => format!("{}/{rest}", folder.trim_end_matches('/')),
    }
}
