//! `status -o prometheus`: the text format, version 0.0.4.
//!
//! Source: <https://prometheus.io/docs/instrumenting/exposition_formats/>, and the naming rules of
//! <https://prometheus.io/docs/practices/naming/>: one prefix, base units, the unit last, timestamps in seconds.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Status;
use crate::status::{Agreement, ReleaseStatus, word_of_mode, word_of_task_pods};

type Labels<'a> = Vec<(&'static str, &'a str)>;

/// A metric and its samples.
struct Metric<'a> {
    name: &'static str,
    help: &'static str,
    samples: Vec<(Labels<'a>, i64)>,
}

/// The state as metrics. What is not known has no sample, so that nothing is claimed of it.
#[must_use]
pub fn prometheus(status: &Status) -> String {
    let fingerprints: Vec<Vec<String>> = status
        .releases
        .iter()
        .map(|release| {
            let certificates = release.certificates.iter();
            let texts = certificates.map(|one| one.certificate.fingerprint.to_string());
            texts.collect()
        })
        .collect();
    let metrics = [
        clusters(status),
        releases(status),
        Metric {
            name: "clearml_certs_certificate_not_after_timestamp_seconds",
            help: "When a certificate that a release brings ends, in seconds since 1970.",
            samples: not_after(status, &fingerprints),
        },
        certificates(status),
        in_step(status),
        findings(status),
        Metric {
            name: "clearml_certs_checked_timestamp_seconds",
            help: "When all this was looked at, in seconds since 1970.",
            samples: vec![(Vec::new(), status.now.unix_timestamp())],
        },
    ];
    let mut text = String::new();
    for metric in metrics {
        metric.write(&mut text);
    }
    text
}

fn clusters(status: &Status) -> Metric<'_> {
    let samples = status.clusters.iter().map(|one| {
        let labels = vec![("cluster", one.address.name())];
        (labels, i64::from(one.error.is_none()))
    });
    Metric {
        name: "clearml_certs_cluster_up",
        help: "Whether a cluster answered.",
        samples: samples.collect(),
    }
}

fn releases(status: &Status) -> Metric<'_> {
    let samples = status.releases.iter().map(|release| {
        let mut labels = identity(release);
        labels.push(("chart", release.chart.as_str()));
        labels.push(("version", release.version.as_deref().unwrap_or_default()));
        labels.push(("mode", release.mode.map_or("", word_of_mode)));
        labels.push(("task_pods", release.task_pods.map_or("", word_of_task_pods)));
        (labels, 1)
    });
    Metric {
        name: "clearml_certs_release_info",
        help: "A release of a chart that takes certificates, always 1; empty labels are not known.",
        samples: samples.collect(),
    }
}

fn not_after<'a>(status: &'a Status, fingerprints: &'a [Vec<String>]) -> Vec<(Labels<'a>, i64)> {
    let mut samples = Vec::new();
    for (release, fingerprints) in status.releases.iter().zip(fingerprints) {
        for (placed, fingerprint) in release.certificates.iter().zip(fingerprints) {
            let mut labels = identity(release);
            labels.push(("alias", placed.alias.as_str()));
            labels.push(("subject", placed.certificate.subject.as_str()));
            labels.push(("sha256", fingerprint.as_str()));
            samples.push((labels, placed.certificate.not_after.unix_timestamp()));
        }
    }
    // One that a release lists twice under one alias is one series.
    samples.sort();
    samples.dedup();
    samples
}

fn certificates(status: &Status) -> Metric<'_> {
    let samples = status.releases.iter().map(|release| {
        let count = i64::try_from(release.certificates.len()).unwrap_or(i64::MAX);
        (identity(release), count)
    });
    Metric {
        name: "clearml_certs_release_certificates",
        help: "How many certificates a release brings.",
        samples: samples.collect(),
    }
}

fn in_step(status: &Status) -> Metric<'_> {
    let mut samples = Vec::new();
    for release in &status.releases {
        let all: [(&str, &Agreement); 4] = [
            ("file", &release.file),
            ("live", &release.live),
            ("pods", &release.pods),
            ("ca", &release.given),
        ];
        for (what, agreement) in all {
            if let Some(same) = agreement.is_same() {
                let mut labels = identity(release);
                labels.push(("what", what));
                samples.push((labels, i64::from(same)));
            }
        }
    }
    Metric {
        name: "clearml_certs_release_in_step",
        help: "Whether a release agrees with its override file, the live objects, their pods, and the named certificates; no sample where that is not known.",
        samples,
    }
}

fn findings(status: &Status) -> Metric<'_> {
    let mut counts: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for finding in status.all_findings() {
        let severity = match finding.severity {
            crate::finding::Severity::Note => "note",
            crate::finding::Severity::Warning => "warning",
            crate::finding::Severity::Error => "error",
        };
        *counts.entry((finding.code, severity)).or_default() += 1;
    }
    let samples = counts
        .into_iter()
        .map(|((code, severity), count)| (vec![("code", code), ("severity", severity)], count));
    Metric {
        name: "clearml_certs_findings",
        help: "How many findings there are, by code (docs/findings.md).",
        samples: samples.collect(),
    }
}

fn identity(release: &ReleaseStatus) -> Labels<'_> {
    let mut labels = vec![
        ("cluster", release.id.cluster.name()),
        ("namespace", release.id.namespace.as_str()),
        ("release", release.id.release.as_str()),
        ("component", release.component.name()),
    ];
    // A chart may have several of a component inside it.
    let path = release.values_path.as_deref();
    labels.extend(path.map(|path| ("values_path", path)));
    labels
}

impl Metric<'_> {
    fn write(&self, text: &mut String) {
        let Self {
            name,
            help,
            samples,
        } = self;
        if samples.is_empty() {
            return;
        }
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (labels, value) in samples {
            let labels: Vec<String> = labels
                .iter()
                .map(|(label, value)| format!("{label}=\"{}\"", escaped(value)))
                .collect();
            let labels = match labels.join(",") {
                none if none.is_empty() => none,
                some => format!("{{{some}}}"),
            };
            let _ = writeln!(text, "{name}{labels} {value}");
        }
    }
}

/// A label's value: a backslash, a quote and a line's end are written with a backslash.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped_and_a_metric_without_samples_is_left_out() {
        let mut text = String::new();
        let one = Metric {
            name: "a_b",
            help: "What it is.",
            samples: vec![(vec![("x", "C:\\ \"q\"\nend"), ("y", "")], 7)],
        };
        one.write(&mut text);
        let none = Metric {
            samples: Vec::new(),
            ..one
        };
        none.write(&mut text);
        assert_eq!(
            text,
            "# HELP a_b What it is.\n# TYPE a_b gauge\na_b{x=\"C:\\\\ \\\"q\\\"\\nend\",y=\"\"} 7\n"
        );
    }
}
