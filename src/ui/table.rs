//! Tables that fit the terminal: columns are cut in their middle, then left out, in an order that each table says.

use console::{measure_text_width, style};

use super::fit;

/// Blanks between two columns.
const GAP: usize = 2;
/// Blanks before the lines below a row.
const INDENT: usize = 6;

/// A column, and what it gives where the terminal is too narrow.
#[derive(Debug, Clone)]
pub(super) struct Column {
    head: String,
    /// The width down to which it may be cut.
    least: Option<usize>,
    /// Whether it is cut at its end: prose, and no name.
    at_end: bool,
    /// When it is left out; lower goes first.
    spare: Option<u8>,
    /// Goes below its row where it does not fit beside it; the last column only.
    below: bool,
}

impl Column {
    /// A column that stays as it is.
    pub(super) fn new(head: impl Into<String>) -> Self {
        Self {
            head: head.into(),
            least: None,
            at_end: false,
            spare: None,
            below: false,
        }
    }

    /// May be cut down to `least` columns.
    pub(super) fn cut(mut self, least: usize) -> Self {
        self.least = Some(least);
        self
    }

    /// May be cut down to `least` columns, at its end.
    pub(super) fn cut_at_end(self, least: usize) -> Self {
        Self {
            at_end: true,
            ..self.cut(least)
        }
    }

    /// May be left out; lower orders go first.
    pub(super) fn spare(mut self, order: u8) -> Self {
        self.spare = Some(order);
        self
    }

    /// May go below its row.
    pub(super) fn below(mut self) -> Self {
        self.below = true;
        self
    }
}

/// A table.
#[derive(Debug)]
pub(super) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self {
            columns: columns.into_iter().collect(),
            rows: Vec::new(),
        }
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The table for standard output: as wide as it is, unless that is a terminal.
    pub(super) fn shown(&self) -> String {
        self.within(fit::width_of_results())
    }

    /// The table as wide as it is.
    pub(super) fn whole(&self) -> String {
        self.within(None)
    }

    /// The table within `width` columns.
    fn within(&self, width: Option<usize>) -> String {
        let mut shown: Vec<(usize, usize)> = (0..self.columns.len())
            .map(|index| (index, self.natural_width(index)))
            .collect();
        let mut below = None;
        if let Some(width) = width {
            if total(&shown) > width
                && let Some(last) = self.columns.iter().position(|column| column.below)
            {
                shown.retain(|(index, _)| *index != last);
                below = Some(last);
            }
            self.leave_out(&mut shown, width);
            self.shrink(&mut shown, width);
        }
        let mut lines = vec![self.line(&shown, |index| self.head(index))];
        for row in &self.rows {
            lines.extend(self.row_lines(row, &shown));
            let words = below.and_then(|index| row.get(index));
            let room = width.unwrap_or(usize::MAX).saturating_sub(INDENT);
            for words in words.into_iter().flat_map(|words| words.lines()) {
                let broken = fit::wrapped(words, room);
                lines.extend(
                    broken
                        .iter()
                        .map(|line| format!("{}{line}", " ".repeat(INDENT))),
                );
            }
        }
        let left_out: Vec<&str> = (0..self.columns.len())
            .filter(|index| Some(*index) != below && !shown.iter().any(|(one, _)| one == index))
            .map(|index| self.head(index))
            .filter(|head| !head.is_empty())
            .collect();
        if !left_out.is_empty() {
            let note = format!(" (a wider terminal shows {})", left_out.join(", "));
            lines.push(style(note).dim().to_string());
        }
        lines.join("\n")
    }

    fn head(&self, index: usize) -> &str {
        self.columns
            .get(index)
            .map_or("", |column| column.head.as_str())
    }

    fn natural_width(&self, index: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(index));
        cells
            .flat_map(|cell| cell.lines())
            .chain(std::iter::once(self.head(index)))
            .map(measure_text_width)
            .max()
            .unwrap_or_default()
    }

    /// The width that a column needs at least.
    fn least(&self, index: usize, natural: usize) -> usize {
        let least = self.columns.get(index).and_then(|column| column.least);
        least.map_or(natural, |least| natural.min(least))
    }

    /// The width down to which a column shrinks before a spare one goes: names tell more than ornaments.
    fn wanted(&self, index: usize, natural: usize) -> usize {
        let least = self.columns.get(index).and_then(|column| column.least);
        least.map_or(natural, |least| natural.min(2 * least))
    }

    /// Leaves spare columns out until the others fit.
    fn leave_out(&self, shown: &mut Vec<(usize, usize)>, width: usize) {
        loop {
            let least: Vec<(usize, usize)> = shown
                .iter()
                .map(|(index, natural)| (*index, self.wanted(*index, *natural)))
                .collect();
            let spare = shown
                .iter()
                .filter_map(|(index, _)| Some((self.columns.get(*index)?.spare?, *index)))
                .min();
            match spare {
                Some((_, index)) if total(&least) > width => {
                    shown.retain(|(one, _)| *one != index);
                }
                _ => return,
            }
        }
    }

    /// Takes what is too much from the widest of the columns that may be cut.
    fn shrink(&self, shown: &mut [(usize, usize)], width: usize) {
        while total(shown) > width {
            let widest = shown
                .iter_mut()
                .filter(|(index, now)| *now > self.least(*index, *now))
                .max_by_key(|(_, now)| *now);
            match widest {
                Some((_, now)) => *now -= 1,
                None => return,
            }
        }
    }

    /// A row; a cell of several lines makes as many.
    fn row_lines(&self, row: &[String], shown: &[(usize, usize)]) -> Vec<String> {
        let cell = |index: usize| row.get(index).map_or("", String::as_str);
        let height = shown.iter().map(|(index, _)| cell(*index).lines().count());
        (0..height.max().unwrap_or_default().max(1))
            .map(|number| {
                self.line(shown, |index| {
                    cell(index).lines().nth(number).unwrap_or_default()
                })
            })
            .collect()
    }

    fn line<'a>(&self, shown: &[(usize, usize)], cell: impl Fn(usize) -> &'a str) -> String {
        let cells: Vec<String> = shown
            .iter()
            .map(|(index, width)| {
                let is_prose = self.columns.get(*index).is_some_and(|column| column.at_end);
                let text = if is_prose {
                    fit::end(cell(*index), *width)
                } else {
                    fit::middle(cell(*index), *width)
                };
                let blanks = width.saturating_sub(measure_text_width(&text));
                text + &" ".repeat(blanks)
            })
            .collect();
        format!(" {}", cells.join(&" ".repeat(GAP)))
            .trim_end()
            .to_owned()
    }
}

/// The columns that these take together, with a blank before the first.
fn total(columns: &[(usize, usize)]) -> usize {
    let widths: usize = columns.iter().map(|(_, width)| width).sum();
    1 + widths + GAP * columns.len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new([
            Column::new("#"),
            Column::new("SUBJECT").cut(8),
            Column::new("KEY").spare(2),
            Column::new("FROM").spare(1),
            Column::new("WORDS").below(),
        ]);
        let cells = [
            "1",
            "Acme Root CA of Everything",
            "RSA 4096",
            "corp-root.pem:1",
            "curl: no\nuv: certificate unknown",
        ];
        table.row(cells.map(str::to_owned));
        table.row(["2", "日本語ルート認証局", "ECDSA P-256", "b.pem:1", ""].map(str::to_owned));
        table
    }

    #[test]
    fn without_a_terminal_nothing_is_cut() {
        let wide = "
 #  SUBJECT                     KEY          FROM             WORDS
 1  Acme Root CA of Everything  RSA 4096     corp-root.pem:1  curl: no
                                                              uv: certificate unknown
 2  日本語ルート認証局          ECDSA P-256  b.pem:1";
        assert_eq!(table().within(None), wide.trim_start_matches('\n'));
        assert_eq!(table().within(Some(200)), wide.trim_start_matches('\n'));
    }

    #[test]
    fn words_go_below_then_columns_are_left_out_then_the_middle_is_cut() {
        let narrow = "
 #  SUBJECT                     KEY
 1  Acme Root CA of Everything  RSA 4096
      curl: no
      uv: certificate unknown
 2  日本語ルート認証局          ECDSA P-256
 (a wider terminal shows FROM)";
        let shown = console::strip_ansi_codes(&table().within(Some(48))).into_owned();
        assert_eq!(shown, narrow.trim_start_matches('\n'));
        let narrower = console::strip_ansi_codes(&table().within(Some(20))).into_owned();
        assert!(
            narrower.ends_with(" (a wider terminal shows KEY, FROM)"),
            "{narrower}"
        );
        assert!(
            narrower.contains("\n 1  Acme Roo…rything\n      curl: no\n      uv:"),
            "{narrower}"
        );
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in 30..120 {
            for line in table().within(Some(width)).lines() {
                let wide = measure_text_width(line);
                assert!(
                    wide <= width || line.contains("a wider terminal"),
                    "{width}: {line}"
                );
            }
        }
    }
}
