//! What may be wrong, or just unusual, with a certificate.

use openssl::hash::MessageDigest;

use super::keys::Kind;
use crate::support::authority::{
    ALTERNATIVE_NAMES, BASIC_CONSTRAINTS, EXTENDED_KEY_USAGE, KEY_USAGE, Name, Recipe,
};

/// A name, and what it does to a certificate that is well made.
pub(crate) type Change = (&'static str, fn(Recipe) -> Recipe);

const POLICIES: &str = "2.5.29.32";
const POLICY_CONSTRAINTS: &str = "2.5.29.36";
const INHIBIT_ANY_POLICY: &str = "2.5.29.54";
const AUTHORITY_KEY_ID: &str = "2.5.29.35";
const UNKNOWN: &str = "1.3.6.1.4.1.99999.1";
const LOCAL: Name = Name::Dns("localhost");
/// The host that most names are tried on.
pub(crate) const API: &str = "api.clearml.example";

/// What may be wrong with any certificate.
pub(crate) const ANY: &[Change] = &[
    ("without subject key id", Recipe::without_subject_id),
    ("without authority key id", Recipe::without_authority_id),
    ("without key ids", Recipe::without_ids),
    ("without basicConstraints", |r| r.without(BASIC_CONSTRAINTS)),
    ("without keyUsage", |r| r.without(KEY_USAGE)),
    ("for clients only", |r| {
        r.with(EXTENDED_KEY_USAGE, false, "300A06082B06010505070302")
    }),
    ("for servers and clients", |r| {
        r.with(
            EXTENDED_KEY_USAGE,
            false,
            "301406082B0601050507030106082B06010505070302",
        )
    }),
    ("for any purpose", |r| {
        r.with(EXTENDED_KEY_USAGE, false, "30060604551D2500")
    }),
    ("for servers, critical", |r| {
        r.with(EXTENDED_KEY_USAGE, true, "300A06082B06010505070301")
    }),
    ("empty subject", Recipe::nameless),
    ("expired", |r| r.days(-100, -1)),
    ("not yet valid", |r| r.days(1, 100)),
    ("version 1", Recipe::version_1),
    ("unknown extension, critical", |r| {
        r.with(UNKNOWN, true, "0500")
    }),
    ("unknown extension", |r| r.with(UNKNOWN, false, "0500")),
    ("a policy", |r| r.with(POLICIES, false, "3006300406022A03")),
    ("negative serial", |r| r.serial(&[0x80, 1, 2])),
    ("serial of 25 bytes", |r| r.serial(&[0x42; 25])),
    ("serial 0", |r| r.serial(&[0])),
    ("authority key id names nothing", |r| {
        r.without_authority_id()
            .with(AUTHORITY_KEY_ID, false, "3000")
    }),
    ("authority key id of another key", |r| {
        r.without_authority_id()
            .with(AUTHORITY_KEY_ID, false, "3006800401020304")
    }),
    ("signed with SHA-1", |r| r.digest(MessageDigest::sha1())),
    ("signed with SHA-224", |r| r.digest(MessageDigest::sha224())),
    ("signed with SHA-384", |r| r.digest(MessageDigest::sha384())),
    ("signed with SHA-512", |r| r.digest(MessageDigest::sha512())),
    ("signed with MD5", |r| r.digest(MessageDigest::md5())),
    ("signed with PSS", Recipe::pss),
    ("signed with SHA3-256", |r| {
        r.digest(MessageDigest::sha3_256())
    }),
    ("subject key id critical", Recipe::subject_id_critical),
    ("names its issuer by serial", Recipe::names_issuer_by_serial),
];

/// What may be wrong with a CA.
pub(crate) const CA: &[Change] = &[
    ("basicConstraints not critical", |r| {
        r.with(BASIC_CONSTRAINTS, false, "30030101FF")
    }),
    ("CA:FALSE", |r| r.with(BASIC_CONSTRAINTS, true, "3000")),
    ("path length 0", |r| {
        r.with(BASIC_CONSTRAINTS, true, "30060101FF020100")
    }),
    ("path length 1", |r| {
        r.with(BASIC_CONSTRAINTS, true, "30060101FF020101")
    }),
    ("keyUsage not critical", |r| {
        r.with(KEY_USAGE, false, "03020106")
    }),
    ("keyUsage without keyCertSign", |r| {
        r.with(KEY_USAGE, true, "03020780")
    }),
    ("constrained to localhost", |r| r.constrained(&[LOCAL], &[])),
    ("constrained to clearml.example", |r| {
        r.constrained(&[Name::Dns("clearml.example")], &[])
    }),
    ("constrained to .example and localhost", |r| {
        r.constrained(&[Name::Dns(".example"), LOCAL], &[])
    }),
    ("example excluded", |r| {
        r.constrained(&[], &[Name::Dns("example")])
    }),
    ("localhost excluded", |r| r.constrained(&[], &[LOCAL])),
    ("constrained to 127.0.0.0/8", |r| {
        r.constrained(&[Name::Network([127, 0, 0, 0, 255, 0, 0, 0])], &[])
    }),
    ("127.0.0.0/8 excluded", |r| {
        r.constrained(&[], &[Name::Network([127, 0, 0, 0, 255, 0, 0, 0])])
    }),
    ("constrained to 10.0.0.0/8", |r| {
        r.constrained(&[Name::Network([10, 0, 0, 0, 255, 0, 0, 0])], &[])
    }),
    ("constrained to mail of acme.example", |r| {
        r.constrained(&[Name::Email("acme.example")], &[])
    }),
    ("constrained to URIs of acme.example", |r| {
        r.constrained(&[Name::Uri("acme.example")], &[])
    }),
    ("constrained to a directory", |r| {
        r.constrained(&[Name::Directory("Elsewhere")], &[])
    }),
    ("a directory excluded", |r| {
        r.constrained(&[], &[Name::Directory("Elsewhere")])
    }),
    ("requires a policy", |r| {
        r.with(POLICY_CONSTRAINTS, true, "3003800100")
    }),
    ("inhibits any policy", |r| {
        r.with(INHIBIT_ANY_POLICY, true, "020100")
    }),
    ("spelt differently by what it issues", |r| {
        r.spelt_by_what_it_issues("ACME  authority")
            .called("Acme Authority")
    }),
];

/// What may be wrong with a server's certificate.
pub(crate) const LEAF: &[Change] = &[
    ("CA:TRUE", |r| r.with(BASIC_CONSTRAINTS, true, "30030101FF")),
    ("keyCertSign", |r| r.with(KEY_USAGE, true, "03020284")),
    ("keyCertSign alone", |r| r.with(KEY_USAGE, true, "03020204")),
    ("keyAgreement alone", |r| {
        r.with(KEY_USAGE, true, "03020308")
    }),
    ("keyEncipherment alone", |r| {
        r.with(KEY_USAGE, true, "03020520")
    }),
    ("for signing code", |r| {
        r.with(EXTENDED_KEY_USAGE, false, "300A06082B06010505070303")
    }),
    ("constrained as if a CA", |r| r.constrained(&[LOCAL], &[])),
];

/// Names of a server's certificate, beside the right ones.
pub(crate) const NAMES: &[Change] = &[
    ("common name alone", |r| {
        r.called(API).without(ALTERNATIVE_NAMES)
    }),
    ("wildcard as common name alone", |r| {
        r.called("*.clearml.example").without(ALTERNATIVE_NAMES)
    }),
    ("common name beside mail", |r| {
        r.called(API).names(&[Name::Email("ops@clearml.example")])
    }),
    ("common name beside URI", |r| {
        r.called(API)
            .names(&[Name::Uri("https://api.clearml.example")])
    }),
    ("common name beside address", |r| {
        r.called(API).names(&[Name::Address([127, 0, 0, 1].into())])
    }),
    ("common name beside another name", |r| {
        r.called(API).names(&[Name::Dns("web.clearml.example")])
    }),
    ("wildcard", |r| r.names(&[Name::Dns("*.clearml.example")])),
    ("wildcard in upper case", |r| {
        r.names(&[Name::Dns("*.ClearML.EXAMPLE")])
    }),
    ("wildcard of two labels", |r| {
        r.names(&[Name::Dns("*.example")])
    }),
    ("wildcard of a label's end", |r| {
        r.names(&[Name::Dns("a*.clearml.example")])
    }),
    ("wildcard of a label's beginning", |r| {
        r.names(&[Name::Dns("*i.clearml.example")])
    }),
    ("two wildcards", |r| r.names(&[Name::Dns("*.*.example")])),
    ("wildcard in the middle", |r| {
        r.names(&[Name::Dns("api.*.example")])
    }),
    ("wildcard too deep", |r| {
        r.names(&[Name::Dns("*.api.clearml.example")])
    }),
    ("wildcard alone", |r| r.names(&[Name::Dns("*")])),
    ("the domain with a dot before", |r| {
        r.names(&[Name::Dns(".clearml.example")])
    }),
    ("a dot after", |r| {
        r.names(&[Name::Dns("api.clearml.example.")])
    }),
    ("upper case", |r| {
        r.names(&[Name::Dns("API.clearml.EXAMPLE")])
    }),
    ("exactly", |r| r.names(&[Name::Dns(API)])),
    ("many", |r| {
        r.names(&[
            Name::Email("ops@clearml.example"),
            Name::Dns("web.clearml.example"),
            Name::Uri("https://api.clearml.example"),
            Name::Dns(API),
        ])
    }),
    ("the parent domain", |r| {
        r.names(&[Name::Dns("clearml.example")])
    }),
    ("none", |r| r.without(ALTERNATIVE_NAMES)),
];

/// Names of a server's certificate that is asked by address.
pub(crate) const ADDRESSES: &[Change] = &[
    ("address", |r| {
        r.names(&[Name::Address([127, 0, 0, 1].into())])
    }),
    ("another address", |r| {
        r.names(&[Name::Address([10, 0, 0, 1].into())])
    }),
    ("address as DNS name", |r| {
        r.names(&[Name::Dns("127.0.0.1")])
    }),
    ("address as common name", |r| {
        r.called("127.0.0.1").without(ALTERNATIVE_NAMES)
    }),
    ("localhost alone", |r| r.names(&[LOCAL])),
];

/// The keys that a certificate may have in the place of P-256; RSA is as common as it is in life.
pub(crate) const KEYS: &[Kind] = &[
    Kind::Rsa(2048),
    Kind::Rsa(2048),
    Kind::Rsa(2048),
    Kind::Rsa(3072),
    Kind::Rsa(4096),
    Kind::Rsa(1024),
    Kind::P384,
    Kind::P384,
    Kind::P521,
    Kind::P224,
    Kind::Secp256k1,
    Kind::Brainpool,
    Kind::SpeltOut,
    Kind::Ed25519,
    Kind::Ed448,
    Kind::RsaPss,
];
