//! How strictly what is found is judged, for every command that edits or exports.

use clap::Args;

use super::headings;
use crate::certs::lint::EXPIRES_WITHIN_DAYS;
use crate::finding::Ignorable;

/// What is let pass, and from when on a certificate is told as ending.
#[derive(Debug, Clone, Args)]
pub struct JudgingArgs {
    /// Let this error finding pass as a warning; repeatable
    #[arg(long, value_name = "CODE", help_heading = headings::LOOK, hide_short_help = true)]
    pub ignore: Vec<Ignorable>,

    /// Warn of certificates that expire within this many days
    #[arg(long, value_name = "DAYS", default_value_t = EXPIRES_WITHIN_DAYS, help_heading = headings::LOOK, hide_short_help = true)]
    pub expires_within: u32,
}
