//! Certificates with any defect one can think of, made with OpenSSL.

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::{X509, X509Builder, X509Extension, X509Name};

/// A certificate to be, a well-formed CA until a defect is chosen.
#[derive(Clone)]
pub struct Recipe {
    name: Option<String>,
    key: PKey<Private>,
    extensions: Vec<(&'static str, bool, String)>,
    subject_id: bool,
    authority_id: bool,
    digest: MessageDigest,
    /// Days from now.
    validity: (i64, i64),
    version: i32,
}

/// A certificate with its key.
#[derive(Clone)]
pub struct Issued {
    pub x509: X509,
    pub key: PKey<Private>,
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
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

pub fn rsa_key(bits: u32) -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap()
}

/// A CA that every client takes.
pub fn authority(name: &str) -> Recipe {
    Recipe {
        name: Some(name.to_owned()),
        key: ec_key(),
        extensions: vec![
            ("2.5.29.19", true, "30030101FF".to_owned()), // basicConstraints CA:TRUE
            ("2.5.29.15", true, "03020106".to_owned()),   // keyUsage keyCertSign, cRLSign
        ],
        subject_id: true,
        authority_id: true,
        digest: MessageDigest::sha256(),
        validity: (-10, 3650),
        version: 2,
    }
}

/// A server certificate for `localhost` and 127.0.0.1 that every client takes.
pub fn server(name: &str) -> Recipe {
    let mut recipe = authority(name);
    recipe.extensions = vec![
        ("2.5.29.19", true, "3000".to_owned()),
        ("2.5.29.15", true, "03020780".to_owned()), // digitalSignature
        ("2.5.29.37", false, "300A06082B06010505070301".to_owned()), // serverAuth
        (
            "2.5.29.17",
            false,
            "300F82096C6F63616C686F737487047F000001".replace("300F", "3011"),
        ),
    ];
    recipe.validity = (-10, 300);
    recipe
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

    pub fn days(mut self, from: i64, to: i64) -> Self {
        self.validity = (from, to);
        self
    }

    pub fn nameless(mut self) -> Self {
        self.name = None;
        self
    }

    pub fn version_1(mut self) -> Self {
        self.version = 0;
        self.extensions.clear();
        self.without_ids()
    }

    pub fn without_ids(mut self) -> Self {
        self.subject_id = false;
        self.authority_id = false;
        self
    }

    pub fn without_subject_id(mut self) -> Self {
        self.subject_id = false;
        self
    }

    pub fn without_authority_id(mut self) -> Self {
        self.authority_id = false;
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

    pub fn self_signed(&self) -> Issued {
        self.build(None)
    }

    pub fn issued_by(&self, issuer: &Issued) -> Issued {
        self.build(Some(issuer))
    }

    fn build(&self, issuer: Option<&Issued>) -> Issued {
        let mut name = X509Name::builder().unwrap();
        if let Some(common_name) = &self.name {
            name.append_entry_by_text("CN", common_name).unwrap();
        }
        let name = name.build();
        let mut builder = X509Builder::new().unwrap();
        builder.set_version(self.version).unwrap();
        let mut serial = BigNum::new().unwrap();
        serial
            .rand(120, openssl::bn::MsbOption::ONE, false)
            .unwrap();
        builder
            .set_serial_number(&serial.to_asn1_integer().unwrap())
            .unwrap();
        builder.set_subject_name(&name).unwrap();
        builder
            .set_issuer_name(issuer.map_or(&name, |issuer| issuer.x509.subject_name()))
            .unwrap();
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
        if self.subject_id {
            let id = key_id(&self.key);
            builder
                .append_extension(extension("2.5.29.14", false, &format!("0414{id}")))
                .unwrap();
        }
        if self.authority_id {
            let id = key_id(issuer.map_or(&self.key, |issuer| &issuer.key));
            builder
                .append_extension(extension("2.5.29.35", false, &format!("30168014{id}")))
                .unwrap();
        }
        let signer = issuer.map_or(&self.key, |issuer| &issuer.key);
        builder.sign(signer, self.digest).unwrap();
        Issued {
            x509: builder.build(),
            key: self.key.clone(),
        }
    }
}

fn key_id(key: &PKey<Private>) -> String {
    let digest = openssl::sha::sha1(&key.public_key_to_der().unwrap());
    digest
        .iter()
        .flat_map(|byte| format!("{byte:02X}").into_bytes())
        .map(char::from)
        .collect()
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
