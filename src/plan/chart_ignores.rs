//! A chart that takes no certificates.

use super::Request;
use crate::finding::Finding;

/// The refusal of a chart that takes no certificates, with the version or the chart that does.
pub(super) fn certificates(request: &Request<'_>, what: &str) -> Finding {
    let (layout, chart) = (request.layout, request.chart);
    let component = request.coordinates.component;
    let message = format!("{} {what}", request.shown_chart());
    let is_vendors = request.own_chart() == layout.chart;
    let hint = match layout.takes_certificates_since {
        Some(since) if is_vendors => format!(
            "the first version that takes certificates is {since}: {}",
            request.newer(since)
        ),
        // Who has the vendor's chart is not sent to it.
        _ if is_vendors && request.dependency.is_some() => format!(
            "its values.yaml says what this version takes: let {} have another",
            chart.name
        ),
        _ if is_vendors => format!(
            "compare with helm show values {}, which says what this version takes, or name another with --{component}-version",
            chart.reference
        ),
        since => format!(
            "use the vendor's chart {}/{}{}, {}",
            layout.registry,
            layout.chart,
            since
                .map(|since| format!(" in version {since} or newer"))
                .unwrap_or_default(),
            match request.dependency {
                Some(_) => format!("as a dependency of {}", chart.name),
                None => format!("with --{component}-chart"),
            }
        ),
    };
    Finding::error("chart-ignores-certificates", message).hint(hint)
}
