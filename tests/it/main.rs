//! The tests that need neither a cluster nor a scripted helm. One binary, so that they are linked once and run side by side.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

#[macro_use]
#[path = "../support/mod.rs"]
mod support;
mod yaml_support;

#[cfg(unix)]
mod agreement;
mod aliases;
mod artifact_hub;
mod atomic_writes;
mod causes;
mod certificates_lints;
mod completion;
mod dependencies;
mod docs;
mod docs_pages;
mod doctor;
mod export;
mod files;
mod findings;
mod fleet;
#[cfg(unix)]
mod guided;
mod guides;
mod held;
mod help;
mod inside_objects;
mod inspect;
mod install;
mod json;
mod no_values_file;
#[cfg(unix)]
mod packaging;
#[cfg(unix)]
mod packaging_downloads;
#[cfg(unix)]
mod packaging_image;
#[cfg(unix)]
mod packaging_signed;
mod planted;
mod probe;
#[cfg(unix)]
mod progress;
mod promises;
mod proof;
mod prune;
mod readme;
mod removal;
mod render;
#[cfg(unix)]
mod screens;
#[cfg(unix)]
mod sources;
mod status;
mod structure;
mod task_pods;
mod umbrella;
mod vendors_page;
mod yaml_as_helm;
mod yaml_cases;
mod yaml_edits;
mod yaml_properties;
mod yaml_refusals;
mod yaml_suite;
