//! What is wrong with certificates before any server is asked.
//!
//! A lint is a function and a row in [`LINTS`]; its code, cause and remedy stand in `docs/findings.md`. The run-time texts are
//! those of OpenSSL (`x509_txt.c`), which Python, curl and node print.

mod clients;
mod names;
mod shape;
mod siblings;
mod strength;
mod validity;

use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::bundle::{Bundle, Entry};
use super::chain::Chain;
use super::verdict::Trust;
use super::{Certificate, Role, mozilla};
use crate::finding::{Finding, Severity};

/// Days before its end from which a certificate's expiry is worth a warning.
pub const EXPIRES_WITHIN_DAYS: u32 = 30;

/// What the lints are told beside the certificates.
#[derive(Debug, Clone)]
pub struct Options {
    /// The moment that counts as now.
    pub now: OffsetDateTime,
    /// How much validity must be left.
    pub expires_within: Duration,
    /// Host names of the servers that the certificates are for, as far as they are known.
    pub hosts: Vec<String>,
    /// Whether the certificates are meant as trust; otherwise they are what a server presents.
    pub as_trust: bool,
    /// Whether they are about to be deployed, and not only looked at.
    pub deploys: bool,
    /// What the servers that they are for present, as far as they were reached.
    pub served: Vec<Certificate>,
    /// Whether this is a check of what is there, which has to tell the day on which something ends.
    pub checks: bool,
}

impl Options {
    /// The defaults at the moment `now`: 30 days, and no server known.
    #[must_use]
    pub fn at(now: OffsetDateTime) -> Self {
        Self {
            now,
            expires_within: Duration::days(EXPIRES_WITHIN_DAYS.into()),
            hosts: Vec::new(),
            served: Vec::new(),
            as_trust: true,
            deploys: false,
            checks: false,
        }
    }
}

/// One certificate, and what it is seen beside.
struct Subject<'a> {
    entry: &'a Entry,
    certificate: &'a Certificate,
    role: Role,
    /// The others of the set with the same subject.
    namesakes: Vec<&'a Entry>,
    /// Whether the set has its issuer.
    has_issuer: bool,
    /// Whether it issued another of the set, or what a server presents.
    has_issued: bool,
    /// Whether another of the set, or what a server presents, names its serial number beside its key.
    is_named_by_serial: bool,
    options: &'a Options,
}

impl Subject<'_> {
    /// How a message names it.
    fn name(&self) -> String {
        let subject = match self.certificate.subject.as_str() {
            "" => "the certificate without a subject",
            subject => subject,
        };
        format!("{subject} ({})", self.entry.origin)
    }

    /// Whether it is a CA, root or intermediate.
    fn is_authority(&self) -> bool {
        self.role.is_authority()
    }
}

type Lint = fn(&Subject<'_>) -> Option<Finding>;

const LINTS: [Lint; 23] = [
    validity::expired,
    validity::not_yet_valid,
    validity::expires_soon,
    validity::very_long,
    shape::not_a_ca,
    shape::self_signed_server,
    shape::intermediate_without_root,
    shape::cannot_sign,
    shape::signature_broken,
    shape::negative_serial,
    shape::without_basic_constraints,
    shape::key_cert_sign_without_ca,
    shape::basic_constraints_not_critical,
    shape::without_key_usage,
    shape::without_subject_key_id,
    shape::without_authority_key_id,
    names::empty_ca_subject,
    names::named_like_a_host,
    names::empty_subject_not_critical,
    names::excludes_servers,
    strength::weak_key,
    strength::weak_signature,
    siblings::same_subject,
];

/// Every finding about the given certificates at the moment `now`.
#[must_use]
pub fn check(entries: &[Entry], now: OffsetDateTime) -> Vec<Finding> {
    check_with(entries, &Options::at(now))
}

/// Every finding about the given certificates, certificate by certificate, in the order given.
#[must_use]
pub fn check_with(entries: &[Entry], options: &Options) -> Vec<Finding> {
    check_beside(entries, &[], options)
}

/// The same where others are trusted beside them already: those count as issuers and namesakes, and what is wrong with
/// them is a warning, since nobody asked for them here.
///
/// The machine's own bundle is its maker's business, and so are public roots: every distribution ships some that have
/// expired.
#[must_use]
pub fn check_beside(entries: &[Entry], present: &[Entry], options: &Options) -> Vec<Finding> {
    let all: Vec<Entry> = entries.iter().chain(present).cloned().collect();
    let mut certificates: Vec<&Certificate> = all.iter().map(|entry| &entry.certificate).collect();
    let trust = Trust::new(&certificates, options.now);
    certificates.extend(&options.served);
    let chain = if options.as_trust {
        Chain::of(&certificates)
    } else {
        Chain::of_presented(&certificates)
    };
    let namesakes = siblings::by_subject(&all, &chain);
    let is_looked_at = |index: usize, entry: &Entry| {
        let is_public = || mozilla::is_public_root(entry.certificate.fingerprint);
        !entry.of_bundle && (index < entries.len() || !is_public())
    };
    let looked_at = all.iter().enumerate();
    looked_at
        .filter(|(index, entry)| is_looked_at(*index, entry))
        .flat_map(|(index, entry)| {
            let subject = Subject {
                entry,
                certificate: &entry.certificate,
                role: chain.role(index),
                namesakes: namesakes
                    .get(entry.certificate.subject_key.as_str())
                    .into_iter()
                    .flatten()
                    .copied()
                    .filter(|other| other.certificate.fingerprint != entry.certificate.fingerprint)
                    .collect(),
                has_issuer: chain.issuer(index).is_some(),
                has_issued: chain.has_issued(index),
                is_named_by_serial: certificates
                    .iter()
                    .any(|one| names_by_serial(one, &entry.certificate)),
                options,
            };
            let mut found: Vec<Finding> = LINTS.iter().filter_map(|lint| lint(&subject)).collect();
            found.extend(clients::refused(&subject, &trust, &found));
            if index < entries.len() {
                found
            } else {
                let found = found.into_iter();
                found.filter_map(|one| of_present(one, options)).collect()
            }
        })
        .collect()
}

fn names_by_serial(certificate: &Certificate, issuer: &Certificate) -> bool {
    certificate.facts.authority_serial.as_ref() == Some(&issuer.facts.serial)
        && certificate.fingerprint != issuer.fingerprint
        && certificate.fits_key_of(issuer)
}

/// The code of what has ended.
const ENDED: &str = "certificate-expired";

/// Whether a finding is about the end of a certificate's validity.
#[must_use]
pub fn tells_end(code: &str) -> bool {
    [ENDED, "certificate-expires-soon"].contains(&code)
}

/// What is said of a certificate that is there already.
fn of_present(finding: Finding, options: &Options) -> Option<Finding> {
    match finding.severity {
        Severity::Note => None,
        _ if options.checks && finding.code == ENDED => Some(finding),
        _ => Some(finding.at_most_warning()),
    }
}

/// A note on each certificate that was given more than once.
#[must_use]
pub fn repeated(bundle: &Bundle) -> Vec<Finding> {
    bundle
        .duplicates
        .iter()
        .map(|(repeated, first)| {
            Finding::note(
                "certificate-repeated",
                format!("{repeated} is the same certificate as {first}; it is taken once"),
            )
        })
        .collect()
}

/// A moment as people read it; a date no calendar holds falls back to the plain form.
#[must_use]
pub fn date(moment: OffsetDateTime) -> String {
    moment
        .format(&Rfc3339)
        .ok()
        .and_then(|text| text.split('T').next().map(str::to_owned))
        .unwrap_or_else(|| moment.to_string())
}
