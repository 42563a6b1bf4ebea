//! The matrix: each defect of a root, of an intermediate and of a leaf, one at a time.

use openssl::hash::MessageDigest;

use super::Case;
use crate::support::authority::{
    ALTERNATIVE_NAMES, BASIC_CONSTRAINTS, EXTENDED_KEY_USAGE, Issued, KEY_USAGE, NAME_CONSTRAINTS,
    Recipe, authority, rsa_key, server,
};

/// A name, and what it does to a certificate that is well made.
type Defect = (&'static str, fn(Recipe) -> Recipe);

/// Each defect of a root, of an intermediate and of a leaf, and each way to give trust and to present a chain.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut case = |name: &str, trust: &[&Issued], chain: &[&Issued]| {
        cases.push(Case {
            name: name.to_owned(),
            trust: trust.iter().map(|one| (*one).clone()).collect(),
            chain: chain.iter().map(|one| (*one).clone()).collect(),
            host: "localhost",
        });
    };
    let defects: Vec<Defect> = vec![
        ("nothing wrong", |r| r),
        ("without subject key id", Recipe::without_subject_id),
        ("without authority key id", Recipe::without_authority_id),
        ("without key ids", Recipe::without_ids),
        ("basicConstraints not critical", |r| {
            r.with(BASIC_CONSTRAINTS, false, "30030101FF")
        }),
        ("without basicConstraints", |r| r.without(BASIC_CONSTRAINTS)),
        ("CA:FALSE", |r| r.with(BASIC_CONSTRAINTS, true, "3000")),
        ("path length 0", |r| {
            r.with(BASIC_CONSTRAINTS, true, "30060101FF020100")
        }),
        ("without keyUsage", |r| r.without(KEY_USAGE)),
        ("keyUsage not critical", |r| {
            r.with(KEY_USAGE, false, "03020106")
        }),
        ("keyUsage without keyCertSign", |r| {
            r.with(KEY_USAGE, true, "03020780")
        }),
        ("for clients only", |r| {
            r.with(EXTENDED_KEY_USAGE, false, "300A06082B06010505070302")
        }),
        ("empty subject", Recipe::nameless),
        ("expired", |r| r.days(-100, -1)),
        ("not yet valid", |r| r.days(1, 100)),
        ("RSA 2048", |r| r.key(rsa_key(2048))),
        ("RSA 1024", |r| r.key(rsa_key(1024))),
        ("SHA-1", |r| {
            r.key(rsa_key(2048)).digest(MessageDigest::sha1())
        }),
        ("version 1", Recipe::version_1),
        ("constrained to localhost", |r| {
            r.with(NAME_CONSTRAINTS, true, "300FA00D300B82096C6F63616C686F7374")
        }),
        ("constrained to acme.example", |r| {
            r.with(
                NAME_CONSTRAINTS,
                true,
                "3012A010300E820C61636D652E6578616D706C65",
            )
        }),
    ];
    for (defect, apply) in &defects {
        let root = apply(authority("Acme Root")).self_signed();
        let leaf = server("localhost").issued_by(&root);
        case(&format!("root {defect}"), &[&root], &[&leaf]);
        let good = authority("Acme Root").self_signed();
        let issuing = apply(authority("Acme Issuing")).issued_by(&good);
        let leaf = server("localhost").issued_by(&issuing);
        case(
            &format!("intermediate {defect}, root trusted"),
            &[&good],
            &[&leaf, &issuing],
        );
    }
    let root = authority("Acme Root").self_signed();
    let issuing = authority("Acme Issuing").issued_by(&root);
    let leaf_defects: Vec<Defect> = vec![
        ("nothing wrong", |r| r),
        ("without authority key id", Recipe::without_authority_id),
        ("without subject key id", Recipe::without_subject_id),
        ("without basicConstraints", |r| r.without(BASIC_CONSTRAINTS)),
        ("CA:TRUE", |r| r.with(BASIC_CONSTRAINTS, true, "30030101FF")),
        ("keyCertSign", |r| r.with(KEY_USAGE, true, "03020284")),
        ("without keyUsage", |r| r.without(KEY_USAGE)),
        ("without extendedKeyUsage", |r| {
            r.without(EXTENDED_KEY_USAGE)
        }),
        ("for clients only", |r| {
            r.with(EXTENDED_KEY_USAGE, false, "300A06082B06010505070302")
        }),
        ("empty subject", Recipe::nameless),
        ("for another host", |r| {
            r.with(ALTERNATIVE_NAMES, false, "300E820C61636D652E6578616D706C65")
        }),
        ("expired", |r| r.days(-100, -1)),
        ("not yet valid", |r| r.days(1, 100)),
        ("RSA 1024", |r| r.key(rsa_key(1024))),
    ];
    for (defect, apply) in &leaf_defects {
        let leaf = apply(server("localhost")).issued_by(&issuing);
        case(&format!("leaf {defect}"), &[&root], &[&leaf, &issuing]);
    }
    let leaf = server("localhost").issued_by(&issuing);
    let other = authority("Other Root").self_signed();
    case("the leaf itself as trust", &[&leaf], &[&leaf, &issuing]);
    case("the leaf itself as trust, alone", &[&leaf], &[&leaf]);
    case("intermediate without root", &[&issuing], &[&leaf, &issuing]);
    case("intermediate without root, alone", &[&issuing], &[&leaf]);
    case("root only, intermediate missing", &[&root], &[&leaf]);
    case(
        "root and intermediate, intermediate missing",
        &[&root, &issuing],
        &[&leaf],
    );
    case("another root", &[&other], &[&leaf, &issuing]);
    case("two roots", &[&other, &root], &[&leaf, &issuing]);
    case("root presented too", &[&root], &[&leaf, &issuing, &root]);
    let own = server("localhost").self_signed();
    case("self-signed server", &[&own], &[&own]);
    let as_ca = server("localhost")
        .with(BASIC_CONSTRAINTS, true, "30030101FF")
        .without(KEY_USAGE)
        .without(EXTENDED_KEY_USAGE)
        .self_signed();
    case(
        "self-signed server as openssl req -x509 makes it",
        &[&as_ca],
        &[&as_ca],
    );
    let successor = authority("Acme Root").self_signed();
    case(
        "an older generation of the root",
        &[&successor],
        &[&leaf, &issuing],
    );
    cases
}
