//! TLS connections, made only to see what a server presents: nothing is verified, and nothing is sent.

mod proxy;

use std::net::{IpAddr, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode, SslVersion};
use openssl::x509::X509Ref;

/// How long a server may take for each step.
const PATIENCE: Duration = Duration::from_secs(10);

/// The certificates a server presents, its own first, in DER.
///
/// Goes through the proxy of `HTTPS_PROXY`, unless `NO_PROXY` names the host.
///
/// # Errors
/// The server cannot be reached, or speaks no TLS.
pub fn presented_chain(host: &str, port: u16) -> Result<Vec<Vec<u8>>> {
    let stream = connect(host, port)?;
    let mut builder = SslConnector::builder(SslMethod::tls_client()).context("OpenSSL fails")?;
    builder.set_verify(SslVerifyMode::NONE);
    // What an old server presents is worth seeing too.
    builder
        .set_min_proto_version(Some(SslVersion::TLS1))
        .context("OpenSSL fails")?;
    builder
        .set_cipher_list("ALL:@SECLEVEL=0")
        .context("OpenSSL fails")?;
    let configuration = builder
        .build()
        .configure()
        .context("OpenSSL fails")?
        .verify_hostname(false)
        .use_server_name_indication(host.parse::<IpAddr>().is_err());
    let tls = configuration.connect(host, stream).map_err(|error| {
        anyhow::anyhow!("{host}:{port} does not complete a TLS handshake: {error}")
    })?;
    let chain = tls.ssl().peer_cert_chain().into_iter().flatten();
    let chain: Vec<Vec<u8>> = chain
        .map(X509Ref::to_der)
        .collect::<Result<_, _>>()
        .context("OpenSSL fails")?;
    if chain.is_empty() {
        bail!("{host}:{port} presents no certificate");
    }
    Ok(chain)
}

fn connect(host: &str, port: u16) -> Result<TcpStream> {
    match proxy::for_host(host)? {
        Some(proxy) => {
            let stream = dial(&proxy.host, proxy.port).with_context(|| {
                format!(
                    "the proxy of HTTPS_PROXY, {}:{}, cannot be reached",
                    proxy.host, proxy.port
                )
            })?;
            proxy.tunnel(stream, host, port)
        }
        None => dial(host, port).with_context(|| {
            format!("{host}:{port} cannot be reached; behind a proxy, set HTTPS_PROXY")
        }),
    }
}

fn dial(host: &str, port: u16) -> Result<TcpStream> {
    let mut last = None;
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => {
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                return Ok(stream);
            }
            Err(error) => last = Some(error),
        }
    }
    match last {
        Some(error) => Err(error.into()),
        None => bail!("{host} has no address"),
    }
}
