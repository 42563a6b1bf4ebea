//! What is said of each client is what the client itself says, on TLS servers on the loopback.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test fails by panicking; a part that cannot run says so"
)]
#![allow(clippy::too_many_lines, reason = "the matrix of cases is one list")]

mod support;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use helm_clearml_certs::certs::Certificate;
use helm_clearml_certs::certs::verdict::{Client, Server, Specimens, Trust, Verdict};
use openssl::hash::MessageDigest;
use support::authority::{Issued, Recipe, authority, rsa_key, server};
use time::OffsetDateTime;

const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const KEY_USAGE: &str = "2.5.29.15";
const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
const ALTERNATIVE_NAMES: &str = "2.5.29.17";
const NAME_CONSTRAINTS: &str = "2.5.29.30";

/// A name, and what it does to a certificate that is well made.
type Defect = (&'static str, fn(Recipe) -> Recipe);

struct Case {
    name: String,
    trust: Vec<Issued>,
    chain: Vec<Issued>,
}

fn certificate(issued: &Issued) -> Certificate {
    Certificate::from_der(&issued.x509.to_der().unwrap()).unwrap()
}

/// Each defect of a root, of an intermediate and of a leaf, and each way to give trust and to present a chain.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut case = |name: &str, trust: &[&Issued], chain: &[&Issued]| {
        cases.push(Case {
            name: name.to_owned(),
            trust: trust.iter().map(|one| (*one).clone()).collect(),
            chain: chain.iter().map(|one| (*one).clone()).collect(),
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

fn pem(certificates: &[Issued]) -> String {
    certificates.iter().map(Issued::pem).collect()
}

/// What every client that is installed says of each case.
fn ask(cases: &[Case]) -> Option<Vec<BTreeMap<String, String>>> {
    let script = support::repository().join("tests/support/clients.py");
    let Ok(mut python) = Command::new("python3")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
    else {
        eprintln!("SKIPPED: no python3 on this machine");
        return None;
    };
    let given: Vec<_> = cases
        .iter()
        .map(|case| {
            serde_json::json!({
                "trust": pem(&case.trust), "chain": pem(&case.chain), "key": case.chain[0].key_pem(),
            })
        })
        .collect();
    let given = serde_json::to_vec(&given).unwrap();
    python.stdin.take().unwrap().write_all(&given).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn verdicts_agree_with_the_clients_themselves() {
    let cases = cases();
    assert!(cases.len() >= 60, "{}", cases.len());
    let Some(answers) = ask(&cases) else { return };
    let mut differences = Vec::new();
    let mut asked = BTreeMap::<&str, usize>::new();
    for (case, answer) in cases.iter().zip(&answers) {
        let certificates: Vec<Certificate> = case.trust.iter().map(certificate).collect();
        let trust = Trust::new(
            &certificates.iter().collect::<Vec<_>>(),
            OffsetDateTime::now_utc(),
        )
        .unwrap();
        let server = Server {
            chain: case
                .chain
                .iter()
                .map(|one| one.x509.to_der().unwrap())
                .collect(),
            host: Some("localhost".to_owned()),
        };
        for client in Client::ALL {
            let Some(said) = answer.get(client.id()) else {
                continue;
            };
            *asked.entry(client.id()).or_default() += 1;
            let verdict = trust.verdict(client, &server);
            if verdict.is_trusted() != said.is_empty() {
                differences.push(format!(
                    "{}: {client} said {said:?}, we say {verdict:?}",
                    case.name
                ));
            }
        }
    }
    for client in Client::ALL {
        if !asked.contains_key(client.id()) {
            eprintln!("SKIPPED: {client} is not on this machine");
        }
    }
    assert!(asked["python-3.13"] >= 60);
    assert!(
        differences.is_empty(),
        "{} differences\n{}",
        differences.len(),
        differences.join("\n")
    );
}

/// A CA alone is judged by a specimen; the verdict is the one that a real certificate of that CA would get.
#[test]
fn a_ca_alone_is_judged_as_its_certificates_would_be() {
    let now = OffsetDateTime::now_utc();
    let specimens = Specimens::default();
    let mut compared = 0;
    for case in cases()
        .iter()
        .filter(|case| case.name.starts_with("root ") && case.chain.len() == 1)
    {
        let [root] = case.trust.as_slice() else {
            continue;
        };
        let root = certificate(root);
        if !matches!(root.role(), helm_clearml_certs::certs::Role::Root) {
            continue;
        }
        // A real leaf of a CA without key identifiers names none either; the specimen always does.
        let constrained = case.name.ends_with("acme.example");
        if root.facts.subject_key_id.is_none() || constrained || case.name.contains("missing") {
            continue;
        }
        let trust = Trust::new(&[&root], now).unwrap();
        let server = Server {
            chain: vec![case.chain[0].x509.to_der().unwrap()],
            host: None,
        };
        for client in Client::ALL {
            let alone = trust.verdict_on(client, &root, &specimens).unwrap();
            let real = trust.verdict(client, &server);
            assert_eq!(
                alone.is_trusted(),
                real.is_trusted(),
                "{}: {client}: {alone:?}, {real:?}",
                case.name
            );
            compared += 1;
        }
    }
    assert!(compared > 60, "{compared}");
}

#[test]
fn the_words_are_openssls_own() {
    let now = OffsetDateTime::now_utc();
    let verdict = |recipe: Recipe, client| {
        let root = certificate(&recipe.self_signed());
        Trust::new(&[&root], now)
            .unwrap()
            .verdict_on(client, &root, &Specimens::default())
            .unwrap()
    };
    let refused = |text: &str| Verdict::Refused(text.to_owned());
    assert_eq!(
        verdict(authority("Fine"), Client::Python313),
        Verdict::Trusted
    );
    assert_eq!(
        verdict(authority("No SKI").without_subject_id(), Client::Python313),
        refused("Missing Subject Key Identifier")
    );
    assert_eq!(
        verdict(
            authority("Soft").with(BASIC_CONSTRAINTS, false, "30030101FF"),
            Client::Python313
        ),
        refused("Basic Constraints of CA cert not marked critical")
    );
    assert_eq!(
        verdict(authority("No usage").without(KEY_USAGE), Client::Python313),
        refused("CA cert does not include key usage extension")
    );
    assert_eq!(
        verdict(authority("No usage").without(KEY_USAGE), Client::Python312),
        Verdict::Trusted
    );
    assert_eq!(
        verdict(authority("Weak").key(rsa_key(1024)), Client::Curl),
        refused("CA certificate key too weak")
    );
    assert_eq!(
        verdict(authority("Old").days(-100, -1), Client::Curl),
        refused("certificate has expired")
    );
}
