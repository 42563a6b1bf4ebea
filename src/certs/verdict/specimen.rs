//! A server certificate that a CA might have issued: well-formed in every respect but its signature.
//!
//! Nobody here has the CA's key, so there is no signature where it should be. OpenSSL and webpki look at signatures after
//! nearly everything else; a complaint about the signature alone means that the rest passes.

use std::net::IpAddr;
use std::sync::LazyLock;

use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey};
use openssl::sha::sha1;
use openssl::x509::X509Ref;
use time::OffsetDateTime;
use time::macros::format_description;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::certs::Certificate;

/// How long a specimen is valid, on both sides of the moment of the question.
const VALIDITY: time::Duration = time::Duration::hours(1);

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const UTF8_STRING: u8 = 0x0C;
const GENERALIZED_TIME: u8 = 0x18;

/// Encoded signature algorithms, each with its parameters (RFC 4055, 5758).
const SHA256_RSA: &[u8] = b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0B\x05\x00";
const SHA256_ECDSA: &[u8] = b"\x06\x08\x2A\x86\x48\xCE\x3D\x04\x03\x02";
const SHA256_DSA: &[u8] = b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03\x02";
/// RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes.
const SHA256_RSA_PSS: &[u8] = b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0A\x30\x34\xA0\x0F\x30\x0D\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\xA1\x1C\x30\x1A\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x08\x30\x0D\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\xA2\x03\x02\x01\x20";

/// The server's public key on P-256, in DER. What it belongs to is forgotten at once.
static SERVER_KEY: LazyLock<Result<Vec<u8>, ErrorStack>> = LazyLock::new(|| {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    PKey::from_ec_key(EcKey::generate(&group)?)?.public_key_to_der()
});

/// A specimen issued by `ca` at the moment `now`, in DER; `None` where there are no random numbers.
pub(super) fn issued_by(ca: &Certificate, now: OffsetDateTime) -> Option<Vec<u8>> {
    let (_, issuer) = X509Certificate::from_der(ca.der()).ok()?;
    let server_key = SERVER_KEY.as_ref().ok()?;
    let algorithm = element(SEQUENCE, signature_algorithm(ca.x509(), &issuer));
    let validity = [now - VALIDITY, now + VALIDITY]
        .iter()
        .filter_map(moment)
        .collect::<Vec<_>>()
        .concat();
    let certificate = [
        element(0xA0, &element(INTEGER, b"\x02")),
        element(INTEGER, &[0x5A; 15]),
        algorithm.clone(),
        issuer.subject().as_raw().to_vec(),
        element(SEQUENCE, &validity),
        organization("specimen"),
        server_key.clone(),
        element(0xA3, &element(SEQUENCE, &extensions(ca, server_key))),
    ];
    let signed = [
        element(SEQUENCE, &certificate.concat()),
        algorithm,
        element(BIT_STRING, &[0; 65]),
    ];
    Some(element(SEQUENCE, &signed.concat()))
}

/// What a CA with such a key signs by; a key that serves one algorithm alone (Ed25519, ML-DSA) has its name.
fn signature_algorithm<'a>(ca: &X509Ref, parsed: &'a X509Certificate<'_>) -> &'a [u8] {
    let kind = ca.public_key().map(|key| key.id());
    match kind {
        Ok(Id::RSA) => SHA256_RSA,
        Ok(Id::RSA_PSS) => SHA256_RSA_PSS,
        Ok(Id::EC) => SHA256_ECDSA,
        Ok(Id::DSA) => SHA256_DSA,
        _ => own_algorithm(parsed),
    }
}

/// The content of the algorithm identifier that the key's own encoding begins with.
fn own_algorithm<'a>(parsed: &'a X509Certificate<'_>) -> &'a [u8] {
    let contents = |der: &'a [u8]| {
        let (_, any) = x509_parser::der_parser::asn1_rs::Any::from_der(der).ok()?;
        Some(any.data)
    };
    contents(parsed.public_key().raw)
        .and_then(contents)
        .unwrap_or_default()
}

fn moment(moment: &OffsetDateTime) -> Option<Vec<u8>> {
    let format = format_description!("[year][month][day][hour][minute][second]Z");
    let text = moment.format(format).ok()?;
    Some(element(GENERALIZED_TIME, text.as_bytes()))
}

/// A subject without a common name, which GnuTLS takes for a host's where there is no other.
fn organization(name: &str) -> Vec<u8> {
    let attribute = [
        b"\x06\x03\x55\x04\x0A".to_vec(),
        element(UTF8_STRING, name.as_bytes()),
    ];
    let attribute = element(SEQUENCE, &attribute.concat());
    element(SEQUENCE, &element(SET, &attribute))
}

/// Those of a server's certificate as CAs make it (RFC 5280, 4.2.1).
fn extensions(ca: &Certificate, server_key: &[u8]) -> Vec<u8> {
    // What a CA does: its own Subject Key Identifier becomes the Authority Key Identifier of what it issues. Where it has
    // none, the CA's software makes one up from the key; any value serves, since there is nothing to compare it with.
    let identifier = ca.facts.subject_key_id.as_deref().and_then(bytes);
    let identifier = identifier.unwrap_or_else(|| vec![0; 20]);
    let server_auth = b"\x06\x08\x2B\x06\x01\x05\x05\x07\x03\x01";
    [
        extension(19, true, &element(SEQUENCE, b"")),
        // digitalSignature, the first of eight bits
        extension(15, true, &element(BIT_STRING, b"\x07\x80")),
        extension(37, false, &element(SEQUENCE, server_auth)),
        extension(17, false, &element(SEQUENCE, &name(ca))),
        extension(35, false, &element(SEQUENCE, &element(0x80, &identifier))),
        extension(14, false, &element(OCTET_STRING, &sha1(server_key))),
    ]
    .concat()
}

/// Domains of which a CA may exclude some (RFC 2606, RFC 9476).
const DOMAINS: [&str; 3] = ["example", "internal", "test"];

/// An alternative name that the CA may issue for, encoded: a host's, or an address where it excludes all hosts. (OpenSSL looks
/// at name constraints after signatures, so it would not tell; GnuTLS does.)
fn name(ca: &Certificate) -> Vec<u8> {
    let constraints = ca.facts.name_constraints.clone().unwrap_or_default();
    let dns = |name: &String| {
        name.strip_prefix("DNS:")
            .map(|one| one.trim_start_matches('.').to_ascii_lowercase())
    };
    let excluded: Vec<String> = constraints.excluded.iter().filter_map(dns).collect();
    let is_free = |domain: &String| {
        let host = format!(".clearml.{domain}");
        !excluded
            .iter()
            .any(|one| one.is_empty() || host.ends_with(&format!(".{one}")))
    };
    let permitted: Vec<String> = constraints.permitted.iter().filter_map(dns).collect();
    let domains = if permitted.is_empty() {
        DOMAINS.map(str::to_owned).to_vec()
    } else {
        permitted
    };
    match domains.into_iter().find(is_free) {
        Some(domain) => element(
            0x82,
            format!("clearml.{domain}").trim_end_matches('.').as_bytes(),
        ),
        None => element(0x87, &address(&constraints.permitted)),
    }
}

/// The first address of a permitted network, else one of documentation's (RFC 5737).
fn address(permitted: &[String]) -> Vec<u8> {
    let networks = permitted
        .iter()
        .filter_map(|name| name.strip_prefix("IP:")?.split('/').next());
    let mut addresses = networks.filter_map(|address| address.parse().ok());
    match addresses.next() {
        Some(IpAddr::V4(v4)) => v4.octets().to_vec(),
        Some(IpAddr::V6(v6)) => v6.octets().to_vec(),
        None => vec![192, 0, 2, 1],
    }
}

/// `2.5.29.NUMBER`, with what it holds.
fn extension(number: u8, critical: bool, value: &[u8]) -> Vec<u8> {
    let parts = [
        vec![0x06, 0x03, 0x55, 0x1D, number],
        if critical {
            vec![0x01, 0x01, 0xFF]
        } else {
            Vec::new()
        },
        element(OCTET_STRING, value),
    ];
    element(SEQUENCE, &parts.concat())
}

/// An element of DER; those here are far below the 64 KiB that two length bytes hold.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len())
        .unwrap_or(u16::MAX)
        .to_be_bytes();
    let header = match length {
        [0, short] if short < 0x80 => vec![tag, short],
        [0, byte] => vec![tag, 0x81, byte],
        [high, low] => vec![tag, 0x82, high, low],
    };
    [header.as_slice(), content].concat()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    hex.split(':')
        .map(|pair| u8::from_str_radix(pair, 16).ok())
        .collect()
}
