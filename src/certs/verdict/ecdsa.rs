//! What of ECDSA rustls has from aws-lc in uv, and ring has not: P-521, and SHA-512 with the other curves.

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

/// The combinations that webpki's own list lacks.
pub(super) const BEYOND_RING: [&dyn SignatureVerificationAlgorithm; 5] = [
    &Ecdsa(Curve::P256, Digest::Sha512),
    &Ecdsa(Curve::P384, Digest::Sha512),
    &Ecdsa(Curve::P521, Digest::Sha256),
    &Ecdsa(Curve::P521, Digest::Sha384),
    &Ecdsa(Curve::P521, Digest::Sha512),
];

#[derive(Debug, Clone, Copy)]
struct Ecdsa(Curve, Digest);

#[derive(Debug, Clone, Copy)]
enum Curve {
    P256,
    P384,
    P521,
}

#[derive(Debug, Clone, Copy)]
enum Digest {
    Sha256,
    Sha384,
    Sha512,
}

impl SignatureVerificationAlgorithm for Ecdsa {
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
        match self.0 {
            Curve::P256 => alg_id::ECDSA_P256,
            Curve::P384 => alg_id::ECDSA_P384,
            Curve::P521 => alg_id::ECDSA_P521,
        }
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        match self.1 {
            Digest::Sha256 => alg_id::ECDSA_SHA256,
            Digest::Sha384 => alg_id::ECDSA_SHA384,
            Digest::Sha512 => alg_id::ECDSA_SHA512,
        }
    }
}

fn verify(
    Ecdsa(curve, digest): Ecdsa,
    public_key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<bool, ErrorStack> {
    let group = EcGroup::from_curve_name(match curve {
        Curve::P256 => Nid::X9_62_PRIME256V1,
        Curve::P384 => Nid::SECP384R1,
        Curve::P521 => Nid::SECP521R1,
    })?;
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
