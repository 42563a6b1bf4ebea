//! The arguments of `init`.

use std::path::PathBuf;

use clap::Args;

use super::{headings, help};

/// The arguments of `init`.
#[derive(Debug, Args)]
#[command(after_help = help::MORE, after_long_help = help::INIT_CODES)]
pub struct InitArgs {
    /// The file to write
    #[arg(value_name = "FILE", default_value = "clearml-certs.yaml")]
    pub file: PathBuf,

    /// List the releases of all namespaces
    #[arg(short = 'A', long, help_heading = headings::WHERE)]
    pub all_namespaces: bool,

    /// List those in the clusters of these contexts: NAME,NAME
    #[arg(long, value_name = "CONTEXT", value_delimiter = ',', help_heading = headings::WHERE)]
    pub contexts: Vec<String>,

    /// List those in the cluster of every context of the kubeconfig
    #[arg(long, conflicts_with = "contexts", help_heading = headings::WHERE)]
    pub all_contexts: bool,

    /// The agents' chart, where it is not had as documented
    #[arg(long, value_name = "REF", help_heading = headings::WHERE, hide_short_help = true)]
    pub agent_chart: Option<String>,

    /// The gateways' chart, where it is not had as documented
    #[arg(long, value_name = "REF", help_heading = headings::WHERE, hide_short_help = true)]
    pub gateway_chart: Option<String>,

    /// The control planes' chart, where it is not had as documented
    #[arg(long, value_name = "REF", help_heading = headings::WHERE, hide_short_help = true)]
    pub apps_chart: Option<String>,
}
