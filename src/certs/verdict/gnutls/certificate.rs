//! What GnuTLS looks at in a certificate.

use ::openssl::nid::Nid;
use ::openssl::pkey::{Id, PKeyRef, Public};
use ::openssl::x509::X509;
use x509_parser::extensions::{KeyUsage, ParsedExtension};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::super::handshake::spells_out_curve;
use super::super::host::Names;
use super::Status;
use super::constraints::Constraints;

/// The extensions that GnuTLS knows, and so may be critical (`lib/x509/supported_exts.gperf`).
const KNOWN: [&str; 13] = [
    "2.5.29.14",
    "2.5.29.15",
    "2.5.29.17",
    "2.5.29.18",
    "2.5.29.19",
    "2.5.29.30",
    "2.5.29.31",
    "2.5.29.32",
    "2.5.29.35",
    "2.5.29.37",
    "2.5.29.54",
    "1.3.6.1.5.5.7.1.1",
    "1.3.6.1.5.5.7.1.24",
];

/// The bits that a key and a signature's hash must have at `GNUTLS_PROFILE_LOW`, the profile of `NORMAL`.
const RSA_BITS: u32 = 1024;
const HASH_BITS: u16 = 160;

/// The curves that GnuTLS knows, beside Ed25519 and Ed448 (`lib/algorithms/ecc.c`); a key that spells out its curve is on none.
const CURVES: [Nid; 5] = [
    Nid::X9_62_PRIME192V1,
    Nid::SECP224R1,
    Nid::X9_62_PRIME256V1,
    Nid::SECP384R1,
    Nid::SECP521R1,
];

/// The digest of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signature {
    /// By a digest of this many bits.
    Digest(u16),
    /// Unknown to GnuTLS.
    Unknown,
}

impl Signature {
    pub(super) fn is_strong(self) -> bool {
        matches!(self, Self::Digest(bits) if bits >= HASH_BITS)
    }

    /// SHA-1 and what is older do not count below a root.
    pub(super) fn is_broken(self) -> bool {
        matches!(self, Self::Digest(bits) if bits <= 160)
    }
}

/// A certificate as GnuTLS sees it.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    x509: X509,
    pub(super) der: Vec<u8>,
    /// Names are compared byte by byte.
    pub(super) subject: Vec<u8>,
    pub(super) issuer: Vec<u8>,
    /// `subjectPublicKeyInfo`
    pub(super) key: Vec<u8>,
    subject_key_id: Option<Vec<u8>>,
    authority_key_id: Option<Vec<u8>>,
    pub(super) version: u32,
    not_before: i64,
    not_after: i64,
    /// CA or not, and the path length.
    pub(super) basic_constraints: Option<(bool, Option<u32>)>,
    key_usage: Option<KeyUsage>,
    pub(super) is_for_servers: bool,
    pub(super) has_unknown_critical: bool,
    /// `None` where they cannot be read.
    pub(super) constraints: Option<Constraints>,
    pub(super) names: Names,
    pub(super) signature: Signature,
}

impl Seen {
    /// `None` where GnuTLS cannot read it.
    pub(super) fn of(x509: &X509) -> Option<Self> {
        let der = x509.to_der().ok()?;
        let (_, parsed) = X509Certificate::from_der(&der).ok()?;
        // `_gnutls_check_cert_sanity`
        let version = parsed.version().0 + 1;
        if version < 3 && !parsed.extensions().is_empty() {
            return None;
        }
        let mut seen = Self {
            x509: x509.clone(),
            subject: parsed.subject().as_raw().to_vec(),
            issuer: parsed.issuer().as_raw().to_vec(),
            key: parsed.public_key().raw.to_vec(),
            subject_key_id: None,
            authority_key_id: None,
            version,
            not_before: parsed.validity().not_before.timestamp(),
            not_after: parsed.validity().not_after.timestamp(),
            basic_constraints: None,
            key_usage: None,
            is_for_servers: true,
            has_unknown_critical: false,
            constraints: Some(Constraints::default()),
            names: Names::of(x509),
            signature: signature(&parsed),
            der: Vec::new(),
        };
        for extension in parsed.extensions() {
            let oid = extension.oid.to_id_string();
            seen.has_unknown_critical |= extension.critical && !KNOWN.contains(&oid.as_str());
            seen.read(extension.parsed_extension());
        }
        seen.der = der;
        Some(seen)
    }

    fn read(&mut self, extension: &ParsedExtension<'_>) {
        match extension {
            ParsedExtension::BasicConstraints(constraints) => {
                self.basic_constraints = Some((constraints.ca, constraints.path_len_constraint));
            }
            ParsedExtension::KeyUsage(usage) => {
                self.key_usage = Some(*usage);
            }
            ParsedExtension::ExtendedKeyUsage(usage) => {
                self.is_for_servers = usage.server_auth || usage.any;
            }
            ParsedExtension::SubjectKeyIdentifier(id) => self.subject_key_id = Some(id.0.to_vec()),
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                self.authority_key_id = id.key_identifier.as_ref().map(|id| id.0.to_vec());
            }
            ParsedExtension::NameConstraints(constraints) => {
                self.constraints = Constraints::of(constraints);
            }
            _ => {}
        }
    }

    /// By name, and by key identifier where both have one (`is_issuer`).
    pub(super) fn is_issued_by(&self, issuer: &Self) -> bool {
        let identifiers_agree = match (&self.authority_key_id, &issuer.subject_key_id) {
            (Some(authority), Some(subject)) => authority == subject,
            _ => true,
        };
        self.issuer == issuer.subject && identifiers_agree
    }

    pub(super) fn is_signed_by(&self, issuer: &Self) -> bool {
        let verified = issuer
            .x509
            .public_key()
            .and_then(|key| self.x509.verify(&key));
        self.signature != Signature::Unknown && verified.unwrap_or(false)
    }

    /// Without the extension, a key may do anything.
    pub(super) fn may_sign_certificates(&self) -> bool {
        self.key_usage.as_ref().is_none_or(KeyUsage::key_cert_sign)
    }

    /// What every handshake of today wants of a server's key.
    pub(super) fn may_sign_handshakes(&self) -> bool {
        let usage = self.key_usage.as_ref();
        usage.is_none_or(KeyUsage::digital_signature)
    }

    pub(super) fn validity(&self, now: i64) -> Option<Status> {
        if now < self.not_before {
            Some(Status::NotActivated)
        } else if now > self.not_after {
            Some(Status::Expired)
        } else {
            None
        }
    }

    /// Whether its key is long enough, and on a curve that GnuTLS knows.
    pub(super) fn is_strong(&self) -> bool {
        let Ok(key) = self.x509.public_key() else {
            return false;
        };
        match key.id() {
            Id::RSA | Id::RSA_PSS | Id::DSA => key.bits() >= RSA_BITS,
            Id::EC => is_on_known_curve(&key),
            Id::ED25519 | Id::ED448 => true,
            _ => false,
        }
    }
}

fn is_on_known_curve(key: &PKeyRef<Public>) -> bool {
    let curve = key.ec_key().ok().and_then(|key| key.group().curve_name());
    !spells_out_curve(key) && curve.is_some_and(|curve| CURVES.contains(&curve))
}

fn signature(parsed: &X509Certificate<'_>) -> Signature {
    let name = crate::certs::key::signature_name(&parsed.signature_algorithm);
    let digest = name.strip_suffix("-PSS").unwrap_or(&name);
    let digest = digest.rsplit_once('-').map_or(digest, |(digest, _)| digest);
    let bits = match digest {
        // Of PSS, GnuTLS knows three digests.
        "SHA1" | "SHA224" if name.ends_with("-PSS") => return Signature::Unknown,
        "MD2" | "MD5" => 128,
        "SHA1" => 160,
        "SHA224" | "SHA3-224" => 224,
        "SHA256" | "SHA3-256" => 256,
        "SHA384" | "SHA3-384" => 384,
        "SHA512" | "SHA3-512" | "Ed25519" | "Ed448" => 512,
        _ => return Signature::Unknown,
    };
    Signature::Digest(bits)
}
