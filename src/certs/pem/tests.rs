//! Every shape that is taken, and every one that is refused.

use super::*;

fn certificate(name: &str) -> String {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::default();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, name);
    params
        .self_signed(&key)
        .unwrap()
        .pem()
        .replace("\r\n", "\n")
}

fn subjects(input: &str) -> Vec<(usize, String)> {
    parse(input.as_bytes())
        .unwrap()
        .into_iter()
        .map(|block| (block.line, block.certificate.subject))
        .collect()
}

fn problem(input: &str) -> (usize, Problem) {
    let error = parse(input.as_bytes()).unwrap_err();
    (error.line, error.problem)
}

#[test]
fn certificates_are_found_in_any_surrounding_text() {
    let text = format!(
        "\u{FEFF}Bag Attributes\n    friendlyName: x\n{}\nsome text: y\n{}",
        certificate("One"),
        certificate("Two")
    );
    let found = subjects(&text);
    assert_eq!(found[0], (3, "CN=One".to_owned()));
    assert_eq!(found[1].1, "CN=Two");
    assert_eq!(subjects(&text.replace('\n', "\r\n")), found);
    assert_eq!(subjects(text.trim_end()), found);
}

#[test]
fn a_latin1_comment_does_not_hide_a_certificate() {
    let mut bytes = b"# M\xfcller\n".to_vec();
    bytes.extend(certificate("One").bytes());
    assert_eq!(parse(&bytes).unwrap().len(), 1);
}

#[test]
fn the_canonical_form_is_taken_back_unchanged() {
    let pem = certificate("One");
    let one_line = pem
        .replace('\n', "")
        .replace("TE-----", "TE-----\n")
        .replace("-----END", "\n-----END");
    let canonical = parse(one_line.as_bytes()).unwrap()[0].certificate.pem();
    assert_eq!(canonical, pem);
    let der = STANDARD
        .decode(
            pem.lines()
                .filter(|l| !l.starts_with('-'))
                .collect::<String>(),
        )
        .unwrap();
    assert_eq!(parse(&der).unwrap()[0].certificate.pem(), pem);
}

#[test]
fn damage_is_named_by_line() {
    let pem = certificate("One");
    let end = pem.lines().count();
    assert_eq!(
        problem(&pem.replace("-----END CERTIFICATE-----\n", "")).1,
        Problem::MissingEnd
    );
    assert_eq!(
        problem(&format!(
            "{}{pem}",
            pem.replace("-----END CERTIFICATE-----\n", "")
        )),
        (1, Problem::MissingEnd)
    );
    assert_eq!(
        problem(&format!("{}{pem}", pem.trim_end())),
        (end, Problem::Glued)
    );
    assert_eq!(
        problem(&pem.replace("-----BEGIN CERTIFICATE-----\n", "")).1,
        Problem::StrayEnd
    );
    assert_eq!(
        problem(&pem.replace('\n', "\n ").replacen("---", " ---", 1)),
        (1, Problem::Indented)
    );
    assert_eq!(
        problem(&pem.replacen("\nM", "\n!", 1)),
        (1, Problem::Base64)
    );
    assert_eq!(problem("hello\n"), (1, Problem::Empty));
    assert_eq!(problem("\0\u{1}binary"), (1, Problem::Empty));
    assert_eq!(parse(b"\xff\0").unwrap_err().problem, Problem::Binary);
}

#[test]
fn keys_and_requests_are_refused() {
    for (label, problem_of) in [
        ("PRIVATE KEY", Problem::PrivateKey),
        ("RSA PRIVATE KEY", Problem::PrivateKey),
        ("ENCRYPTED PRIVATE KEY", Problem::PrivateKey),
        ("CERTIFICATE REQUEST", Problem::Request),
        (
            "EC PARAMETERS",
            Problem::WrongLabel("EC PARAMETERS".to_owned()),
        ),
    ] {
        let text = format!("x\n-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
        assert_eq!(problem(&text), (2, problem_of));
    }
}

#[test]
fn openssls_trust_settings_are_cut_off() {
    let pem = certificate("One");
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let mut der = STANDARD.decode(body).unwrap();
    der.extend([0x30, 0x03, 0x0c, 0x01, b'x']);
    let label = "TRUSTED CERTIFICATE";
    let text = format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        STANDARD.encode(der)
    );
    assert_eq!(parse(text.as_bytes()).unwrap()[0].certificate.pem(), pem);
}

#[test]
fn large_noise_ends_soon() {
    let noise = "x".repeat(2_000_000);
    assert_eq!(problem(&noise).1, Problem::Empty);
    assert_eq!(problem(&"-----BEGIN ".repeat(200_000)).1, Problem::Glued);
}

fn der(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(body).unwrap()
}

#[test]
fn every_encoding_of_text_is_read() {
    let pem = certificate("One");
    let utf16 = |text: &str, le: bool| -> Vec<u8> {
        "\u{FEFF}"
            .encode_utf16()
            .chain(text.encode_utf16())
            .flat_map(|unit| {
                if le {
                    unit.to_le_bytes()
                } else {
                    unit.to_be_bytes()
                }
            })
            .collect()
    };
    for bytes in [
        utf16(&pem, true),
        utf16(&pem, false),
        pem.replace('\n', "\r").into_bytes(),
        pem.lines()
            .filter(|l| !l.starts_with('-'))
            .collect::<String>()
            .into_bytes(),
        pem.lines()
            .filter(|l| !l.starts_with('-'))
            .collect::<Vec<_>>()
            .join("\r\n")
            .into_bytes(),
    ] {
        assert_eq!(parse(&bytes).unwrap()[0].certificate.pem(), pem);
    }
}

#[test]
fn pkcs7_gives_all_its_certificates_in_der_and_pem() {
    // A degenerate signed-data container, as `openssl crl2pkcs7 -nocrl` makes them (RFC 2315, 9.1).
    let certificates = [der(&certificate("One")), der(&certificate("Two"))].concat();
    let element = |tag: u8, content: &[u8]| -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82], &length[..], content].concat()
    };
    let oid = |last: u8| {
        [
            0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, last,
        ]
    };
    let signed = element(
        0x30,
        &[
            &[0x02, 0x01, 0x01, 0x31, 0x00][..],
            &element(0x30, &oid(1)),
            &element(0xA0, &certificates),
            &[0x31, 0x00],
        ]
        .concat(),
    );
    let container = element(0x30, &[&oid(2)[..], &element(0xA0, &signed)].concat());
    assert_eq!(parse(&container).unwrap().len(), 2);
    let pem = format!(
        "-----BEGIN PKCS7-----\n{}\n-----END PKCS7-----\n",
        STANDARD.encode(&container)
    );
    assert_eq!(subjects(&pem)[1].1, "CN=Two");
    let broken = &container[..container.len() - 4];
    assert_eq!(parse(broken).unwrap_err().problem, Problem::Pkcs7);
}

#[test]
fn binary_things_that_are_no_certificate_are_named() {
    use openssl::pkcs12::Pkcs12;
    use openssl::pkey::PKey;
    use openssl::x509::{X509, X509ReqBuilder};
    let key = PKey::generate_ed25519().unwrap();
    let request = {
        let mut builder = X509ReqBuilder::new().unwrap();
        builder.set_pubkey(&key).unwrap();
        builder
            .sign(&key, openssl::hash::MessageDigest::null())
            .unwrap();
        builder.build().to_der().unwrap()
    };
    let store = {
        let ca = X509::from_der(&der(&certificate("One"))).unwrap();
        let mut stack = openssl::stack::Stack::new().unwrap();
        stack.push(ca).unwrap();
        Pkcs12::builder()
            .ca(stack)
            .build2("secret")
            .unwrap()
            .to_der()
            .unwrap()
    };
    let encrypted = key
        .private_key_to_pkcs8_passphrase(openssl::symm::Cipher::aes_256_cbc(), b"secret")
        .unwrap();
    for (bytes, expected) in [
        (key.private_key_to_der().unwrap(), Problem::PrivateKey),
        (encrypted, Problem::Encrypted),
        (key.public_key_to_der().unwrap(), Problem::PublicKey),
        (request, Problem::Request),
        (store, Problem::Pkcs12),
        (
            vec![0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2],
            Problem::JavaKeyStore,
        ),
    ] {
        assert_eq!(parse(&bytes).unwrap_err().problem, expected);
    }
    let trailing = [der(&certificate("One")), b"junk".to_vec()].concat();
    assert_eq!(
        parse(&trailing).unwrap_err().problem,
        Problem::X509("4 bytes follow the certificate".to_owned())
    );
}

#[test]
fn the_block_is_counted() {
    let pem = certificate("One");
    let text =
        format!("{pem}{pem}-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n");
    let error = parse(text.as_bytes()).unwrap_err();
    assert_eq!(error.block, 3);
    let shown = error.in_file("ca.pem");
    assert!(shown.starts_with(&format!(
        "ca.pem:{}: a private key",
        pem.lines().count() * 2 + 1
    )));
    assert!(shown.ends_with("(block 3 of the file)"));
    assert_eq!(
        problem("-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END CERTIFICATE-----\n").1,
        Problem::Encrypted
    );
    assert_eq!(
        problem(&pem.replace('\n', "\\n")).1,
        Problem::EscapedLineBreaks
    );
}

#[test]
fn a_thousand_nested_parts_and_ten_thousand_certificates_end_soon() {
    let nested: Vec<u8> = std::iter::repeat_n([0x30, 0x80], 1_000_000)
        .flatten()
        .collect();
    assert!(parse(&nested).is_err());
    let nested_pem = format!(
        "-----BEGIN PKCS7-----\n{}\n-----END PKCS7-----\n",
        STANDARD.encode(
            [
                &[
                    0x30, 0x80, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02
                ][..],
                &nested
            ]
            .concat()
        )
    );
    assert_eq!(problem(&nested_pem).1, Problem::Pkcs7);
    let many = certificate("One").repeat(10_000);
    assert_eq!(parse(many.as_bytes()).unwrap().len(), 10_000);
}
