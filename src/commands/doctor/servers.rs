//! The servers that values name, and whether clients trust them with the certificates of the same values.

use serde_yaml::Value;

use super::certificates_in;
use crate::commands::probing::ServerAnswers;
use crate::doctor::Check;
use crate::finding::{self, Finding};
use crate::overrides::{Mode, Placed, held_by, mode_in};
use crate::plan::{Answer, NamedServer, named_in};
use crate::ui::Screen;
use crate::vendor::{Component, Layout};

/// Where servers are named, and what is trusted there.
pub(super) struct Namer {
    /// How it is called: a release, a file.
    what: String,
    servers: Vec<NamedServer>,
    trusted: Vec<Placed>,
    mode: Mode,
}

impl Namer {
    /// What the values of a release or of a file say.
    pub(super) fn of(component: Component, what: &str, values: &Value) -> Self {
        let certificates = certificates_in(component, values);
        Self {
            what: what.to_owned(),
            servers: named_in(values, Layout::of(component, "", values)),
            trusted: certificates.map_or_else(Vec::new, |path| held_by(values, path)),
            mode: certificates.map_or(Mode::Append, |path| mode_in(values, path)),
        }
    }
}

/// Asks all of them at once, and tells of each server once for each that names it.
pub(super) fn ask(mut namers: Vec<Namer>, screen: &Screen) -> Vec<Check> {
    let named = namers.iter().flat_map(|one| &one.servers);
    let answers = ServerAnswers::of(named, screen);
    let mut checks = Vec::new();
    for namer in &mut namers {
        for mut server in std::mem::take(&mut namer.servers) {
            let found = answers.judge(
                std::slice::from_mut(&mut server),
                &namer.trusted,
                &[],
                namer.mode,
            );
            checks.extend(check(&namer.what, &server, &found));
        }
    }
    checks
}

fn check(what: &str, server: &NamedServer, found: &[Finding]) -> Option<Check> {
    let endpoint = &server.endpoint;
    match server.answer.as_ref()? {
        Answer::Unreachable(why) => Some(Check::unsure(
            "server",
            format!("{endpoint} was not reached from here: {why}"),
        )),
        Answer::Judged { .. } if found.is_empty() => Some(Check::fine(
            "server",
            format!("{endpoint} is trusted by every client with what {what} trusts"),
        )),
        Answer::Judged { .. } => {
            let messages: Vec<&str> = found.iter().map(|one| one.message.as_str()).collect();
            let seen = messages.join("; ");
            Some(if finding::refuses(found) {
                let remedy = format!("helm clearml-certs probe {endpoint} says what would help");
                Check::wrong("server", seen, remedy)
            } else {
                Check::unsure("server", seen)
            })
        }
    }
}
