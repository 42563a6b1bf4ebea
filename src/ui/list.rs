//! A list to choose from: what each key does to it, and which of its lines are seen. Typing leaves the lines that hold what was
//! typed.

use console::Key;

/// The lines, and what was chosen of them so far.
#[derive(Debug)]
pub(super) struct List<'a> {
    labels: &'a [String],
    /// Which lines are ticked.
    ticks: Vec<bool>,
    typed: String,
    /// The cursor's place among the lines that hold what was typed.
    at: usize,
}

/// What a key came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pressed {
    /// The list is as it is, or changed.
    Choosing,
    /// Enter: these lines.
    Done(Vec<usize>),
    /// Escape, or Ctrl-D.
    Cancelled,
}

/// One line as it is seen.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Seen<'a> {
    pub(super) label: &'a str,
    pub(super) has_cursor: bool,
    pub(super) is_ticked: bool,
}

impl<'a> List<'a> {
    /// Any of the lines are to be chosen, of which some are `ticked`.
    pub(super) fn new(labels: &'a [String], ticked: &[usize]) -> Self {
        let ticks = (0..labels.len()).map(|index| ticked.contains(&index));
        Self {
            labels,
            ticks: ticks.collect(),
            typed: String::new(),
            at: ticked.first().copied().unwrap_or(0),
        }
    }

    /// What was typed.
    pub(super) fn typed(&self) -> &str {
        &self.typed
    }

    /// The lines that hold what was typed.
    fn fitting(&self) -> Vec<usize> {
        let typed = self.typed.to_lowercase();
        let fits = |label: &String| label.to_lowercase().contains(&typed);
        let all = self.labels.iter().enumerate();
        all.filter(|(_, label)| fits(label))
            .map(|(index, _)| index)
            .collect()
    }

    pub(super) fn press(&mut self, key: &Key) -> Pressed {
        let fitting = self.fitting();
        let last = fitting.len().saturating_sub(1);
        let here = fitting.get(self.at).copied();
        match key {
            Key::Escape | Key::Char('\u{4}') => return Pressed::Cancelled,
            Key::Enter => {
                let ticks = self.ticks.iter().enumerate();
                let ticked = ticks.filter_map(|(index, is)| is.then_some(index));
                let ticked: Vec<usize> = ticked.collect();
                // Who ticked nothing means the line under the cursor.
                let chosen = if ticked.is_empty() {
                    here.into_iter().collect()
                } else {
                    ticked
                };
                if !chosen.is_empty() {
                    return Pressed::Done(chosen);
                }
            }
            Key::Char(' ') => {
                if let Some(tick) = here.and_then(|here| self.ticks.get_mut(here)) {
                    *tick = !*tick;
                }
            }
            Key::ArrowDown | Key::Tab => self.at = if self.at < last { self.at + 1 } else { 0 },
            Key::ArrowUp | Key::BackTab => self.at = self.at.checked_sub(1).unwrap_or(last),
            Key::PageDown | Key::End => self.at = last,
            Key::PageUp | Key::Home => self.at = 0,
            Key::Char('\u{15}') => self.type_over(String::new()),
            Key::Backspace => {
                let mut typed = self.typed.clone();
                typed.pop();
                self.type_over(typed);
            }
            Key::Char(char) if !char.is_control() => {
                let typed = format!("{}{char}", self.typed);
                self.type_over(typed);
            }
            _ => {}
        }
        Pressed::Choosing
    }

    /// The cursor stays on its line, where that one is still there.
    fn type_over(&mut self, typed: String) {
        let here = self.fitting().get(self.at).copied();
        self.typed = typed;
        let fitting = self.fitting();
        let still = fitting.iter().position(|index| Some(*index) == here);
        self.at = still.unwrap_or(0);
    }

    /// The lines that `rows` rows have room for, those around the cursor; and how many there would be.
    pub(super) fn seen(&self, rows: usize) -> (Vec<Seen<'a>>, usize) {
        let fitting = self.fitting();
        let first = (self.at + 1).saturating_sub(rows.max(1));
        let lines = fitting.iter().enumerate().skip(first).take(rows.max(1));
        let lines = lines.filter_map(|(place, index)| {
            Some(Seen {
                label: self.labels.get(*index)?,
                has_cursor: place == self.at,
                is_ticked: self.ticks.get(*index).is_some_and(|is| *is),
            })
        });
        (lines.collect(), fitting.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use console::Key::{ArrowDown, ArrowUp, Backspace, Char, End, Enter, Escape, Home};

    fn labels() -> Vec<String> {
        let all = ["agent in ml", "agent in red", "gateway in ml", "apps"];
        all.map(str::to_owned).to_vec()
    }

    fn pressed(list: &mut List<'_>, keys: &[Key]) -> Pressed {
        let mut came = Pressed::Choosing;
        for key in keys {
            assert_eq!(came, Pressed::Choosing);
            came = list.press(key);
        }
        came
    }

    fn shown(list: &List<'_>, rows: usize) -> Vec<String> {
        let (lines, _) = list.seen(rows);
        let mark = |line: &Seen<'_>| if line.has_cursor { ">" } else { "" };
        lines
            .iter()
            .map(|line| format!("{}{}", mark(line), line.label))
            .collect()
    }

    #[test]
    fn the_cursor_goes_round_and_enter_takes_its_line() {
        let labels = labels();
        let one = |keys: &[Key]| pressed(&mut List::new(&labels, &[]), keys);
        assert_eq!(one(&[ArrowDown, Enter]), Pressed::Done(vec![1]));
        assert_eq!(one(&[ArrowUp, Enter]), Pressed::Done(vec![3]));
        assert_eq!(one(&[End, ArrowDown, Enter]), Pressed::Done(vec![0]));
        assert_eq!(one(&[Home, Enter]), Pressed::Done(vec![0]));
        assert_eq!(one(&[Escape]), Pressed::Cancelled);
        assert_eq!(one(&[Char('\u{4}')]), Pressed::Cancelled);
    }

    #[test]
    fn letters_leave_the_lines_that_hold_them_and_the_cursor_stays_on_its_line() {
        let labels = labels();
        let mut list = List::new(&labels, &[]);
        pressed(&mut list, &[ArrowDown, ArrowDown, Char('M'), Char('l')]);
        assert_eq!(shown(&list, 9), ["agent in ml", ">gateway in ml"]);
        pressed(&mut list, &[Backspace, Backspace, Char('g'), Char('a')]);
        assert_eq!(shown(&list, 9), [">gateway in ml"]);
        pressed(&mut list, &[Char('x')]);
        assert_eq!(pressed(&mut list, &[Enter]), Pressed::Choosing);
        pressed(&mut list, &[Backspace]);
        assert_eq!(pressed(&mut list, &[Enter]), Pressed::Done(vec![2]));
        pressed(&mut list, &[Char('\u{15}')]);
        assert_eq!(list.typed(), "");
        assert_eq!(list.seen(9).1, 4);
    }

    #[test]
    fn space_ticks_and_a_tick_outlives_the_letters_that_hide_it() {
        let labels = labels();
        let several =
            |ticked: &[usize], keys: &[Key]| pressed(&mut List::new(&labels, ticked), keys);
        let (down, tick) = (ArrowDown, Char(' '));
        assert_eq!(several(&[], &[down.clone(), Enter]), Pressed::Done(vec![1]));
        assert_eq!(several(&[2], &[Enter]), Pressed::Done(vec![2]));
        assert_eq!(
            several(&[0, 2], &[tick.clone(), Enter]),
            Pressed::Done(vec![2])
        );
        let keys = [tick.clone(), Char('p'), Char('s'), tick, Enter];
        assert_eq!(several(&[], &keys), Pressed::Done(vec![0, 3]));
    }

    #[test]
    fn a_long_list_is_seen_around_its_cursor() {
        let labels = labels();
        let mut list = List::new(&labels, &[]);
        assert_eq!(shown(&list, 2), [">agent in ml", "agent in red"]);
        pressed(&mut list, &[End]);
        assert_eq!(shown(&list, 2), ["gateway in ml", ">apps"]);
        assert_eq!(shown(&list, 0), [">apps"]);
    }
}
