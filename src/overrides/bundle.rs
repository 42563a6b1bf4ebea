//! `customCertificates.overrideCaCertificatesCrt`: the whole CA bundle of the pods.

use anyhow::Result;
use serde_yaml::Value;

use super::{Placed, line_of};
use crate::certs::bundle::Entry;
use crate::certs::pem;
use crate::finding::Finding;
use crate::yaml::{Document, Path};

/// The certificates of the bundle in the file, in its order; a bundle that cannot be read whole is an error finding,
/// since what is not understood cannot be kept.
pub(super) fn existing(
    document: &Document,
    file: &str,
    path: &Path,
) -> Result<(Vec<Placed>, Option<Finding>)> {
    let Some(text) = text(document, path)? else {
        return Ok((Vec::new(), None));
    };
    Ok(match pem::parse(text.as_bytes()) {
        Ok(blocks) => {
            let placed = blocks.into_iter().map(|block| Placed {
                alias: super::alias_of(&block.certificate),
                certificate: block.certificate,
                added: false,
            });
            (placed.collect(), None)
        }
        Err(error) => {
            let finding = Finding::error(
                "bundle-unreadable",
                format!(
                    "{file}{}: {path} cannot be read, at line {} of its text: {}",
                    line_of(document, path),
                    error.line,
                    error.problem
                ),
            );
            (
                Vec::new(),
                Some(finding.hint("repair that certificate in the file")),
            )
        }
    })
}

/// Adds the certificates that the bundle does not have yet behind those it has; what is there keeps its bytes.
pub(super) fn add(
    document: &mut Document,
    path: &Path,
    placed: &mut Vec<Placed>,
    entries: &[Entry],
) -> Result<()> {
    let mut bundle = text(document, path)?.unwrap_or_default();
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
        });
    }
    if placed.len() > before {
        document.set(path, &Value::String(bundle))?;
    }
    Ok(())
}

/// The bundle's text; null and blank count as absent.
pub(super) fn text(document: &Document, path: &Path) -> Result<Option<String>> {
    Ok(match document.get(path)? {
        Some(Value::String(text)) if !text.trim().is_empty() => Some(text),
        _ => None,
    })
}
