//! Keys of every kind, made once: RSA takes its time.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};

use crate::support::authority::{ec_key_on, rsa_key, rsa_pss_key, spelt_out_key};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    P224,
    P256,
    P384,
    P521,
    Secp256k1,
    Brainpool,
    /// P-256 by its parameters instead of its name.
    SpeltOut,
    Ed25519,
    Ed448,
    Rsa(u32),
    /// RSA whose key says that it signs with PSS alone.
    RsaPss,
}

type Keys = HashMap<(Kind, usize), PKey<Private>>;

/// The key of this kind in this place, so that no two certificates of a case share one by chance.
pub(crate) fn key(kind: Kind, place: usize) -> PKey<Private> {
    static MADE: LazyLock<Mutex<Keys>> = LazyLock::new(Mutex::default);
    let mut made = MADE.lock().unwrap();
    made.entry((kind, place))
        .or_insert_with(|| make(kind))
        .clone()
}

fn make(kind: Kind) -> PKey<Private> {
    match kind {
        Kind::P224 => ec_key_on(Nid::SECP224R1),
        Kind::Brainpool => ec_key_on(Nid::BRAINPOOL_P256R1),
        Kind::SpeltOut => spelt_out_key(Nid::X9_62_PRIME256V1),
        Kind::P256 => ec_key_on(Nid::X9_62_PRIME256V1),
        Kind::P384 => ec_key_on(Nid::SECP384R1),
        Kind::P521 => ec_key_on(Nid::SECP521R1),
        Kind::Secp256k1 => ec_key_on(Nid::SECP256K1),
        Kind::Ed25519 => PKey::generate_ed25519().unwrap(),
        Kind::Ed448 => PKey::generate_ed448().unwrap(),
        Kind::Rsa(bits) => rsa_key(bits),
        Kind::RsaPss => rsa_pss_key(2048),
    }
}
