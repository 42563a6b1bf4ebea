//! `customCertificates.extraCerts`: certificates appended to the system's bundle.

use anyhow::Result;
use serde_yaml::{Mapping, Value};

use super::{Placed, line_of, list_at};
use crate::certs::alias::Taken;
use crate::certs::bundle::Entry;
use crate::certs::{Certificate, pem};
use crate::finding::Finding;
use crate::yaml::{Document, Path};

/// What the file lists after the edit, and what was noticed on the way.
#[derive(Debug, Default)]
pub struct ExtraCerts {
    /// Every readable certificate of the list, in the file's order.
    pub placed: Vec<Placed>,
    /// What the user should know.
    pub findings: Vec<Finding>,
}

/// Adds the certificates that the list does not hold yet. A certificate that is there under any alias or formatting is left
/// alone; a taken alias is numbered, or refused where the user chose it.
///
/// `file` is the file's name for messages; `base` the path of `customCertificates`.
///
/// # Errors
/// The document cannot be edited safely there.
pub fn add(
    document: &mut Document,
    file: &str,
    base: &[&str],
    entries: &[Entry],
) -> Result<ExtraCerts> {
    let path = Path::from(base).then("extraCerts");
    let mut result = existing(document, file, &path)?;
    if let Some(refusal) = replaced_bundle(document, file, base)? {
        result.findings.push(refusal);
        return Ok(result);
    }
    let mut taken = Taken::default();
    for item in list_at(document, &path)? {
        taken.insert(
            item.get("alias")
                .and_then(Value::as_str)
                .unwrap_or_default(),
        );
    }
    for entry in entries {
        let known =
            |placed: &Placed| placed.certificate.fingerprint == entry.certificate.fingerprint;
        if result.placed.iter().any(known) {
            continue;
        }
        if entry.alias_chosen && taken.contains(&entry.alias) {
            let holder = index_of(document, &path, &entry.alias)?;
            result.findings.push(
                Finding::error(
                    "alias-taken",
                    format!(
                        "{file}{}: the alias {:?} names another certificate than {} ({})",
                        line_of(document, &path.then(holder)),
                        entry.alias,
                        entry.certificate.subject,
                        entry.origin
                    ),
                )
                .hint(format!("choose another alias: --ca {}-2=FILE", entry.alias)),
            );
            continue;
        }
        let alias = taken.claim(&entry.alias);
        document.append(&path, &item(&alias, &entry.certificate))?;
        result.placed.push(Placed {
            alias,
            certificate: entry.certificate.clone(),
            added: true,
        });
    }
    Ok(result)
}

/// The certificates that the list holds already. What cannot be read is reported and left alone.
fn existing(document: &Document, file: &str, path: &Path) -> Result<ExtraCerts> {
    let mut result = ExtraCerts::default();
    for (index, item) in list_at(document, path)?.into_iter().enumerate() {
        let alias = item
            .get("alias")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let text = item.get("pem").and_then(Value::as_str).unwrap_or_default();
        match pem::parse(text.as_bytes()) {
            Ok(blocks) => result.placed.extend(blocks.into_iter().map(|block| Placed {
                alias: alias.to_owned(),
                certificate: block.certificate,
                added: false,
            })),
            Err(error) => result.findings.push(Finding::warning(
                "extra-cert-unreadable",
                format!(
                    "{file}{}: the entry {alias:?} of {} does not hold a certificate: {}",
                    line_of(document, &path.then(index)),
                    path,
                    error.problem
                ),
            )),
        }
    }
    Ok(result)
}

/// Which item of the list has `alias`, without regard to case; the first where none has.
fn index_of(document: &Document, path: &Path, alias: &str) -> Result<usize> {
    let has_alias = |item: &Value| {
        let name = item.get("alias").and_then(Value::as_str);
        name.is_some_and(|name| name.eq_ignore_ascii_case(alias))
    };
    let items = list_at(document, path)?;
    Ok(items.iter().position(has_alias).unwrap_or(0))
}

/// `overrideCaCertificatesCrt` and `extraCerts` exclude each other; the charts refuse both.
fn replaced_bundle(document: &Document, file: &str, base: &[&str]) -> Result<Option<Finding>> {
    let path = Path::from(base).then("overrideCaCertificatesCrt");
    Ok(match document.get(&path)? {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) if text.trim().is_empty() => None,
        Some(_) => Some(
            Finding::error(
                "replaced-bundle",
                format!(
                    "{file}{}: {} replaces the whole CA bundle and excludes extraCerts",
                    line_of(document, &path),
                    path
                ),
            )
            .hint("take it out of the file, or add the certificate to that bundle by hand"),
        ),
    })
}

fn item(alias: &str, certificate: &Certificate) -> Value {
    let mut item = Mapping::new();
    item.insert("alias".into(), alias.into());
    item.insert("pem".into(), certificate.pem().into());
    Value::Mapping(item)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certs::bundle::{Bundle, Given};

    const BASE: [&str; 1] = ["customCertificates"];

    fn certificate(name: &str) -> Certificate {
        let mut params = rcgen::CertificateParams::default();
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        let key = rcgen::KeyPair::generate().unwrap();
        Certificate::from_der(params.self_signed(&key).unwrap().der()).unwrap()
    }

    fn entry(alias: Option<&str>, certificate: &Certificate) -> Entry {
        let given = Given {
            origin: "f.pem:1".into(),
            wanted: alias.map(str::to_owned),
            fallback: "f".into(),
            certificate: certificate.clone(),
        };
        Bundle::new(vec![given]).entries.remove(0)
    }

    fn edit(text: &str, entries: &[Entry]) -> (String, ExtraCerts) {
        let mut document = Document::parse(text).unwrap();
        let result = add(&mut document, "f.yaml", &BASE, entries).unwrap();
        (document.into_text(), result)
    }

    #[test]
    fn a_certificate_that_is_there_under_any_alias_is_left_alone() {
        let root = certificate("Root");
        let (text, _) = edit("# mine\n", &[entry(Some("mine"), &root)]);
        let reformatted = text.replace("alias: mine", "alias: \"mine\"   # ours");
        let (again, result) = edit(&reformatted, &[entry(None, &root)]);
        assert_eq!(again, reformatted);
        assert_eq!(result.placed[0].alias, "mine");
        assert!(!result.placed[0].added);
    }

    #[test]
    fn a_taken_alias_is_numbered_unless_the_user_chose_it() {
        let (text, _) = edit("", &[entry(None, &certificate("Root"))]);
        let other = certificate("ROOT");
        let (both, result) = edit(&text, &[entry(None, &other)]);
        assert!(both.contains("alias: root-2"), "{both}");
        assert_eq!(result.placed.len(), 2);
        let (unchanged, result) = edit(&text, &[entry(Some("Root"), &other)]);
        assert_eq!(unchanged, text);
        assert_eq!(result.findings[0].code, "alias-taken");
        assert!(
            result.findings[0].message.starts_with("f.yaml:3: "),
            "{}",
            result.findings[0].message
        );
    }

    #[test]
    fn an_entry_that_is_no_certificate_is_reported_by_line_and_left_alone() {
        let text = "customCertificates:\n  extraCerts:\n  - alias: a\n    pem: nonsense\n";
        let (_, result) = edit(text, &[]);
        assert_eq!(result.findings[0].code, "extra-cert-unreadable");
        assert!(
            result.findings[0].message.starts_with("f.yaml:3: "),
            "{}",
            result.findings[0].message
        );
    }

    #[test]
    fn a_replaced_bundle_excludes_extra_certificates() {
        let root = certificate("Root");
        let text = "customCertificates:\n  overrideCaCertificatesCrt: |\n    x\n";
        let (unchanged, result) = edit(text, &[entry(None, &root)]);
        assert_eq!(unchanged, text);
        assert_eq!(result.findings[0].code, "replaced-bundle");
        let (_, result) = edit(
            "customCertificates:\n  overrideCaCertificatesCrt:\n",
            &[entry(None, &root)],
        );
        assert!(result.findings.is_empty());
    }
}
