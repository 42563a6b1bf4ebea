//! `render -o json`: the overrides of each target.

use serde_json::{Value, json};

use super::certificate::moment;
use super::{SCHEMA_VERSION, dependency, id};
use crate::overrides::Placed;
use crate::plan::{Plan, Target};

/// The overrides of each target, and what there is to know about them.
#[must_use]
pub fn rendered_json(plan: &Plan, full: bool) -> Value {
    let targets: Vec<Value> = plan
        .targets
        .iter()
        .map(|target| target_json(target, full))
        .collect();
    json!({
        "schemaVersion": SCHEMA_VERSION,
        "findings": plan.findings,
        "targets": targets,
    })
}

fn target_json(target: &Target, full: bool) -> Value {
    let at = &target.coordinates;
    json!({
        "id": id(&at.id),
        "component": at.component.name(),
        "release": at.id.release,
        "namespace": at.id.namespace,
        "chart": at.chart,
        "chartVersion": (!target.is_assumed).then_some(at.version.as_str()),
        "dependency": target.inner.as_ref().map(dependency),
        "file": target.file.path.display().to_string(),
        "changesFile": target.file.changes(),
        "assumedNames": target.is_assumed,
        "override": target.content(full),
        "certificates": target.placed.iter().map(certificate).collect::<Vec<_>>(),
        "findings": target.findings,
    })
}

fn certificate(placed: &Placed) -> Value {
    let certificate = &placed.certificate;
    json!({
        "alias": placed.alias,
        "added": placed.added,
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "notBefore": moment(certificate.not_before),
        "notAfter": moment(certificate.not_after),
        "sha256": certificate.fingerprint.to_string(),
    })
}
