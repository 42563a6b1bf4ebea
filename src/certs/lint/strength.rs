//! Lints on cryptography that clients refuse, at OpenSSL's security level 2 (`SSL_CTX_set_security_level(3)`).

use super::Subject;
use crate::finding::Finding;

/// RSA keys below this give less than the 112 bits of security level 2.
const RSA_BITS: usize = 2048;

/// Curves below the 112 bits of security level 2.
const WEAK_CURVES: [&str; 1] = ["ECDSA P-192"];

pub(super) fn weak_key(subject: &Subject<'_>) -> Option<Finding> {
    let key = &subject.certificate.facts.key;
    let short = key.bits.is_some_and(|bits| bits < RSA_BITS);
    (short || WEAK_CURVES.contains(&key.algorithm.as_str())).then(|| {
        let says = if subject.is_authority() {
            "CA certificate key too weak"
        } else {
            "EE certificate key too weak"
        };
        Finding::error(
            "certificate-key-too-weak",
            format!(
                "{} has a key of {key}; Python and curl say \"{says}\"",
                subject.name()
            ),
        )
        .hint("a new key is needed, of RSA 2048 or ECDSA P-256 at least: ask whoever runs the CA")
    })
}

/// A root's signature on itself proves nothing and is not checked.
pub(super) fn weak_signature(subject: &Subject<'_>) -> Option<Finding> {
    let certificate = subject.certificate;
    let weak = ["SHA1-", "MD5-", "MD2-"]
        .iter()
        .any(|digest| certificate.facts.signature.starts_with(digest));
    (weak && !certificate.is_own_issuer()).then(|| {
        Finding::error(
            "certificate-signature-too-weak",
            format!(
                "{} is signed with {}; Python and curl say \"CA signature digest algorithm too weak\"",
                subject.name(),
                certificate.facts.signature
            ),
        )
        .hint("have it reissued with SHA-256; its key may stay")
    })
}
