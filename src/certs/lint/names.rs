//! Lints on names: empty ones, and servers that a CA may not vouch for.

use std::net::IpAddr;

use super::Subject;
use crate::certs::Role;
use crate::certs::facts::NameConstraints;
use crate::finding::Finding;

pub(super) fn empty_ca_subject(subject: &Subject<'_>) -> Option<Finding> {
    (subject.is_authority() && subject.certificate.subject.is_empty()).then(|| {
        Finding::warning(
            "ca-subject-empty",
            format!(
                "{} is a CA without a name; Python 3.13 and newer says \"Issuer name empty\", curl \"SSL: couldn't get X509-issuer name\"",
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

/// Some guides have people name their CA like the host that it is for; `openssl req -x509` makes a server's own look the same.
pub(super) fn named_like_a_host(subject: &Subject<'_>) -> Option<Finding> {
    let certificate = subject.certificate;
    let name = certificate.common_name.as_deref()?;
    let alone = subject.role == Role::Root && !subject.has_issued;
    (alone && certificate.facts.key_usage.is_none() && is_host_name(name)).then(|| {
        Finding::note(
            "ca-named-like-a-host",
            format!(
                "{} is taken for the CA that it says it is, although it is named like a host; if it is the own certificate of {name}, no Python will take it, for want of an alternative name",
                subject.name()
            ),
        )
        .hint(format!("helm clearml-certs probe {name} shows what that server presents"))
    })
}

/// Whether `name` looks like a fully qualified host name.
fn is_host_name(name: &str) -> bool {
    let labels: Vec<&str> = name.split('.').collect();
    let is_label = |label: &str| {
        let mut characters = label.chars();
        !label.is_empty() && characters.all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '*')
    };
    labels.len() > 1 && labels.into_iter().all(is_label)
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
                "{} may not vouch for {} (permitted: {}; excluded: {}); clients say \"permitted subtree violation\" or \"excluded subtree violation\"",
                subject.name(),
                hosts.join(", "),
                listed(&constraints.permitted),
                listed(&constraints.excluded)
            ),
        )
        .hint("give the CA that really issued those servers' certificates"),
    )
}

/// Whether a name or address is within the constraints; those on other kinds of names do not bind it (RFC 5280, 4.2.1.10).
fn allows(constraints: &NameConstraints, host: &str) -> bool {
    let address: Option<IpAddr> = host.parse().ok();
    // `None` where the constraint is of another kind.
    let holds = |constraint: &String| match address {
        Some(address) => is_in_network(address, constraint.strip_prefix("IP:")?),
        None => Some(is_under(host, constraint.strip_prefix("DNS:")?)),
    };
    let permitted: Vec<bool> = constraints.permitted.iter().filter_map(holds).collect();
    (permitted.is_empty() || permitted.contains(&true))
        && !constraints
            .excluded
            .iter()
            .filter_map(holds)
            .any(|holds| holds)
}

/// Whether an address is in a network, written with its mask; `None` where that is of the other family.
fn is_in_network(address: IpAddr, network: &str) -> Option<bool> {
    let (network, mask) = network.split_once('/')?;
    let bits = |address: IpAddr| match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    };
    let (network, mask): (IpAddr, IpAddr) = (network.parse().ok()?, mask.parse().ok()?);
    let same_family = network.is_ipv4() == address.is_ipv4() && mask.is_ipv4() == address.is_ipv4();
    same_family.then(|| bits(address) & bits(mask) == bits(network) & bits(mask))
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
    use super::{allows, is_under};
    use crate::certs::facts::NameConstraints;

    #[test]
    fn each_kind_of_name_is_bound_by_its_own_constraints() {
        let listed = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let permitted = |names: &[&str]| NameConstraints {
            permitted: listed(names),
            excluded: Vec::new(),
        };
        let ours = permitted(&["DNS:acme.example", "IP:10.0.0.0/255.0.0.0"]);
        assert!(allows(&ours, "api.acme.example"));
        assert!(allows(&ours, "10.1.2.3"));
        assert!(allows(&ours, "::1"), "no constraint on its family");
        assert!(!allows(&ours, "api.other.example"));
        assert!(!allows(&ours, "192.168.0.1"));
        assert!(allows(&permitted(&["DNS:acme.example"]), "192.168.0.1"));
        assert!(allows(
            &permitted(&["IP:10.0.0.0/255.0.0.0"]),
            "api.acme.example"
        ));
        let not_ours = NameConstraints {
            permitted: Vec::new(),
            excluded: listed(&["DNS:acme.example", "IP:10.0.0.0/255.0.0.0"]),
        };
        assert!(!allows(&not_ours, "api.acme.example"));
        assert!(!allows(&not_ours, "10.1.2.3"));
        assert!(allows(&not_ours, "192.168.0.1"));
    }

    #[test]
    fn a_subtree_ends_at_labels() {
        assert!(is_under("app.acme.example", "acme.example"));
        assert!(is_under("APP.acme.example", ".Acme.example"));
        assert!(is_under("acme.example", "acme.example"));
        assert!(!is_under("notacme.example", "acme.example"));
        assert!(!is_under("acme.example", "app.acme.example"));
    }
}
