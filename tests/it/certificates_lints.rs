//! Each defect gets its finding, and a well-made CA gets none.

use crate::support::authority::{
    BASIC_CONSTRAINTS, Issued, KEY_USAGE, Name, Recipe, authority, rsa_key, rsa_pss_key, server,
};
use helm_clearml_certs::certs::Certificate;
use helm_clearml_certs::certs::bundle::{Bundle, Given};
use helm_clearml_certs::certs::lint::{self, Options};
use helm_clearml_certs::certs::verdict::{Client, Server, Trust, Verdict};
use helm_clearml_certs::finding::Finding;
use openssl::hash::MessageDigest;
use time::{Duration, OffsetDateTime};

fn certificate(issued: &Issued) -> Certificate {
    Certificate::from_der(&issued.x509.to_der().unwrap()).unwrap()
}

fn findings(certificates: &[&Issued], options: &Options) -> Vec<Finding> {
    let given = certificates
        .iter()
        .map(|issued| Given {
            origin: "ca.pem:1".to_owned(),
            wanted: None,
            fallback: "ca".to_owned(),
            of_bundle: false,
            certificate: certificate(issued),
        })
        .collect();
    let entries = Bundle::new(given).entries;
    lint::check_with(&entries, options)
}

fn codes_with(certificates: &[&Issued], options: &Options) -> Vec<&'static str> {
    let findings = findings(certificates, options);
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
        (acme().serial(&[0x80, 1, 2]), "certificate-serial-negative"),
        (acme().key(rsa_key(1024)), "certificate-key-too-weak"),
        (acme().key(rsa_pss_key(1024)), "certificate-key-too-weak"),
        (
            acme().without(BASIC_CONSTRAINTS),
            "ca-without-basic-constraints",
        ),
        (server("localhost"), "certificate-self-signed-server"),
    ] {
        assert_eq!(of_root(&recipe), [expected]);
    }
    assert!(of_root(&acme().days(-100, 31)).is_empty());
    // Whoever it may vouch for, it is asked about one of those.
    for (permitted, excluded) in [
        (vec![Name::Dns("acme.example")], vec![]),
        (
            vec![Name::Dns(".acme.example")],
            vec![Name::Dns("old.acme.example")],
        ),
        (
            vec![Name::Network([10, 0, 0, 0, 255, 0, 0, 0])],
            vec![Name::Dns("")],
        ),
        (vec![], vec![Name::Dns("example")]),
        (vec![Name::Email("acme.example")], vec![]),
    ] {
        let constrained = acme().constrained(&permitted, &excluded).self_signed();
        let found = findings(&[&constrained], &Options::at(OffsetDateTime::now_utc()));
        assert!(found.is_empty(), "{permitted:?} {excluded:?}: {found:?}");
    }
    // Nothing at all is said: neither that it is a CA, nor that it may sign.
    let bare = acme().without(BASIC_CONSTRAINTS).without(KEY_USAGE);
    assert_eq!(
        of_root(&bare),
        ["ca-without-basic-constraints", "ca-without-key-usage"]
    );
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
    let denying = issuing()
        .with(BASIC_CONSTRAINTS, true, "3000")
        .issued_by(&root);
    let leaf = server("localhost").issued_by(&denying);
    assert!(codes(&[&root, &denying, &leaf]).contains(&"ca-cannot-sign"));
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

/// The words of each row are what OpenSSL says at run time, and stand in the finding.
#[test]
#[allow(clippy::too_many_lines, reason = "the rows are one list")]
fn what_a_finding_says_openssl_will_say_is_what_it_says() {
    use Client::{Curl, Python312, Python313};
    let acme = || authority("Acme Root");
    let root = acme().self_signed();
    // The set that is looked at, how many of it are trusted, and what the server presents.
    let root_of = |recipe: Recipe, code, client, words| {
        let root = recipe.self_signed();
        let chain = vec![server("localhost").issued_by(&root)];
        (vec![root], 1, chain, code, client, words)
    };
    let issuing_of = |recipe: Recipe, code, client, words| {
        let issuing = recipe.issued_by(&root);
        let leaf = server("localhost").issued_by(&issuing);
        let chain = vec![leaf, issuing.clone()];
        (vec![root.clone(), issuing], 1, chain, code, client, words)
    };
    let leaf_of = |recipe: Recipe, code, client, words| {
        let leaf = recipe.issued_by(&root);
        let set = vec![root.clone(), leaf.clone()];
        (set, 1, vec![leaf], code, client, words)
    };
    let issuing = || authority("Acme Issuing");
    let leaf = || server("localhost");
    let expired = "certificate has expired";
    let not_marked = "Basic Constraints of CA cert not marked critical";
    let no_usage = "CA cert does not include key usage extension";
    let no_authority_id = "Missing Authority Key Identifier";
    let invalid = "invalid CA certificate";
    let weak_signature = "CA signature digest algorithm too weak";
    let elsewhere = || acme().constrained(&[Name::Dns("acme.example")], &[]);
    let excluded = || acme().constrained(&[], &[Name::Dns("localhost")]);
    let constrained = "name-constraints-exclude-servers";
    let bare = || acme().without(BASIC_CONSTRAINTS).without(KEY_USAGE);
    let sign = |recipe: Recipe| recipe.with(KEY_USAGE, true, "03020284");
    let below = |root: &Issued, recipe: Recipe, code, client, words| {
        let issuing = recipe.issued_by(root);
        let leaf = leaf().issued_by(&issuing);
        let set = vec![root.clone(), issuing.clone(), leaf.clone()];
        (set, 1, vec![leaf, issuing], code, client, words)
    };
    let strong = acme().key(rsa_key(2048)).self_signed();
    let pss = acme().key(rsa_pss_key(2048)).self_signed();
    let sha1 = || issuing().digest(MessageDigest::sha1());
    let orphan = issuing().issued_by(&root);
    let below_orphan = leaf().issued_by(&orphan);
    let twins = vec![
        acme().without_ids().self_signed(),
        acme().without_ids().days(-10, 100).self_signed(),
    ];
    let below_twin = leaf().without_authority_id().issued_by(&twins[1]);
    let rows = [
        root_of(
            acme().days(-100, -1),
            "certificate-expired",
            Python312,
            expired,
        ),
        root_of(
            acme().days(1, 9),
            "certificate-not-yet-valid",
            Curl,
            "certificate is not yet valid",
        ),
        issuing_of(
            issuing().days(-9, -1),
            "certificate-expired",
            Python313,
            expired,
        ),
        root_of(
            acme().with(BASIC_CONSTRAINTS, false, "30030101FF"),
            "ca-basic-constraints-not-critical",
            Python313,
            not_marked,
        ),
        issuing_of(
            issuing().with(BASIC_CONSTRAINTS, false, "30030101FF"),
            "ca-basic-constraints-not-critical",
            Python313,
            not_marked,
        ),
        root_of(
            acme().without(KEY_USAGE),
            "ca-without-key-usage",
            Python313,
            no_usage,
        ),
        issuing_of(
            issuing().without(KEY_USAGE),
            "ca-without-key-usage",
            Python313,
            no_usage,
        ),
        root_of(
            acme().without(BASIC_CONSTRAINTS),
            "ca-without-basic-constraints",
            Python313,
            invalid,
        ),
        root_of(bare(), "ca-without-basic-constraints", Python312, invalid),
        root_of(
            acme().with(KEY_USAGE, true, "03020102"),
            "ca-cannot-sign",
            Python312,
            invalid,
        ),
        issuing_of(
            issuing().with(KEY_USAGE, true, "03020102"),
            "ca-cannot-sign",
            Curl,
            invalid,
        ),
        below(
            &root,
            issuing().with(BASIC_CONSTRAINTS, true, "3000"),
            "ca-cannot-sign",
            Python312,
            invalid,
        ),
        root_of(
            acme().without_subject_id(),
            "ca-without-subject-key-id",
            Python313,
            "Missing Subject Key Identifier",
        ),
        issuing_of(
            issuing().without_authority_id(),
            "certificate-without-authority-key-id",
            Python313,
            no_authority_id,
        ),
        leaf_of(
            leaf().without_authority_id(),
            "certificate-without-authority-key-id",
            Python313,
            no_authority_id,
        ),
        root_of(
            acme().nameless(),
            "ca-subject-empty",
            Python313,
            "Issuer name empty",
        ),
        root_of(
            acme().nameless(),
            "ca-subject-empty",
            Curl,
            "couldn't get X509-issuer name",
        ),
        leaf_of(
            leaf().nameless(),
            "subject-empty-names-not-critical",
            Python313,
            "Subject empty and Subject Alt Name extension not critical",
        ),
        leaf_of(
            sign(leaf()),
            "key-cert-sign-without-ca",
            Python313,
            "Key usage keyCertSign invalid for non-CA cert",
        ),
        root_of(
            acme().key(rsa_key(1024)),
            "certificate-key-too-weak",
            Python312,
            "CA certificate key too weak",
        ),
        leaf_of(
            leaf().key(rsa_key(1024)),
            "certificate-key-too-weak",
            Curl,
            "EE certificate key too weak",
        ),
        below(
            &strong,
            sha1(),
            "certificate-signature-too-weak",
            Python312,
            weak_signature,
        ),
        below(
            &pss,
            sha1(),
            "certificate-signature-too-weak",
            Curl,
            weak_signature,
        ),
        root_of(
            elsewhere(),
            constrained,
            Python312,
            "permitted subtree violation",
        ),
        root_of(
            excluded(),
            constrained,
            Python313,
            "excluded subtree violation",
        ),
        (
            vec![orphan.clone()],
            1,
            vec![below_orphan, orphan],
            "intermediate-without-root",
            Python312,
            "unable to get issuer certificate",
        ),
        (
            twins,
            2,
            vec![below_twin],
            "same-subject-other-key",
            Python312,
            "certificate signature failure",
        ),
    ];
    let now = OffsetDateTime::now_utc();
    let options = Options {
        hosts: vec!["localhost".to_owned()],
        ..Options::at(now)
    };
    for (set, trusted, chain, code, client, words) in rows {
        let findings = findings(&set.iter().collect::<Vec<_>>(), &options);
        let finding = findings.iter().find(|finding| finding.code == code);
        let finding = finding.unwrap_or_else(|| panic!("{code} is missing from {findings:?}"));
        assert!(
            finding.message.contains(words),
            "{words:?} is not in {finding:?}"
        );
        let trusted: Vec<Certificate> = set[..trusted].iter().map(certificate).collect();
        let trust = Trust::new(&trusted.iter().collect::<Vec<_>>(), now);
        let server = Server {
            chain: chain.iter().map(|one| one.x509.to_der().unwrap()).collect(),
            host: Some("localhost".to_owned()),
        };
        let said = trust.verdict(client, &server);
        assert!(
            matches!(&said, Verdict::Refused(said) if said.contains(words)),
            "{code}: {client} says {said:?}, not {words:?}"
        );
    }
}
