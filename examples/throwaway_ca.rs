//! Prints the certificate of a new CA whose key is thrown away at once: for `make demo`, where nothing needs to be signed.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, KeyUsagePurpose};

fn main() -> Result<(), rcgen::Error> {
    let name = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "Throwaway CA".to_owned());
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::OrganizationName, "Acme");
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    params.not_after = rcgen::date_time_ymd(2046, 1, 1);
    let certificate = params.self_signed(&KeyPair::generate()?)?;
    #[expect(clippy::print_stdout, reason = "printing is its purpose")]
    {
        print!("{}", certificate.pem());
    }
    Ok(())
}
