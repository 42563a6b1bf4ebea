//! From a manifest to the verdict: does every certificate arrive in the workloads and in the task pods?

use serde_yaml::Value;

use super::place::{PodPlace, TextPlace};
use super::pod_spec::pod_spec;
use super::pods::{self, ContainerArrival, PodView};
use super::templates::{Broken, Templates};
use super::{Carriers, Object, Part};
use crate::certs::Fingerprint;
use crate::certs::pem::delivered::Reader;
use crate::finding::Finding;

/// A pod spec and the certificates that arrive in its containers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// Where it stands.
    pub place: PodPlace,
    /// Its containers, init containers first.
    pub containers: Vec<ContainerArrival>,
    /// Volumes that a container mounts and the pod does not have, with the container's name.
    pub missing_volumes: Vec<(String, String)>,
    /// Whether one of its containers bears the component's own name: then it is the workload that needs the certificates.
    pub is_itself: bool,
    /// Which of the containers the certificates are for.
    main: Main,
}

/// The containers that the certificates are for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Main {
    /// These, each of them.
    Each(Vec<usize>),
    /// One of the pod's own containers; which one, nothing tells.
    Any,
}

/// What tells the container that is the component itself, among those of a workload, and its objects among those of others.
#[derive(Debug, Clone, Copy, Default)]
pub struct Itself<'a> {
    /// Its objects, where a manifest has those of other charts too.
    pub part: Option<&'a Part>,
    /// Its name.
    pub container: Option<&'a str>,
    /// Its image.
    pub image: Option<&'a str>,
}

/// How far a certificate gets in a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Nowhere.
    Nowhere,
    /// It is mounted, and nothing shows that it ends in a bundle.
    Mounted,
    /// It is in the bundle, and a certain variable does not point there.
    Bundled,
    /// It is in a bundle that the variable points to.
    Read,
}

impl ContainerArrival {
    /// How far a certificate gets for a client that reads `variable`.
    #[must_use]
    pub fn reach(&self, certificate: Fingerprint, variable: &str) -> Reach {
        let read = self.variables.get(variable);
        if read.is_some_and(|certificates| certificates.contains(&certificate)) {
            Reach::Read
        } else if self.bundled.contains(&certificate) {
            Reach::Bundled
        } else if self.mounted.contains(&certificate) {
            Reach::Mounted
        } else {
            Reach::Nowhere
        }
    }

    fn has(&self, certificate: Fingerprint) -> bool {
        self.mounted.contains(&certificate) || self.bundled.contains(&certificate)
    }
}

impl Arrival {
    /// How far a certificate gets for a client that reads `variable`, in the container that needs it. What a sidecar alone
    /// sees helps nobody else.
    #[must_use]
    pub fn reach(&self, certificate: Fingerprint, variable: &str) -> Reach {
        let reaches = self
            .main()
            .map(|container| container.reach(certificate, variable));
        let reach = match self.main {
            Main::Each(_) => reaches.min(),
            Main::Any => reaches.max(),
        };
        reach.unwrap_or(Reach::Nowhere)
    }

    /// Whether a certificate gets to the container that needs it.
    #[must_use]
    pub fn gets(&self, certificate: Fingerprint) -> bool {
        self.reach(certificate, "") > Reach::Nowhere
    }

    /// Whether a certificate is in one of [`OTHER_BUNDLE_FILES`](crate::trust_store::OTHER_BUNDLE_FILES), for the container that
    /// needs it.
    #[must_use]
    pub fn has_at(&self, certificate: Fingerprint, path: &str) -> bool {
        let has = |container: &ContainerArrival| {
            let there = container.at_other_paths.get(path);
            there.is_some_and(|certificates| certificates.contains(&certificate))
        };
        self.main().all(has)
    }

    /// The other containers that see a certificate.
    pub fn elsewhere(&self, certificate: Fingerprint) -> impl Iterator<Item = &str> {
        let others = self
            .containers
            .iter()
            .filter(move |one| one.has(certificate));
        others.map(|one| one.name.as_str())
    }

    /// Whether variables of the container that needs the certificates come from where they cannot be seen.
    #[must_use]
    pub fn has_hidden_variables(&self) -> bool {
        self.main().any(|container| container.has_hidden_variables)
    }

    /// The image of the container that needs the certificates.
    #[must_use]
    pub fn image(&self) -> Option<&str> {
        self.main().find_map(|container| container.image.as_deref())
    }

    /// The containers that end before the others start.
    pub fn init_containers(&self) -> impl Iterator<Item = &ContainerArrival> {
        self.containers.iter().filter(|container| container.is_init)
    }

    fn main(&self) -> impl Iterator<Item = &ContainerArrival> {
        self.containers
            .iter()
            .enumerate()
            .filter(|(index, container)| match &self.main {
                Main::Each(chosen) => chosen.contains(index),
                Main::Any => !container.is_init,
            })
            .map(|(_, container)| container)
    }
}

impl Itself<'_> {
    /// The containers of a workload that are the component: by name, else by image, else none can be told.
    fn among(&self, containers: &[ContainerArrival]) -> Main {
        let which = |is_it: &dyn Fn(&ContainerArrival) -> bool| -> Option<Main> {
            let all = containers.iter().enumerate();
            let found: Vec<usize> = all
                .filter(|(_, one)| !one.is_init && is_it(one))
                .map(|(index, _)| index)
                .collect();
            (!found.is_empty()).then_some(Main::Each(found))
        };
        which(&|one| self.container == Some(one.name.as_str()))
            .or_else(|| {
                let image = self.image?;
                which(&|one| one.image.as_deref() == Some(image))
            })
            .unwrap_or(Main::Any)
    }
}

/// What a rendered manifest does with the certificates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proof {
    /// Where each certificate is carried.
    pub carriers: Carriers,
    /// The component's own workload, and those in which at least one certificate arrives, be it in one container.
    pub workloads: Vec<Arrival>,
    /// The task pod templates.
    pub task_pods: Vec<Arrival>,
    /// Texts in which nothing stands.
    pub blank: Vec<TextPlace>,
    /// Texts that should hold task pod templates and cannot be read.
    pub broken: Vec<Broken>,
    /// ConfigMaps that pods refer to and the manifest does not have: place, volume, name.
    pub dangling: Vec<(PodPlace, String, String)>,
    /// What else is in the way: clashes, files that nobody reads, variables that point nowhere.
    pub findings: Vec<Finding>,
}

impl Proof {
    /// The image of the component: its own workload's, else that of the first one that mounts the certificates.
    #[must_use]
    pub fn own_image(&self) -> Option<&str> {
        let itself = self.workloads.iter().filter(|workload| workload.is_itself);
        let mut images = itself.chain(&self.workloads).filter_map(Arrival::image);
        images.next()
    }
}

/// Reads `objects`, following every certificate from where it is carried to where it is mounted, brought into the bundle
/// and pointed to.
#[must_use]
pub fn prove(objects: &[Object], itself: &Itself<'_>) -> Proof {
    let mut proof = Proof {
        carriers: Carriers::find(objects),
        ..Proof::default()
    };
    let mut mounted_by_tasks = Vec::new();
    let is_own = |object: &&Object| itself.part.is_none_or(|part| part.has(object));
    for object in objects.iter().filter(is_own) {
        if object.holds_texts() {
            mounted_by_tasks.extend(proof.add_templates(object));
        } else if let Some(spec) = pod_spec(&object.value).filter(|_| !object.is_hook()) {
            // A hook's pods are gone before anybody needs the certificates.
            let place = PodPlace::Workload {
                kind: object.kind.clone(),
                name: object.name.clone(),
            };
            let mut arrival = proof.arrival(place, spec, &claims(object), |containers| {
                itself.among(containers)
            });
            let mut containers = arrival.containers.iter();
            arrival.is_itself = containers.any(|one| itself.container == Some(one.name.as_str()));
            let sees_any = arrival.containers.iter().any(ContainerArrival::sees_any);
            if arrival.is_itself || sees_any {
                proof.workloads.push(arrival);
            }
        }
    }
    proof.leave_out_files_of_tasks(&mounted_by_tasks);
    if let Some(part) = itself.part {
        proof.carriers.keep(part);
    }
    proof
}

impl ContainerArrival {
    fn sees_any(&self) -> bool {
        !self.mounted.is_empty() || !self.bundled.is_empty()
    }
}

/// The volumes that the pods of a `StatefulSet` get from its claims.
fn claims(object: &Object) -> Vec<&str> {
    let claims = object.get(&["spec", "volumeClaimTemplates"]);
    let claims = claims.and_then(Value::as_sequence).into_iter().flatten();
    claims
        .filter_map(|claim| claim.get("metadata")?.get("name")?.as_str())
        .collect()
}

impl Proof {
    /// Judges the templates in an object's texts. Gives the kinds and names of what their pods refer to.
    fn add_templates(&mut self, object: &Object) -> Vec<(&'static str, String)> {
        let found = Templates::of(object);
        let mut references = Vec::new();
        for (place, pod) in found.pods {
            references.extend(pods::references(&pod.spec));
            self.add_task_pod(PodPlace::Template(place), &pod.spec);
        }
        self.blank.extend(found.blank);
        self.broken.extend(found.broken);
        references
    }

    /// What a task pod mounts is a file of its user's, even if a pod stands in it.
    fn leave_out_files_of_tasks(&mut self, mounted: &[(&'static str, String)]) {
        let is_file = |text: &TextPlace| text.is_among(mounted);
        self.task_pods.retain(|pod| match &pod.place {
            PodPlace::Template(place) => !is_file(&place.text),
            PodPlace::Workload { .. } | PodPlace::Values(_) => true,
        });
        self.broken.retain(|broken| !is_file(&broken.place));
    }

    /// Judges a pod spec that tasks are to run in. The agent runs the task in the first container.
    pub fn add_task_pod(&mut self, place: PodPlace, spec: &Value) {
        let first = |containers: &[ContainerArrival]| {
            let first = containers.iter().position(|one| !one.is_init);
            Main::Each(first.into_iter().collect())
        };
        let arrival = self.arrival(place, spec, &[], first);
        self.task_pods.push(arrival);
    }

    fn arrival(
        &mut self,
        place: PodPlace,
        spec: &Value,
        elsewhere: &[&str],
        main: impl Fn(&[ContainerArrival]) -> Main,
    ) -> Arrival {
        let view = pods::view(spec, elsewhere, &self.carriers);
        self.report(&place, &view);
        Arrival {
            place,
            main: main(&view.containers),
            containers: view.containers,
            missing_volumes: view.missing,
            is_itself: false,
        }
    }

    fn report(&mut self, place: &PodPlace, view: &PodView) {
        for (volume, object) in &view.dangling {
            let dangling = (place.clone(), volume.clone(), object.clone());
            self.dangling.push(dangling);
        }
        for twice in &view.repeated {
            self.findings.push(Finding::error(
                "pod-has-it-twice",
                format!("{place}: {twice} is there twice; the API server rejects such a pod"),
            ));
        }
        for (volume, file) in &view.clashes {
            self.findings.push(Finding::error(
                "projected-file-clash",
                format!("{place}: two sources of volume {volume} write the file {file}; the last one wins without a word"),
            ));
        }
        for (path, readers, why) in &view.poisons {
            let message = format!(
                "{place}: {path} makes the whole bundle unreadable for {}, so clients trust nothing with it ({why})",
                shown(readers)
            );
            let code = "mounted-file-poisons";
            let is_pythons = readers.contains(&Reader::OpenSsl);
            let finding = if is_pythons {
                Finding::error(code, message)
            } else {
                Finding::warning(code, message)
            };
            self.findings.push(finding.hint(
                "mend the text where it comes from: a value given by --set-file, another values file, or the chart",
            ));
        }
        for (path, readers) in &view.passed_over {
            self.findings.push(
                Finding::warning(
                    "certificate-passed-over",
                    format!("{place}: {} passes over a certificate in {path}, and will not trust what it signed", shown(readers)),
                )
                .hint("write it as a block of its own, BEGIN CERTIFICATE and END CERTIFICATE alone in their lines"),
            );
        }
        for path in &view.ignored {
            self.findings.push(Finding::warning(
                "file-name-ignored",
                format!("{place}: a certificate is mounted as {path}, and update-ca-certificates reads only names that end in .crt"),
            ));
        }
        for (container, path) in &view.unreadable {
            self.findings.push(Finding::warning(
                "file-not-readable",
                format!("{place}: container {container} does not run as root and may not read the certificate {path}: the volume's defaultMode shuts others out"),
            ));
        }
        for (variable, path) in &view.nowhere {
            self.findings.push(
                Finding::warning(
                    "variable-points-nowhere",
                    format!("{place}: {variable} names {path}, and nothing in the manifest puts a file there; clients that read it fail on every connection"),
                )
                .hint(format!("take {variable} out, or mount the bundle there")),
            );
        }
    }
}

/// Readers, in words.
fn shown(readers: &[Reader]) -> String {
    let readers: Vec<String> = readers.iter().map(Reader::to_string).collect();
    readers.join(" and ")
}

#[cfg(test)]
mod tests;
