//! The command line.

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
use time::OffsetDateTime;

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
use crate::overrides::task_pods::{Distros, Queues, Variables};
use crate::overrides::{Mode, Selection, Selector};
use crate::plan::{OnUnheld, TaskPods};
use crate::request::{Desired, TargetSpec};
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

/// What is wanted: which certificates go where, and how. The same for every command that edits override files.
#[derive(Debug, Args)]
pub struct DesiredArgs {
    /// What gets the certificates
    #[arg(value_name = "COMPONENT", value_delimiter = ',')]
    pub components: Vec<Component>,

    /// Certificates, and the alias to give them; repeatable.
    #[arg(long = "ca", value_name = "[ALIAS=]SOURCE", help = help::CA, long_help = help::CA_LONG, help_heading = headings::CERTIFICATES)]
    pub certificates: Vec<Source>,

    /// What becomes of the bundle that the pods come with [default: as the file says already, else append]
    #[arg(long, value_enum, value_name = "HOW", help_heading = headings::CERTIFICATES)]
    pub mode: Option<Mode>,

    /// SHA-256 fingerprint of a certificate that an https:// source must present
    #[arg(long, value_name = "SHA256", help_heading = headings::CERTIFICATES, hide_short_help = true)]
    pub fingerprint: Option<Fingerprint>,

    /// How certificates get into the pods of the agent's tasks
    #[arg(long, value_enum, default_value_t, value_name = "HOW", help_heading = headings::TASKS, hide_short_help = true)]
    pub task_pods: TaskPods,

    /// Which environment variables of task pods point to the bundle, with the pod template
    #[arg(long, value_enum, default_value_t, value_name = "WHICH", help_heading = headings::TASKS, hide_short_help = true)]
    pub task_variables: Variables,

    /// Which images tasks run in, with the pod template [default: as the file says already, else debian]
    #[arg(long, value_enum, value_name = "WHICH", help_heading = headings::TASKS, hide_short_help = true)]
    pub task_distros: Option<Distros>,

    /// Which templates of task pods get the documented one: also the lists that a queue's templateOverrides replace, or not
    #[arg(long, value_enum, default_value_t, value_name = "WHICH", help_heading = headings::TASKS, hide_short_help = true)]
    pub task_queues: Queues,

    /// Image of the task pods' init container [default: the agent's, as the chart renders it]
    #[arg(long, value_name = "IMAGE", help_heading = headings::TASKS, hide_short_help = true)]
    pub task_image: Option<String>,

    /// Write certificates of the override file anew that clients cannot read as they stand there
    #[arg(long, help_heading = headings::CERTIFICATES, hide_short_help = true)]
    pub repair: bool,

    /// Take out of the override file what is no longer of use, unless a server that the values name still needs it: certificates that have ended, or of which there is a newer one by the same name; repeatable
    #[arg(long, value_enum, value_name = "WHICH", help_heading = headings::CERTIFICATES, hide_short_help = true)]
    pub prune: Vec<Prune>,

    /// A values file that is named may be a new one
    #[arg(long, help_heading = headings::FILES, hide_short_help = true)]
    pub new_file: bool,

    /// Where copies of files go that are replaced [default: the state folder of the user; none where git has the content]
    #[arg(long, value_name = "DIR", help_heading = headings::FILES, hide_short_help = true)]
    pub backup_dir: Option<PathBuf>,

    /// Take out of the override file what turns the checking of certificates off
    #[arg(long, help_heading = headings::CERTIFICATES, hide_short_help = true)]
    pub enforce_checking: bool,

    /// Coordinates of each component.
    #[command(flatten)]
    pub targets: TargetArgs,

    /// How strictly what is found is judged.
    #[command(flatten)]
    pub judging: JudgingArgs,

    /// Further flags for helm upgrade, such as --set or --plain-http
    #[arg(last = true, value_name = "HELM-ARGS", hide_short_help = true)]
    pub helm_arguments: Vec<String>,
}

impl DesiredArgs {
    /// The same, plain.
    #[must_use]
    pub fn desired(&self) -> Desired {
        Desired {
            certificates: vouched(&self.certificates, self.fingerprint),
            drop: Prune::selection(&self.prune),
            mode: self.mode,
            task_pods: self.task_pods,
            task_variables: self.task_variables,
            task_distros: self.task_distros,
            task_queues: self.task_queues,
            task_image: self.task_image.clone(),
            repair: self.repair,
            new_file: self.new_file,
            enforce_checking: self.enforce_checking,
            ignore: self.judging.ignore.clone(),
            expires_within: self.judging.expires_within,
        }
    }
}

/// The sources, where servers among them must present a certificate with that fingerprint.
#[must_use]
pub fn vouched(sources: &[Source], fingerprint: Option<Fingerprint>) -> Vec<Source> {
    let sources = sources.iter();
    sources.map(|source| source.vouched(fingerprint)).collect()
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
    let specs = wanted.iter().map(|one| targets.of(*one, &wanted));
    specs.collect()
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

/// How a plan is carried out, or only shown.
#[derive(Debug, Clone, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct DeployArgs {
    /// Show what would be done; write nothing, deploy nothing
    #[arg(long, help_heading = headings::LOOK)]
    pub dry_run: bool,

    /// Write the override files and deploy nothing; the commands that deploy them are printed
    #[arg(long, conflicts_with = "dry_run", help_heading = headings::RUN, hide_short_help = true)]
    pub files_only: bool,

    /// With --dry-run: exit with 2 if there is something to change
    #[arg(long, requires = "dry_run", help_heading = headings::LOOK, hide_short_help = true)]
    pub detailed_exitcode: bool,

    /// Show all that is rendered, not only what changes
    #[arg(long, help_heading = headings::LOOK, hide_short_help = true)]
    pub show_manifest: bool,

    /// Show every certificate, public CAs among them, where the preview would count them
    #[arg(long, help_heading = headings::LOOK, hide_short_help = true)]
    pub show_certificates: bool,

    /// Do it without asking
    #[arg(short, long, help_heading = headings::RUN)]
    pub yes: bool,

    /// Never prompt: what is missing is an error
    #[arg(long, help_heading = headings::RUN, hide_short_help = true)]
    pub no_input: bool,

    /// Do not ask the servers that the values name whether their certificates will verify
    #[arg(long, help_heading = headings::LOOK, hide_short_help = true)]
    pub skip_probe: bool,

    /// What becomes of deployed values that no values file holds.
    #[command(flatten)]
    pub unheld: UnheldArgs,

    /// Wait until the pods are ready
    #[arg(long, help_heading = headings::RUN)]
    pub wait: bool,

    /// How long Helm waits, such as 5m0s
    #[arg(long, value_name = "DURATION", help_heading = headings::RUN, hide_short_help = true)]
    pub timeout: Option<String>,

    /// Restart the pods that would keep the old certificates, since their own definition does not change (needs kubectl)
    #[arg(long, help_heading = headings::RUN, hide_short_help = true)]
    pub restart: bool,

    /// Let a short-lived pod of each task template ask the servers afterwards, as the command verify does (needs kubectl)
    #[arg(long, conflicts_with = "files_only", help_heading = headings::RUN, hide_short_help = true)]
    pub verify: bool,

    /// Return to the former revision if the upgrade fails (Helm 3 calls it --atomic)
    #[arg(long, help_heading = headings::RUN, hide_short_help = true)]
    pub rollback_on_failure: bool,

    /// Which targets, where a file lists them.
    #[command(flatten)]
    pub fleet: FleetArgs,

    /// How many targets take their turns.
    #[command(flatten)]
    pub turns: TurnArgs,

    /// How to print the plan and the result; json needs --yes or --dry-run
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT", help_heading = headings::LOOK)]
    pub output: Output,
}

impl DeployArgs {
    /// All that goes to `helm upgrade` as it is, of which `words` were given as such.
    #[must_use]
    pub fn for_helm(&self, words: &[String]) -> Vec<String> {
        let mut words = words.to_vec();
        let given = words.iter().any(|word| word == REUSE);
        if self.unheld.reset_then_reuse_values && !given {
            words.push(REUSE.to_owned());
        }
        words
    }
}

/// Helm's own name for the flag.
const REUSE: &str = "--reset-then-reuse-values";

/// What becomes of deployed values that no values file holds. Without any of these the run is refused.
#[derive(Debug, Clone, Args)]
#[group(multiple = false)]
pub struct UnheldArgs {
    /// Write deployed values that no values file holds into the override file
    #[arg(long, help_heading = headings::UNHELD, hide_short_help = true)]
    pub adopt_values: bool,

    /// Keep deployed values that no values file holds in the release, under what the files say
    #[arg(long, help_heading = headings::UNHELD, hide_short_help = true)]
    pub reset_then_reuse_values: bool,

    /// Drop deployed values that no values file holds
    #[arg(long, help_heading = headings::UNHELD, hide_short_help = true)]
    pub discard_values: bool,
}

impl UnheldArgs {
    /// The choice, as the plan knows it.
    #[must_use]
    pub fn choice(&self) -> OnUnheld {
        match (self.adopt_values, self.discard_values) {
            (true, _) => OnUnheld::Adopt,
            (_, true) => OnUnheld::Discard,
            _ => OnUnheld::Refuse,
        }
    }
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

/// What is of no more use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Prune {
    /// Certificates that have ended.
    Expired,
    /// CAs of which there is a newer one by the same name.
    Superseded,
}

impl Prune {
    fn selection(what: &[Self]) -> Option<Selection> {
        let selectors = what.iter().map(|one| match one {
            Self::Expired => Selector::Expired,
            Self::Superseded => Selector::Superseded,
        });
        (!what.is_empty()).then(|| Selection::at(OffsetDateTime::now_utc(), selectors.collect()))
    }
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
