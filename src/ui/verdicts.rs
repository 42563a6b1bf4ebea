//! Verdicts of clients as a table of marks, and their words.

use console::style;

use super::table::{Column, Table};
use crate::certs::judgement::refusals;
use crate::certs::verdict::{Client, Verdict};

/// One row of the table: a name, and what each client says, in the order of [`Client::ALL`].
pub(super) type Row<'a> = (String, &'a [Verdict]);

pub(super) fn verdict_table<'a>(rows: impl Iterator<Item = Row<'a>>) -> String {
    let clients = Client::ALL.iter().map(|client| Column::new(client.name()));
    let mut table = Table::new(
        std::iter::once(Column::new("").cut(12))
            .chain(clients)
            .chain([Column::new("IN ITS WORDS").below()]),
    );
    for (name, verdicts) in rows {
        let marks = verdicts.iter().map(mark);
        let cells = std::iter::once(name).chain(marks);
        table.row(cells.chain([words(verdicts)]));
    }
    table.shown()
}

fn mark(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Trusted => style("✓").green().to_string(),
        Verdict::Refused(_) => style("✗").red().to_string(),
    }
}

/// Each refusal once, with the clients that say it.
pub(super) fn words(verdicts: &[Verdict]) -> String {
    let lines: Vec<String> = refusals(Client::ALL.into_iter().zip(verdicts))
        .into_iter()
        .map(|(text, clients)| {
            let clients: Vec<&str> = clients.iter().map(|client| client.name()).collect();
            format!("{}: {text}", clients.join(", "))
        })
        .collect();
    lines.join("\n")
}
