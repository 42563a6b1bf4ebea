//! How a plan is carried out: the options of every command that may deploy.

use clap::Args;

use super::{FleetArgs, Output, TurnArgs, headings};
use crate::plan::OnUnheld;

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
