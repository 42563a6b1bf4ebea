//! Images that are not Debian's: the bundle at the paths where those look for it.

use std::path::Path as FilePath;

use anyhow::Result;
use serde_yaml::Value;

use super::recipe::{BUNDLE_FILE, BUNDLE_VOLUME, REPLACED_VOLUME, file_mount, mount_path, name_of};
use super::{Shape, both};
use crate::overrides::{list_at, remove_items};
use crate::trust_store::{OTHER_BUNDLE_FILES, base_name};
use crate::vendor::{PodList, TaskPodKeys};
use crate::yaml::{Document, Path};

/// Which images tasks run in, by where these look for the bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Distros {
    /// Those that read /etc/ssl/certs, as Debian's and Ubuntu's do.
    Debian,
    /// Those of the Red Hat family and of Alpine too, at whose paths the bundle is mounted as well.
    Any,
}

/// The mounts of the whole bundle at the paths of other distributions. `subPath` leaves what else is in those folders seen.
pub(super) fn mounts(shape: &Shape<'_>) -> [Value; OTHER_BUNDLE_FILES.len()] {
    let (volume, file) = match shape {
        Shape::Appended(_) => (BUNDLE_VOLUME, base_name(BUNDLE_FILE)),
        Shape::Replaced(_, key) => (REPLACED_VOLUME, *key),
    };
    OTHER_BUNDLE_FILES.map(|path| file_mount(volume, path, file))
}

/// Whether it is one of those, of this shape of the recipe or the other.
pub(super) fn is_mount(mount: &Value) -> bool {
    OTHER_BUNDLE_FILES.contains(&mount_path(mount))
        && matches!(name_of(mount), Some(BUNDLE_VOLUME | REPLACED_VOLUME))
}

/// Takes out the mounts at the paths of other distributions.
pub(super) fn take_out(document: &mut Document, path: &Path) -> Result<()> {
    for mounts in both(path, PodList::VolumeMounts) {
        remove_items(document, &mounts, is_mount)?;
    }
    Ok(())
}

/// The mount that a path lies in.
pub(super) fn covering<'a>(mounts: &'a [Value], path: &str) -> Option<&'a Value> {
    let path = FilePath::new(path);
    mounts
        .iter()
        .find(|mount| path.starts_with(mount_path(mount)))
}

/// Which images the base template is for as the document has it, where that can be told: a part of the mounts may be
/// somebody's own work, which is neither completed nor taken out.
///
/// # Errors
/// What stands there is no pod template.
pub fn standing_distros(
    document: &Document,
    keys: Option<&TaskPodKeys>,
) -> Result<Option<Distros>> {
    let mut mounts = Vec::new();
    for list in keys
        .into_iter()
        .flat_map(|keys| both(&Path::from(keys.base), PodList::VolumeMounts))
    {
        mounts.extend(list_at(document, &list)?);
    }
    let are_all_there = OTHER_BUNDLE_FILES
        .iter()
        .all(|path| covering(&mounts, path).is_some());
    Ok((are_all_there && mounts.iter().any(is_mount)).then_some(Distros::Any))
}

#[cfg(test)]
mod tests {
    use super::super::{
        IMAGE_UNKNOWN, ProjectedSource, Queues, Variables, Wanted, clear, template,
    };
    use super::*;
    use crate::finding::Finding;
    use crate::vendor::Component;

    const QUEUE: &str = "\
agentk8sglue:
  queues:
    gpu:
      templateOverrides:
        volumes: [{name: shm, emptyDir: {medium: Memory}}]
        volumeMounts:
          - {name: shm, mountPath: /dev/shm}
";
    const REPLACED: Shape<'static> = Shape::Replaced("a-ca-bundle", "bundle.pem");

    fn keys() -> &'static TaskPodKeys {
        Component::Agent.documented().task_pods.as_ref().unwrap()
    }

    fn source() -> [ProjectedSource; 1] {
        [ProjectedSource {
            config_map: "a-custom-ca-0".to_owned(),
            item: None,
        }]
    }

    fn edit(text: &str, shape: Shape<'_>, distros: Distros, adds: bool) -> (String, Vec<Finding>) {
        let mut document = Document::parse(text).unwrap();
        let wanted = Wanted {
            shape,
            ours: &["a-custom-ca-0".to_owned()],
            image: Some(IMAGE_UNKNOWN),
            image_chosen: false,
            variables: Variables::All,
            distros: Some(distros),
            sources_volume: keys().sources_volume,
            queues: Queues::All,
            adds,
            values: &Value::Null,
        };
        let findings = template(&mut document, "f.yaml", keys(), &wanted).unwrap();
        (document.into_text(), findings)
    }

    /// The mounts of the whole bundle in the base template's list and the queue's, as volume, path and file.
    fn mounted(text: &str) -> [Vec<String>; 2] {
        let value: Value = serde_yaml::from_str(text).unwrap();
        let agent = &value["agentk8sglue"];
        let queue = &agent["queues"]["gpu"]["templateOverrides"];
        [&agent["basePodTemplate"], queue].map(|template| {
            let lists = ["volumeMounts", "extraVolumeMounts"].map(|list| template.get(list));
            let mounts = lists.into_iter().flatten().filter_map(Value::as_sequence);
            let mounts = mounts.flatten().filter(|one| one.get("subPath").is_some());
            mounts
                .map(|one| {
                    ["name", "mountPath", "subPath"]
                        .map(|field| one[field].as_str().unwrap())
                        .join(" ")
                })
                .collect()
        })
    }

    #[test]
    fn the_bundle_is_mounted_file_by_file_in_the_base_and_in_what_a_queue_replaces() {
        let appended = [
            "etc-ssl-certs /etc/ssl/cert.pem ca-certificates.crt",
            "etc-ssl-certs /etc/pki/tls/certs/ca-bundle.crt ca-certificates.crt",
            "etc-ssl-certs /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem ca-certificates.crt",
        ];
        for adds in [false, true] {
            let (text, findings) = edit(QUEUE, Shape::Appended(&source()), Distros::Any, adds);
            assert!(findings.is_empty(), "{findings:?}");
            assert_eq!(mounted(&text), [appended, appended]);
            let again = edit(&text, Shape::Appended(&source()), Distros::Any, adds).0;
            assert_eq!(again, text);
        }
        let (text, _) = edit(QUEUE, REPLACED, Distros::Any, false);
        let replaced = "clearml-ca-bundle /etc/ssl/cert.pem bundle.pem";
        assert!(
            mounted(&text)
                .iter()
                .all(|all| all[0] == replaced && all.len() == 4),
            "{text}"
        );
    }

    #[test]
    fn a_file_learns_it_and_forgets_it_again_to_the_byte() {
        for adds in [false, true] {
            for shape in [|| Shape::Appended(const { &[] }), || REPLACED] {
                let (debian, _) = edit(QUEUE, shape(), Distros::Debian, adds);
                let (any, _) = edit(&debian, shape(), Distros::Any, adds);
                assert_ne!(any, debian);
                assert_eq!(edit(&any, shape(), Distros::Debian, adds).0, debian);
                let of = |text: &str| {
                    let document = Document::parse(text).unwrap();
                    standing_distros(&document, Some(keys())).unwrap()
                };
                assert_eq!((of(&debian), of(&any)), (None, Some(Distros::Any)));
                // One that is missing is somebody's decision.
                let fewer = any.replace(OTHER_BUNDLE_FILES[0], "/elsewhere.pem");
                assert_eq!(of(&fewer), None);
            }
        }
    }

    #[test]
    fn it_goes_with_the_recipe_and_when_the_shape_is_another() {
        let (any, _) = edit(QUEUE, Shape::Appended(&source()), Distros::Any, false);
        let (replaced, _) = edit(&any, REPLACED, Distros::Any, false);
        assert!(!replaced.contains("etc-ssl-certs"), "{replaced}");
        for text in [any, replaced] {
            let mut document = Document::parse(&text).unwrap();
            clear(&mut document, keys(), &["a-custom-ca-0".to_owned()]).unwrap();
            assert_eq!(document.text(), QUEUE);
        }
    }

    #[test]
    fn what_the_user_mounts_there_or_above_stays_and_is_told() {
        for (theirs, kept) in [
            ("/etc/ssl/cert.pem", 1),
            ("/etc/pki/tls/certs/", 1),
            ("/etc/pki", 2),
            ("/etc/pki/ca-trust/source/anchors", 0),
        ] {
            let line = format!("      - {{name: mine, mountPath: {theirs}}}\n");
            let users = format!("agentk8sglue:\n  basePodTemplate:\n    volumeMounts:\n{line}");
            let (text, findings) = edit(&users, Shape::Appended(&source()), Distros::Any, false);
            assert!(text.contains(&line), "{text}");
            assert_eq!(mounted(&text)[0].len(), 3 - kept, "{text}");
            let told = findings.iter().filter(|one| one.code == "mount-kept");
            assert_eq!(told.count(), kept, "{findings:?}");
            assert!(
                findings
                    .iter()
                    .all(|one| one.message.starts_with("f.yaml:4: ")),
                "{findings:?}"
            );
            assert_eq!(
                edit(&text, Shape::Appended(&source()), Distros::Debian, false).1,
                []
            );
        }
    }
}
