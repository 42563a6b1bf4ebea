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
        // Who has the vendor's chart is not sent to it.
        _ if chart.name == layout.chart => format!(
            "compare with helm show values {}, which says what this version takes, or name another with --{component}-version",
            chart.reference
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

/// The refusal of a chart that has one of ours as a dependency: its values stand below the dependency's name.
pub(super) fn in_dependency(request: &Request<'_>, path: &str, lost: &str) -> Finding {
    let chart = request.chart;
    let component = request.coordinates.component;
    let values = request.layout.shown_certificates();
    Finding::error(
        "chart-ignores-certificates",
        format!(
            "{} {} has {} as a dependency, and Helm gives a dependency only what stands below its own name, {path}: {lost} at {values} arrives nowhere",
            chart.name,
            chart.version,
            path.rsplit('.').next().unwrap_or(path)
        ),
    )
    .hint(format!(
        "print the values with helm clearml-certs render {component} and the dependency as --{component}-chart, and write them below {path} in the file"
    ))
}
