//! ECDSA over P-521 for webpki: rustls has it from aws-lc in uv, ring has it not.

use openssl::bn::BigNumContext;
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::sign::Verifier;
use rustls_pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};

/// P-521 with each digest that it is used with.
pub(super) const P521: [&'static dyn SignatureVerificationAlgorithm; 3] =
    [&Digest::Sha256, &Digest::Sha384, &Digest::Sha512];

#[derive(Debug, Clone, Copy)]
enum Digest {
    Sha256,
    Sha384,
    Sha512,
}

impl SignatureVerificationAlgorithm for Digest {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        match verify(*self, public_key, message, signature) {
            Ok(true) => Ok(()),
            _ => Err(InvalidSignature),
        }
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P521
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        match self {
            Self::Sha256 => alg_id::ECDSA_SHA256,
            Self::Sha384 => alg_id::ECDSA_SHA384,
            Self::Sha512 => alg_id::ECDSA_SHA512,
        }
    }
}

fn verify(
    digest: Digest,
    public_key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<bool, ErrorStack> {
    let group = EcGroup::from_curve_name(Nid::SECP521R1)?;
    let mut context = BigNumContext::new()?;
    let point = EcPoint::from_bytes(&group, public_key, &mut context)?;
    let key = PKey::from_ec_key(EcKey::from_public_key(&group, &point)?)?;
    let digest = match digest {
        Digest::Sha256 => MessageDigest::sha256(),
        Digest::Sha384 => MessageDigest::sha384(),
        Digest::Sha512 => MessageDigest::sha512(),
    };
    Verifier::new(digest, &key)?.verify_oneshot(signature, message)
}
