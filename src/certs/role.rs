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

impl Certificate {
    /// The part it plays in a chain, by what it says of itself.
    ///
    /// `openssl req -x509` marks a server's certificate as CA; naming hosts, or the extended key usage of servers, tells it
    /// from a root. A certificate that signed itself, says nothing of being a CA and is not like a server's, is a root whose maker
    /// forgot `basicConstraints`.
    #[must_use]
    pub fn role(&self) -> Role {
        let may_be_ca = self.is_ca || self.facts.basic_constraints.is_none();
        match (self.self_issued, self.is_ca) {
            (true, _) if may_be_ca && !is_a_servers(self) => Role::Root,
            (true, _) => Role::SelfSignedServer,
            (false, true) => Role::Intermediate,
            (false, false) => Role::Leaf,
        }
    }
}

/// Whether a self-issued certificate is a server's own: it names hosts, or it has no `keyCertSign` to show for a CA and is
/// for servers, or named like one.
fn is_a_servers(certificate: &Certificate) -> bool {
    let facts = &certificate.facts;
    let declares_issuing = facts.key_usage.is_some() && facts.may_sign_certificates();
    let for_servers = facts
        .extended_key_usage
        .iter()
        .any(|usage| usage == "serverAuth");
    let named_like_one = certificate.common_name.as_deref().is_some_and(is_host_name);
    facts.names_hosts() || !declares_issuing && (for_servers || named_like_one)
}

/// Whether `name` looks like a fully qualified host name.
fn is_host_name(name: &str) -> bool {
    let labels: Vec<&str> = name.split('.').collect();
    labels.len() > 1
        && labels.iter().all(|label| {
            !label.is_empty()
                && label
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '*')
        })
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
