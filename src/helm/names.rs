//! Which names Helm and Kubernetes take, so that a wrong one is told while it is typed.

/// Longest release name: Helm's own bound, which leaves room for what charts put behind it.
pub const RELEASE_LENGTH: usize = 53;
/// Longest namespace name (RFC 1123 label).
pub const NAMESPACE_LENGTH: usize = 63;

/// Whether Helm takes `name` for a release (`chartutil.ValidateReleaseName`).
#[must_use]
pub fn is_release_name(name: &str) -> bool {
    name.len() <= RELEASE_LENGTH && name.split('.').all(is_label)
}

/// Whether Kubernetes takes `name` for a namespace.
#[must_use]
pub fn is_namespace_name(name: &str) -> bool {
    name.len() <= NAMESPACE_LENGTH && is_label(name)
}

fn is_label(part: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !part.is_empty() && part.chars().all(is_inner) && !part.starts_with('-') && !part.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged_as_helm_and_kubernetes_do() {
        for good in ["clearml-agent", "a", "gw.eu", "x1"] {
            assert!(is_release_name(good), "{good}");
        }
        for bad in ["", "Agent", "-a", "a-", "a..b", "a_b", &"a".repeat(54)] {
            assert!(!is_release_name(bad), "{bad}");
        }
        assert!(is_namespace_name(&"a".repeat(63)));
        assert!(!is_namespace_name(&"a".repeat(64)));
        assert!(!is_namespace_name("a.b"));
    }
}
