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
    let certificate = params.self_signed(&KeyPair::generate()?)?;
    #[expect(clippy::print_stdout, reason = "printing is its purpose")]
    {
        print!("{}", certificate.pem());
    }
    Ok(())
}
