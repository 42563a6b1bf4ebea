//! Chart versions with known trouble, as data.
//!
//! Source: the release notes of the vendor's charts.

use semver::Version;

use crate::finding::{Finding, Severity};
use crate::overrides::Mode;
use crate::overrides::task_pods::Strategy;
use crate::plan::{Observed, Target};
use crate::vendor::Component;

/// Versions of one chart that do not do what they should.
struct Trouble {
    component: Component,
    /// The first version that has it; from the beginning where there is none.
    from: Option<Version>,
    /// The first version that no longer has it.
    fixed_in: Version,
    /// Whether this plan meets it.
    meets: fn(&Target) -> bool,
    severity: Severity,
    code: &'static str,
    what: &'static str,
    /// What helps where another version is no choice.
    instead: Option<&'static str>,
}

const TROUBLES: &[Trouble] = &[
    Trouble {
        component: Component::Agent,
        from: Some(Version::new(6, 12, 3)),
        fixed_in: Version::new(6, 12, 4),
        meets: |target| target.mode == Mode::Append,
        severity: Severity::Error,
        code: "chart-breaks-update-ca-certificates",
        what: "its agent image is not root and cannot run update-ca-certificates, so the agent would not get the certificates",
        instead: Some("--mode replace, which needs no root"),
    },
    Trouble {
        component: Component::Agent,
        from: Some(Version::new(6, 10, 6)),
        fixed_in: Version::new(6, 10, 10),
        meets: |target| target.strategy == Strategy::Propagate,
        severity: Severity::Warning,
        code: "chart-leaves-out-ssl-cert-file",
        what: "what it propagates to task pods sets no SSL_CERT_FILE, so urllib, httpx, aiohttp and uv would not see the certificates",
        instead: Some("--task-pods template"),
    },
    Trouble {
        component: Component::Agent,
        from: None,
        fixed_in: Version::new(6, 9, 4),
        // A running release has pulled its images already.
        meets: |target| matches!(target.observed, Observed::Absent),
        severity: Severity::Note,
        code: "chart-names-old-images",
        what: "its images are named allegroai/…, which the vendor has moved to clearml/…",
        instead: None,
    },
];

/// What is known of the version that this plan would deploy.
pub(super) fn known_trouble(target: &Target) -> Vec<Finding> {
    let at = &target.coordinates;
    let (chart, version) = match &target.inner {
        Some(inner) => (inner.chart.as_deref(), inner.version.as_deref()),
        None => (Some(target.chart_name.as_str()), Some(at.version.as_str())),
    };
    let Some((chart, Ok(version))) = chart.zip(version.map(Version::parse)) else {
        return Vec::new();
    };
    let met = TROUBLES.iter().filter(|one| {
        one.component == at.component
            && chart == at.component.documented().chart
            && one.from.as_ref().is_none_or(|from| version >= *from)
            && version < one.fixed_in
            && (one.meets)(target)
    });
    met.map(|one| {
        let newer = match &target.inner {
            Some(_) => format!("{chart} {} or newer in {}", one.fixed_in, target.chart_name),
            None => format!("--{}-version {} or newer", at.component, one.fixed_in),
        };
        let hint = match one.instead {
            Some(instead) => format!("use {newer}, or {instead}"),
            None => format!("use {newer}"),
        };
        let message = format!("{chart} {version}: {}", one.what);
        Finding::new(one.severity, one.code, message).hint(hint)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::tests::target_of;

    fn codes(version: &str, mode: Mode, strategy: Strategy) -> Vec<&'static str> {
        let mut target = target_of(Component::Agent, Observed::Absent);
        target.coordinates.version = version.to_owned();
        target.mode = mode;
        target.strategy = strategy;
        known_trouble(&target).iter().map(|f| f.code).collect()
    }

    #[test]
    fn each_trouble_begins_and_ends_with_its_versions() {
        let append = |version| codes(version, Mode::Append, Strategy::Propagate);
        assert_eq!(append("6.9.3"), ["chart-names-old-images"]);
        assert!(append("6.9.4").is_empty());
        assert_eq!(append("6.10.6"), ["chart-leaves-out-ssl-cert-file"]);
        assert_eq!(append("6.10.9"), ["chart-leaves-out-ssl-cert-file"]);
        assert!(append("6.10.10").is_empty());
        assert!(append("6.12.2").is_empty());
        assert_eq!(append("6.12.3"), ["chart-breaks-update-ca-certificates"]);
        assert!(append("6.12.4").is_empty());
    }

    #[test]
    fn what_the_plan_does_not_use_is_no_trouble() {
        assert!(codes("6.12.3", Mode::Replace, Strategy::Propagate).is_empty());
        assert!(codes("6.10.6", Mode::Append, Strategy::Template).is_empty());
    }
}
