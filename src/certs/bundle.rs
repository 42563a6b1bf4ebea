//! The set of certificates to bring: each once, each under one alias.

use std::collections::BTreeMap;

use super::alias::{self, Taken};
use super::{Certificate, Fingerprint, mozilla};

/// So many public roots are not meant one by one.
const MANY: usize = 4;

/// A certificate as the user gave it.
#[derive(Debug, Clone)]
pub struct Given {
    /// Where it stood: file and line.
    pub origin: String,
    /// The alias the user chose for its source.
    pub wanted: Option<String>,
    /// The name to fall back to where the certificate has no common name.
    pub fallback: String,
    /// The certificate.
    pub certificate: Certificate,
    /// Whether it comes with a whole bundle of public roots: the machine's own, or any other.
    pub of_bundle: bool,
}

/// A certificate with the alias it goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Unique in its set, without regard to case.
    pub alias: String,
    /// Whether the user chose the alias, so that it must not be changed in silence.
    pub alias_chosen: bool,
    /// Where it was read: file and line.
    pub origin: String,
    /// The certificate.
    pub certificate: Certificate,
    /// Whether it comes with a whole bundle of public roots: the machine's own, or any other.
    pub of_bundle: bool,
}

/// The given certificates without repetition, and the ones that were repeated.
#[derive(Debug, Default)]
pub struct Bundle {
    /// In the order given.
    pub entries: Vec<Entry>,
    /// Origin of each certificate that had been given before, and where.
    pub duplicates: Vec<(String, String)>,
}

impl Bundle {
    /// Drops repeated certificates (by fingerprint) and gives each of the others its alias: the one chosen, else the subject's
    /// common name, else the file's name. Several certificates under one chosen alias are numbered.
    #[must_use]
    pub fn new(given: Vec<Given>) -> Self {
        let mut bundle = Self::default();
        let mut taken = Taken::default();
        let mut seen: BTreeMap<Fingerprint, String> = BTreeMap::new();
        for one in given {
            if let Some(first) = seen.get(&one.certificate.fingerprint) {
                bundle.duplicates.push((one.origin, first.clone()));
                continue;
            }
            seen.insert(one.certificate.fingerprint, one.origin.clone());
            let wanted = one.wanted.clone().unwrap_or_else(|| {
                alias::sanitise(
                    one.certificate
                        .common_name
                        .as_deref()
                        .unwrap_or(&one.fallback),
                )
            });
            bundle.entries.push(Entry {
                alias: taken.claim(&wanted),
                alias_chosen: one.wanted.is_some(),
                origin: one.origin,
                certificate: one.certificate,
                of_bundle: one.of_bundle,
            });
        }
        bundle.mark_public();
        bundle
    }

    /// Many public roots are a bundle wherever they come from; those that the user named are meant.
    fn mark_public(&mut self) {
        let is_public = |entry: &Entry| {
            !entry.alias_chosen && mozilla::is_public_root(entry.certificate.fingerprint)
        };
        if self.entries.iter().filter(|entry| is_public(entry)).count() >= MANY {
            for entry in &mut self.entries {
                entry.of_bundle |= is_public(entry);
            }
        }
    }
}
