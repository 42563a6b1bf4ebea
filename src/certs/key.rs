//! Keys and signature algorithms, by the names people use.

use std::fmt;

use openssl::asn1::Asn1Object;
use openssl::nid::Nid;
use x509_parser::der_parser::asn1_rs::Tag;
use x509_parser::prelude::FromDer as _;
use x509_parser::public_key::{PublicKey, RSAPublicKey};
use x509_parser::signature_algorithm::SignatureAlgorithm;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

/// `id-RSASSA-PSS` (RFC 4055): of a key and of a signature.
const RSA_PSS: &str = "1.2.840.113549.1.1.10";

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Key {
    /// `RSA`, `ECDSA P-256`, `Ed25519`, …; the OID in dots where it has no common name.
    pub algorithm: String,
    /// Its size; `None` where the algorithm says it.
    pub bits: Option<usize>,
}

impl Key {
    pub(super) fn of(info: &SubjectPublicKeyInfo<'_>) -> Self {
        let oid = info.algorithm.algorithm.to_id_string();
        match (oid.as_str(), info.parsed()) {
            ("1.2.840.113549.1.1.1", Ok(PublicKey::RSA(key))) => Self {
                algorithm: "RSA".to_owned(),
                bits: Some(significant_bits(key.modulus)),
            },
            // RFC 4055, 1.2: the key itself is encoded as any RSA key.
            (RSA_PSS, _) => Self {
                algorithm: "RSA-PSS".to_owned(),
                bits: rsa_bits(&info.subject_public_key.data),
            },
            ("1.2.840.10045.2.1", _) => {
                let curve = info.algorithm.parameters.as_ref();
                // What is no OID is the curve itself, spelt out.
                let curve = curve
                    .filter(|parameters| parameters.tag() == Tag::Oid)
                    .and_then(|parameters| parameters.as_oid().ok())
                    .map(|oid| oid.to_id_string());
                Self {
                    algorithm: format!("ECDSA {}", curve_name(curve.as_deref())),
                    bits: None,
                }
            }
            ("1.2.840.10040.4.1", _) => Self::named("DSA"),
            ("1.3.101.112", _) => Self::named("Ed25519"),
            ("1.3.101.113", _) => Self::named("Ed448"),
            _ => Self::named(&oid),
        }
    }

    fn named(name: &str) -> Self {
        Self {
            algorithm: name.to_owned(),
            bits: None,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.bits {
            Some(bits) => write!(f, "{} {bits}", self.algorithm),
            None => f.write_str(&self.algorithm),
        }
    }
}

/// The size of an RSA key that is encoded as RFC 8017, A.1.1 has it.
pub(super) fn rsa_bits(key: &[u8]) -> Option<usize> {
    let (_, key) = RSAPublicKey::from_der(key).ok()?;
    Some(significant_bits(key.modulus))
}

fn significant_bits(number: &[u8]) -> usize {
    let first = number.iter().position(|byte| *byte != 0);
    first.map_or(0, |first| {
        let rest = number.get(first..).unwrap_or_default();
        let leading = rest.first().map_or(0, |byte| byte.leading_zeros() as usize);
        rest.len() * 8 - leading
    })
}

fn curve_name(oid: Option<&str>) -> String {
    let name = match oid {
        Some("1.2.840.10045.3.1.1") => "P-192",
        Some("1.3.132.0.33") => "P-224",
        Some("1.2.840.10045.3.1.7") => "P-256",
        Some("1.3.132.0.34") => "P-384",
        Some("1.3.132.0.35") => "P-521",
        Some(other) => return known_name(other).unwrap_or_else(|| other.to_owned()),
        None => "explicit curve",
    };
    name.to_owned()
}

/// The short name that OpenSSL has for an OID, such as `brainpoolP256r1`.
fn known_name(oid: &str) -> Option<String> {
    let nid = Asn1Object::from_str(oid).ok()?.nid();
    let known = nid != Nid::UNDEF;
    known.then(|| nid.short_name().ok().map(str::to_owned))?
}

/// The common name of a signature algorithm (RFC 3279, 4055, 5758, 8410): its digest, where it has one, comes first.
pub(super) fn signature_name(algorithm: &AlgorithmIdentifier<'_>) -> String {
    let oid = algorithm.algorithm.to_id_string();
    if oid == RSA_PSS
        && let Ok(SignatureAlgorithm::RSASSA_PSS(parameters)) =
            SignatureAlgorithm::try_from(algorithm)
    {
        let digest = parameters.hash_algorithm_oid().to_id_string();
        return format!("{}-RSA-PSS", digest_name(&digest));
    }
    let name = match oid.as_str() {
        "1.2.840.113549.1.1.2" => "MD2-RSA",
        "1.2.840.113549.1.1.4" => "MD5-RSA",
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => "SHA1-RSA",
        "1.2.840.113549.1.1.14" => "SHA224-RSA",
        "1.2.840.113549.1.1.11" => "SHA256-RSA",
        "1.2.840.113549.1.1.12" => "SHA384-RSA",
        "1.2.840.113549.1.1.13" => "SHA512-RSA",
        "1.2.840.10045.4.1" => "SHA1-ECDSA",
        "1.2.840.10045.4.3.1" => "SHA224-ECDSA",
        "1.2.840.10045.4.3.2" => "SHA256-ECDSA",
        "1.2.840.10045.4.3.3" => "SHA384-ECDSA",
        "1.2.840.10045.4.3.4" => "SHA512-ECDSA",
        "1.2.840.10040.4.3" => "SHA1-DSA",
        "2.16.840.1.101.3.4.3.2" => "SHA256-DSA",
        "2.16.840.1.101.3.4.3.9" => "SHA3-224-ECDSA",
        "2.16.840.1.101.3.4.3.10" => "SHA3-256-ECDSA",
        "2.16.840.1.101.3.4.3.11" => "SHA3-384-ECDSA",
        "2.16.840.1.101.3.4.3.12" => "SHA3-512-ECDSA",
        "2.16.840.1.101.3.4.3.13" => "SHA3-224-RSA",
        "2.16.840.1.101.3.4.3.14" => "SHA3-256-RSA",
        "2.16.840.1.101.3.4.3.15" => "SHA3-384-RSA",
        "2.16.840.1.101.3.4.3.16" => "SHA3-512-RSA",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        other => return known_name(other).unwrap_or_else(|| other.to_owned()),
    };
    name.to_owned()
}

fn digest_name(oid: &str) -> &str {
    match oid {
        "1.3.14.3.2.26" => "SHA1",
        "2.16.840.1.101.3.4.2.4" => "SHA224",
        "2.16.840.1.101.3.4.2.1" => "SHA256",
        "2.16.840.1.101.3.4.2.2" => "SHA384",
        "2.16.840.1.101.3.4.2.3" => "SHA512",
        other => other,
    }
}
