//! PEM as OpenSSL reads it: `PEM_X509_INFO_read_bio` and what is below it (`crypto/pem/pem_info.c`, `pem_lib.c`,
//! `crypto/evp/encode.c` of OpenSSL 3), behind `SSL_CTX_load_verify_locations`.
//!
//! The first block that it cannot read ends the reading of the whole file with an error.

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use openssl::x509::{X509, X509Crl};

use super::super::der_length;
use super::{Fault, Found, dense};
use crate::certs::Certificate;

/// `LINESIZE` of `pem_lib.c` less the NUL: longer lines are read piece by piece.
const LINE_SIZE: usize = 254;

/// Behind an empty line, only lines of this width may follow, but for the last.
const WIDTH: usize = 64;

/// Bits behind the last whole byte do not matter to OpenSSL.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// The certificates of a text, or what makes OpenSSL refuse it.
pub(super) fn read(text: &[u8]) -> Found {
    let mut pieces = Pieces {
        rest: text,
        line: 1,
    };
    let mut found = Vec::new();
    while let Some((line, label)) = next_begin(&mut pieces) {
        let block = block(&mut pieces, line, &label)?;
        let fault = |why| Fault { line, why };
        match label.as_slice() {
            b"CERTIFICATE" | b"X509 CERTIFICATE" | b"TRUSTED CERTIFICATE" => {
                if block.has_header {
                    return Err(fault(HEADER));
                }
                let der = x509(&block.data, label.starts_with(b"TRUSTED"));
                let certificate = der.ok_or(fault(NOT_X509))?;
                // What OpenSSL reads and we do not, nobody can judge; it poisons nothing.
                found.extend(
                    Certificate::from_der(&certificate)
                        .ok()
                        .map(|one| (line, one)),
                );
            }
            b"X509 CRL" if X509Crl::from_der(&block.data).is_err() => {
                return Err(fault("this block holds no revocation list"));
            }
            _ => {}
        }
    }
    Ok(found)
}

const HEADER: &str = "an empty line or other text stands inside the block; a header may stand there, and ends its reading";
const NOT_X509: &str = "what the block holds is no X.509 certificate";
const NO_END: &str =
    "this BEGIN has no END: the block swallows the certificate behind it, or the whole bundle";
const OTHER_END: &str = "the block ends with an END of another kind";
const BASE64_DAMAGED: &str =
    "what the block holds is not base64: a character or a whole line is damaged or lost";
const EMPTY_LINES: &str = "empty lines stand inside the block";
const EMPTY: &str = "the block is empty";
const WIDTHS: &str =
    "an empty line stands behind BEGIN, and lines of another length than 64 follow it";

/// The DER bytes of a certificate, as far as OpenSSL reads them.
fn x509(data: &[u8], is_trusted: bool) -> Option<Vec<u8>> {
    let certificate = X509::from_der(data).ok()?;
    if is_trusted {
        // X509_CERT_AUX, a SEQUENCE, may follow.
        let aux = data.get(der_length(data)?..)?;
        let is_sequence = aux.first() == Some(&0x30) && der_length(aux)? <= aux.len();
        if !aux.is_empty() && !is_sequence {
            return None;
        }
    }
    certificate.to_der().ok()
}

/// A text as `BIO_gets` hands it out.
struct Pieces<'a> {
    rest: &'a [u8],
    line: usize,
}

struct Piece<'a> {
    line: usize,
    bytes: &'a [u8],
    /// Whether the line goes on in the next piece.
    is_part: bool,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let line = self.line;
        let within = self.rest.get(..LINE_SIZE).unwrap_or(self.rest);
        let length = match within.iter().position(|byte| *byte == b'\n') {
            Some(end) => {
                self.line += 1;
                end + 1
            }
            None => within.len(),
        };
        let (bytes, rest) = self.rest.split_at(length);
        self.rest = rest;
        Some(Piece {
            line,
            bytes,
            is_part: bytes.len() == LINE_SIZE && !bytes.ends_with(b"\n"),
        })
    }
}

/// `sanitize_line`: what stands at the end and is no more than a space goes, and where characters are signed (x86) that is
/// all beyond ASCII, too.
fn trimmed(bytes: &[u8]) -> &[u8] {
    let is_kept = |byte: &u8| *byte > b' ' && byte.is_ascii();
    let length = bytes.iter().rposition(is_kept).map_or(0, |last| last + 1);
    bytes.get(..length).unwrap_or_default()
}

/// `get_name`: the next BEGIN line, and its label.
fn next_begin(pieces: &mut Pieces<'_>) -> Option<(usize, Vec<u8>)> {
    let mut first = true;
    for piece in pieces {
        let bytes = match piece.bytes.strip_prefix(b"\xEF\xBB\xBF") {
            Some(rest) if first && !rest.is_empty() => rest,
            _ => piece.bytes,
        };
        first = false;
        let inner = trimmed(bytes).strip_prefix(b"-----BEGIN ");
        if let Some(label) = inner.and_then(|inner| inner.strip_suffix(b"-----")) {
            return Some((piece.line, label.to_vec()));
        }
    }
    None
}

struct Decoded {
    has_header: bool,
    data: Vec<u8>,
}

#[derive(PartialEq, Eq)]
enum Header {
    Maybe,
    Inside,
    Over,
}

/// `get_header_and_data`, and the decoding of what it finds.
fn block(pieces: &mut Pieces<'_>, begin: usize, label: &[u8]) -> Result<Decoded, Fault> {
    let (mut above, mut below) = (Vec::new(), Vec::new());
    let mut header = Header::Maybe;
    let (mut was_part, mut is_short) = (false, false);
    loop {
        let Some(piece) = pieces.next() else {
            return Err(Fault {
                line: begin,
                why: NO_END,
            });
        };
        let fault = |why| Fault {
            line: piece.line,
            why,
        };
        if header == Header::Maybe && piece.bytes.contains(&b':') {
            header = Header::Inside;
        }
        let line = trimmed(piece.bytes);
        let follows_part = std::mem::replace(&mut was_part, piece.is_part);
        if line.is_empty() {
            if !follows_part {
                if header == Header::Over {
                    return Err(fault(EMPTY_LINES));
                }
                header = Header::Over;
            }
            continue;
        }
        if let Some(end) = line.strip_prefix(b"-----END ") {
            if end.strip_prefix(label) != Some(b"-----") {
                return Err(fault(OTHER_END));
            }
            break;
        }
        if is_short {
            return Err(fault(WIDTHS));
        }
        if header == Header::Over {
            if line.len() > WIDTH {
                return Err(fault(WIDTHS));
            }
            is_short = line.len() < WIDTH;
            below.extend_from_slice(line);
        } else {
            above.extend_from_slice(line);
        }
    }
    let (has_header, base64) = match header {
        Header::Maybe => (false, above),
        Header::Inside | Header::Over => (!above.is_empty(), below),
    };
    let fault = |why| Fault { line: begin, why };
    if has_header && base64.is_empty() {
        return Err(fault(HEADER));
    }
    let data = decoded(&base64).ok_or(fault(if has_header { HEADER } else { BASE64_DAMAGED }))?;
    if data.is_empty() {
        return Err(fault(EMPTY));
    }
    Ok(Decoded { has_header, data })
}

/// `EVP_DecodeUpdate` and `EVP_DecodeFinal`.
fn decoded(base64: &[u8]) -> Option<Vec<u8>> {
    let dense = dense(base64, |byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
    BASE64.decode(dense).ok()
}
