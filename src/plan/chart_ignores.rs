//! A chart that takes no certificates.

use super::Request;
use crate::finding::Finding;

/// The refusal of a chart that takes no certificates, with the version or the chart that does.
pub(super) fn certificates(request: &Request<'_>, what: &str) -> Finding {
    let (layout, chart) = (request.layout, request.chart);
    let component = request.coordinates.component;
    let message = format!("{} {} {what}", chart.name, chart.version);
    let hint = match layout.takes_certificates_since {
        Some(since) if chart.name == layout.chart => format!(
            "the first version that takes certificates is {since}: --{component}-version {since} or newer"
        ),
        since => format!(
            "use the vendor's chart {}/{}{}, with --{component}-chart",
            layout.registry,
            layout.chart,
            since
                .map(|since| format!(" in version {since} or newer"))
                .unwrap_or_default(),
        ),
    };
    Finding::error("chart-ignores-certificates", message).hint(hint)
}
