//! PEM as GnuTLS reads it: `gnutls_x509_crt_list_import2` and what is below it (`lib/x509/x509.c`, `lib/x509_b64.c`), behind
//! `gnutls_certificate_set_x509_trust_file`.
//!
//! It looks for the marks wherever they stand, in a line or not. The first certificate that it cannot read ends the reading
//! of the whole file with an error.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::memmem::find;

use super::{Fault, Found, dense};
use crate::certs::Certificate;

/// It also begins longer labels, such as CERTIFICATE REQUEST.
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE";
/// The older label, which is looked for where nothing can be made of the newer one. Where it stands alone it is found only
/// behind the last newer one of the whole bundle, so it counts as left out.
const OLD_BEGIN: &[u8] = b"-----BEGIN X509 CERTIFICATE";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";

const DAMAGED: &str = "what stands between BEGIN CERTIFICATE and the next END is not base64";
const NOT_X509: &str = "what stands behind BEGIN CERTIFICATE is no X.509 certificate";

/// The certificates of a text, or what makes GnuTLS refuse it.
pub(super) fn read(text: &[u8]) -> Found {
    let mut found = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while let Some(at) = find(rest, BEGIN) {
        let (before, here) = rest.split_at(at);
        line += memchr::memchr_iter(b'\n', before).count();
        let fault = |why| Fault { line, why };
        let der = block(here, BEGIN).or_else(|| block(here, OLD_BEGIN));
        let der = der.ok_or(fault(DAMAGED))?;
        let certificate = Certificate::from_der(&der).map_err(|_| fault(NOT_X509))?;
        found.push((line, certificate));
        rest = here.get(1..).unwrap_or_default();
    }
    Ok(found)
}

/// `_gnutls_fbase64_decode`
fn block(text: &[u8], begin: &[u8]) -> Option<Vec<u8>> {
    let text = text.get(find(text, begin)? + 1..)?;
    let text = text.get(find(text, DASHES)? + DASHES.len()..)?;
    let body = text.get(..find(text, END)?)?;
    let dense = dense(body, |byte| matches!(byte, b'\t'..=b'\r' | b' '));
    STANDARD.decode(dense).ok()
}
