//! Why a text was not taken.

use thiserror::Error;

/// Why a text was not taken, and at which line (1-based).
#[derive(Debug, Error, PartialEq, Eq)]
#[error("line {line}: {problem}")]
pub struct PemError {
    /// The line of the block's BEGIN, or of the damage itself.
    pub line: usize,
    /// Which PEM block of the input it is, from 1; 0 where the trouble is outside of all blocks.
    pub block: usize,
    /// What is wrong there.
    pub problem: Problem,
}

impl PemError {
    /// The error as it is shown for the file `name`: `ca.pem:22: …`, and the block where there are several.
    #[must_use]
    pub fn in_file(&self, name: &str) -> String {
        let Self {
            line,
            block,
            problem,
        } = self;
        match block {
            0 | 1 => format!("{name}:{line}: {problem}"),
            _ => format!("{name}:{line}: {problem} (block {block} of the file)"),
        }
    }
}

/// What can be wrong with a text that should hold certificates.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Problem {
    /// A private key, encrypted or not. Its content is never shown.
    #[error(
        "a private key. Certificates end up in ConfigMaps that everybody in the namespace can read: take the key out of the file, and consider it compromised if it was ever deployed"
    )]
    PrivateKey,
    /// A certificate request: not signed by anybody yet.
    #[error(
        "a certificate request (CSR), not a certificate: give what the CA sent back for it, or rather the CA's own certificate"
    )]
    Request,
    /// A PKCS#12 store (.p12, .pfx), which usually holds a private key.
    #[error(
        "a PKCS#12 store (.p12, .pfx), which usually holds a private key: take the CA certificates out with `openssl pkcs12 -in FILE -nokeys -cacerts -out ca.pem`, and give that file"
    )]
    Pkcs12,
    /// A Java key store.
    #[error(
        "a Java key store: take the certificate out with `keytool -exportcert -rfc -keystore FILE -alias ALIAS -file ca.pem`, and give that file"
    )]
    JavaKeyStore,
    /// A bare public key.
    #[error("a public key without a certificate around it: give the CA's certificate")]
    PublicKey,
    /// A certificate revocation list.
    #[error("a certificate revocation list (CRL), not a certificate")]
    RevocationList,
    /// Anything encrypted.
    #[error(
        "encrypted content, which cannot be read here: export the certificate in the clear; it is no secret"
    )]
    Encrypted,
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
    /// A line that looks like BEGIN or END and is none: clients lose that certificate without a word.
    #[error(
        "this looks like the beginning or the end of a certificate, and {0}: no client reads it. Write -----BEGIN CERTIFICATE----- and -----END CERTIFICATE-----"
    )]
    NearBoundary(&'static str),
    /// `\n` as two characters, as copied out of JSON.
    #[error(
        "line breaks written as \\n, as copied out of JSON: no client reads that. Turn them into real ones: sed 's/\\\\n/\\n/g' FILE > ca.pem"
    )]
    EscapedLineBreaks,
    /// Indented, as when copied out of a YAML file.
    #[error(
        "an indented PEM block, as copied out of YAML: update-ca-certificates loses it. Remove the spaces before each line: sed 's/^[[:space:]]*//' FILE > ca.pem"
    )]
    Indented,
    /// The body is not base64.
    #[error("the block's body is not base64 (damaged in copying?): export the certificate again")]
    Base64,
    /// The body is base64, but no certificate.
    #[error("not an X.509 certificate: {0}")]
    X509(String),
    /// A PKCS#7 container that cannot be read, or holds no certificate.
    #[error("a PKCS#7 container without a readable certificate")]
    Pkcs7,
    /// Nothing in the text is a certificate.
    #[error("no certificate found: expected a line -----BEGIN CERTIFICATE-----")]
    Empty,
    /// Not text at all.
    #[error("binary data that is no DER certificate: convert it to PEM first")]
    Binary,
}
