//! What a file holds already: the one reader of the two values that hold certificates.
//!
//! It goes by what clients make of such texts, not by what we could make of them: what they pass over is not there, and
//! what makes them refuse the whole bundle is in the way of everything else.

use anyhow::Result;
use serde_yaml::Value;

use super::{Mode, Placed, alias_in, alias_of, line_of, list_at};
use crate::certs::Certificate;
use crate::certs::pem::delivered::{self, Effect, Harm, Reading};
use crate::finding::Finding;
use crate::values::{self, scalar, scalar::is_on};
use crate::vendor::{ALIAS, EXTRA_CERTS, OVERRIDE_BUNDLE, PEM};
use crate::yaml::{Document, Path};

/// The certificates of `extraCerts` or of the bundle.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// Those that clients read, in the file's order.
    pub(super) placed: Vec<Placed>,
    /// All that can be made out: what is carried over where the value goes.
    pub(super) meant: Vec<Placed>,
    /// Whether there is something that nothing can be made of, and that would be lost with the value.
    pub(super) holds_more: bool,
    /// What there is to say of the rest.
    pub(super) findings: Vec<Finding>,
}

/// What `extraCerts` at `path` holds. With `repairs`, what clients do not read as it is meant is written anew.
pub(super) fn list(
    document: &mut Document,
    file: &str,
    path: &Path,
    repairs: bool,
) -> Result<Held> {
    let mut held = Held::default();
    for (index, item) in list_at(document, path)?.into_iter().enumerate() {
        let (alias, text) = alias_and_pem(&item);
        let place = path.then(index);
        let origin = format!("{file}{}", line_of(document, &place));
        held.findings
            .extend(not_text(document, &place.then(ALIAS), &origin));
        let what = format!("{origin}: the entry {alias:?} of {path}");
        let kind = Kind {
            what: &what,
            code: "extra-cert-unreadable",
            is_bundle: false,
        };
        let text = read(document, &place.then(PEM), text, &kind, repairs)?;
        held.take(text, &origin, |_| alias.clone());
    }
    Ok(held)
}

/// What the bundle at `path` holds; null and blank count as absent.
pub(super) fn bundle(
    document: &mut Document,
    file: &str,
    path: &Path,
    repairs: bool,
) -> Result<Held> {
    let mut held = Held::default();
    if let Some(text) = bundle_text(document, path)? {
        let origin = format!("{file}{}", line_of(document, path));
        let what = format!("{origin}: {path}");
        let kind = Kind {
            what: &what,
            code: "bundle-unreadable",
            is_bundle: true,
        };
        let text = read(document, path, &text, &kind, repairs)?;
        held.take(text, &origin, alias_of);
    }
    Ok(held)
}

/// The bundle's text.
pub(super) fn bundle_text(document: &Document, path: &Path) -> Result<Option<String>> {
    Ok(match document.get(path)? {
        Some(Value::String(text)) if !text.trim().is_empty() => Some(text),
        _ => None,
    })
}

/// The certificates that values hold in `base`, as clients read them; what a release was deployed with, say.
#[must_use]
pub fn held_by(values: &Value, base: &[&str]) -> Vec<Placed> {
    let at = |key: &str| values::lookup(values, &[base, &[key]].concat());
    let list = at(EXTRA_CERTS).and_then(Value::as_sequence);
    let mut held = Held::default();
    for item in list.into_iter().flatten() {
        let (alias, text) = alias_and_pem(item);
        held.take_read(delivered::read(text), "", |_| alias.clone());
    }
    if let Some(text) = at(OVERRIDE_BUNDLE).and_then(Value::as_str) {
        held.take_read(delivered::read(text), "", alias_of);
    }
    held.placed
}

/// Whether values add to the bundle that pods come with, or replace it, as the chart's templates ask.
#[must_use]
pub fn mode_in(values: &Value, base: &[&str]) -> Mode {
    let bundle = values::lookup(values, &[base, &[OVERRIDE_BUNDLE]].concat());
    if bundle.is_some_and(is_on) {
        Mode::Replace
    } else {
        Mode::Append
    }
}

/// What an entry of `extraCerts` says, as far as it does.
pub(super) fn alias_and_pem(item: &Value) -> (String, &str) {
    let pem = item.get(PEM).and_then(Value::as_str);
    (alias_in(item), pem.unwrap_or_default())
}

/// An alias that is no text to YAML, and that the chart gets as something else than it looks.
fn not_text(document: &Document, place: &Path, origin: &str) -> Option<Finding> {
    let written = document.text().get(document.span(place)?)?;
    let kind = scalar::kind_of(written.trim())?;
    Some(
        Finding::warning(
            "alias-not-text",
            format!(
                "{origin}: the alias {written} is {kind} to YAML, and the chart may make another name of it"
            ),
        )
        .hint(format!("put it in quotes: alias: \"{written}\"")),
    )
}

/// How a text is spoken of.
struct Kind<'a> {
    /// File, line and what it is.
    what: &'a str,
    /// The code for what no client reads.
    code: &'static str,
    /// Whether it is the whole bundle, of which nothing may be left out.
    is_bundle: bool,
}

/// One text of the file.
struct Text {
    reading: Reading,
    /// What is to be made of it where clients do not read it as it is, if that can be told.
    meant: Option<Vec<Certificate>>,
    findings: Vec<Finding>,
}

impl Held {
    fn take_read(
        &mut self,
        reading: Reading,
        origin: &str,
        alias: impl Fn(&Certificate) -> String,
    ) {
        let read = reading.certificates.into_iter();
        self.placed
            .extend(read.map(|(_, certificate)| placed(certificate, origin, &alias)));
    }

    fn take(&mut self, text: Text, origin: &str, alias: impl Fn(&Certificate) -> String) {
        self.holds_more |= text.meant.is_none() && !text.reading.harms.is_empty();
        let before = self.placed.len();
        self.take_read(text.reading, origin, &alias);
        match text.meant {
            Some(meant) => {
                let meant = meant.into_iter();
                self.meant
                    .extend(meant.map(|one| placed(one, origin, &alias)));
            }
            None => {
                let read = self.placed.get(before..).unwrap_or_default();
                self.meant.extend_from_slice(read);
            }
        }
        self.findings.extend(text.findings);
    }
}

/// A certificate that is there already.
fn placed(
    certificate: Certificate,
    origin: &str,
    alias: impl Fn(&Certificate) -> String,
) -> Placed {
    Placed {
        alias: alias(&certificate),
        certificate,
        added: false,
        origin: origin.to_owned(),
    }
}

fn read(
    document: &mut Document,
    path: &Path,
    text: &str,
    kind: &Kind<'_>,
    repairs: bool,
) -> Result<Text> {
    let reading = delivered::read(text);
    if reading.harms.is_empty() {
        return Ok(Text {
            reading,
            meant: None,
            findings: Vec::new(),
        });
    }
    let joined = delivered::joined(text);
    let mended = joined.as_ref().map(|joined| joined.mended.as_str());
    let meant = delivered::meant(text).or_else(|| delivered::meant(mended?));
    if let (true, Some(certificates)) = (repairs, &meant) {
        let canonical: String = certificates.iter().map(Certificate::pem).collect();
        document.set(path, &Value::String(canonical.clone()))?;
        return Ok(Text {
            reading: delivered::read(&canonical),
            findings: vec![Finding::note(
                "certificate-repaired",
                format!(
                    "{} is written anew, so that every client reads it",
                    kind.what
                ),
            )],
            meant,
        });
    }
    let mut harms = reading.harms.clone();
    if let Some(joined) = joined {
        // One cause for all that is wrong with it, but for a key.
        let rank = |harm: &Harm| match harm.effect {
            Effect::Poisons(_) => 0,
            Effect::LeftOut(_, Some(_)) => 1,
            _ => 2,
        };
        let (keys, others): (Vec<Harm>, Vec<Harm>) = harms
            .into_iter()
            .partition(|harm| harm.effect == Effect::PrivateKey);
        let worst = others.into_iter().min_by_key(rank);
        harms = keys;
        harms.extend(worst.map(|harm| Harm {
            why: joined.why.to_owned(),
            ..harm
        }));
    }
    let findings = harms
        .iter()
        .map(|harm| finding(kind, harm, meant.is_some()));
    let findings = findings.collect();
    Ok(Text {
        reading,
        meant,
        findings,
    })
}

fn finding(kind: &Kind<'_>, harm: &Harm, is_repairable: bool) -> Finding {
    let Kind {
        what,
        code,
        is_bundle,
    } = kind;
    let Harm { line, why, effect } = harm;
    let remedy = if is_repairable {
        "add --repair to have it written anew, as clients read it"
    } else {
        "take it out of the file, and give the certificate with --ca"
    };
    match effect {
        Effect::Poisons(readers) => Finding::error(
            "bundle-poisoned",
            format!(
                "{what} makes the whole bundle of every pod unreadable for {}, at line {line} of its text: {why}",
                listed(readers)
            ),
        )
        .hint(remedy),
        Effect::PrivateKey => Finding::error(
            "private-key-in-file",
            format!("{what} holds {why} (line {line} of its text)"),
        )
        .hint("take the key out of the file, and consider it compromised if it was ever deployed"),
        Effect::LeftOut(readers, certificate) if readers.len() == delivered::Reader::ALL.len() => {
            let message =
                format!("{what} holds what no client reads, at line {line} of its text: {why}");
            if certificate.is_some() || *is_bundle {
                Finding::error(code, message).hint(remedy)
            } else {
                Finding::warning(code, message).hint("repair it, or take it out")
            }
        }
        Effect::LeftOut(readers, _) => {
            let not = if readers.len() > 1 { "do not" } else { "does not" };
            let message = format!(
                "{what} holds a certificate that {} {not} read, at line {line} of its text: {why}",
                listed(readers)
            );
            // Of a bundle, Python has to read all: there is nothing beside it.
            if *is_bundle && readers.contains(&delivered::Reader::OpenSsl) {
                Finding::error(code, message).hint(remedy)
            } else {
                Finding::warning("certificate-left-out", message).hint(remedy)
            }
        }
    }
}

fn listed(readers: &[delivered::Reader]) -> String {
    let readers: Vec<String> = readers.iter().map(ToString::to_string).collect();
    readers.join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_that_is_no_certificate_is_reported_by_line_and_left_alone() {
        let text = "customCertificates:\n  extraCerts:\n  - alias: a\n    pem: nonsense\n";
        let mut document = Document::parse(text).unwrap();
        let path = Path::from(&["customCertificates", "extraCerts"]);
        let held = list(&mut document, "f.yaml", &path, true).unwrap();
        assert_eq!(held.findings[0].code, "extra-cert-unreadable");
        assert!(
            held.findings[0].message.starts_with("f.yaml:3: "),
            "{}",
            held.findings[0].message
        );
        assert!(held.holds_more);
        assert_eq!(document.text(), text);
    }
}
