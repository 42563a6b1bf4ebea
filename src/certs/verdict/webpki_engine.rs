//! Verification by webpki, as rustls calls it.

use std::time::Duration;

use rustls_pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use time::OffsetDateTime;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, Error, KeyUsage, anchor_from_trusted_cert};

use super::{Server, Verdict};
use crate::certs::Certificate;

/// ring verifies RSA signatures of 2048 to 8192 bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// What rustls says of `server`, trusting `anchors`.
pub(super) fn verdict(anchors: &[Vec<u8>], server: &Server, now: OffsetDateTime) -> Verdict {
    match verify(anchors.iter().map(Vec::as_slice), server, now) {
        // The server's own key signs the handshake, under the same limit.
        Ok(()) if has_small_rsa_key(server) => Verdict::Refused("BadSignature".to_owned()),
        Ok(()) => Verdict::Trusted,
        Err(error) => refused(&error),
    }
}

/// What rustls says of a specimen that `ca` is said to have issued.
pub(super) fn verdict_on_specimen(
    ca: &Certificate,
    server: &Server,
    now: OffsetDateTime,
) -> Verdict {
    // The specimen's signature cannot fit, so the limit that ring sets to signatures is applied here.
    if ca
        .facts
        .key
        .bits
        .is_some_and(|bits| !RSA_BITS.contains(&bits))
    {
        return refused(&Error::InvalidSignatureForPublicKey);
    }
    match verify(std::iter::once(ca.der()), server, now) {
        Ok(()) | Err(Error::InvalidSignatureForPublicKey) => Verdict::Trusted,
        Err(error) => refused(&error),
    }
}

fn has_small_rsa_key(server: &Server) -> bool {
    server
        .chain
        .first()
        .and_then(|der| Certificate::from_der(der).ok())
        .and_then(|leaf| leaf.facts.key.bits)
        .is_some_and(|bits| !RSA_BITS.contains(&bits))
}

fn verify<'a>(
    anchors: impl Iterator<Item = &'a [u8]>,
    server: &Server,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let anchors: Vec<CertificateDer<'_>> = anchors.map(CertificateDer::from).collect();
    // What webpki cannot take as an anchor is left out, as rustls' clients do.
    let anchors: Vec<TrustAnchor<'_>> = anchors
        .iter()
        .filter_map(|der| anchor_from_trusted_cert(der).ok())
        .collect();
    let mut presented = server
        .chain
        .iter()
        .map(|der| CertificateDer::from(der.as_slice()));
    let leaf = presented.next().ok_or(Error::UnknownIssuer)?;
    let intermediates: Vec<CertificateDer<'_>> = presented.collect();
    let leaf = EndEntityCert::try_from(&leaf)?;
    let seconds = u64::try_from(now.unix_timestamp()).unwrap_or_default();
    leaf.verify_for_usage(
        ALL_VERIFICATION_ALGS,
        &anchors,
        &intermediates,
        UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
        KeyUsage::server_auth(),
        None,
        None,
    )?;
    match &server.host {
        Some(host) => {
            let name =
                ServerName::try_from(host.as_str()).map_err(|_| Error::MalformedDnsIdentifier)?;
            leaf.verify_is_valid_for_subject_name(&name)
        }
        None => Ok(()),
    }
}

fn refused(error: &Error) -> Verdict {
    // rustls shows webpki's errors by their names: "invalid peer certificate: UnknownIssuer".
    let shown = format!("{error:?}");
    let name = shown.split([' ', '(', '{']).next().unwrap_or_default();
    Verdict::Refused(name.to_owned())
}
