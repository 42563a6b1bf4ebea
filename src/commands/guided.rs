//! `install` without components or certificates, on a terminal: it leads through. The answers become words of the command
//! line, which are read like any other, so that the plan is the one that those words give.

mod survey;
mod typing;

use std::path::Path;

use anyhow::Result;
use clap::Parser as _;

use super::agreement::{agree, detail};
use super::order::Order;
use super::planning::accept;
use super::{carry_out, installing};
use crate::cli::{Cli, Command, DeployArgs, InstallArgs, Output};
use crate::exit::{ExitCode, Stop, code_of};
use crate::files::FolderLocks;
use crate::guided::{
    self, Answers, Change, Choice, CommandLine, Given, Question, Seen, Topic, Trust,
};
use crate::helm::Helm;
use crate::interrupt;
use crate::kube::ClusterAddress;
use crate::plan::Plan;
use crate::sources::{Access, Source};
use crate::ui::{self, Screen, Typed};

/// Whether somebody is there to be led, and needs it.
pub(super) fn is_wanted(arguments: &InstallArgs) -> bool {
    let desired = &arguments.desired;
    let incomplete = desired.components.is_empty() || desired.certificates.is_empty();
    let for_people = arguments.deploy.output == Output::Text && !arguments.deploy.no_input;
    incomplete && for_people && ui::is_interactive()
}

/// What the user wants done with a plan.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Decision {
    Apply,
    WriteFiles,
    Edit,
    Quit,
}

/// Asks, plans, shows, and does what is decided then.
pub(super) fn run(first: &InstallArgs, helm: &Helm, screen: &Screen) -> Result<ExitCode> {
    let words = std::env::args_os().skip(1);
    let line = CommandLine::new(words.map(|word| word.to_string_lossy().into_owned()));
    let given = Given::of(&first.desired);
    let mut answers = Answers::new(&given);
    screen.note(&format!(
        "{INTRODUCTION}\nThis is about {}.",
        helm.cluster()
    ));
    let seen = survey::survey(&given, helm, screen);
    let mut former = None;
    loop {
        let asked = ask_all(
            &mut answers,
            former.take(),
            &given,
            &seen,
            helm.cluster(),
            screen,
        );
        asked.inspect_err(|_| {
            if answers != Answers::new(&given) {
                screen.note(&format!(
                    "\nTo go on from here:\n  {}",
                    line.shown(&answers, &[], &helm.cluster().helm_flags())
                ));
            }
        })?;
        // Whoever typed the name of a file that is not there was told so.
        answers.new_file = answers.spots().iter().any(|spot| {
            let file = spot.word("values").map(Path::new);
            file.is_some_and(|file| !file.exists())
        });
        let mut locks = FolderLocks::default();
        let planned = parse(&line, &answers).and_then(|arguments| {
            let order = Order::of_install(&arguments, None);
            let rollout = installing::rollout(&order.deploy, helm)?;
            let plan = installing::plan(&order, &rollout, helm, &mut locks, screen)
                .map_err(installing::interrupted)?;
            screen.preview(&plan, detail(&order.deploy), false);
            Ok((arguments, rollout, plan))
        });
        let (arguments, rollout, plan) = match planned {
            Ok(planned) => planned,
            Err(error) if code_of(&error) == ExitCode::Interrupted => return Err(error),
            Err(error) => {
                screen.error(&error);
                former = Some(take_back(&mut answers, Some(code_of(&error)))?);
                continue;
            }
        };
        let same = |more: &[&str]| {
            screen.note(&format!(
                "\nThe same without questions:\n  {}",
                line.shown(&answers, more, &helm.cluster().helm_flags())
            ));
        };
        let mut order = Order::of_install(&arguments, None);
        if order.deploy.dry_run {
            same(&[]);
            accept(&plan)?;
            return installing::looked(&order.deploy, &plan);
        }
        match decide(&plan, &order.deploy)? {
            Decision::Edit => former = Some(take_back(&mut answers, None)?),
            Decision::Quit => {
                accept(&plan)?;
                same(&[]);
                return if plan.has_changes() {
                    Err(Stop::declined(ExitCode::NoAnswer, "nothing was changed").into())
                } else {
                    Ok(ExitCode::Done)
                };
            }
            Decision::Apply => {
                agree(&plan, &order.deploy, helm.cluster())?;
                interrupt::check()?;
                let done = carry_out::act(&order, &rollout, helm, &plan, screen);
                same(&["--yes"]);
                return done;
            }
            Decision::WriteFiles => {
                order.deploy.files_only = true;
                agree(&plan, &order.deploy, helm.cluster())?;
                interrupt::check()?;
                let done = carry_out::write(&order, &plan, screen);
                same(&["--files-only", "--yes"]);
                return done;
            }
        }
    }
}

const INTRODUCTION: &str = "A few questions, then a preview; nothing changes before that. Escape goes back, Ctrl-C leaves.";

/// Whether a question was left by Escape, and by nothing worse.
fn is_escape(error: &anyhow::Error) -> bool {
    let stop = error.downcast_ref::<Stop>();
    stop.is_some_and(|stop| stop.is_wanted && stop.code == ExitCode::Interrupted)
}

/// Asks until nothing is left to ask. Escape goes one question back; at the first, to the `former` answers, where one of them was to
/// change, and else it leaves.
fn ask_all(
    answers: &mut Answers,
    former: Option<Answers>,
    given: &Given,
    seen: &Seen,
    cluster: &ClusterAddress,
    screen: &Screen,
) -> Result<()> {
    let mut before: Vec<Answers> = former.into_iter().collect();
    while let Some(question) = guided::next(answers, given, seen) {
        interrupt::check()?;
        let now = answers.clone();
        match ask(&question, answers, cluster, screen) {
            Ok(()) if *answers == now => {}
            Ok(()) => before.push(now),
            Err(error) if is_escape(&error) => match before.pop() {
                Some(former) => *answers = former,
                None => return Err(error),
            },
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn ask(
    question: &Question,
    answers: &mut Answers,
    cluster: &ClusterAddress,
    screen: &Screen,
) -> Result<()> {
    match question {
        Question::Several { text, choices } => {
            let chosen = ui::choose_several(text, &labels(choices))?;
            let changes: Vec<Change> = choices
                .iter()
                .enumerate()
                .filter(|(index, _)| chosen.contains(index))
                .map(|(_, choice)| choice.change.clone())
                .collect();
            if let Err(why) = answers.choose(&changes) {
                screen.note(&format!("  {why}"));
            }
        }
        Question::One { text, choices } => {
            let index = ui::choose(text, &labels(choices))?;
            match choices.get(index) {
                Some(Choice {
                    change: Change::Fetch(url),
                    ..
                }) => fetch(url, answers, cluster, screen)?,
                Some(choice) => answers.choose_one(choice),
                None => {}
            }
        }
        Question::Word {
            topic,
            text,
            start,
            optional,
        } => {
            let word = ui::type_in(&Typed {
                question: text,
                start,
                optional: *optional,
                judge: &|text| typing::judge(*topic, text),
                complete: &|text| typing::complete(*topic, text),
            })?;
            if *topic == Topic::Certificates && word.starts_with("https://") {
                fetch(&word, answers, cluster, screen)?;
            } else {
                answers.take(Change::Word(*topic, typing::finished(&word)));
            }
        }
    }
    Ok(())
}

fn labels(choices: &[Choice]) -> Vec<String> {
    choices.iter().map(|choice| choice.label.clone()).collect()
}

/// Shows what a server presents, and asks which of it is what its owner says.
fn fetch(
    url: &str,
    answers: &mut Answers,
    cluster: &ClusterAddress,
    screen: &Screen,
) -> Result<()> {
    if let Some(trust) = answers.trusted() {
        screen.note(&format!(
            "  one server at a time: {} is taken already; give the other's certificate as a file",
            trust.url
        ));
        return Ok(());
    }
    let source: Source = url.parse().map_err(Stop::usage)?;
    let looking = Access::looking(cluster);
    let what = format!("asking {url} for its certificates");
    let presented = match screen.step(&what, || source.gather(&looking)) {
        Ok(reading) => reading.given,
        Err(error) => {
            screen.error(&error);
            answers.take(Change::Type(Topic::Certificates));
            return Ok(());
        }
    };
    screen.note(&format!(
        "{url} presents this. Anybody can present anything: compare the fingerprint with what its owner says."
    ));
    let mut choices = Vec::new();
    for one in &presented {
        let certificate = &one.certificate;
        screen.note(&format!(
            "  {} ({})\n    SHA-256 {}",
            certificate.subject,
            certificate.role(),
            certificate.fingerprint
        ));
        let name = certificate.common_name.as_ref();
        let name = name.unwrap_or(&certificate.subject);
        choices.push(format!(
            "{name} ({}), and who signed it",
            certificate.role()
        ));
    }
    // The CA is what should be trusted; it comes last.
    choices.reverse();
    choices.push("none of them".to_owned());
    let index = ui::choose("Which one is right?", &choices)?;
    match presented.iter().rev().nth(index) {
        Some(one) => answers.trust(Trust {
            url: url.to_owned(),
            fingerprint: one.certificate.fingerprint.to_string(),
        }),
        None => answers.take(Change::Type(Topic::Certificates)),
    }
    Ok(())
}

fn parse(line: &CommandLine, answers: &Answers) -> Result<InstallArgs> {
    let words = std::iter::once("clearml-certs".to_owned()).chain(line.with(answers));
    let cli = Cli::try_parse_from(words).map_err(|error| {
        let text = error.to_string();
        Stop::usage(text.strip_prefix("error: ").unwrap_or(&text).trim_end())
    })?;
    match cli.command {
        Command::Install(arguments) => Ok(*arguments),
        _ => Err(Stop::usage("only install asks questions").into()),
    }
}

fn decide(plan: &Plan, deploy: &DeployArgs) -> Result<Decision> {
    let mut choices = Vec::new();
    if !plan.is_refused() && plan.has_changes() {
        if deploy.files_only {
            choices.push(("write the files", Decision::WriteFiles));
        } else {
            choices.push(("apply this", Decision::Apply));
            choices.push(("write the files only, deploy nothing", Decision::WriteFiles));
        }
    }
    choices.push(("change an answer", Decision::Edit));
    choices.push(("quit", Decision::Quit));
    let labels: Vec<String> = choices
        .iter()
        .map(|(label, _)| (*label).to_owned())
        .collect();
    let index = ui::choose("What now?", &labels)?;
    Ok(choices
        .get(index)
        .map_or(Decision::Quit, |(_, decision)| *decision))
}

/// Lets one answer be taken back, and gives all as they were. After a failure, leaving is the other way out, with the failure's own exit code.
fn take_back(answers: &mut Answers, failure: Option<ExitCode>) -> Result<Answers> {
    let former = answers.clone();
    let listed = answers.listed();
    let mut labels: Vec<String> = listed
        .iter()
        .map(|(_, name, answer)| format!("{name}: {answer}"))
        .collect();
    if failure.is_some() {
        labels.push("quit".to_owned());
    }
    let index = ui::choose("Which answer should change?", &labels)?;
    match (listed.get(index), failure) {
        (Some((topic, ..)), _) => answers.clear(*topic),
        (None, Some(code)) => {
            return Err(Stop::declined(code, "nothing was changed").into());
        }
        (None, None) => {}
    }
    Ok(former)
}
