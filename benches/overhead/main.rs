//! Our own time on top of Helm's, for one `install --dry-run` of an upgrade.
//!
//! A helm, and a kubectl, that only print answers they have ready take the real ones' places. What the plugin takes longer
//! than these answers alone is its own time; beside it stands what the real `helm template` takes, in the same run.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking, and prints its result"
)]

#[cfg(unix)]
mod unix;

#[cfg(unix)]
fn main() {
    unix::main();
}

#[cfg(windows)]
fn main() {
    println!("not measured here: it takes shell scripts");
}
