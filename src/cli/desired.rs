//! What is wanted: the options of every command that edits override files to bring certificates.

use std::path::PathBuf;

use clap::Args;
use time::OffsetDateTime;

use super::{JudgingArgs, TargetArgs, headings, help};
use crate::certs::Fingerprint;
use crate::overrides::task_pods::{Distros, Queues, Variables};
use crate::overrides::{Mode, Selection, Selector};
use crate::plan::TaskPods;
use crate::request::Desired;
use crate::sources::Source;
use crate::vendor::Component;

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

    /// How certificates get into the pods of the agent's tasks [default: auto]
    #[arg(long, value_enum, value_name = "HOW", help_heading = headings::TASKS, hide_short_help = true)]
    pub task_pods: Option<TaskPods>,

    /// Which environment variables of task pods point to the bundle, with the pod template [default: all]
    #[arg(long, value_enum, value_name = "WHICH", help_heading = headings::TASKS, hide_short_help = true)]
    pub task_variables: Option<Variables>,

    /// Which images tasks run in, with the pod template [default: as the file says already, else debian]
    #[arg(long, value_enum, value_name = "WHICH", help_heading = headings::TASKS, hide_short_help = true)]
    pub task_distros: Option<Distros>,

    /// Which templates of task pods get the documented one: also the lists that a queue's templateOverrides replace, or not [default: all]
    #[arg(long, value_enum, value_name = "WHICH", help_heading = headings::TASKS, hide_short_help = true)]
    pub task_queues: Option<Queues>,

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
