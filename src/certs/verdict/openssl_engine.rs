//! Verification by OpenSSL, with the flags that each client sets.

use std::cell::OnceCell;

use ::openssl::error::ErrorStack;
use ::openssl::stack::Stack;
use ::openssl::x509::store::{X509Store, X509StoreBuilder};
use ::openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use ::openssl::x509::{X509, X509PurposeId, X509StoreContext};
use time::OffsetDateTime;

use super::Client;

/// `X509_V_ERR_CERT_SIGNATURE_FAILURE` of `x509_vfy.h`.
const SIGNATURE_FAILURE: i32 = 7;

/// What OpenSSL looks at last, after the host: signatures, dates (9 to 16) and name constraints (47 to 53).
const LAST: [std::ops::RangeInclusive<i32>; 3] = [7..=7, 9..=16, 47..=53];

/// `X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY`
const NO_LOCAL_ISSUER: i32 = 20;

/// What the encodings of ecdsa-with-SHA3-224 to -512 begin with, 2.16.840.1.101.3.4.3, and how they end.
const ECDSA_WITH_SHA3: ([u8; 10], std::ops::RangeInclusive<u8>) = (
    [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03],
    9..=12,
);

/// The end of an algorithm that nobody knows.
const UNKNOWN: u8 = 0x7F;

/// How a client configures OpenSSL.
#[derive(Debug, Clone, Copy)]
struct Profile {
    strict: bool,
    partial_chain: bool,
    /// `SSL_CTX_set_security_level(3)`: 2 wants RSA 2048 and no SHA-1, 1 wants RSA 1024.
    level: i32,
}

/// git and uv do not use OpenSSL; they are never asked for here.
fn profile(client: Client) -> Profile {
    let (strict, partial_chain, level) = match client {
        Client::Python312 => (false, false, 2),
        Client::Python313 => (true, true, 2),
        Client::Node => (false, false, 1),
        Client::Curl | Client::Git | Client::Uv => (false, true, 2),
    };
    Profile {
        strict,
        partial_chain,
        level,
    }
}

/// Why OpenSSL refused.
pub(super) struct Failure {
    text: &'static str,
    code: i32,
    depth: u32,
}

impl Failure {
    /// Whether the only complaint is the signature on the server's own certificate. OpenSSL checks signatures and dates
    /// last, from the root down, so everything else was found in order.
    pub(super) fn is_signature_of_leaf(&self) -> bool {
        self.code == SIGNATURE_FAILURE && self.depth == 0
    }

    /// Whether OpenSSL would have looked at the host before.
    pub(super) fn comes_after_host(&self) -> bool {
        LAST.iter().any(|codes| codes.contains(&self.code))
    }

    /// The words of `client`.
    pub(super) fn words(&self, client: Client) -> String {
        // node goes on after an error and tells the last, which is this one where nothing but the server's certificate is there.
        if client == Client::Node && self.code == NO_LOCAL_ISSUER && self.depth == 0 {
            return "unable to verify the first certificate".to_owned();
        }
        // OpenSSL 3.6 adds advice.
        let advice = " or the system clock is incorrect";
        self.text
            .strip_suffix(advice)
            .unwrap_or(self.text)
            .to_owned()
    }
}

/// One store of trusted certificates for each client, each made when it is first needed.
pub(super) struct Stores {
    trusted: Vec<X509>,
    now: OffsetDateTime,
    by_client: [OnceCell<Result<X509Store, ErrorStack>>; Client::ALL.len()],
}

impl Stores {
    pub(super) fn new(trusted: &[X509], now: OffsetDateTime) -> Self {
        Self {
            trusted: trusted.iter().map(as_seen).collect(),
            now,
            by_client: Default::default(),
        }
    }

    /// Verifies the presented certificates, the server's own first; `None` means trusted.
    ///
    /// # Errors
    /// There is none, or OpenSSL is out of memory.
    pub(super) fn verify(
        &self,
        client: Client,
        presented: &[X509],
    ) -> Result<Option<Failure>, ErrorStack> {
        let [leaf, others @ ..] = presented else {
            return Err(ErrorStack::get());
        };
        let mut intermediates = Stack::new()?;
        for certificate in others {
            intermediates.push(as_seen(certificate))?;
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
        context.init(store, &as_seen(leaf), &intermediates, |context| {
            let trusted = context.verify_cert()?;
            Ok((!trusted).then(|| Failure {
                text: context.error().error_string(),
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
        parameters.set_purpose(X509PurposeId::SSL_SERVER)?;
        parameters.set_time(self.now.unix_timestamp());
        builder.set_param(&parameters)?;
        Ok(builder.build())
    }
}

/// A certificate as OpenSSL 3.0 sees it, which Debian 12 and Ubuntu 22.04 and 24.04 have: it does not know ECDSA with SHA-3, and
/// so finds no issuer of what is signed that way (measured on 3.0.19). The one that is linked here does.
fn as_seen(certificate: &X509) -> X509 {
    let mut der = certificate.to_der().unwrap_or_default();
    let (begin, ends) = ECDSA_WITH_SHA3;
    let mut at = 0;
    let mut is_known = true;
    while let Some(window) = der.get_mut(at..at + begin.len() + 1) {
        if let [head @ .., end] = window
            && *head == begin
            && ends.contains(end)
        {
            *end = UNKNOWN;
            is_known = false;
        }
        at += 1;
    }
    if is_known {
        return certificate.clone();
    }
    X509::from_der(&der).unwrap_or_else(|_| certificate.clone())
}
