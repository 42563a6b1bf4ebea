//! Mounts: dropped, renamed, elsewhere, of a part, read-only.

use super::Mutation;
use crate::real_node::case::{BUNDLE, BUNDLE_DIR, Case, SOURCES, list, mount, without_mount};
use serde_json::json;

pub(super) const ALL: &[Mutation] = &[
    ("the task does not mount the bundle", |case| {
        without_mount(case.task(), BUNDLE_DIR);
    }),
    ("the task mounts it elsewhere", |case| {
        mount(case.task(), BUNDLE_DIR)["mountPath"] = "/trust".into();
    }),
    (
        "the task mounts it elsewhere, and its variables follow",
        |case| {
            mount(case.task(), BUNDLE_DIR)["mountPath"] = "/trust".into();
            case.variables()
                .for_each(|one| one["value"] = "/trust/ca-certificates.crt".into());
        },
    ),
    ("mount paths end in a slash", |case| {
        mount(case.task(), BUNDLE_DIR)["mountPath"] = "/etc/ssl/certs/".into();
        mount(case.maker(), BUNDLE_DIR)["mountPath"] = "/etc/ssl/certs/".into();
    }),
    ("the task mounts another, empty volume", |case| {
        case.volumes()
            .push(json!({"name": "another", "emptyDir": {}}));
        mount(case.task(), BUNDLE_DIR)["name"] = "another".into();
    }),
    (
        "the task mounts a volume that the pod does not have",
        |case| mount(case.task(), BUNDLE_DIR)["name"] = "nobodys".into(),
    ),
    ("the volume has another name, everywhere", |case| {
        for container in [true, false] {
            let one = if container { case.task() } else { case.maker() };
            mount(one, BUNDLE_DIR)["name"] = "renamed".into();
        }
        case.volumes()
            .push(json!({"name": "renamed", "emptyDir": {}}));
    }),
    ("both mount one part of it", |case| {
        mount(case.task(), BUNDLE_DIR)["subPath"] = "part".into();
        mount(case.maker(), BUNDLE_DIR)["subPath"] = "part".into();
    }),
    ("the init container mounts a part of it", |case| {
        mount(case.maker(), BUNDLE_DIR)["subPath"] = "part".into();
    }),
    ("the task mounts a part of it", |case| {
        mount(case.task(), BUNDLE_DIR)["subPath"] = "part".into();
    }),
    ("the task mounts its file alone", |case| {
        let one = mount(case.task(), BUNDLE_DIR);
        one["mountPath"] = BUNDLE.into();
        one["subPath"] = "ca-certificates.crt".into();
    }),
    ("the task mounts a file of it that is not there", |case| {
        let one = mount(case.task(), BUNDLE_DIR);
        one["mountPath"] = BUNDLE.into();
        one["subPath"] = "nothing.crt".into();
    }),
    ("the init container may not write to it", |case| {
        mount(case.maker(), BUNDLE_DIR)["readOnly"] = true.into();
    }),
    ("the task may not write to it", |case| {
        mount(case.task(), BUNDLE_DIR)["readOnly"] = true.into();
    }),
    ("both mount it one folder above", |case| {
        mount(case.task(), BUNDLE_DIR)["mountPath"] = "/etc/ssl".into();
        mount(case.maker(), BUNDLE_DIR)["mountPath"] = "/etc/ssl".into();
    }),
    ("the init container mounts it one folder below", |case| {
        mount(case.maker(), BUNDLE_DIR)["mountPath"] = "/etc/ssl/certs/own".into();
    }),
    ("the init container does not mount the sources", |case| {
        without_mount(case.maker(), SOURCES);
    }),
    ("the init container mounts the sources elsewhere", |case| {
        mount(case.maker(), SOURCES)["mountPath"] = "/sources".into();
    }),
    ("the sources are mounted one folder below", |case| {
        mount(case.maker(), SOURCES)["mountPath"] = "/usr/local/share/ca-certificates/own".into();
    }),
    (
        "the sources are mounted where the distribution has its own",
        |case| mount(case.maker(), SOURCES)["mountPath"] = "/usr/share/ca-certificates/own".into(),
    ),
    ("one source is mounted as a file", |case| {
        one_file(case, ".crt");
    }),
    ("one source is mounted as a file without .crt", |case| {
        one_file(case, "");
    }),
    ("a mount is there twice", |case| {
        let again = mount(case.task(), BUNDLE_DIR).clone();
        list(case.task(), "volumeMounts").push(again);
    }),
    ("another volume lies over the bundle's file", |case| {
        over(case, BUNDLE);
    }),
    ("another volume lies below the bundle's folder", |case| {
        over(case, "/etc/ssl/certs/java");
    }),
    ("another volume is mounted one folder above", |case| {
        over(case, "/etc/ssl");
    }),
];

/// The source's file alone, mounted with the ending `end`.
fn one_file(case: &mut Case, end: &str) {
    let key = case.key();
    let path = match case.source()["configMap"]["items"].get(0) {
        Some(item) => item["path"].as_str().unwrap().to_owned(),
        None => key,
    };
    let one = mount(case.maker(), SOURCES);
    one["mountPath"] = format!("{SOURCES}/single{end}").into();
    one["subPath"] = path.into();
}

/// The task mounts an empty volume at `path` too.
fn over(case: &mut Case, path: &str) {
    case.volumes()
        .push(json!({"name": "another", "emptyDir": {}}));
    list(case.task(), "volumeMounts").push(json!({"name": "another", "mountPath": path}));
}
