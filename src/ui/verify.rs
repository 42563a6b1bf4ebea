//! What `verify` shows: the pods to be, what they wait for, and what each client in them said.

use console::style;

use super::Screen;
use super::table::{Column, Table};
use crate::finding::Finding;
use crate::report::{Sending, Verified};
use crate::verify::{Answer, Client, Log, Verdict};

impl Screen {
    /// Says which pods are about to be made, and that they go again.
    pub fn sendings(&self, sendings: &[Sending], seconds: u64) {
        let what = match sendings.len() {
            1 => "a short-lived pod".to_owned(),
            n => format!("{n} short-lived pods"),
        };
        let mut lines = vec![format!(
            "{} on {}:",
            style(format!("To be made: {what}")).bold(),
            Sending::clusters(sendings)
        )];
        for one in sendings {
            let errand = &one.errand;
            lines.push(format!(
                "  Job {} in {}, of the {}",
                errand.name(),
                errand.namespace,
                errand.place
            ));
            lines.push(format!("    image {} ({})", errand.image, one.image_from));
            let servers: Vec<String> = errand.servers.iter().map(ToString::to_string).collect();
            lines.push(format!("    asks {}", servers.join(", ")));
        }
        let them = if sendings.len() == 1 {
            "It is"
        } else {
            "They are"
        };
        lines.push(format!(
            "  {them} removed afterwards, and {} after at most {} s if this program cannot. Nothing else is touched.",
            if sendings.len() == 1 { "goes by itself" } else { "go by themselves" },
            seconds
        ));
        self.result(&lines.join("\n"));
    }

    /// Shows the pods that would be made.
    pub fn manifests<'a>(&self, sendings: impl Iterator<Item = &'a Sending>) {
        for one in sendings {
            self.result(one.manifest().trim_end());
        }
    }

    /// Says what is wrong before anything is made.
    pub fn notes(&self, findings: &[Finding]) {
        self.findings(findings);
    }

    /// Shows what came of each pod.
    pub fn verified(&self, pods: &[Verified]) {
        for one in pods {
            self.one_verified(one);
        }
    }

    fn one_verified(&self, one: &Verified) {
        let (errand, Some(asked)) = (&one.sending.errand, &one.asked) else {
            return;
        };
        let mark = if one.is_right() {
            style("✓").green()
        } else {
            style("✗").red()
        };
        let node = asked.node.as_ref().map(|node| format!("node {node}, "));
        self.result(&format!(
            "\n{mark} {} of release {}\n  asked from {}namespace {}, image {}",
            style(&errand.place).bold(),
            one.sending.id.release,
            node.unwrap_or_default(),
            errand.namespace,
            errand.image
        ));
        if let Some(log) = one.log().filter(|log| !log.answers.is_empty()) {
            let server = |answer: &Answer| errand.servers.get(answer.server);
            let server =
                |answer: &Answer| server(answer).map(ToString::to_string).unwrap_or_default();
            self.result(&table(log, server));
            let absent: Vec<&str> = log.absent().into_iter().map(Client::name).collect();
            if !absent.is_empty() {
                let line = format!(" not in the image: {}", absent.join(", "));
                self.result(&style(line).dim().to_string());
            }
        }
        self.findings(&one.findings);
        if let Err(error) = &asked.ended {
            self.error(error);
        }
    }
}

fn table(log: &Log, server: impl Fn(&Answer) -> String) -> String {
    let mut table = Table::new([
        Column::new("SERVER").cut(20),
        Column::new("CLIENT"),
        Column::new("VERSION").cut(12).spare(1),
        Column::new("SAYS").below(),
    ]);
    let mut before = None;
    for answer in &log.answers {
        let is_same = before.replace(answer.server) == Some(answer.server);
        table.row([
            if is_same {
                String::new()
            } else {
                server(answer)
            },
            answer.client.name().to_owned(),
            version(log, answer.client),
            match answer.verdict {
                Verdict::Trusted => style("✓ trusts it").green().to_string(),
                Verdict::Refused => format!("{} {}", style("✗").red(), answer.words),
                Verdict::Unreached => format!("{} {}", style("?").yellow(), answer.words),
            },
        ]);
    }
    table.shown()
}

/// What tells versions apart, of what a client says of itself: its number, and the Python that runs it.
fn version(log: &Log, client: Client) -> String {
    let whole = log
        .clients
        .get(&client)
        .map(String::as_str)
        .unwrap_or_default();
    let is_number = |word: &&str| {
        word.trim_start_matches('v')
            .starts_with(|c: char| c.is_ascii_digit())
    };
    let (own, python) = whole.split_once("Python ").unwrap_or((whole, ""));
    let number = own.split_whitespace().find(is_number).unwrap_or_default();
    let python = python.split([',', ' ']).next().unwrap_or_default();
    match (number, python) {
        ("", "") => String::new(),
        (number, "") => number.to_owned(),
        ("", python) => format!("Python {python}"),
        (number, python) => format!("{number}, Python {python}"),
    }
}
