//! Mozilla's root certificates, as Debian's `ca-certificates` package installs them.
//!
//! The list (`mozilla.tsv`, made by `scripts/mozilla-roots` from version 20230311) tells a public root from a private CA,
//! and which names `update-ca-certificates` has given away already.

use super::Fingerprint;

const ROOTS: &str = include_str!("mozilla.tsv");

/// Name without `.crt`, and fingerprint.
fn roots() -> impl Iterator<Item = (&'static str, &'static str)> {
    ROOTS.lines().filter_map(|line| line.split_once('\t'))
}

/// Whether this is the certificate of a public CA.
#[must_use]
pub fn is_public_root(certificate: Fingerprint) -> bool {
    let wanted = certificate.to_string();
    roots().any(|(_, fingerprint)| fingerprint == wanted)
}

/// Whether a public root has this file name: a certificate of that alias would replace its link in `/etc/ssl/certs`.
#[must_use]
pub fn is_taken_name(alias: &str) -> bool {
    roots().any(|(name, _)| name.eq_ignore_ascii_case(alias))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole() {
        assert!(roots().count() > 100);
        assert!(roots().all(|(name, fingerprint)| !name.is_empty() && fingerprint.len() == 95));
    }

    #[test]
    fn names_of_public_roots_are_taken_without_regard_to_case() {
        assert!(is_taken_name("isrg_root_x1"));
        assert!(!is_taken_name("acme-root"));
    }
}
