//! Commands without components or certificates, on a terminal: they lead through. The answers become words of the command
//! line, which are read like any other, so that the plan is the one that those words give.

mod asking;
mod deciding;
mod editing;
mod offered;
mod server;
mod survey;
mod typing;
mod values_files;

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use clap::Parser as _;

use self::deciding::Decision;
use super::agreement::{agree, detail};
use super::order::Order;
use super::planning::accept;
use super::{carry_out, installing, locking};
use crate::cli::{Cli, Command, InstallArgs, Output};
use crate::exit::{ExitCode, Stop, code_of, was_left};
use crate::files::FolderLocks;
use crate::guided::{Answers, CommandLine, Coordinate, Given, Seen, Spot, Surroundings};
use crate::helm::{Helm, Rollout};
use crate::interrupt;
use crate::plan::Plan;
use crate::ui::{self, Screen};

pub(super) use editing::{is_wanted_to_remove, is_wanted_to_rotate, remove, rotate};

/// Whether somebody is there to be led, and needs it.
pub(super) fn is_wanted(arguments: &InstallArgs) -> bool {
    let desired = &arguments.desired;
    let incomplete = desired.components.is_empty() || desired.certificates.is_empty();
    let for_people = arguments.deploy.output == Output::Text && !arguments.deploy.no_input;
    incomplete && for_people && ui::is_interactive()
}

/// Asks, plans, shows, and does what is decided then.
pub(super) fn run(first: &InstallArgs, helm: &Helm, screen: &Screen) -> Result<ExitCode> {
    let mut led = Led::begin(Given::of(&first.desired), helm, screen);
    led.looks_only = first.deploy.dry_run;
    led.writes_only = first.deploy.files_only;
    if led.seen.is_silent {
        led.line = of_files(led.line);
    }
    let mut answers = Answers::new(&led.given);
    let decided = led.lead_to_a_decision(&mut answers);
    let decided = decided.inspect_err(|error| led.tell_the_way_on(error, &answers))?;
    led.carry_out(&decided, &answers)
}

const INTRODUCTION: &str =
    "A few questions, then you see what would be done; nothing happens before that.";

/// The line that writes files and asks no cluster, where its words leave that open.
fn of_files(line: CommandLine) -> CommandLine {
    let render = line.of("render");
    match parsed(&render, &Answers::default()) {
        Ok(_) => render,
        Err(_) => line,
    }
}

/// The command that a line with the answers in it comes to.
fn parsed(line: &CommandLine, answers: &Answers) -> Result<Command, Stop> {
    let words = std::iter::once("clearml-certs".to_owned()).chain(line.with(answers));
    let cli = Cli::try_parse_from(words).map_err(|error| {
        let text = error.to_string();
        Stop::usage(text.strip_prefix("error: ").unwrap_or(&text).trim_end())
    })?;
    Ok(cli.command)
}

fn other_command() -> Stop {
    Stop::usage("this command asks no questions")
}

/// Whether the user has left, by whatever key or answer.
fn is_left(error: &anyhow::Error) -> bool {
    let stop = error.downcast_ref::<Stop>();
    stop.is_some_and(|stop| stop.is_wanted || stop.code == ExitCode::Interrupted)
}

/// Who is led, and what is known of where.
struct Led<'a> {
    line: CommandLine,
    given: Given,
    seen: Seen,
    /// The releases whose certificates `seen` tells.
    looked_at: Vec<Spot>,
    looks_only: bool,
    writes_only: bool,
    helm: &'a Helm,
    screen: &'a Screen,
}

/// A plan that was shown.
struct Planned {
    arguments: InstallArgs,
    rollout: Rollout,
    plan: Plan,
    /// Held while the plan may be carried out.
    _locks: FolderLocks,
}

/// What was decided, after the plan was agreed to.
struct Decided {
    planned: Planned,
    decision: Decision,
}

impl<'a> Led<'a> {
    fn begin(given: Given, helm: &'a Helm, screen: &'a Screen) -> Self {
        let words = std::env::args_os().skip(1);
        let line = CommandLine::new(words.map(|word| word.to_string_lossy().into_owned()));
        screen.note(&format!(
            "{INTRODUCTION}\nThis is about {}.",
            helm.cluster()
        ));
        Self {
            line,
            seen: survey::survey(&given, helm, screen),
            given,
            looked_at: Vec::new(),
            looks_only: false,
            writes_only: false,
            helm,
            screen,
        }
    }
}

impl Led<'_> {
    /// Asks and plans until the user knows what is to be done.
    ///
    /// # Errors
    /// The user has left, or said no.
    fn lead_to_a_decision(&mut self, answers: &mut Answers) -> Result<Decided> {
        let mut history = Vec::new();
        loop {
            self.ask_all(answers, &mut history)?;
            values_files::propose(answers, &self.given, &self.seen, self.helm, self.screen);
            // Whoever typed the name of a file that is not there was told so.
            answers.new_file = answers.spots().iter().any(|spot| {
                let file = spot.word(Coordinate::Values).map(Path::new);
                file.is_some_and(|file| !file.exists())
            });
            let now = answers.clone();
            let came = match self.plan(answers) {
                Ok(planned) => self.decide(&planned, answers).and_then(|decision| {
                    if decision != Decision::Again {
                        self.agree(&planned, decision)?;
                    }
                    Ok((decision, Some(planned)))
                }),
                Err(error) if code_of(&error) == ExitCode::Interrupted => return Err(error),
                Err(error) => {
                    self.screen.error(&error);
                    self.after(&error, answers)
                        .map(|()| (Decision::Again, None))
                }
            };
            match came {
                Ok((Decision::Again, _)) => history.push(now),
                Ok((decision, Some(planned))) => return Ok(Decided { planned, decision }),
                Ok((_, None)) => {}
                // Back to the last question, with what was answered before it.
                Err(error) if was_left(&error) => match history.pop() {
                    Some(former) => *answers = former,
                    None => return Err(error),
                },
                Err(error) => return Err(error),
            }
        }
    }

    /// Plans and shows what the answers come to.
    fn plan(&self, answers: &Answers) -> Result<Planned> {
        let arguments = self.parse(answers)?;
        let order = Order::of_install(&arguments, None);
        let mut locks = FolderLocks::default();
        let rollout = installing::rollout(&order.deploy, self.helm)?;
        let plan = installing::plan(
            &order,
            &rollout,
            self.helm,
            &mut locks,
            &Arc::default(),
            self.screen,
        )
        .map_err(installing::interrupted)?;
        // Of what is refused, why: the rest is seen by who asks for it.
        if plan.is_refused() && !self.looks_only {
            self.screen.refusals(&plan);
        } else {
            self.screen.preview(&plan, detail(&order.deploy), false);
        }
        Ok(Planned {
            arguments,
            rollout,
            plan,
            _locks: locks,
        })
    }

    /// The arguments that the answers come to. Where no cluster answers, the plan is made without one.
    fn parse(&self, answers: &Answers) -> Result<InstallArgs> {
        match parsed(&self.line.of("install"), answers)? {
            Command::Install(mut arguments) => {
                arguments.deploy.dry_run |= self.seen.is_silent;
                Ok(*arguments)
            }
            _ => Err(other_command().into()),
        }
    }

    /// The yes to what was decided.
    fn agree(&self, planned: &Planned, decision: Decision) -> Result<()> {
        let mut deploy = planned.arguments.deploy.clone();
        match decision {
            Decision::Apply => {}
            Decision::WriteFiles => deploy.files_only = true,
            Decision::Look | Decision::Again | Decision::Quit => return Ok(()),
        }
        agree(&planned.plan, &deploy, self.helm.cluster())?;
        Ok(interrupt::check()?)
    }

    fn carry_out(&self, decided: &Decided, answers: &Answers) -> Result<ExitCode> {
        let Planned {
            arguments,
            rollout,
            plan,
            ..
        } = &decided.planned;
        let mut order = Order::of_install(arguments, None);
        let same = |more: &[&str]| self.tell("The same without questions:", answers, more);
        match decided.decision {
            Decision::Look => {
                same(&[]);
                accept(plan)?;
                installing::looked(&order.deploy, plan)
            }
            Decision::Quit | Decision::Again => {
                accept(plan)?;
                self.tell("To go on from here:", answers, &[]);
                if plan.has_changes() {
                    Err(Stop::declined(ExitCode::NoAnswer, "nothing was changed").into())
                } else {
                    Ok(ExitCode::Done)
                }
            }
            Decision::Apply => {
                let done = carry_out::act(&order, rollout, self.helm, plan, self.screen);
                same(&["--yes"]);
                done
            }
            Decision::WriteFiles => {
                let mut locks = FolderLocks::default();
                if self.seen.is_silent {
                    let files = plan.targets.iter().map(|target| &target.file.path);
                    locking::lock(&mut locks, files, self.screen)?;
                }
                order.deploy.files_only = true;
                let done = carry_out::write(&order, plan, self.screen);
                same(if self.line.is_of("render") {
                    &["--in-place"]
                } else {
                    &["--files-only", "--yes"]
                });
                done
            }
        }
    }

    /// The line to go on with, for who has left.
    fn tell_the_way_on(&self, error: &anyhow::Error, answers: &Answers) {
        if is_left(error) && *answers != Answers::new(&self.given) {
            self.tell("To go on from here:", answers, &[]);
        }
    }

    /// A command line that says what was answered.
    fn tell(&self, title: &str, answers: &Answers, more: &[&str]) {
        let surroundings = Surroundings {
            flags: self.helm.cluster().helm_flags(),
            namespace: self.seen.namespace.clone(),
        };
        let line = self.line.shown(answers, &self.given, more, &surroundings);
        self.screen.note(&format!("\n{title}\n  {line}"));
    }
}
