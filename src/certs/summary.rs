//! Certificates in a text, each told in one line: nobody reads base64.

use super::{Certificate, pem};
use crate::certs::lint::date;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// A certificate in one line: `<certificate Acme Root, 6C:A1:…, until 2126-01-01>`.
#[must_use]
pub fn of(certificate: &Certificate) -> String {
    let name = certificate
        .common_name
        .as_ref()
        .unwrap_or(&certificate.subject);
    let fingerprint = certificate.fingerprint.short();
    let until = date(certificate.not_after);
    format!("{OPENS}{name}, {fingerprint}{MORE}{until}>")
}

const OPENS: &str = "<certificate ";
const MORE: &str = "…, until ";

/// A line that tells of a certificate, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marker<'a> {
    /// What stands before it.
    pub before: &'a str,
    /// The certificate's name.
    pub name: &'a str,
    /// How its fingerprint begins.
    pub fingerprint: &'a str,
    /// The day of its end.
    pub until: &'a str,
}

impl<'a> Marker<'a> {
    /// Reads a line that ends with a certificate in one line.
    #[must_use]
    pub fn read(line: &'a str) -> Option<Self> {
        let (before, rest) = line.split_once(OPENS)?;
        let (named, until) = rest.strip_suffix('>')?.rsplit_once(MORE)?;
        let (name, fingerprint) = named.rsplit_once(", ")?;
        Some(Self {
            before,
            name,
            fingerprint,
            until,
        })
    }

    /// The line with another name in it.
    #[must_use]
    pub fn named(&self, name: &str) -> String {
        let Self {
            before,
            fingerprint,
            until,
            ..
        } = self;
        format!("{before}{OPENS}{name}, {fingerprint}{MORE}{until}>")
    }
}

/// `text` with every PEM certificate in it told in one line at the block's own indentation; all else as it is, what only
/// looks like a certificate included.
#[must_use]
pub fn summarised(text: &str) -> String {
    let mut rest = text;
    let mut shown = String::with_capacity(text.len().min(4096));
    while let Some((before, block, after)) = next_block(rest) {
        shown.push_str(before);
        match read(block) {
            Some(certificate) => shown.push_str(&of(&certificate)),
            None => shown.push_str(block),
        }
        rest = after;
    }
    shown.push_str(rest);
    shown
}

/// The text before the first block, the block itself, and what follows it.
fn next_block(text: &str) -> Option<(&str, &str, &str)> {
    let begin = text.find(BEGIN)?;
    let (before, from_begin) = text.split_at_checked(begin)?;
    let end = from_begin.find(END)? + END.len();
    let (block, after) = from_begin.split_at_checked(end)?;
    Some((before, block, after))
}

fn read(block: &str) -> Option<Certificate> {
    // Between quotes, line breaks are written.
    let block = block.replace("\\r", "").replace("\\n", "\n");
    let lines: Vec<&str> = block.lines().map(str::trim).collect();
    let mut blocks = pem::parse(lines.join("\n").as_bytes()).ok()?.into_iter();
    match (blocks.next(), blocks.next()) {
        (Some(only), None) => Some(only.certificate),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> String {
        let mut params = rcgen::CertificateParams::default();
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, "Acme Root");
        params.not_after = rcgen::date_time_ymd(2126, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().pem()
    }

    #[test]
    fn a_certificate_takes_one_line_wherever_it_stands() {
        let indented = root().replace('\n', "\n    ");
        let text = format!("a: 1\npem: |\n    {indented}\nb: 2\n");
        let shown = summarised(&text);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines.len(), 5, "{shown}");
        assert!(lines[2].starts_with("    <certificate Acme Root, "));
        assert!(lines[2].ends_with("…, until 2126-01-01>"), "{shown}");
        let quoted = format!("{{pem: \"{}\"}}", root().replace('\n', "\\n"));
        assert!(
            summarised(&quoted).starts_with("{pem: \"<certificate Acme Root, "),
            "{quoted}"
        );
        let marker = Marker::read(lines[2]).unwrap();
        assert_eq!((marker.before, marker.name), ("    ", "Acme Root"));
        assert_eq!((marker.fingerprint.len(), marker.until), (23, "2126-01-01"));
        assert_eq!(marker.named("Acme Root"), lines[2]);
        assert_eq!(Marker::read("b: <certificate>"), None);
    }

    #[test]
    fn what_is_no_certificate_is_left_alone() {
        for text in [
            "no certificate\n".to_owned(),
            format!("{BEGIN}\nnot base64!\n{END}\n"),
            format!("{BEGIN}\nMIIB\n"),
            root().replacen("\nMII", "\n*II", 1),
        ] {
            assert_eq!(summarised(&text), text);
        }
    }
}
