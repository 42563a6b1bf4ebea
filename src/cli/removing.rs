//! The arguments of the commands that take certificates out: `remove` and `rotate`.

use std::path::PathBuf;

use clap::Args;

use super::{DeployArgs, JudgingArgs, TargetArgs, headings, help};
use crate::certs::Fingerprint;
use crate::overrides::Selector;
use crate::sources::Source;
use crate::tls::Endpoint;
use crate::vendor::Component;
use crate::verify::Patience;

/// The arguments of `remove`.
#[derive(Debug, Args)]
#[command(after_help = help::MORE, after_long_help = help::REMOVE_CODES)]
pub struct RemoveArgs {
    /// Which certificates.
    #[command(flatten)]
    pub selection: SelectionArgs,

    /// What loses them.
    #[command(flatten)]
    pub edited: EditedArgs,

    /// How it is carried out.
    #[command(flatten)]
    pub deploy: DeployArgs,
}

/// The arguments of `rotate`.
#[derive(Debug, Args)]
#[command(after_help = help::MORE, after_long_help = help::ROTATE_CODES)]
pub struct RotateArgs {
    /// The certificate that is to go: its alias, sha256:PREFIX, subject:GLOB, expired: or superseded: ; repeatable
    #[arg(long, value_name = "SELECTOR", help_heading = headings::CERTIFICATES)]
    pub from: Vec<Selector>,

    /// The certificate that takes its place; repeatable.
    #[arg(long = "to", value_name = "[ALIAS=]SOURCE", help = help::TO, long_help = help::TO_LONG, help_heading = headings::CERTIFICATES)]
    pub certificates: Vec<Source>,

    /// SHA-256 fingerprint of a certificate that an https:// source must present
    #[arg(long, value_name = "SHA256", help_heading = headings::CERTIFICATES, hide_short_help = true)]
    pub fingerprint: Option<Fingerprint>,

    /// A further server that has to do without the former certificate, beside those that the values name; repeatable
    #[arg(long = "server", value_name = "URL", help_heading = headings::CERTIFICATES)]
    pub servers: Vec<Endpoint>,

    /// Wait so long for servers that still need the former certificate, such as 30m, and go on then
    #[arg(long, value_name = "DURATION", help_heading = headings::RUN)]
    pub wait_for_servers: Option<Patience>,

    /// Whose certificates are changed.
    #[command(flatten)]
    pub edited: EditedArgs,

    /// How it is carried out.
    #[command(flatten)]
    pub deploy: DeployArgs,
}

/// Whose override files are edited, and under which conditions.
#[derive(Debug, Args)]
pub struct EditedArgs {
    /// Whose certificates are changed
    #[arg(value_name = "COMPONENT", value_delimiter = ',')]
    pub components: Vec<Component>,

    /// Where copies of files go that are replaced [default: the state folder of the user; none where git has the content]
    #[arg(long, value_name = "DIR", help_heading = headings::FILES, hide_short_help = true)]
    pub backup_dir: Option<PathBuf>,

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

/// Which certificates are meant; each option adds to what the others say.
#[derive(Debug, Args)]
pub struct SelectionArgs {
    /// The one of this alias, as the values or inspect show it; repeatable
    #[arg(long, help_heading = headings::WHICH, value_name = "NAME")]
    pub alias: Vec<String>,

    /// The one whose SHA-256 fingerprint begins with these hex digits, 8 or more; repeatable
    #[arg(long, help_heading = headings::WHICH, value_name = "PREFIX", value_parser = Selector::sha256)]
    pub sha256: Vec<Selector>,

    /// Those whose subject or common name fits, with * and ?; repeatable
    #[arg(long, help_heading = headings::WHICH, value_name = "GLOB")]
    pub subject: Vec<String>,

    /// Those that have ended
    #[arg(long, help_heading = headings::WHICH)]
    pub expired: bool,

    /// CAs of which there is a newer one by the same name, which is valid already
    #[arg(long, help_heading = headings::WHICH, hide_short_help = true)]
    pub superseded: bool,

    /// All of them
    #[arg(long, help_heading = headings::WHICH)]
    pub all: bool,
}

impl SelectionArgs {
    /// The same, plain; empty where nothing was said.
    #[must_use]
    pub fn selectors(&self) -> Vec<Selector> {
        let alias = self.alias.iter().cloned().map(Selector::Alias);
        let subject = self.subject.iter().cloned().map(Selector::Subject);
        let expired = self.expired.then_some(Selector::Expired);
        let superseded = self.superseded.then_some(Selector::Superseded);
        let all = self.all.then_some(Selector::All);
        let digits = self.sha256.iter().cloned();
        alias
            .chain(digits)
            .chain(subject)
            .chain(expired)
            .chain(superseded)
            .chain(all)
            .collect()
    }
}
