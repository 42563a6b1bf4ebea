//! Every kind of key and signature that OpenSSL can make: a CA with it, and a server that it issued.

use openssl::ec::EcGroup;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};

use super::Case;
use super::keys::{Kind, key};
use crate::support::authority::{authority, ec_key_on, rsa_key, server, spelt_out_key};

const DIGESTS: [&str; 13] = [
    "MD5",
    "SHA1",
    "SHA224",
    "SHA256",
    "SHA384",
    "SHA512",
    "SHA512-224",
    "SHA512-256",
    "SHA3-224",
    "SHA3-256",
    "SHA3-384",
    "SHA3-512",
    "RIPEMD160",
];

/// One of each kind on which clients disagree: what every run asks about.
pub(crate) fn some() -> Vec<Case> {
    let curves = [Nid::SECP256K1, Nid::BRAINPOOL_P256R1, Nid::SECT283K1].map(of_curve);
    let keys = other_keys(|name| ["P-256 spelt out", "RSA 2047"].contains(&name));
    let signatures = signatures()
        .into_iter()
        .filter(|case| case.name.ends_with("SHA3-256"));
    curves.into_iter().chain(keys).chain(signatures).collect()
}

/// Every kind of key and signature.
pub(crate) fn all() -> Vec<Case> {
    let curves = all_curves().into_iter();
    curves
        .chain(other_keys(|_| true))
        .chain(signatures())
        .collect()
}

/// Each curve that OpenSSL knows by a number. (There is no list of them to ask it for.)
fn all_curves() -> Vec<Case> {
    (1..1_400)
        .map(Nid::from_raw)
        .filter(|curve| {
            EcGroup::from_curve_name(*curve).is_ok() && {
                has_a_name(&ec_key_on(*curve), MessageDigest::sha256())
            }
        })
        .map(of_curve)
        .collect()
}

fn of_curve(curve: Nid) -> Case {
    issued_by(
        &format!("a CA on {}", curve.short_name().unwrap()),
        ec_key_on(curve),
        MessageDigest::sha256(),
    )
}

type Make = fn() -> PKey<Private>;

/// Keys beside those on named curves, each made when it is asked for: RSA takes its time.
const OTHER_KEYS: [(&str, Make); 7] = [
    ("P-256 spelt out", || spelt_out_key(Nid::X9_62_PRIME256V1)),
    ("secp384r1 spelt out", || spelt_out_key(Nid::SECP384R1)),
    ("Ed25519", || key(Kind::Ed25519, 0)),
    ("Ed448", || key(Kind::Ed448, 0)),
    ("RSA 2047", || rsa_key(2047)),
    ("RSA 1023", || rsa_key(1023)),
    ("RSA 8192", || rsa_key(8192)),
];

fn other_keys(wanted: impl Fn(&str) -> bool) -> Vec<Case> {
    let keys = OTHER_KEYS.into_iter().filter(|(name, _)| wanted(name));
    keys.map(|(name, make)| {
        issued_by(
            &format!("a CA with {name}"),
            make(),
            MessageDigest::sha256(),
        )
    })
    .collect()
}

/// Each digest with each kind of key that takes one.
fn signatures() -> Vec<Case> {
    let kinds = [
        ("RSA", key(Kind::Rsa(2048), 0)),
        ("ECDSA", key(Kind::P256, 0)),
        ("RSA-PSS", key(Kind::RsaPss, 0)),
    ];
    let mut cases = Vec::new();
    for (name, key) in kinds {
        for digest_name in DIGESTS {
            let Some(digest) = MessageDigest::from_name(digest_name) else {
                continue;
            };
            let signs = openssl::sign::Signer::new(digest, &key)
                .and_then(|mut signer| signer.sign_oneshot_to_vec(b"x"));
            if signs.is_err() || !has_a_name(&key, digest) {
                continue;
            }
            let name = format!("a server signed by {name} with {digest_name}");
            cases.push(issued_by(&name, key.clone(), digest));
        }
    }
    cases
}

/// Whether there is an algorithm identifier for such a signature.
fn has_a_name(key: &PKey<Private>, digest: MessageDigest) -> bool {
    let mut builder = openssl::x509::X509Builder::new().unwrap();
    builder.set_pubkey(key).unwrap();
    builder.sign(key, digest).is_ok()
}

fn issued_by(name: &str, key: PKey<Private>, digest: MessageDigest) -> Case {
    let root = authority("Acme Root").key(key).self_signed();
    Case {
        name: name.to_owned(),
        chain: vec![server("localhost").digest(digest).issued_by(&root)],
        trust: vec![root],
        host: "localhost",
    }
}
