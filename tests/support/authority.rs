//! Certificates with any defect one can think of, made with OpenSSL.

use std::net::IpAddr;

use openssl::asn1::{Asn1Time, Asn1Type};
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{Asn1Flag, EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Rsa;
use openssl::x509::{X509, X509Builder, X509Extension, X509Name};

use super::der::{self, element};

pub const BASIC_CONSTRAINTS: &str = "2.5.29.19";
pub const KEY_USAGE: &str = "2.5.29.15";
pub const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
pub const ALTERNATIVE_NAMES: &str = "2.5.29.17";
pub const NAME_CONSTRAINTS: &str = "2.5.29.30";

/// A certificate to be, a well-formed CA until a defect is chosen.
#[derive(Clone)]
pub struct Recipe {
    name: Option<String>,
    name_type: Asn1Type,
    spelt_by_issued: Option<String>,
    key: PKey<Private>,
    extensions: Vec<(&'static str, bool, String)>,
    subject_id: Option<Critical>,
    authority_id: Option<Names>,
    digest: MessageDigest,
    pss: bool,
    serial: Option<Vec<u8>>,
    /// Days from now.
    validity: (i64, i64),
    version: i32,
}

#[derive(Clone, Copy)]
struct Critical(bool);

/// What an authority key identifier names.
#[derive(Clone, Copy, PartialEq)]
enum Names {
    Key,
    KeyAndSerial,
}

/// A certificate with its key.
#[derive(Clone)]
pub struct Issued {
    pub x509: X509,
    pub key: PKey<Private>,
    /// How what it issues spells its name, where not as itself.
    spelt: Option<String>,
}

impl Issued {
    pub fn pem(&self) -> String {
        String::from_utf8(self.x509.to_pem().unwrap()).unwrap()
    }

    pub fn key_pem(&self) -> String {
        String::from_utf8(self.key.private_key_to_pem_pkcs8().unwrap()).unwrap()
    }
}

pub fn ec_key() -> PKey<Private> {
    ec_key_on(Nid::X9_62_PRIME256V1)
}

pub fn ec_key_on(curve: Nid) -> PKey<Private> {
    let group = EcGroup::from_curve_name(curve).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

/// A key that gives the parameters of its curve instead of the name.
pub fn spelt_out_key(curve: Nid) -> PKey<Private> {
    let mut group = EcGroup::from_curve_name(curve).unwrap();
    group.set_asn1_flag(Asn1Flag::EXPLICIT_CURVE);
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

pub fn rsa_key(bits: u32) -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap()
}

/// An RSA key that says of itself that it signs with PSS alone.
pub fn rsa_pss_key(bits: u32) -> PKey<Private> {
    let mut context = PkeyCtx::new_id(Id::RSA_PSS).unwrap();
    context.keygen_init().unwrap();
    context.set_rsa_keygen_bits(bits).unwrap();
    context.keygen().unwrap()
}

/// A name of an alternative name or of a name constraint (RFC 5280, 4.2.1.6).
#[derive(Debug, Clone)]
pub enum Name {
    Dns(&'static str),
    Email(&'static str),
    Uri(&'static str),
    Address(IpAddr),
    /// Address and mask, of a constraint.
    Network([u8; 8]),
    /// A directory name of one common name.
    Directory(&'static str),
}

impl Name {
    fn der(&self) -> Vec<u8> {
        match self {
            Self::Email(text) => element(0x81, text.as_bytes()),
            Self::Dns(text) => element(0x82, text.as_bytes()),
            Self::Directory(name) => element(0xA4, &common_name(name).to_der().unwrap()),
            Self::Uri(text) => element(0x86, text.as_bytes()),
            Self::Address(IpAddr::V4(address)) => element(0x87, &address.octets()),
            Self::Address(IpAddr::V6(address)) => element(0x87, &address.octets()),
            Self::Network(bytes) => element(0x87, bytes),
        }
    }
}

/// A CA that every client takes.
pub fn authority(name: &str) -> Recipe {
    Recipe {
        name: Some(name.to_owned()),
        name_type: Asn1Type::UTF8STRING,
        spelt_by_issued: None,
        key: ec_key(),
        extensions: vec![
            (BASIC_CONSTRAINTS, true, "30030101FF".to_owned()), // CA:TRUE
            (KEY_USAGE, true, "03020106".to_owned()),           // keyCertSign, cRLSign
        ],
        subject_id: Some(Critical(false)),
        authority_id: Some(Names::Key),
        digest: MessageDigest::sha256(),
        pss: false,
        serial: None,
        validity: (-10, 3650),
        version: 2,
    }
}

/// A server certificate for `localhost` and 127.0.0.1 that every client takes.
pub fn server(name: &str) -> Recipe {
    let mut recipe = authority(name);
    recipe.extensions = vec![
        (BASIC_CONSTRAINTS, true, "3000".to_owned()),
        (KEY_USAGE, true, "03020780".to_owned()), // digitalSignature
        (
            EXTENDED_KEY_USAGE,
            false,
            "300A06082B06010505070301".to_owned(), // serverAuth
        ),
    ];
    recipe.validity = (-10, 300);
    recipe.names(&[Name::Dns("localhost"), Name::Address([127, 0, 0, 1].into())])
}

impl Recipe {
    pub fn key(mut self, key: PKey<Private>) -> Self {
        self.key = key;
        self
    }

    pub fn digest(mut self, digest: MessageDigest) -> Self {
        self.digest = digest;
        self
    }

    /// Signed by its issuer's RSA key with RSASSA-PSS and SHA-256.
    pub fn pss(mut self) -> Self {
        self.pss = true;
        self
    }

    pub fn days(mut self, from: i64, to: i64) -> Self {
        self.validity = (from, to);
        self
    }

    /// The serial number, as the bytes of its INTEGER.
    pub fn serial(mut self, bytes: &[u8]) -> Self {
        self.serial = Some(bytes.to_vec());
        self
    }

    pub fn called(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// The same in another kind of string.
    pub fn called_as(self, name: &str, kind: Asn1Type) -> Self {
        Self {
            name_type: kind,
            ..self.called(name)
        }
    }

    pub fn nameless(mut self) -> Self {
        self.name = None;
        self
    }

    /// What it issues writes its name so.
    pub fn spelt_by_what_it_issues(mut self, name: &str) -> Self {
        self.spelt_by_issued = Some(name.to_owned());
        self
    }

    pub fn version_1(mut self) -> Self {
        self.version = 0;
        self.extensions.clear();
        self.without_ids()
    }

    pub fn without_ids(mut self) -> Self {
        self.subject_id = None;
        self.authority_id = None;
        self
    }

    pub fn without_subject_id(mut self) -> Self {
        self.subject_id = None;
        self
    }

    pub fn subject_id_critical(mut self) -> Self {
        self.subject_id = Some(Critical(true));
        self
    }

    /// Its authority key identifier has the name and serial number of its issuer's certificate too.
    pub fn names_issuer_by_serial(mut self) -> Self {
        self.authority_id = Some(Names::KeyAndSerial);
        self
    }

    pub fn without_authority_id(mut self) -> Self {
        self.authority_id = None;
        self
    }

    /// Drops the extension of this OID.
    pub fn without(mut self, oid: &str) -> Self {
        self.extensions.retain(|(one, ..)| *one != oid);
        self
    }

    /// Sets the extension of this OID to these DER bytes in hex.
    pub fn with(mut self, oid: &'static str, critical: bool, hex: &str) -> Self {
        self = self.without(oid);
        self.extensions.push((oid, critical, hex.to_owned()));
        self
    }

    /// Sets the alternative names.
    pub fn names(self, names: &[Name]) -> Self {
        let names: Vec<u8> = names.iter().flat_map(Name::der).collect();
        self.with(ALTERNATIVE_NAMES, false, &der::hex(&element(0x30, &names)))
    }

    /// Sets critical name constraints.
    pub fn constrained(self, permitted: &[Name], excluded: &[Name]) -> Self {
        let subtrees = |tag: u8, names: &[Name]| {
            let trees: Vec<u8> = names
                .iter()
                .flat_map(|name| element(0x30, &name.der()))
                .collect();
            match trees.as_slice() {
                [] => Vec::new(),
                trees => element(tag, trees),
            }
        };
        let both = [subtrees(0xA0, permitted), subtrees(0xA1, excluded)].concat();
        self.with(NAME_CONSTRAINTS, true, &der::hex(&element(0x30, &both)))
    }

    pub fn self_signed(&self) -> Issued {
        self.build(None)
    }

    pub fn issued_by(&self, issuer: &Issued) -> Issued {
        self.build(Some(issuer))
    }

    fn build(&self, issuer: Option<&Issued>) -> Issued {
        let name = match &self.name {
            Some(name) => common_name_as(name, self.name_type),
            None => X509Name::builder().unwrap().build(),
        };
        let spelt = issuer.and_then(|issuer| issuer.spelt.as_deref());
        let spelt = spelt.map(common_name);
        let issuer_name = match (&spelt, issuer) {
            (Some(spelt), _) => spelt,
            (None, Some(issuer)) => issuer.x509.subject_name(),
            (None, None) => &name,
        };
        let mut builder = X509Builder::new().unwrap();
        builder.set_version(self.version).unwrap();
        let mut serial = BigNum::new().unwrap();
        serial.rand(120, MsbOption::ONE, false).unwrap();
        builder
            .set_serial_number(&serial.to_asn1_integer().unwrap())
            .unwrap();
        builder.set_subject_name(&name).unwrap();
        builder.set_issuer_name(issuer_name).unwrap();
        builder.set_pubkey(&self.key).unwrap();
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let at =
            |days: i64| Asn1Time::from_unix(i64::try_from(now).unwrap() + days * 86_400).unwrap();
        builder.set_not_before(&at(self.validity.0)).unwrap();
        builder.set_not_after(&at(self.validity.1)).unwrap();
        for (oid, critical, hex) in &self.extensions {
            builder
                .append_extension(extension(oid, *critical, hex))
                .unwrap();
        }
        if let Some(Critical(critical)) = self.subject_id {
            let id = key_id(&self.key);
            builder
                .append_extension(extension("2.5.29.14", critical, &format!("0414{id}")))
                .unwrap();
        }
        if let Some(names) = self.authority_id {
            let id = key_id(issuer.map_or(&self.key, |issuer| &issuer.key));
            let mut fields = element(0x80, &der::bytes(&id));
            if let (true, Some(issuer)) = (names == Names::KeyAndSerial, issuer) {
                let name = issuer.x509.issuer_name().to_der().unwrap();
                let serial = issuer.x509.serial_number().to_bn().unwrap().to_vec();
                let positive = serial.first().is_some_and(|first| *first < 0x80);
                let sign: &[u8] = if positive { &[] } else { &[0] };
                fields.extend(element(0xA1, &element(0xA4, &name)));
                fields.extend(element(0x82, &[sign, &serial].concat()));
            }
            let value = der::hex(&element(0x30, &fields));
            builder
                .append_extension(extension("2.5.29.35", false, &value))
                .unwrap();
        }
        let signer = issuer.map_or(&self.key, |issuer| &issuer.key);
        let digest = match signer.id() {
            Id::ED25519 | Id::ED448 => MessageDigest::null(),
            // ECDSA and PSS do not know it.
            Id::EC | Id::RSA_PSS if self.digest.type_() == Nid::MD5 => MessageDigest::sha1(),
            Id::RSA_PSS if self.digest.type_() == Nid::SHA3_256 => MessageDigest::sha256(),
            Id::RSA if self.pss && self.digest.type_() == Nid::SHA3_256 => MessageDigest::sha256(),
            _ => self.digest,
        };
        builder.sign(signer, digest).unwrap();
        let mut x509 = builder.build();
        if self.serial.is_some() || self.pss && signer.id() == Id::RSA {
            let signed = x509.to_der().unwrap();
            let algorithm = self.pss && signer.id() == Id::RSA;
            let made = der::signed_anew(&signed, self.serial.as_deref(), algorithm, signer, digest);
            x509 = X509::from_der(&made).unwrap();
        }
        Issued {
            x509,
            key: self.key.clone(),
            spelt: self.spelt_by_issued.clone(),
        }
    }
}

fn common_name(name: &str) -> X509Name {
    common_name_as(name, Asn1Type::UTF8STRING)
}

/// OpenSSL is given the bytes as the kind of string has them.
fn common_name_as(name: &str, kind: Asn1Type) -> X509Name {
    let units = |size: usize| -> Vec<u8> {
        let unit = |c: char| u32::from(c).to_be_bytes()[4 - size..].to_vec();
        name.chars().flat_map(unit).collect()
    };
    let bytes = match kind {
        Asn1Type::T61STRING => units(1),
        Asn1Type::BMPSTRING => units(2),
        Asn1Type::UNIVERSALSTRING => units(4),
        _ => name.as_bytes().to_vec(),
    };
    let value = [
        vec![0x06, 0x03, 0x55, 0x04, 0x03],
        element(u8::try_from(kind.as_raw()).unwrap(), &bytes),
    ];
    let der = element(0x30, &element(0x31, &element(0x30, &value.concat())));
    X509Name::from_der(&der).unwrap()
}

fn key_id(key: &PKey<Private>) -> String {
    der::hex(&openssl::sha::sha1(&key.public_key_to_der().unwrap()))
}

fn extension(oid: &str, critical: bool, hex: &str) -> X509Extension {
    let bytes: Vec<u8> = (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect();
    let oid = openssl::asn1::Asn1Object::from_str(oid).unwrap();
    let value = openssl::asn1::Asn1OctetString::new_from_bytes(&bytes).unwrap();
    X509Extension::new_from_der(&oid, critical, &value).unwrap()
}
