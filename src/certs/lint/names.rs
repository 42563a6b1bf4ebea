//! Lints on names: empty ones, and servers that a CA may not vouch for.

use super::Subject;
use crate::certs::Role;
use crate::certs::facts::NameConstraints;
use crate::finding::Finding;

pub(super) fn empty_ca_subject(subject: &Subject<'_>) -> Option<Finding> {
    (subject.is_authority() && subject.certificate.subject.is_empty()).then(|| {
        Finding::warning(
            "ca-subject-empty",
            format!(
                "{} is a CA without a name; Python 3.13 and newer says \"Issuer name empty\", curl \"couldn't get X509-issuer name\"",
                subject.name()
            ),
        )
        .hint("the CA and all that it issued must be issued anew, with a name")
    })
}

pub(super) fn empty_subject_not_critical(subject: &Subject<'_>) -> Option<Finding> {
    let server = matches!(subject.role, Role::Leaf | Role::SelfSignedServer);
    let certificate = subject.certificate;
    (server && certificate.subject.is_empty() && !certificate.facts.names_critical).then(|| {
        Finding::warning(
            "subject-empty-names-not-critical",
            format!(
                "{}: Python 3.13 and newer says \"Subject empty and Subject Alt Name extension not critical\"",
                subject.name()
            ),
        )
        .hint("have it reissued with a subject, or with critical alternative names")
    })
}

/// A CA that may vouch for none of the known servers. One of several may be for servers that nobody told us about.
pub(super) fn excludes_servers(subject: &Subject<'_>) -> Option<Finding> {
    let constraints = subject.certificate.facts.name_constraints.as_ref()?;
    let hosts = &subject.options.hosts;
    if hosts.is_empty() || hosts.iter().any(|host| allows(constraints, host)) {
        return None;
    }
    Some(
        Finding::warning(
            "name-constraints-exclude-servers",
            format!(
                "{} may not vouch for {} (permitted: {}; excluded: {}); clients say \"permitted subtree violation\"",
                subject.name(),
                hosts.join(", "),
                listed(&constraints.permitted),
                listed(&constraints.excluded)
            ),
        )
        .hint("give the CA that really issued those servers' certificates"),
    )
}

/// Whether a DNS name is within the constraints; those on other kinds of names do not bind it (RFC 5280, 4.2.1.10).
fn allows(constraints: &NameConstraints, host: &str) -> bool {
    let domains = |list: &'_ [String]| -> Vec<String> {
        list.iter()
            .filter_map(|name| name.strip_prefix("DNS:").map(str::to_owned))
            .collect()
    };
    let permitted = domains(&constraints.permitted);
    let under = |domain: &String| is_under(host, domain);
    (permitted.is_empty() || permitted.iter().any(under))
        && !domains(&constraints.excluded).iter().any(under)
}

/// Whether `host` is `domain` or below it (RFC 5280, 4.2.1.10).
fn is_under(host: &str, domain: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let domain = domain.to_ascii_lowercase();
    let domain = domain.trim_start_matches('.');
    domain.is_empty()
        || host == domain
        || host
            .strip_suffix(domain)
            .is_some_and(|labels| labels.ends_with('.'))
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        "-".to_owned()
    } else {
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::is_under;

    #[test]
    fn a_subtree_ends_at_labels() {
        assert!(is_under("app.acme.example", "acme.example"));
        assert!(is_under("APP.acme.example", ".Acme.example"));
        assert!(is_under("acme.example", "acme.example"));
        assert!(!is_under("notacme.example", "acme.example"));
        assert!(!is_under("acme.example", "app.acme.example"));
    }
}
