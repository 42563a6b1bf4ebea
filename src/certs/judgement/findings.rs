//! What to know about a server: its name, its chain, and the clients that will refuse it.

use std::fmt;

use super::{Presented, refusals};
use crate::certs::Certificate;
use crate::certs::verdict::{self, Client, Verdict};
use crate::finding::Finding;
use crate::tls::{Endpoint, Version};

/// The ClearML SDK and the agent are Python: a server that no Python trusts is of no use to a task.
const ESSENTIAL: [Client; 2] = [Client::Python312, Client::Python313];

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
        let refused = self.wrong_name().or_else(|| self.refused(verdicts));
        [self.old_version(), refused, self.incomplete(known)]
            .into_iter()
            .flatten()
            .collect()
    }

    fn wrong_name(&self) -> Option<Finding> {
        let leaf = self.presented.chain.first()?;
        let host = &self.presented.host;
        if verdict::names_host(leaf, host) {
            return None;
        }
        let names = match leaf.facts.names.as_slice() {
            [] => "no host at all".to_owned(),
            names => names.join(", "),
        };
        Some(
            Finding::error(
                "server-name-mismatch",
                format!(
                    "{self} presents a certificate that is not for {host} but for {names}; Python says \"Hostname mismatch\", whatever it trusts"
                ),
            )
            .hint("use a name of the certificate in the URL, or have it reissued with this one as alternative name"),
        )
    }

    fn refused(&self, verdicts: &[Verdict]) -> Option<Finding> {
        let of = |client: &Client| verdicts.get(Client::ALL.iter().position(|one| one == client)?);
        let by_all_pythons = ESSENTIAL
            .iter()
            .all(|client| of(client).is_some_and(|said| !said.is_trusted()));
        let said = refusals(Client::ALL.into_iter().zip(verdicts));
        if said.is_empty() {
            return None;
        }
        let said: Vec<String> = said
            .iter()
            .map(|(text, clients)| {
                let clients: Vec<&str> = clients.iter().map(|client| client.name()).collect();
                format!("{} will say \"{text}\"", clients.join(", "))
            })
            .collect();
        let said = said.join("; ");
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
        Some(match self.path {
            Some(_) => finding.hint(format!(
                "helm clearml-certs probe {} says what would help",
                self.endpoint
            )),
            None => finding,
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
