//! The plugin against a real Kubernetes API, with both major versions of Helm. Run by `make e2e`.

#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

#[macro_use]
#[path = "../support/mod.rs"]
mod support;

mod admission;
mod apply;
mod conflicts;
mod engines;
mod engines_real;
mod export;
mod faults;
mod fleet;
mod install;
mod playground;
mod preview;
mod real_node;
mod removal;
mod rotation;
mod rules;
mod states;
mod status;
mod umbrella;
mod verify;
