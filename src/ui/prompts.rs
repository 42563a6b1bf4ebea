//! Questions, on stderr so that stdout stays clean. Escape and Ctrl-C give up: nothing was changed then.

use std::io::{ErrorKind, IsTerminal as _};

use anyhow::Result;
use console::{Term, measure_text_width, style};
use dialoguer::{MultiSelect, Select};

use super::fit;
use super::line::{Line, Pressed, completed};
use super::theme::Marked;
use crate::exit::{ExitCode, Stop};
use crate::interrupt::Asking;
use crate::platform::{QuietTerminal, drop_typed_ahead};

/// What a choice's line has beside its label: the marks, and room for them.
const MARKS: usize = 8;

/// Columns that are left for what is typed, however long the question.
const ROOM_TO_TYPE: usize = 24;

/// Whether there is somebody to ask.
#[must_use]
pub fn is_interactive() -> bool {
    std::io::stdin().is_terminal() && Term::stderr().is_term()
}

/// Asks for a yes, as a word and Enter; Enter alone means no. What was typed before the question stands there does not count.
///
/// # Errors
/// Escape, Ctrl-C, or the terminal is gone.
pub fn confirm(question: &str) -> Result<bool> {
    given(|| {
        drop_typed_ahead();
        read_yes(question)
    })
}

/// What a yes or no looks like.
const YES_OR_NO: &str = "[y/N]";

/// Columns for it to be typed in, and for the marks around the question.
const ROOM_FOR_YES: usize = 10;

fn read_yes(question: &str) -> dialoguer::Result<Option<bool>> {
    let term = Term::stderr();
    let whole = format!("{question} {YES_OR_NO}");
    // A long question has lines of its own: nothing of it may be cut.
    let is_short = measure_text_width(&whole) + ROOM_FOR_YES <= width(&term);
    let prompt = if is_short && !question.contains('\n') {
        whole
    } else {
        let mark = style("?").yellow().for_stderr();
        let lines = fit::prose(question, width(&term).saturating_sub(2));
        term.write_line(&format!("{mark} {}", lines.replace('\n', "\n  ")))?;
        YES_OR_NO.to_owned()
    };
    let mut line = Line::new("");
    let mut hint = None;
    loop {
        draw(&term, (&prompt, ROOM_FOR_YES), &line, hint.take())?;
        match line.press(&term.read_key()?) {
            Pressed::Typing | Pressed::Complete => {}
            Pressed::Cancelled => {
                erase(&term)?;
                return Ok(None);
            }
            Pressed::Done => {
                let word = line.text().trim().to_lowercase();
                let is_yes = match word.as_str() {
                    "y" | "yes" => true,
                    "" | "n" | "no" => false,
                    _ => {
                        hint = Some("type yes or no, and Enter".to_owned());
                        line = Line::new("");
                        continue;
                    }
                };
                erase(&term)?;
                let answer = if is_yes { "yes" } else { "no" };
                answered(&prompt, std::iter::once(&answer.to_owned()));
                return Ok(Some(is_yes));
            }
        }
    }
}

/// Asks for one of several; gives its index.
///
/// # Errors
/// Escape, Ctrl-C, or the terminal is gone.
pub fn choose(question: &str, labels: &[String]) -> Result<usize> {
    let chosen = given(|| {
        Select::with_theme(&Marked::default())
            .with_prompt(question)
            .report(false)
            .items(fitting(labels))
            .default(0)
            .interact_opt()
    })?;
    answered(question, labels.get(chosen).into_iter());
    Ok(chosen)
}

/// Asks for any of several; gives their indices.
///
/// # Errors
/// Escape, Ctrl-C, or the terminal is gone.
pub fn choose_several(question: &str, labels: &[String]) -> Result<Vec<usize>> {
    let chosen = given(|| {
        MultiSelect::with_theme(&Marked::default())
            .with_prompt(question)
            .report(false)
            .items(fitting(labels))
            .interact_opt()
    })?;
    answered(
        question,
        chosen.iter().filter_map(|index| labels.get(*index)),
    );
    Ok(chosen)
}

/// The question with its answer, in one line: whole, else the names before the colons, else cut.
fn answered<'a>(question: &str, answers: impl Iterator<Item = &'a String> + Clone) {
    let term = Term::stderr();
    let room = width(&term).saturating_sub(measure_text_width(question) + 5);
    let whole: Vec<&str> = answers.clone().map(String::as_str).collect();
    let names: Vec<&str> = answers
        .map(|label| label.split(": ").next().unwrap_or_default())
        .collect();
    let whole = whole.join(", ");
    let answer = if measure_text_width(&whole) <= room {
        whole
    } else {
        fit::middle(&names.join(", "), room)
    };
    let mark = style("✔").green().for_stderr();
    let dot = style("·").dim().for_stderr();
    let answer = style(answer).green().for_stderr();
    let _ = term.write_line(&format!("{mark} {question} {dot} {answer}"));
}

/// What is to be said of a line while it is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// It can be taken as it is; what it means.
    Fine(String),
    /// It cannot; why.
    Wrong(String),
}

/// A line to be typed.
pub struct Typed<'a> {
    /// The question.
    pub question: &'a str,
    /// What stands there already.
    pub start: &'a str,
    /// Whether enter alone is an answer.
    pub optional: bool,
    /// Judges the line after every key.
    pub judge: &'a dyn Fn(&str) -> Remark,
    /// All that could stand there instead, for tab.
    pub complete: &'a dyn Fn(&str) -> Vec<String>,
}

impl std::fmt::Debug for Typed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.question)
    }
}

/// Asks for a line.
///
/// # Errors
/// Escape, Ctrl-C, or the terminal is gone.
pub fn type_in(typed: &Typed<'_>) -> Result<String> {
    given(|| read_line(typed))
}

/// Asks for a word that is not empty.
///
/// # Errors
/// Escape, Ctrl-C, or the terminal is gone.
pub fn text(question: &str) -> Result<String> {
    type_in(&Typed {
        question,
        start: "",
        optional: false,
        judge: &|_| Remark::Fine(String::new()),
        complete: &|_| Vec::new(),
    })
}

fn read_line(typed: &Typed<'_>) -> dialoguer::Result<Option<String>> {
    let term = Term::stderr();
    let mut line = Line::new(typed.start);
    let mut hint = None;
    loop {
        let text = line.text();
        let is_empty = text.trim().is_empty();
        let remark = (!is_empty).then(|| (typed.judge)(text.trim()));
        draw(
            &term,
            (typed.question, ROOM_TO_TYPE),
            &line,
            hint.take().or_else(|| shown(remark.as_ref())),
        )?;
        match line.press(&term.read_key()?) {
            Pressed::Typing => {}
            Pressed::Complete => {
                let candidates = (typed.complete)(&text);
                match completed(&text, &candidates) {
                    Some(longer) => line = Line::new(&longer),
                    None if candidates.len() > 1 => hint = Some(candidates.join("  ")),
                    None => {}
                }
            }
            Pressed::Cancelled => {
                erase(&term)?;
                return Ok(None);
            }
            Pressed::Done => {
                let is_fine = match &remark {
                    Some(remark) => matches!(remark, Remark::Fine(_)),
                    None => typed.optional,
                };
                if is_fine {
                    erase(&term)?;
                    answered(typed.question, std::iter::once(&text.trim().to_owned()));
                    return Ok(Some(text.trim().to_owned()));
                }
            }
        }
    }
}

fn shown(remark: Option<&Remark>) -> Option<String> {
    let (mark, text) = match remark? {
        Remark::Fine(text) if text.is_empty() => return None,
        Remark::Fine(text) => (style("✓").green(), text),
        Remark::Wrong(text) => (style("✗").red(), text),
    };
    Some(format!("{} {text}", mark.for_stderr()))
}

/// The question with room for the line, and a remark below it; the cursor ends up in the line.
fn draw(
    term: &Term,
    (question, room): (&str, usize),
    line: &Line,
    below: Option<String>,
) -> std::io::Result<()> {
    let width = width(term);
    let mark = style("?").yellow().for_stderr();
    let angle = style("›").dim().for_stderr();
    let question = fit::end(question, width.saturating_sub(room).max(10));
    let prompt = format!("{mark} {} {angle} ", style(question).bold().for_stderr());
    let used = measure_text_width(&prompt);
    let (text, column) = line.window(width - used - 1);
    let below = fit::end(&below.unwrap_or_default(), width - 3);
    // One write, so that nothing flickers: the line, the remark, and back up into the line.
    term.write_str(&format!(
        "\r\x1b[J{prompt}{text}\n  {below}\x1b[A\r\x1b[{}C",
        used + column
    ))
}

fn width(term: &Term) -> usize {
    usize::from(term.size().1).max(20)
}

fn erase(term: &Term) -> std::io::Result<()> {
    term.write_str("\r\x1b[J")
}

/// Labels that take one line each, in columns and, since the prompts count those, in bytes.
fn fitting(labels: &[String]) -> Vec<String> {
    let width = usize::from(Term::stderr().size().1).saturating_sub(MARKS);
    labels
        .iter()
        .map(|label| {
            let cut = (0..=width).rev().map(|columns| fit::end(label, columns));
            cut.into_iter()
                .find(|label| label.len() <= width.max(1))
                .unwrap_or_default()
        })
        .collect()
}

/// A question without a terminal would be asked for ever: what is no terminal's gives no key.
fn given<T>(ask: impl FnOnce() -> dialoguer::Result<Option<T>>) -> Result<T> {
    let answer = if is_interactive() {
        let _quiet = QuietTerminal::new();
        let _asking = Asking::begin();
        ask()
    } else {
        Err(std::io::Error::from(ErrorKind::NotConnected).into())
    };
    match answer {
        Ok(Some(answer)) => Ok(answer),
        Ok(None) => Err(Stop::declined(ExitCode::Interrupted, "nothing was changed").into()),
        Err(dialoguer::Error::IO(error)) => {
            // A prompt hides the cursor while it waits, and leaves it behind the question.
            let terminal = Term::stderr();
            let _ = terminal.show_cursor();
            let _ = terminal.write_line("");
            match error.kind() {
                ErrorKind::Interrupted => {
                    Err(Stop::interrupted("interrupted; nothing was changed").into())
                }
                // The input has ended, or was never that of a terminal.
                ErrorKind::UnexpectedEof | ErrorKind::NotConnected => {
                    Err(Stop::no_answer("nobody answers any more; nothing was changed").into())
                }
                _ => Err(error.into()),
            }
        }
    }
}
