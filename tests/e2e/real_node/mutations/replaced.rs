//! Bundles that are mounted whole.

use super::Mutation;
use crate::real_node::case::{BUNDLE, BUNDLE_DIR, Case, mount, without_mount};
use serde_json::{Value, json};

pub(super) const ALL: &[Mutation] = &[
    ("the task does not mount it", |case| {
        without_mount(case.task(), BUNDLE);
    }),
    ("the task mounts it elsewhere", |case| {
        mount(case.task(), BUNDLE)["mountPath"] = "/srv/ca.crt".into();
    }),
    (
        "the task mounts it elsewhere, and its variables follow",
        |case| {
            mount(case.task(), BUNDLE)["mountPath"] = "/srv/ca.crt".into();
            case.variables()
                .for_each(|one| one["value"] = "/srv/ca.crt".into());
        },
    ),
    ("the task mounts another part", |case| {
        mount(case.task(), BUNDLE)["subPath"] = "another.crt".into();
    }),
    ("the task mounts all of it as the file", |case| {
        without_sub_path(case, BUNDLE);
    }),
    ("the task mounts all of it as the folder", |case| {
        without_sub_path(case, BUNDLE_DIR);
    }),
    (
        "the task mounts all of it as the folder, under another name",
        |case| {
            without_sub_path(case, BUNDLE_DIR);
            case.rename_key("bundle.pem");
        },
    ),
    ("another key, and the mount follows", |case| {
        case.rename_key("bundle.pem");
        mount(case.task(), BUNDLE)["subPath"] = "bundle.pem".into();
    }),
    ("another key", |case| case.rename_key("bundle.pem")),
    ("another key, with a path for it", |case| {
        case.rename_key("bundle.pem");
        case.volume()["configMap"]["items"] =
            json!([{"key": "bundle.pem", "path": "ca-certificates.crt"}]);
    }),
    ("the volume is missing", |case| {
        let name = case.volume()["name"].clone();
        case.volumes().retain(|one| one["name"] != name);
    }),
    ("the object is missing", |case| {
        *case.carrier() = Value::Null;
    }),
    ("the object is missing, and may be", |case| {
        case.volume()["configMap"]["optional"] = true.into();
        *case.carrier() = Value::Null;
    }),
    ("user and group 65532", |case| {
        case.spec["securityContext"] = json!({"runAsUser": 65532, "runAsGroup": 65532});
    }),
    ("user 65532, a file for root alone", |case| {
        case.spec["securityContext"] = json!({"runAsUser": 65532});
        case.volume()["configMap"]["defaultMode"] = 0o400.into();
    }),
    ("user 65532, a file for root's group", |case| {
        case.spec["securityContext"] = json!({"runAsUser": 65532});
        case.volume()["configMap"]["defaultMode"] = 0o440.into();
    }),
    (
        "user and group 65532, a file for root alone, and a group of files",
        |case| {
            case.spec["securityContext"] =
                json!({"runAsUser": 65532, "runAsGroup": 65532, "fsGroup": 65532});
            case.volume()["configMap"]["defaultMode"] = 0o400.into();
        },
    ),
    (
        "an init container makes the bundle anew, in its own image",
        |case| {
            let image = crate::support::real_node::DEBIAN_13;
            case.inits().push(
                json!({"name": "maker", "image": image, "command": ["update-ca-certificates"]}),
            );
        },
    ),
    ("the mount may be written to", |case| {
        mount(case.task(), BUNDLE)["readOnly"] = false.into();
    }),
];

fn without_sub_path(case: &mut Case, path: &str) {
    let one = mount(case.task(), BUNDLE);
    one["mountPath"] = path.into();
    one.as_object_mut().unwrap().remove("subPath");
}
