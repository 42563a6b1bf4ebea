//! A server's address, as people write it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Where HTTPS is served when nothing else is said.
const HTTPS_PORT: u16 = 443;

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint {
    /// Name or address, without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

impl FromStr for Endpoint {
    type Err = String;

    /// Takes `https://HOST[:PORT][/…]`, and the same without `https://`.
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        if word.starts_with("http://") {
            return Err(format!(
                "{word} has no certificate: plain HTTP is not encrypted; did you mean https://?"
            ));
        }
        let rest = word.strip_prefix("https://").unwrap_or(word);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // What stands before the host may be a password.
        let told = match authority.rsplit_once('@') {
            Some((_, host)) => format!("https://…@{host}"),
            None => word.to_owned(),
        };
        let wrong = || format!("{told} is no address: write https://HOST or https://HOST:PORT");
        let (host, port) = match authority.strip_prefix('[') {
            Some(bracketed) => {
                let (host, after) = bracketed.split_once(']').ok_or_else(wrong)?;
                (host, after.strip_prefix(':'))
            }
            None => match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            },
        };
        let port = match port {
            Some(port) => port.parse().map_err(|_| wrong())?,
            None => HTTPS_PORT,
        };
        let strange = |c: char| c.is_whitespace() || c.is_control() || "@{}<>\"'\\".contains(c);
        if host.is_empty() || host.contains(strange) {
            return Err(wrong());
        }
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }
}

impl fmt::Display for Endpoint {
    /// The URL, without the port where it is the usual one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.parse() {
            Ok(IpAddr::V6(_)) => write!(f, "https://[{}]", self.host)?,
            _ => write!(f, "https://{}", self.host)?,
        }
        if self.port != HTTPS_PORT {
            write!(f, ":{}", self.port)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_named_as_in_a_browser() {
        let server = |host: &str, port| {
            Ok(Endpoint {
                host: host.to_owned(),
                port,
            })
        };
        assert_eq!("https://a.example".parse(), server("a.example", 443));
        assert_eq!("a.example:8443".parse(), server("a.example", 8443));
        assert_eq!(
            "https://a.example:8443/path?q".parse(),
            server("a.example", 8443)
        );
        assert_eq!("https://[::1]:8443".parse(), server("::1", 8443));
        for wrong in [
            "https://",
            "https://a:b",
            "https://user@host",
            "http://a.example",
            "{{ .host }}",
        ] {
            assert!(wrong.parse::<Endpoint>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_address_is_shown_as_it_can_be_typed_again() {
        for url in [
            "https://a.example",
            "https://[::1]:8443",
            "https://10.0.0.1",
        ] {
            assert_eq!(url.parse::<Endpoint>().unwrap().to_string(), url);
        }
    }
}
