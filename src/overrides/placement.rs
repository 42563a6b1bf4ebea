//! Where the certificates go in the override file: appended or replacing, and the way from one to the other.

use anyhow::Result;

use super::held::{Held, mode_in};
use super::{Mode, Placed, alias_of, bundle, extra_certs, held, line_of, list_at};
use crate::certs::bundle::{Bundle, Entry, Given};
use crate::certs::mozilla;
use crate::finding::{self, Finding, Severity};
use crate::vendor::{EXTRA_CERTS, OVERRIDE_BUNDLE};
use crate::yaml::{Document, Path};

/// What the file lists after the edit.
#[derive(Debug)]
pub struct Placement {
    /// Which of the two values holds the certificates.
    pub mode: Mode,
    /// Every readable certificate, in the file's order.
    pub placed: Vec<Placed>,
    /// What the user should know.
    pub findings: Vec<Finding>,
}

/// Brings the certificates into the file. Without a `mode`, the one that the file is in already, else append.
///
/// The two exclude each other. Switching takes the other value out and carries over the certificates that only it has, so
/// that none is lost; public roots are not carried into `extraCerts`, since the pods' own bundle has them.
///
/// `file` is the file's name for messages; `base` the path of `customCertificates`. With `repairs`, what clients do not read
/// as it is meant is written anew.
///
/// # Errors
/// The document cannot be edited safely there.
pub fn place(
    document: &mut Document,
    file: &str,
    base: &[&str],
    entries: &[Entry],
    mode: Option<Mode>,
    repairs: bool,
) -> Result<Placement> {
    let list_path = Path::from(base).then(EXTRA_CERTS);
    let bundle_path = Path::from(base).then(OVERRIDE_BUNDLE);
    let has_list = !list_at(document, &list_path)?.is_empty();
    let has_bundle = mode_in(document.value(), base) == Mode::Replace;
    let mode = mode.unwrap_or(if has_bundle {
        Mode::Replace
    } else {
        Mode::Append
    });
    let mut placement = Placement {
        mode,
        placed: Vec::new(),
        findings: Vec::new(),
    };
    if has_list && has_bundle {
        placement
            .findings
            .push(both(document, file, &list_path, &bundle_path));
        return Ok(placement);
    }
    let (in_list, in_bundle) = (
        held::list(document, file, &list_path, repairs)?,
        held::bundle(document, file, &bundle_path, repairs)?,
    );
    match mode {
        Mode::Append => {
            let mut keep = Vec::new();
            if has_bundle {
                keep = placement.leaves(document, in_bundle, file, [&bundle_path, &list_path]);
                keep.retain(|one| !mozilla::is_public_root(one.certificate.fingerprint));
            }
            let (aside, meant): (Vec<Entry>, Vec<Entry>) =
                entries.iter().cloned().partition(|entry| entry.of_bundle);
            placement.findings.extend(left_aside(&aside));
            let entries = with_carried(&meant, keep, file);
            placement.findings.extend(in_list.findings);
            if !finding::refuses(&placement.findings) {
                let (placed, findings) =
                    extra_certs::add(document, file, &list_path, &entries, in_list.placed)?;
                if has_bundle {
                    document.remove(&bundle_path)?;
                }
                placement.placed = placed;
                placement.findings.extend(findings);
            }
        }
        Mode::Replace => {
            let mut keep = Vec::new();
            if has_list {
                keep = placement.leaves(document, in_list, file, [&list_path, &bundle_path]);
            }
            placement.findings.extend(in_bundle.findings);
            placement.placed = in_bundle.placed;
            if !finding::refuses(&placement.findings) {
                let entries = with_carried(entries, keep, file);
                bundle::add(document, &bundle_path, &mut placement.placed, &entries)?;
                if has_list {
                    document.remove(&list_path)?;
                }
                placement
                    .findings
                    .extend(no_public_root(&placement.placed, file));
            }
        }
    }
    Ok(placement)
}

impl Placement {
    /// Gives what the value held that excludes the one of the mode, and goes when that is there: never is the mapping around them
    /// empty. What nothing can be made of is not deleted: it stays, and stops the run.
    fn leaves(
        &mut self,
        document: &Document,
        held: Held,
        file: &str,
        [from, to]: [&Path; 2],
    ) -> Vec<Placed> {
        if held.holds_more {
            let errors = held.findings.into_iter().map(|mut finding| {
                finding.severity = Severity::Error;
                finding
            });
            self.findings.extend(errors);
            return Vec::new();
        }
        let note = switched(document, file, from, to, held.meant.len());
        self.findings.push(note);
        held.meant
    }
}

/// The given certificates, then those that the other value of the file holds and that were not given.
fn with_carried(entries: &[Entry], carried: Vec<Placed>, file: &str) -> Vec<Entry> {
    let given = |placed: &Placed| {
        let fingerprint = placed.certificate.fingerprint;
        entries
            .iter()
            .any(|entry| entry.certificate.fingerprint == fingerprint)
    };
    let carried = carried.into_iter().filter(|placed| !given(placed));
    let carried = carried.map(|placed| Given {
        origin: file.to_owned(),
        wanted: None,
        fallback: alias_of(&placed.certificate),
        certificate: placed.certificate,
        of_bundle: false,
    });
    [entries.to_vec(), Bundle::new(carried.collect()).entries].concat()
}

fn left_aside(aside: &[Entry]) -> Option<Finding> {
    (!aside.is_empty()).then(|| {
        Finding::note(
            "public-roots-left-aside",
            format!(
                "{} public roots are left aside: the bundle that the pods come with has them",
                aside.len()
            ),
        )
        .hint("for images that lack one, give it by a name: --ca NAME=FILE")
    })
}

fn both(document: &Document, file: &str, list: &Path, bundle: &Path) -> Finding {
    Finding::error(
        "both-modes",
        format!(
            "{file} sets both {list} (line {}) and {bundle} (line {}); they exclude each other, and the chart refuses both",
            line_of(document, list).trim_start_matches(':'),
            line_of(document, bundle).trim_start_matches(':'),
        ),
    )
    .hint("take one of the two out of the file")
}

fn switched(document: &Document, file: &str, from: &Path, to: &Path, carried: usize) -> Finding {
    Finding::warning(
        "mode-switched",
        format!(
            "{file}{}: {from} is taken out, since {to} excludes it; {carried} of its certificates are carried over",
            line_of(document, from),
        ),
    )
}

/// With the bundle replaced, a pod trusts what is in it and nothing else.
fn no_public_root(placed: &[Placed], file: &str) -> Option<Finding> {
    let public = |one: &Placed| mozilla::is_public_root(one.certificate.fingerprint);
    (!placed.is_empty() && !placed.iter().any(public)).then(|| {
        Finding::warning(
            "bundle-without-public-roots",
            format!(
                "{file}: the bundle holds no public CA, so the pods will trust these {} certificates and nothing else: no PyPI, no GitHub, no public registry",
                placed.len()
            ),
        )
        .hint("add --ca system for this machine's own bundle, or use --mode append")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certs::self_signed;

    fn entry(name: &str) -> Entry {
        let given = Given {
            origin: "f.pem:1".into(),
            wanted: None,
            fallback: "f".into(),
            certificate: self_signed(name),
            of_bundle: false,
        };
        Bundle::new(vec![given]).entries.remove(0)
    }

    fn edit(text: &str, entries: &[Entry], mode: Option<Mode>) -> (String, Placement) {
        let mut document = Document::parse(text).unwrap();
        let base = ["customCertificates"];
        let placement = place(&mut document, "f.yaml", &base, entries, mode, false).unwrap();
        (document.into_text(), placement)
    }

    fn codes(placement: &Placement) -> Vec<&'static str> {
        placement
            .findings
            .iter()
            .map(|finding| finding.code)
            .collect()
    }

    fn aliases(placement: &Placement) -> Vec<&str> {
        placement
            .placed
            .iter()
            .map(|one| one.alias.as_str())
            .collect()
    }

    #[test]
    fn a_bundle_is_written_once_in_stable_order_and_warns_without_public_roots() {
        let (one, two) = (entry("One"), entry("Two"));
        let (text, placement) = edit("# ours\n", &[one.clone(), two.clone()], Some(Mode::Replace));
        assert_eq!(codes(&placement), ["bundle-without-public-roots"]);
        assert_eq!(text.matches("BEGIN").count(), 2);
        let (again, placement) = edit(&text, &[two, one], None);
        assert_eq!(again, text);
        assert_eq!(placement.mode, Mode::Replace);
        assert_eq!(aliases(&placement), ["one", "two"]);
    }

    #[test]
    fn a_further_certificate_goes_behind_those_that_are_there() {
        let (text, _) = edit("", &[entry("One")], Some(Mode::Replace));
        let (more, _) = edit(&text, &[entry("Two")], None);
        assert!(more.starts_with(&text), "{more}");
        assert_eq!(more.matches("BEGIN").count(), 2);
    }

    #[test]
    fn switching_carries_over_and_says_so() {
        let (appended, _) = edit("a: 1\n", &[entry("One")], None);
        let (replaced, placement) = edit(&appended, &[entry("Two")], Some(Mode::Replace));
        assert!(codes(&placement).contains(&"mode-switched"));
        assert!(!replaced.contains("extraCerts"));
        assert_eq!(aliases(&placement), ["two", "one"]);
        let (back, placement) = edit(&replaced, &[], Some(Mode::Append));
        assert!(!back.contains("overrideCa"));
        assert_eq!(aliases(&placement), ["two", "one"]);
    }

    #[test]
    fn however_often_the_mode_is_switched_nothing_is_left_behind() {
        let (first, _) = edit("a: 1\n", &[entry("One")], None);
        let switch = |text: &str, mode: Mode| edit(text, &[], Some(mode)).0;
        let replaced = switch(&first, Mode::Replace);
        let appended = switch(&replaced, Mode::Append);
        assert_eq!(switch(&appended, Mode::Replace), replaced);
        assert!(
            !replaced.contains("was") && !appended.contains("was"),
            "{appended}"
        );
    }

    #[test]
    fn a_file_with_both_is_refused_with_both_lines() {
        let text = "customCertificates:\n  overrideCaCertificatesCrt: x\n  extraCerts:\n  - alias: a\n    pem: b\n";
        let (unchanged, placement) = edit(text, &[entry("One")], None);
        assert_eq!(unchanged, text);
        assert_eq!(codes(&placement), ["both-modes"]);
        let message = &placement.findings[0].message;
        assert!(
            message.contains("(line 4)") && message.contains("(line 2)"),
            "{message}"
        );
    }

    #[test]
    fn a_bundle_that_cannot_be_read_is_not_touched() {
        let text = "customCertificates:\n  overrideCaCertificatesCrt: |\n    nonsense\n";
        let (unchanged, placement) = edit(text, &[entry("One")], Some(Mode::Append));
        assert_eq!(unchanged, text);
        assert_eq!(codes(&placement), ["bundle-unreadable"]);
    }

    #[test]
    fn a_null_counts_as_absent() {
        let text = "customCertificates:\n  overrideCaCertificatesCrt:\n  extraCerts: []\n";
        let (_, placement) = edit(text, &[entry("One")], None);
        assert_eq!(placement.mode, Mode::Append);
        assert!(placement.findings.is_empty());
    }
}
