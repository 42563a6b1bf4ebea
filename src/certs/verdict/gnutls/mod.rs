//! Verification by GnuTLS, which cannot be linked: its algorithm retold.
//!
//! After `lib/x509/verify-high.c` and `verify.c` of GnuTLS 3.8.13, and of 3.7.9 as Debian patches it, with the flags that libcurl sets (`lib/vtls/gtls.c`) and the
//! profile of the priority `NORMAL`. GnuTLS orders what the server presents, shortens it where the list of trusted
//! certificates takes over, and verifies what is left from its end to its beginning. Signatures are checked by OpenSSL.

mod certificate;
mod constraints;

use std::collections::HashMap;

use ::openssl::x509::X509;
use time::OffsetDateTime;

use super::host;
use certificate::{Seen, Signature};
use constraints::Constraints;

/// `DEFAULT_MAX_VERIFY_DEPTH`: a server that presents more is refused.
const MAX_PRESENTED: usize = 16;

/// `DEFAULT_SIZE`: how many lists the trusted certificates are spread over, by the hash of a name.
const LISTS: u64 = 127;

/// How many certificates a path may have (`MAX_VERIFY_DEPTH`).
const MAX_PATH: u32 = 4096;

/// Why GnuTLS refuses, in the words of `gnutls_certificate_verification_status_print`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    SignerNotFound,
    SignerNotCa,
    SignerConstraints,
    SignatureFailure,
    InsecureAlgorithm,
    UnknownCriticalExtension,
    NotActivated,
    Expired,
}

impl Status {
    fn text(self) -> &'static str {
        match self {
            Self::SignerNotFound => "the certificate issuer is unknown",
            Self::SignerNotCa => "the certificate issuer is not a CA",
            Self::SignerConstraints => "the certificate chain violates the signer's constraints",
            Self::SignatureFailure => "the signature in the certificate is invalid",
            Self::InsecureAlgorithm => "the certificate chain uses insecure algorithm",
            Self::UnknownCriticalExtension => {
                "the certificate contains an unknown critical extension"
            }
            Self::NotActivated => "the certificate chain uses not yet valid certificate",
            Self::Expired => "the certificate chain uses expired certificate",
        }
    }

    /// `SIGNER_OLD_OR_UNKNOWN`: GnuTLS looks for another trusted certificate then.
    fn may_be_superseded(self) -> bool {
        matches!(
            self,
            Self::SignerNotFound | Self::Expired | Self::InsecureAlgorithm
        )
    }
}

/// The trusted certificates, in the lists that GnuTLS keeps them in.
pub(super) struct TrustList {
    lists: HashMap<u64, Vec<Seen>>,
    /// GnuTLS refuses a file of trusted certificates if it cannot read one of them.
    readable: bool,
}

/// How a path is looked at.
#[derive(Debug, Clone, Copy)]
struct Path {
    now: i64,
    /// Whether the signature on the server's own certificate counts.
    leaf_signature: bool,
}

/// What is carried from one certificate of a path to the next, from its end to its beginning.
struct State {
    left: u32,
    constraints: Constraints,
    /// `GNUTLS_VERIFY_DO_NOT_ALLOW_X509_V1_CA_CRT`
    version_1_refused: bool,
}

impl TrustList {
    pub(super) fn new<'a>(trusted: impl Iterator<Item = &'a X509>) -> Self {
        let mut list = Self {
            lists: HashMap::new(),
            readable: true,
        };
        for x509 in trusted {
            match Seen::of(x509) {
                Some(seen) => list
                    .lists
                    .entry(hash(&seen.subject))
                    .or_default()
                    .push(seen),
                None => list.readable = false,
            }
        }
        list
    }

    /// Why git refuses what a server presents: libcurl's words, and GnuTLS's in brackets, which git does not show; `None` means
    /// trusted. `leaf_signature` tells whether the signature on the server's own certificate counts.
    pub(super) fn refusal(
        &self,
        presented: &[X509],
        now: OffsetDateTime,
        leaf_signature: bool,
    ) -> Option<String> {
        if !self.readable {
            return Some("error reading ca cert file".to_owned());
        }
        let failed = |why: &str| format!("server certificate verification failed ({why})");
        let seen: Option<Vec<Seen>> = presented.iter().map(Seen::of).collect();
        let Some(seen) = seen.filter(|seen| !seen.is_empty() && seen.len() <= MAX_PRESENTED) else {
            return Some(failed("the certificate cannot be read"));
        };
        if !seen.first().is_some_and(Seen::may_sign_handshakes) {
            return Some(
                "gnutls_handshake() failed: Key usage violation in certificate has been detected."
                    .to_owned(),
            );
        }
        let path = Path {
            now: now.unix_timestamp(),
            leaf_signature,
        };
        let found = self.verify(&self.arranged(seen), path);
        found.first().map(|status| failed(status.text()))
    }

    fn list(&self, name: &[u8]) -> &[Seen] {
        self.lists.get(&hash(name)).map_or(&[], Vec::as_slice)
    }

    /// The presented certificates in the order that GnuTLS verifies them in (`gnutls_x509_trust_list_verify_crt2`).
    fn arranged(&self, presented: Vec<Seen>) -> Vec<Seen> {
        let mut done: Vec<Seen> = Vec::new();
        let mut rest = presented;
        while !rest.is_empty() {
            let length = order(&mut rest);
            let repeated = (0..length).find(|at| {
                let one = rest.get(*at);
                one.is_some_and(|one| done.iter().any(|earlier| earlier.der == one.der))
            });
            if let Some(at) = repeated {
                // As GnuTLS does it: the next one takes its place, and the list ends one earlier.
                if let (Some(next), Some(place)) = (rest.get(at + 1).cloned(), rest.get_mut(at)) {
                    *place = next;
                }
                rest.pop();
                continue;
            }
            let others = rest.split_off(length);
            done.append(&mut rest);
            rest = others;
            let known = done.last().is_some_and(|last| {
                let mut issuers = self.list(&last.issuer).iter();
                issuers.any(|trusted| last.is_issued_by(trusted))
            });
            if known {
                break;
            }
        }
        self.shorten(done)
    }

    /// Drops a root at the end, and what follows a trusted root (`shorten_clist`).
    fn shorten(&self, mut certificates: Vec<Seen>) -> Vec<Seen> {
        certificates.truncate(without_root(&certificates).len());
        let trusted = certificates.iter().skip(1).position(|one| {
            self.list(&one.issuer)
                .iter()
                .any(|trusted| trusted.der == one.der)
        });
        if let Some(trusted) = trusted {
            certificates.truncate(trusted + 2);
        }
        certificates
    }

    fn verify(&self, certificates: &[Seen], path: Path) -> Vec<Status> {
        let Some(last) = certificates.last() else {
            return Vec::new();
        };
        let found = verify_against(certificates, self.list(&last.issuer), path);
        if last.subject == last.issuer || !found.iter().any(|status| status.may_be_superseded()) {
            return found;
        }
        let again = verify_against(certificates, self.list(&last.subject), path);
        if again.is_empty() { again } else { found }
    }
}

/// A certificate that issued itself, at the end of a chain, is the business of the trust list.
fn without_root(certificates: &[Seen]) -> &[Seen] {
    match certificates {
        [chain @ .., last] if !chain.is_empty() && last.is_issued_by(last) => chain,
        all => all,
    }
}

/// Puts the path that begins with the first certificate before the others, and returns its length (`_gnutls_sort_clist`).
fn order(certificates: &mut Vec<Seen>) -> usize {
    let issuer_of = |at: usize| {
        let one = certificates.get(at).filter(|one| !one.is_issued_by(one))?;
        let mut candidates = certificates.iter().enumerate().skip(1);
        candidates
            .find(|(other, candidate)| *other != at && one.is_issued_by(candidate))
            .map(|(other, _)| other)
    };
    let mut path = vec![0];
    while let Some(next) = path.last().and_then(|last| issuer_of(*last)) {
        if path.contains(&next) {
            break;
        }
        path.push(next);
    }
    let others = (0..certificates.len()).filter(|at| !path.contains(at));
    let order: Vec<usize> = path.iter().copied().chain(others).collect();
    *certificates = order
        .iter()
        .filter_map(|at| certificates.get(*at).cloned())
        .collect();
    path.len()
}

/// `_gnutls_verify_crt_status`
fn verify_against(certificates: &[Seen], trusted: &[Seen], path: Path) -> Vec<Status> {
    let mut certificates = without_root(certificates);
    let met = certificates.iter().enumerate().find_map(|(at, one)| {
        let same = trusted.iter().find(|trusted| match at {
            0 => one.der == trusted.der,
            // A CA may have been certified anew: the name and the key count.
            _ => one.subject == trusted.subject && one.key == trusted.key,
        });
        same.map(|trusted| (at, trusted))
    });
    if let Some((at, trusted)) = met {
        let mut found: Vec<Status> = trusted.validity(path.now).into_iter().collect();
        if !trusted.is_strong() {
            found.push(Status::InsecureAlgorithm);
        }
        if !found.is_empty() {
            return found;
        }
        certificates = certificates.get(..at).unwrap_or_default();
    }
    let Some(last) = certificates.last() else {
        return Vec::new();
    };
    let mut state = State {
        left: MAX_PATH,
        constraints: Constraints::default(),
        version_1_refused: false,
    };
    let issuer = find_issuer(last, trusted, path.now);
    let mut found = verify_one(last, issuer, certificates.len() == 1, path, &mut state);
    state.version_1_refused = true;
    for (at, pair) in certificates.windows(2).enumerate().rev() {
        if let ([one, above], true) = (pair, found.is_empty()) {
            let issuer = one.is_issued_by(above).then_some(above);
            found = verify_one(one, issuer, at == 0, path, &mut state);
        }
    }
    found
}

/// The last of the possible issuers that is valid, else the first (`find_issuer`).
fn find_issuer<'a>(one: &Seen, trusted: &'a [Seen], now: i64) -> Option<&'a Seen> {
    let mut possible = trusted.iter().filter(|trusted| one.is_issued_by(trusted));
    let first = possible.next()?;
    Some(
        possible
            .rfind(|other| other.validity(now).is_none())
            .unwrap_or(first),
    )
}

/// Everything that is wrong with one certificate of a path, and with its issuer (`verify_crt`).
fn verify_one(
    one: &Seen,
    issuer: Option<&Seen>,
    is_leaf: bool,
    path: Path,
    state: &mut State,
) -> Vec<Status> {
    let Some(left) = state.left.checked_sub(1) else {
        return vec![Status::SignerConstraints];
    };
    state.left = left;
    let mut found = match issuer {
        Some(issuer) => verify_issuer(one, issuer, is_leaf, path, state),
        None => vec![Status::SignerNotFound],
    };
    let unknown = |seen: &Seen| seen.has_unknown_critical;
    if issuer.is_some_and(unknown) || is_leaf && unknown(one) {
        found.push(Status::UnknownCriticalExtension);
    }
    if one.signature != Signature::Unknown {
        let broken = one.signature.is_broken() && !one.is_issued_by(one);
        let strong =
            one.is_strong() && one.signature.is_strong() && issuer.is_none_or(Seen::is_strong);
        if broken || !strong {
            found.push(Status::InsecureAlgorithm);
        }
    }
    let issuers = issuer.and_then(|issuer| issuer.validity(path.now));
    found.extend(issuers.or_else(|| one.validity(path.now)));
    found
}

fn verify_issuer(
    one: &Seen,
    issuer: &Seen,
    is_leaf: bool,
    path: Path,
    state: &mut State,
) -> Vec<Status> {
    let mut found = Vec::new();
    if let Some(constraints) = &issuer.constraints {
        state.constraints.merge(constraints);
    }
    if issuer.constraints.is_none() || is_leaf && !state.constraints.permit(one) {
        found.push(Status::SignerConstraints);
    }
    if issuer.version != 1 || state.version_1_refused {
        if one.der != issuer.der {
            match issuer.basic_constraints {
                Some((true, length)) => state.left = state.left.min(length.unwrap_or(u32::MAX)),
                None if !state.version_1_refused && issuer.is_issued_by(issuer) => {}
                _ => found.push(Status::SignerNotCa),
            }
        }
        if !issuer.may_sign_certificates() {
            found.push(Status::SignerConstraints);
        }
    }
    let counts = path.leaf_signature || !is_leaf;
    if counts && !one.is_signed_by(issuer) {
        found.push(Status::SignatureFailure);
    }
    found
}

/// Bruno Haible's `hash_pjw_bare`, by which GnuTLS spreads names over its lists.
fn hash(name: &[u8]) -> u64 {
    let whole = name.iter().fold(0u64, |hash, byte| {
        hash.rotate_left(9).wrapping_add(u64::from(*byte))
    });
    whole % LISTS
}

/// Why the certificate is not for `host`, in libcurl's words; `None` means that it is.
pub(super) fn host_refusal(leaf: &X509, host: &str) -> Option<String> {
    let leaf = Seen::of(leaf)?;
    if host::gnutls_matches(&leaf.names, leaf.is_for_servers, host) {
        return None;
    }
    let subject = leaf.names.common.first().map_or("", String::as_str);
    Some(format!(
        "SSL: certificate subject name ({subject}) does not match target host name '{host}'"
    ))
}
