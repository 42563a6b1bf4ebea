//! Entry point: parse, run, exit code.

use std::process::ExitCode;

use clap::Parser as _;
use helm_clearml_certs::{cli::Cli, commands, exit, ui::Screen};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() {
                exit::ExitCode::Usage
            } else {
                exit::ExitCode::Done
            };
            let _ = error.print();
            return code.into();
        }
    };
    let mut screen = Screen::default();
    match commands::run(&cli, &mut screen) {
        Ok(code) => code.into(),
        Err(error) => {
            screen.error(&error);
            exit::code_of(&error).into()
        }
    }
}
