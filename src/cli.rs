//! The command line.

mod targets;

use clap::{Args, Parser, Subcommand};

pub use targets::{TargetArgs, TargetOptions};

use crate::certs::source::Source;
use crate::component::Component;
use crate::overrides::Mode;
use crate::overrides::task_pods::Variables;
use crate::plan::TaskPods;

/// Bring private CA certificates to ClearML Enterprise on Kubernetes
#[derive(Debug, Parser)]
#[command(
    name = "clearml-certs",
    bin_name = "helm clearml-certs",
    version,
    arg_required_else_help = true,
    after_help = "Helm's own flags (-n, --kube-context, --kubeconfig, --debug) work anywhere on the line."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Plan, preview, confirm, and upgrade the releases so that they trust your certificates
    Install(Box<InstallArgs>),
}

/// The arguments of `install`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct InstallArgs {
    /// What gets the certificates
    #[arg(value_name = "COMPONENT")]
    pub components: Vec<Component>,

    /// A file with one or more certificates, and the alias to give them, or `system` for this machine's own bundle; repeatable
    #[arg(long = "ca", value_name = "[ALIAS=]SOURCE")]
    pub certificates: Vec<Source>,

    /// What becomes of the bundle that the pods come with [default: as the file says already, else append]
    #[arg(long, value_enum, value_name = "HOW")]
    pub mode: Option<Mode>,

    /// How certificates get into the pods of the agent's tasks
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub task_pods: TaskPods,

    /// Which environment variables of task pods point to the bundle, with the pod template
    #[arg(long, value_enum, default_value_t, value_name = "WHICH")]
    pub task_variables: Variables,

    /// Image of the task pods' init container [default: the agent's, as the chart renders it]
    #[arg(long, value_name = "IMAGE")]
    pub task_image: Option<String>,

    /// Show what would be done; write nothing, deploy nothing
    #[arg(long)]
    pub dry_run: bool,

    /// With --dry-run: exit with 2 if there is something to change
    #[arg(long, requires = "dry_run")]
    pub detailed_exitcode: bool,

    /// Do it without asking
    #[arg(short, long)]
    pub yes: bool,

    /// Never prompt: what is missing is an error
    #[arg(long)]
    pub no_input: bool,

    /// Upgrade although values are deployed that no values file holds, and drop them
    #[arg(long)]
    pub discard_values: bool,

    /// Wait until the pods are ready
    #[arg(long)]
    pub wait: bool,

    /// How long Helm waits, such as 5m0s
    #[arg(long, value_name = "DURATION")]
    pub timeout: Option<String>,

    /// Return to the former revision if the upgrade fails (Helm 3 calls it --atomic)
    #[arg(long)]
    pub rollback_on_failure: bool,

    /// Coordinates of each component.
    #[command(flatten)]
    pub targets: TargetArgs,

    /// Further flags for helm upgrade, such as --set or --plain-http
    #[arg(last = true, value_name = "HELM-ARGS")]
    pub helm_arguments: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  See what would happen to the agent and its task pods:
    helm clearml-certs install agent --ca corp-root.pem -n clearml-workers --dry-run

  Gateway and agent, two certificates, no questions:
    helm clearml-certs install gateway agent --ca root=corp-root.pem --ca corp-issuing.pem \\
      --gateway-release ai-gateway -n clearml-workers --yes

Exit codes: 0 done or nothing to do, 1 failed, 2 changes pending (--detailed-exitcode),
3 refused, 4 an answer is missing or was no, 64 usage, 130 interrupted.";
