//! `remove` and `rotate` without a release or a certificate, on a terminal: what is missing is chosen from what is deployed, then the
//! command goes on as if all had been said.

use std::collections::BTreeMap;

use anyhow::Result;
use time::OffsetDateTime;

use super::super::status::{self, sought::Sought};
use super::offered::about;
use super::{Led, other_command, parsed, values_files};
use crate::certs::{Fingerprint, mozilla};
use crate::cli::{Command, DeployArgs, EditedArgs, Output, RemoveArgs, RotateArgs};
use crate::exit::{ExitCode, Stop};
use crate::guided::{Aim, Answers, BY_FINGERPRINT, Coordinate, Given, Offered};
use crate::helm::Helm;
use crate::request::TargetSpec;
use crate::ui::{self, Screen};

/// Whether `remove` leads through.
pub(in super::super) fn is_wanted_to_remove(arguments: &RemoveArgs) -> bool {
    let lacks = arguments.selection.selectors().is_empty();
    is_wanted(&arguments.edited, &arguments.deploy, lacks)
}

/// Whether `rotate` does.
pub(in super::super) fn is_wanted_to_rotate(arguments: &RotateArgs) -> bool {
    let lacks = arguments.from.is_empty() || arguments.certificates.is_empty();
    is_wanted(&arguments.edited, &arguments.deploy, lacks)
}

fn is_wanted(edited: &EditedArgs, deploy: &DeployArgs, lacks_certificates: bool) -> bool {
    let incomplete = edited.components.is_empty() || lacks_certificates;
    let for_people = deploy.output == Output::Text && !deploy.no_input;
    incomplete && for_people && ui::is_interactive()
}

/// Leads through `remove`, which goes on with `go_on`.
pub(in super::super) fn remove(
    first: &RemoveArgs,
    helm: &Helm,
    screen: &Screen,
    go_on: impl Fn(&RemoveArgs) -> Result<ExitCode>,
) -> Result<ExitCode> {
    let leaving = !first.selection.selectors().is_empty();
    let given = Given::of_edit(Aim::Remove, &first.edited, leaving, true);
    let led = Led::begin(given, helm, screen);
    led.through(first.deploy.dry_run, |command| match command {
        Command::Remove(arguments) => go_on(&arguments),
        _ => Err(other_command().into()),
    })
}

/// Leads through `rotate`, which goes on with `go_on`.
pub(in super::super) fn rotate(
    first: &RotateArgs,
    helm: &Helm,
    screen: &Screen,
    go_on: impl Fn(&RotateArgs) -> Result<ExitCode>,
) -> Result<ExitCode> {
    let (leaving, coming) = (!first.from.is_empty(), !first.certificates.is_empty());
    let given = Given::of_edit(Aim::Rotate, &first.edited, leaving, coming);
    let led = Led::begin(given, helm, screen);
    led.through(first.deploy.dry_run, |command| match command {
        Command::Rotate(arguments) => go_on(&arguments),
        _ => Err(other_command().into()),
    })
}

impl Led<'_> {
    /// Asks what is missing, and goes on with the command that it comes to.
    fn through(
        mut self,
        looks_only: bool,
        go_on: impl Fn(Command) -> Result<ExitCode>,
    ) -> Result<ExitCode> {
        let mut answers = Answers::new(&self.given);
        let done = self.answered(&mut answers).and_then(go_on);
        let done = done.inspect_err(|error| self.tell_the_way_on(error, &answers))?;
        let more: &[&str] = if looks_only { &[] } else { &["--yes"] };
        self.tell("The same without questions:", &answers, more);
        Ok(done)
    }

    fn answered(&mut self, answers: &mut Answers) -> Result<Command> {
        self.ask_all(answers, &mut Vec::new())?;
        values_files::propose(answers, &self.given, &self.seen, self.helm, self.screen);
        Ok(parsed(&self.line, answers)?)
    }

    /// The releases that were chosen, or named on the command line.
    fn chosen(&self, answers: &Answers) -> Vec<TargetSpec> {
        let mut specs = Vec::new();
        for spot in answers.spots() {
            let word = |coordinate| spot.word(coordinate).map(str::to_owned);
            let (release, namespace) = (word(Coordinate::Release), word(Coordinate::Namespace));
            let given = self.given.options.iter();
            for given in given.filter(|one| one.component == spot.component) {
                specs.push(TargetSpec {
                    release: release.clone().or_else(|| given.release.clone()),
                    namespace: namespace.clone().or_else(|| given.namespace.clone()),
                    ..TargetSpec::of(spot.component)
                });
            }
        }
        specs
    }

    /// What the chosen releases trust, each certificate once; public CAs of a bundle aside.
    pub(super) fn trusted(&self, answers: &Answers) -> Result<Vec<Offered>> {
        if self.given.leaving || answers.spots().is_empty() {
            return Ok(Vec::new());
        }
        let specs = self.chosen(answers);
        let sought = [Sought::of(self.helm.cluster().clone(), specs)];
        let deployed = match status::deployed(&sought, false, self.screen) {
            Ok(deployed) => deployed,
            Err(error) => {
                // Its name can still be typed.
                self.screen.error(&error);
                return Ok(Vec::new());
            }
        };
        let now = OffsetDateTime::now_utc();
        let mut all: BTreeMap<(String, Fingerprint), (String, Vec<String>)> = BTreeMap::new();
        for (release, _) in &deployed {
            for placed in &release.certificates {
                let fingerprint = placed.certificate.fingerprint;
                if mozilla::is_public_root(fingerprint) {
                    continue;
                }
                let known = all.entry((placed.alias.clone(), fingerprint));
                let (_, releases) =
                    known.or_insert_with(|| (about(&placed.certificate, now), Vec::new()));
                releases.push(release.id.release.clone());
            }
        }
        if all.is_empty() && !deployed.is_empty() {
            return Err(Stop::refused(
                "none of these releases brings a certificate of its own; helm clearml-certs status shows what they trust",
            )
            .into());
        }
        let mut of_alias: BTreeMap<&str, usize> = BTreeMap::new();
        for (alias, _) in all.keys() {
            *of_alias.entry(alias).or_default() += 1;
        }
        let offered = all.iter().map(|((alias, fingerprint), (about, releases))| {
            let releases = releases.join(", ");
            let is_one = of_alias.get(alias.as_str()) == Some(&1);
            // One alias may name another certificate in another release, and that one stays.
            Offered {
                label: format!("{alias}: {about}; in {releases}"),
                source: if is_one {
                    alias.clone()
                } else {
                    format!("{BY_FINGERPRINT}{}", fingerprint.prefix())
                },
            }
        });
        Ok(offered.collect())
    }
}
