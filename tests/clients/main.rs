//! What is said of certificates and clients is what OpenSSL and the clients themselves say.
//!
//! This binary has a `main` of its own, so that what is not on this machine shows as an ignored test.

#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::too_many_lines,
    clippy::unnecessary_wraps,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

#[macro_use]
#[path = "../support/mod.rs"]
mod support;
mod verdicts_support;

mod certificates_facts;
mod certificates_verdicts;
mod pem_readers;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let trials = [
        certificates_facts::trials(),
        certificates_verdicts::trials(),
        pem_readers::trials(),
    ];
    libtest_mimic::run(
        &Arguments::from_args(),
        trials.into_iter().flatten().collect(),
    )
    .exit_code()
}
