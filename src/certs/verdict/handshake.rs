//! Keys that a client cannot use in a handshake: it ends before any certificate is verified.

use ::openssl::ec::Asn1Flag;
use ::openssl::nid::Nid;
use ::openssl::pkey::{Id, PKeyRef, Public};
use ::openssl::x509::X509;

use super::Client;

/// Why a handshake with the owner of this certificate fails, in the client's words; `None` means that it may go on.
pub(super) fn refusal(client: Client, leaf: &X509) -> Option<String> {
    let key = leaf.public_key().ok()?;
    if client == Client::Git && spells_out_curve(&key) {
        return Some("gnutls_handshake() failed: ASN1 parser: Error in DER parsing.".to_owned());
    }
    // TLS 1.3 has no name for other curves (RFC 8446, 4.2.3), and clients no longer offer them for 1.2.
    let curve = key.ec_key().ok().and_then(|key| key.group().curve_name());
    let common_curve = curve.is_none_or(|curve| {
        [Nid::X9_62_PRIME256V1, Nid::SECP384R1, Nid::SECP521R1].contains(&curve)
    });
    // rustls has neither Ed448 nor keys that are for PSS alone.
    let usable =
        common_curve && (client != Client::Uv || !matches!(key.id(), Id::ED448 | Id::RSA_PSS));
    (!usable).then(|| match client {
        Client::Git => "gnutls_handshake() failed: Handshake failed".to_owned(),
        Client::Uv => "received fatal alert: HandshakeFailure".to_owned(),
        _ => "sslv3 alert handshake failure".to_owned(),
    })
}

/// Whether a key gives the parameters of its curve instead of the name.
pub(super) fn spells_out_curve(key: &PKeyRef<Public>) -> bool {
    let key = key.ec_key();
    key.is_ok_and(|key| key.group().asn1_flag() == Asn1Flag::EXPLICIT_CURVE)
}
