//! The sizes of RSA keys that rustls takes in uv, by aws-lc; ring rounds a key of 2041 bits up to 2048.

use rustls_pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};

use crate::certs::key::rsa_bits;

/// rustls verifies RSA signatures of 2048 to 8192 bits.
pub(super) const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// An algorithm of webpki's, within the limits of aws-lc.
#[derive(Debug)]
pub(super) struct Sized(pub(super) &'static dyn SignatureVerificationAlgorithm);

impl SignatureVerificationAlgorithm for Sized {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let is_rsa = self.0.public_key_alg_id() == alg_id::RSA_ENCRYPTION;
        if is_rsa && !rsa_bits(public_key).is_some_and(|bits| RSA_BITS.contains(&bits)) {
            return Err(InvalidSignature);
        }
        self.0.verify_signature(public_key, message, signature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.0.public_key_alg_id()
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.0.signature_alg_id()
    }
}
