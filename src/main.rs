//! Entry point: parse, run, exit code.

use std::process::ExitCode;

use clap::Parser as _;
use helm_clearml_certs::{
    cli::{COMPLETE, Cli},
    commands, exit, installation,
    ui::Screen,
};

fn main() -> ExitCode {
    let screen = Screen::default();
    let folder = std::env::var_os("HELM_PLUGIN_DIR");
    if let Some(warning) = folder.and_then(|folder| installation::version_warning(folder.as_ref()))
    {
        screen.note(&warning);
    }
    let mut words = std::env::args_os()
        .skip(1)
        .map(|word| word.to_string_lossy().into_owned());
    if words.next().is_some_and(|first| first == COMPLETE) {
        let words: Vec<String> = words.collect();
        return commands::complete(&words, &screen).into();
    }
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
    match commands::run(&cli, &screen) {
        Ok(code) => code.into(),
        Err(error) => {
            screen.ending(&error);
            exit::code_of(&error).into()
        }
    }
}
