//! `customCertificates.extraCerts`: certificates appended to the system's bundle.

use anyhow::Result;
use serde_yaml::{Mapping, Value};

use super::{Placed, alias_in, line_of, list_at};
use crate::certs::Certificate;
use crate::certs::alias::Taken;
use crate::certs::bundle::Entry;
use crate::finding::Finding;
use crate::vendor::{ALIAS, PEM};
use crate::yaml::{Document, Path};

/// Adds the certificates that the list does not hold yet. A certificate that is there under any alias or formatting is left
/// alone; a taken alias is numbered, or refused where the user chose it.
///
/// `file` is the file's name for messages; `path` the list's place; `held` what the list holds that clients read.
pub(super) fn add(
    document: &mut Document,
    file: &str,
    path: &Path,
    entries: &[Entry],
    held: Vec<Placed>,
) -> Result<(Vec<Placed>, Vec<Finding>)> {
    let (mut placed, mut findings) = (held, Vec::new());
    let mut taken = Taken::default();
    let mut items = Vec::new();
    for item in list_at(document, path)? {
        taken.insert(&alias_in(&item));
    }
    for entry in entries {
        let known = |one: &Placed| one.certificate.fingerprint == entry.certificate.fingerprint;
        if placed.iter().any(known) {
            continue;
        }
        if entry.alias_chosen && taken.contains(&entry.alias) {
            let holder = index_of(document, path, &entry.alias)?;
            let line = holder.map(|index| line_of(document, &path.then(index)));
            findings.push(
                Finding::error(
                    "alias-taken",
                    format!(
                        "{file}{}: the alias {:?} names another certificate than {} ({})",
                        line.unwrap_or_default(),
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
        items.push(item(&alias, &entry.certificate));
        placed.push(Placed {
            alias,
            certificate: entry.certificate.clone(),
            added: true,
            origin: entry.origin.clone(),
        });
    }
    document.extend(path, items)?;
    Ok((placed, findings))
}

/// Which item of the list has `alias`, without regard to case; none where it is another of the given certificates.
fn index_of(document: &Document, path: &Path, alias: &str) -> Result<Option<usize>> {
    let has_alias = |item: &Value| alias_in(item).eq_ignore_ascii_case(alias);
    let items = list_at(document, path)?;
    Ok(items.iter().position(has_alias))
}

fn item(alias: &str, certificate: &Certificate) -> Value {
    let mut item = Mapping::new();
    item.insert(ALIAS.into(), alias.into());
    item.insert(PEM.into(), certificate.pem().into());
    Value::Mapping(item)
}

#[cfg(test)]
mod tests {
    use super::super::held;
    use super::*;
    use crate::certs::bundle::{Bundle, Given};
    use crate::certs::self_signed as certificate;

    fn entry(alias: Option<&str>, certificate: &Certificate) -> Entry {
        let given = Given {
            origin: "f.pem:1".into(),
            wanted: alias.map(str::to_owned),
            fallback: "f".into(),
            certificate: certificate.clone(),
            of_bundle: false,
        };
        Bundle::new(vec![given]).entries.remove(0)
    }

    fn edit(text: &str, entries: &[Entry]) -> (String, Vec<Placed>, Vec<Finding>) {
        let mut document = Document::parse(text).unwrap();
        let path = Path::from(&["customCertificates", "extraCerts"]);
        let held = held::list(&mut document, "f.yaml", &path, false).unwrap();
        let (placed, findings) = add(&mut document, "f.yaml", &path, entries, held.placed).unwrap();
        (document.into_text(), placed, findings)
    }

    #[test]
    fn a_certificate_that_is_there_under_any_alias_is_left_alone() {
        let root = certificate("Root");
        let (text, ..) = edit("# mine\n", &[entry(Some("mine"), &root)]);
        let reformatted = text.replace("alias: mine", "alias: \"mine\"   # ours");
        let (again, placed, _) = edit(&reformatted, &[entry(None, &root)]);
        assert_eq!(again, reformatted);
        assert_eq!(placed[0].alias, "mine");
        assert!(!placed[0].added);
    }

    #[test]
    fn a_taken_alias_is_numbered_unless_the_user_chose_it() {
        let (text, ..) = edit("", &[entry(None, &certificate("Root"))]);
        let other = certificate("ROOT");
        let (both, placed, _) = edit(&text, &[entry(None, &other)]);
        assert!(both.contains("alias: root-2"), "{both}");
        assert_eq!(placed.len(), 2);
        let (unchanged, _, findings) = edit(&text, &[entry(Some("Root"), &other)]);
        assert_eq!(unchanged, text);
        assert_eq!(findings[0].code, "alias-taken");
        assert!(
            findings[0].message.starts_with("f.yaml:3: "),
            "{}",
            findings[0].message
        );
    }
}
