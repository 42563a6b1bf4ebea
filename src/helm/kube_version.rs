//! A Kubernetes version that a chart accepts, for rendering without a cluster.
//!
//! `helm template` assumes the version built into helm (1.32 in 3.17.2, 1.37 in 4.3.1; measured) and refuses a chart
//! whose `kubeVersion` excludes it, though the user's cluster may well be within the bounds.

use semver::{Version, VersionReq};

/// Minor versions of Kubernetes 1 that helm 3.17 to 4.3 assume; a chart that accepts both ends accepts what is between.
const ASSUMED: [u64; 2] = [32, 37];
/// The newest minor version worth trying.
const NEWEST: u64 = 60;

/// The newest minor version within `bounds` (Chart.yaml's `kubeVersion`), or `None` where helm's own will do or the bounds
/// cannot be read.
pub(super) fn within(bounds: &str) -> Option<String> {
    let alternatives: Vec<VersionReq> = bounds
        .split("||")
        .map(requirement)
        .collect::<Result<_, _>>()
        .ok()?;
    let accepts = |minor: u64| {
        let version = Version::new(1, minor, 0);
        alternatives.iter().any(|one| one.matches(&version))
    };
    if ASSUMED.into_iter().all(accepts) {
        return None;
    }
    let newest = (0..=NEWEST).rev().find(|minor| accepts(*minor))?;
    Some(format!("1.{newest}.0"))
}

/// Helm separates comparators by blanks or commas and allows a blank after the operator; `semver` wants commas.
fn requirement(text: &str) -> Result<VersionReq, semver::Error> {
    let mut comparators: Vec<String> = Vec::new();
    let mut operator = String::new();
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        let begins_version =
            word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, 'v' | '*' | 'x'));
        if begins_version || word.contains(|c: char| c.is_ascii_digit()) {
            comparators.push(format!("{operator}{}", word.replace('v', "")));
            operator.clear();
        } else {
            word.clone_into(&mut operator);
        }
    }
    VersionReq::parse(&comparators.join(","))
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn a_bounded_chart_is_rendered_for_its_newest_version() {
        assert_eq!(within(">= 1.21.0-0 < 1.33.0-0").as_deref(), Some("1.32.0"));
        assert_eq!(within(">=1.21.0,<v1.25.0").as_deref(), Some("1.24.0"));
        assert_eq!(within("~1.19 || ~1.28.0").as_deref(), Some("1.28.0"));
    }

    #[test]
    fn helms_own_version_serves_where_the_chart_accepts_it() {
        assert_eq!(within(">= 1.21.0-0"), None);
        assert_eq!(within("not a version"), None);
    }
}
