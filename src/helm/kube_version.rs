//! A Kubernetes version that a chart accepts, for rendering without a cluster.
//!
//! `helm template` assumes the version built into helm (docs/helm-versions.md has them) and refuses a chart whose
//! `kubeVersion` excludes it, though the user's cluster may well be within the bounds.

use semver::Version;

use super::chart_version;

/// Minor versions of Kubernetes 1 that helms assume: a Helm 3 that was built by `go install`, and the oldest and newest
/// release; a chart that accepts these accepts what is between.
const ASSUMED: [u64; 3] = [20, 32, 37];
/// Minor versions worth trying, newest first: what the newest helm assumes before what none knows yet.
const CANDIDATES: [std::ops::RangeInclusive<u64>; 2] = [0..=37, 38..=60];

/// The newest minor version within `bounds` (Chart.yaml's `kubeVersion`) that a helm assumes, or `None` where each helm's
/// own will do or the bounds cannot be read.
pub(super) fn within(bounds: &str) -> Option<String> {
    let alternatives = chart_version::ranges(bounds)?;
    let accepts = |minor: u64| {
        let version = Version::new(1, minor, 0);
        alternatives.iter().any(|one| one.matches(&version))
    };
    if ASSUMED.into_iter().all(accepts) {
        return None;
    }
    let newest = CANDIDATES
        .into_iter()
        .find_map(|range| range.rev().find(|minor| accepts(*minor)))?;
    Some(format!("1.{newest}.0"))
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn a_bounded_chart_is_rendered_for_its_newest_version() {
        assert_eq!(within(">= 1.21.0-0 < 1.33.0-0").as_deref(), Some("1.32.0"));
        assert_eq!(within(">=1.21.0,<v1.25.0").as_deref(), Some("1.24.0"));
        assert_eq!(within("~1.19 || ~1.28.0").as_deref(), Some("1.28.0"));
        assert_eq!(within(">= 1.38.0").as_deref(), Some("1.60.0"));
    }

    #[test]
    fn a_chart_that_is_too_new_for_some_helm_is_rendered_for_what_the_newest_assumes() {
        assert_eq!(within(">= 1.21.0-0").as_deref(), Some("1.37.0"));
        assert_eq!(within(">= 1.35.0-0").as_deref(), Some("1.37.0"));
    }

    #[test]
    fn helms_own_version_serves_where_the_chart_accepts_it() {
        assert_eq!(within(">= 1.19.0-0"), None);
        assert_eq!(within("not a version"), None);
    }
}
