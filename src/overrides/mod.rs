//! What a component's override file should say, as edits on a YAML document. Knows nothing of Helm.

pub mod extra_certs;
pub mod task_pods;

use anyhow::Result;
use serde_yaml::Value;

use crate::certs::Certificate;
use crate::yaml::{Document, Path};

/// A certificate that the override file lists once the edit is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Its alias in the file.
    pub alias: String,
    /// The certificate.
    pub certificate: Certificate,
    /// Whether this edit put it there.
    pub added: bool,
}

/// 1-based `:line` of a value for messages, or nothing where the document does not have it.
fn line_of(document: &Document, path: &Path) -> String {
    document
        .position(path)
        .map(|at| format!(":{}", at.line))
        .unwrap_or_default()
}

/// The list at `path`, if there is one.
fn list_at(document: &Document, path: &Path) -> Result<Vec<Value>> {
    Ok(match document.get(path)? {
        Some(Value::Sequence(items)) => items,
        _ => Vec::new(),
    })
}
