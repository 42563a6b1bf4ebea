//! Asking servers what they present, all at once.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use anyhow::Result;
use time::OffsetDateTime;

use crate::certs::Certificate;
use crate::certs::judgement::{Asked, Presented};
use crate::certs::verdict::Verdict;
use crate::finding::Finding;
use crate::overrides::{Mode, Placed, Taken};
use crate::plan::{Answer, NamedServer, Target};
use crate::side_by_side::{AT_ONCE, side_by_side};
use crate::sources;
use crate::tls::{self, Endpoint, Handshake, Terms};
use crate::ui::Screen;

/// How long `install` waits for a server: it may stand where only pods can reach it.
const PATIENCE: Duration = Duration::from_secs(5);

/// A server's handshake, its certificates read.
pub(super) struct Met {
    pub(super) presented: Presented,
    pub(super) handshake: Handshake,
}

/// Asks every server once, side by side.
pub(super) fn ask(servers: &[Endpoint], patience: Duration) -> Vec<Result<Met>> {
    side_by_side(servers, AT_ONCE, |server| meet(server, patience))
}

fn meet(server: &Endpoint, patience: Duration) -> Result<Met> {
    let terms = Terms {
        patience,
        ..Terms::default()
    };
    let handshake = tls::handshake(server, &terms)?;
    Ok(Met {
        presented: Presented {
            host: server.host.clone(),
            chain: sources::certificates_of(&handshake.chain, server)?,
        },
        handshake,
    })
}

/// What came of asking servers, and what it is judged by.
pub(super) struct ServerAnswers {
    met: BTreeMap<Endpoint, Result<Met>>,
    roots: Option<&'static [Certificate]>,
    now: OffsetDateTime,
}

impl ServerAnswers {
    /// Asks every server once, side by side.
    pub(super) fn of<'a>(servers: impl Iterator<Item = &'a NamedServer>, screen: &Screen) -> Self {
        let mut endpoints: Vec<Endpoint> = servers.map(|server| server.endpoint.clone()).collect();
        endpoints.sort_unstable();
        endpoints.dedup();
        let mut all = Self {
            met: BTreeMap::new(),
            roots: None,
            now: OffsetDateTime::now_utc(),
        };
        if endpoints.is_empty() {
            return all;
        }
        let names: Vec<&str> = endpoints.iter().map(|one| one.host.as_str()).collect();
        let what = format!("asking {}", names.join(", "));
        let Ok(answers) = screen.step(&what, || Ok::<_, Infallible>(ask(&endpoints, PATIENCE)));
        all.met = endpoints.into_iter().zip(answers).collect();
        all.roots = sources::public_roots();
        all
    }

    /// Adds to each server what its clients will say that trust `placed` once `taken` is gone, and gives what is wrong with that.
    pub(super) fn judge(
        &self,
        servers: &mut [NamedServer],
        placed: &[Placed],
        taken: &[Taken],
        mode: Mode,
    ) -> Vec<Finding> {
        let mut trusted: Vec<&Certificate> = placed.iter().map(|one| &one.certificate).collect();
        if mode == Mode::Append {
            trusted.extend(self.roots.into_iter().flatten());
        }
        // What the pods' own bundle holds cannot be told then, so nothing can be said against a server.
        let partly_known = mode == Mode::Append && self.roots.is_none();
        let mut findings = Vec::new();
        let mut silent = Vec::new();
        for server in servers {
            match self.met.get(&server.endpoint) {
                Some(Ok(met)) => {
                    let verdicts = met.presented.judged_by(&trusted, self.now);
                    if !partly_known {
                        let asked = Asked {
                            endpoint: &server.endpoint,
                            path: Some(&server.path),
                            presented: &met.presented,
                            version: met.handshake.version,
                        };
                        let found = match needed(met, taken, &trusted, &verdicts, self.now) {
                            Some(needed) => vec![asked.needs(&needed, &verdicts)],
                            None => asked.findings(&verdicts, &trusted),
                        };
                        // Nothing that the component cannot do without is lost with it, or it was lost before.
                        let is_needed = server.is_needed
                            && (taken.is_empty()
                                || found.iter().any(|one| one.code == "certificate-needed"));
                        findings.extend(found.into_iter().map(|finding| {
                            if is_needed {
                                finding
                            } else {
                                finding.at_most_warning()
                            }
                        }));
                    }
                    server.answer = Some(Answer::Judged {
                        presented: met.presented.chain.clone(),
                        verdicts,
                    });
                }
                Some(Err(why)) => {
                    let why = format!("{why:#}");
                    silent.push((server.endpoint.clone(), server.path.clone(), why.clone()));
                    server.answer = Some(Answer::Unreachable(why));
                }
                None => {}
            }
        }
        findings.extend(unreachable(&silent));
        findings
    }

    /// Whether every client trusts a server without any certificate of the user's.
    fn is_public(&self, server: &Endpoint) -> bool {
        let roots: Vec<&Certificate> = self.roots.into_iter().flatten().collect();
        let met = self.met.get(server);
        met.and_then(|met| met.as_ref().ok()).is_some_and(|met| {
            let verdicts = met.presented.judged_by(&roots, self.now);
            verdicts.iter().all(Verdict::is_trusted)
        })
    }
}

/// Asks the servers that the targets' values name, and adds to each target what its pods' clients will say of them.
pub(super) fn servers_of(targets: &mut [Target], screen: &Screen) {
    let servers = targets.iter().flat_map(|target| &target.servers);
    let answers = ServerAnswers::of(servers, screen);
    for target in targets {
        let found = answers.judge(
            &mut target.servers,
            &target.placed,
            &target.taken,
            target.mode,
        );
        target.findings.extend(found);
        let named: Vec<&Endpoint> = target.servers.iter().map(|one| &one.endpoint).collect();
        target.waiting.retain(|one| {
            let server = one.server.as_ref().filter(|one| named.contains(one));
            !server.is_some_and(|server| answers.is_public(server))
        });
    }
}

/// Of the certificates that are to go, those without which a client refuses that trusts the server now.
fn needed<'a>(
    met: &Met,
    taken: &'a [Taken],
    trusted: &[&'a Certificate],
    verdicts: &[Verdict],
    now: OffsetDateTime,
) -> Option<Vec<&'a Certificate>> {
    let gone: Vec<&Certificate> = taken
        .iter()
        .filter_map(|one| one.certificate.as_ref())
        .collect();
    if gone.is_empty() || verdicts.iter().all(Verdict::is_trusted) {
        return None;
    }
    let are_lost = |kept: &[&'a Certificate], verdicts: &[Verdict]| {
        let with = met.presented.judged_by(&[trusted, kept].concat(), now);
        let mut pairs = with.iter().zip(verdicts);
        pairs.any(|(with, without)| with.is_trusted() && !without.is_trusted())
    };
    if !are_lost(&gone, verdicts) {
        return None;
    }
    let alone = gone.iter().filter(|one| are_lost(&[**one], verdicts));
    let alone: Vec<&Certificate> = alone.copied().collect();
    Some(if alone.is_empty() { gone } else { alone })
}

/// Servers that did not answer, in one finding: endpoint, the value that names it, and why.
fn unreachable(silent: &[(Endpoint, String, String)]) -> Option<Finding> {
    let (first, rest) = silent.split_first()?;
    let (endpoint, path, why) = first;
    let message = if rest.is_empty() {
        format!(
            "{endpoint} ({path}) cannot be asked from here, so whether its certificate will verify was not checked: {why}"
        )
    } else {
        let named =
            |(endpoint, path, _): &(Endpoint, String, String)| format!("{endpoint} ({path})");
        let named: Vec<String> = silent.iter().map(named).collect();
        let told = |endpoint: &Endpoint, why: &str| why.replace(&endpoint.host, "HOST");
        let are_alike = rest
            .iter()
            .all(|(other, _, why_other)| told(other, why_other) == told(endpoint, why));
        let whys: Vec<&str> = silent.iter().map(|(.., why)| why.as_str()).collect();
        let why = if are_alike {
            format!("{why}; the others likewise")
        } else {
            whys.join("; ")
        };
        format!(
            "{} servers cannot be asked from here, so whether their certificates will verify was not checked: {}. {why}",
            silent.len(),
            named.join(", ")
        )
    };
    let finding = Finding::warning("server-unreachable", message);
    Some(finding.hint("check it from where it can be reached with helm clearml-certs probe, or leave this out with --skip-probe"))
}
