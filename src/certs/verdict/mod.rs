//! What each client will say: the same verification that it would do, by the engine it uses.
//!
//! OpenSSL is linked in, and so is webpki, the verifier of rustls. GnuTLS is not: its algorithm is retold in [`gnutls`].

mod ecdsa;
mod gnutls;
mod handshake;
mod host;
mod openssl_engine;
mod rsa_size;
mod specimen;
mod webpki_engine;

use std::cell::OnceCell;
use std::fmt;

use ::openssl::x509::{X509, X509NameRef};
use time::OffsetDateTime;

use super::{Certificate, Role};

const UNREADABLE: &str = "the certificate cannot be read";

/// curl reads both names of a server's certificate, and gives up on an empty issuer (lib/vtls/openssl.c).
const NO_ISSUER: &str = "SSL: couldn't get X509-issuer name";

/// The clients of a ClearML installation that disagree about certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Client {
    /// Python up to 3.12 with requests: OpenSSL as it is.
    Python312,
    /// Python 3.13 and newer: OpenSSL with `X509_STRICT` and `PARTIAL_CHAIN` (`ssl.create_default_context`).
    Python313,
    /// curl: OpenSSL with `PARTIAL_CHAIN` (since 7.68).
    Curl,
    /// Debian's git, whose libcurl links GnuTLS.
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

    /// The ClearML SDK and the agent are Python: what no Python trusts is of no use to a task.
    pub const PYTHONS: [Self; 2] = [Self::Python312, Self::Python313];

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

    fn is_python(self) -> bool {
        Self::PYTHONS.contains(&self)
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
    /// It refuses, in these words, its own.
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

/// Whether a server's certificate is for `host`, a name or an address, by its alternative names: what every client goes by.
#[must_use]
pub fn names_host(certificate: &Certificate, host: &str) -> bool {
    host::is_named(certificate.x509(), host)
}

/// What a client trusts, made ready for many questions.
pub struct Trust {
    stores: openssl_engine::Stores,
    x509s: Vec<X509>,
    gnutls: OnceCell<gnutls::TrustList>,
    anchors: Vec<Vec<u8>>,
    now: OffsetDateTime,
}

impl Trust {
    /// Trust in the given certificates at the moment `now`.
    #[must_use]
    pub fn new(certificates: &[&Certificate], now: OffsetDateTime) -> Self {
        let x509s: Vec<X509> = certificates
            .iter()
            .map(|certificate| certificate.x509().to_owned())
            .collect();
        Self {
            stores: openssl_engine::Stores::new(&x509s, now),
            x509s,
            gnutls: OnceCell::new(),
            anchors: certificates
                .iter()
                .map(|certificate| certificate.der().to_vec())
                .collect(),
            now,
        }
    }

    /// What `client` says of `server`.
    #[must_use]
    pub fn verdict(&self, client: Client, server: &Server) -> Verdict {
        let refusal = self.refusal(client, server);
        refusal.map_or(Verdict::Trusted, Verdict::Refused)
    }

    /// As it happens on the wire: the handshake, the chain, the name.
    fn refusal(&self, client: Client, server: &Server) -> Option<String> {
        let presented: Result<Vec<X509>, _> =
            server.chain.iter().map(|der| X509::from_der(der)).collect();
        let presented = presented.unwrap_or_default();
        let Some(leaf) = presented.first() else {
            return Some(UNREADABLE.to_owned());
        };
        if let Some(words) = handshake::refusal(client, leaf) {
            return Some(words);
        }
        let host = server.host.as_deref();
        match client {
            Client::Uv => webpki_engine::refusal(&self.anchors, server, self.now),
            Client::Git => self
                .gnutls()
                .refusal(&presented, self.now, true)
                .or_else(|| gnutls::host_refusal(leaf, host?)),
            _ => match self.stores.verify(client, &presented) {
                Ok(None) => host
                    .and_then(|host| host::refusal(client, leaf, host))
                    .or_else(|| {
                        let nameless = client == Client::Curl && is_nameless(leaf.issuer_name());
                        nameless.then(|| NO_ISSUER.to_owned())
                    }),
                // Python leaves the host to OpenSSL; curl and node look at it when the chain is verified.
                Ok(Some(failure)) if client.is_python() && failure.comes_after_host() => host
                    .and_then(|host| host::refusal(client, leaf, host))
                    .or_else(|| Some(failure.words(client))),
                Ok(Some(failure)) => Some(failure.words(client)),
                Err(_) => Some(UNREADABLE.to_owned()),
            },
        }
    }

    fn gnutls(&self) -> &gnutls::TrustList {
        self.gnutls
            .get_or_init(|| gnutls::TrustList::new(self.x509s.iter()))
    }

    /// What each client says of a server for whose sake `certificate`, one of the trusted, was given; in the order of
    /// [`Client::ALL`].
    ///
    /// For a CA, that is a well-formed server certificate that it issued; for a server's own certificate, the server that
    /// presents it. `role` is the part it plays among the trusted.
    #[must_use]
    pub fn verdicts_on(
        &self,
        certificate: &Certificate,
        role: Role,
    ) -> [Verdict; Client::ALL.len()] {
        if !role.is_authority() {
            let server = Server {
                chain: vec![certificate.der().to_vec()],
                host: None,
            };
            return Client::ALL.map(|client| self.verdict(client, &server));
        }
        let specimen = specimen::issued_by(certificate, self.now).unwrap_or_default();
        let leaf = X509::from_der(&specimen);
        Client::ALL.map(|client| {
            let refusal = match &leaf {
                Ok(leaf) => self.refusal_of_specimen(client, certificate, &specimen, leaf),
                Err(_) => Some(UNREADABLE.to_owned()),
            };
            refusal.map_or(Verdict::Trusted, Verdict::Refused)
        })
    }

    /// Nobody has the CA's key: a signature that does not fit is all that may be wrong with a specimen.
    fn refusal_of_specimen(
        &self,
        client: Client,
        ca: &Certificate,
        specimen: &[u8],
        leaf: &X509,
    ) -> Option<String> {
        let presented = std::slice::from_ref(leaf);
        match client {
            Client::Curl if is_nameless(leaf.issuer_name()) => Some(NO_ISSUER.to_owned()),
            Client::Uv => webpki_engine::refusal_of_specimen(ca, specimen, self.now),
            Client::Git => self.gnutls().refusal(presented, self.now, false),
            _ => match self.stores.verify(client, presented) {
                Ok(Some(failure)) if failure.is_signature_of_leaf() => None,
                Ok(failure) => failure.map(|failure| failure.words(client)),
                Err(_) => Some(UNREADABLE.to_owned()),
            },
        }
    }
}

fn is_nameless(name: &X509NameRef) -> bool {
    name.entries().next().is_none()
}
