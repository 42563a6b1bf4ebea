//! The plugin with a helm that does what a script says: how it fails, and what it tells of a release.
//!
//! This binary is also that helm, so it has a `main` of its own.

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

mod aftermath;
mod drift;
mod dry_run;
mod engines;
mod helm_failures;
mod inside_objects;
mod meanwhile;
mod own_namespaces;
mod pasted;
mod places;
mod preview;
#[cfg(unix)]
mod signals;
#[cfg(unix)]
mod status;
mod together;
mod umbrella;
mod verify;
mod words;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    if let Some(code) = support::fake_helm::play() {
        return code;
    }
    let trials = [
        aftermath::trials(),
        drift::trials(),
        dry_run::trials(),
        engines::trials(),
        helm_failures::trials(),
        inside_objects::trials(),
        meanwhile::trials(),
        own_namespaces::trials(),
        pasted::trials(),
        places::trials(),
        preview::trials(),
        #[cfg(unix)]
        signals::trials(),
        #[cfg(unix)]
        status::trials(),
        together::trials(),
        umbrella::trials(),
        verify::trials(),
        words::trials(),
    ];
    libtest_mimic::run(
        &Arguments::from_args(),
        trials.into_iter().flatten().collect(),
    )
    .exit_code()
}
