//! Arbitrary bytes, read as certificates; whatever is taken must be what it says it is.

#![no_main]

use helm_clearml_certs::certs::bundle::{Bundle, Given};
use helm_clearml_certs::certs::{Certificate, lint, pem, summary};
use libfuzzer_sys::fuzz_target;
use time::OffsetDateTime;

fuzz_target!(|input: &[u8]| {
    let blocks = match pem::parse(input) {
        Ok(blocks) => blocks,
        Err(error) => {
            // A message stays short, whatever the input is; it may go to a terminal.
            let message = error.in_file("ca.pem");
            assert!(message.len() < 2_000, "{} bytes", message.len());
            assert!(!message.contains(['\u{1b}', '\u{7}', '\r']), "{message:?}");
            return;
        }
    };
    assert!(!blocks.is_empty());
    let lines = input.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 1;
    for block in &blocks {
        assert!((1..=lines).contains(&block.line), "line {} of {lines}", block.line);
        taken_back(&block.certificate);
        told(&block.certificate);
    }
    // Everything that is said of a set: nothing may panic.
    let given = blocks.into_iter().map(|block| Given {
        origin: format!("ca.pem:{}", block.line),
        wanted: None,
        fallback: "ca".to_owned(),
        from_system: false,
        certificate: block.certificate,
    });
    let bundle = Bundle::new(given.collect());
    for finding in lint::check(&bundle.entries, OffsetDateTime::UNIX_EPOCH) {
        assert!(!finding.code.is_empty());
    }
});

/// The canonical PEM of a certificate is read as the same certificate, and so is its DER.
fn taken_back(certificate: &Certificate) {
    let text = certificate.pem();
    assert!(text.lines().all(|line| line.len() <= 64), "{text}");
    for form in [text.as_bytes(), certificate.der()] {
        let again = pem::parse(form).expect("what was taken once is taken again");
        assert_eq!(again.len(), 1);
        assert_eq!(again[0].certificate, *certificate);
    }
}

/// What is shown of a certificate moves no cursor.
fn told(certificate: &Certificate) {
    let facts = &certificate.facts;
    let shown = [&certificate.subject, &certificate.issuer, &facts.signature, &facts.key.algorithm];
    let names = facts.names.iter().chain(&facts.issuer_urls);
    for text in shown.into_iter().chain(names).chain([&summary::of(certificate)]) {
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
    let _ = (certificate.role(), certificate.is_self_signed(), certificate.sha1());
}
