//! Keys and signature algorithms, by the names people use.

use std::fmt;

use x509_parser::prelude::FromDer as _;
use x509_parser::public_key::{PublicKey, RSAPublicKey};
use x509_parser::signature_algorithm::SignatureAlgorithm;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

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
            ("1.2.840.113549.1.1.10", _) => Self {
                algorithm: "RSA-PSS".to_owned(),
                bits: RSAPublicKey::from_der(&info.subject_public_key.data)
                    .ok()
                    .map(|(_, key)| significant_bits(key.modulus)),
            },
            ("1.2.840.10045.2.1", _) => {
                let curve = info
                    .algorithm
                    .parameters
                    .as_ref()
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

fn significant_bits(number: &[u8]) -> usize {
    let first = number.iter().position(|byte| *byte != 0);
    first.map_or(0, |first| {
        let rest = number.get(first..).unwrap_or_default();
        let leading = rest.first().map_or(0, |byte| byte.leading_zeros() as usize);
        rest.len() * 8 - leading
    })
}

fn curve_name(oid: Option<&str>) -> &str {
    match oid {
        Some("1.2.840.10045.3.1.1") => "P-192",
        Some("1.3.132.0.33") => "P-224",
        Some("1.2.840.10045.3.1.7") => "P-256",
        Some("1.3.132.0.34") => "P-384",
        Some("1.3.132.0.35") => "P-521",
        Some("1.3.132.0.10") => "secp256k1",
        Some(other) => other,
        None => "with explicit parameters",
    }
}

/// The common name of a signature algorithm (RFC 3279, 4055, 5758, 8410): its digest, where it has one, comes first.
pub(super) fn signature_name(algorithm: &AlgorithmIdentifier<'_>) -> String {
    if let Ok(SignatureAlgorithm::RSASSA_PSS(parameters)) = SignatureAlgorithm::try_from(algorithm)
    {
        let digest = parameters.hash_algorithm_oid().to_id_string();
        return format!("{}-RSA-PSS", digest_name(&digest));
    }
    let oid = algorithm.algorithm.to_id_string();
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
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        other => other,
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
