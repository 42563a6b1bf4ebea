//! The arguments of `status`.

use clap::Args;

use super::{FleetArgs, PlaceArgs, headings, help};
use crate::certs::lint::EXPIRES_WITHIN_DAYS;
use crate::exit::Stop;
use crate::finding::Ignorable;
use crate::request::TargetSpec;
use crate::sources::Source;
use crate::vendor::Component;

/// The arguments of `status`.
#[derive(Debug, Args)]
#[command(after_help = help::MORE, after_long_help = help::STATUS_CODES)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct StatusArgs {
    /// Whose releases to look at [default: all]
    #[arg(value_name = "COMPONENT", value_delimiter = ',')]
    pub components: Vec<Component>,

    /// Look in all namespaces
    #[arg(short = 'A', long, help_heading = headings::WHERE)]
    pub all_namespaces: bool,

    /// Look in the clusters of these contexts: NAME,NAME
    #[arg(long, value_name = "CONTEXT", value_delimiter = ',', help_heading = headings::WHERE)]
    pub contexts: Vec<String>,

    /// Look in the cluster of every context of the kubeconfig
    #[arg(long, conflicts_with = "contexts", help_heading = headings::WHERE, hide_short_help = true)]
    pub all_contexts: bool,

    /// Which targets, where a file lists them.
    #[command(flatten)]
    pub fleet: FleetArgs,

    /// Certificates that are to be deployed; told is what differs; repeatable.
    #[arg(long = "ca", value_name = "SOURCE", help = help::CA_COMPARED, long_help = help::CA_COMPARED_LONG, help_heading = headings::LOOK)]
    pub certificates: Vec<Source>,

    /// Where the releases are, and the files they are compared with.
    #[command(flatten)]
    pub places: PlaceArgs,

    /// Do not ask the servers that the values name whether their certificates verify
    #[arg(long, help_heading = headings::LOOK, hide_short_help = true)]
    pub skip_probe: bool,

    /// Exit with 3 where a certificate expires within this many days
    #[arg(long, value_name = "DAYS", default_value_t = EXPIRES_WITHIN_DAYS, help_heading = headings::LOOK)]
    pub expires_within: u32,

    /// Let this error finding pass as a warning; repeatable
    #[arg(long, value_name = "CODE", help_heading = headings::LOOK, hide_short_help = true)]
    pub ignore: Vec<Ignorable>,

    /// Look again and again, until Ctrl-C
    #[arg(long, help_heading = headings::LOOK)]
    pub watch: bool,

    /// Seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 10, requires = "watch", value_parser = clap::value_parser!(u64).range(1..), help_heading = headings::LOOK, hide_short_help = true)]
    pub interval: u64,

    /// How to print
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT", help_heading = headings::LOOK)]
    pub output: StatusOutput,
}

/// How the state is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum StatusOutput {
    /// For people.
    #[default]
    Text,
    /// For programs (docs/json.md).
    Json,
    /// Metrics in Prometheus' text format (docs/status.md).
    Prometheus,
}

impl StatusArgs {
    /// Whether it is said to look further than in one namespace of one cluster.
    #[must_use]
    pub fn looks_further(&self) -> bool {
        self.all_namespaces || self.all_contexts || !self.contexts.is_empty()
    }

    /// What to look for, a component each.
    ///
    /// # Errors
    /// Options without a component's name stand beside several components.
    pub fn specs(&self) -> Result<Vec<TargetSpec>, Stop> {
        let all = Component::ALL.into_iter();
        let is_wanted =
            |one: &Component| self.components.is_empty() || self.components.contains(one);
        let wanted: Vec<Component> = all.filter(is_wanted).collect();
        self.places.0.all_of(&wanted)
    }
}
