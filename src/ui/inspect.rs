//! What `inspect` shows: a table, the chains as a tree, the verdicts, the findings.

use comfy_table::{Cell, ContentArrangement, Table, presets};
use console::style;

use super::Screen;
use crate::certs::Certificate;
use crate::certs::lint::date;
use crate::certs::verdict::{Client, Verdict};
use crate::commands::Inspection;

/// Cells of a validity bar.
const BAR: i64 = 10;

impl Screen {
    /// Shows everything, for people.
    pub fn inspection(&self, inspection: &Inspection) {
        self.result(&certificates(inspection));
        if inspection.entries.len() > 1 && has_chains(inspection) {
            self.result(&format!(
                "\n{}\n{}",
                style("Chains").bold(),
                tree(inspection)
            ));
        }
        self.result(&format!(
            "\n{}\n{}",
            style("As trust, each client will say").bold(),
            verdicts(inspection)
        ));
        if !inspection.servers.is_empty() {
            self.result(&format!(
                "\n{}\n{}",
                style("Of the servers, each client will say").bold(),
                servers(inspection)
            ));
        }
        self.findings(&inspection.findings);
    }
}

fn table() -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table
}

/// The table's lines without the blanks that fill its last column.
fn trimmed(table: &Table) -> String {
    let lines: Vec<String> = table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    lines.join("\n")
}

/// The name that people know a certificate by.
fn name(certificate: &Certificate) -> &str {
    match (&certificate.common_name, certificate.subject.as_str()) {
        (Some(name), _) => name,
        (None, "") => "(no subject)",
        (None, subject) => subject,
    }
}

fn certificates(inspection: &Inspection) -> String {
    let mut table = table();
    table.set_header([
        "#",
        "SUBJECT",
        "ROLE",
        "KEY",
        "VALID UNTIL",
        "",
        "SHA-256",
        "FROM",
    ]);
    for (index, entry) in inspection.entries.iter().enumerate() {
        let certificate = &entry.certificate;
        table.add_row([
            Cell::new(index + 1),
            Cell::new(name(certificate)),
            Cell::new(certificate.role()),
            Cell::new(&certificate.facts.key),
            Cell::new(date(certificate.not_after)),
            Cell::new(validity(certificate, inspection)),
            Cell::new(certificate.fingerprint.short()),
            Cell::new(&entry.origin),
        ]);
    }
    trimmed(&table)
}

/// How much of the validity has passed, and what is left: `███░░░░░░░ 812 days`.
fn validity(certificate: &Certificate, inspection: &Inspection) -> String {
    let whole = (certificate.not_after - certificate.not_before).whole_seconds();
    let passed = (inspection.now - certificate.not_before).whole_seconds();
    let cells = passed
        .saturating_mul(BAR)
        .checked_div(whole.max(1))
        .unwrap_or(BAR)
        .clamp(0, BAR);
    let cells = usize::try_from(cells).unwrap_or_default();
    let bar = "█".repeat(cells) + &"░".repeat(10 - cells);
    let left = certificate.not_after - inspection.now;
    if left.is_negative() {
        style(format!("{bar} expired")).red().to_string()
    } else if passed < 0 {
        style(format!("{bar} not yet")).yellow().to_string()
    } else if left < inspection.expires_within {
        style(format!("{bar} {} days", left.whole_days()))
            .yellow()
            .to_string()
    } else {
        style(format!("{bar} {} days", left.whole_days()))
            .green()
            .to_string()
    }
}

fn has_chains(inspection: &Inspection) -> bool {
    inspection.chain.tops().len() < inspection.entries.len()
        || inspection
            .entries
            .iter()
            .any(|entry| !entry.certificate.self_issued)
}

fn tree(inspection: &Inspection) -> String {
    let mut lines = Vec::new();
    for top in inspection.chain.tops() {
        let Some(entry) = inspection.entries.get(top) else {
            continue;
        };
        let mut depth = 0;
        if !entry.certificate.self_issued {
            let missing = format!("? {} (not given)", entry.certificate.issuer);
            lines.push(format!("  {}", style(missing).yellow()));
            depth = 1;
        }
        // Signatures cannot make a circle, but certificates that cross-sign each other can look like one.
        let mut seen = vec![false; inspection.entries.len()];
        let mut open = vec![(top, depth)];
        while let Some((index, depth)) = open.pop() {
            let (Some(entry), Some(seen)) = (inspection.entries.get(index), seen.get_mut(index))
            else {
                continue;
            };
            if std::mem::replace(seen, true) {
                continue;
            }
            let branch = match depth {
                0 => String::new(),
                depth => format!("{}└─ ", "   ".repeat(depth - 1)),
            };
            let role = style(entry.certificate.role()).dim();
            lines.push(format!("  {branch}{} {role}", name(&entry.certificate)));
            let children = inspection.chain.issued(index);
            open.extend(children.into_iter().rev().map(|child| (child, depth + 1)));
        }
    }
    lines.join("\n")
}

fn mark(verdict: Option<&Verdict>) -> String {
    match verdict {
        Some(Verdict::Trusted) => style("✓").green().to_string(),
        Some(Verdict::Refused(_)) => style("✗").red().to_string(),
        None => style("?").yellow().to_string(),
    }
}

fn refusals<'a>(verdicts: impl Iterator<Item = (Client, Option<&'a Verdict>)>) -> String {
    let mut texts: Vec<(String, Vec<&str>)> = Vec::new();
    for (client, verdict) in verdicts {
        let Some(Verdict::Refused(text)) = verdict else {
            continue;
        };
        match texts.iter_mut().find(|(known, _)| known == text) {
            Some((_, clients)) => clients.push(client.name()),
            None => texts.push((text.clone(), vec![client.name()])),
        }
    }
    let lines: Vec<String> = texts
        .iter()
        .map(|(text, clients)| format!("{}: {text}", clients.join(", ")))
        .collect();
    lines.join("\n")
}

fn verdict_table<'a>(rows: impl Iterator<Item = (String, Vec<Option<&'a Verdict>>)>) -> String {
    let mut table = table();
    let clients = Client::ALL.iter().map(|client| client.name());
    table.set_header(std::iter::once("").chain(clients).chain(["IN ITS WORDS"]));
    for (name, verdicts) in rows {
        let words = refusals(Client::ALL.into_iter().zip(verdicts.iter().copied()));
        let marks = verdicts.iter().map(|verdict| mark(*verdict));
        table.add_row(std::iter::once(name).chain(marks).chain([words]));
    }
    trimmed(&table)
}

fn verdicts(inspection: &Inspection) -> String {
    let all = inspection.entries.iter().zip(&inspection.verdicts);
    let passes = |verdicts: &[Option<Verdict>]| {
        verdicts
            .iter()
            .all(|verdict| verdict.as_ref().is_some_and(Verdict::is_trusted))
    };
    // Of a large bundle, what is fine is only counted.
    let large = inspection.entries.len() > 20;
    let fine = all.clone().filter(|(_, verdicts)| passes(verdicts)).count();
    let rows = all
        .enumerate()
        .filter(|(_, (_, verdicts))| !large || !passes(verdicts))
        .map(|(index, (entry, verdicts))| {
            let name = format!("{} {}", index + 1, name(&entry.certificate));
            (name, verdicts.iter().map(Option::as_ref).collect())
        });
    if large && fine == inspection.entries.len() {
        return format!("all {fine} are fine for every client");
    }
    let table = verdict_table(rows);
    if large {
        format!("{table}\n{fine} others are fine for every client")
    } else {
        table
    }
}

fn servers(inspection: &Inspection) -> String {
    verdict_table(
        inspection
            .servers
            .iter()
            .map(|(host, verdicts)| (host.clone(), verdicts.iter().map(Some).collect())),
    )
}
