//! The command line.

mod deploy;
mod desired;
mod export;
mod fleet;
mod headings;
mod help;
mod init;
mod judging;
mod removing;
mod slips;
mod status;
mod targets;

use std::path::PathBuf;

use clap::{ArgAction, Args, CommandFactory as _, Parser, Subcommand};

pub use deploy::{DeployArgs, UnheldArgs};
pub use desired::{DesiredArgs, Prune, vouched};
pub use export::{Engine, ExportArgs};
pub use fleet::{FleetArgs, TurnArgs};
pub use init::InitArgs;
pub use judging::JudgingArgs;
pub use removing::{EditedArgs, RemoveArgs, RotateArgs, SelectionArgs};
pub use slips::{asks_for_help, slip};
pub use status::{StatusArgs, StatusOutput};
pub use targets::{PlaceArgs, ReleaseArgs, TargetArgs};

use crate::certs::Fingerprint;
use crate::certs::lint::EXPIRES_WITHIN_DAYS;
use crate::completion::Shell;
use crate::exit::Stop;
use crate::finding::Ignorable;
use crate::request::TargetSpec;
use crate::sources::Source;
use crate::tls::Endpoint;
use crate::vendor::Component;
use crate::verify::Patience;

/// Bring private CA certificates to ClearML Enterprise on Kubernetes
#[derive(Debug, Parser)]
#[command(
    name = "clearml-certs",
    bin_name = "helm clearml-certs",
    version,
    long_about = help::PROGRAM,
    arg_required_else_help = true,
    disable_help_flag = true,
    after_help = help::ANYWHERE
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// The usual options; --help has all of them
    #[arg(short, long, global = true, action = ArgAction::Help, help_heading = headings::HELP)]
    pub help: Option<bool>,
}

/// What `-h` shows of the command that `words` name: the usual options, in one list. (`--help` has them all, by task.)
#[must_use]
pub fn short_help(words: &[String]) -> Option<clap::Command> {
    let mut program = Cli::command();
    program.build();
    let named = words.iter().find_map(|word| program.find_subcommand(word));
    let named = named.filter(|_| words.iter().any(|word| word == "-h"))?;
    Some(named.clone().mut_args(|argument| {
        let id = argument.get_id().clone();
        let argument = match help::SHORT.iter().find(|(one, _)| *one == id.as_str()) {
            Some((_, text)) => argument
                .help(*text)
                .hide_possible_values(true)
                .hide_default_value(true),
            None => argument,
        };
        if argument.is_positional() {
            argument
        } else {
            argument.help_heading(None::<&str>)
        }
    }))
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Bring certificates to releases: plan, preview, ask, upgrade, check
    #[command(long_about = help::INSTALL)]
    Install(Box<InstallArgs>),
    /// Take certificates out of releases again
    #[command(long_about = help::REMOVE)]
    Remove(Box<RemoveArgs>),
    /// Change from one CA to another without an outage
    #[command(long_about = help::ROTATE)]
    Rotate(Box<RotateArgs>),
    /// Print the overrides, or write them into the files; asks no cluster
    #[command(long_about = help::RENDER)]
    Render(Box<RenderArgs>),
    /// Print the targets of a file for Argo CD, Flux or helmfile
    #[command(long_about = help::EXPORT)]
    Export(Box<ExportArgs>),
    /// Show what each release trusts, until when, and whether all agrees
    #[command(long_about = help::STATUS)]
    Status(Box<StatusArgs>),
    /// Write a clearml-certs.yaml of what is deployed
    #[command(long_about = help::INIT)]
    Init(InitArgs),
    /// Show what certificates are, and what each client will say of them
    #[command(long_about = help::INSPECT)]
    Inspect(InspectArgs),
    /// Show the chain that a server presents, and which clients trust it
    #[command(long_about = help::PROBE)]
    Probe(ProbeArgs),
    /// Let a pod of the task template ask the servers, from inside
    #[command(long_about = help::VERIFY)]
    Verify(VerifyArgs),
    /// Show what is in the way: Helm, cluster, rights, files, charts
    #[command(long_about = help::DOCTOR)]
    Doctor(DoctorArgs),
    /// Tell what a finding or an exit code means, and what to do about it
    #[command(long_about = help::EXPLAIN)]
    Explain(ExplainArgs),
    /// Print the script that completes this program's words in a shell
    #[command(long_about = help::COMPLETION)]
    Completion(CompletionArgs),
}

/// The arguments of `verify`.
#[derive(Debug, Args)]
#[command(after_help = help::MORE, after_long_help = help::VERIFY_CODES)]
pub struct VerifyArgs {
    /// Whose task pods [default: agent and apps, where they have a release in the namespace]
    #[arg(value_name = "COMPONENT", value_delimiter = ',')]
    pub components: Vec<Component>,

    /// Which targets, where a file lists them.
    #[command(flatten)]
    pub fleet: FleetArgs,

    /// The task pods of this queue only; repeatable
    #[arg(long = "queue", value_name = "NAME", help_heading = headings::ASKED)]
    pub queues: Vec<String>,

    /// Image of the task [default: that of tasks that name none, where the values set one; else the agent's]
    #[arg(long, value_name = "IMAGE", help_heading = headings::ASKED)]
    pub image: Option<String>,

    /// A server to ask, in the place of those that the values name; repeatable
    #[arg(long = "server", value_name = "URL", help_heading = headings::ASKED)]
    pub servers: Vec<Endpoint>,

    /// How long to wait for a pod, such as 5m0s
    #[arg(long, value_name = "DURATION", default_value = "5m0s", help_heading = headings::RUN)]
    pub timeout: Patience,

    /// Show the pods that would be made; make none
    #[arg(long, help_heading = headings::LOOK)]
    pub dry_run: bool,

    /// Do it without asking
    #[arg(short, long, help_heading = headings::RUN)]
    pub yes: bool,

    /// Never prompt: what is missing is an error
    #[arg(long, help_heading = headings::RUN, hide_short_help = true)]
    pub no_input: bool,

    /// Coordinates of each component.
    #[command(flatten)]
    pub releases: ReleaseArgs,

    /// Let this error finding pass as a warning; repeatable
    #[arg(long, value_name = "CODE", help_heading = headings::LOOK, hide_short_help = true)]
    pub ignore: Vec<Ignorable>,

    /// How to print the result; json needs --yes or --dry-run
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT", help_heading = headings::LOOK)]
    pub output: Output,
}

/// The arguments of `doctor`.
#[derive(Debug, Args)]
#[command(after_help = help::MORE, after_long_help = help::DOCTOR_CODES)]
pub struct DoctorArgs {
    /// Whose charts and files to look at [default: those with a file here or a release, else agent]
    #[arg(value_name = "COMPONENT", value_delimiter = ',')]
    pub components: Vec<Component>,

    /// Coordinates of each component.
    #[command(flatten)]
    pub targets: TargetArgs,

    /// Do not ask the servers that the values name
    #[arg(long, help_heading = headings::LOOK)]
    pub skip_probe: bool,

    /// Further flags for helm pull, such as --plain-http
    #[arg(last = true, value_name = "HELM-ARGS", hide_short_help = true)]
    pub helm_arguments: Vec<String>,
}

/// The arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Codes of findings, or exit codes [default: lists them all]
    #[arg(value_name = "CODE")]
    pub codes: Vec<String>,
}

/// What shells and Helm call to complete a line; what follows are the words so far, flags and all, so that they are not read
/// like our own.
pub const COMPLETE: &str = "__complete";

/// The arguments of `completion`.
#[derive(Debug, Args)]
pub struct CompletionArgs {
    /// Which shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// The arguments of `probe`.
#[derive(Debug, Args)]
#[command(after_help = help::MORE, after_long_help = help::PROBE_CODES)]
pub struct ProbeArgs {
    /// Which servers
    #[arg(
        value_name = "URL",
        required = true,
        help = "https://HOST[:PORT], HOST or HOST:PORT"
    )]
    pub servers: Vec<Endpoint>,

    /// Certificates that clients would trust; repeatable.
    #[arg(long = "ca", value_name = "SOURCE", help = help::CA_TRUSTED, long_help = help::CA_TRUSTED_LONG, help_heading = headings::CERTIFICATES)]
    pub certificates: Vec<Source>,

    /// SHA-256 fingerprint of a certificate that an https:// source of --ca must present
    #[arg(long, value_name = "SHA256", help_heading = headings::CERTIFICATES, hide_short_help = true)]
    pub fingerprint: Option<Fingerprint>,

    /// Fetch issuers that are not presented from the addresses that certificates name (plain HTTP)
    #[arg(long, help_heading = headings::CERTIFICATES)]
    pub follow_aia: bool,

    /// Write the CAs above the servers' certificates to this file, for --ca
    #[arg(long, value_name = "FILE", help_heading = headings::CERTIFICATES)]
    pub save: Option<PathBuf>,

    /// How long a server may take
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..), help_heading = headings::LOOK, hide_short_help = true)]
    pub connect_timeout: u64,

    /// Warn of certificates that expire within this many days
    #[arg(long, value_name = "DAYS", default_value_t = EXPIRES_WITHIN_DAYS, help_heading = headings::LOOK, hide_short_help = true)]
    pub expires_within: u32,

    /// Let this error finding pass as a warning; repeatable
    #[arg(long, value_name = "CODE", help_heading = headings::LOOK, hide_short_help = true)]
    pub ignore: Vec<Ignorable>,

    /// How to print the result
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT", help_heading = headings::LOOK)]
    pub output: Output,
}

/// The arguments of `inspect`.
#[derive(Debug, Args)]
#[command(after_help = help::MORE, after_long_help = help::INSPECT_CODES)]
pub struct InspectArgs {
    /// Where the certificates are.
    #[arg(
        value_name = "SOURCE",
        required = true,
        help = help::SOURCES
    )]
    pub sources: Vec<Source>,

    /// Warn of certificates that expire within this many days
    #[arg(long, value_name = "DAYS", default_value_t = EXPIRES_WITHIN_DAYS, help_heading = headings::LOOK)]
    pub expires_within: u32,

    /// In which order certificates are shown [default: by their end; of one server alone: as it presents them]
    #[arg(long, value_enum, value_name = "BY", help_heading = headings::LOOK)]
    pub sort: Option<Sort>,

    /// How to print the result
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT", help_heading = headings::LOOK)]
    pub output: InspectOutput,
}

/// In which order certificates are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Sort {
    /// What ends first comes first.
    End,
    /// By name.
    Name,
    /// As they were given.
    Given,
}

/// How `inspect` prints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum InspectOutput {
    /// For people.
    #[default]
    Text,
    /// The same with whole fingerprints, issuers and origins, however wide.
    Wide,
    /// For programs (docs/json.md).
    Json,
}

/// The targets that were named, in the order they are rolled out.
///
/// # Errors
/// None was named, or options without a component's name stand beside several; `command` says them again.
pub fn specs(
    components: &[Component],
    targets: &TargetArgs,
    command: &str,
) -> Result<Vec<TargetSpec>, Stop> {
    if components.is_empty() {
        return Err(Stop::no_answer(format!(
            "which component: {command} agent, {command} gateway, {command} apps, or several"
        )));
    }
    let wanted = Component::ALL.into_iter();
    let wanted: Vec<Component> = wanted.filter(|one| components.contains(one)).collect();
    targets.all_of(&wanted)
}

/// The arguments of `install`.
#[derive(Debug, Args)]
#[command(after_help = help::MORE, after_long_help = help::INSTALL_CODES)]
pub struct InstallArgs {
    /// What is wanted.
    #[command(flatten)]
    pub desired: DesiredArgs,

    /// How it is carried out.
    #[command(flatten)]
    pub deploy: DeployArgs,
}

/// The arguments of `render`.
#[derive(Debug, Args)]
#[command(after_help = help::MORE, after_long_help = help::RENDER_CODES)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct RenderArgs {
    /// What is wanted.
    #[command(flatten)]
    pub desired: DesiredArgs,

    /// Print the whole override file as it would be, credentials included, not only the certificates' part
    #[arg(long, help_heading = headings::RENDERED)]
    pub full: bool,

    /// Write the override files instead of printing them
    #[arg(long, conflicts_with = "full", help_heading = headings::RENDERED)]
    pub in_place: bool,

    /// Write nothing: show what would change in the files, and exit with 2 if there is something
    #[arg(long, conflicts_with_all = ["full", "in_place"], help_heading = headings::RENDERED)]
    pub check: bool,

    /// Where the chart cannot be reached, go by the documented names of ConfigMaps instead of failing
    #[arg(long, help_heading = headings::RENDERED, hide_short_help = true)]
    pub assume_names: bool,

    /// Which targets, where a file lists them.
    #[command(flatten)]
    pub fleet: FleetArgs,

    /// How to print
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT", help_heading = headings::RENDERED)]
    pub output: Output,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// For programs (docs/json.md).
    Json,
}
