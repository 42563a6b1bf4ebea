//! What kind of word is wanted, read from the command line's own definition.

use clap::{Arg, ArgAction, Command};

use super::Candidate;
use crate::finding::{self, Explained};
use crate::vendor::Component;

/// What the word under the cursor is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// One of these.
    OneOf(Vec<Candidate>),
    /// A value that has to be looked up; what stands before it in the same word (`--ca=`) comes back with it.
    Value {
        /// Its kind.
        value: Value,
        /// The part of the word before the value.
        before: String,
        /// The value, as far as it is typed.
        start: String,
    },
}

/// Kinds of values that only the world can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// A source of certificates, with or without an alias.
    Certificates,
    /// A release of this component, or of any.
    Release(Option<Component>),
    /// A namespace.
    Namespace,
    /// A context of the kubeconfig.
    Context,
    /// A values file.
    ValuesFile,
    /// A chart.
    Chart(Option<Component>),
    /// Any file.
    File,
    /// A certificate that an override file has.
    Alias,
    /// A queue of tasks.
    Queue,
}

/// What the last of `words` is to be, given those before it; `namespace` is the one that Helm took off the line.
#[must_use]
pub fn wanted(command: &Command, words: &[String], namespace: &str) -> Wanted {
    let Some((typed, before)) = words.split_last() else {
        return Wanted::OneOf(Vec::new());
    };
    let Some((name, before)) = before.split_first() else {
        return Wanted::OneOf(commands(command, typed));
    };
    let Some(command) = command.find_subcommand(name) else {
        return Wanted::OneOf(Vec::new());
    };
    // What follows is for Helm.
    if before.iter().any(|word| word == "--") {
        return Wanted::OneOf(Vec::new());
    }
    // Helm takes `-n` itself, and leaves its value here while that is being typed.
    if !typed.is_empty() && typed == namespace {
        return value(Value::Namespace, "", typed);
    }
    if let Some(arg) = before.last().and_then(|flag| valued(command, flag)) {
        return value_of(arg, "", typed);
    }
    if let Some((flag, start)) = typed.split_once('=')
        && let Some(arg) = valued(command, flag)
    {
        return value_of(arg, &format!("{flag}="), start);
    }
    if typed.starts_with('-') {
        return Wanted::OneOf(flags(command, before, typed));
    }
    positional(command, before, typed)
}

fn commands(command: &Command, start: &str) -> Vec<Candidate> {
    command
        .get_subcommands()
        .filter(|one| !one.is_hide_set() && one.get_name().starts_with(start))
        .map(|one| Candidate::new(one.get_name(), about(one)))
        .collect()
}

fn about(command: &Command) -> String {
    command
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// The argument of a flag that wants a value.
fn valued<'a>(command: &'a Command, flag: &str) -> Option<&'a Arg> {
    let long = flag.strip_prefix("--");
    let short = flag
        .strip_prefix('-')
        .and_then(|rest| rest.chars().next().filter(|_| rest.len() == 1));
    command
        .get_arguments()
        .filter(|arg| !arg.is_positional() && arg.get_action().takes_values())
        .find(|arg| {
            long.is_some() && arg.get_long() == long || short.is_some() && arg.get_short() == short
        })
}

/// Flags that can still be given: most only once.
fn flags(command: &Command, before: &[String], start: &str) -> Vec<Candidate> {
    let shown = |arg: &&Arg| {
        let long = format!("--{}", arg.get_long().unwrap_or_default());
        let repeats = matches!(arg.get_action(), ArgAction::Append | ArgAction::Count);
        arg.get_long().is_some()
            && !arg.is_hide_set()
            && long.starts_with(start)
            && (repeats || !before.contains(&long))
    };
    command
        .get_arguments()
        .filter(shown)
        .map(|arg| {
            let help = arg.get_help().map(ToString::to_string);
            Candidate::new(
                format!("--{}", arg.get_long().unwrap_or_default()),
                help.unwrap_or_default(),
            )
        })
        .collect()
}

fn positional(command: &Command, before: &[String], start: &str) -> Wanted {
    let Some(arg) = command.get_positionals().find(|arg| !arg.is_last_set()) else {
        return Wanted::OneOf(Vec::new());
    };
    match value_of(arg, "", start) {
        // A component, or a shell, is named once.
        Wanted::OneOf(mut candidates) => {
            candidates.retain(|one| !before.contains(&one.word));
            Wanted::OneOf(candidates)
        }
        value @ Wanted::Value { .. } => value,
    }
}

/// The values of an argument: those that it lists, or their kind by its name.
fn value_of(arg: &Arg, before: &str, start: &str) -> Wanted {
    let listed = arg.get_possible_values();
    if !listed.is_empty() {
        let candidates = listed
            .iter()
            .filter(|one| !one.is_hide_set() && one.get_name().starts_with(start))
            .map(|one| {
                let help = one.get_help().map(ToString::to_string);
                Candidate::new(
                    format!("{before}{}", one.get_name()),
                    help.unwrap_or_default(),
                )
            });
        return Wanted::OneOf(candidates.collect());
    }
    let id = arg.get_id().as_str();
    let component = Component::ALL
        .into_iter()
        .find(|one| id.starts_with(&format!("{one}-")));
    let option = match component {
        Some(_) => id.split_once('-').map_or(id, |(_, option)| option),
        None => id,
    };
    match option {
        "certificates" | "sources" => value(Value::Certificates, before, start),
        "release" => value(Value::Release(component), before, start),
        "namespace" => value(Value::Namespace, before, start),
        "contexts" => value(Value::Context, before, start),
        "values" => value(Value::ValuesFile, before, start),
        "chart" => value(Value::Chart(component), before, start),
        "save" | "config" | "output_dir" => value(Value::File, before, start),
        "alias" | "from" => value(Value::Alias, before, start),
        "codes" => Wanted::OneOf(codes(start, |_| true)),
        "ignore" => Wanted::OneOf(codes(start, Explained::is_ignorable)),
        "queues" => value(Value::Queue, before, start),
        _ => Wanted::OneOf(Vec::new()),
    }
}

/// Codes of findings, each with how much it matters.
fn codes(start: &str, is_wanted: impl Fn(&Explained) -> bool) -> Vec<Candidate> {
    let known = finding::register().filter(|one| one.code.starts_with(start));
    let known = known.filter(is_wanted);
    known
        .map(|one| Candidate::new(one.code, one.meaning.replace('*', "")))
        .collect()
}

fn value(value: Value, before: &str, start: &str) -> Wanted {
    Wanted::Value {
        value,
        before: before.to_owned(),
        start: start.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    fn after(line: &str) -> Wanted {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        wanted(&Cli::command(), &words, "ml")
    }

    fn words(line: &str) -> Vec<String> {
        match after(line) {
            Wanted::OneOf(candidates) => candidates.into_iter().map(|one| one.word).collect(),
            other @ Wanted::Value { .. } => panic!("{other:?}"),
        }
    }

    fn looked_up(line: &str) -> (Value, String, String) {
        match after(line) {
            Wanted::Value {
                value,
                before,
                start,
            } => (value, before, start),
            other @ Wanted::OneOf(_) => panic!("{other:?}"),
        }
    }

    #[test]
    fn commands_flags_and_listed_values_come_from_the_definition() {
        assert_eq!(words("ins"), ["install", "inspect"]);
        assert_eq!(words("install a"), ["agent", "apps"]);
        assert_eq!(words("install agent a"), ["apps"]);
        assert_eq!(words("install --task-pods t"), ["template"]);
        assert_eq!(words("install --mode=r"), ["--mode=replace"]);
        assert_eq!(words("install --dry"), ["--dry-run"]);
        assert!(words("install --dry-run --dry").is_empty());
        assert_eq!(words("install --ca x --ca"), ["--ca", "--canary"]);
        assert_eq!(
            words("install --ignore certificate-exp"),
            ["certificate-expired"]
        );
        assert_eq!(words("explain no-rig"), ["no-rights"]);
        assert_eq!(
            words("explain certificate-exp"),
            ["certificate-expired", "certificate-expires-soon"]
        );
        assert!(words("nonsense x").is_empty());
        assert!(words("install agent -- --se").is_empty());
    }

    #[test]
    fn values_are_looked_up_by_what_they_are() {
        let agent = Some(Component::Agent);
        let kind = |line: &str| looked_up(line).0;
        assert_eq!(kind("install --agent-release "), Value::Release(agent));
        assert_eq!(kind("install agent --release cl"), Value::Release(None));
        assert_eq!(
            kind("install --gateway-chart "),
            Value::Chart(Some(Component::Gateway))
        );
        assert_eq!(kind("render -f "), Value::ValuesFile);
        assert_eq!(kind("inspect "), Value::Certificates);
        assert_eq!(kind("install --agent-namespace "), Value::Namespace);
        assert_eq!(kind("status --contexts bl"), Value::Context);
        let (value, before, start) = looked_up("install agent --ca=corp");
        assert_eq!(
            (value, before.as_str(), start.as_str()),
            (Value::Certificates, "--ca=", "corp")
        );
    }

    #[test]
    fn the_namespace_that_helm_leaves_behind_is_completed_as_one() {
        assert_eq!(
            looked_up("install ml"),
            (Value::Namespace, String::new(), "ml".into())
        );
    }
}
