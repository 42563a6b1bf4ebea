//! A server certificate that a CA might have issued: well-formed in every respect but its signature.
//!
//! Nobody here has the CA's key, so the signature is made with another key of the same kind. OpenSSL and webpki look at
//! signatures after nearly everything else; a complaint about the signature alone means that the rest passes.

use std::cell::{OnceCell, RefCell};

use openssl::asn1::{Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{
    BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName,
};
use openssl::x509::{X509, X509Builder, X509Extension, X509NameRef};
use time::OffsetDateTime;

use crate::certs::{Certificate, Fingerprint};

/// How long a specimen is valid, in seconds, on both sides of the moment of the question.
const VALIDITY: i64 = 3_600;

/// Makes specimens; its keys are made when first needed, and never leave the process.
#[derive(Default)]
pub struct Specimens {
    server: OnceCell<Option<PKey<Private>>>,
    signers: [OnceCell<Option<PKey<Private>>>; 4],
    /// The last one made, for the clients that are asked about the same CA one after another.
    last: RefCell<Option<(Fingerprint, OffsetDateTime, Vec<u8>)>>,
}

impl Specimens {
    /// A specimen issued by `ca` at the moment `now`, in DER; `None` where the CA's key is of an uncommon kind.
    pub(super) fn issued_by(&self, ca: &Certificate, now: OffsetDateTime) -> Option<Vec<u8>> {
        if let Some((of, at, specimen)) = self.last.borrow().as_ref()
            && (*of, *at) == (ca.fingerprint, now)
        {
            return Some(specimen.clone());
        }
        let specimen = self.make(ca, now)?;
        *self.last.borrow_mut() = Some((ca.fingerprint, now, specimen.clone()));
        Some(specimen)
    }

    fn make(&self, ca: &Certificate, now: OffsetDateTime) -> Option<Vec<u8>> {
        let issuer = X509::from_der(ca.der()).ok()?;
        let kind = issuer.public_key().ok()?.id();
        let signer = self.signer(kind)?;
        let server = self.server.get_or_init(|| ec_key().ok()).as_ref()?;
        build(ca, issuer.subject_name(), server, signer, &host(ca), now).ok()
    }

    fn signer(&self, kind: Id) -> Option<&PKey<Private>> {
        let slot = match kind {
            Id::RSA => 0,
            Id::EC => 1,
            Id::ED25519 => 2,
            Id::ED448 => 3,
            _ => return None,
        };
        let make = || match kind {
            Id::RSA => PKey::from_rsa(Rsa::generate(2048)?),
            Id::EC => ec_key(),
            Id::ED25519 => PKey::generate_ed25519(),
            _ => PKey::generate_ed448(),
        };
        self.signers.get(slot)?.get_or_init(|| make().ok()).as_ref()
    }
}

/// A host name that the CA may issue for. (OpenSSL looks at name constraints after signatures, so it would not tell.)
fn host(ca: &Certificate) -> String {
    let permitted = ca.facts.name_constraints.as_ref().and_then(|constraints| {
        constraints
            .permitted
            .iter()
            .find_map(|name| name.strip_prefix("DNS:"))
    });
    permitted.map_or_else(
        || "clearml.example".to_owned(),
        |domain| format!("clearml.{}", domain.trim_start_matches('.')),
    )
}

fn ec_key() -> Result<PKey<Private>, ErrorStack> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    PKey::from_ec_key(EcKey::generate(&group)?)
}

fn build(
    ca: &Certificate,
    issuer: &X509NameRef,
    server: &PKey<Private>,
    signer: &PKey<Private>,
    host: &str,
    now: OffsetDateTime,
) -> Result<Vec<u8>, ErrorStack> {
    let mut subject = openssl::x509::X509Name::builder()?;
    subject.append_entry_by_nid(Nid::COMMONNAME, "specimen")?;
    let mut serial = BigNum::new()?;
    serial.rand(120, MsbOption::ONE, false)?;
    let mut builder = X509Builder::new()?;
    builder.set_version(2)?;
    builder.set_serial_number(serial.to_asn1_integer()?.as_ref())?;
    builder.set_subject_name(subject.build().as_ref())?;
    builder.set_issuer_name(issuer)?;
    builder.set_pubkey(server)?;
    let moment = now.unix_timestamp();
    builder.set_not_before(Asn1Time::from_unix(moment - VALIDITY)?.as_ref())?;
    builder.set_not_after(Asn1Time::from_unix(moment + VALIDITY)?.as_ref())?;
    builder.append_extension(BasicConstraints::new().critical().build()?)?;
    builder.append_extension(KeyUsage::new().critical().digital_signature().build()?)?;
    builder.append_extension(ExtendedKeyUsage::new().server_auth().build()?)?;
    let names = {
        let context = builder.x509v3_context(None, None);
        SubjectAlternativeName::new().dns(host).build(&context)?
    };
    builder.append_extension(names)?;
    // What a CA does: its own Subject Key Identifier becomes the Authority Key Identifier of what it issues. Where it has
    // none, the CA's software makes one up from the key; any value serves, since there is nothing to compare it with.
    let identifier = ca
        .facts
        .subject_key_id
        .as_deref()
        .and_then(bytes)
        .unwrap_or_else(|| vec![0; 20]);
    builder.append_extension(authority_key_id(&identifier)?)?;
    builder.append_extension(subject_key_id(server)?)?;
    let digest = match signer.id() {
        Id::ED25519 | Id::ED448 => MessageDigest::null(),
        _ => MessageDigest::sha256(),
    };
    builder.sign(signer, digest)?;
    builder.build().to_der()
}

/// `30 LL 80 LL id`: a sequence of the key identifier alone (RFC 5280, 4.2.1.1).
fn authority_key_id(id: &[u8]) -> Result<X509Extension, ErrorStack> {
    extension("2.5.29.35", &element(0x30, &element(0x80, id)))
}

fn subject_key_id(key: &PKey<Private>) -> Result<X509Extension, ErrorStack> {
    let id = openssl::sha::sha1(&key.public_key_to_der()?);
    extension("2.5.29.14", &element(0x04, &id))
}

fn extension(oid: &str, der: &[u8]) -> Result<X509Extension, ErrorStack> {
    let oid = Asn1Object::from_str(oid)?;
    let value = Asn1OctetString::new_from_bytes(der)?;
    X509Extension::new_from_der(&oid, false, &value)
}

/// A DER element; key identifiers are far below the 64 KiB that two length bytes hold.
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
