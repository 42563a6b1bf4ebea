//! What makes the bundle: not there, in another order, by another command, as another user.

use super::Mutation;
use crate::real_node::case::{Case, SOURCES, list, without_mount};
use serde_json::{Value, json};

pub(super) const ALL: &[Mutation] = &[
    ("none", |case| {
        let maker = case.maker()["name"].clone();
        case.inits().retain(|one| one["name"] != maker);
    }),
    ("does something else", |case| {
        command(case, &["/bin/sh", "-c", "true"]);
    }),
    ("speaks of the update", |case| {
        command(case, &["/bin/sh", "-c", "echo update-ca-certificates"]);
    }),
    ("speaks of the update, without a shell", |case| {
        command(case, &["echo", "update-ca-certificates"]);
    }),
    ("has the update as a word that nobody reads", |case| {
        command(case, &["/bin/sh", "-c", "true", "update-ca-certificates"]);
    }),
    ("is the program itself", |case| {
        command(case, &["update-ca-certificates"]);
    }),
    ("is the program by its path, with an option", |case| {
        command(case, &["/usr/sbin/update-ca-certificates", "--fresh"]);
    }),
    ("has it as its arguments", |case| {
        case.maker().as_object_mut().unwrap().remove("command");
        case.maker()["args"] = json!(["update-ca-certificates"]);
    }),
    (
        "has a shell as its command and a script as its arguments",
        |case| {
            command(case, &["/bin/bash", "-ec"]);
            case.maker()["args"] = json!(["umask 022\nupdate-ca-certificates --verbose"]);
        },
    ),
    ("asks for help", |case| {
        command(case, &["update-ca-certificates", "--help"]);
    }),
    ("writes elsewhere", |case| {
        command(
            case,
            &[
                "/bin/sh",
                "-c",
                "mkdir /x && update-ca-certificates --etccertsdir /x",
            ],
        );
    }),
    ("reads elsewhere", |case| {
        command(case, &["update-ca-certificates", "--localcertsdir", "/srv"]);
    }),
    ("goes on only after a failure", |case| {
        command(case, &["/bin/sh", "-c", "true || update-ca-certificates"]);
    }),
    ("in a condition", |case| {
        command(
            case,
            &[
                "/bin/sh",
                "-c",
                "if command -v update-ca-certificates; then update-ca-certificates; fi",
            ],
        );
    }),
    ("as user 65532", |case| {
        case.maker()["securityContext"] = json!({"runAsUser": 65532, "runAsNonRoot": true});
    }),
    ("as user and group 65532", |case| {
        case.maker()["securityContext"] = json!({"runAsUser": 65532, "runAsGroup": 65532});
    }),
    ("without capabilities", |case| {
        case.maker()["securityContext"] = json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}});
    }),
    (
        "with a root that is read-only, but for its temporary files",
        |case| {
            case.volumes().push(json!({"name": "tmp", "emptyDir": {}}));
            list(case.maker(), "volumeMounts").push(json!({"name": "tmp", "mountPath": "/tmp"}));
            case.maker()["securityContext"] = json!({"readOnlyRootFilesystem": true});
        },
    ),
    ("with a root that is read-only", |case| {
        case.maker()["securityContext"] = json!({"readOnlyRootFilesystem": true});
    }),
    ("once more, without the sources", |case| {
        let mut again = case.maker().clone();
        again["name"] = "again".into();
        without_mount(&mut again, SOURCES);
        case.inits().push(again);
    }),
    ("first without the sources, then with them", |case| {
        let mut before = case.maker().clone();
        before["name"] = "before".into();
        without_mount(&mut before, SOURCES);
        case.inits().insert(0, before);
    }),
    ("the order of the init containers turned round", |case| {
        let plain = case.maker()["image"].clone();
        case.inits()
            .push(json!({"name": "last", "image": plain, "command": ["true"]}));
        case.inits().reverse();
    }),
];

fn command(case: &mut Case, words: &[&str]) {
    case.maker()["command"] = words.iter().copied().map(Value::from).collect();
}
