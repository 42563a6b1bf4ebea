//! Each defect gets its finding, and a well-made CA gets none.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use helm_clearml_certs::certs::Certificate;
use helm_clearml_certs::certs::bundle::{Bundle, Given};
use helm_clearml_certs::certs::lint::{self, Options};
use openssl::hash::MessageDigest;
use support::authority::{Issued, Recipe, authority, rsa_key, server};
use time::{Duration, OffsetDateTime};

fn codes_with(certificates: &[&Issued], options: &Options) -> Vec<&'static str> {
    let given = certificates
        .iter()
        .map(|issued| Given {
            origin: "ca.pem:1".to_owned(),
            wanted: None,
            fallback: "ca".to_owned(),
            from_system: false,
            certificate: Certificate::from_der(&issued.x509.to_der().unwrap()).unwrap(),
        })
        .collect();
    let entries = Bundle::new(given).entries;
    let findings = lint::check_with(&entries, options);
    findings.iter().map(|finding| finding.code).collect()
}

fn codes(certificates: &[&Issued]) -> Vec<&'static str> {
    codes_with(certificates, &Options::at(OffsetDateTime::now_utc()))
}

fn of_root(recipe: &Recipe) -> Vec<&'static str> {
    codes(&[&recipe.self_signed()])
}

#[test]
fn a_well_made_set_has_no_findings() {
    let root = authority("Acme Root").self_signed();
    let issuing = authority("Acme Issuing").issued_by(&root);
    assert_eq!(codes(&[&root, &issuing]), Vec::<&str>::new());
}

#[test]
fn each_defect_of_a_root_is_found() {
    let acme = || authority("Acme Root");
    for (recipe, expected) in [
        (acme().days(-100, -1), "certificate-expired"),
        (acme().days(1, 100), "certificate-not-yet-valid"),
        (acme().days(-100, 29), "certificate-expires-soon"),
        (acme().days(-10, 20_000), "certificate-validity-very-long"),
        (
            acme().with("2.5.29.19", false, "30030101FF"),
            "ca-basic-constraints-not-critical",
        ),
        (acme().without("2.5.29.15"), "ca-without-key-usage"),
        (acme().with("2.5.29.15", true, "03020102"), "ca-cannot-sign"),
        (acme().without_subject_id(), "ca-without-subject-key-id"),
        (acme().nameless(), "ca-subject-empty"),
        (acme().key(rsa_key(1024)), "certificate-key-too-weak"),
        (server("localhost"), "certificate-self-signed-server"),
    ] {
        assert_eq!(of_root(&recipe), [expected]);
    }
    assert!(of_root(&acme().days(-100, 31)).is_empty());
    // Harmless: a root's SHA-1 signature on itself, no AKI, keyUsage not critical.
    assert!(of_root(&acme().key(rsa_key(2048)).digest(MessageDigest::sha1())).is_empty());
    assert!(
        of_root(
            &acme()
                .without_authority_id()
                .with("2.5.29.15", false, "03020106")
        )
        .is_empty()
    );
}

#[test]
fn each_defect_below_a_root_is_found() {
    let root = authority("Acme Root").key(rsa_key(2048)).self_signed();
    let below = |recipe: Recipe| codes(&[&root, &recipe.issued_by(&root)]);
    let issuing = || authority("Acme Issuing");
    assert_eq!(
        below(issuing().without_authority_id()),
        ["certificate-without-authority-key-id"]
    );
    assert_eq!(
        below(issuing().digest(MessageDigest::sha1())),
        ["certificate-signature-too-weak"]
    );
    assert_eq!(
        codes(&[&issuing().issued_by(&root)]),
        ["intermediate-without-root"]
    );
    assert_eq!(below(server("localhost")), ["certificate-not-a-ca"]);
    assert_eq!(
        below(server("localhost").with("2.5.29.15", true, "03020284")),
        ["certificate-not-a-ca", "key-cert-sign-without-ca"]
    );
    assert_eq!(
        below(server("localhost").nameless()),
        ["certificate-not-a-ca", "subject-empty-names-not-critical"]
    );
}

#[test]
fn generations_of_a_ca_are_told_apart() {
    let old = authority("Acme Root").days(-1000, 1000).self_signed();
    let new = authority("Acme Root").self_signed();
    assert_eq!(codes(&[&old, &new]), ["older-generation"]);
    let twin = authority("Acme Root").days(-10, 100).self_signed();
    assert_eq!(codes(&[&twin, &new]), ["same-subject-other-key"]);
}

#[test]
fn options_are_heeded() {
    let now = OffsetDateTime::now_utc();
    let root = authority("Acme Root").days(-10, 100).self_signed();
    let options = Options {
        expires_within: Duration::days(120),
        ..Options::at(now)
    };
    assert_eq!(codes_with(&[&root], &options), ["certificate-expires-soon"]);
    // permitted DNS:acme.example
    let constrained = authority("Acme Root")
        .with(
            "2.5.29.30",
            true,
            "3012A010300E820C61636D652E6578616D706C65",
        )
        .self_signed();
    let told = |host: &str| {
        let options = Options {
            hosts: vec![host.to_owned()],
            ..Options::at(now)
        };
        codes_with(&[&constrained], &options)
    };
    assert_eq!(
        told("api.clearml.example"),
        ["name-constraints-exclude-servers"]
    );
    assert!(told("api.acme.example").is_empty());
}
