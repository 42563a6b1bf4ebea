//! `customCertificates.overrideCaCertificatesCrt`: the whole CA bundle of the pods.

use anyhow::Result;
use serde_yaml::Value;

use super::{Placed, held};
use crate::certs::bundle::Entry;
use crate::yaml::{Document, Path};

/// Adds the certificates that the bundle does not have yet behind those it has; what is there keeps its bytes.
pub(super) fn add(
    document: &mut Document,
    path: &Path,
    placed: &mut Vec<Placed>,
    entries: &[Entry],
) -> Result<()> {
    let mut bundle = held::bundle_text(document, path)?.unwrap_or_default();
    if !bundle.is_empty() && !bundle.ends_with('\n') {
        bundle.push('\n');
    }
    let before = placed.len();
    for entry in entries {
        let fingerprint = entry.certificate.fingerprint;
        if placed
            .iter()
            .any(|one| one.certificate.fingerprint == fingerprint)
        {
            continue;
        }
        bundle.push_str(&entry.certificate.pem());
        placed.push(Placed {
            alias: entry.alias.clone(),
            certificate: entry.certificate.clone(),
            added: true,
            origin: entry.origin.clone(),
        });
    }
    if placed.len() > before {
        document.set(path, &Value::String(bundle))?;
    }
    Ok(())
}
