//! What is said of real certificates is what OpenSSL says of them.
//!
//! A bundle that is not on this machine shows as an ignored test.

use std::fs;
use std::process::{Command, Stdio};

use crate::support::authority::{Issued, authority, server};
use helm_clearml_certs::certs::chain::Chain;
use helm_clearml_certs::certs::{Certificate, Role, pem};
use libtest_mimic::Trial;
use openssl::asn1::Asn1Type;
use openssl::x509::X509;

/// Where a bundle of public CAs may be found.
struct Public {
    name: &'static str,
    bytes: Option<Vec<u8>>,
}

pub(crate) fn trials() -> Vec<Trial> {
    let tests: [(&str, fn()); 7] = [
        (
            "the_openssl_command_prints_the_same_text",
            the_openssl_command_prints_the_same_text,
        ),
        (
            "a_chain_is_found_by_signature_not_by_name_alone",
            a_chain_is_found_by_signature_not_by_name_alone,
        ),
        (
            "a_server_that_signed_itself_is_no_root",
            a_server_that_signed_itself_is_no_root,
        ),
        (
            "names_in_every_kind_of_string_are_read_as_openssl_reads_them",
            names_in_every_kind_of_string_are_read_as_openssl_reads_them,
        ),
        (
            "what_issued_another_is_a_ca_whatever_it_is_called",
            what_issued_another_is_a_ca_whatever_it_is_called,
        ),
        (
            "constraints_and_versions_are_told_as_they_are",
            constraints_and_versions_are_told_as_they_are,
        ),
        (
            "thousands_of_certificates_are_told_apart",
            thousands_of_certificates_are_told_apart,
        ),
    ];
    let mut trials: Vec<Trial> = public_bundles().into_iter().map(Public::trial).collect();
    for (name, test) in tests {
        trials.push(Trial::test(name, move || {
            test();
            Ok(())
        }));
    }
    trials
}

impl Public {
    /// A bundle that is not on this machine shows as an ignored test, since cargo hides what passing tests print.
    fn trial(self) -> Trial {
        let Self { name, bytes } = self;
        let missing = bytes.is_none();
        let trial = Trial::test(
            format!("{name}_bundle_is_read_whole_and_as_openssl_reads_it"),
            move || {
                let bytes = bytes.ok_or_else(|| format!("{name} bundle is not on this machine"))?;
                is_read_as_openssl_reads_it(&bytes);
                Ok(())
            },
        );
        if missing {
            return trial
                .with_kind("SKIPPED: not on this machine")
                .with_ignored_flag(true);
        }
        trial
    }
}

/// The bundles of Debian, of certifi (pip brings its own) and of node.
fn public_bundles() -> [Public; 3] {
    let printed = |program: &str, code: &str| {
        let flag = if program == "node" { "-e" } else { "-c" };
        let output = Command::new(program)
            .args([flag, code])
            .stderr(Stdio::null())
            .output();
        output
            .ok()
            .filter(|output| output.status.success())
            .map(|output| String::from_utf8(output.stdout).unwrap())
    };
    let certifi = printed("python3", "import certifi; print(certifi.where())").or_else(|| {
        printed(
            "python3",
            "from pip._vendor import certifi; print(certifi.where())",
        )
    });
    let node = "console.log(require('tls').rootCertificates.join('\\n'))";
    [
        Public {
            name: "debians",
            bytes: fs::read("/etc/ssl/certs/ca-certificates.crt").ok(),
        },
        Public {
            name: "certifis",
            bytes: certifi.and_then(|path| fs::read(path.trim()).ok()),
        },
        Public {
            name: "nodes",
            bytes: printed("node", node).map(String::into_bytes),
        },
    ]
}

fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

fn certificate(issued: &crate::support::authority::Issued) -> Certificate {
    Certificate::from_der(&issued.x509.to_der().unwrap()).unwrap()
}

fn is_read_as_openssl_reads_it(bytes: &[u8]) {
    let ours = pem::parse(bytes).unwrap();
    let theirs = X509::stack_from_pem(bytes).unwrap();
    assert!(theirs.len() > 100);
    assert_eq!(ours.len(), theirs.len());
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

fn the_openssl_command_prints_the_same_text() {
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

fn a_server_that_signed_itself_is_no_root() {
    let plain = server("localhost").self_signed();
    assert_eq!(certificate(&plain).role(), Role::SelfSignedServer);
    // `openssl req -x509 -addext subjectAltName=…` makes a CA of it.
    let as_ca = server("localhost")
        .with("2.5.29.19", true, "30030101FF")
        .without("2.5.29.15")
        .self_signed();
    assert_eq!(certificate(&as_ca).role(), Role::SelfSignedServer);
    let root = authority("Acme Root").without("2.5.29.15").self_signed();
    assert_eq!(certificate(&root).role(), Role::Root);
}

fn names_in_every_kind_of_string_are_read_as_openssl_reads_them() {
    let kinds = [
        (Asn1Type::UTF8STRING, "Müller Söhne 日本"),
        (Asn1Type::BMPSTRING, "Müller Söhne 日本"),
        (Asn1Type::UNIVERSALSTRING, "Müller Söhne 日本"),
        (Asn1Type::T61STRING, "Müller Söhne"),
        (Asn1Type::PRINTABLESTRING, "Muller"),
        (Asn1Type::IA5STRING, "muller@acme"),
    ];
    for (kind, name) in kinds {
        let made = certificate(&authority("x").called_as(name, kind).self_signed());
        assert_eq!(made.common_name.as_deref(), Some(name), "{kind:?}");
        assert_eq!(made.subject, format!("CN={name}"), "{kind:?}");
        let said = made.x509().subject_name().entries().next().unwrap();
        assert_eq!(&*said.data().to_string().unwrap(), name, "{kind:?}");
    }
}

fn what_issued_another_is_a_ca_whatever_it_is_called() {
    let named_like_a_host = authority("harbor.acme.example").without("2.5.29.15");
    let root = named_like_a_host.self_signed();
    let registry = server("registry.acme.example").issued_by(&root);
    assert_eq!(certificate(&root).role(), Role::Root, "alone as well");
    assert_eq!(roles(&[&root, &registry]), [Role::Root, Role::Leaf]);

    let with_names = server("localhost")
        .with("2.5.29.19", true, "30030101FF")
        .self_signed();
    let issued = server("api.acme.example").issued_by(&with_names);
    assert_eq!(certificate(&with_names).role(), Role::SelfSignedServer);
    assert_eq!(roles(&[&issued, &with_names]), [Role::Leaf, Role::Root]);

    for ids in [true, false] {
        let root = authority("api.acme.example");
        let leaf = server("api.acme.example");
        let (root, leaf) = if ids {
            (root, leaf)
        } else {
            (root.without_ids(), leaf.without_ids())
        };
        let root = root.self_signed();
        let leaf = leaf.issued_by(&root);
        assert_eq!(certificate(&leaf).role(), Role::Leaf, "one name, two keys");
        assert_eq!(roles(&[&leaf, &root]), [Role::Leaf, Role::Root]);
    }
    let denies = server("localhost").self_signed();
    let issued = server("api.acme.example").issued_by(&denies);
    assert_eq!(roles(&[&denies, &issued]), [Role::Root, Role::Leaf]);
}

fn roles(all: &[&Issued]) -> Vec<Role> {
    let all: Vec<Certificate> = all.iter().map(|one| certificate(one)).collect();
    let chain = Chain::of(&all.iter().collect::<Vec<_>>());
    (0..all.len()).map(|index| chain.role(index)).collect()
}

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

fn thousands_of_certificates_are_told_apart() {
    const ROOTS: usize = 800;
    let key = openssl::pkey::PKey::generate_ed25519().unwrap();
    let mut text = String::new();
    for number in 0..ROOTS {
        let root = authority(&format!("Acme Root {number}"))
            .key(key.clone())
            .self_signed();
        text += &root.pem();
        if number % 2 == 0 {
            text += &authority("Acme Issuing")
                .key(key.clone())
                .issued_by(&root)
                .pem();
        }
    }
    let blocks = pem::parse(text.as_bytes()).unwrap();
    assert_eq!(blocks.len(), ROOTS * 3 / 2);
    let certificates: Vec<&Certificate> = blocks.iter().map(|block| &block.certificate).collect();
    let chain = Chain::of(&certificates);
    assert_eq!(chain.tops().len(), ROOTS);
    assert_eq!(chain.issuer(1), Some(0));
    assert_eq!(chain.issuer(4), Some(3));
}
