//! Lints on what a certificate may do, and on the extensions that strict clients want.

use super::Subject;
use crate::certs::Role;
use crate::finding::Finding;

const REISSUE: &str =
    "have the CA's certificate reissued with the same key: certificates that it signed stay valid";

pub(super) fn not_a_ca(subject: &Subject<'_>) -> Option<Finding> {
    (subject.role == Role::Leaf && subject.options.as_trust).then(|| {
        let finding = Finding::error(
            "certificate-not-a-ca",
            format!(
                "{} is no CA but a server's own certificate, issued by {}; Python up to 3.12 says \"unable to get local issuer certificate\", uv \"UnknownIssuer\", and every client once it is renewed",
                subject.name(),
                subject.certificate.issuer
            ),
        )
        .hint("give the certificate of the CA that issued it instead");
        if subject.options.deploys {
            finding
        } else {
            finding.at_most_warning()
        }
    })
}

pub(super) fn self_signed_server(subject: &Subject<'_>) -> Option<Finding> {
    (subject.role == Role::SelfSignedServer).then(|| {
        let uv = if subject.certificate.is_ca {
            "; uv says \"CaUsedAsEndEntity\", since it is marked as CA"
        } else {
            ""
        };
        Finding::warning(
            "certificate-self-signed-server",
            format!(
                "{} is a server's own certificate, signed by itself: trust ends with its renewal{uv}",
                subject.name()
            ),
        )
        .hint("better: a small CA of your own, whose root is given here once")
    })
}

pub(super) fn intermediate_without_root(subject: &Subject<'_>) -> Option<Finding> {
    (subject.role == Role::Intermediate && !subject.has_issuer && subject.options.as_trust).then(|| {
        Finding::warning(
            "intermediate-without-root",
            format!(
                "{} was issued by {}, which is not among the given certificates; Python up to 3.12 and node say \"unable to get issuer certificate\"",
                subject.name(),
                subject.certificate.issuer
            ),
        )
        .hint("give the root as well, with another --ca")
    })
}

/// A CA without the right to sign, or one that signed without being a CA.
pub(super) fn cannot_sign(subject: &Subject<'_>) -> Option<Finding> {
    let facts = &subject.certificate.facts;
    let denies = facts.basic_constraints.is_some_and(|basic| !basic.ca);
    let why = if subject.is_authority() && !facts.may_sign_certificates() {
        "is a CA whose keyUsage lacks keyCertSign"
    } else if subject.has_issued && denies {
        "says of itself that it is no CA (CA:FALSE), and issued another of the certificates"
    } else {
        return None;
    };
    Some(
        Finding::error(
            "ca-cannot-sign",
            format!(
                "{} {why}; every client that uses OpenSSL says \"invalid CA certificate\"",
                subject.name()
            ),
        )
        .hint(REISSUE),
    )
}

/// The signature of a root on itself: no client looks at it, so nobody would notice.
pub(super) fn signature_broken(subject: &Subject<'_>) -> Option<Finding> {
    let certificate = subject.certificate;
    let broken = certificate.is_own_issuer() && certificate.fits_own_signature() == Some(false);
    broken.then(|| {
        Finding::warning(
            "certificate-signature-broken",
            format!(
                "{} says that it signed itself, and the signature is not its key's: it was damaged or changed since; no client looks at that, all would trust it",
                subject.name()
            ),
        )
        .hint("compare its fingerprint with what its owner says, and get the file again")
    })
}

/// RFC 5280, 4.1.2.2, wants a positive number. Go refuses to read others since 1.23 (`x509: negative serial number`).
pub(super) fn negative_serial(subject: &Subject<'_>) -> Option<Finding> {
    let serial = &subject.certificate.facts.serial;
    serial.starts_with('-').then(|| {
        Finding::warning(
            "certificate-serial-negative",
            format!(
                "{} has a negative serial number ({serial}); programs in Go say \"x509: negative serial number\" since Go 1.23, or leave it out without a word",
                subject.name()
            ),
        )
        .hint(REISSUE)
    })
}

/// OpenSSL takes keyUsage with keyCertSign for a sign of a CA, unless it is strict (`check_ca` of `v3_purp.c`).
pub(super) fn without_basic_constraints(subject: &Subject<'_>) -> Option<Finding> {
    let facts = &subject.certificate.facts;
    let lacks = facts.version == 3 && facts.basic_constraints.is_none();
    let who = if facts.key_usage.is_some() {
        "Python 3.13 and newer says"
    } else {
        "every client that uses OpenSSL says"
    };
    (subject.is_authority() && lacks).then(|| {
        Finding::warning(
            "ca-without-basic-constraints",
            format!(
                "{} does not say that it is a CA; {who} \"invalid CA certificate\" to every server it vouches for",
                subject.name()
            ),
        )
        .hint(REISSUE)
    })
}

pub(super) fn key_cert_sign_without_ca(subject: &Subject<'_>) -> Option<Finding> {
    let facts = &subject.certificate.facts;
    let is_ca = subject.certificate.is_ca || subject.is_authority();
    (!is_ca && facts.key_usage.is_some() && facts.may_sign_certificates()).then(
        || {
            Finding::warning(
                "key-cert-sign-without-ca",
                format!(
                    "{} has keyCertSign but is no CA; Python 3.13 and newer says \"Key usage keyCertSign invalid for non-CA cert\"",
                    subject.name()
                ),
            )
            .hint("have it reissued: with CA:TRUE for a CA, without keyCertSign for a server")
        },
    )
}

pub(super) fn basic_constraints_not_critical(subject: &Subject<'_>) -> Option<Finding> {
    let constraints = subject.certificate.facts.basic_constraints?;
    (constraints.ca && !constraints.critical).then(|| {
        Finding::warning(
            "ca-basic-constraints-not-critical",
            format!(
                "{}: Python 3.13 and newer says \"Basic Constraints of CA cert not marked critical\" to every server it vouches for",
                subject.name()
            ),
        )
        .hint(REISSUE)
    })
}

pub(super) fn without_key_usage(subject: &Subject<'_>) -> Option<Finding> {
    let facts = &subject.certificate.facts;
    (subject.is_authority() && facts.version == 3 && facts.key_usage.is_none()).then(|| {
        Finding::warning(
            "ca-without-key-usage",
            format!(
                "{}: Python 3.13 and newer says \"CA cert does not include key usage extension\" to every server it vouches for",
                subject.name()
            ),
        )
        .hint(REISSUE)
    })
}

pub(super) fn without_subject_key_id(subject: &Subject<'_>) -> Option<Finding> {
    let facts = &subject.certificate.facts;
    (subject.is_authority() && facts.version == 3 && facts.subject_key_id.is_none()).then(|| {
        Finding::warning(
            "ca-without-subject-key-id",
            format!(
                "{}: Python 3.13 and newer says \"Missing Subject Key Identifier\" to every server it vouches for, or \"Missing Authority Key Identifier\" where the server's certificate names none in turn",
                subject.name()
            ),
        )
        .hint(REISSUE)
    })
}

/// A root needs none: it issued itself.
pub(super) fn without_authority_key_id(subject: &Subject<'_>) -> Option<Finding> {
    let certificate = subject.certificate;
    let without = certificate
        .facts
        .authority_key_id
        .as_deref()
        .is_none_or(str::is_empty);
    (!certificate.is_own_issuer() && without).then(|| {
        Finding::warning(
            "certificate-without-authority-key-id",
            format!(
                "{}: Python 3.13 and newer says \"Missing Authority Key Identifier\"",
                subject.name()
            ),
        )
        .hint("have it reissued by a CA that adds the extension (openssl: authorityKeyIdentifier=keyid)")
    })
}
