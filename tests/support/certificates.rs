//! Certificates made on the spot.

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use time::{Duration, OffsetDateTime};

/// A self-signed CA as PEM, with a fixed validity so that snapshots hold.
pub fn ca(common_name: &str) -> String {
    let key = KeyPair::generate().unwrap();
    params(common_name).self_signed(&key).unwrap().pem()
}

/// A CA with so many bytes that no packing makes smaller: its public key's owner says a lot.
pub fn bulky_ca(common_name: &str, bytes: usize) -> String {
    let mut noise = Vec::new();
    while noise.len() < bytes {
        noise.extend(KeyPair::generate().unwrap().public_key_raw());
    }
    let mut params = params(common_name);
    let nobodys = [1, 3, 6, 1, 4, 1, 99999, 1];
    let extension = CustomExtension::from_oid_content(&nobodys, noise);
    params.custom_extensions.push(extension);
    let key = KeyPair::generate().unwrap();
    params.self_signed(&key).unwrap().pem()
}

/// A CA that expired in 2020.
pub fn expired_ca(common_name: &str) -> String {
    let mut params = params(common_name);
    params.not_after = date_time_ymd(2020, 1, 1);
    let key = KeyPair::generate().unwrap();
    params.self_signed(&key).unwrap().pem()
}

/// A CA that ends in so many days.
pub fn ca_ending_in(common_name: &str, days: i64) -> String {
    let mut params = params(common_name);
    params.not_after = OffsetDateTime::now_utc() + Duration::days(days);
    let key = KeyPair::generate().unwrap();
    params.self_signed(&key).unwrap().pem()
}

/// A private key as PEM.
pub fn private_key() -> String {
    KeyPair::generate().unwrap().serialize_pem()
}

fn params(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::OrganizationName, "Acme");
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2126, 1, 1);
    params
}
