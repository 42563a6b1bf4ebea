//! What a component's override file should say, as edits on a YAML document. Knows nothing of Helm.

mod bundle;
pub mod checking;
mod extra_certs;
mod held;
mod placement;
mod selector;
mod taking_out;
pub mod task_pods;

use anyhow::Result;
use serde_yaml::Value;

use crate::certs::bundle::Entry;
use crate::certs::{Certificate, alias};
use crate::vendor::ALIAS;
use crate::yaml::{Document, Path};

pub use held::{held_by, mode_in};
pub use placement::{Placement, place};
pub use selector::{Selection, Selector};
pub use taking_out::{Taken, take_out};

/// What happens to the bundle that the pods come with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Mode {
    /// The certificates are added to it (extraCerts); the pods must be able to run update-ca-certificates.
    Append,
    /// The certificates replace it (overrideCaCertificatesCrt): the pods trust nothing else.
    Replace,
}

/// A certificate that the override file lists once the edit is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Its alias in the file; in a bundle, a name for it made from its subject.
    pub alias: String,
    /// The certificate.
    pub certificate: Certificate,
    /// Whether this edit put it there.
    pub added: bool,
    /// Where it stands: file and line.
    pub origin: String,
}

impl Placed {
    /// The certificate as one to bring, under the alias that it has.
    #[must_use]
    pub fn to_entry(&self) -> Entry {
        Entry {
            alias: self.alias.clone(),
            alias_chosen: false,
            origin: self.origin.clone(),
            certificate: self.certificate.clone(),
            of_bundle: false,
        }
    }
}

/// 1-based `:line` of a value for messages, or nothing where the document does not have it.
fn line_of(document: &Document, path: &Path) -> String {
    document
        .position(path)
        .map(|at| format!(":{}", at.line))
        .unwrap_or_default()
}

/// The alias of an entry of `extraCerts`, be it a number to YAML.
fn alias_in(item: &Value) -> String {
    match item.get(ALIAS) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(truth)) => truth.to_string(),
        _ => String::new(),
    }
}

/// The list at `path`, if there is one.
fn list_at(document: &Document, path: &Path) -> Result<Vec<Value>> {
    Ok(match document.get(path)? {
        Some(Value::Sequence(items)) => items,
        _ => Vec::new(),
    })
}

/// Removes the items of a list that are `ours`. A list that would be left empty goes whole, or is again what it was before.
fn remove_items(document: &mut Document, path: &Path, ours: impl Fn(&Value) -> bool) -> Result<()> {
    let items = list_at(document, path)?;
    let found: Vec<usize> = items
        .iter()
        .enumerate()
        .filter(|(_, item)| ours(item))
        .map(|(index, _)| index)
        .collect();
    remove_indexes(document, path, &found, items.len())
}

/// The same for the items at `indexes`, in their order, of a list of `length`.
fn remove_indexes(
    document: &mut Document,
    path: &Path,
    indexes: &[usize],
    length: usize,
) -> Result<()> {
    if !indexes.is_empty() && indexes.len() == length {
        document.take_back(path)?;
    } else {
        for index in indexes.iter().rev() {
            document.remove(path.then(*index))?;
        }
    }
    Ok(())
}

/// A name for a certificate that has none of its own.
fn alias_of(certificate: &Certificate) -> String {
    alias::sanitise(certificate.common_name.as_deref().unwrap_or("ca"))
}
