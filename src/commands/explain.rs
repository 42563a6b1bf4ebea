//! `explain`: what a finding or an exit code means, and what to do about it; nothing is asked but the program itself.

use anyhow::Result;

use crate::cli::ExplainArgs;
use crate::exit::{self, ExitCode, Stop};
use crate::finding;
use crate::ui::Screen;

pub(super) fn run(arguments: &ExplainArgs, screen: &Screen) -> Result<ExitCode> {
    if arguments.codes.is_empty() {
        screen.codes(finding::register(), exit::register());
        return Ok(ExitCode::Done);
    }
    for (index, word) in arguments.codes.iter().enumerate() {
        if index > 0 {
            screen.result("");
        }
        match exit::register().find(|(code, _)| code == word) {
            Some((code, meaning)) => screen.exit_code(code, meaning),
            None => screen.explained(&finding::explain(word).map_err(Stop::usage)?),
        }
    }
    Ok(ExitCode::Done)
}
