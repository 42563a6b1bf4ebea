//! Overrides as results: YAML on stdout, or JSON.

use std::path::Path;

use anyhow::Result;
use console::style;
use serde::Serialize;
use time::format_description::well_known::Rfc3339;

use super::Screen;
use crate::finding::Finding;
use crate::overrides::Placed;
use crate::plan::{Plan, Target};

/// Raised when a field changes its meaning or goes; new fields do not raise it.
const SCHEMA_VERSION: u32 = 1;

impl Screen {
    /// Prints the overrides of each target as YAML that can be redirected into a file, credentials included where the user
    /// asked for the whole file.
    pub fn rendered(&self, plan: &Plan, full: bool) {
        let several = plan.targets.len() > 1;
        let stream = |target: &Target| {
            let file = format!("# {}\n", target.file.path.display());
            let label = "# Names of ConfigMaps are assumed: the chart was not rendered.\n";
            let file = if several { file.as_str() } else { "" };
            let label = if target.is_assumed { label } else { "" };
            [file, label, content(target, full)].concat()
        };
        let streams: Vec<String> = plan.targets.iter().map(stream).collect();
        self.plain(&streams.join("---\n"));
    }

    /// Prints the overrides of each target, and what there is to know about them, as JSON.
    ///
    /// # Errors
    /// A date that RFC 3339 cannot hold.
    pub fn rendered_json(&self, plan: &Plan, full: bool) -> Result<()> {
        let targets = plan
            .targets
            .iter()
            .map(|target| target_json(target, full))
            .collect::<Result<Vec<_>>>()?;
        let rendered = Rendered {
            schema_version: SCHEMA_VERSION,
            findings: &plan.findings,
            targets,
        };
        self.plain(&(serde_json::to_string_pretty(&rendered)? + "\n"));
        Ok(())
    }

    /// Says that an override file was written, or that it was right already.
    pub fn written(&self, target: &Target, backup: Option<&Path>) {
        let file = target.file.path.display();
        if !target.file.changes() {
            return self.result(&format!("{} {file} is as it should be", style("✓").green()));
        }
        self.result(&format!("{} {file} is written", style("✓").green()));
        if let Some(backup) = backup {
            self.result(&format!("  its former content: {}", backup.display()));
        }
    }
}

fn content(target: &Target, full: bool) -> &str {
    if full {
        &target.file.after
    } else {
        &target.fragment
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rendered<'a> {
    schema_version: u32,
    findings: &'a [Finding],
    targets: Vec<TargetJson<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TargetJson<'a> {
    component: &'static str,
    release: &'a str,
    namespace: &'a str,
    chart: &'a str,
    chart_version: Option<&'a str>,
    file: String,
    changes_file: bool,
    assumed_names: bool,
    r#override: &'a str,
    certificates: Vec<CertificateJson<'a>>,
    findings: &'a [Finding],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CertificateJson<'a> {
    alias: &'a str,
    added: bool,
    subject: &'a str,
    issuer: &'a str,
    not_before: String,
    not_after: String,
    sha256: String,
}

fn target_json(target: &Target, full: bool) -> Result<TargetJson<'_>> {
    let at = &target.coordinates;
    Ok(TargetJson {
        component: at.component.name(),
        release: &at.release,
        namespace: &at.namespace,
        chart: &at.chart,
        chart_version: (!target.is_assumed).then_some(at.version.as_str()),
        file: target.file.path.display().to_string(),
        changes_file: target.file.changes(),
        assumed_names: target.is_assumed,
        r#override: content(target, full),
        certificates: target
            .placed
            .iter()
            .map(certificate_json)
            .collect::<Result<_>>()?,
        findings: &target.findings,
    })
}

fn certificate_json(placed: &Placed) -> Result<CertificateJson<'_>> {
    let certificate = &placed.certificate;
    Ok(CertificateJson {
        alias: &placed.alias,
        added: placed.added,
        subject: &certificate.subject,
        issuer: &certificate.issuer,
        not_before: certificate.not_before.format(&Rfc3339)?,
        not_after: certificate.not_after.format(&Rfc3339)?,
        sha256: certificate.fingerprint.to_string(),
    })
}
