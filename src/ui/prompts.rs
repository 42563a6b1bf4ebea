//! Questions, on stderr so that stdout stays clean.

use std::io::{ErrorKind, IsTerminal as _};

use anyhow::Result;
use console::Term;
use dialoguer::theme::ColorfulTheme;
use dialoguer::{Confirm, Input};

use crate::exit::Stop;

/// Whether there is somebody to ask.
#[must_use]
pub fn is_interactive() -> bool {
    std::io::stdin().is_terminal() && Term::stderr().is_term()
}

/// Asks for a yes; Enter alone means no.
///
/// # Errors
/// Ctrl-C, or the terminal is gone.
pub fn confirm(question: &str) -> Result<bool> {
    let answer = Confirm::with_theme(&ColorfulTheme::default())
        .with_prompt(question)
        .default(false)
        .interact_opt();
    Ok(answered(answer)?.unwrap_or(false))
}

/// Asks for a word.
///
/// # Errors
/// Ctrl-C, or the terminal is gone.
pub fn text(question: &str) -> Result<String> {
    let answer = Input::<String>::with_theme(&ColorfulTheme::default())
        .with_prompt(question)
        .interact_text();
    answered(answer)
}

fn answered<T>(answer: dialoguer::Result<T>) -> Result<T> {
    answer.map_err(|dialoguer::Error::IO(error)| {
        // A prompt hides the cursor while it waits.
        let _ = Term::stderr().show_cursor();
        if error.kind() == ErrorKind::Interrupted {
            Stop::interrupted("interrupted; nothing was changed").into()
        } else {
            error.into()
        }
    })
}
