//! Verification by OpenSSL, with the flags that each client sets.

use std::cell::OnceCell;
use std::net::IpAddr;

use ::openssl::error::ErrorStack;
use ::openssl::stack::Stack;
use ::openssl::x509::store::{X509Store, X509StoreBuilder};
use ::openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use ::openssl::x509::{X509, X509PurposeId, X509StoreContext};
use time::OffsetDateTime;

use super::{Client, Server};

/// `X509_V_ERR_CERT_SIGNATURE_FAILURE` of `x509_vfy.h`.
const SIGNATURE_FAILURE: i32 = 7;

/// How a client configures OpenSSL.
#[derive(Debug, Clone, Copy)]
struct Profile {
    strict: bool,
    partial_chain: bool,
    /// `SSL_CTX_set_security_level(3)`: 2 wants RSA 2048 and no SHA-1, 1 wants RSA 1024.
    level: i32,
    /// Whether the extended key usage must allow servers.
    purpose: bool,
}

fn profile(client: Client) -> Profile {
    let (strict, partial_chain, level) = match client {
        Client::Python312 => (false, false, 2),
        Client::Python313 => (true, true, 2),
        Client::Git => (false, true, 1),
        Client::Node => (false, false, 1),
        Client::Curl | Client::Uv => (false, true, 2),
    };
    Profile {
        strict,
        partial_chain,
        level,
        // GnuTLS leaves the purpose to the program, and git does not ask for it.
        purpose: client != Client::Git,
    }
}

/// Why OpenSSL refused.
pub(super) struct Failure {
    pub(super) text: String,
    code: i32,
    depth: u32,
}

impl Failure {
    /// A refusal that is not OpenSSL's own.
    fn before_verification(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            code: 0,
            depth: 0,
        }
    }

    /// Whether the only complaint is the signature on the server's own certificate. OpenSSL checks signatures and dates
    /// last, from the root down, so everything else was found in order.
    pub(super) fn is_signature_of_leaf(&self) -> bool {
        self.code == SIGNATURE_FAILURE && self.depth == 0
    }
}

/// One store of trusted certificates for each client, each made when it is first needed.
pub(super) struct Stores {
    trusted: Vec<X509>,
    now: OffsetDateTime,
    by_client: [OnceCell<Result<X509Store, ErrorStack>>; Client::ALL.len()],
}

impl Stores {
    pub(super) fn new(trusted: Vec<X509>, now: OffsetDateTime) -> Self {
        Self {
            trusted,
            now,
            by_client: Default::default(),
        }
    }

    /// Verifies what `server` presents; `None` means trusted.
    ///
    /// # Errors
    /// OpenSSL cannot read what the server presents, or the host is no name.
    pub(super) fn verify(
        &self,
        client: Client,
        server: &Server,
    ) -> Result<Option<Failure>, ErrorStack> {
        let mut presented = server.chain.iter().map(|der| X509::from_der(der));
        let Some(leaf) = presented.next().transpose()? else {
            return Err(ErrorStack::get());
        };
        let mut intermediates = Stack::new()?;
        for certificate in presented {
            intermediates.push(certificate?)?;
        }
        if let Some(host) = &server.host
            && !matches_host(&leaf, host)
        {
            return Ok(Some(Failure::before_verification(&format!(
                "hostname mismatch: the certificate is not for {host}"
            ))));
        }
        // curl reads both names of the server's certificate, and gives up on an empty issuer (lib/vtls/openssl.c).
        if client == Client::Curl && leaf.issuer_name().entries().next().is_none() {
            return Ok(Some(Failure::before_verification(
                "SSL: couldn't get X509-issuer name",
            )));
        }
        let index = Client::ALL.iter().position(|one| *one == client);
        let Some(slot) = index.and_then(|index| self.by_client.get(index)) else {
            return Err(ErrorStack::get());
        };
        let store = slot
            .get_or_init(|| self.store(profile(client)))
            .as_ref()
            .map_err(Clone::clone)?;
        let mut context = X509StoreContext::new()?;
        context.init(store, &leaf, &intermediates, |context| {
            let trusted = context.verify_cert()?;
            Ok((!trusted).then(|| Failure {
                text: context.error().error_string().to_owned(),
                code: context.error().as_raw(),
                depth: context.error_depth(),
            }))
        })
    }

    fn store(&self, profile: Profile) -> Result<X509Store, ErrorStack> {
        let mut builder = X509StoreBuilder::new()?;
        for certificate in &self.trusted {
            builder.add_cert(certificate.clone())?;
        }
        let mut flags = X509VerifyFlags::TRUSTED_FIRST;
        if profile.strict {
            flags |= X509VerifyFlags::X509_STRICT;
        }
        if profile.partial_chain {
            flags |= X509VerifyFlags::PARTIAL_CHAIN;
        }
        let mut parameters = X509VerifyParam::new()?;
        parameters.set_flags(flags)?;
        parameters.set_auth_level(profile.level);
        if profile.purpose {
            parameters.set_purpose(X509PurposeId::SSL_SERVER)?;
        }
        parameters.set_time(self.now.unix_timestamp());
        builder.set_param(&parameters)?;
        Ok(builder.build())
    }
}

/// Whether the certificate is for `host`, by alternative names (RFC 6125, 6.4).
///
/// Python, curl, git, node and rustls all ignore the common name where there are alternative names, and OpenSSL's rules for
/// wildcards are theirs: a `*` alone in the left-most label.
pub(super) fn matches_host(leaf: &X509, host: &str) -> bool {
    let names = leaf.subject_alt_names();
    let mut names = names.iter().flatten();
    if let Ok(address) = host.parse::<IpAddr>() {
        let octets = match address {
            IpAddr::V4(v4) => v4.octets().to_vec(),
            IpAddr::V6(v6) => v6.octets().to_vec(),
        };
        return names.any(|name| name.ipaddress() == Some(&octets));
    }
    names.any(|name| {
        name.dnsname()
            .is_some_and(|pattern| name_matches(pattern, host))
    })
}

fn name_matches(pattern: &str, host: &str) -> bool {
    let host = host.trim_end_matches('.');
    match pattern.strip_prefix("*.") {
        Some(domain) => host
            .split_once('.')
            .is_some_and(|(label, rest)| !label.is_empty() && rest.eq_ignore_ascii_case(domain)),
        None => pattern.eq_ignore_ascii_case(host),
    }
}
