//! `-c` and what goes with it: many targets at once.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::TargetArgs;
use crate::exit::Stop;
use crate::fleet::{Fleet, Only};
use crate::vendor::Component;

/// Over the options that are about many targets.
const HEADING: &str = "Many targets";

/// Which targets, where a file lists them.
#[derive(Debug, Clone, Default, Args)]
pub struct FleetArgs {
    /// Take targets and certificates from this file [default: clearml-certs.yaml, where it is in this folder and no component is named]
    #[arg(short, long, value_name = "FILE", help_heading = HEADING, hide_short_help = true)]
    pub config: Option<PathBuf>,

    /// Only these of its targets: agent, NAMESPACE/RELEASE, context=NAME, namespace=NAME, release=NAME, wave=NUMBER; * and ? stand for anything, commas join; repeatable
    #[arg(long, value_name = "SELECTOR", help_heading = HEADING, hide_short_help = true)]
    pub only: Vec<Only>,
}

impl FleetArgs {
    /// The file's targets, where one was named, or is here and nothing else says what is meant.
    ///
    /// # Errors
    /// The file cannot be read or makes no sense; or components or coordinates stand beside it.
    pub fn find(
        &self,
        components: &[Component],
        coordinates: &TargetArgs,
    ) -> Result<Option<Fleet>> {
        let says_otherwise = !components.is_empty() || !coordinates.are_default();
        let fleet = Fleet::find(self.config.as_deref(), says_otherwise)?;
        let Some(found) = &fleet else {
            if let Some(only) = self.only.first() {
                let message = format!(
                    "--only {only} is for the targets of a clearml-certs.yaml: name one with -c"
                );
                return Err(Stop::usage(message).into());
            }
            return Ok(None);
        };
        if let Some(component) = components.first() {
            let file = found.file().display();
            return Err(Stop::usage(format!(
                "{file} says which targets there are: for some of them, --only {component}"
            ))
            .into());
        }
        if !coordinates.are_default() {
            let file = found.file().display();
            return Err(Stop::usage(format!(
                "{file} says where its targets are: leave --release, --chart, --version, -f and their like out, or change it there"
            ))
            .into());
        }
        Ok(fleet)
    }
}

/// How many targets take their turns.
#[derive(Debug, Clone, Default, Args)]
pub struct TurnArgs {
    /// So many targets at once [default: 4]
    #[arg(long, value_name = "N", help_heading = HEADING, hide_short_help = true)]
    pub parallel: Option<NonZeroUsize>,

    /// Go on with the next wave after a target that failed
    #[arg(long, help_heading = HEADING, hide_short_help = true)]
    pub keep_going: bool,

    /// Let so many targets of each wave go ahead, and ask before the others
    #[arg(long, value_name = "N", help_heading = HEADING, hide_short_help = true)]
    pub canary: Option<NonZeroUsize>,
}

impl TurnArgs {
    /// What is of no use without a file.
    ///
    /// # Errors
    /// There is such an option.
    pub fn are_for_a_file(&self) -> Result<(), Stop> {
        let given = [
            (self.parallel.is_some(), "--parallel"),
            (self.keep_going, "--keep-going"),
            (self.canary.is_some(), "--canary"),
        ];
        match given.into_iter().find(|(is_given, _)| *is_given) {
            Some((_, option)) => Err(Stop::usage(format!(
                "{option} is for the targets of a clearml-certs.yaml: name one with -c"
            ))),
            None => Ok(()),
        }
    }
}
