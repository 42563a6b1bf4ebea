//! A line that is being typed: what each key does to it.

use std::path::is_separator;

use console::{Key, measure_text_width};

/// The text and the place in it where the next character goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Line {
    chars: Vec<char>,
    at: usize,
}

/// What a key came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pressed {
    /// The line is as it is, or changed.
    Typing,
    /// Enter.
    Done,
    /// Escape, or Ctrl-D on an empty line.
    Cancelled,
    /// Tab.
    Complete,
}

impl Line {
    pub(super) fn new(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        Self {
            at: chars.len(),
            chars,
        }
    }

    pub(super) fn text(&self) -> String {
        self.chars.iter().collect()
    }

    pub(super) fn press(&mut self, key: &Key) -> Pressed {
        match key {
            Key::Enter => return Pressed::Done,
            Key::Escape => return Pressed::Cancelled,
            Key::Char('\u{4}') if self.chars.is_empty() => return Pressed::Cancelled,
            Key::Tab => return Pressed::Complete,
            Key::Char('\u{15}') => {
                self.chars.drain(..self.at);
                self.at = 0;
            }
            Key::Char('\u{17}') => self.delete_word(),
            Key::Char(char) if !char.is_control() => {
                self.chars.insert(self.at, *char);
                self.at += 1;
            }
            Key::Backspace if self.at > 0 => {
                self.at -= 1;
                self.chars.remove(self.at);
            }
            Key::Del if self.at < self.chars.len() => {
                self.chars.remove(self.at);
            }
            Key::ArrowLeft => self.at = self.at.saturating_sub(1),
            Key::ArrowRight => self.at = (self.at + 1).min(self.chars.len()),
            Key::Home => self.at = 0,
            Key::End => self.at = self.chars.len(),
            _ => {}
        }
        Pressed::Typing
    }

    /// Back to the last blank or slash, as shells do it.
    fn delete_word(&mut self) {
        let is_edge = |c: &char| c.is_whitespace() || is_separator(*c);
        let before = self.chars.get(..self.at).unwrap_or_default();
        let word = before.iter().rev().skip_while(|c| is_edge(c));
        let kept = word.skip_while(|c| !is_edge(c)).count();
        self.chars.drain(kept..self.at);
        self.at = kept;
    }

    /// The part that fits into `width` columns with the cursor in it, and the cursor's column.
    pub(super) fn window(&self, width: usize) -> (String, usize) {
        let wide = |chars: &[char]| measure_text_width(&chars.iter().collect::<String>());
        let part = |from: usize, to: usize| self.chars.get(from..to).unwrap_or_default();
        let from = (0..=self.at)
            .find(|from| wide(part(*from, self.at)) < width.max(1))
            .unwrap_or(self.at);
        let to = (self.at..=self.chars.len())
            .rev()
            .find(|to| wide(part(from, *to)) <= width.max(1))
            .unwrap_or(self.at);
        (part(from, to).iter().collect(), wide(part(from, self.at)))
    }
}

/// What tab makes of `text`, given all that could stand there: the only candidate, or as far as all agree.
pub(super) fn completed(text: &str, candidates: &[String]) -> Option<String> {
    let (first, rest) = candidates.split_first()?;
    let common = rest.iter().fold(first.as_str(), |common, one| {
        let same = common.chars().zip(one.chars()).take_while(|(a, b)| a == b);
        let bytes: usize = same.map(|(c, _)| c.len_utf8()).sum();
        common.get(..bytes).unwrap_or_default()
    });
    (common.len() > text.len()).then(|| common.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(start: &str, keys: &[Key]) -> Line {
        let mut line = Line::new(start);
        for key in keys {
            assert_eq!(line.press(key), Pressed::Typing);
        }
        line
    }

    #[test]
    fn keys_edit_where_the_cursor_is() {
        use Key::{ArrowLeft, ArrowRight, Backspace, Char, Del, End, Home};
        let line = typed("ac", &[ArrowLeft, Char('b'), End, Char('d'), ArrowRight]);
        assert_eq!(line.text(), "abcd");
        assert_eq!(typed("abc", &[Home, Del, End, Backspace]).text(), "b");
        assert_eq!(typed("", &[Backspace, Del, ArrowLeft]).text(), "");
        assert_eq!(typed("日本", &[Backspace]).text(), "日");
        assert_eq!(typed("a/b c", &[Char('\u{17}')]).text(), "a/b ");
        assert_eq!(typed("ca/corp.pem", &[Char('\u{17}')]).text(), "ca/");
        assert_eq!(typed("ca/", &[Char('\u{17}'), Char('\u{17}')]).text(), "");
        assert_eq!(typed("abc", &[ArrowLeft, Char('\u{15}')]).text(), "c");
        assert_eq!(typed("a", &[Char('\u{1}'), Char('\u{4}')]).text(), "a");
    }

    #[test]
    fn escape_and_the_end_of_input_cancel() {
        assert_eq!(Line::new("x").press(&Key::Escape), Pressed::Cancelled);
        let end = Key::Char('\u{4}');
        assert_eq!(Line::new("").press(&end), Pressed::Cancelled);
        assert_eq!(Line::new("x").press(&end), Pressed::Typing);
    }

    #[test]
    fn a_long_line_is_seen_around_its_cursor() {
        let mut line = Line::new("0123456789");
        assert_eq!(line.window(20), ("0123456789".into(), 10));
        assert_eq!(line.window(5), ("6789".into(), 4));
        line.press(&Key::Home);
        assert_eq!(line.window(5), ("01234".into(), 0));
        assert_eq!(Line::new("日本語").window(5), ("本語".into(), 4));
        assert_eq!(Line::new("日本語").window(0), (String::new(), 0));
    }

    #[test]
    fn tab_goes_as_far_as_all_candidates_agree() {
        let completed = |text: &str, all: &[&str]| {
            let all: Vec<String> = all.iter().map(ToString::to_string).collect();
            super::completed(text, &all)
        };
        assert_eq!(completed("co", &["corp.pem"]).unwrap(), "corp.pem");
        assert_eq!(completed("co", &["corp-a", "corp-b"]).unwrap(), "corp-");
        assert_eq!(completed("corp-", &["corp-a", "corp-b"]), None);
        assert_eq!(completed("", &["ä", "ö"]), None);
        assert_eq!(completed("x", &[]), None);
    }
}
