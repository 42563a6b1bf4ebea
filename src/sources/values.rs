//! Certificates inside Helm values: an override file, or what a release was deployed with.

use anyhow::Result;
use serde_yaml::Value;

use super::{Given, given};
use crate::certs::pem;
use crate::exit::Stop;
use crate::values::kept::Kept;
use crate::yaml::{Document, Path, Step};

/// Whether a text has a block that is meant to hold certificates. Keys and requests elsewhere in the values are none of our
/// business, nor is a text that mentions a certificate.
fn has_certificates(text: &str) -> bool {
    let mut labels = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("-----BEGIN "));
    let is_meant = |label: &str| {
        label.contains("CERTIFICATE") && !label.contains("REQUEST") || label.contains("PKCS7")
    };
    labels.any(is_meant) && !text.contains("PRIVATE KEY-----")
}

/// The certificates of a values file, each with the line its value begins at.
pub(super) fn of_file(bytes: &[u8], name: &str) -> Result<Vec<Given>> {
    let text = String::from_utf8_lossy(bytes);
    let text =
        Kept::values_of(&text).map_err(|error| Stop::refused(error.shown(name.as_ref(), &text)))?;
    let document = Document::parse(&text).map_err(|e| Stop::refused(format!("{name}: {e}")))?;
    let line_of = |path: &Path| document.position(path.clone()).map(|at| at.line);
    collect(document.value(), |path| match line_of(path) {
        Some(line) => format!("{name}:{line} ({path})"),
        None => format!("{name} ({path})"),
    })
    .and_then(|found| some(found, name))
}

/// The certificates of deployed values.
pub(super) fn of_release(values: &Value, name: &str) -> Result<Vec<Given>> {
    collect(values, |path| format!("{name} ({path})")).and_then(|found| some(found, name))
}

fn some(found: Vec<Given>, name: &str) -> Result<Vec<Given>> {
    if found.is_empty() {
        return Err(
            Stop::refused(format!("{name} holds no certificate in any of its values")).into(),
        );
    }
    Ok(found)
}

fn collect(values: &Value, name: impl Fn(&Path) -> String) -> Result<Vec<Given>> {
    let mut found = Vec::new();
    let mut open = vec![(Vec::<Step>::new(), values)];
    while let Some((steps, value)) = open.pop() {
        let below = |step: Step| [steps.as_slice(), &[step]].concat();
        match value {
            Value::String(text) if has_certificates(text) => {
                let name = name(&Path::from(steps));
                let blocks = pem::parse(text.as_bytes())
                    .map_err(|e| Stop::refused(format!("{name}, its {e}")))?;
                found.extend(
                    blocks
                        .into_iter()
                        .map(|block| given(block.certificate, name.clone(), "ca")),
                );
            }
            // The last in is the first out, so that what comes first is found first.
            Value::Sequence(items) => {
                for (index, item) in items.iter().enumerate().rev() {
                    open.push((below(Step::Index(index)), item));
                }
            }
            Value::Mapping(mapping) => {
                let entries: Vec<_> = mapping.iter().collect();
                for (key, inner) in entries.into_iter().rev() {
                    let key = key.as_str().unwrap_or_default().to_owned();
                    open.push((below(Step::Key(key)), inner));
                }
            }
            _ => {}
        }
    }
    Ok(found)
}
