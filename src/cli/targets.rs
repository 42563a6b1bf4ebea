//! `--agent-release`, `--gateway-chart`, …: the same six options for each component, and short forms for one.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches, value_parser};

use super::headings;
use crate::exit::Stop;
use crate::helm::files_of;
use crate::request::TargetSpec;
use crate::vendor::Component;

/// The coordinates of all components, and those that go without a component's name.
#[derive(Debug, Clone, Default)]
pub struct TargetArgs {
    /// At least one for each component.
    named: Vec<TargetSpec>,
    /// The options without a component's name, for each component: they are the only one's.
    unnamed: Vec<TargetSpec>,
}

/// The coordinates of releases that are deployed: their names and namespaces.
#[derive(Debug, Clone, Default)]
pub struct ReleaseArgs(pub TargetArgs);

/// What finds a release that is deployed.
const OF_A_RELEASE: [&str; 3] = [RELEASE, "namespace", VALUES_PATH];

/// The option that begins what is said of a release, where several are named.
const RELEASE: &str = "release";

/// The one that names files.
const VALUES: &str = "values";

/// The one that says where in them the values stand.
const VALUES_PATH: &str = "values-path";

const OPTIONS: [(&str, &str, &str); 6] = [
    (
        RELEASE,
        "NAME",
        "Release name; repeatable, each followed by the options that are its own",
    ),
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
        VALUES,
        "FILE",
        "Values file, or a file with an object of Flux, Argo CD or k3s that keeps them; repeatable; the one that holds certificates is edited, else the last",
    ),
    (
        VALUES_PATH,
        "KEYS",
        "Where in these files the values of the vendor's chart stand, if another chart has it as a dependency: platform.agent [default: where the chart has it]",
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

    /// The coordinates of all `components` to install, in their order.
    ///
    /// # Errors
    /// See [`Self::of`].
    pub fn all_of(&self, components: &[Component]) -> Result<Vec<TargetSpec>, Stop> {
        let each = components.iter().map(|one| self.of(*one, components));
        let each: Result<Vec<Vec<TargetSpec>>, Stop> = each.collect();
        Ok(each?.concat())
    }

    /// The coordinates of `component`, one of `components` to install: of each of its releases, where several are named.
    ///
    /// # Errors
    /// Unnamed options where several components are installed, or both kinds where several releases are named.
    pub fn of(
        &self,
        component: Component,
        components: &[Component],
    ) -> Result<Vec<TargetSpec>, Stop> {
        let nothing = TargetSpec::of(component);
        let find = |all: &[TargetSpec]| {
            let found = all.iter().filter(|one| one.component == component);
            let found: Vec<TargetSpec> = found.cloned().collect();
            if found.is_empty() {
                vec![nothing.clone()]
            } else {
                found
            }
        };
        let (named, unnamed) = (find(&self.named), find(&self.unnamed));
        let says_nothing = |all: &[TargetSpec]| all.iter().all(|one| *one == nothing);
        if says_nothing(&unnamed) {
            return Ok(named);
        }
        if components.len() > 1 {
            return Err(Stop::usage(format!(
                "--release, --chart, --version and -f are for a single component; with several, say which: --{component}-release, --{component}-chart, …"
            )));
        }
        if says_nothing(&named) {
            return Ok(unnamed);
        }
        match (<[_; 1]>::try_from(named), <[_; 1]>::try_from(unnamed)) {
            (Ok([named]), Ok([unnamed])) => Ok(vec![TargetSpec {
                component,
                release: named.release.or(unnamed.release),
                namespace: named.namespace,
                chart: named.chart.or(unnamed.chart),
                version: named.version.or(unnamed.version),
                values: [unnamed.values, named.values].concat(),
                values_path: named.values_path.or(unnamed.values_path),
            }]),
            _ => Err(Stop::usage(format!(
                "several releases are told apart by --{component}-release, with --{component}-namespace, --{component}-values and their like behind each: leave --release, --chart, --version and -f out"
            ))),
        }
    }
}

/// Those that seldom have to be named.
const RARE: [&str; 2] = ["version", VALUES_PATH];

/// Those of [`OPTIONS`] that are `wanted`: once without a component's name, and once for each component.
fn augmented(command: Command, components: &[Component], wanted: impl Fn(&str) -> bool) -> Command {
    let options = || OPTIONS.iter().filter(|(option, ..)| wanted(option));
    let command = options()
        .filter(|(option, ..)| *option != NOT_UNNAMED)
        .fold(command, |command, (option, value, help)| {
            let arg = argument(option.to_string(), option, value)
                .help(*help)
                .help_heading(headings::ONE)
                .hide_short_help(RARE.contains(option));
            command.arg(if *option == VALUES {
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
const OF_A_PLACE: [&str; 4] = [RELEASE, "namespace", VALUES, VALUES_PATH];

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
    // Each may come again behind another release.
    let arg = arg.action(ArgAction::Append);
    if option == VALUES {
        arg.value_parser(value_parser!(PathBuf))
    } else {
        arg
    }
}

impl FromArgMatches for TargetArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let specs = |prefix: &dyn Fn(Component) -> String| -> Result<Vec<TargetSpec>, Error> {
            let each =
                Component::ALL.map(|component| specs_of(component, &prefix(component), matches));
            let each: Result<Vec<Vec<TargetSpec>>, Error> = each.into_iter().collect();
            Ok(each?.concat())
        };
        Ok(Self {
            named: specs(&|component| format!("{component}-"))?,
            unnamed: specs(&|_| String::new())?,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// One option of a component's, as it stands in the line.
struct Said {
    place: usize,
    option: &'static str,
    word: PathBuf,
}

fn said(prefix: &str, matches: &ArgMatches) -> Vec<Said> {
    let mut all = Vec::new();
    for (option, ..) in OPTIONS {
        let name = format!("{prefix}{option}");
        let words: Vec<PathBuf> = if option == VALUES {
            let words = matches.try_get_many::<PathBuf>(&name).ok().flatten();
            words.into_iter().flatten().cloned().collect()
        } else {
            let words = matches.try_get_many::<String>(&name).ok().flatten();
            words.into_iter().flatten().map(PathBuf::from).collect()
        };
        // What a command does not know has no place either.
        let places = words.first().and_then(|_| matches.indices_of(&name));
        let words = places.into_iter().flatten().zip(words);
        all.extend(words.map(|(place, word)| Said {
            place,
            option,
            word,
        }));
    }
    all.sort_by_key(|one| one.place);
    all
}

/// What was said of one component: of each release that was named. What stands before the first of several holds for all.
fn specs_of(
    component: Component,
    prefix: &str,
    matches: &ArgMatches,
) -> Result<Vec<TargetSpec>, Error> {
    let said = said(prefix, matches);
    let spec = |said: &[Said]| spec_of(component, prefix, said);
    let is_release = |one: &Said| one.option == RELEASE;
    if said.iter().filter(|one| is_release(one)).count() < 2 {
        return Ok(vec![spec(&said)?]);
    }
    let first = said.iter().position(is_release).unwrap_or_default();
    let (common, own) = said.split_at(first);
    let common = spec(common)?;
    let each = own.chunk_by(|_, next| !is_release(next)).map(|own| {
        let own = spec(own)?;
        Ok(TargetSpec {
            component,
            release: own.release,
            namespace: own.namespace.or_else(|| common.namespace.clone()),
            chart: own.chart.or_else(|| common.chart.clone()),
            version: own.version.or_else(|| common.version.clone()),
            values: [common.values.clone(), own.values].concat(),
            values_path: own.values_path.or_else(|| common.values_path.clone()),
        })
    });
    each.collect()
}

fn spec_of(component: Component, prefix: &str, said: &[Said]) -> Result<TargetSpec, Error> {
    let mut spec = TargetSpec::of(component);
    let mut path = None;
    for Said { option, word, .. } in said {
        let place = match *option {
            VALUES_PATH => &mut path,
            RELEASE => &mut spec.release,
            "namespace" => &mut spec.namespace,
            "chart" => &mut spec.chart,
            "version" => &mut spec.version,
            _ => {
                spec.values.extend(files_of(word));
                continue;
            }
        };
        if place.is_some() {
            let message = format!(
                "--{prefix}{option} was given twice for one release; what is another release's stands behind its --{prefix}{RELEASE}\n"
            );
            return Err(Error::raw(ErrorKind::ArgumentConflict, message));
        }
        *place = Some(word.display().to_string());
    }
    let parsed = path.map(|text: String| {
        text.parse().map_err(|why| {
            let message = format!("--{prefix}{VALUES_PATH}: {why}\n");
            Error::raw(ErrorKind::ValueValidation, message)
        })
    });
    spec.values_path = parsed.transpose()?;
    Ok(spec)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    #[derive(Debug, clap::Parser)]
    struct Line {
        #[command(flatten)]
        targets: TargetArgs,
    }

    fn agents(line: &str) -> Result<Vec<TargetSpec>, String> {
        let words = std::iter::once("x").chain(line.split(' '));
        let line = Line::try_parse_from(words).map_err(|error| error.to_string())?;
        let specs = line.targets.of(Component::Agent, &[Component::Agent]);
        specs.map_err(|stop| stop.message)
    }

    #[test]
    fn options_behind_a_release_are_its_own_and_those_before_the_first_hold_for_all() {
        for prefix in ["", "agent-"] {
            let line = format!(
                "--{prefix}chart c --{prefix}values base.yaml --{prefix}release a --{prefix}values a.yaml --{prefix}release b --{prefix}version 1.0.0 --{prefix}chart d"
            );
            let [a, b] = <[_; 2]>::try_from(agents(&line).unwrap()).unwrap();
            assert_eq!(a.release.as_deref(), Some("a"));
            assert_eq!(a.chart.as_deref(), Some("c"));
            assert_eq!(a.version, None);
            assert_eq!(a.values, ["base.yaml", "a.yaml"].map(PathBuf::from));
            assert_eq!(b.chart.as_deref(), Some("d"));
            assert_eq!(b.version.as_deref(), Some("1.0.0"));
            assert_eq!(b.values, ["base.yaml"].map(PathBuf::from));
        }
    }

    #[test]
    fn of_one_release_the_order_says_nothing_and_both_kinds_of_options_go_together() {
        let [one] = <[_; 1]>::try_from(
            agents("--agent-namespace n -f a.yaml --agent-release a --chart c").unwrap(),
        )
        .unwrap();
        assert_eq!(one.namespace.as_deref(), Some("n"));
        assert_eq!(one.release.as_deref(), Some("a"));
        assert_eq!(one.chart.as_deref(), Some("c"));
        assert_eq!(one.values, [PathBuf::from("a.yaml")]);
    }

    #[test]
    fn a_path_of_values_is_a_releases_own_and_has_to_be_one() {
        let line = "--agent-values-path p.common --agent-release a --agent-release b --agent-values-path p.own";
        let paths: Vec<Option<String>> = agents(line)
            .unwrap()
            .iter()
            .map(|one| one.values_path.as_ref().map(ToString::to_string))
            .collect();
        assert_eq!(
            paths,
            [Some("p.common".to_owned()), Some("p.own".to_owned())]
        );
        let wrong = agents("--values-path a..b").unwrap_err();
        assert!(
            wrong.contains("--values-path: \"a..b\" is no path of keys"),
            "{wrong}"
        );
    }

    #[test]
    fn what_is_said_twice_of_one_release_or_in_two_ways_of_several_is_an_error() {
        let twice = agents("--agent-release a --agent-chart c --agent-chart d").unwrap_err();
        assert!(twice.contains("--agent-chart was given twice"), "{twice}");
        let both = agents("--agent-release a --agent-release b --chart c").unwrap_err();
        assert!(both.contains("leave --release, --chart"), "{both}");
    }
}
