//! Strict intake: every certificate is taken, and nothing is skipped in silence.
//!
//! PEM with any text around its blocks, as RFC 7468 section 2 allows it ("explanatory text"), bag attributes, CRLF, byte order
//! marks, UTF-16, bare base64, DER and PKCS#7 all become certificates. Anything else that `update-ca-certificates` or
//! OpenSSL would lose or choke on is an error that names its line. One pass over the input; no recursion.

pub mod delivered;
mod der;
mod near;
mod problem;
mod text;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub use problem::{PemError, Problem};

use super::Certificate;

/// A certificate and the line its block begins at.
#[derive(Debug)]
pub struct Block {
    /// 1-based line of the BEGIN.
    pub line: usize,
    /// The certificate.
    pub certificate: Certificate,
}

/// Reads every certificate of a PEM text, of bare base64, of a DER certificate or of a PKCS#7 container.
///
/// # Errors
/// The first thing in the input that is not plainly a certificate.
pub fn parse(input: &[u8]) -> Result<Vec<Block>, PemError> {
    if der::looks_binary(input) {
        return blocks(1, der::certificates(input)).map_err(|problem| at(1, 0, problem));
    }
    let text = text::decode(input).map_err(|problem| at(1, 0, problem))?;
    let found = scan(&text)?;
    if !found.is_empty() {
        return Ok(found);
    }
    // Once or twice: what is in it is as plain as if it stood there.
    let decoded = encoded_text(&text).map(|once| {
        let twice = std::str::from_utf8(&once).ok().and_then(encoded_text);
        twice.unwrap_or(once)
    });
    if let Some(found) = decoded.and_then(|text| scan(&text::decode(&text).ok()?).ok())
        && !found.is_empty()
    {
        return Ok(found);
    }
    match bare_base64(&text) {
        Some(der) => blocks(1, der::certificates(&der)).map_err(|problem| at(1, 0, problem)),
        None => Err(at(1, 0, Problem::Empty)),
    }
}

/// The lines at which certificates begin that somebody commented out: nobody reads them.
#[must_use]
pub fn commented_out(input: &[u8]) -> Vec<usize> {
    let Ok(text) = text::decode(input) else {
        return Vec::new();
    };
    let lines = text.lines().enumerate();
    let begins = lines.filter(|(_, line)| {
        let inner = near::uncommented(line).map(str::trim);
        matches!(inner.and_then(boundary), Some(Boundary::Begin(_)))
    });
    begins.map(|(index, _)| index + 1).collect()
}

/// Base64 of a PEM text, as a Secret's manifest has it.
fn encoded_text(text: &str) -> Option<Vec<u8>> {
    // What `-----BEGIN` becomes.
    if !text.trim_start().starts_with("LS0tLS1CRUdJTi") {
        return None;
    }
    let body: String = text.split_ascii_whitespace().collect();
    STANDARD.decode(body).ok()
}

fn blocks(
    line: usize,
    certificates: Result<Vec<Certificate>, Problem>,
) -> Result<Vec<Block>, Problem> {
    Ok(certificates?
        .into_iter()
        .map(|certificate| Block { line, certificate })
        .collect())
}

/// A certificate without its BEGIN and END, as Kubernetes Secrets and web consoles show it.
fn bare_base64(text: &str) -> Option<Vec<u8>> {
    // Every certificate begins with a SEQUENCE of more than 255 bytes: 30 82.
    if !text.trim_start().starts_with("MII") {
        return None;
    }
    let body: String = text.split_ascii_whitespace().collect();
    STANDARD.decode(body).ok()
}

struct Open<'a> {
    line: usize,
    number: usize,
    label: &'a str,
    body: String,
}

fn scan(text: &str) -> Result<Vec<Block>, PemError> {
    let mut found = Vec::new();
    let mut open: Option<Open<'_>> = None;
    let mut number = 0;
    for (index, raw) in text.split('\n').enumerate() {
        let line_number = index + 1;
        let line = raw.trim_end();
        // Explanatory text, be it about boundaries; `commented_out` tells of it.
        if open.is_none() && near::uncommented(line).is_some() {
            continue;
        }
        let miss = near::miss(line).map(Problem::NearBoundary);
        if let Some(problem) = miss.or_else(|| misplaced(line)) {
            return Err(at(line_number, number + 1, problem));
        }
        match (boundary(line), &mut open) {
            (Some(Boundary::Begin(label)), None) => {
                number += 1;
                refuse_label(label).map_err(|problem| at(line_number, number, problem))?;
                open = Some(Open {
                    line: line_number,
                    number,
                    label,
                    body: String::new(),
                });
            }
            (Some(Boundary::End(label)), Some(block)) if block.label == label => {
                let certificates =
                    decode(block).map_err(|problem| at(block.line, block.number, problem))?;
                found.extend(certificates);
                open = None;
            }
            (Some(_), Some(block)) => {
                return Err(at(block.line, block.number, Problem::MissingEnd));
            }
            (Some(Boundary::End(_)), None) => {
                return Err(at(line_number, number + 1, Problem::StrayEnd));
            }
            // The header of an encrypted block (RFC 1421, 4.6.1.1).
            (None, Some(block))
                if line.starts_with("Proc-Type:") || line.starts_with("DEK-Info:") =>
            {
                return Err(at(block.line, block.number, Problem::Encrypted));
            }
            (None, Some(block)) => block.body.push_str(line.trim()),
            (None, None) => {}
        }
    }
    match open {
        Some(block) => Err(at(block.line, block.number, Problem::MissingEnd)),
        None => Ok(found),
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
        (false, _) if line.contains("-----\\n") || line.contains("\\n-----") => {
            Some(Problem::EscapedLineBreaks)
        }
        (false, _) => Some(Problem::Glued),
    }
}

fn refuse_label(label: &str) -> Result<(), Problem> {
    match label {
        "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" | "PKCS7" | "CMS" => Ok(()),
        key if key.ends_with("PRIVATE KEY") => Err(Problem::PrivateKey),
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => Err(Problem::Request),
        "X509 CRL" => Err(Problem::RevocationList),
        key if key.ends_with("PUBLIC KEY") => Err(Problem::PublicKey),
        other => Err(Problem::WrongLabel(shown_label(other))),
    }
}

/// A label as it may be shown: labels are short words, so whatever is longer is not repeated.
fn shown_label(label: &str) -> String {
    label.chars().filter(|c| !c.is_control()).take(40).collect()
}

fn decode(block: &Open<'_>) -> Result<Vec<Block>, Problem> {
    let mut der = STANDARD.decode(&block.body).map_err(|_| Problem::Base64)?;
    let certificates = match block.label {
        "PKCS7" | "CMS" => der::pkcs7(&der),
        "TRUSTED CERTIFICATE" => {
            // OpenSSL appends its trust settings (X509_CERT_AUX) to the certificate; clients other than OpenSSL fail on them.
            der.truncate(der_length(&der).unwrap_or(der.len()));
            der::certificates(&der)
        }
        _ => der::certificates(&der),
    };
    blocks(block.line, certificates)
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

fn at(line: usize, block: usize, problem: Problem) -> PemError {
    PemError {
        line,
        block,
        problem,
    }
}

#[cfg(test)]
mod tests;
