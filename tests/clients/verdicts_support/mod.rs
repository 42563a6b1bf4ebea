//! Trust, servers and the clients that are asked about them.

pub(crate) mod algorithms;
pub(crate) mod changes;
pub(crate) mod clients;
pub(crate) mod fresh;
pub(crate) mod keys;
pub(crate) mod matrix;

use helm_clearml_certs::certs::Certificate;
use helm_clearml_certs::certs::verdict::{Server, Trust};
use time::OffsetDateTime;

use crate::support::authority::Issued;

/// What is trusted, what a server presents, and the host it is asked by.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) trust: Vec<Issued>,
    pub(crate) chain: Vec<Issued>,
    pub(crate) host: &'static str,
}

impl Case {
    pub(crate) fn trust(&self) -> Trust {
        let certificates: Vec<Certificate> = self.trust.iter().map(certificate).collect();
        let certificates: Vec<&Certificate> = certificates.iter().collect();
        Trust::new(&certificates, OffsetDateTime::now_utc())
    }

    pub(crate) fn server(&self) -> Server {
        Server {
            chain: self
                .chain
                .iter()
                .map(|one| one.x509.to_der().unwrap())
                .collect(),
            host: Some(self.host.to_owned()),
        }
    }
}

pub(crate) fn certificate(issued: &Issued) -> Certificate {
    Certificate::from_der(&issued.x509.to_der().unwrap()).unwrap()
}
