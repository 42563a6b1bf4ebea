//! Who signed what.

use openssl::x509::X509;

/// Whether `issuer`'s key made the signature on `der`.
pub(super) fn is_made_by(der: &[u8], issuer: &[u8]) -> bool {
    let signed = || -> Result<bool, openssl::error::ErrorStack> {
        let key = X509::from_der(issuer)?.public_key()?;
        X509::from_der(der)?.verify(&key)
    };
    signed().unwrap_or(false)
}
