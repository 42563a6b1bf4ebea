//! Why a server is refused whose issuer seems to be trusted, or that is asked under another name.

use std::net::IpAddr;

use super::Presented;
use crate::certs::Certificate;
use crate::certs::verdict;

/// What no certificate that is added would mend, or only a certain one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The certificate is for other names.
    WrongName(WrongName),
    /// The issuer that is known was renewed with the same key, and the certificate names the former one by its serial number.
    IssuerRenewed {
        /// The subject of the certificate that names it.
        certificate: String,
        /// The serial number that it names.
        named: String,
        /// The issuer's subject.
        issuer: String,
        /// The serial number that the known issuer has.
        known: String,
    },
    /// The issuer's name is written in another kind of string than in the issuer's certificate (RFC 5280, 7.1).
    IssuerSpeltOtherwise {
        /// The subject of the certificate.
        certificate: String,
        /// The issuer's subject.
        issuer: String,
    },
}

/// How a certificate fails to name a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WrongName {
    /// It is an address, and named as if it were a host's name.
    AddressAsDns,
    /// It is the common name alone, which Python and uv do not look at.
    OnlyCommon,
    /// It is not among the names.
    Absent,
}

impl Cause {
    /// What no client, or not every one, gets past; `None` where nothing but trust is missing. `known` are the certificates
    /// that may be issuers, those that are trusted among them.
    #[must_use]
    pub fn of(presented: &Presented, known: &[&Certificate]) -> Option<Self> {
        let wrong = WrongName::of(presented).map(Self::WrongName);
        wrong.or_else(|| Self::between(presented, known))
    }

    fn between(presented: &Presented, known: &[&Certificate]) -> Option<Self> {
        let all: Vec<&Certificate> = presented
            .chain
            .iter()
            .chain(known.iter().copied())
            .collect();
        let way = super::upwards(&all);
        way.iter().find_map(|one| {
            let mut issuers = all.iter().filter(|issuer| one.fits_key_of(issuer));
            let issuer = match way.iter().find(|issuer| one.is_signed_by(issuer)) {
                Some(issuer) => issuer,
                None => issuers.next()?,
            };
            if one.is_own_issuer() {
                return None;
            }
            let certificate = one.subject.clone();
            let named = one.facts.authority_serial.as_ref();
            if let (Some(named), true) = (named, one.names_another_serial_than(issuer)) {
                return Some(Self::IssuerRenewed {
                    certificate,
                    named: named.clone(),
                    issuer: issuer.subject.clone(),
                    known: issuer.facts.serial.clone(),
                });
            }
            one.spells_otherwise(issuer)
                .then(|| Self::IssuerSpeltOtherwise {
                    certificate,
                    issuer: issuer.subject.clone(),
                })
        })
    }

    /// What it is, as the end of a sentence on the server.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        match self {
            Self::WrongName(_) => None,
            Self::IssuerRenewed {
                certificate,
                named,
                issuer,
                known,
            } => Some(format!(
                "{certificate} names its issuer by the serial number {named}, and the certificate of {issuer} that is known has {known}: the CA was renewed with the same key, and OpenSSL goes by the number"
            )),
            Self::IssuerSpeltOtherwise {
                certificate,
                issuer,
            } => Some(format!(
                "{certificate} writes the name of its issuer {issuer} in another kind of string than the issuer's own certificate does; git and uv compare bytes, and take them for two"
            )),
        }
    }

    /// What helps.
    #[must_use]
    pub fn remedy(&self) -> String {
        let remedy = match self {
            Self::WrongName(WrongName::AddressAsDns) => {
                "have it reissued with the address as an IP entry (subjectAltName=IP:…), or use a name in the URL"
            }
            Self::WrongName(WrongName::OnlyCommon) => {
                "have it reissued with this name as alternative name (subjectAltName=DNS:…): the common name alone no longer counts"
            }
            Self::WrongName(WrongName::Absent) => {
                "use a name of the certificate in the URL, or have it reissued with this one as alternative name"
            }
            Self::IssuerRenewed { named, .. } => {
                return format!(
                    "have the server's certificate issued anew, or trust the CA's former certificate, number {named}, as well until then"
                );
            }
            Self::IssuerSpeltOtherwise { .. } => {
                "have the server's certificate issued anew by software that copies the issuer's name byte for byte"
            }
        };
        remedy.to_owned()
    }
}

impl WrongName {
    /// `None` where the certificate is for the host.
    fn of(presented: &Presented) -> Option<Self> {
        let leaf = presented.chain.first()?;
        let host = presented.host.as_str();
        if verdict::names_host(leaf, host) {
            return None;
        }
        let is_host = |name: &str| name.eq_ignore_ascii_case(host);
        let as_dns = leaf
            .facts
            .names
            .iter()
            .any(|name| name.strip_prefix("DNS:").is_some_and(is_host));
        Some(if as_dns && host.parse::<IpAddr>().is_ok() {
            Self::AddressAsDns
        } else if !leaf.facts.names_hosts() && leaf.common_name.as_deref().is_some_and(is_host) {
            Self::OnlyCommon
        } else {
            Self::Absent
        })
    }
}
