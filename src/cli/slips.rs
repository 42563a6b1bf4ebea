//! Words that people type from habit and that are none of ours: told what to type instead. What clap would guess by likeness leads
//! astray here (`--cert` is near `--chart`, `list` near `install`), and its advice to put a word behind `--` would hand it to helm.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory as _};

use super::Cli;
use crate::helm;
use crate::nearest::nearest;
use crate::vendor::Component;

/// Commands of other programs.
const COMMANDS: &[(&[&str], &str)] = &[
    (
        &["upgrade", "apply", "deploy", "add", "set", "update"],
        "install does that, for new releases and for those that run:\n  helm clearml-certs install agent --ca corp-root.pem -n NAMESPACE\nhint: for a newer version of the plugin: helm plugin update clearml-certs",
    ),
    (
        &["uninstall", "delete", "rm", "del", "purge", "drop"],
        "remove takes certificates out of releases:\n  helm clearml-certs remove agent --alias NAME -n NAMESPACE\nhint: to take the plugin away: helm plugin uninstall clearml-certs",
    ),
    (
        &["list", "ls", "get", "show-all", "releases"],
        "status lists the releases, and what each trusts:\n  helm clearml-certs status -A",
    ),
    (
        &["show", "cat", "describe", "view", "read"],
        "inspect shows certificates, status shows releases:\n  helm clearml-certs inspect corp-root.pem\n  helm clearml-certs status -n NAMESPACE",
    ),
    (
        &["check", "lint", "validate", "test"],
        "inspect judges certificates, doctor looks at this machine, verify asks from a pod:\n  helm clearml-certs inspect corp-root.pem\n  helm clearml-certs doctor -n NAMESPACE\n  helm clearml-certs verify agent -n NAMESPACE",
    ),
    (
        &["diff", "plan", "preview", "dry-run"],
        "a dry run of install shows what would change:\n  helm clearml-certs install agent --ca corp-root.pem -n NAMESPACE --dry-run",
    ),
    (
        &["template"],
        "render prints the overrides; a dry run shows all that the chart makes of them:\n  helm clearml-certs render agent --ca corp-root.pem\n  helm clearml-certs install agent --ca corp-root.pem --dry-run --show-manifest",
    ),
    (
        &["rollback", "undo"],
        "helm goes back to a former revision, and remove takes certificates out:\n  helm rollback RELEASE -n NAMESPACE\n  helm clearml-certs remove agent --alias NAME -n NAMESPACE",
    ),
    (
        &["renew", "replace", "switch"],
        "rotate changes from one CA to another:\n  helm clearml-certs rotate agent --from NAME --to new-root.pem -n NAMESPACE",
    ),
    (&["version"], "helm clearml-certs --version tells it"),
    (
        &["setup", "configure"],
        "install asks for what it needs, and init writes down what is deployed:\n  helm clearml-certs install\n  helm clearml-certs init",
    ),
];

/// Options of other programs, and what is meant here.
const OPTIONS: &[(&[&str], &str)] = &[
    (
        &[
            "--cert",
            "--certs",
            "--certificate",
            "--certificates",
            "--cacert",
            "--ca-cert",
            "--ca-certificate",
            "--pem",
            "--root",
            "--root-ca",
            "--bundle",
            "--ca-bundle",
            "--trust",
            "--from-file",
        ],
        "certificates are given with --ca: --ca corp-root.pem",
    ),
    (
        &["--ca-file"],
        "certificates are given with --ca; helm's own --ca-file, for the charts' server, stands behind --: -- --ca-file FILE",
    ),
    (
        &["--context"],
        "the context is given with helm's --kube-context: --kube-context NAME",
    ),
    (
        &["--ns"],
        "the namespace is given with helm's -n: -n NAMESPACE",
    ),
    (
        &["--json", "--format"],
        "the output's form is given with -o: -o json",
    ),
    (
        &["-v", "--verbose"],
        "helm's --debug shows each call of helm and kubectl, and --version the version",
    ),
    (
        &["--atomic"],
        "it is called as in Helm 4, on both: --rollback-on-failure",
    ),
    (
        &["--replace", "--append"],
        "it is a mode: --mode append, --mode replace",
    ),
    (
        &["--name"],
        "a release is named with --release, or for one of several with --agent-release, …",
    ),
    (&["--no-probe"], "it is called --skip-probe"),
    (
        &["--file"],
        "a values file is given with -f, certificates with --ca",
    ),
    (
        &["--remove", "--delete"],
        "that is a command: helm clearml-certs remove agent --alias NAME",
    ),
];

/// The same for single commands.
const OPTIONS_OF: &[(&str, &[&str], &str)] = &[
    (
        "render",
        &["--dry-run", "--detailed-exitcode", "--diff"],
        "render has --check: it writes nothing, shows what would change in the files, and ends with 2 where something would",
    ),
    (
        "install",
        &["--check", "--diff"],
        "install has --dry-run: it shows what would change; with --detailed-exitcode it ends with 2 where something would",
    ),
    (
        "render",
        &["--yes", "-y"],
        "render asks nothing: it prints, or writes with --in-place",
    ),
    (
        "inspect",
        &["--ca"],
        "inspect takes certificates as they are, without --ca: helm clearml-certs inspect corp-root.pem",
    ),
    (
        "rotate",
        &["--ca"],
        "rotate has --from for the one that goes, and --to for the one that comes",
    ),
    (
        "remove",
        &["--ca", "--name"],
        "remove has --alias NAME, --sha256 DIGITS, --subject GLOB, --expired and --all to say which",
    ),
    (
        "verify",
        &["--ca"],
        "verify goes by what is deployed; helm clearml-certs probe URL --ca FILE tries others",
    ),
];

/// Flags that helm takes off the line before a plugin sees it, with the variables that it hands over instead.
const HELMS_OWN: &[(&str, &str)] = &[
    ("-n", "HELM_NAMESPACE"),
    ("--namespace", "HELM_NAMESPACE"),
    ("--kube-context", "HELM_KUBECONTEXT"),
    ("--kubeconfig", "KUBECONFIG"),
    ("--debug", "HELM_DEBUG"),
];

/// What to say of a line that clap refused with `error`, where that is more than clap's own words; `words` are the line's.
#[must_use]
pub fn slip(error: &clap::Error, words: &[String]) -> Option<String> {
    let program = Cli::command();
    let command = words
        .iter()
        .find_map(|word| program.find_subcommand(word.as_str()));
    match error.kind() {
        ErrorKind::InvalidSubcommand => Some(no_command(
            text(error, ContextKind::InvalidSubcommand)?,
            &program,
        )),
        ErrorKind::UnknownArgument => {
            let word = text(error, ContextKind::InvalidArg)?;
            if word.starts_with('-') {
                return Some(no_option(word, command));
            }
            let command = command?.get_name();
            Some(format!("{command} does not take {word}\n{}", more(command)))
        }
        ErrorKind::InvalidValue => {
            let argument = text(error, ContextKind::InvalidArg)?;
            let value = text(error, ContextKind::InvalidValue)?;
            let command = command?.get_name();
            argument
                .contains("COMPONENT")
                .then(|| no_component(value, command))
        }
        ErrorKind::TooManyValues | ErrorKind::WrongNumberOfValues
            if text(error, ContextKind::InvalidArg)? == "--dry-run" =>
        {
            Some("--dry-run takes no value: there is one kind, and it changes nothing".to_owned())
        }
        ErrorKind::MissingRequiredArgument => {
            let given = |flag: &str| words.iter().any(|word| word == flag);
            let pairs = [
                ("--detailed-exitcode", "--dry-run"),
                ("--interval", "--watch"),
            ];
            let pair = pairs.iter().find(|(flag, _)| given(flag));
            pair.map(|(flag, with)| format!("{flag} goes with {with}: add that"))
        }
        _ => None,
    }
}

/// `help COMMAND more words` is a question about the command.
#[must_use]
pub fn asks_for_help(words: &[String]) -> Option<[String; 2]> {
    let [help, command, _, ..] = words else {
        return None;
    };
    let is_known = Cli::command().find_subcommand(command).is_some();
    (help == "help" && is_known).then(|| [command.clone(), "--help".to_owned()])
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<&str> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text),
        ContextValue::Strings(texts) => texts.first().map(String::as_str),
        _ => None,
    }
}

fn no_command(word: &str, program: &Command) -> String {
    if let Some((_, instead)) = COMMANDS.iter().find(|(words, _)| words.contains(&word)) {
        return format!("there is no command {word}; {instead}");
    }
    let names = program.get_subcommands().map(Command::get_name);
    match nearest(word, names.filter(|name| *name != "help")) {
        Some(name) => format!("there is no command {word}; did you mean {name}?"),
        None => format!(
            "there is no command {word}\nhint: helm clearml-certs -h lists them, and `helm clearml-certs install` asks for what it needs"
        ),
    }
}

fn no_option(word: &str, command: Option<&Command>) -> String {
    let flag = word.split_once('=').map_or(word, |(flag, _)| flag);
    let name = command.map_or("helm clearml-certs", Command::get_name);
    let of_command = OPTIONS_OF
        .iter()
        .find(|(of, words, _)| *of == name && words.contains(&flag))
        .map(|(.., instead)| *instead);
    let of_any = || OPTIONS.iter().find(|(words, _)| words.contains(&flag));
    if let Some(instead) = of_command.or_else(|| of_any().map(|(_, instead)| *instead)) {
        return format!("{name} has no option {flag}; {instead}");
    }
    if let Some((_, variable)) = HELMS_OWN.iter().find(|(own, _)| *own == flag) {
        return format!(
            "{flag} is helm's own, which takes it off the line before this program sees it: begin with `helm clearml-certs`, or set {variable}"
        );
    }
    let Some(command) = command else {
        return format!(
            "there is no option {flag}\nhint: the command comes first: helm clearml-certs COMMAND {flag}; helm clearml-certs -h lists them"
        );
    };
    let hands_on = command.get_positionals().any(clap::Arg::is_last_set);
    if helm::is_flag(flag) {
        return if hands_on {
            format!(
                "{flag} is helm's own: it stands at the end of the line, behind two dashes: -- {word}"
            )
        } else {
            format!("{name} has no option {flag}, and hands nothing on to helm")
        };
    }
    let options: Vec<String> = command
        .get_arguments()
        .filter_map(|one| Some(format!("--{}", one.get_long()?)))
        .collect();
    match nearest(flag, options.iter().map(String::as_str)) {
        Some(near) => format!("{name} has no option {flag}; did you mean {near}?"),
        None => format!("{name} has no option {flag}\n{}", more(name)),
    }
}

fn more(command: &str) -> String {
    format!("hint: helm clearml-certs {command} -h shows what it takes")
}

/// How the names of certificate files end.
const ENDINGS: [&str; 8] = [
    ".pem", ".crt", ".cer", ".der", ".p7b", ".p7c", ".yaml", ".yml",
];

fn no_component(word: &str, command: &str) -> String {
    let names = || Component::ALL.into_iter().map(Component::name);
    if word == "all" || word == "*" {
        return format!("name the components: {command} agent gateway apps");
    }
    let is_source = word.contains([':', '/']) || ENDINGS.iter().any(|end| word.ends_with(end));
    if is_source {
        let flag = match command {
            "remove" => "--alias NAME, --sha256 DIGITS or --subject GLOB",
            "rotate" => "--from NAME and --to SOURCE",
            _ if [".yaml", ".yml"].iter().any(|end| word.ends_with(end)) => "-f FILE",
            "verify" | "doctor" => return unknown(word, command),
            _ => "--ca SOURCE",
        };
        return format!("{word} is no component (agent, gateway, apps); say it with {flag}");
    }
    if let Some(name) = names().find(|name| word.contains(name)) {
        return format!(
            "there is no component {word}; did you mean {name}? A release of another name is named beside it: {name} --release {word}"
        );
    }
    match nearest(word, names().collect::<Vec<_>>()) {
        Some(name) => format!("there is no component {word}; did you mean {name}?"),
        None if command == "remove" => {
            format!(
                "{word} is no component (agent, gateway, apps); a certificate is named with --alias {word}"
            )
        }
        None => unknown(word, command),
    }
}

fn unknown(word: &str, command: &str) -> String {
    format!("there is no component {word}: {command} agent, gateway or apps, or several")
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    fn said(line: &str) -> String {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let whole = std::iter::once("clearml-certs".to_owned()).chain(words.clone());
        let error = Cli::try_parse_from(whole).unwrap_err();
        slip(&error, &words).unwrap_or_else(|| error.to_string())
    }

    #[test]
    fn habits_of_other_programs_lead_to_the_command_that_is_meant() {
        for (line, expected) in [
            (
                "uninstall agent",
                "helm clearml-certs remove agent --alias NAME",
            ),
            ("uninstall agent", "helm plugin uninstall clearml-certs"),
            ("upgrade", "helm clearml-certs install agent"),
            ("version", "--version"),
            ("list", "helm clearml-certs status -A"),
            ("instal agent", "did you mean install?"),
            ("foo", "helm clearml-certs -h lists them"),
        ] {
            assert!(said(line).contains(expected), "{line}: {}", said(line));
        }
    }

    #[test]
    fn habits_of_other_programs_lead_to_the_option_that_is_meant() {
        for (line, expected) in [
            ("install --cert x.pem", "--ca corp-root.pem"),
            ("install --cert=x.pem", "install has no option --cert;"),
            ("install --context x", "--kube-context NAME"),
            ("--context foo status", "--kube-context NAME"),
            ("install agent --set a=b", "behind two dashes: -- --set"),
            ("status --set a=b", "hands nothing on to helm"),
            ("install agent --dry-ru", "did you mean --dry-run?"),
            ("install agent --frobnicate", "install -h shows"),
            ("install agent -n team", "set HELM_NAMESPACE"),
            ("render --detailed-exitcode", "render has --check"),
            ("install agent --dry-run=client", "takes no value"),
            ("install agent --detailed-exitcode", "goes with --dry-run"),
            ("inspect --ca x", "without --ca"),
            ("status --json", "-o json"),
        ] {
            let said = said(line);
            assert!(said.contains(expected), "{line}: {said}");
            assert!(!said.contains("tip:"), "{line}: {said}");
        }
    }

    #[test]
    fn what_is_no_component_is_told_where_it_belongs() {
        for (line, expected) in [
            ("install all", "install agent gateway apps"),
            ("install clearml-agent", "did you mean agent?"),
            ("install agnet", "did you mean agent?"),
            ("install agent root.pem", "--ca SOURCE"),
            ("remove agent root.pem", "--alias NAME"),
            ("remove agent acme-root", "--alias acme-root"),
            ("install server", "agent, gateway or apps"),
        ] {
            assert!(said(line).contains(expected), "{line}: {}", said(line));
        }
        // These are ones.
        assert!(Cli::try_parse_from(["clearml-certs", "install", "agent,gateway"]).is_ok());
    }

    /// Every line that is advised is one that is understood.
    #[test]
    fn the_commands_that_are_advised_are_understood() {
        let texts = COMMANDS.iter().map(|(_, text)| *text);
        let texts = texts.chain(OPTIONS.iter().map(|(_, text)| *text));
        let mut read = 0;
        for line in texts.flat_map(str::lines) {
            let Some(line) = line.trim().strip_prefix("helm clearml-certs ") else {
                continue;
            };
            let line = line.split(" -n ").next().unwrap_or_default();
            let words = std::iter::once("clearml-certs").chain(line.split(' '));
            assert!(
                Cli::try_parse_from(words).is_ok_and(|_| true) || line == "--version tells it",
                "{line}"
            );
            read += 1;
        }
        assert!(read > 10, "{read}");
    }

    #[test]
    fn help_for_more_than_a_command_is_the_commands() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let asked = asks_for_help(&words("help install agent"));
        assert_eq!(asked.unwrap(), ["install", "--help"]);
        assert_eq!(asks_for_help(&words("help install")), None);
        assert_eq!(asks_for_help(&words("help nonsense agent")), None);
    }
}
