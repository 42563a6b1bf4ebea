//! What `inspect` shows: a table, the chains as a tree, the verdicts, the findings.

use console::style;

use super::table::{Column, Table};
use super::tables::{name, tree, validity};
use super::verdicts::verdict_table;
use super::{Screen, fit};
use crate::certs::lint::date;
use crate::certs::verdict::{Client, Verdict};
use crate::certs::{Certificate, mozilla};
use crate::report::{InspectedOverride, Inspection};
use crate::status::{word_of_mode, word_of_task_pods};

impl Screen {
    /// Shows everything, for people; `wide`: whole fingerprints, issuers and origins, however wide.
    pub fn inspection(&self, inspection: &Inspection, wide: bool) {
        self.result(&if wide {
            in_full(inspection)
        } else {
            certificates(inspection)
        });
        if inspection.entries.len() > LARGE {
            self.result(&counts(inspection));
        }
        if inspection.entries.len() > 1 && has_chains(inspection) {
            self.result(&format!(
                "\n{}\n{}",
                style("Chains").bold(),
                tree(
                    &certificates_of(inspection),
                    &inspection.chain,
                    "not given",
                    |_| None
                )
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
                style("With the given certificates as trust, each client will say of the servers")
                    .bold(),
                servers(inspection)
            ));
        }
        for endpoint in &inspection.unjudged {
            self.result(&format!(
                "\nWhether clients trust {endpoint} as it is:\n  helm clearml-certs probe {endpoint}"
            ));
        }
        for file in &inspection.overrides {
            self.result(&format!("\n{}", override_file(file)));
        }
        for (name, status) in &inspection.releases {
            self.result(&format!(
                "\nWhether release {name}, its live objects and its pods agree:\n  {status}"
            ));
        }
        self.findings(&inspection.findings);
    }
}

/// What a file says of its release, in the words of `status`.
fn override_file(file: &InspectedOverride) -> String {
    let mut table = Table::new([
        Column::new("FILE").cut(18),
        Column::new("OF"),
        Column::new("MODE"),
        Column::new("CERTIFICATES").cut(12),
        Column::new("TASK PODS"),
    ]);
    let trusts = &file.trusts;
    let aliases: Vec<&str> = trusts
        .certificates
        .iter()
        .map(|one| one.alias.as_str())
        .collect();
    table.row([
        file.file.clone(),
        file.component.to_string(),
        trusts.mode.map_or("?", word_of_mode).to_owned(),
        match aliases.as_slice() {
            [] => "none".to_owned(),
            some => fit::listed(some),
        },
        trusts.task_pods.map_or("-", word_of_task_pods).to_owned(),
    ]);
    table.shown()
}

/// More certificates than these are told in numbers as well.
const LARGE: usize = 20;

/// How many there are, of whom, and when they end.
fn counts(inspection: &Inspection) -> String {
    let all = || inspection.entries.iter().map(|entry| &entry.certificate);
    let public = all().filter(|one| mozilla::is_public_root(one.fingerprint));
    let ended = all().filter(|one| one.not_after < inspection.now).count();
    let told = |one: &Certificate| format!("{} ({})", date(one.not_after), name(one));
    let first = all().filter(|one| one.not_after >= inspection.now);
    let first = first.min_by_key(|one| one.not_after).map(told);
    let last = all().max_by_key(|one| one.not_after).map(told);
    let text = format!(
        "{} certificates: {} of public CAs; {ended} have ended, the first of the others ends on {}, the last on {}",
        inspection.entries.len(),
        public.count(),
        first.unwrap_or_else(|| "no day".to_owned()),
        last.unwrap_or_default()
    );
    fit::result_line(&text, 2)
}

/// Everything that tells a certificate, none of it cut.
fn in_full(inspection: &Inspection) -> String {
    let heads = [
        "#",
        "SUBJECT",
        "ISSUER",
        "ROLE",
        "KEY",
        "VALID FROM",
        "UNTIL",
        "SHA-256",
        "FROM",
    ];
    let mut table = Table::new(heads.map(Column::new));
    for (index, entry) in inspection.entries.iter().enumerate() {
        let certificate = &entry.certificate;
        table.row([
            (index + 1).to_string(),
            certificate.subject.clone(),
            certificate.issuer.clone(),
            inspection.chain.role(index).to_string(),
            certificate.facts.key.to_string(),
            date(certificate.not_before),
            date(certificate.not_after),
            certificate.fingerprint.to_string(),
            entry.origin.clone(),
        ]);
    }
    table.whole()
}

fn certificates(inspection: &Inspection) -> String {
    let mut table = Table::new([
        Column::new("#"),
        Column::new("SUBJECT").cut(16),
        Column::new("ROLE"),
        Column::new("KEY").cut(12).spare(3),
        Column::new("VALID UNTIL"),
        Column::new("").spare(1),
        Column::new("SHA-256"),
        Column::new("FROM").cut(10).spare(2),
    ]);
    for (index, entry) in inspection.entries.iter().enumerate() {
        let certificate = &entry.certificate;
        table.row([
            (index + 1).to_string(),
            name(certificate).to_owned(),
            inspection.chain.role(index).to_string(),
            certificate.facts.key.to_string(),
            date(certificate.not_after),
            validity(certificate, inspection.now, inspection.expires_within),
            certificate.fingerprint.short(),
            entry.origin.clone(),
        ]);
    }
    table.shown()
}

fn certificates_of(inspection: &Inspection) -> Vec<&Certificate> {
    inspection
        .entries
        .iter()
        .map(|entry| &entry.certificate)
        .collect()
}

fn has_chains(inspection: &Inspection) -> bool {
    inspection.chain.tops().len() < inspection.entries.len()
        || inspection
            .entries
            .iter()
            .any(|entry| !entry.certificate.is_own_issuer())
}

fn verdicts(inspection: &Inspection) -> String {
    let all = inspection.entries.iter().zip(&inspection.verdicts);
    let passes = |verdicts: &[Verdict]| verdicts.iter().all(Verdict::is_trusted);
    // Of a large bundle, what is fine is only counted.
    let large = inspection.entries.len() > LARGE;
    let fine = all.clone().filter(|(_, verdicts)| passes(verdicts)).count();
    let rows = all
        .enumerate()
        .filter(|(_, (_, verdicts))| !large || !passes(verdicts))
        .map(|(index, (entry, verdicts))| {
            let name = format!("{} {}", index + 1, name(&entry.certificate));
            (name, verdicts.as_slice())
        });
    if large && fine == inspection.entries.len() {
        return format!("all {fine} are fine for every client");
    }
    let table = verdict_table(rows);
    let others = if large {
        format!("\n{fine} others are fine for every client")
    } else {
        String::new()
    };
    format!("{table}{others}{}", whole_set(inspection))
}

/// Of the set as a whole: the clients that take every certificate of it, and those that do not.
fn whole_set(inspection: &Inspection) -> String {
    let count = inspection.entries.len();
    if count < 2 {
        return String::new();
    }
    let mut taken = Vec::new();
    let mut refused = Vec::new();
    for (client, refusals) in Client::ALL.iter().zip(inspection.refusals()) {
        match refusals {
            0 => taken.push(client.name().to_owned()),
            some => refused.push(format!("{client} refuses {some}")),
        }
    }
    let taken = match taken.len() {
        0 => "no client takes all of them".to_owned(),
        n if n == Client::ALL.len() => "every client takes all of them".to_owned(),
        _ => format!("{} take all of them", taken.join(", ")),
    };
    let parts: Vec<String> = std::iter::once(taken).chain(refused).collect();
    let whole = format!("The {count} as a whole: {}", parts.join("; "));
    format!("\n{}", fit::result_line(&whole, 2))
}

fn servers(inspection: &Inspection) -> String {
    verdict_table(
        inspection
            .servers
            .iter()
            .map(|(host, verdicts)| (host.clone(), verdicts.as_slice())),
    )
}
