//! TLS connections, made only to see what a server presents: nothing is verified, and nothing is sent.

mod deadline;
mod endpoint;
mod proxy;

use std::net::{IpAddr, TcpStream, ToSocketAddrs as _};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use openssl::ssl::{HandshakeError, SslConnector, SslMethod, SslRef, SslVerifyMode, SslVersion};
use openssl::x509::X509Ref;

use deadline::Deadline;
pub use endpoint::Endpoint;

/// A version of TLS that a server may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// RFC 2246; refused by today's clients.
    Tls10,
    /// RFC 4346; refused by today's clients.
    Tls11,
    /// RFC 5246: the least that Python 3.10, curl on Debian 11 and rustls take.
    Tls12,
    /// RFC 8446.
    Tls13,
}

impl Version {
    /// All of them, oldest first.
    pub const ALL: [Self; 4] = [Self::Tls10, Self::Tls11, Self::Tls12, Self::Tls13];

    /// As people write it: `1.3`.
    #[must_use]
    pub fn number(self) -> &'static str {
        match self {
            Self::Tls10 => "1.0",
            Self::Tls11 => "1.1",
            Self::Tls12 => "1.2",
            Self::Tls13 => "1.3",
        }
    }

    fn of(ssl: &SslRef) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|version| ssl.version2() == Some(version.as_openssl()))
    }

    fn as_openssl(self) -> SslVersion {
        match self {
            Self::Tls10 => SslVersion::TLS1,
            Self::Tls11 => SslVersion::TLS1_1,
            Self::Tls12 => SslVersion::TLS1_2,
            Self::Tls13 => SslVersion::TLS1_3,
        }
    }
}

/// How a server is asked.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// How long everything together may take.
    pub patience: Duration,
    /// The one version to speak; any where not given.
    pub version: Option<Version>,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            patience: Duration::from_secs(10),
            version: None,
        }
    }
}

/// What a server shows of itself.
#[derive(Debug, Clone)]
pub struct Handshake {
    /// The certificates it presents, its own first, in DER.
    pub chain: Vec<Vec<u8>>,
    /// The version that was agreed on; `None` where the handshake went no further than the certificates (a server that wants
    /// one of its client, say).
    pub version: Option<Version>,
    /// The proxy that the connection went through, as host and port.
    pub proxy: Option<String>,
}

/// Connects as far as the server's certificates.
///
/// Goes through the proxy of `HTTPS_PROXY`, unless `NO_PROXY` names the host.
///
/// # Errors
/// The server cannot be reached, or speaks no TLS.
pub fn handshake(endpoint: &Endpoint, terms: &Terms) -> Result<Handshake> {
    let Endpoint { host, port } = endpoint;
    let end = Instant::now() + terms.patience;
    let (stream, proxy) = connect(host, *port, end)?;
    let oldest = terms.version.unwrap_or(Version::Tls10).as_openssl();
    let newest = terms.version.map(Version::as_openssl);
    let mut builder = SslConnector::builder(SslMethod::tls_client()).context("OpenSSL fails")?;
    builder.set_verify(SslVerifyMode::NONE);
    // What an old server presents is worth seeing too.
    builder
        .set_min_proto_version(Some(oldest))
        .and_then(|()| builder.set_max_proto_version(newest))
        .and_then(|()| builder.set_cipher_list("ALL:@SECLEVEL=0"))
        .context("OpenSSL fails")?;
    let configuration = builder
        .build()
        .configure()
        .context("OpenSSL fails")?
        .verify_hostname(false)
        .use_server_name_indication(host.parse::<IpAddr>().is_err());
    let (chain, version) = match configuration.connect(host, stream) {
        Ok(tls) => (chain_of(tls.ssl())?, Version::of(tls.ssl())),
        Err(HandshakeError::Failure(partial)) if !chain_of(partial.ssl())?.is_empty() => {
            (chain_of(partial.ssl())?, None)
        }
        Err(error) => return Err(failed(endpoint, &error)),
    };
    if chain.is_empty() {
        bail!("{endpoint} presents no certificate");
    }
    Ok(Handshake {
        chain,
        version,
        proxy,
    })
}

fn failed(endpoint: &Endpoint, error: &HandshakeError<Deadline>) -> anyhow::Error {
    let why = match error {
        HandshakeError::Failure(partial) | HandshakeError::WouldBlock(partial) => partial.error(),
        HandshakeError::SetupFailure(error) => {
            return anyhow!("{endpoint} cannot be asked: {error}");
        }
    };
    let why = match (why.io_error(), why.ssl_error()) {
        (Some(io), _) if Deadline::ended(io) => "it does not answer in time".to_owned(),
        (Some(io), _) => io.to_string(),
        (None, Some(stack)) => stack
            .errors()
            .first()
            .and_then(openssl::error::Error::reason)
            .unwrap_or("no TLS")
            .to_owned(),
        (None, None) => "it closes the connection".to_owned(),
    };
    anyhow!("{endpoint} does not complete a TLS handshake: {why}")
}

fn chain_of(ssl: &SslRef) -> Result<Vec<Vec<u8>>> {
    ssl.peer_cert_chain()
        .into_iter()
        .flatten()
        .map(X509Ref::to_der)
        .collect::<Result<_, _>>()
        .context("OpenSSL fails")
}

/// A connection to the host, and the proxy it goes through.
fn connect(host: &str, port: u16, end: Instant) -> Result<(Deadline, Option<String>)> {
    match proxy::for_host(host, port)? {
        Some(proxy) => {
            let stream = dial(&proxy.host, proxy.port, end)
                .with_context(|| format!("the proxy of HTTPS_PROXY, {proxy}, cannot be reached"))?;
            let tunnel = proxy.tunnel(stream, host, port)?;
            Ok((tunnel, Some(proxy.to_string())))
        }
        None => dial(host, port, end)
            .map(|stream| (stream, None))
            .with_context(|| {
                format!("{host}:{port} cannot be reached; behind a proxy, set HTTPS_PROXY")
            }),
    }
}

fn dial(host: &str, port: u16, end: Instant) -> Result<Deadline> {
    let mut last = None;
    let mut addresses = (host, port).to_socket_addrs()?;
    while let Some(address) = addresses.next() {
        // None that says nothing takes the time of those behind it.
        let open = u32::try_from(addresses.len()).unwrap_or(u32::MAX);
        let left = end.saturating_duration_since(Instant::now());
        let share = left / open.saturating_add(1);
        if share.is_zero() {
            break;
        }
        match TcpStream::connect_timeout(&address, share) {
            Ok(stream) => return Ok(Deadline::new(stream, end)),
            Err(error) => last = Some(error),
        }
    }
    match last {
        Some(error) => Err(error.into()),
        None => bail!("{host} has no address that answers in time"),
    }
}
