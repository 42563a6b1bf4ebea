//! Verification by webpki, as rustls calls it in uv.

use std::time::Duration;

use rustls_pki_types::{
    CertificateDer, ServerName, SignatureVerificationAlgorithm, TrustAnchor, UnixTime,
};
use time::OffsetDateTime;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, Error, KeyUsage, anchor_from_trusted_cert};

use super::Server;
use super::ecdsa::BEYOND_RING;
use super::handshake::spells_out_curve;
use super::rsa_size::{RSA_BITS, Sized};
use crate::certs::Certificate;

const BAD_SIGNATURE: &str = "BadSignature";

/// Why rustls refuses `server`, trusting `anchors`; `None` means trusted.
pub(super) fn refusal(anchors: &[Vec<u8>], server: &Server, now: OffsetDateTime) -> Option<String> {
    match verify(anchors.iter().map(Vec::as_slice), server, now) {
        Ok(()) => handshake_refusal(server),
        Err(error) => Some(words(&error)),
    }
}

/// Why rustls refuses a specimen that `ca` is said to have issued; `None` means that it would trust a real one.
pub(super) fn refusal_of_specimen(
    ca: &Certificate,
    specimen: &[u8],
    now: OffsetDateTime,
) -> Option<String> {
    // The specimen's signature cannot fit, so the limit on signatures is applied here.
    if ca
        .facts
        .key
        .bits
        .is_some_and(|bits| !RSA_BITS.contains(&bits))
    {
        return Some(BAD_SIGNATURE.to_owned());
    }
    let server = Server {
        chain: vec![specimen.to_vec()],
        host: None,
    };
    match verify(std::iter::once(ca.der()), &server, now) {
        Ok(()) | Err(Error::InvalidSignatureForPublicKey) => None,
        Err(error) => Some(words(&error)),
    }
}

/// Why rustls does not take the signature that the server's own key makes on the handshake.
fn handshake_refusal(server: &Server) -> Option<String> {
    let leaf = Certificate::from_der(server.chain.first()?).ok()?;
    let key = leaf.x509().public_key().ok()?;
    if spells_out_curve(&key) {
        return Some("UnsupportedSignatureAlgorithmForPublicKeyContext".to_owned());
    }
    let bits = leaf.facts.key.bits;
    bits.is_some_and(|bits| !RSA_BITS.contains(&bits))
        .then(|| BAD_SIGNATURE.to_owned())
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
    let rings = ALL_VERIFICATION_ALGS.iter().copied().map(Sized);
    let rings: Vec<Sized> = rings.collect();
    let algorithms: Vec<&dyn SignatureVerificationAlgorithm> = rings
        .iter()
        .map(|one| one as &dyn SignatureVerificationAlgorithm)
        .chain(BEYOND_RING)
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
        &algorithms,
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

/// What rustls makes of an error: a sentence for some, for the others webpki's name of it.
fn words(error: &Error) -> String {
    match error {
        Error::CertExpired { .. } => "certificate expired".to_owned(),
        Error::CertNotValidYet { .. } => "certificate not valid yet".to_owned(),
        Error::CertNotValidForName(_) => "certificate not valid for name".to_owned(),
        Error::RequiredEkuNotFoundContext(_) => {
            "certificate does not allow extended key usage for server authentication".to_owned()
        }
        Error::InvalidSignatureForPublicKey => BAD_SIGNATURE.to_owned(),
        other => {
            let shown = format!("{other:?}");
            let name = shown.split([' ', '(', '{']).next().unwrap_or_default();
            name.to_owned()
        }
    }
}
