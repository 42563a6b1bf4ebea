//! What becomes of a plan, and what to do after a failure.

use anyhow::Result;

use super::{Led, Planned};
use crate::commands::agreement::detail;
use crate::exit::{Stop, code_of, was_left};
use crate::finding::Finding;
use crate::guided::{Answers, Remedy, Told, remedies, told};
use crate::plan::Plan;
use crate::ui::{self, Choosing};

/// What the user wants done with a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// Deploy it.
    Apply,
    /// Write the files alone.
    WriteFiles,
    /// Nothing: looking at it was all that was asked for.
    Look,
    /// Plan again, with other answers or once more.
    Again,
    /// Nothing, and leave.
    Quit,
}

/// What a line of the list means.
enum Line {
    Decide(Decision),
    Remedy(Remedy),
    Edit,
    Show,
}

impl Led<'_> {
    /// Asks what becomes of the plan. What is to be other than it is, is taken into `answers`.
    pub(super) fn decide(&self, planned: &Planned, answers: &mut Answers) -> Result<Decision> {
        let plan = &planned.plan;
        if self.looks_only {
            return Ok(Decision::Look);
        }
        let lines = self.lines(plan);
        let labels: Vec<String> = lines.iter().map(|(label, _)| label.clone()).collect();
        loop {
            let index = ui::choose("What now?", &labels)?;
            match lines.get(index).map(|(_, line)| line) {
                Some(Line::Decide(decision)) => return Ok(*decision),
                Some(Line::Remedy(remedy)) => {
                    remedy.apply(answers);
                    return Ok(Decision::Again);
                }
                Some(Line::Edit) => {
                    if self.is_to_change(answers)? {
                        return Ok(Decision::Again);
                    }
                }
                Some(Line::Show) => {
                    let detail = detail(&planned.arguments.deploy);
                    self.screen.preview(plan, detail, false);
                }
                None => return Ok(Decision::Quit),
            }
        }
    }

    fn lines(&self, plan: &Plan) -> Vec<(String, Line)> {
        let mut lines = Vec::new();
        let mut add = |label: &str, line: Line| lines.push((label.to_owned(), line));
        let is_refused = plan.is_refused();
        if !is_refused && plan.has_changes() {
            let files = "write the files only, deploy nothing";
            if self.writes_only || self.seen.is_silent {
                add("write the files", Line::Decide(Decision::WriteFiles));
            } else {
                add("apply this", Line::Decide(Decision::Apply));
                add(files, Line::Decide(Decision::WriteFiles));
            }
        }
        let of_targets = plan.targets.iter().flat_map(|target| &target.findings);
        let findings: Vec<&Finding> = plan.findings.iter().chain(of_targets).collect();
        for remedy in remedies(&findings, &self.given) {
            add(&remedy.label.clone(), Line::Remedy(remedy));
        }
        add("change an answer", Line::Edit);
        if is_refused {
            add("try again", Line::Decide(Decision::Again));
            add("show the whole plan", Line::Show);
        }
        add("quit", Line::Decide(Decision::Quit));
        lines
    }

    /// Lets one answer be asked for again; not, where that is left by Escape.
    fn is_to_change(&self, answers: &mut Answers) -> Result<bool> {
        let all = told(answers, &self.given, &self.seen);
        let labels = labels(&all);
        match ui::choose("Which answer should change?", &labels) {
            Ok(index) => {
                if let Some(one) = all.get(index) {
                    answers.ask(one.topic);
                }
                Ok(true)
            }
            Err(error) if was_left(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// After a failure: once more, or with another answer; the cursor stands on the one that the failure names. Leaving is the other
    /// way out, with the failure's own exit code.
    pub(super) fn after(&self, failure: &anyhow::Error, answers: &mut Answers) -> Result<()> {
        let all = told(answers, &self.given, &self.seen);
        let mut labels = labels(&all);
        labels.insert(0, "try again".to_owned());
        labels.push("quit".to_owned());
        let message = format!("{failure:#}");
        let is_named = |one: &Told| {
            let said = one.words.iter().map(String::as_str);
            let mut said = said.chain(std::iter::once(one.answer.as_str()));
            said.any(|word| word.len() > 2 && message.contains(word))
        };
        // The last of them is the nearest to what failed: a chart, and not the namespace that it is for.
        let suspect = all.iter().rposition(is_named).map_or(0, |index| index + 1);
        let choosing = Choosing {
            at: suspect,
            ..Choosing::from("Try again, or change an answer?", &labels)
        };
        let index = choosing.one()?;
        match index.checked_sub(1).map(|index| all.get(index)) {
            None => {}
            Some(Some(one)) => answers.ask(one.topic),
            Some(None) => {
                return Err(Stop::declined(code_of(failure), "nothing was changed").into());
            }
        }
        Ok(())
    }
}

fn labels(all: &[Told]) -> Vec<String> {
    let label = |one: &Told| format!("{}: {}", one.name, one.answer);
    all.iter().map(label).collect()
}
