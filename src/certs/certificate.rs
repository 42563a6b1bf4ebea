//! One X.509 certificate and the facts about it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::x509::{X509, X509Ref};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::facts::Facts;
use super::name;
use super::shown::hex;

/// SHA-256 over a certificate's DER bytes: what makes two certificates the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of DER bytes.
    #[must_use]
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    /// The first eight bytes, enough to recognise a certificate on a screen.
    #[must_use]
    pub fn short(&self) -> String {
        let full = self.to_string();
        full.get(..23).unwrap_or(&full).to_owned()
    }

    /// The first eight digits: what tells one certificate from a handful of others on a command line.
    #[must_use]
    pub fn prefix(&self) -> String {
        self.to_string().split(':').take(4).collect()
    }
}

impl std::str::FromStr for Fingerprint {
    type Err = String;

    /// Takes 64 hex digits, with or without colons.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits: String = text.chars().filter(|c| *c != ':').collect();
        let wrong = || {
            format!(
                "{text:?} is no SHA-256 fingerprint: 64 hex digits, as `openssl x509 -fingerprint -sha256` prints them"
            )
        };
        let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
        let bytes: Option<Vec<u8>> = pairs
            .iter()
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect();
        let bytes = bytes.filter(|_| rest.is_empty()).ok_or_else(wrong)?;
        bytes.try_into().map(Self).map_err(|_| wrong())
    }
}

impl fmt::Display for Fingerprint {
    /// Upper-case hex pairs with colons, as `openssl x509 -fingerprint` prints them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A certificate: its DER bytes and what they say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    x509: X509,
    /// SHA-256 over the DER bytes.
    pub fingerprint: Fingerprint,
    /// The subject as one line (`C=US, O=Acme, CN=Acme Root`), control characters replaced.
    pub subject: String,
    /// The issuer, in the same form.
    pub issuer: String,
    /// The first common name of the subject, if it has one.
    pub common_name: Option<String>,
    /// Valid from this moment.
    pub not_before: OffsetDateTime,
    /// Valid until and including this moment.
    pub not_after: OffsetDateTime,
    /// `basicConstraints` says CA (RFC 5280, 4.2.1.9), or it is a version 1 certificate that issued itself.
    pub is_ca: bool,
    /// Subject and issuer are the same name.
    pub self_issued: bool,
    /// What else it says.
    pub facts: Facts,
    /// The subject in a form that compares equal where RFC 5280, 7.1 says so: without regard to case, spaces and string type.
    pub(super) subject_key: String,
    /// The issuer, in the same form.
    pub(super) issuer_key: String,
    own_signature: Known,
}

/// An answer that is worked out when it is first asked for: verifying the signatures of 150 public roots takes 30 ms.
/// It follows from the bytes, so it makes no difference between two certificates.
#[derive(Debug, Clone, Default)]
struct Known(Arc<OnceLock<Option<bool>>>);

impl PartialEq for Known {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Known {}

/// What was read before, by its bytes. In one run a certificate is met in a file, among the values, in what is rendered, and in
/// every text that tells of it; reading it takes 60 µs.
static READ: LazyLock<Mutex<HashMap<Vec<u8>, Certificate>>> = LazyLock::new(Mutex::default);

/// So many are kept, with their bytes some 5 KiB each: several machines' public roots.
const KEPT: usize = 1000;

impl Certificate {
    /// Reads one certificate from DER bytes; once in a run.
    ///
    /// # Errors
    /// What the X.509 parser or OpenSSL could not make sense of, or that bytes follow the certificate.
    pub fn from_der(der: &[u8]) -> Result<Self, String> {
        let read = || READ.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = read().get(der) {
            return Ok(known.clone());
        }
        let certificate = Self::read(der)?;
        let mut read = read();
        if read.len() < KEPT {
            read.insert(der.to_vec(), certificate.clone());
        }
        Ok(certificate)
    }

    fn read(der: &[u8]) -> Result<Self, String> {
        let (rest, parsed) = X509Certificate::from_der(der).map_err(|e| e.to_string())?;
        if !rest.is_empty() {
            return Err(format!("{} bytes follow the certificate", rest.len()));
        }
        let self_issued = parsed.subject().as_raw() == parsed.issuer().as_raw();
        let basic_constraints = parsed
            .basic_constraints()
            .map_err(|e| format!("basicConstraints: {e}"))?;
        let version_1 = parsed.version() == x509_parser::x509::X509Version::V1;
        let subject = name::shown(parsed.subject());
        let issuer = name::shown(parsed.issuer());
        Ok(Self {
            fingerprint: Fingerprint::of(der),
            common_name: name::common(parsed.subject()),
            not_before: parsed.validity().not_before.to_datetime(),
            not_after: parsed.validity().not_after.to_datetime(),
            is_ca: basic_constraints.map_or(version_1 && self_issued, |c| c.value.ca),
            subject_key: comparable(&subject),
            issuer_key: comparable(&issuer),
            subject,
            issuer,
            facts: Facts::of(&parsed),
            self_issued,
            own_signature: Known::default(),
            der: der.to_vec(),
            x509: X509::from_der(der)
                .map_err(|_| "OpenSSL, and with it every Python, cannot read it".to_owned())?,
        })
    }

    /// The DER bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// It as OpenSSL sees it.
    #[must_use]
    pub fn x509(&self) -> &X509Ref {
        &self.x509
    }

    /// SHA-1 over the DER bytes, for recognising it in older tools; nothing is decided by it.
    #[must_use]
    pub fn sha1(&self) -> String {
        hex(&openssl::sha::sha1(&self.der))
    }

    /// Whether its own key made its signature.
    #[must_use]
    pub fn is_self_signed(&self) -> bool {
        self.self_issued && self.fits_own_signature() == Some(true)
    }

    /// Whether its own key made its signature; `None` where OpenSSL does not know the algorithm.
    #[must_use]
    pub fn fits_own_signature(&self) -> Option<bool> {
        let verify = || {
            let key = self.x509.public_key().ok()?;
            self.x509.verify(&key).ok()
        };
        *self.own_signature.0.get_or_init(verify)
    }

    /// Whether no other certificate is above it: it names itself as its issuer, and by its key identifiers not another one of
    /// that name. Where they say nothing of a server's certificate, its signature does: a CA and its server may share a name.
    #[must_use]
    pub fn is_own_issuer(&self) -> bool {
        let identified = match (&self.facts.authority_key_id, &self.facts.subject_key_id) {
            (Some(authority), Some(subject)) if !authority.is_empty() => authority == subject,
            _ => self.is_ca || self.is_self_signed(),
        };
        self.self_issued && identified
    }

    /// Whether `issuer` issued it: by name, by key identifiers where both have them, by the serial number where it names one,
    /// and by signature. OpenSSL compares all of them (`X509_check_issued`).
    #[must_use]
    pub fn is_signed_by(&self, issuer: &Self) -> bool {
        self.fits_key_of(issuer) && !self.names_another_serial_than(issuer)
    }

    /// Whether it names its issuer by a serial number, and `issuer` has another one: a CA that was renewed with the same key.
    #[must_use]
    pub fn names_another_serial_than(&self, issuer: &Self) -> bool {
        let named = self.facts.authority_serial.as_ref();
        named.is_some_and(|serial| *serial != issuer.facts.serial)
    }

    /// Whether the name, the key identifiers and the key of `issuer` are its issuer's.
    #[must_use]
    pub fn fits_key_of(&self, issuer: &Self) -> bool {
        let identifiers_agree = match (&self.facts.authority_key_id, &issuer.facts.subject_key_id) {
            (Some(authority), Some(subject)) if !authority.is_empty() => authority == subject,
            _ => true,
        };
        self.issuer_key == issuer.subject_key
            && identifiers_agree
            && is_made_by(&self.x509, &issuer.x509)
    }

    /// Whether `newer` is a CA of the same name that was made later.
    #[must_use]
    pub fn is_older_generation_of(&self, newer: &Self) -> bool {
        self.is_ca
            && newer.is_ca
            && self.subject_key == newer.subject_key
            && self.not_before < newer.not_before
    }

    /// Whether both are for one key: a certificate that was renewed.
    #[must_use]
    pub fn shares_key_with(&self, other: &Self) -> bool {
        let keys = (self.x509.public_key(), other.x509.public_key());
        matches!(keys, (Ok(one), Ok(other)) if one.public_eq(&other))
    }

    /// Whether it writes the name of `issuer` in other bytes, such as a `PrintableString` for a `UTF8String`.
    #[must_use]
    pub fn spells_otherwise(&self, issuer: &Self) -> bool {
        let named = self.x509.issuer_name().to_der().ok();
        named != issuer.x509.subject_name().to_der().ok()
    }

    /// The canonical PEM: 64 columns, LF, one block, a final newline (RFC 7468).
    #[must_use]
    pub fn pem(&self) -> String {
        let body = STANDARD.encode(&self.der);
        let mut pem = String::with_capacity(body.len() + body.len() / 64 + 60);
        pem.push_str("-----BEGIN CERTIFICATE-----\n");
        let mut rest = body.as_str();
        while !rest.is_empty() {
            let (line, tail) = rest.split_at(rest.len().min(64));
            pem.push_str(line);
            pem.push('\n');
            rest = tail;
        }
        pem.push_str("-----END CERTIFICATE-----\n");
        pem
    }
}

/// Whether `issuer`'s key made the signature on `certificate`.
fn is_made_by(certificate: &X509Ref, issuer: &X509Ref) -> bool {
    issuer
        .public_key()
        .and_then(|key| certificate.verify(&key))
        .unwrap_or(false)
}

fn comparable(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::Certificate;

    /// A certificate of that name, made on the spot and signed by itself.
    pub(crate) fn self_signed(name: &str) -> Certificate {
        let mut params = rcgen::CertificateParams::default();
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        let key = rcgen::KeyPair::generate().unwrap();
        Certificate::from_der(params.self_signed(&key).unwrap().der()).unwrap()
    }
}
