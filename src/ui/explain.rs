//! What `explain` says of a finding or an exit code: a row of the documentation, for a terminal.

use console::style;

use super::table::{Column, Table};
use super::{Screen, fit};
use crate::finding::Explained;

/// Where the texts begin, below each other.
const INDENT: usize = 12;

impl Screen {
    /// Shows what a finding means, and what to do about it.
    pub fn explained(&self, one: &Explained) {
        let passes = if !one.may_refuse() {
            "nothing is refused for it"
        } else if one.is_ignorable() {
            "an error refuses the run; who knows better lets it pass"
        } else {
            "an error refuses the run, and cannot be let pass"
        };
        self.result(&style(one.code).bold().to_string());
        self.result(&part("is", one.severity));
        self.result(&part("means", one.meaning));
        self.result(&part("do", one.remedy));
        self.result(&part("so", passes));
        if one.is_ignorable() {
            self.result(&format!("{:INDENT$}--ignore {}", "", one.code));
        }
    }

    /// Shows what an exit code means.
    pub fn exit_code(&self, code: &str, meaning: &str) {
        self.result(&style(format!("exit code {code}")).bold().to_string());
        self.result(&part("means", meaning));
    }

    /// Lists all of both.
    pub fn codes(
        &self,
        findings: impl Iterator<Item = Explained>,
        codes: impl Iterator<Item = (&'static str, &'static str)>,
    ) {
        let mut table = Table::new([
            Column::new("CODE"),
            Column::new("IS").cut(8).spare(1),
            Column::new("MEANS").cut_at_end(30),
        ]);
        for one in findings {
            table.row([one.code.to_owned(), level(one.severity), plain(one.meaning)]);
        }
        self.result(&table.shown());
        let mut table = Table::new([
            Column::new("EXIT CODE"),
            Column::new("MEANS").cut_at_end(30),
        ]);
        for (code, meaning) in codes {
            table.row([code.to_owned(), plain(meaning)]);
        }
        self.result(&format!("\n{}", table.shown()));
        self.result("\nMore on one of them: helm clearml-certs explain CODE");
    }
}

/// A word, and the text beside it within the terminal.
fn part(word: &str, text: &str) -> String {
    let room = fit::width_of_results().unwrap_or(100);
    let broken = fit::wrapped(&plain(text), room.saturating_sub(INDENT));
    let lines = broken.join(&format!("\n{:INDENT$}", ""));
    let word = format!("  {word:<width$}", width = INDENT - 2);
    format!("{}{lines}", style(word).dim())
}

/// The worst that a finding can be.
fn level(severity: &str) -> String {
    let levels = ["error", "warning", "note"];
    let worst = levels.into_iter().find(|one| severity.contains(one));
    worst.unwrap_or_default().to_owned()
}

/// Markdown as text: emphasis and links are dropped, quotes of code stay.
fn plain(markdown: &str) -> String {
    let mut text = String::new();
    let mut is_code = false;
    let mut rest = markdown;
    while let Some(char) = rest.chars().next() {
        let after = rest.get(char.len_utf8()..).unwrap_or_default();
        match char {
            '`' => {
                is_code = !is_code;
                text.push(char);
            }
            '*' if !is_code => {}
            '[' if !is_code => {
                if let Some((name, behind)) = link(after) {
                    text.push_str(name);
                    rest = behind;
                    continue;
                }
                text.push(char);
            }
            _ => text.push(char),
        }
        rest = after;
    }
    text
}

/// The name of a link that begins with the bracket before, and what stands behind it; any other bracket is one.
fn link(after: &str) -> Option<(&str, &str)> {
    let (name, behind) = after.split_once(']')?;
    let (_, behind) = behind.strip_prefix('(')?.split_once(')')?;
    Some((name, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_is_read_as_text() {
        assert_eq!(
            plain("**error**, *warning* with `a*[b](c)`; see [the page](x.md#y) too"),
            "error, warning with `a*[b](c)`; see the page too"
        );
        assert_eq!(plain("[2] and [x"), "[2] and [x");
        assert_eq!(
            plain("[2], see [the page](x.md) [y](z"),
            "[2], see the page [y](z"
        );
        assert_eq!(level("*warning*; **error** in `status`"), "error");
    }
}
