//! Entry point: parse, run, exit code.

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};
use helm_clearml_certs::{
    cli::{self, COMPLETE, Cli},
    commands, environment, exit, installation, process,
    ui::Screen,
};

fn main() -> ExitCode {
    // It lives as long as the program, and hears of processes that any thread starts.
    let screen: &'static Screen = Box::leak(Box::default());
    let folder = std::env::var_os("HELM_PLUGIN_DIR");
    if let Some(warning) = folder.and_then(|folder| installation::version_warning(folder.as_ref()))
    {
        screen.note(&warning);
    }
    let words = std::env::args_os()
        .skip(1)
        .map(|word| word.to_string_lossy().into_owned());
    let words: Vec<String> = words.collect();
    if let Some((first, rest)) = words.split_first()
        && first == COMPLETE
    {
        return commands::complete(rest, screen).into();
    }
    let cli = match parsed(&words) {
        Ok(cli) => cli,
        Err(error) => return not_understood(&error, &words, screen).into(),
    };
    if is_debugging() {
        process::on_each(|call| screen.traced(call));
    }
    match commands::run(&cli, screen) {
        Ok(code) => code.into(),
        Err(error) => {
            screen.ending(&error);
            exit::code_of(&error).into()
        }
    }
}

/// Whether Helm was told `--debug`: both majors hand that to plugins in a variable.
fn is_debugging() -> bool {
    environment::variable("HELM_DEBUG").is_some_and(|value| value == "true" || value == "1")
}

/// The line as it is, or as the question for help that it is.
fn parsed(words: &[String]) -> Result<Cli, clap::Error> {
    match cli::asks_for_help(words) {
        Some([command, help]) => Cli::try_parse_from(["clearml-certs", &command, &help]),
        None => Cli::try_parse(),
    }
}

/// Says what clap has to say: help and version, or what is wrong with the line.
fn not_understood(error: &clap::Error, words: &[String], screen: &Screen) -> exit::ExitCode {
    // Who types the program's name alone wants to know what it is.
    let is_help = error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    if is_help {
        let _ = Cli::command().print_help();
    } else if error.kind() == ErrorKind::DisplayHelp
        && let Some(mut command) = cli::short_help(words)
    {
        let _ = command.print_help();
    } else if let Some(slip) = cli::slip(error, words) {
        screen.error(&exit::Stop::usage(slip).into());
    } else {
        let _ = error.print();
    }
    if is_help || !error.use_stderr() {
        exit::ExitCode::Done
    } else {
        exit::ExitCode::Usage
    }
}
