//! What part a certificate plays in a chain.

use std::fmt;

use super::Certificate;

/// The part a certificate plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A CA that signed itself.
    Root,
    /// A CA that another CA signed.
    Intermediate,
    /// A server's (or anybody's) own certificate, signed by a CA.
    Leaf,
    /// A server's own certificate, signed with its own key: trust in it is trust in that server alone.
    SelfSignedServer,
}

impl Role {
    /// Whether it is that of a CA.
    #[must_use]
    pub fn is_authority(self) -> bool {
        matches!(self, Self::Root | Self::Intermediate)
    }
}

impl Certificate {
    /// The part it plays by what it says of itself. Beside others, who signed whom tells more: [`super::chain::Chain::role`].
    ///
    /// `openssl req -x509` marks a server's certificate as CA; naming hosts, or the extended key usage of servers, tells it
    /// from a root. The common name tells nothing: guides have people name their CA like the host that it is for. A certificate
    /// that signed itself, says nothing of being a CA and is not like a server's, is a root whose maker forgot
    /// `basicConstraints`.
    #[must_use]
    pub fn role(&self) -> Role {
        let may_be_ca = self.is_ca || self.facts.basic_constraints.is_none();
        match (self.is_own_issuer(), self.is_ca) {
            (true, _) if may_be_ca && !is_a_servers(self) => Role::Root,
            (true, _) => Role::SelfSignedServer,
            (false, true) => Role::Intermediate,
            (false, false) => Role::Leaf,
        }
    }
}

/// Whether one that is its own issuer is a server's: it names hosts or is for servers. Where its key usage is that of a CA,
/// it takes both.
fn is_a_servers(certificate: &Certificate) -> bool {
    let facts = &certificate.facts;
    let signs = certificate.is_ca && facts.key_usage.is_some() && facts.may_sign_certificates();
    let for_servers = facts
        .extended_key_usage
        .iter()
        .any(|usage| usage == "serverAuth");
    if signs {
        facts.names_hosts() && for_servers
    } else {
        facts.names_hosts() || for_servers
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Root => "root",
            Self::Intermediate => "intermediate",
            Self::Leaf => "leaf",
            Self::SelfSignedServer => "self-signed server",
        })
    }
}
