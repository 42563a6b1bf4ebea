//! Binary input: a certificate, a PKCS#7 container, or something else that is named for what it is.

use openssl::pkcs7::Pkcs7;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::PKey;
use openssl::x509::{X509Crl, X509Req};

use super::Problem;
use crate::certs::Certificate;

/// Begins a Java key store (JKS and JCEKS).
const JAVA_MAGIC: [[u8; 4]; 2] = [[0xFE, 0xED, 0xFE, 0xED], [0xCE, 0xCE, 0xCE, 0xCE]];

/// id-signedData, 1.2.840.113549.1.7.2 (RFC 2315), as it is encoded.
const SIGNED_DATA: &[u8] = &[
    0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02,
];

/// The prefix of every PKCS#5 and PKCS#12 encryption scheme, 1.2.840.113549.1.5 and .1.12.1, as it is encoded.
const ENCRYPTION_SCHEMES: [&[u8]; 2] = [
    &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x05],
    &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x0C, 0x01],
];

/// Whether the input is binary in a form this module can name.
pub(super) fn looks_binary(input: &[u8]) -> bool {
    JAVA_MAGIC.iter().any(|magic| input.starts_with(magic))
        || match input {
            // A SEQUENCE; in text, a `0` and another letter. A short one (a key on a curve) tells its own length.
            [0x30, second, rest @ ..] => {
                !second.is_ascii_alphanumeric() || usize::from(*second) == rest.len()
            }
            _ => false,
        }
}

/// Every certificate of a DER certificate or a PKCS#7 container.
///
/// # Errors
/// What the input is instead.
pub(super) fn certificates(der: &[u8]) -> Result<Vec<Certificate>, Problem> {
    if holds_early(der, SIGNED_DATA) {
        return pkcs7(der);
    }
    Certificate::from_der(der)
        .map(|certificate| vec![certificate])
        .map_err(|why| something_else(der).unwrap_or(Problem::X509(why)))
}

/// The certificates of a PKCS#7 container, in DER or BER.
///
/// # Errors
/// It cannot be read, or holds none.
pub(super) fn pkcs7(der: &[u8]) -> Result<Vec<Certificate>, Problem> {
    let container =
        Pkcs7::from_der(der).map_err(|_| something_else(der).unwrap_or(Problem::Pkcs7))?;
    let certificates = container
        .signed()
        .and_then(|signed| signed.certificates())
        .ok_or(Problem::Pkcs7)?;
    let certificates: Vec<Certificate> = certificates
        .iter()
        .map(|x509| {
            let der = x509.to_der().map_err(|_| Problem::Pkcs7)?;
            Certificate::from_der(&der).map_err(Problem::X509)
        })
        .collect::<Result<_, _>>()?;
    if certificates.is_empty() {
        return Err(Problem::Pkcs7);
    }
    Ok(certificates)
}

/// What the bytes are, where they are no certificate.
fn something_else(der: &[u8]) -> Option<Problem> {
    if JAVA_MAGIC.iter().any(|magic| der.starts_with(magic)) {
        Some(Problem::JavaKeyStore)
    } else if Pkcs12::from_der(der).is_ok() {
        Some(Problem::Pkcs12)
    } else if PKey::private_key_from_der(der).is_ok() {
        Some(Problem::PrivateKey)
    } else if ENCRYPTION_SCHEMES
        .iter()
        .any(|scheme| holds_early(der, scheme))
    {
        Some(Problem::Encrypted)
    } else if X509Req::from_der(der).is_ok() {
        Some(Problem::Request)
    } else if X509Crl::from_der(der).is_ok() {
        Some(Problem::RevocationList)
    } else if PKey::public_key_from_der(der).is_ok() {
        Some(Problem::PublicKey)
    } else {
        None
    }
}

/// Whether `wanted` stands within the first bytes, where a container names its kind.
fn holds_early(der: &[u8], wanted: &[u8]) -> bool {
    let head = der.get(..der.len().min(32)).unwrap_or_default();
    head.windows(wanted.len()).any(|window| window == wanted)
}
