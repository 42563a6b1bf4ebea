//! Mozilla's root certificates, as Debian's `ca-certificates` package installs them.
//!
//! The list (`mozilla.tsv`, made by `scripts/mozilla-roots` from versions 20230311, 20250419 and
//! 20260816) tells a public root from a private CA,
//! and which names `update-ca-certificates` has given away already.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::Fingerprint;

const ROOTS: &str = include_str!("mozilla.tsv");

/// Name without `.crt`, and fingerprint.
fn roots() -> impl Iterator<Item = (&'static str, &'static str)> {
    ROOTS.lines().filter_map(|line| line.split_once('\t'))
}

static FINGERPRINTS: LazyLock<HashSet<Fingerprint>> =
    LazyLock::new(|| roots().filter_map(|(_, one)| one.parse().ok()).collect());

static NAMES: LazyLock<HashSet<String>> =
    LazyLock::new(|| roots().map(|(name, _)| name.to_ascii_lowercase()).collect());

/// Whether this is the certificate of a public CA.
#[must_use]
pub fn is_public_root(certificate: Fingerprint) -> bool {
    FINGERPRINTS.contains(&certificate)
}

/// Whether a public root has a fingerprint that begins so, in pairs of hex digits with colons.
#[must_use]
pub fn has_root_that_begins(fingerprint: &str) -> bool {
    !fingerprint.is_empty() && roots().any(|(_, one)| one.starts_with(fingerprint))
}

/// Whether a public root has this file name: a certificate of that alias would replace its link in `/etc/ssl/certs`.
#[must_use]
pub fn is_taken_name(alias: &str) -> bool {
    NAMES.contains(&alias.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole() {
        assert!(roots().count() > 100);
        assert!(roots().all(|(_, one)| one.parse::<Fingerprint>().is_ok()));
        assert!(roots().all(|(name, fingerprint)| !name.is_empty() && fingerprint.len() == 95));
    }

    #[test]
    fn names_of_public_roots_are_taken_without_regard_to_case() {
        assert!(is_taken_name("isrg_root_x1"));
        assert!(!is_taken_name("acme-root"));
    }
}
