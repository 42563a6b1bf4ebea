//! `--agent-release`, `--gateway-chart`, …: the same five options for each component, and short forms for one.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches, value_parser};

use super::headings;
use crate::exit::Stop;
use crate::helm::files_of;
use crate::request::TargetSpec;
use crate::vendor::Component;

/// The coordinates of all components, and those that go without a component's name.
#[derive(Debug, Clone, Default)]
pub struct TargetArgs {
    named: Vec<TargetSpec>,
    /// The options without a component's name, for each component: they are the only one's.
    unnamed: Vec<TargetSpec>,
}

/// The coordinates of releases that are deployed: their names and namespaces.
#[derive(Debug, Clone, Default)]
pub struct ReleaseArgs(pub TargetArgs);

/// What finds a release that is deployed.
const OF_A_RELEASE: [&str; 2] = ["release", "namespace"];

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
        "Values file, or a file with an object of Flux, Argo CD or k3s that keeps them; repeatable; the one that holds certificates is edited, else the last",
    ),
];

/// `-n` is Helm's own, so the namespace has no form without a component's name.
const NOT_UNNAMED: &str = "namespace";

impl TargetArgs {
    /// Whether nothing was said.
    #[must_use]
    pub fn are_default(&self) -> bool {
        let mut all = self.named.iter().chain(&self.unnamed);
        all.all(|one| *one == TargetSpec::of(one.component))
    }

    /// The coordinates of `component`, one of `components` to install.
    ///
    /// # Errors
    /// Unnamed options where several components are installed.
    pub fn of(&self, component: Component, components: &[Component]) -> Result<TargetSpec, Stop> {
        let nothing = || TargetSpec::of(component);
        let find = |all: &[TargetSpec]| all.iter().find(|one| one.component == component).cloned();
        let named = find(&self.named).unwrap_or_else(nothing);
        let unnamed = find(&self.unnamed).unwrap_or_else(nothing);
        if unnamed == nothing() {
            return Ok(named);
        }
        if components.len() > 1 {
            return Err(Stop::usage(format!(
                "--release, --chart, --version and -f are for a single component; with several, say which: --{component}-release, --{component}-chart, …"
            )));
        }
        Ok(TargetSpec {
            component,
            release: named.release.or(unnamed.release),
            namespace: named.namespace,
            chart: named.chart.or(unnamed.chart),
            version: named.version.or(unnamed.version),
            values: [unnamed.values, named.values].concat(),
        })
    }
}

/// The one that seldom has to be named.
const RARE: &str = "version";

/// Those of [`OPTIONS`] that are `wanted`: once without a component's name, and once for each component.
fn augmented(command: Command, components: &[Component], wanted: impl Fn(&str) -> bool) -> Command {
    let options = || OPTIONS.iter().filter(|(option, ..)| wanted(option));
    let command = options()
        .filter(|(option, ..)| *option != NOT_UNNAMED)
        .fold(command, |command, (option, value, help)| {
            let arg = argument(option.to_string(), option, value)
                .help(*help)
                .help_heading(headings::ONE)
                .hide_short_help(*option == RARE);
            command.arg(if *option == "values" {
                arg.short('f')
            } else {
                arg
            })
        });
    components.iter().fold(command, |command, component| {
        options().fold(command, |command, (option, value, help)| {
            let arg = argument(format!("{component}-{option}"), option, value)
                .help(*help)
                .help_heading(headings::of(*component))
                .hide_short_help(true);
            command.arg(arg)
        })
    })
}

impl Args for ReleaseArgs {
    fn augment_args(command: Command) -> Command {
        augmented(command, &Component::WITH_TASK_PODS, |option| {
            OF_A_RELEASE.contains(&option)
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for ReleaseArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        TargetArgs::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}

/// Where releases run that are looked at, and the files that they are compared with.
#[derive(Debug, Clone, Default)]
pub struct PlaceArgs(pub TargetArgs);

/// What tells a release that is looked at, and the files that it is compared with.
const OF_A_PLACE: [&str; 3] = ["release", "namespace", "values"];

/// What of these means something else where nothing is edited.
const COMPARED: &str = "Values file to compare with, repeatable [default: the documented name, where it is in this folder]";

impl Args for PlaceArgs {
    fn augment_args(command: Command) -> Command {
        let command = augmented(command, &Component::ALL, |option| {
            OF_A_PLACE.contains(&option)
        });
        let command = command.mut_arg("values", |arg| arg.help(COMPARED));
        Component::ALL.iter().fold(command, |command, component| {
            command.mut_arg(format!("{component}-values"), |arg| arg.help(COMPARED))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for PlaceArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        TargetArgs::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}

impl Args for TargetArgs {
    fn augment_args(command: Command) -> Command {
        augmented(command, &Component::ALL, |_| true)
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
        let spec = |component: Component, prefix: &str| {
            let text = |option: &str| {
                let name = format!("{prefix}{option}");
                matches.try_get_one::<String>(&name).ok().flatten().cloned()
            };
            TargetSpec {
                component,
                release: text("release"),
                namespace: text("namespace"),
                chart: text("chart"),
                version: text("version"),
                values: matches
                    .try_get_many::<PathBuf>(&format!("{prefix}values"))
                    .ok()
                    .flatten()
                    .map(|words| words.flat_map(|word| files_of(word)).collect())
                    .unwrap_or_default(),
            }
        };
        Ok(Self {
            named: Component::ALL
                .map(|component| spec(component, &format!("{component}-")))
                .into(),
            unnamed: Component::ALL.map(|component| spec(component, "")).into(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
