//! How long it takes to read bundles of certificates, and to say what is wrong with them and who will take them.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark fails by panicking, and uses a part of what the tests make certificates with"
)]

#[path = "../tests/support/authority.rs"]
mod authority;
#[path = "../tests/support/der.rs"]
mod der;

use std::sync::OnceLock;

use divan::Bencher;
use helm_clearml_certs::certs::bundle::{Bundle, Entry, Given};
use helm_clearml_certs::certs::chain::Chain;
use helm_clearml_certs::certs::verdict::Trust;
use helm_clearml_certs::certs::{Certificate, lint, pem};
use time::OffsetDateTime;

use authority::{authority as ca, rsa_key};

fn main() {
    divan::main();
}

/// Most have a root or two beside them; the largest is ten times what any distribution ships.
const SIZES: [usize; 2] = [150, 5_000];

/// Roots with RSA keys, as in Mozilla's bundle, and under every third of them an intermediate.
fn bundle(size: usize) -> &'static str {
    static MADE: [OnceLock<String>; SIZES.len()] = [const { OnceLock::new() }; SIZES.len()];
    let index = SIZES.iter().position(|one| *one == size).unwrap();
    MADE[index].get_or_init(|| {
        let key = rsa_key(2048);
        let mut text = String::new();
        for number in 0..size * 3 / 4 {
            let root = ca(&format!("Acme Root {number}"))
                .key(key.clone())
                .self_signed();
            text += &root.pem();
            if number % 3 == 0 {
                text += &ca(&format!("Acme Issuing {number}")).issued_by(&root).pem();
            }
        }
        text
    })
}

fn entries(size: usize) -> Vec<Entry> {
    let given = |block: pem::Block| Given {
        origin: format!("ca.pem:{}", block.line),
        wanted: None,
        fallback: "ca".to_owned(),
        of_bundle: false,
        certificate: block.certificate,
    };
    let blocks = pem::parse(bundle(size).as_bytes()).unwrap();
    let entries = Bundle::new(blocks.into_iter().map(given).collect()).entries;
    assert_eq!(entries.len(), size);
    entries
}

#[divan::bench(args = SIZES)]
fn read(bencher: Bencher<'_, '_>, size: usize) {
    let text = bundle(size);
    bencher.bench(|| pem::parse(text.as_bytes()).unwrap());
}

#[divan::bench(args = SIZES)]
fn read_and_name(bencher: Bencher<'_, '_>, size: usize) {
    bundle(size);
    bencher.bench(|| entries(size));
}

#[divan::bench(args = SIZES)]
fn find_issuers(bencher: Bencher<'_, '_>, size: usize) {
    let entries = entries(size);
    let certificates: Vec<&Certificate> = entries.iter().map(|entry| &entry.certificate).collect();
    bencher.bench(|| Chain::of(&certificates));
}

#[divan::bench(args = SIZES)]
fn lint_all(bencher: Bencher<'_, '_>, size: usize) {
    let entries = entries(size);
    bencher.bench(|| lint::check(&entries, OffsetDateTime::now_utc()));
}

/// What every client says of every certificate.
#[divan::bench(args = SIZES, sample_count = 10)]
fn judge_all(bencher: Bencher<'_, '_>, size: usize) {
    let entries = entries(size);
    let certificates: Vec<&Certificate> = entries.iter().map(|entry| &entry.certificate).collect();
    let now = OffsetDateTime::now_utc();
    bencher.bench(|| {
        let trust = Trust::new(&certificates, now);
        let judged =
            |certificate: &&Certificate| trust.verdicts_on(certificate, certificate.role());
        certificates.iter().map(judged).collect::<Vec<_>>()
    });
}
