//! Ctrl-C and SIGTERM: noted, handed on to what we started, and acted on between two steps, never in the middle of one. A second one
//! ends what we started by force. The end of the helm that called us counts as one, too: nobody waits for us any more.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::environment::variable;
use crate::exit::Stop;
use crate::platform::{ask_to_end, end_by_force, parent};

/// How many signals came.
static SIGNALS: AtomicU32 = AtomicU32::new(0);

/// The helm that called us; 0 where none did.
static CALLER: AtomicU32 = AtomicU32::new(0);

static CHILDREN: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// Whether a question waits for a key.
static ASKING: AtomicBool = AtomicBool::new(false);

/// How long a question may take to notice a signal before it is sent once more.
const AGAIN: Duration = Duration::from_millis(50);

/// How often a pause looks whether somebody wants to leave.
const NAP: Duration = Duration::from_millis(50);

/// A question waits for a key while this lives: a signal ends it.
pub(crate) struct Asking;

impl Asking {
    pub(crate) fn begin() -> Self {
        ASKING.store(true, Ordering::SeqCst);
        Self
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        ASKING.store(false, Ordering::SeqCst);
    }
}

/// Starts noting signals.
///
/// # Errors
/// The system refuses the handler.
pub fn watch() -> Result<()> {
    if variable("HELM_PLUGIN_DIR").is_some() {
        CALLER.store(parent(), Ordering::SeqCst);
    }
    ctrlc::set_handler(|| {
        // A terminal's Ctrl-C reaches helm by itself and it heeds only the first; `kill` reaches nobody but us.
        let end = match SIGNALS.fetch_add(1, Ordering::SeqCst) {
            0 => ask_to_end,
            _ => end_by_force,
        };
        children().iter().copied().for_each(end);
        // A signal that comes just before a question begins to wait for its key would not wake it up.
        if ASKING.load(Ordering::SeqCst) {
            std::thread::sleep(AGAIN);
            if ASKING.load(Ordering::SeqCst) {
                ask_to_end(std::process::id());
            }
        }
    })
    .context("cannot watch for Ctrl-C")
}

/// Whether the user asked to stop.
#[must_use]
pub fn requested() -> bool {
    SIGNALS.load(Ordering::SeqCst) > 0 || caller_has_ended()
}

/// Whether the user asked more than once, and wants to wait for nothing.
#[must_use]
pub fn insisted() -> bool {
    SIGNALS.load(Ordering::SeqCst) > 1
}

/// A process whose parent ends gets another one.
fn caller_has_ended() -> bool {
    let caller = CALLER.load(Ordering::SeqCst);
    caller != 0 && parent() != caller
}

/// Waits so long, or until the user asks to stop.
pub fn pause(time: Duration) {
    let until = Instant::now() + time;
    while Instant::now() < until && !requested() {
        std::thread::sleep(NAP);
    }
}

/// Ends the run if the user asked to stop.
///
/// # Errors
/// A [`Stop`] with exit code 130.
pub fn check() -> Result<(), Stop> {
    if requested() {
        Err(nothing_changed())
    } else {
        Ok(())
    }
}

/// How a run ends that was interrupted before its first write.
#[must_use]
pub fn nothing_changed() -> Stop {
    Stop::interrupted("interrupted; nothing was changed")
}

/// Signals are handed on to processes while this lives.
pub(crate) struct HandedOn {
    processes: Vec<u32>,
    /// A process that is started after a signal, to see how things stand, is not meant by it.
    after_signal: bool,
}

impl HandedOn {
    /// To be called before the processes start, so that a signal in between is not lost.
    pub(crate) fn begin() -> Self {
        Self {
            processes: Vec::new(),
            after_signal: requested(),
        }
    }

    /// Registers the processes.
    pub(crate) fn to(&mut self, processes: Vec<u32>) {
        children().extend(&processes);
        if insisted() {
            processes.iter().copied().for_each(end_by_force);
        } else if requested() && !self.after_signal {
            processes.iter().copied().for_each(ask_to_end);
        }
        self.processes = processes;
    }
}

impl Drop for HandedOn {
    fn drop(&mut self) {
        children().retain(|process| !self.processes.contains(process));
    }
}

fn children() -> MutexGuard<'static, Vec<u32>> {
    CHILDREN.lock().unwrap_or_else(PoisonError::into_inner)
}
