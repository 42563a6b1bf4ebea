//! The reference page, from the command line's own definition.

use std::fmt::Write as _;

use clap::{Arg, Command};

/// `docs/reference.md`.
pub fn page(mut program: Command) -> String {
    program.build();
    let mut page = String::from(
        "# Reference\n\nEvery command and option, as `--help` has them. Helm's own flags (`-n`, `--kube-context`, `--kubeconfig`, \
         `--debug`, …)\nwork anywhere on the line; what follows `--` is handed to Helm.\n",
    );
    for command in program.get_subcommands().filter(|one| is_shown(one)) {
        section(&mut page, command);
    }
    page
}

fn is_shown(command: &Command) -> bool {
    !command.is_hide_set() && command.get_name() != "help"
}

fn section(page: &mut String, command: &Command) {
    let about = command.get_about().map(ToString::to_string);
    let _ = write!(
        page,
        "\n## {}\n\n{}.\n\n```text\n{}\n```\n",
        command.get_name(),
        about.unwrap_or_default(),
        usage(command)
    );
    let mut headings: Vec<Option<&str>> = vec![None];
    for argument in arguments(command) {
        let heading = argument.get_help_heading();
        if !headings.contains(&heading) {
            headings.push(heading);
        }
    }
    for heading in headings {
        let rows: Vec<String> = arguments(command)
            .filter(|one| one.get_help_heading() == heading)
            .map(row)
            .collect();
        if rows.is_empty() {
            continue;
        }
        if let Some(heading) = heading {
            let _ = write!(page, "\n**{heading}**\n");
        }
        let _ = write!(page, "\n| | |\n| --- | --- |\n{}\n", rows.join("\n"));
    }
    if let Some(codes) = command.get_after_long_help() {
        let _ = write!(page, "\n{}\n", codes.to_string().trim());
    }
}

fn usage(command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    usage.trim_start_matches("Usage:").trim().to_owned()
}

fn arguments(command: &Command) -> impl Iterator<Item = &Arg> {
    command
        .get_arguments()
        .filter(|one| !one.is_hide_set() && one.get_id() != "help")
}

fn row(argument: &Arg) -> String {
    let help = argument
        .get_long_help()
        .or(argument.get_help())
        .map(ToString::to_string)
        .unwrap_or_default();
    let mut meaning = help.trim().to_owned();
    let takes_value = argument.get_action().takes_values();
    let values: Vec<String> = argument
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| match value.get_help() {
            Some(help) => format!("`{}` ({help})", value.get_name()),
            None => format!("`{}`", value.get_name()),
        })
        .collect();
    if takes_value && !values.is_empty() {
        let _ = write!(meaning, ": {}", values.join(", "));
    }
    let defaults: Vec<String> = argument
        .get_default_values()
        .iter()
        .map(|value| format!("`{}`", value.to_string_lossy()))
        .collect();
    if takes_value && !defaults.is_empty() {
        let _ = write!(meaning, ". Default: {}", defaults.join(", "));
    }
    format!(
        "| `{}` | {} |",
        name(argument).replace('|', "\\|"),
        meaning.replace('|', "\\|")
    )
}

fn name(argument: &Arg) -> String {
    let value = argument
        .get_value_names()
        .map(|names| {
            names
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" ")
        })
        .filter(|_| argument.get_action().takes_values());
    let flags: Vec<String> = [
        argument.get_short().map(|short| format!("-{short}")),
        argument.get_long().map(|long| format!("--{long}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    match (flags.is_empty(), value) {
        (true, value) if argument.is_last_set() => format!("-- {}", value.unwrap_or_default()),
        (true, value) => value.unwrap_or_default(),
        (false, Some(value)) => format!("{} {value}", flags.join(", ")),
        (false, None) => flags.join(", "),
    }
}
