//! What to know about a server: its name, its chain, and the clients that will refuse it.

use std::fmt;

use super::{Cause, Presented, WrongName, refusals};
use crate::certs::Certificate;
use crate::certs::verdict::{Client, Verdict};
use crate::finding::Finding;
use crate::tls::{Endpoint, Version};

/// A server that was asked, and how messages name it.
#[derive(Debug)]
pub struct Asked<'a> {
    /// Where it is.
    pub endpoint: &'a Endpoint,
    /// The value that names it, where one does.
    pub path: Option<&'a str>,
    /// What it presents.
    pub presented: &'a Presented,
    /// The version of TLS that was agreed on, where one was.
    pub version: Option<Version>,
}

impl fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.endpoint)?;
        match self.path {
            Some(path) => write!(f, " ({path})"),
            None => Ok(()),
        }
    }
}

impl Asked<'_> {
    /// Everything that is wrong, given what each client says (in the order of [`Client::ALL`]) and the certificates that are
    /// known beside the presented ones.
    #[must_use]
    pub fn findings(&self, verdicts: &[Verdict], known: &[&Certificate]) -> Vec<Finding> {
        let cause = Cause::of(self.presented, known);
        let refused = match &cause {
            Some(cause @ Cause::WrongName(how)) => self.wrong_name(cause, how),
            cause => self.refused(verdicts, cause.as_ref()),
        };
        [self.old_version(), refused, self.incomplete(known)]
            .into_iter()
            .flatten()
            .collect()
    }

    /// That the server cannot do without certificates that are to go: what each client says once they are gone.
    #[must_use]
    pub fn needs(&self, certificates: &[&Certificate], verdicts: &[Verdict]) -> Finding {
        let subjects: Vec<&str> = certificates
            .iter()
            .map(|one| one.subject.as_str())
            .collect();
        Finding::error(
            "certificate-needed",
            format!(
                "{self} still needs {}: without it, {}",
                subjects.join(" and "),
                said(verdicts).unwrap_or_default()
            ),
        )
        .hint(format!(
            "have the server renewed by another CA that is trusted first (helm clearml-certs probe {}), or add --ignore certificate-needed",
            self.endpoint
        ))
    }

    fn wrong_name(&self, cause: &Cause, how: &WrongName) -> Option<Finding> {
        let leaf = self.presented.chain.first()?;
        let host = &self.presented.host;
        let message = match how {
            WrongName::AddressAsDns => format!(
                "{self} presents a certificate that names the address as DNS:{host}, which counts for no client; Python says \"IP address mismatch\", whatever it trusts"
            ),
            WrongName::OnlyCommon => format!(
                "{self} presents a certificate that has {host} as common name and not as alternative name; Python says \"Hostname mismatch\", whatever it trusts"
            ),
            WrongName::Absent => {
                let names = match leaf.facts.names.as_slice() {
                    [] => "no host at all".to_owned(),
                    names => names.join(", "),
                };
                format!(
                    "{self} presents a certificate that is not for {host} but for {names}; Python says \"Hostname mismatch\", whatever it trusts"
                )
            }
        };
        Some(Finding::error("server-name-mismatch", message).hint(cause.remedy()))
    }

    fn refused(&self, verdicts: &[Verdict], cause: Option<&Cause>) -> Option<Finding> {
        let of = |client: &Client| verdicts.get(Client::ALL.iter().position(|one| one == client)?);
        let by_all_pythons = Client::PYTHONS
            .iter()
            .all(|client| of(client).is_some_and(|said| !said.is_trusted()));
        let mut said = said(verdicts)?;
        if let Some(why) = cause.and_then(Cause::text) {
            said = format!("{said}; {why}");
        }
        let finding = if by_all_pythons {
            Finding::error(
                "server-not-trusted",
                format!("{self} will not be trusted: {said}"),
            )
        } else {
            Finding::warning(
                "server-refused-by-some",
                format!("{self} will be trusted by some clients only: {said}"),
            )
        };
        // Whoever named the server on the command line is looking at what would help already.
        Some(match (cause, self.path) {
            (Some(cause), _) => finding.hint(cause.remedy()),
            (None, Some(_)) => finding.hint(format!(
                "helm clearml-certs probe {} says what would help",
                self.endpoint
            )),
            (None, None) => finding,
        })
    }

    fn incomplete(&self, known: &[&Certificate]) -> Option<Finding> {
        let last = self.presented.ends_early(known)?;
        Some(
            Finding::warning(
                "server-chain-incomplete",
                format!(
                    "{self} does not present {}, which issued {}; a client that does not have it says \"unable to get local issuer certificate\"",
                    last.issuer, last.subject
                ),
            )
            .hint("have the server present its chain (nginx: ssl_certificate with the intermediates after its own), or trust the intermediate as well"),
        )
    }

    fn old_version(&self) -> Option<Finding> {
        let version = self.version.filter(|version| *version < Version::Tls12)?;
        Some(
            Finding::error(
                "server-tls-too-old",
                format!(
                    "{self} speaks no TLS newer than {}; Python 3.10 and newer says \"unsupported protocol\", and so do curl, uv and node",
                    version.number()
                ),
            )
            .hint("have the server offer TLS 1.2 or 1.3"),
        )
    }
}

/// What the clients say that refuse; `None` where none does.
fn said(verdicts: &[Verdict]) -> Option<String> {
    let said = refusals(Client::ALL.into_iter().zip(verdicts));
    let said: Vec<String> = said
        .iter()
        .map(|(text, clients)| {
            let clients: Vec<&str> = clients.iter().map(|client| client.name()).collect();
            format!("{} will say \"{text}\"", clients.join(", "))
        })
        .collect();
    (!said.is_empty()).then(|| said.join("; "))
}
