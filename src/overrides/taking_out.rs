//! Certificates out of a file again: exactly what was added goes, everything else keeps its bytes.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_yaml::Value;

use super::held::{self, alias_and_pem, held_by};
use super::{Selection, alias_of, line_of, list_at, remove_indexes};
use crate::certs::pem::delivered;
use crate::certs::{Certificate, Fingerprint};
use crate::vendor::{EXTRA_CERTS, OVERRIDE_BUNDLE, PEM};
use crate::yaml::{Document, Path};

/// Something that was taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The alias that it had; in a bundle, a name for it made from its subject.
    pub alias: String,
    /// `None` for an entry that holds no certificate.
    pub certificate: Option<Certificate>,
    /// Where it stood: file and line.
    pub origin: String,
}

/// Takes the selected certificates out of `customCertificates` at `base`, and gives them. What is left empty by that goes too,
/// or is again what it was before anything was added.
///
/// `file` is the file's name for messages.
///
/// # Errors
/// The document cannot be edited safely there.
pub fn take_out(
    document: &mut Document,
    file: &str,
    base: &[&str],
    selection: &Selection,
) -> Result<Vec<Taken>> {
    let there = held_by(document.value(), base);
    let selection = &selection.among(there.iter().map(|one| &one.certificate));
    let base = Path::from(base);
    let mut gone = from_list(document, file, &base.then(EXTRA_CERTS), selection)?;
    gone.extend(from_bundle(
        document,
        file,
        &base.then(OVERRIDE_BUNDLE),
        selection,
    )?);
    Ok(gone)
}

fn from_list(
    document: &mut Document,
    file: &str,
    path: &Path,
    selection: &Selection,
) -> Result<Vec<Taken>> {
    let mut gone = Vec::new();
    let mut whole = Vec::new();
    let items = list_at(document, path)?;
    for (index, item) in items.iter().enumerate() {
        let (alias, text) = alias_and_pem(item);
        let origin = format!("{file}{}", line_of(document, &path.then(index)));
        let cut = Cut::of(text, &selection.except, |one| {
            selection.selects(&alias, one)
        });
        let is_named = selection.selects_alias(&alias) && !cut.keeps_any;
        if is_named || !cut.gone.is_empty() && cut.is_all {
            whole.push(index);
        } else if !cut.gone.is_empty() {
            document.set(path.then(index).then(PEM), &Value::String(cut.rest))?;
        }
        let taken = |certificate: Option<Certificate>| Taken {
            alias: alias.clone(),
            certificate,
            origin: origin.clone(),
        };
        if cut.gone.is_empty() && is_named {
            gone.push(taken(None));
        }
        gone.extend(cut.gone.into_iter().map(|one| taken(Some(one))));
    }
    remove_indexes(document, path, &whole, items.len())?;
    Ok(gone)
}

fn from_bundle(
    document: &mut Document,
    file: &str,
    path: &Path,
    selection: &Selection,
) -> Result<Vec<Taken>> {
    let Some(text) = held::bundle_text(document, path)? else {
        return Ok(Vec::new());
    };
    let origin = format!("{file}{}", line_of(document, path));
    let cut = Cut::of(&text, &selection.except, |one| {
        selection.selects(&alias_of(one), one)
    });
    if cut.gone.is_empty() {
        return Ok(Vec::new());
    }
    if cut.is_all {
        document.take_back(path)?;
    } else {
        document.set(path, &Value::String(cut.rest))?;
    }
    Ok(cut
        .gone
        .into_iter()
        .map(|one| Taken {
            alias: alias_of(&one),
            origin: origin.clone(),
            certificate: Some(one),
        })
        .collect())
}

/// A text without some of its certificates.
struct Cut {
    gone: Vec<Certificate>,
    rest: String,
    /// Whether nothing that anybody could want is left in the rest.
    is_all: bool,
    /// Whether it holds one that stays, whatever selects it.
    keeps_any: bool,
}

impl Cut {
    /// A text in which a client would stumble stays whole: where a block begins and ends in it is for its owner to say.
    fn of(text: &str, except: &[Fingerprint], is_selected: impl Fn(&Certificate) -> bool) -> Self {
        let reading = delivered::read(text);
        let keeps_any = reading.fingerprints().any(|one| except.contains(&one));
        let has_harms = !reading.harms.is_empty();
        let number = reading.certificates.len();
        let selected: Vec<(usize, Certificate)> = reading
            .certificates
            .into_iter()
            .filter(|(_, one)| !has_harms && is_selected(one))
            .collect();
        let lines: BTreeSet<usize> = selected.iter().map(|(line, _)| *line).collect();
        let mut rest = String::with_capacity(text.len());
        let mut is_inside = false;
        for (number, line) in (1..).zip(text.split_inclusive('\n')) {
            is_inside |= lines.contains(&number);
            if !is_inside {
                rest.push_str(line);
            }
            is_inside &= !line.starts_with(END);
        }
        Self {
            is_all: selected.len() == number && !has_harms,
            keeps_any,
            gone: selected.into_iter().map(|(_, one)| one).collect(),
            rest,
        }
    }
}

/// By which the last line of a block begins (RFC 7468, section 2).
const END: &str = "-----END";

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;
    use crate::certs::self_signed;
    use crate::overrides::Selector;

    fn without(text: &str, name: &str) -> (String, usize) {
        let mut document = Document::parse(text).unwrap();
        let selectors = vec![
            Selector::Alias(name.into()),
            Selector::Subject(format!("*CN={name}")),
        ];
        let selection = Selection::at(OffsetDateTime::UNIX_EPOCH, selectors);
        let gone = take_out(&mut document, "f.yaml", &["customCertificates"], &selection).unwrap();
        (document.into_text(), gone.len())
    }

    fn indented(pem: &str, by: usize) -> String {
        let indent = " ".repeat(by);
        let lines: Vec<String> = pem
            .lines()
            .map(|line| format!("{indent}{line}\n"))
            .collect();
        lines.concat()
    }

    #[test]
    fn of_several_in_one_text_the_selected_one_goes_and_comments_stay() {
        let [one, two] = ["One", "Two"].map(|name| indented(&self_signed(name).pem(), 4));
        let text = format!(
            "customCertificates:\n  overrideCaCertificatesCrt: |\n    # first\n{one}    # second\n{two}"
        );
        let (rest, gone) = without(&text, "One");
        assert_eq!(rest, text.replace(&one, ""));
        assert_eq!(gone, 1);
    }

    #[test]
    fn an_entry_whose_every_certificate_goes_goes_whole() {
        let [one, two] = ["One", "Two"].map(|name| indented(&self_signed(name).pem(), 6));
        let first = format!("  - alias: a\n    pem: |\n{one}");
        let second = format!("  - alias: b # mine\n    pem: |\n{two}");
        let text = format!("customCertificates:\n  extraCerts:\n{first}{second}x: 1\n");
        assert_eq!(without(&text, "One").0, text.replace(&first, ""));
        assert_eq!(without(&text, "b").0, text.replace(&second, ""));
        assert_eq!(without(&text, "c"), (text, 0));
    }

    #[test]
    fn an_unreadable_entry_goes_by_its_alias_alone() {
        let text = "customCertificates:\n  extraCerts:\n  - alias: a\n    pem: nonsense\n  - alias: b\n    pem: x\n";
        assert_eq!(
            without(text, "a").0,
            "customCertificates:\n  extraCerts:\n  - alias: b\n    pem: x\n"
        );
    }
}
