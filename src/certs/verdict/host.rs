//! Which names a certificate stands for: each client has rules of its own.
//!
//! Alternative names count for all; where there are none, curl, git and node fall back to the common name. requests does not
//! (urllib3 2 sets `hostname_checks_common_name = False`), nor does rustls.

use std::net::IpAddr;

use ::openssl::nid::Nid;
use ::openssl::x509::X509Ref;

use super::Client;

/// The names of a certificate.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    pub(super) dns: Vec<String>,
    /// 4 or 16 bytes each.
    pub(super) addresses: Vec<Vec<u8>>,
    pub(super) emails: Vec<String>,
    pub(super) has_uri: bool,
    pub(super) common: Vec<String>,
}

impl Names {
    pub(super) fn of(leaf: &X509Ref) -> Self {
        let mut names = Self::default();
        for name in leaf.subject_alt_names().iter().flatten() {
            if let Some(dns) = name.dnsname() {
                names.dns.push(dns.to_owned());
            } else if let Some(address) = name.ipaddress() {
                names.addresses.push(address.to_vec());
            } else if let Some(email) = name.email() {
                names.emails.push(email.to_owned());
            } else if name.uri().is_some() {
                names.has_uri = true;
            }
        }
        names.common = leaf
            .subject_name()
            .entries_by_nid(Nid::COMMONNAME)
            .filter_map(|entry| Some(entry.data().to_string().ok()?.clone()))
            .collect();
        names
    }

    fn has_address(&self, address: IpAddr) -> bool {
        let bytes = match address {
            IpAddr::V4(v4) => v4.octets().to_vec(),
            IpAddr::V6(v6) => v6.octets().to_vec(),
        };
        self.addresses.contains(&bytes)
    }
}

/// Whether the certificate is for `host` by its alternative names.
pub(super) fn is_named(leaf: &X509Ref, host: &str) -> bool {
    python(&Names::of(leaf), host.trim_end_matches('.')).is_none()
}

/// Why the certificate is not for `host`, in the client's words; `None` means that it is. (git's and uv's engines have
/// rules of their own.)
pub(super) fn refusal(client: Client, leaf: &X509Ref, host: &str) -> Option<String> {
    let names = Names::of(leaf);
    let host = host.trim_end_matches('.');
    match client {
        Client::Python312 | Client::Python313 => python(&names, host),
        Client::Curl => curl(&names, host),
        Client::Node => node(&names, host),
        Client::Git | Client::Uv => None,
    }
}

fn python(names: &Names, host: &str) -> Option<String> {
    if let Ok(address) = host.parse() {
        return (!names.has_address(address))
            .then(|| format!("IP address mismatch, certificate is not valid for '{host}'."));
    }
    (!names.dns.iter().any(|pattern| matches(pattern, host)))
        .then(|| format!("Hostname mismatch, certificate is not valid for '{host}'."))
}

/// `ossl_verifyhost` of curl's lib/vtls/openssl.c.
fn curl(names: &Names, host: &str) -> Option<String> {
    let address: Option<IpAddr> = host.parse().ok();
    let pattern_matches = |pattern: &str| match address {
        Some(_) => pattern.eq_ignore_ascii_case(host),
        None => matches(pattern.strip_suffix('.').unwrap_or(pattern), host),
    };
    let named = match address {
        Some(address) => names.has_address(address),
        None => names.dns.iter().any(|pattern| pattern_matches(pattern)),
    };
    if named {
        return None;
    }
    if !names.dns.is_empty() || !names.addresses.is_empty() {
        return Some(format!(
            "SSL: no alternative certificate subject name matches target host name '{host}'"
        ));
    }
    match names.common.last() {
        None => Some("SSL: unable to obtain common name from peer certificate".to_owned()),
        Some(name) if pattern_matches(name) => None,
        Some(name) => Some(format!(
            "SSL: certificate subject name '{name}' does not match target host name '{host}'"
        )),
    }
}

/// `checkServerIdentity` of node's lib/tls.js.
fn node(names: &Names, host: &str) -> Option<String> {
    let named = match host.parse() {
        Ok(address) => names.has_address(address),
        Err(_) if names.dns.is_empty() => names.common.iter().any(|name| node_matches(name, host)),
        Err(_) => names.dns.iter().any(|pattern| node_matches(pattern, host)),
    };
    (!named).then(|| "Hostname/IP does not match certificate's altnames".to_owned())
}

/// `gnutls_x509_crt_check_hostname2`: the common name counts where it is the only one, and the certificate is for servers.
pub(super) fn gnutls_matches(names: &Names, is_for_servers: bool, host: &str) -> bool {
    if let Ok(address) = host.parse() {
        return names.has_address(address);
    }
    if !names.dns.is_empty() || !names.addresses.is_empty() || names.has_uri {
        return names
            .dns
            .iter()
            .any(|pattern| gnutls_compare(pattern, host));
    }
    matches!(names.common.as_slice(), [one] if is_for_servers && gnutls_compare(one, host))
}

/// A `*` alone in the left-most label stands for one label, if at least two others follow (RFC 6125, 6.4.3).
fn matches(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(domain) if domain.contains('.') => host
            .split_once('.')
            .is_some_and(|(label, rest)| !label.is_empty() && rest.eq_ignore_ascii_case(domain)),
        _ => pattern.eq_ignore_ascii_case(host),
    }
}

/// A `*` may stand anywhere in the left-most label.
fn node_matches(pattern: &str, host: &str) -> bool {
    let lower = |name: &str| name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let (pattern, host) = (lower(pattern), lower(host));
    let (Some((label, domain)), Some((host_label, host_domain))) =
        (pattern.split_once('.'), host.split_once('.'))
    else {
        return !pattern.is_empty() && pattern == host;
    };
    let Some((before, after)) = label.split_once('*').filter(|_| !label.contains("xn--")) else {
        return pattern == host;
    };
    domain == host_domain
        && domain.contains('.')
        && !after.contains('*')
        && before.len() + after.len() <= host_label.len()
        && host_label.starts_with(before)
        && host_label.ends_with(after)
}

/// A `*` at the very beginning stands for any part of the left-most label (`_gnutls_hostname_compare`).
fn gnutls_compare(pattern: &str, host: &str) -> bool {
    let Some(rest) = pattern.strip_prefix('*') else {
        return pattern.eq_ignore_ascii_case(host);
    };
    let two_labels_follow = pattern.matches('.').count() > 1 && !pattern.ends_with('.');
    let label = host.find('.').unwrap_or(host.len());
    two_labels_follow
        && (0..=label).any(|skipped| {
            host.get(skipped..)
                .is_some_and(|left| left.eq_ignore_ascii_case(rest))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_label() {
        assert!(matches("*.clearml.example", "api.ClearML.example"));
        assert!(!matches("*.clearml.example", "clearml.example"));
        assert!(!matches("*.clearml.example", "a.api.clearml.example"));
        assert!(!matches("*.example", "clearml.example"));
        assert!(!matches("a*.clearml.example", "api.clearml.example"));
    }

    #[test]
    fn node_and_gnutls_take_parts_of_labels() {
        assert!(node_matches("a*.clearml.example.", "api.clearml.example"));
        assert!(node_matches("*i.clearml.example", "api.clearml.example"));
        assert!(!node_matches("a*a*.clearml.example", "api.clearml.example"));
        assert!(!node_matches("*.example", "clearml.example"));
        assert!(gnutls_compare("*i.clearml.example", "api.clearml.example"));
        assert!(!gnutls_compare("a*.clearml.example", "api.clearml.example"));
        assert!(!gnutls_compare("*.example", "clearml.example"));
    }
}
