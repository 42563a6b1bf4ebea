//! `export`: the same targets for an engine that deploys.

use std::path::PathBuf;

use clap::Args;

use super::{FleetArgs, JudgingArgs, headings, help};

/// Which engine deploys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Engine {
    /// One list of applications, or an application each.
    #[value(name = "argocd")]
    ArgoCd,
    /// A folder for each cluster: releases, where charts come from, and a kustomization.
    Flux,
    /// One helmfile.yaml.
    Helmfile,
}

/// Over the options that only Argo CD has a use for.
const GIT: &str = "Where Argo CD finds the values files";

/// The arguments of `export`.
#[derive(Debug, Args)]
#[command(after_help = help::EXPORT_CODES)]
pub struct ExportArgs {
    /// Which engine it is for
    #[arg(long, value_enum, value_name = "ENGINE")]
    pub to: Engine,

    /// Write into this folder instead of printing; a file there that is not of this command is never replaced
    #[arg(short = 'd', long, value_name = "DIR", help_heading = headings::FILES)]
    pub output_dir: Option<PathBuf>,

    /// The git repository that holds the values files
    #[arg(long, value_name = "URL", help_heading = GIT)]
    pub repo_url: Option<String>,

    /// Its branch, tag or commit
    #[arg(long, value_name = "REVISION", help_heading = GIT)]
    pub revision: Option<String>,

    /// The folder of it that FILE lies in, . for its root [default: as this checkout has it]
    #[arg(long, value_name = "FOLDER", help_heading = GIT, hide_short_help = true)]
    pub path: Option<String>,

    /// The namespace of the engine's objects [default: argocd, flux-system]
    #[arg(long, value_name = "NAMESPACE", hide_short_help = true)]
    pub engine_namespace: Option<String>,

    /// The Secret in that namespace with which Flux fetches the charts [default: none]
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub chart_secret: Option<String>,

    /// Which targets.
    #[command(flatten)]
    pub fleet: FleetArgs,

    /// Where copies of files go that are replaced [default: the state folder of the user; none where git has the content]
    #[arg(long, value_name = "DIR", help_heading = headings::FILES, hide_short_help = true)]
    pub backup_dir: Option<PathBuf>,

    /// How strictly what is found is judged.
    #[command(flatten)]
    pub judging: JudgingArgs,

    /// Further flags for helm pull, such as --plain-http
    #[arg(last = true, value_name = "HELM-ARGS", hide_short_help = true)]
    pub helm_arguments: Vec<String>,
}
