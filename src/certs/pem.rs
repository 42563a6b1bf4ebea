//! Strict intake of PEM text: every certificate is taken, and nothing is skipped in silence.
//!
//! Text around blocks is allowed, as RFC 7468 section 2 allows it ("explanatory text"), and so are bag attributes, CRLF and
//! a byte order mark. Anything else that `update-ca-certificates` or OpenSSL would lose or choke on is an error
//! that names its line.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use super::Certificate;

/// Why a text was not taken, and at which line (1-based).
#[derive(Debug, Error, PartialEq, Eq)]
#[error("line {line}: {problem}")]
pub struct PemError {
    /// The line of the block's BEGIN, or of the damage itself.
    pub line: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What can be wrong with PEM text.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Problem {
    /// A private key, encrypted or not. Its content is never shown.
    #[error(
        "a private key. Certificates end up in ConfigMaps that everybody in the namespace can read: take the key out of the file, and consider it compromised if it was ever deployed"
    )]
    PrivateKey,
    /// A block that is neither a certificate nor a key.
    #[error("a {0:?} block where only certificates belong")]
    WrongLabel(String),
    /// No END line before the next BEGIN or the end of the text.
    #[error(
        "this BEGIN has no END. OpenSSL would lose this certificate or the next one: copy the block again, with its END line"
    )]
    MissingEnd,
    /// An END line with another label, or with no BEGIN.
    #[error("an END without its BEGIN: copy the block again, with its BEGIN line")]
    StrayEnd,
    /// BEGIN or END shares a line with something else, such as `-----END …----------BEGIN …`.
    #[error(
        "BEGIN or END shares its line with other text, which poisons the whole bundle in OpenSSL: start a new line there"
    )]
    Glued,
    /// Indented, as when copied out of a YAML file.
    #[error(
        "an indented PEM block, as copied out of YAML: update-ca-certificates loses it. Remove the spaces before each line (sed 's/^ *//')"
    )]
    Indented,
    /// The body is not base64.
    #[error("the block's body is not base64 (damaged in copying?): export the certificate again")]
    Base64,
    /// The body is base64, but no certificate.
    #[error("not an X.509 certificate: {0}")]
    X509(String),
    /// Nothing in the text is a certificate.
    #[error("no certificate found: expected a line -----BEGIN CERTIFICATE-----")]
    Empty,
    /// Not text at all.
    #[error("binary data that is no DER certificate: convert it to PEM first")]
    Binary,
}

/// A certificate and the line its block begins at.
#[derive(Debug)]
pub struct Block {
    /// 1-based line of the BEGIN.
    pub line: usize,
    /// The certificate.
    pub certificate: Certificate,
}

/// Reads every certificate of a PEM text, or of a single DER certificate.
///
/// # Errors
/// The first thing in the input that is not plainly a certificate.
pub fn parse(input: &[u8]) -> Result<Vec<Block>, PemError> {
    if input.first() == Some(&0x30) {
        return parse_der(input);
    }
    let text = std::str::from_utf8(input)
        .map(std::borrow::Cow::Borrowed)
        .or_else(|_| latin1_text(input))?;
    let blocks = scan(text.trim_start_matches('\u{FEFF}'))?;
    if blocks.is_empty() {
        return Err(at(1, Problem::Empty));
    }
    Ok(blocks)
}

fn parse_der(input: &[u8]) -> Result<Vec<Block>, PemError> {
    let certificate = Certificate::from_der(input).map_err(|e| at(1, Problem::X509(e)))?;
    Ok(vec![Block {
        line: 1,
        certificate,
    }])
}

/// Explanatory text may be in any encoding; the blocks are ASCII in all of them.
fn latin1_text(input: &[u8]) -> Result<std::borrow::Cow<'_, str>, PemError> {
    if input.contains(&0) {
        return Err(at(1, Problem::Binary));
    }
    Ok(String::from_utf8_lossy(input))
}

struct Open {
    line: usize,
    label: String,
    body: String,
}

fn scan(text: &str) -> Result<Vec<Block>, PemError> {
    let mut blocks = Vec::new();
    let mut open: Option<Open> = None;
    for (index, raw) in text.split('\n').enumerate() {
        let number = index + 1;
        // A lone CR ends a line for nobody but classic Mac OS; OpenSSL reads such a file as one line.
        let line = raw.trim_end();
        if let Some(problem) = misplaced(line) {
            return Err(at(number, problem));
        }
        match (boundary(line), &mut open) {
            (Some(Boundary::Begin(label)), None) => {
                refuse_label(label, number)?;
                open = Some(Open {
                    line: number,
                    label: label.to_owned(),
                    body: String::new(),
                });
            }
            (Some(Boundary::End(label)), Some(block)) if block.label == label => {
                blocks.push(decode(block)?);
                open = None;
            }
            (Some(_), Some(block)) => return Err(at(block.line, Problem::MissingEnd)),
            (Some(Boundary::End(_)), None) => return Err(at(number, Problem::StrayEnd)),
            (None, Some(block)) => block.body.push_str(line.trim()),
            (None, None) => {}
        }
    }
    match open {
        Some(block) => Err(at(block.line, Problem::MissingEnd)),
        None => Ok(blocks),
    }
}

enum Boundary<'a> {
    Begin(&'a str),
    End(&'a str),
}

fn boundary(line: &str) -> Option<Boundary<'_>> {
    let inner = line.strip_prefix("-----")?.strip_suffix("-----")?;
    inner
        .strip_prefix("BEGIN ")
        .map(Boundary::Begin)
        .or_else(|| inner.strip_prefix("END ").map(Boundary::End))
}

/// A line that holds a boundary but is not one.
fn misplaced(line: &str) -> Option<Problem> {
    let holds = line.contains("-----BEGIN ") || line.contains("-----END ");
    if !holds {
        return None;
    }
    let trimmed = line.trim_start();
    let one = trimmed.matches("-----").count() == 2 && boundary(trimmed).is_some();
    match (one, trimmed.len() == line.len()) {
        (true, true) => None,
        (true, false) => Some(Problem::Indented),
        (false, _) => Some(Problem::Glued),
    }
}

fn refuse_label(label: &str, line: usize) -> Result<(), PemError> {
    match label {
        "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => Ok(()),
        key if key.ends_with("PRIVATE KEY") => Err(at(line, Problem::PrivateKey)),
        other => Err(at(line, Problem::WrongLabel(shown_label(other)))),
    }
}

/// A label as it may be shown: labels are short words, so whatever is longer is not repeated.
fn shown_label(label: &str) -> String {
    label.chars().filter(|c| !c.is_control()).take(40).collect()
}

fn decode(block: &Open) -> Result<Block, PemError> {
    let mut der = STANDARD
        .decode(&block.body)
        .map_err(|_| at(block.line, Problem::Base64))?;
    if block.label == "TRUSTED CERTIFICATE" {
        // OpenSSL appends its trust settings (X509_CERT_AUX) to the certificate; clients other than OpenSSL fail on them.
        der.truncate(der_length(&der).unwrap_or(der.len()));
    }
    let certificate = Certificate::from_der(&der).map_err(|e| at(block.line, Problem::X509(e)))?;
    Ok(Block {
        line: block.line,
        certificate,
    })
}

/// The length of the first DER element, header included (X.690, 8.1.3).
fn der_length(der: &[u8]) -> Option<usize> {
    let first = usize::from(*der.get(1)?);
    if first < 0x80 {
        return Some(first + 2);
    }
    let octets = der.get(2..2 + (first & 0x7F))?;
    let length = octets
        .iter()
        .try_fold(0usize, |n, b| n.checked_mul(256)?.checked_add((*b).into()))?;
    length.checked_add(2 + octets.len())
}

fn at(line: usize, problem: Problem) -> PemError {
    PemError { line, problem }
}

#[cfg(test)]
mod tests {
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
            (
                "CERTIFICATE REQUEST",
                Problem::WrongLabel("CERTIFICATE REQUEST".to_owned()),
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
}
