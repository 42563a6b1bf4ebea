//! Ctrl-C and SIGTERM: noted, and acted on between two steps, never in the middle of one.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result};

use crate::exit::Stop;

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Starts noting signals. A helm that runs gets a terminal's Ctrl-C by itself; we wait for it.
///
/// # Errors
/// The system refuses the handler.
pub fn watch() -> Result<()> {
    ctrlc::set_handler(|| REQUESTED.store(true, Ordering::SeqCst))
        .context("cannot watch for Ctrl-C")
}

/// Whether the user asked to stop.
#[must_use]
pub fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}

/// Ends the run if the user asked to stop.
///
/// # Errors
/// A [`Stop`] with exit code 130.
pub fn check() -> Result<(), Stop> {
    if requested() {
        Err(Stop::interrupted("interrupted; nothing was changed"))
    } else {
        Ok(())
    }
}
