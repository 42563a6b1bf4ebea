//! What shells and Helm read to complete our command line.

use clap::{Command, ValueEnum};

/// The shells that can be taught.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lower")]
pub enum Shell {
    /// GNU Bash, 4 or newer.
    Bash,
    /// Z shell.
    Zsh,
    /// fish.
    Fish,
    /// Windows PowerShell, or PowerShell Core.
    PowerShell,
}

/// The script that teaches a shell to complete the binary's own name. `helm clearml-certs` is completed by Helm's script,
/// through `plugin.complete`.
#[must_use]
pub fn script(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => include_str!("completion.bash"),
        Shell::Zsh => include_str!("completion.zsh"),
        Shell::Fish => include_str!("completion.fish"),
        Shell::PowerShell => include_str!("completion.ps1"),
    }
}

/// Helm's `completion.yaml`. It names the commands and nothing else: Helm takes every flag that stands there for one without
/// a value, and would never ask us for the values then.
#[must_use]
pub fn static_file(command: &Command) -> String {
    let commands = command.get_subcommands().filter(|one| !one.is_hide_set());
    let names: Vec<String> = commands
        .map(|one| format!("  - name: {}\n", one.get_name()))
        .collect();
    format!(
        "# Written from the command line's definition; tests/completion.rs tells when it is out of date. Flags and values come\n\
         # from plugin.complete: a flag that stood here would be one without a value to Helm.\n\
         name: clearml-certs\n\
         commands:\n{}",
        names.concat()
    )
}
