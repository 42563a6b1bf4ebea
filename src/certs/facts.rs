//! What a certificate says about itself, beyond its names and dates (RFC 5280, section 4).

use std::net::{Ipv4Addr, Ipv6Addr};

use x509_parser::der_parser::Oid;
use x509_parser::extensions::{GeneralName, ParsedExtension, X509Extension};
use x509_parser::prelude::X509Certificate;

use super::key::Key;
use super::shown::{hex, printable};

/// `id-ad-caIssuers` (RFC 5280, 4.2.2.1).
const CA_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";

/// The parts of a certificate that decide who accepts it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// X.509 version: 1, 2 or 3.
    pub version: u32,
    /// Serial number as hex pairs with colons, without the zero byte that only makes it positive; with a minus sign before a
    /// negative one.
    pub serial: String,
    /// The public key.
    pub key: Key,
    /// The algorithm its issuer signed it with, such as `SHA256-RSA`; its OID in dots where it has no common name.
    pub signature: String,
    /// Subject alternative names: `DNS:…`, `IP:…`, `email:…`, `URI:…` (4.2.1.6).
    pub names: Vec<String>,
    /// Whether the alternative names are marked critical.
    pub names_critical: bool,
    /// Basic constraints, where the extension is there (4.2.1.9).
    pub basic_constraints: Option<BasicConstraints>,
    /// Key usages by their RFC names, where the extension is there (4.2.1.3).
    pub key_usage: Option<Vec<&'static str>>,
    /// Extended key usages by name or OID; empty means any (4.2.1.12).
    pub extended_key_usage: Vec<String>,
    /// Name constraints, where the extension is there (4.2.1.10).
    pub name_constraints: Option<NameConstraints>,
    /// Subject Key Identifier as hex pairs with colons (4.2.1.2).
    pub subject_key_id: Option<String>,
    /// Authority Key Identifier as hex pairs with colons; empty where it names its issuer in another way (4.2.1.1).
    pub authority_key_id: Option<String>,
    /// The serial number of its issuer's certificate, in the form of [`Self::serial`], where it names that (4.2.1.1).
    pub authority_serial: Option<String>,
    /// Where its issuer's certificate can be fetched: `caIssuers` of the Authority Information Access (4.2.2.1).
    pub issuer_urls: Vec<String>,
    /// Extensions that could not be read, by OID.
    pub unreadable: Vec<String>,
}

/// Who may be issued to (RFC 5280, 4.2.1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether this may issue certificates at all.
    pub ca: bool,
    /// How many intermediates may follow it.
    pub path_length: Option<u32>,
    /// Whether the extension is marked critical, as the RFC wants it for a CA.
    pub critical: bool,
}

/// Which names a CA may issue for (RFC 5280, 4.2.1.10).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NameConstraints {
    /// Names must be under one of these, for each kind that is listed.
    pub permitted: Vec<String>,
    /// Names must not be under any of these.
    pub excluded: Vec<String>,
}

impl Facts {
    pub(super) fn of(parsed: &X509Certificate<'_>) -> Self {
        let mut facts = Self {
            version: parsed.version().0 + 1,
            serial: serial(parsed.raw_serial()),
            key: Key::of(parsed.public_key()),
            signature: super::key::signature_name(&parsed.signature_algorithm),
            ..Self::default()
        };
        for extension in parsed.extensions() {
            facts.read(extension);
        }
        facts
    }

    fn read(&mut self, extension: &X509Extension<'_>) {
        match extension.parsed_extension() {
            ParsedExtension::BasicConstraints(constraints) => {
                self.basic_constraints = Some(BasicConstraints {
                    ca: constraints.ca,
                    path_length: constraints.path_len_constraint,
                    critical: extension.critical,
                });
            }
            ParsedExtension::KeyUsage(usage) => self.key_usage = Some(key_usages(usage.flags)),
            ParsedExtension::ExtendedKeyUsage(usage) => {
                let known = [
                    (usage.any, "anyExtendedKeyUsage"),
                    (usage.server_auth, "serverAuth"),
                    (usage.client_auth, "clientAuth"),
                    (usage.code_signing, "codeSigning"),
                    (usage.email_protection, "emailProtection"),
                    (usage.time_stamping, "timeStamping"),
                    (usage.ocsp_signing, "OCSPSigning"),
                ];
                self.extended_key_usage = known
                    .iter()
                    .filter(|(set, _)| *set)
                    .map(|(_, name)| (*name).to_owned())
                    .chain(usage.other.iter().map(Oid::to_id_string))
                    .collect();
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                self.names = names.general_names.iter().map(general_name).collect();
                self.names_critical = extension.critical;
            }
            ParsedExtension::NameConstraints(constraints) => {
                let subtrees = |trees: &Option<Vec<_>>| {
                    trees
                        .iter()
                        .flatten()
                        .map(|tree: &x509_parser::extensions::GeneralSubtree<'_>| {
                            general_name(&tree.base)
                        })
                        .collect()
                };
                self.name_constraints = Some(NameConstraints {
                    permitted: subtrees(&constraints.permitted_subtrees),
                    excluded: subtrees(&constraints.excluded_subtrees),
                });
            }
            ParsedExtension::SubjectKeyIdentifier(id) => self.subject_key_id = Some(hex(id.0)),
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                self.authority_serial = id.authority_cert_serial.map(serial);
                let id = id.key_identifier.as_ref().map(|id| hex(id.0));
                self.authority_key_id = Some(id.unwrap_or_default());
            }
            ParsedExtension::AuthorityInfoAccess(access) => {
                let issuers = access
                    .accessdescs
                    .iter()
                    .filter(|one| one.access_method.to_id_string() == CA_ISSUERS);
                self.issuer_urls = issuers
                    .filter_map(|one| match one.access_location {
                        GeneralName::URI(url) => Some(printable(url)),
                        _ => None,
                    })
                    .collect();
            }
            ParsedExtension::ParseError { .. } => {
                self.unreadable.push(extension.oid.to_id_string());
            }
            _ => {}
        }
    }

    /// Whether the key may sign certificates: by `keyCertSign`, or since nothing restricts it.
    #[must_use]
    pub fn may_sign_certificates(&self) -> bool {
        self.key_usage
            .as_ref()
            .is_none_or(|usages| usages.contains(&"keyCertSign"))
    }

    /// Whether it names a host: the mark of a server's own certificate.
    #[must_use]
    pub fn names_hosts(&self) -> bool {
        self.names
            .iter()
            .any(|name| name.starts_with("DNS:") || name.starts_with("IP:"))
    }
}

/// Without the zero byte that only makes it positive; one that is not has a minus sign, as no CA should issue it (4.1.2.2).
fn serial(bytes: &[u8]) -> String {
    match bytes {
        [0, rest @ ..] if !rest.is_empty() => hex(rest),
        [first, ..] if *first >= 0x80 => {
            // The two's complement of it.
            let mut carry = true;
            let mut magnitude: Vec<u8> = bytes.iter().map(|byte| !byte).collect();
            for byte in magnitude.iter_mut().rev() {
                (*byte, carry) = byte.overflowing_add(u8::from(carry));
            }
            format!("-{}", hex(&magnitude))
        }
        all => hex(all),
    }
}

/// The RFC's names of the bits, from bit 0 (`digitalSignature`) on.
fn key_usages(flags: u16) -> Vec<&'static str> {
    [
        "digitalSignature",
        "nonRepudiation",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
        "decipherOnly",
    ]
    .into_iter()
    .enumerate()
    .filter(|(bit, _)| flags >> bit & 1 == 1)
    .map(|(_, name)| name)
    .collect()
}

fn general_name(name: &GeneralName<'_>) -> String {
    let shown = match name {
        GeneralName::DNSName(name) => format!("DNS:{name}"),
        GeneralName::IPAddress(bytes) => format!("IP:{}", address(bytes)),
        GeneralName::RFC822Name(name) => format!("email:{name}"),
        GeneralName::URI(uri) => format!("URI:{uri}"),
        GeneralName::DirectoryName(name) => format!("directory:{name}"),
        GeneralName::RegisteredID(oid) => format!("OID:{}", oid.to_id_string()),
        GeneralName::OtherName(oid, _) => format!("other:{}", oid.to_id_string()),
        _ => "unreadable".to_owned(),
    };
    printable(&shown)
}

/// An address, or with twice the bytes, an address and its mask (4.2.1.10).
fn address(bytes: &[u8]) -> String {
    let one = |bytes: &[u8]| {
        <[u8; 4]>::try_from(bytes)
            .map(|v4| Ipv4Addr::from(v4).to_string())
            .or_else(|_| <[u8; 16]>::try_from(bytes).map(|v6| Ipv6Addr::from(v6).to_string()))
            .ok()
    };
    let masked = || {
        let (address, mask) = bytes.split_at_checked(bytes.len() / 2)?;
        Some(format!("{}/{}", one(address)?, one(mask)?))
    };
    let shown = match bytes.len() {
        8 | 32 => masked(),
        _ => one(bytes),
    };
    shown.unwrap_or_else(|| "unreadable".to_owned())
}
