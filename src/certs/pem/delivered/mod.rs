//! How clients read a text that lies in a trust store: an entry of `extraCerts`, a bundle, the value of a `ConfigMap`.
//!
//! `update-ca-certificates` puts such texts one behind the other into the one bundle that every client of a pod reads, each
//! with a reader of its own. Intake takes whatever people have and writes it down anew; here nothing is written anew, so
//! what counts is what those readers see: [`openssl`], [`gnutls`] and rustls' own. They are compared with the real ones by
//! `tests/clients`.

mod gnutls;
mod joined;
mod openssl;

use std::collections::BTreeSet;
use std::fmt;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use super::{PemError, Problem};
use crate::certs::{Certificate, Fingerprint};
pub use joined::joined;

/// A reader of PEM, as clients have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reader {
    /// OpenSSL: Python, curl, node.
    OpenSsl,
    /// GnuTLS: git, as Debian and Ubuntu build it.
    GnuTls,
    /// rustls: uv.
    Rustls,
}

/// What clients make of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// The certificates that OpenSSL and GnuTLS both read, in the text's order, with the line of each BEGIN.
    pub certificates: Vec<(usize, Certificate)>,
    /// What is wrong with it, in the order of lines.
    pub harms: Vec<Harm>,
}

/// Something in a text that a client cannot read, or that does not belong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Harm {
    /// 1-based line in the text.
    pub line: usize,
    /// What comes of it.
    pub effect: Effect,
    /// Why.
    pub why: String,
}

/// What comes of something that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// These readers refuse the whole bundle that it becomes a part of, so their clients trust nothing at all.
    Poisons(Vec<Reader>),
    /// These readers pass over a certificate.
    LeftOut(Vec<Reader>, Option<Fingerprint>),
    /// A private key, readable by everybody.
    PrivateKey,
}

/// Why a reader refuses a text as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    line: usize,
    why: &'static str,
}

/// What one reader finds: certificates with the line of each BEGIN.
type Found = Result<Vec<(usize, Certificate)>, Fault>;

impl Reader {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::OpenSsl, Self::GnuTls, Self::Rustls];
}

impl fmt::Display for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OpenSsl => "OpenSSL (Python, curl, node)",
            Self::GnuTls => "GnuTLS (git)",
            Self::Rustls => "rustls (uv)",
        })
    }
}

impl Reading {
    /// What poisons the bundle that the text becomes a part of.
    #[must_use]
    pub fn poison(&self) -> Option<&Harm> {
        let mut harms = self.harms.iter();
        harms.find(|harm| matches!(harm.effect, Effect::Poisons(_)))
    }

    /// The fingerprints of its certificates.
    pub fn fingerprints(&self) -> impl Iterator<Item = Fingerprint> {
        let certificates = self.certificates.iter();
        certificates.map(|(_, certificate)| certificate.fingerprint)
    }
}

/// Reads a text as the clients of a pod read it as a part of their bundle.
#[must_use]
pub fn read(text: &str) -> Reading {
    if !text.contains(MARK) {
        return without_blocks(text);
    }
    if let Some(certificates) = canonical(text) {
        return Reading {
            certificates,
            harms: Vec::new(),
        };
    }
    let by_openssl = openssl::read(text.as_bytes());
    let by_gnutls = gnutls::read(text.as_bytes());
    let mut harms = poisons(&by_openssl, &by_gnutls);
    harms.extend(private_keys(text));
    let (by_openssl, by_gnutls) = (found(by_openssl), found(by_gnutls));
    if harms.is_empty() {
        harms.extend(left_out(text, &by_openssl, &by_gnutls));
    }
    harms.sort_by_key(|harm| harm.line);
    let mut certificates = by_openssl;
    certificates.retain(|(_, one)| has(&by_gnutls, one.fingerprint));
    Reading {
        certificates,
        harms,
    }
}

/// The certificates that one reader finds in a text; none where it refuses it.
#[must_use]
pub fn read_by(text: &str, reader: Reader) -> BTreeSet<Fingerprint> {
    let by_one = match reader {
        Reader::OpenSsl => openssl::read(text.as_bytes()),
        Reader::GnuTls => gnutls::read(text.as_bytes()),
        Reader::Rustls => return by_rustls(text),
    };
    let by_one = found(by_one).into_iter();
    by_one.map(|(_, one)| one.fingerprint).collect()
}

fn by_rustls(text: &str) -> BTreeSet<Fingerprint> {
    CertificateDer::pem_slice_iter(text.as_bytes())
        .filter_map(|der| Some(Fingerprint::of(&der.ok()?)))
        .collect()
}

/// The certificates of a text that is written as we write them, which every reader takes.
fn canonical(text: &str) -> Option<Vec<(usize, Certificate)>> {
    let blocks = super::parse(text.as_bytes()).ok()?;
    let mut rest = text;
    for block in &blocks {
        rest = rest.strip_prefix(block.certificate.pem().as_str())?;
    }
    let blocks = blocks.into_iter().map(|one| (one.line, one.certificate));
    rest.is_empty().then(|| blocks.collect())
}

const MARK: &str = "-----BEGIN ";

/// What has no BEGIN at all goes into the bundle as text between blocks, and counts for nobody.
fn without_blocks(text: &str) -> Reading {
    let left_out = |line, fingerprint, why| Harm {
        line,
        effect: Effect::LeftOut(Reader::ALL.to_vec(), fingerprint),
        why,
    };
    let harms = match super::parse(text.as_bytes()) {
        Ok(blocks) => {
            let why = "base64 without BEGIN and END lines is text between certificates";
            let blocks = blocks.into_iter();
            let meant = blocks.map(|one| (one.line, one.certificate.fingerprint));
            meant
                .map(|(line, one)| left_out(line, Some(one), why.to_owned()))
                .collect()
        }
        Err(error) => vec![left_out(error.line, None, error.problem.to_string())],
    };
    Reading {
        certificates: Vec::new(),
        harms,
    }
}

/// The certificates that a text is meant to hold, where all of it can be made out, damaged or not: what is to be written to
/// have it read.
#[must_use]
pub fn meant(text: &str) -> Option<Vec<Certificate>> {
    let refused = match super::parse(text.as_bytes()) {
        Ok(blocks) => return Some(blocks.into_iter().map(|block| block.certificate).collect()),
        Err(error) => error,
    };
    if begins_certificate(&refused) {
        return None;
    }
    let found = gnutls::read(text.as_bytes()).ok()?;
    let is_whole = !found.is_empty() && found.len() == text.matches(MARK).count();
    is_whole.then(|| found.into_iter().map(|(_, one)| one).collect())
}

/// Whether a certificate is meant to begin, or to end, at what intake stumbles over.
fn begins_certificate(error: &PemError) -> bool {
    matches!(error.problem, Problem::NearBoundary(_))
}

/// The base64 of a block as OpenSSL and GnuTLS take it: a dash ends it, and blanks do not count.
fn dense(base64: &[u8], is_blank: fn(u8) -> bool) -> Vec<u8> {
    let until_dash = base64.iter().copied().take_while(|byte| *byte != b'-');
    until_dash.filter(|byte| !is_blank(*byte)).collect()
}

fn found(by_one: Found) -> Vec<(usize, Certificate)> {
    by_one.unwrap_or_default()
}

fn has(found: &[(usize, Certificate)], fingerprint: Fingerprint) -> bool {
    found.iter().any(|(_, one)| one.fingerprint == fingerprint)
}

/// What makes a reader refuse everything; where both do, OpenSSL's reason says what is wrong.
fn poisons(by_openssl: &Found, by_gnutls: &Found) -> Vec<Harm> {
    let harm = |readers: &[Reader], fault: &Fault| Harm {
        line: fault.line,
        effect: Effect::Poisons(readers.to_vec()),
        why: fault.why.to_owned(),
    };
    match (by_openssl, by_gnutls) {
        (Err(fault), Err(_)) => vec![harm(&[Reader::OpenSsl, Reader::GnuTls], fault)],
        (Err(fault), Ok(_)) => vec![harm(&[Reader::OpenSsl], fault)],
        (Ok(_), Err(fault)) => vec![harm(&[Reader::GnuTls], fault)],
        (Ok(_), Ok(_)) => Vec::new(),
    }
}

fn private_keys(text: &str) -> Vec<Harm> {
    let lines = text.split('\n').enumerate();
    let keys = lines.filter(|(_, line)| line.contains(MARK) && line.contains("PRIVATE KEY-----"));
    keys.map(|(index, _)| Harm {
        line: index + 1,
        effect: Effect::PrivateKey,
        why: "a private key; everybody who may read ConfigMaps or enter a pod can read it there"
            .to_owned(),
    })
    .collect()
}

/// What some reader passes over in a text that poisons nothing.
fn left_out(
    text: &str,
    by_openssl: &[(usize, Certificate)],
    by_gnutls: &[(usize, Certificate)],
) -> Vec<Harm> {
    let by_rustls = by_rustls(text);
    // Each certificate that anybody can make out, intake included.
    let (intake, refused) = match super::parse(text.as_bytes()) {
        Ok(blocks) => {
            let blocks = blocks.into_iter();
            let all = blocks.map(|block| (block.line, block.certificate));
            (all.collect(), None)
        }
        Err(error) => (Vec::new(), Some(error)),
    };
    let mut harms = Vec::new();
    let mut seen = BTreeSet::new();
    for (line, certificate) in by_openssl.iter().chain(by_gnutls).chain(&intake) {
        let fingerprint = certificate.fingerprint;
        if !seen.insert(fingerprint) {
            continue;
        }
        let readers: Vec<Reader> = [
            (Reader::OpenSsl, has(by_openssl, fingerprint)),
            (Reader::GnuTls, has(by_gnutls, fingerprint)),
            (Reader::Rustls, by_rustls.contains(&fingerprint)),
        ]
        .into_iter()
        .filter_map(|(reader, reads)| (!reads).then_some(reader))
        .collect();
        if !readers.is_empty() {
            harms.push(Harm {
                line: *line,
                effect: Effect::LeftOut(readers, Some(fingerprint)),
                why: why_left_out(text, *line),
            });
        }
    }
    // What intake stumbles over is read by nobody. What stands beside others may be a remark, unless it begins a certificate.
    if let Some(error) = refused.filter(|one| by_openssl.is_empty() || begins_certificate(one)) {
        harms.push(Harm {
            line: error.line,
            effect: Effect::LeftOut(Reader::ALL.to_vec(), None),
            why: error.problem.to_string(),
        });
    }
    harms
}

fn why_left_out(text: &str, line: usize) -> String {
    let begin = text
        .split('\n')
        .nth(line.saturating_sub(1))
        .unwrap_or_default();
    if begin.starts_with('\u{feff}') {
        "a byte order mark stands before BEGIN".to_owned()
    } else if let Some((_, label)) = begin.split_once(MARK) {
        let label = label.trim_end().trim_end_matches('-');
        match label {
            "CERTIFICATE" => "its BEGIN and END are not lines of their own".to_owned(),
            _ => format!("it is a {:?} block", super::shown_label(label)),
        }
    } else {
        "its BEGIN is no line of its own".to_owned()
    }
}

#[cfg(test)]
mod tests;
