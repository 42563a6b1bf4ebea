//! Questions, on stderr so that stdout stays clean. Escape and Ctrl-C give up: nothing was changed then.

use std::io::{ErrorKind, IsTerminal as _};
use std::path::is_separator;

use anyhow::Result;
use console::{Term, measure_text_width, style};
use dialoguer::Select;
use dialoguer::theme::ColorfulTheme;

use super::fit;
use super::line::{Line, Pressed, completed};
use super::list::{self, List};
use super::printable::printable;
use crate::exit::{ExitCode, Stop};
use crate::interrupt::Asking;
use crate::platform::{QuietTerminal, drop_typed_ahead};

/// The marks around a question, and room for the cursor.
const MARKS: usize = 7;

/// Rows that dialoguer needs (its `Paging`).
const FEWEST_ROWS: u16 = 3;

/// Columns that are left for what is typed, however long the question.
const ROOM_TO_TYPE: usize = 24;

/// Whether there is somebody to ask.
#[must_use]
pub fn is_interactive() -> bool {
    std::io::stdin().is_terminal() && Term::stderr().is_term()
}

/// Whether results are seen at once.
#[must_use]
pub fn shows_results() -> bool {
    std::io::stdout().is_terminal()
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

fn read_yes(question: &str) -> std::io::Result<Option<bool>> {
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
    let mut hint = Vec::new();
    loop {
        draw(
            &term,
            (&prompt, ROOM_FOR_YES),
            &line,
            &std::mem::take(&mut hint),
        )?;
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
                        hint = vec!["type yes or no, and Enter".to_owned()];
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

/// Lines to choose from.
#[derive(Debug, Clone, Copy)]
pub struct Choosing<'a> {
    /// The question.
    pub question: &'a str,
    /// The lines.
    pub labels: &'a [String],
    /// Where the cursor stands at first.
    pub at: usize,
    /// What is to be said of the former answer, or of the lines; stands below them.
    pub note: &'a str,
}

impl<'a> Choosing<'a> {
    /// From these, with the cursor on the first.
    #[must_use]
    pub fn from(question: &'a str, labels: &'a [String]) -> Self {
        Self {
            question,
            labels,
            at: 0,
            note: "",
        }
    }

    /// Asks for one of them; gives its index.
    ///
    /// # Errors
    /// Escape, Ctrl-C, or the terminal is gone.
    pub fn one(self) -> Result<usize> {
        // Dialoguer draws in no fewer rows.
        if Term::stderr().size().0 < FEWEST_ROWS {
            return Ok(self.several(&[])?.first().copied().unwrap_or_default());
        }
        let chosen = given(|| {
            let width = width(&Term::stderr());
            let mut prompt = vec![self.question.to_owned()];
            prompt.extend(self.notes(width));
            let labels = self.labels.iter();
            let labels =
                labels.map(|label| fit::end(&printable(label), width.saturating_sub(MARKS)));
            let asked = Select::with_theme(&ColorfulTheme::default())
                .with_prompt(prompt.join("\n  "))
                .report(false)
                .items(labels)
                .default(self.at.min(self.labels.len().saturating_sub(1)))
                .interact_opt();
            asked.map_err(|dialoguer::Error::IO(error)| error)
        })?;
        answered(self.question, self.labels.get(chosen).into_iter());
        Ok(chosen)
    }

    /// Asks for any of them, of which some are `ticked` at first; gives their indices.
    ///
    /// # Errors
    /// Escape, Ctrl-C, or the terminal is gone.
    pub fn several(self, ticked: &[usize]) -> Result<Vec<usize>> {
        let mut list = List::new(self.labels, ticked);
        let chosen = given(|| {
            let term = Term::stderr();
            loop {
                self.draw(&term, &list)?;
                match list.press(&term.read_key()?) {
                    list::Pressed::Choosing => {}
                    list::Pressed::Done(chosen) => {
                        erase(&term)?;
                        return Ok(Some(chosen));
                    }
                    list::Pressed::Cancelled => {
                        erase(&term)?;
                        return Ok(None);
                    }
                }
            }
        })?;
        let labels = chosen.iter().filter_map(|index| self.labels.get(*index));
        answered(self.question, labels);
        Ok(chosen)
    }

    /// The lines of the note.
    fn notes(&self, width: usize) -> Vec<String> {
        match self.note {
            "" => Vec::new(),
            note => fit::wrapped(&printable(note), width.saturating_sub(3)),
        }
    }

    /// The question, the lines below it, and what the keys do; the cursor ends up behind what was typed.
    fn draw(self, term: &Term, list: &List<'_>) -> std::io::Result<()> {
        let width = width(term);
        let notes = self.notes(width);
        let rows = usize::from(term.size().0).saturating_sub(notes.len() + 3);
        let (lines, all) = list.seen(rows);
        let mut below: Vec<String> = lines.iter().map(|line| shown_line(line, width)).collect();
        let counted = match (all, all == lines.len()) {
            (0, _) => "no line has that; ".to_owned(),
            (_, true) => String::new(),
            (_, false) => format!("{} of {all}; ", lines.len()),
        };
        below.extend(notes.into_iter().map(|note| format!("  {note}")));
        let keys = format!("{counted}space ticks, enter goes on, letters filter, esc goes back");
        let keys = fit::end(&keys, width.saturating_sub(3));
        below.push(format!("  {}", style(keys).dim().for_stderr()));
        let (prompt, used) = prompt(
            self.question,
            width,
            measure_text_width(list.typed()) + MARKS,
        );
        let typed = fit::end(list.typed(), width.saturating_sub(used + 1));
        let column = used + measure_text_width(&typed);
        term.write_str(&format!(
            "\r\x1b[J{prompt}{typed}\n{}\x1b[{}A\r\x1b[{column}C",
            below.join("\n"),
            below.len(),
        ))
    }
}

/// A line with its marks: where the cursor is can be seen without colours.
fn shown_line(line: &list::Seen<'_>, width: usize) -> String {
    let cursor = if line.has_cursor { "❯" } else { " " };
    let tick = if line.is_ticked {
        style("◼").green().for_stderr().to_string()
    } else {
        "◻".to_owned()
    };
    let label = fit::end(&printable(line.label), width.saturating_sub(MARKS));
    let label = style(label).for_stderr();
    let label = if line.has_cursor { label.cyan() } else { label };
    format!("{} {tick} {label}", style(cursor).green().for_stderr())
}

/// Asks for one of several; gives its index.
///
/// # Errors
/// Escape, Ctrl-C, or the terminal is gone.
pub fn choose(question: &str, labels: &[String]) -> Result<usize> {
    Choosing::from(question, labels).one()
}

/// The question with its answer: in one line where they fit, else a line for each of several answers.
fn answered<'a>(question: &str, answers: impl Iterator<Item = &'a String>) {
    let term = Term::stderr();
    let width = width(&term);
    // A label has names of files in it, and those may hold what a terminal acts on.
    let answers: Vec<_> = answers.map(|answer| printable(answer)).collect();
    let whole = answers.join("; ");
    let green = |text: &str| style(text.to_owned()).green().for_stderr().to_string();
    let mark = style("✔").green().for_stderr();
    let dot = style("·").dim().for_stderr();
    let room = width.saturating_sub(measure_text_width(question) + 5);
    let text = if measure_text_width(&whole) <= room {
        format!("{mark} {question} {dot} {}", green(&whole))
    } else {
        let lines = answers.iter().map(|answer| {
            let broken = fit::wrapped(answer, width.saturating_sub(5)).join("\n    ");
            format!("\n  {}", green(&broken))
        });
        format!("{mark} {question}{}", lines.collect::<String>())
    };
    let _ = term.write_line(&text);
}

/// What is to be said of a line while it is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// It can be taken as it is; what it means.
    Fine(String),
    /// It cannot; why.
    Wrong(String),
    /// It cannot yet; what it may become.
    Open(String),
}

/// A line to be typed.
pub struct Typed<'a> {
    /// The question.
    pub question: &'a str,
    /// What stands there already.
    pub start: &'a str,
    /// What may be typed; told below while nothing is.
    pub hint: &'a str,
    /// Whether enter alone is an answer.
    pub optional: bool,
    /// Judges the line after every key.
    pub judge: &'a dyn Fn(&str) -> Remark,
    /// All that could stand there instead, for tab.
    pub complete: &'a dyn Fn(&str) -> Vec<String>,
    /// How the line is told once it was typed: without secrets.
    pub told: &'a dyn Fn(&str) -> String,
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
        hint: "",
        optional: false,
        judge: &|_| Remark::Fine(String::new()),
        complete: &|_| Vec::new(),
        told: &str::to_owned,
    })
}

fn read_line(typed: &Typed<'_>) -> std::io::Result<Option<String>> {
    let term = Term::stderr();
    let mut line = Line::new(typed.start);
    let mut offered = Vec::new();
    loop {
        let text = line.text();
        let is_empty = text.trim().is_empty();
        let remark = (!is_empty).then(|| (typed.judge)(text.trim()));
        let below = if !offered.is_empty() {
            std::mem::take(&mut offered)
        } else if is_empty {
            let hint = fit::wrapped(typed.hint, width(&term).saturating_sub(3));
            let dim = |line| style(line).dim().for_stderr().to_string();
            hint.into_iter().map(dim).collect()
        } else {
            shown(remark.as_ref()).into_iter().collect()
        };
        draw(&term, (typed.question, ROOM_TO_TYPE), &line, &below)?;
        match line.press(&term.read_key()?) {
            Pressed::Typing => {}
            Pressed::Complete => {
                // What would draw something else than itself is typed, if at all.
                let mut candidates = (typed.complete)(&text);
                candidates.retain(|one| printable(one) == one.as_str());
                match completed(&text, &candidates) {
                    Some(longer) => line = Line::new(&longer),
                    None if candidates.len() > 1 => {
                        offered = in_columns(&last_parts(&candidates), width(&term) - 3);
                    }
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
                    let told = (typed.told)(text.trim());
                    answered(typed.question, std::iter::once(&told));
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
        Remark::Open(text) => {
            return Some(style(printable(text)).dim().for_stderr().to_string());
        }
    };
    Some(format!("{} {}", mark.for_stderr(), printable(text)))
}

/// The question with room for the line, and what is to be said below it; the cursor ends up in the line.
fn draw(
    term: &Term,
    (question, room): (&str, usize),
    line: &Line,
    below: &[String],
) -> std::io::Result<()> {
    let width = width(term);
    let (prompt, used) = prompt(question, width, room);
    let (text, column) = line.window(width - used - 1);
    let below = below
        .iter()
        .map(|one| format!("\n  {}", fit::end(one, width - 3)));
    let (below, rows) = (below.clone().collect::<String>(), below.len());
    let back = if rows == 0 {
        String::new()
    } else {
        format!("\x1b[{rows}A")
    };
    // One write, so that nothing flickers: the line, what is below it, and back up into the line.
    term.write_str(&format!(
        "\r\x1b[J{prompt}{text}{below}{back}\r\x1b[{}C",
        used + column
    ))
}

/// So many lines of what tab offers.
const OFFERED_LINES: usize = 5;

/// Names in columns, the first ones where there is no room for all.
fn in_columns(names: &[String], width: usize) -> Vec<String> {
    let widest = names.iter().map(|name| measure_text_width(name)).max();
    let column = widest.unwrap_or(0).min(width) + 2;
    let each_line = ((width + 2) / column).max(1);
    let mut lines: Vec<String> = names
        .chunks(each_line)
        .map(|line| {
            let cells = line.iter().map(|name| {
                let name = fit::end(&printable(name), width);
                let room = column.saturating_sub(measure_text_width(&name));
                format!("{name}{:room$}", "")
            });
            cells.collect::<String>().trim_end().to_owned()
        })
        .collect();
    if lines.len() > OFFERED_LINES {
        lines.truncate(OFFERED_LINES - 1);
        let more = names.len() - lines.len() * each_line;
        lines.push(format!("and {more} more"));
    }
    lines
}

/// Paths without the folder, which stands in the line already.
fn last_parts(paths: &[String]) -> Vec<String> {
    let part = |path: &String| {
        let trimmed = path.trim_end_matches(is_separator);
        let start = trimmed.rfind(is_separator).map_or(0, |at| at + 1);
        path.get(start..).unwrap_or(path).to_owned()
    };
    paths.iter().map(part).collect()
}

/// The question with its marks, and the columns that it takes; `room` columns are left where it is long.
fn prompt(question: &str, width: usize, room: usize) -> (String, usize) {
    let mark = style("?").yellow().for_stderr();
    let angle = style("›").dim().for_stderr();
    let question = fit::end(question, width.saturating_sub(room).max(10));
    let prompt = format!("{mark} {} {angle} ", style(question).bold().for_stderr());
    let used = measure_text_width(&prompt);
    (prompt, used)
}

fn width(term: &Term) -> usize {
    usize::from(term.size().1).max(20)
}

fn erase(term: &Term) -> std::io::Result<()> {
    term.write_str("\r\x1b[J")
}

/// A question without a terminal would be asked for ever: what is no terminal's gives no key.
fn given<T>(ask: impl FnOnce() -> std::io::Result<Option<T>>) -> Result<T> {
    let answer = if is_interactive() {
        let _quiet = QuietTerminal::new();
        let _asking = Asking::begin();
        ask()
    } else {
        Err(ErrorKind::NotConnected.into())
    };
    match answer {
        Ok(Some(answer)) => Ok(answer),
        Ok(None) => Err(Stop::declined(ExitCode::Interrupted, "nothing was changed").into()),
        Err(error) => {
            // The question stays, and nothing below it.
            let terminal = Term::stderr();
            let _ = terminal.show_cursor();
            let _ = terminal.write_str(if is_interactive() { "\n\x1b[J" } else { "\n" });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_line_moves_no_cursor() {
        for remark in [Remark::Fine, Remark::Wrong, Remark::Open] {
            let said = shown(Some(&remark("ca\u{1b}[2J.pem".to_owned()))).unwrap();
            assert!(said.contains("ca\\u{1b}[2J.pem"), "{said}");
        }
    }

    #[test]
    fn what_tab_offers_stands_in_columns_and_is_counted_where_it_is_too_much() {
        let names = |count: usize| -> Vec<String> {
            (0..count)
                .map(|number| format!("ca-{number:02}.pem"))
                .collect()
        };
        assert_eq!(
            in_columns(&names(3), 20),
            ["ca-00.pem  ca-01.pem", "ca-02.pem"]
        );
        let many = in_columns(&names(20), 20);
        assert_eq!(many.len(), OFFERED_LINES);
        assert_eq!(many.last().unwrap(), "and 12 more");
        assert_eq!(in_columns(&names(1), 4), ["ca-…"]);
        let paths = ["a/b/".to_owned(), "a/c.pem".to_owned(), "d".to_owned()];
        assert_eq!(last_parts(&paths), ["b/", "c.pem", "d"]);
    }
}
