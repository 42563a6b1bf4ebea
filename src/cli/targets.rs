//! `--agent-release`, `--gateway-chart`, …: the same five options for each component, and short forms for one.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches, value_parser};

use crate::exit::Stop;
use crate::vendor::Component;

/// One component's coordinates, as far as they were given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetOptions {
    /// Release name.
    pub release: Option<String>,
    /// Namespace; Helm's `-n` holds otherwise.
    pub namespace: Option<String>,
    /// Chart reference.
    pub chart: Option<String>,
    /// Chart version.
    pub version: Option<String>,
    /// Values files; the last is the override file.
    pub values: Vec<PathBuf>,
}

/// The coordinates of all components, and those that go without a component's name.
#[derive(Debug, Clone, Default)]
pub struct TargetArgs {
    named: Vec<(Component, TargetOptions)>,
    unnamed: TargetOptions,
}

const OPTIONS: [(&str, &str, &str); 5] = [
    ("release", "NAME", "Release name"),
    (
        "namespace",
        "NAMESPACE",
        "Namespace, where it is not that of -n",
    ),
    (
        "chart",
        "REF",
        "Chart: repository alias, oci://…, folder or .tgz",
    ),
    (
        "version",
        "VERSION",
        "Chart version [default: the deployed one, else the newest]",
    ),
    (
        "values",
        "FILE",
        "Values file, repeatable; the one that holds certificates is edited, else the last",
    ),
];

/// `-n` is Helm's own, so the namespace has no form without a component's name.
const NOT_UNNAMED: &str = "namespace";

impl TargetArgs {
    /// The coordinates of `component`, one of `components` to install.
    ///
    /// # Errors
    /// Unnamed options where several components are installed.
    pub fn of(
        &self,
        component: Component,
        components: &[Component],
    ) -> Result<TargetOptions, Stop> {
        let named = self
            .named
            .iter()
            .find(|(one, _)| *one == component)
            .map(|(_, options)| options.clone())
            .unwrap_or_default();
        if self.unnamed == TargetOptions::default() {
            return Ok(named);
        }
        if components.len() > 1 {
            return Err(Stop::usage(format!(
                "--release, --chart, --version and -f are for a single component; with several, say which: --{component}-release, --{component}-chart, …"
            )));
        }
        let unnamed = self.unnamed.clone();
        Ok(TargetOptions {
            release: named.release.or(unnamed.release),
            namespace: named.namespace,
            chart: named.chart.or(unnamed.chart),
            version: named.version.or(unnamed.version),
            values: [unnamed.values, named.values].concat(),
        })
    }
}

impl Args for TargetArgs {
    fn augment_args(command: Command) -> Command {
        let command = OPTIONS
            .iter()
            .filter(|(option, ..)| *option != NOT_UNNAMED)
            .fold(command, |command, (option, value, help)| {
                let arg = argument(option.to_string(), option, value)
                    .help(*help)
                    .help_heading("Coordinates, when one component is named");
                command.arg(if *option == "values" {
                    arg.short('f')
                } else {
                    arg
                })
            });
        Component::ALL.iter().fold(command, |command, component| {
            OPTIONS
                .iter()
                .fold(command, |command, (option, value, help)| {
                    let arg = argument(format!("{component}-{option}"), option, value)
                        .help(*help)
                        .help_heading(format!("Coordinates of the {component}"));
                    command.arg(arg)
                })
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn argument(name: String, option: &str, value: &'static str) -> Arg {
    let arg = Arg::new(name.clone()).long(name).value_name(value);
    if option == "values" {
        arg.action(ArgAction::Append)
            .value_parser(value_parser!(PathBuf))
    } else {
        arg
    }
}

impl FromArgMatches for TargetArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let options = |prefix: &str| {
            let text = |option: &str| {
                let name = format!("{prefix}{option}");
                matches.try_get_one::<String>(&name).ok().flatten().cloned()
            };
            TargetOptions {
                release: text("release"),
                namespace: text("namespace"),
                chart: text("chart"),
                version: text("version"),
                values: matches
                    .get_many::<PathBuf>(&format!("{prefix}values"))
                    .map(|files| files.cloned().collect())
                    .unwrap_or_default(),
            }
        };
        Ok(Self {
            named: Component::ALL
                .iter()
                .map(|component| (*component, options(&format!("{component}-"))))
                .collect(),
            unnamed: options(""),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
