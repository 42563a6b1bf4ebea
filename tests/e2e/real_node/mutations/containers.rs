//! More containers than the task's.

use super::Mutation;
use crate::real_node::case::list;
use serde_json::json;

pub(super) const ALL: &[Mutation] = &[
    ("a second one that has nothing", |case| {
        list(&mut case.spec, "containers").push(json!({"name": "second", "image": case.image}));
    }),
    ("a first one that has nothing", |case| {
        let first = json!({"name": "first", "image": case.image});
        list(&mut case.spec, "containers").insert(0, first);
    }),
    ("an init container that has nothing before all", |case| {
        let first = json!({"name": "first", "image": case.image, "command": ["true"]});
        case.inits().insert(0, first);
    }),
];
