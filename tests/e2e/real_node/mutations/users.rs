//! Users who are not root, groups, and the modes of files.

use super::Mutation;
use crate::real_node::case::{Case, list};
use serde_json::{Value, json};

pub(super) const ALL: &[Mutation] = &[
    ("user 65532", |case| {
        everyone(case, json!({"runAsUser": 65532}));
    }),
    ("user and group 65532", |case| {
        everyone(case, json!({"runAsUser": 65532, "runAsGroup": 65532}));
    }),
    ("user 65532, files for root alone", |case| {
        everyone(case, json!({"runAsUser": 65532}));
        mode(case, 0o400);
    }),
    ("user 65532, files for root's group", |case| {
        everyone(case, json!({"runAsUser": 65532}));
        mode(case, 0o440);
    }),
    ("user and group 65532, files for root's group", |case| {
        everyone(case, json!({"runAsUser": 65532, "runAsGroup": 65532}));
        mode(case, 0o440);
    }),
    (
        "user and group 65532 who belongs to root's group too",
        |case| {
            everyone(
                case,
                json!({"runAsUser": 65532, "runAsGroup": 65532, "supplementalGroups": [0]}),
            );
            mode(case, 0o440);
        },
    ),
    (
        "user and group 65532, files for root alone, and a group of files",
        |case| {
            everyone(
                case,
                json!({"runAsUser": 65532, "runAsGroup": 65532, "fsGroup": 65532}),
            );
            mode(case, 0o400);
        },
    ),
    ("root, files for root alone", |case| mode(case, 0o400)),
    ("root, a source for nobody", |case| {
        let key = case.key();
        case.source()["configMap"]["items"] = json!([{"key": key, "path": "own.crt", "mode": 0}]);
    }),
    (
        "the task is user 65532, the init container is root",
        |case| case.task()["securityContext"] = json!({"runAsUser": 65532, "runAsGroup": 65532}),
    ),
    ("the task is user 65532, and mounts a part", |case| {
        case.task()["securityContext"] = json!({"runAsUser": 65532, "runAsGroup": 65532});
        let dir = crate::real_node::case::BUNDLE_DIR;
        crate::real_node::case::mount(case.task(), dir)["subPath"] = "part".into();
        crate::real_node::case::mount(case.maker(), dir)["subPath"] = "part".into();
    }),
    (
        "the task's root is read-only, but for its temporary files",
        |case| {
            case.volumes().push(json!({"name": "tmp", "emptyDir": {}}));
            list(case.task(), "volumeMounts").push(json!({"name": "tmp", "mountPath": "/tmp"}));
            case.task()["securityContext"] = json!({"readOnlyRootFilesystem": true});
        },
    ),
    (
        "the init container is user 65532, files for root alone",
        |case| {
            case.maker()["securityContext"] = json!({"runAsUser": 65532, "runAsGroup": 65532});
            mode(case, 0o400);
        },
    ),
    ("a bundle that only its maker may read", |case| {
        case.maker()["command"] = json!(["/bin/sh", "-c", "umask 077; update-ca-certificates"]);
        case.task()["securityContext"] = json!({"runAsUser": 65532, "runAsGroup": 65532});
    }),
];

fn everyone(case: &mut Case, context: Value) {
    case.spec["securityContext"] = context;
}

fn mode(case: &mut Case, mode: u32) {
    case.volume()["projected"]["defaultMode"] = mode.into();
}
