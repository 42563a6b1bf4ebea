//! What is said of real certificates is what OpenSSL says of them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test fails by panicking; a part that cannot run says so"
)]

mod support;

use std::process::{Command, Stdio};

use helm_clearml_certs::certs::chain::Chain;
use helm_clearml_certs::certs::{Certificate, Role, pem};
use openssl::x509::X509;
use support::authority::{authority, server};

const SYSTEM: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Every bundle of public CAs that is found on this machine.
fn real_bundles() -> Vec<(String, Vec<u8>)> {
    let printed = |program: &str, arguments: &[&str]| {
        Command::new(program)
            .args(arguments)
            .stderr(Stdio::null())
            .output()
            .ok()
            .filter(|output| output.status.success())
            .map(|output| output.stdout)
    };
    let certifi = printed("python3", &["-c", "import certifi; print(certifi.where())"])
        .or_else(|| {
            printed(
                "python3",
                &[
                    "-c",
                    "from pip._vendor import certifi; print(certifi.where())",
                ],
            )
        })
        .and_then(|path| std::fs::read(String::from_utf8(path).ok()?.trim()).ok());
    let node = printed(
        "node",
        &[
            "-e",
            "console.log(require('tls').rootCertificates.join('\\n'))",
        ],
    );
    [
        ("the system's", std::fs::read(SYSTEM).ok()),
        ("certifi's", certifi),
        ("node's", node),
    ]
    .into_iter()
    .filter_map(|(name, bytes)| {
        if bytes.is_none() {
            eprintln!("SKIPPED: {name} bundle is not on this machine");
        }
        Some((name.to_owned(), bytes?))
    })
    .collect()
}

fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

fn certificate(issued: &support::authority::Issued) -> Certificate {
    Certificate::from_der(&issued.x509.to_der().unwrap()).unwrap()
}

#[test]
fn real_bundles_are_read_whole_and_as_openssl_reads_them() {
    for (name, bytes) in real_bundles() {
        let ours = pem::parse(&bytes).unwrap();
        let theirs = X509::stack_from_pem(&bytes).unwrap();
        assert!(theirs.len() > 100, "{name}");
        assert_eq!(ours.len(), theirs.len(), "{name}");
        for (ours, theirs) in ours.iter().map(|block| &block.certificate).zip(&theirs) {
            let digest = |kind| hex(&theirs.digest(kind).unwrap());
            assert_eq!(
                ours.fingerprint.to_string(),
                digest(openssl::hash::MessageDigest::sha256())
            );
            assert_eq!(ours.sha1(), digest(openssl::hash::MessageDigest::sha1()));
            assert_eq!(ours.pem().into_bytes(), theirs.to_pem().unwrap());
            let key = theirs.public_key().unwrap();
            let bits = usize::try_from(key.bits()).unwrap();
            assert_eq!(
                ours.facts.key.bits.unwrap_or(bits),
                bits,
                "{}",
                ours.subject
            );
            assert_eq!(
                ours.facts.key.bits.is_some(),
                key.rsa().is_ok(),
                "{}",
                ours.subject
            );
            let id = theirs.subject_key_id().map(|id| hex(id.as_slice()));
            assert_eq!(ours.facts.subject_key_id, id, "{}", ours.subject);
            let authority = theirs.authority_key_id().map(|id| hex(id.as_slice()));
            assert_eq!(
                ours.facts
                    .authority_key_id
                    .clone()
                    .filter(|id| !id.is_empty()),
                authority
            );
            assert_eq!(
                ours.facts.version,
                u32::try_from(theirs.version()).unwrap() + 1
            );
            assert_eq!(
                ours.facts.unreadable,
                Vec::<String>::new(),
                "{}",
                ours.subject
            );
            assert!(ours.is_self_signed(), "{}", ours.subject);
            assert_eq!(ours.role(), Role::Root, "{}", ours.subject);
        }
    }
}

#[test]
fn the_openssl_command_prints_the_same_text() {
    let Ok(version) = Command::new("openssl").arg("version").output() else {
        eprintln!("SKIPPED: no openssl command on this machine");
        return;
    };
    assert!(version.status.success());
    let root = authority("Acme Root").self_signed();
    let leaf = server("acme.example").issued_by(&root);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("leaf.pem");
    std::fs::write(&file, leaf.pem()).unwrap();
    let text = |option: &str| {
        let output = Command::new("openssl")
            .args(["x509", "-noout", "-in"])
            .arg(&file)
            .args(option.split(' '))
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let facts = certificate(&leaf);
    let serial = text("-serial");
    assert_eq!(
        facts.facts.serial.replace(':', ""),
        serial.trim().trim_start_matches("serial=")
    );
    assert!(text("-fingerprint -sha256").contains(&facts.fingerprint.to_string()));
    assert!(text("-ext subjectAltName").contains("DNS:localhost, IP Address:127.0.0.1"));
    assert_eq!(facts.facts.names, ["DNS:localhost", "IP:127.0.0.1"]);
    assert_eq!(facts.facts.extended_key_usage, ["serverAuth"]);
    assert_eq!(
        facts.facts.key_usage.as_deref(),
        Some(&["digitalSignature"][..])
    );
}

#[test]
fn a_chain_is_found_by_signature_not_by_name_alone() {
    let old = authority("Acme Root").without_ids().self_signed();
    let new = authority("Acme Root").without_ids().self_signed();
    let issuing = authority("Acme Issuing").without_ids().issued_by(&new);
    let leaf = server("acme.example").without_ids().issued_by(&issuing);
    let all: Vec<Certificate> = [&leaf, &old, &issuing, &new].map(certificate).into();
    let chain = Chain::of(&all.iter().collect::<Vec<_>>());
    assert_eq!(chain.issuer(0), Some(2));
    assert_eq!(chain.issuer(2), Some(3), "not the older generation");
    assert_eq!(chain.tops(), [1, 3]);
    assert_eq!(chain.issued(3), [2]);
    let roles: Vec<Role> = all.iter().map(Certificate::role).collect();
    assert_eq!(
        roles,
        [Role::Leaf, Role::Root, Role::Intermediate, Role::Root]
    );
}

#[test]
fn a_server_that_signed_itself_is_no_root() {
    let plain = server("localhost").self_signed();
    assert_eq!(certificate(&plain).role(), Role::SelfSignedServer);
    // `openssl req -x509 -subj /CN=…` makes a CA of it.
    let as_ca = authority("clearml.acme.example")
        .without("2.5.29.15")
        .self_signed();
    assert_eq!(certificate(&as_ca).role(), Role::SelfSignedServer);
    let root = authority("Acme Root").without("2.5.29.15").self_signed();
    assert_eq!(certificate(&root).role(), Role::Root);
}

#[test]
fn constraints_and_versions_are_told_as_they_are() {
    let constrained = authority("Acme Root")
        .with("2.5.29.19", false, "30060101FF020102")
        // permitted DNS:acme.example, excluded IP:10.0.0.0/255.0.0.0
        .with(
            "2.5.29.30",
            true,
            "3020A010300E820C61636D652E6578616D706C65A10C300A87080A000000FF000000",
        )
        .self_signed();
    let facts = certificate(&constrained).facts;
    let basic = facts.basic_constraints.unwrap();
    assert_eq!(
        (basic.ca, basic.path_length, basic.critical),
        (true, Some(2), false)
    );
    let names = facts.name_constraints.unwrap();
    assert_eq!(names.permitted, ["DNS:acme.example"]);
    assert_eq!(names.excluded, ["IP:10.0.0.0/255.0.0.0"]);
    let old = certificate(&authority("Old").version_1().self_signed());
    assert_eq!((old.facts.version, old.is_ca), (1, true));
}
