//! `HTTPS_PROXY` and `NO_PROXY`, as curl reads them, but for the port where none is named.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::net::IpAddr;

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::deadline::Deadline;
use crate::environment::variable;

/// Longer than any proxy's answer to CONNECT.
const MAX_ANSWER: usize = 16 * 1024;

pub(super) struct Proxy {
    pub(super) host: String,
    pub(super) port: u16,
    /// `user:password`, base64.
    credentials: Option<String>,
}

/// The proxy for a connection to `host`, if there is one.
pub(super) fn for_host(host: &str, port: u16) -> Result<Option<Proxy>> {
    let no_proxy = variable("NO_PROXY").or_else(|| variable("no_proxy"));
    if no_proxy.is_some_and(|list| excludes(&list, host, port)) {
        return Ok(None);
    }
    variable("HTTPS_PROXY")
        .or_else(|| variable("https_proxy"))
        .map(|url| parse(&url))
        .transpose()
}

/// Whether `NO_PROXY` names the host, a domain above it, or a network that it is in (`10.0.0.0/8`); with a port, that port alone, as
/// Go, and so Helm, and Python have it.
fn excludes(list: &str, host: &str, port: u16) -> bool {
    list.split([',', ' '])
        .filter(|entry| !entry.is_empty())
        .any(|entry| {
            let (entry, only) = host_and_port(entry);
            if only.is_some_and(|only| only != port.to_string()) {
                return false;
            }
            let domain = entry.trim_start_matches('*').trim_start_matches('.');
            entry == "*"
                || host.eq_ignore_ascii_case(domain)
                || is_in_network(host, entry).unwrap_or(false)
                || host
                    .to_ascii_lowercase()
                    .strip_suffix(&domain.to_ascii_lowercase())
                    .is_some_and(|rest| rest.ends_with('.'))
        })
}

/// A host without its brackets, and what stands behind a colon after it; an address of IPv6 has colons of its own.
fn host_and_port(text: &str) -> (&str, Option<&str>) {
    if let Some((host, rest)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (host, rest.strip_prefix(':'));
    }
    match text.split_once(':') {
        Some((host, port)) if !port.contains(':') => (host, Some(port)),
        _ => (text, None),
    }
}

/// `None` where one of the two is no address, or they are of different families.
fn is_in_network(host: &str, entry: &str) -> Option<bool> {
    let (network, length) = entry.split_once('/')?;
    // IPv4 in the upper bits, so that a prefix counts from the top in both families.
    let bits = |address: IpAddr| match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)) << 96,
        IpAddr::V6(v6) => u128::from(v6),
    };
    let (host, network): (IpAddr, IpAddr) = (host.parse().ok()?, network.parse().ok()?);
    let length: u32 = length.parse().ok()?;
    let most = if host.is_ipv4() { 32 } else { 128 };
    let comparable = host.is_ipv4() == network.is_ipv4() && length <= most;
    let different = bits(host) ^ bits(network);
    comparable.then(|| different.leading_zeros() >= length)
}

fn parse(url: &str) -> Result<Proxy> {
    // The URL may hold a password, so it is not shown.
    let rest = match url.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
        Some((scheme, _)) => bail!("HTTPS_PROXY has the scheme {scheme}, only http is supported"),
        None => url,
    };
    let rest = rest.split('/').next().unwrap_or_default();
    let (credentials, address) = match rest.rsplit_once('@') {
        Some((credentials, address)) => (Some(STANDARD.encode(decoded(credentials))), address),
        None => (None, rest),
    };
    let (host, port) = match host_and_port(address) {
        (host, Some(port)) => (host, port.parse().context("HTTPS_PROXY has no valid port")?),
        // As Go, and so Helm, and Python have it; curl would go to 1080.
        (host, None) => (host, 80),
    };
    Ok(Proxy {
        host: host.to_owned(),
        port,
        credentials,
    })
}

/// The bytes that a part of a URL stands for: `%40` is `@` (RFC 3986, 2.1). What is no such code stays as it is.
fn decoded(part: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let [first, after @ ..] = rest {
        let code = match rest {
            [b'%', high, low, ..] => std::str::from_utf8(&[*high, *low])
                .ok()
                .filter(|code| code.bytes().all(|digit| digit.is_ascii_hexdigit()))
                .and_then(|code| u8::from_str_radix(code, 16).ok()),
            _ => None,
        };
        bytes.push(code.unwrap_or(*first));
        rest = match code {
            Some(_) => rest.get(3..).unwrap_or_default(),
            None => after,
        };
    }
    bytes
}

impl Proxy {
    /// Asks for a tunnel to `host` (RFC 9110, 9.3.6).
    pub(super) fn tunnel(&self, mut stream: Deadline, host: &str, port: u16) -> Result<Deadline> {
        let host = if host.contains(':') {
            format!("[{host}]")
        } else {
            host.to_owned()
        };
        let credentials = self
            .credentials
            .as_ref()
            .map(|credentials| format!("Proxy-Authorization: Basic {credentials}\r\n"))
            .unwrap_or_default();
        let request =
            format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n{credentials}\r\n");
        let answer = ask(&mut stream, &request).with_context(|| {
            format!(
                "the proxy of HTTPS_PROXY, {self}, does not answer when asked for {host}:{port}"
            )
        })?;
        let answer = String::from_utf8_lossy(&answer);
        let status = answer.lines().next().unwrap_or_default();
        if status.split(' ').nth(1) != Some("200") {
            bail!("the proxy of HTTPS_PROXY, {self}, refuses a tunnel to {host}:{port}: {status}");
        }
        Ok(stream)
    }
}

/// The head of the answer, read byte by byte: what follows it is TLS.
fn ask(stream: &mut Deadline, request: &str) -> io::Result<Vec<u8>> {
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"\r\n\r\n") && answer.len() < MAX_ANSWER {
        if stream.read(&mut byte)? == 0 {
            break;
        }
        answer.extend_from_slice(&byte);
    }
    Ok(answer)
}

impl fmt::Display for Proxy {
    /// Without its credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn no_proxy_names_hosts_and_domains() {
        assert!(excludes("localhost,.acme.example", "api.acme.example", 443));
        assert!(excludes("acme.example", "API.acme.example", 443));
        assert!(excludes("*", "anything", 443));
        assert!(!excludes("acme.example", "notacme.example", 443));
        assert!(!excludes("", "acme.example", 443));
        assert!(excludes("10.0.0.0/8, 192.168.1.1", "10.1.2.3", 443));
        assert!(excludes("10.0.0.0/8 192.168.1.1", "192.168.1.1", 443));
        assert!(excludes("fd00::/8", "fd12::1", 443));
        assert!(excludes("0.0.0.0/0", "8.8.8.8", 443));
        assert!(!excludes(
            "10.0.0.0/8,fd00::/8,10.0.0.0/99",
            "11.1.2.3",
            443
        ));
        assert!(!excludes("10.0.0.0/8", "ten.acme.example", 443));
        // With a port, of that one alone; in brackets as in a URL.
        assert!(excludes("acme.example:443", "api.acme.example", 443));
        assert!(!excludes("acme.example:8443", "api.acme.example", 443));
        assert!(excludes("[::1]", "::1", 443));
        assert!(excludes("[::1]:443", "::1", 443));
        assert!(excludes("fd12::1", "fd12::1", 443));
    }

    #[test]
    fn a_proxy_may_have_credentials() {
        let proxy = parse("http://user:pass@proxy.acme.example:3128/").unwrap();
        assert_eq!(
            (proxy.host.as_str(), proxy.port),
            ("proxy.acme.example", 3128)
        );
        assert_eq!(proxy.credentials.as_deref(), Some("dXNlcjpwYXNz"));
        assert_eq!(decoded("us%40er:p%3Ass%"), b"us@er:p:ss%");
        assert_eq!(decoded("100%+é%zz%2"), "100%+é%zz%2".as_bytes());
        assert_eq!(parse("proxy").unwrap().port, 80);
        let six = parse("HTTP://[::1]").unwrap();
        assert_eq!((six.host.as_str(), six.port), ("::1", 80));
        assert_eq!(parse("http://[::1]:3128").unwrap().port, 3128);
        assert!(parse("socks5://proxy").is_err());
    }

    #[test]
    fn a_proxy_that_says_nothing_is_named() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let proxy = parse(&format!("http://me:word@127.0.0.1:{port}")).unwrap();
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let stream = Deadline::new(stream, Instant::now() + Duration::from_millis(100));
        let error = proxy.tunnel(stream, "app.acme.example", 443).unwrap_err();
        let said = format!("{error:#}");
        let begins = format!(
            "the proxy of HTTPS_PROXY, 127.0.0.1:{port}, does not answer when asked for app.acme.example:443: "
        );
        assert!(said.starts_with(&begins), "{said}");
        assert!(!said.contains("word"), "{said}");
    }
}
