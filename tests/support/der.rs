//! Just enough DER to make the certificates that OpenSSL's builder refuses to make.

use std::fmt::Write as _;

use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Signer};

/// The algorithm identifier of RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes (RFC 4055, 3.1).
const PSS_SHA256: &str = "304106092A864886F70D01010A3034A00F300D06096086480165030402010500A11C301A06092A864886F70D010108300D06096086480165030402010500A203020120";

/// A DER element.
pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let header = match u16::try_from(length).unwrap().to_be_bytes() {
        [0, short] if short < 0x80 => vec![tag, short],
        [0, byte] => vec![tag, 0x81, byte],
        [high, low] => vec![tag, 0x82, high, low],
    };
    [header.as_slice(), content].concat()
}

/// Bytes as upper-case hex.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02X}").unwrap();
    }
    text
}

/// What [`hex`] wrote.
pub fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

/// The elements of a sequence, each with its header.
fn parts(sequence: &[u8]) -> Vec<&[u8]> {
    let (mut rest, mut parts) = (content(sequence), Vec::new());
    while !rest.is_empty() {
        let (one, after) = rest.split_at(whole_length(rest));
        parts.push(one);
        rest = after;
    }
    parts
}

fn content(element: &[u8]) -> &[u8] {
    &element[header_length(element)..whole_length(element)]
}

fn header_length(element: &[u8]) -> usize {
    match element[1] {
        short if short < 0x80 => 2,
        long => 2 + usize::from(long & 0x7F),
    }
}

fn whole_length(element: &[u8]) -> usize {
    let length = match element[1] {
        short if short < 0x80 => usize::from(short),
        _ => element[2..header_length(element)]
            .iter()
            .fold(0, |length, byte| length * 256 + usize::from(*byte)),
    };
    header_length(element) + length
}

/// The certificate with another serial number or another signature algorithm, signed anew.
pub fn signed_anew(
    certificate: &[u8],
    serial: Option<&[u8]>,
    pss: bool,
    signer: &PKey<Private>,
    digest: MessageDigest,
) -> Vec<u8> {
    let outer = parts(certificate);
    let (tbs, mut algorithm) = (outer[0], outer[1].to_vec());
    let mut fields: Vec<Vec<u8>> = parts(tbs).iter().map(|part| part.to_vec()).collect();
    let first = usize::from(fields[0][0] == 0xA0); // the version
    if let Some(serial) = serial {
        fields[first] = element(0x02, serial);
    }
    if pss {
        algorithm = bytes(PSS_SHA256);
        fields[first + 1].clone_from(&algorithm);
    }
    let tbs = element(0x30, &fields.concat());
    let signature = if digest.type_() == openssl::nid::Nid::UNDEF {
        Signer::new_without_digest(signer)
            .unwrap()
            .sign_oneshot_to_vec(&tbs)
            .unwrap()
    } else {
        let mut made = Signer::new(digest, signer).unwrap();
        if pss {
            made.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
            made.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)
                .unwrap();
        }
        made.sign_oneshot_to_vec(&tbs).unwrap()
    };
    let signature = element(0x03, &[&[0], signature.as_slice()].concat());
    element(0x30, &[tbs, algorithm, signature].concat())
}
