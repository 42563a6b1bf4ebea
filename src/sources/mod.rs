//! `--ca [ALIAS=]SOURCE`: where certificates come from.

mod cluster;
mod file;
mod folder;
pub mod issuers;
mod object;
mod place;
mod release;
mod server;
mod values;

use std::path::Path;
use std::sync::LazyLock;

use anyhow::Result;

use crate::certs::bundle::Given;
use crate::certs::{Certificate, Fingerprint, alias, mozilla, pem};
use crate::exit::Stop;
use crate::finding::Finding;
use crate::kube::ClusterAddress;
pub use place::{ObjectReference, Place};
pub use server::certificates_of;

/// One `--ca` argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The alias the user chose.
    pub alias: Option<String>,
    /// Where the certificates are.
    pub place: Place,
    /// Whether it is the machine's own bundle.
    pub is_system: bool,
    /// The fingerprint that one of a server's certificates must have.
    pub fingerprint: Option<Fingerprint>,
}

/// Asks somebody a question that is answered by yes or no.
///
/// # Errors
/// Nobody answered.
pub type Ask = fn(&str) -> Result<bool>;

/// How a source may be read.
#[derive(Debug, Clone)]
pub struct Access<'a> {
    /// The cluster of those that are in one.
    pub cluster: &'a ClusterAddress,
    /// Who is asked whether a fingerprint is the right one; `None` where nobody can be.
    pub ask: Option<Ask>,
    /// Only looking: what a server presents is shown, not trusted.
    pub looking: bool,
}

impl<'a> Access<'a> {
    /// Only looking, and asking nobody.
    #[must_use]
    pub fn looking(cluster: &'a ClusterAddress) -> Self {
        Self {
            cluster,
            ask: None,
            looking: true,
        }
    }
}

/// What a source gave.
#[derive(Debug, Default)]
pub struct Reading {
    /// The certificates.
    pub given: Vec<Given>,
    /// What was left aside, and why.
    pub notes: Vec<Finding>,
}

impl std::str::FromStr for Source {
    type Err = String;

    /// A file whose name holds `=` wins over an alias, as the user sees it in the folder.
    fn from_str(argument: &str) -> Result<Self, Self::Err> {
        let (alias, place) = match argument.split_once('=') {
            Some((name, rest))
                if !name.contains("://") && !std::path::Path::new(argument).exists() =>
            {
                (Some(valid_alias(name)?), rest)
            }
            _ => (None, argument),
        };
        let place: Place = place.parse()?;
        Ok(Self {
            is_system: matches!(place, Place::System { .. }),
            alias,
            place,
            fingerprint: None,
        })
    }
}

fn valid_alias(name: &str) -> Result<String, String> {
    if !alias::is_valid(name) {
        return Err(format!(
            "the alias {name:?} cannot be a ConfigMap key: use letters, digits, '-', '_' and '.', for example {:?}",
            alias::sanitise(name)
        ));
    }
    if mozilla::is_taken_name(name) {
        return Err(format!(
            "the alias {name:?} is the file name of a public root, whose place in /etc/ssl/certs it would take: choose another"
        ));
    }
    Ok(name.to_owned())
}

impl Source {
    /// The same, where a server must present a certificate with that fingerprint.
    #[must_use]
    pub fn vouched(&self, fingerprint: Option<Fingerprint>) -> Self {
        Self {
            fingerprint,
            ..self.clone()
        }
    }

    /// Reads every certificate.
    ///
    /// # Errors
    /// The source cannot be read, or holds something else than certificates (a [`Stop`] with code 3), or wants an answer that
    /// nobody can give (code 4).
    pub fn gather(&self, access: &Access<'_>) -> Result<Reading> {
        let mut reading = match &self.place {
            Place::Path(path) if path.is_dir() => folder::read(path, access.looking)?,
            Place::Path(path) => file::read(path)?,
            Place::System { path, all } => {
                let mut reading = file::read(path)?;
                if !all && !access.looking {
                    leave_out_private(&mut reading);
                    if reading.given.is_empty() {
                        return Err(Stop::refused(format!(
                            "{} has no public root at all; --ca system-all takes the private CAs that it has",
                            path.display()
                        ))
                        .into());
                    }
                }
                reading
            }
            Place::Stdin => file::read_stdin()?,
            Place::Server(endpoint) => server::read(endpoint, self.fingerprint, access)?,
            Place::Object(object) => cluster::read(object, access.cluster)?,
            Place::Release { namespace, name } => {
                release::read(namespace.as_deref(), name, access.cluster)?
            }
        };
        for given in &mut reading.given {
            given.wanted.clone_from(&self.alias);
            given.of_bundle = self.is_system;
        }
        Ok(reading)
    }
}

/// Leaves out what is no public root: a CA of a company, of a developer's tools or of a virus scanner, which only this machine
/// is meant to trust.
fn leave_out_private(reading: &mut Reading) {
    let is_public = |given: &Given| mozilla::is_public_root(given.certificate.fingerprint);
    let all = std::mem::take(&mut reading.given);
    let (public, private): (Vec<Given>, Vec<Given>) = all.into_iter().partition(is_public);
    reading.given = public;
    let names: Vec<&str> = private
        .iter()
        .map(|given| given.certificate.subject.as_str())
        .collect();
    if !names.is_empty() {
        reading.notes.push(
            Finding::warning(
                "system-bundle-has-private",
                format!(
                    "this machine's bundle also trusts what is no public CA, which is left out: {}",
                    names.join("; ")
                ),
            )
            .hint("--ca system-all takes it along; better give your own CA by itself, with --ca"),
        );
    }
}

/// The public roots that this machine has: what containers bring along, as near as can be told from here. Private CAs in the
/// machine's bundle are left out, since pods do not have them. `None` where the machine has none, or is told of a file without any
/// (`SSL_CERT_FILE`): what pods have is not known then. They are read once.
#[must_use]
pub fn public_roots() -> Option<&'static [Certificate]> {
    static ROOTS: LazyLock<Option<Vec<Certificate>>> = LazyLock::new(|| {
        let Ok(Place::System { path, .. }) = place::SYSTEM.parse() else {
            return None;
        };
        let all = certificates_in(&path).ok()?.into_iter();
        let all = all.map(|one| one.certificate);
        let public = all.filter(|one| mozilla::is_public_root(one.fingerprint));
        let public: Vec<Certificate> = public.collect();
        (!public.is_empty()).then_some(public)
    });
    ROOTS.as_deref()
}

/// The certificates of a file.
///
/// # Errors
/// It cannot be read, or holds something else than certificates (a [`Stop`] with code 3).
pub fn certificates_in(file: &Path) -> Result<Vec<Given>> {
    Ok(file::read(file)?.given)
}

/// The certificates of `bytes`, which stand in `name`; `stem` is what they are called where they have no common name.
fn parsed(bytes: &[u8], name: &str, stem: &str) -> Result<Vec<Given>> {
    let blocks = pem::parse(bytes).map_err(|e| Stop::refused(e.in_file(name)))?;
    Ok(blocks
        .into_iter()
        .map(|block| given(block.certificate, format!("{name}:{}", block.line), stem))
        .collect())
}

fn given(certificate: Certificate, origin: String, fallback: &str) -> Given {
    Given {
        origin,
        wanted: None,
        fallback: fallback.to_owned(),
        certificate,
        of_bundle: false,
    }
}

/// Whether a file or key of this name holds certificates, by its ending.
#[must_use]
pub fn is_certificate_name(name: &str) -> bool {
    const ENDINGS: [&str; 6] = ["pem", "crt", "cer", "der", "p7b", "p7c"];
    name.rsplit_once('.')
        .is_some_and(|(_, ending)| ENDINGS.contains(&ending.to_ascii_lowercase().as_str()))
}

/// Whether bytes hold a certificate in PEM, whatever they are called.
fn holds_certificate(content: &[u8]) -> bool {
    let begin = b"-----BEGIN CERTIFICATE-----";
    content.windows(begin.len()).any(|window| window == begin)
}

/// Names that one note has room for.
const NAMES: usize = 3;

/// Private keys lie beside certificates more often than not: that they are left aside is no news.
fn is_key_name(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with(".key")
}

/// What was left aside in one place, in one note.
fn skipped(place: &str, names: &[String]) -> Option<Finding> {
    let shown = names.get(..NAMES.min(names.len())).unwrap_or_default();
    let listed = shown.join(", ");
    let what = match names.len() {
        0 => return None,
        1 => format!("{listed} was skipped"),
        few if few <= NAMES => format!("{listed} were skipped"),
        many => format!("{listed} and {} more were skipped", many - NAMES),
    };
    let finding = Finding::note(
        "file-skipped",
        format!("{place}{what}: only .pem, .crt, .cer, .der, .p7b and .p7c are read"),
    );
    Some(finding.hint("name it by itself if it holds a certificate"))
}
