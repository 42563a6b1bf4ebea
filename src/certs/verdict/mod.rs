//! What each client will say: the same verification that it would do, by the engine it uses.
//!
//! OpenSSL is linked in, and so is webpki, the verifier of rustls. GnuTLS is not; see [`Client::Git`].

mod openssl_engine;
mod specimen;
mod webpki_engine;

use std::fmt;

use ::openssl::x509::X509;
use time::OffsetDateTime;

use super::{Certificate, Role};

/// The clients of a ClearML installation that disagree about certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Client {
    /// Python up to 3.12 with requests: OpenSSL as it is.
    Python312,
    /// Python 3.13 and newer: OpenSSL with `X509_STRICT` and `PARTIAL_CHAIN` (`ssl.create_default_context`).
    Python313,
    /// curl: OpenSSL with `PARTIAL_CHAIN` (since 7.68).
    Curl,
    /// Debian's git, which links GnuTLS. Judged by a rule that was compared with it: OpenSSL with `PARTIAL_CHAIN` at security
    /// level 1, extended key usages left aside; a trusted server certificate counts only where it is presented alone.
    Git,
    /// uv, and whatever else uses rustls: webpki.
    Uv,
    /// node with `NODE_EXTRA_CA_CERTS`: OpenSSL as it is.
    Node,
}

impl Client {
    /// Every client, in the order tables show them.
    pub const ALL: [Self; 6] = [
        Self::Python312,
        Self::Python313,
        Self::Curl,
        Self::Git,
        Self::Uv,
        Self::Node,
    ];

    /// The name as a column's heading.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Python312 => "Python ≤ 3.12",
            Self::Python313 => "Python ≥ 3.13",
            Self::Curl => "curl",
            Self::Git => "git",
            Self::Uv => "uv",
            Self::Node => "node",
        }
    }

    /// The name in JSON.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Python312 => "python-3.12",
            Self::Python313 => "python-3.13",
            Self::Curl => "curl",
            Self::Git => "git",
            Self::Uv => "uv",
            Self::Node => "node",
        }
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a client says of one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It connects.
    Trusted,
    /// It refuses, in these words (OpenSSL's or rustls's own).
    Refused(String),
}

impl Verdict {
    /// Whether the client connects.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        *self == Self::Trusted
    }
}

/// A server as a client meets it.
#[derive(Debug, Clone)]
pub struct Server {
    /// What it presents, its own certificate first.
    pub chain: Vec<Vec<u8>>,
    /// The name or address in the URL; `None` leaves the match of names out.
    pub host: Option<String>,
}

/// Whether a server's certificate is for `host`, a name or an address.
#[must_use]
pub fn names_host(certificate: &Certificate, host: &str) -> bool {
    X509::from_der(certificate.der()).is_ok_and(|leaf| openssl_engine::matches_host(&leaf, host))
}

/// What a client trusts, made ready for many questions.
pub struct Trust {
    stores: openssl_engine::Stores,
    anchors: Vec<Vec<u8>>,
    now: OffsetDateTime,
}

impl Trust {
    /// Trust in the given certificates at the moment `now`.
    ///
    /// # Errors
    /// OpenSSL cannot read one of them, or is out of memory.
    pub fn new(
        certificates: &[&Certificate],
        now: OffsetDateTime,
    ) -> Result<Self, ::openssl::error::ErrorStack> {
        let x509s: Vec<X509> = certificates
            .iter()
            .map(|certificate| X509::from_der(certificate.der()))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            stores: openssl_engine::Stores::new(x509s, now),
            anchors: certificates
                .iter()
                .map(|certificate| certificate.der().to_vec())
                .collect(),
            now,
        })
    }

    /// What `client` says of `server`.
    #[must_use]
    pub fn verdict(&self, client: Client, server: &Server) -> Verdict {
        if client == Client::Uv {
            return webpki_engine::verdict(&self.anchors, server, self.now);
        }
        let verified = match self.without_presented_leaf(client, server) {
            Some(stores) => stores.verify(client, server),
            None => self.stores.verify(client, server),
        };
        match verified {
            Ok(None) => Verdict::Trusted,
            Ok(Some(failure)) => Verdict::Refused(failure.text),
            Err(_) => Verdict::Refused("the certificate cannot be read".to_owned()),
        }
    }

    /// GnuTLS looks for trust from the end of the presented chain, so it does not notice that the chain's beginning is trusted.
    fn without_presented_leaf(
        &self,
        client: Client,
        server: &Server,
    ) -> Option<openssl_engine::Stores> {
        let [leaf, _, ..] = server.chain.as_slice() else {
            return None;
        };
        if client != Client::Git || !self.anchors.contains(leaf) {
            return None;
        }
        let others = self.anchors.iter().filter(|anchor| *anchor != leaf);
        let others: Vec<X509> = others.filter_map(|der| X509::from_der(der).ok()).collect();
        Some(openssl_engine::Stores::new(others, self.now))
    }

    /// What `client` says of a server for whose sake `certificate`, one of the trusted, was given.
    ///
    /// For a CA, that is a well-formed server certificate that it issued; for a server's own certificate, the server that
    /// presents it. `None` where the CA's key is of a kind that no specimen can be made for.
    #[must_use]
    pub fn verdict_on(
        &self,
        client: Client,
        certificate: &Certificate,
        specimens: &Specimens,
    ) -> Option<Verdict> {
        match certificate.role() {
            Role::Leaf | Role::SelfSignedServer => {
                let server = Server {
                    chain: vec![certificate.der().to_vec()],
                    host: None,
                };
                Some(self.verdict(client, &server))
            }
            Role::Root | Role::Intermediate => {
                let specimen = specimens.issued_by(certificate, self.now)?;
                let server = Server {
                    chain: vec![specimen],
                    host: None,
                };
                Some(if client == Client::Uv {
                    webpki_engine::verdict_on_specimen(certificate, &server, self.now)
                } else {
                    match self.stores.verify(client, &server) {
                        // Nobody has the CA's key: a signature that does not fit is all that may be wrong.
                        Ok(Some(failure)) if failure.is_signature_of_leaf() => Verdict::Trusted,
                        Ok(Some(failure)) => Verdict::Refused(failure.text),
                        Ok(None) => Verdict::Trusted,
                        Err(_) => Verdict::Refused("the certificate cannot be read".to_owned()),
                    }
                })
            }
        }
    }
}

pub use specimen::Specimens;
