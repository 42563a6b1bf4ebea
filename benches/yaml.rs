//! How long it takes to read and to edit a large override file.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::fmt::Write as _;

use divan::Bencher;
use helm_clearml_certs::yaml::{Document, Path};
use serde_yaml::{Mapping, Value};

fn main() {
    divan::main();
}

const CERTIFICATES: usize = 150;

/// About 5,000 lines: comments, settings, and 150 certificates of 26 lines.
fn large_file() -> String {
    let mut text =
        String::from("# Overrides of a large installation\ncustomCertificates:\n  extraCerts:\n");
    for number in 0..CERTIFICATES {
        writeln!(text, "    # certificate {number}\n    - alias: ca-{number}").unwrap();
        writeln!(text, "      pem: |").unwrap();
        for line in pem().lines() {
            writeln!(text, "        {line}").unwrap();
        }
    }
    for number in 0..200 {
        writeln!(
            text,
            "\nsetting{number}:\n  enabled: true   # on\n  url: \"https://host-{number}.example\""
        )
        .unwrap();
    }
    text
}

fn pem() -> String {
    let body = "MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ\n".repeat(24);
    format!("-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n")
}

fn certificate() -> Value {
    Mapping::from_iter([
        (Value::from("alias"), Value::from("new")),
        (Value::from("pem"), Value::from(pem())),
    ])
    .into()
}

fn list() -> Path {
    Path::from(&["customCertificates", "extraCerts"])
}

#[divan::bench]
fn parse_5000_lines(bencher: Bencher<'_, '_>) {
    let text = large_file();
    assert!(
        (4800..5600).contains(&text.lines().count()),
        "{} lines",
        text.lines().count()
    );
    bencher.bench(|| Document::parse(&text).unwrap());
}

#[divan::bench]
fn append_a_certificate_to_150(bencher: Bencher<'_, '_>) {
    let document = Document::parse(&large_file()).unwrap();
    let certificate = certificate();
    bencher
        .with_inputs(|| document.clone())
        .bench_values(|mut document| {
            document.append(list(), &certificate).unwrap();
            document
        });
}

#[divan::bench]
fn merge_a_certificate_that_is_there(bencher: Bencher<'_, '_>) {
    let mut document = Document::parse(&large_file()).unwrap();
    let certificate = certificate();
    document.append(list(), &certificate).unwrap();
    bencher
        .with_inputs(|| document.clone())
        .bench_values(|mut document| {
            document
                .merge(list(), "alias", std::slice::from_ref(&certificate))
                .unwrap();
            document
        });
}

#[divan::bench]
fn list_every_scalar(bencher: Bencher<'_, '_>) {
    let document = Document::parse(&large_file()).unwrap();
    bencher.bench(|| document.scalars().count());
}
