//! What `probe` shows of each server: how it speaks, its chain, the verdicts, and what would help.

use std::path::Path;

use console::style;

use super::Screen;
use super::table::{Column, Table};
use super::tables::{name, tree, validity};
use super::verdicts::{verdict_table, words};
use crate::certs::Certificate;
use crate::certs::judgement::{Cause, Remedy};
use crate::certs::verdict::Verdict;
use crate::report::{Probe, Probed};

impl Screen {
    /// Shows everything, for people. `saved` is the file that the CAs were written to.
    pub fn probe(&self, probe: &Probe, saved: Option<&Path>) {
        for (index, server) in probe.servers.iter().enumerate() {
            if index > 0 {
                self.result("");
            }
            self.server(probe, server);
        }
        self.findings(&probe.findings);
        if let Some(file) = saved {
            self.note(&format!(
                "{} has the CAs that were presented. Anybody can present anything: compare their fingerprints with what their owner says before you trust them",
                file.display()
            ));
        }
    }

    fn server(&self, probe: &Probe, server: &Probed) {
        let heading = style(&server.endpoint).bold();
        if let Some(why) = &server.unreachable {
            let cross = style("✗").red().for_stderr();
            return self.note(&format!("{cross} {why}"));
        }
        self.result(&format!("{heading}\n{}", handshake(server)));
        self.result(&format!(
            "\n{}\n{}",
            style("Presented").bold(),
            presented(probe, server)
        ));
        self.result(&format!(
            "\n{}\n{}",
            style("Chain").bold(),
            tree(
                &server.certificates(),
                &server.chain,
                "not presented",
                |index| origin(server, index)
            )
        ));
        let rows = server
            .verdicts
            .iter()
            .map(|(trust, said)| ((*trust).to_owned(), said.as_slice()));
        self.result(&format!(
            "\n{}\n{}",
            style("What each client will say, by what it trusts").bold(),
            verdict_table(rows)
        ));
        if let Some(help) = help(server) {
            self.result(&format!("\n{}\n{help}", style("What would help").bold()));
        }
        self.findings(&server.findings);
    }
}

fn handshake(server: &Probed) -> String {
    let versions: Vec<&str> = server
        .versions
        .iter()
        .map(|version| version.number())
        .collect();
    let through = server
        .proxy
        .as_ref()
        .map(|proxy| format!(", through the proxy {proxy}"));
    let versions = if versions.is_empty() {
        "its handshake was not completed (it may want a certificate of its client)".to_owned()
    } else {
        format!("TLS {}", versions.join(", "))
    };
    format!("  {versions}{}", through.unwrap_or_default())
}

fn presented(probe: &Probe, server: &Probed) -> String {
    let mut table = Table::new([
        Column::new("#"),
        Column::new("SUBJECT").cut(16),
        Column::new("ROLE"),
        Column::new("KEY").spare(2),
        Column::new("VALID FOR").spare(1),
        Column::new("SHA-256"),
    ]);
    let shown = server.presented.len() + server.fetched.len();
    for (index, certificate) in server.certificates().into_iter().take(shown).enumerate() {
        table.row([
            origin(server, index).map_or_else(|| (index + 1).to_string(), str::to_owned),
            name(certificate).to_owned(),
            server.chain.role(index).to_string(),
            certificate.facts.key.to_string(),
            validity(certificate, probe.now, probe.expires_within),
            certificate.fingerprint.short(),
        ]);
    }
    table.shown()
}

/// Where a certificate comes from that is not presented.
fn origin(server: &Probed, index: usize) -> Option<&'static str> {
    let presented = server.presented.len();
    if index < presented {
        None
    } else if index < presented + server.fetched.len() {
        Some("fetched")
    } else {
        Some("given")
    }
}

/// What to do so that every client connects; `None` where every one does.
fn help(server: &Probed) -> Option<String> {
    let (_, said) = server.verdicts.last()?;
    if said.iter().all(Verdict::is_trusted) {
        return None;
    }
    let wrong_name = matches!(server.cause, Some(Cause::WrongName(_)));
    let cause = server.cause.as_ref().map(Cause::remedy);
    let (name, cause) = if wrong_name {
        (cause.map(|cause| format!("  for its name: {cause}")), None)
    } else {
        (None, cause)
    };
    let trust = match (&server.remedy, missing_issuer(server), cause) {
        (Some(remedy), ..) if remedy.is_enough() => {
            let what = if wrong_name { "its chain" } else { "it" };
            format!(
                "  every client trusts {what} with\n{}\n  which --save FILE writes; compare the fingerprint with what its owner says",
                listed(server, remedy)
            )
        }
        (None, _, Some(cause)) => format!("  {cause}"),
        (_, Some(issuer), _) => missing(server, issuer),
        (Some(remedy), None, _) => format!(
            "  nothing that can be found from here is enough for every client; most connect with\n{}\n  and still\n    {}",
            listed(server, remedy),
            words(&remedy.verdicts).replace('\n', "\n    ")
        ),
        (None, None, None) if wrong_name => return name,
        (None, None, None) => {
            "  no certificate: what is wrong has to be mended on the server".to_owned()
        }
    };
    Some(match name {
        Some(name) => format!("{name}\n{trust}"),
        None => trust,
    })
}

/// What to do about an issuer that nobody has shown.
fn missing(server: &Probed, issuer: &str) -> String {
    let was_followed = server
        .findings
        .iter()
        .any(|one| one.code == "issuer-not-fetched");
    let or_fetched = if was_followed {
        ""
    } else {
        ", or try --follow-aia"
    };
    // A server need not present a root; an intermediate it must.
    if server.presented.len() == 1 {
        format!(
            "  the certificate of {issuer}, which is not presented:\n    if it is an intermediate, have the server present it behind its own\n    until then, or if it is the root: give it with --ca{or_fetched}"
        )
    } else {
        format!(
            "  the certificate of {issuer}, which is not presented: give it with --ca{or_fetched}"
        )
    }
}

/// The issuer that nobody has shown, by name.
fn missing_issuer(server: &Probed) -> Option<&str> {
    let all = server.certificates();
    let top = all.get(server.chain.top_of(0))?;
    (!top.is_own_issuer()).then_some(top.issuer.as_str())
}

fn listed(server: &Probed, remedy: &Remedy) -> String {
    let all = server.certificates();
    let role = |one: &Certificate| {
        let index = all.iter().position(|known| *known == one);
        index.map_or_else(|| one.role(), |index| server.chain.role(index))
    };
    let lines: Vec<String> = remedy
        .add
        .iter()
        .map(|one| {
            format!(
                "    {} ({})\n      SHA-256 {}",
                one.subject,
                role(one),
                one.fingerprint
            )
        })
        .collect();
    lines.join("\n")
}
