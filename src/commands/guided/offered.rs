//! Files with certificates that lie where one would look for them: in this folder, at home, and where Debian keeps those of the
//! company.

use std::collections::BTreeSet;
use std::fs::FileType;
use std::path::{Path, PathBuf};

use time::OffsetDateTime;

use crate::certs::bundle::Given;
use crate::certs::lint::date;
use crate::certs::{Certificate, Fingerprint, mozilla};
use crate::files;
use crate::guided::Offered;
use crate::sources::{certificates_in, is_certificate_name};

/// Where Debian's `update-ca-certificates` takes them from.
const OF_THE_MACHINE: &str = "/usr/local/share/ca-certificates";

/// So many files are looked into, none larger than that.
const FILES: usize = 200;
const BYTES: u64 = 512 * 1024;

/// So many entries of one place are looked at.
const ENTRIES: usize = 5000;

/// So many are offered: the first ones, which are the nearest.
const OFFERED: usize = 20;

/// The files, CAs before what is none; a file that has nothing new to those before it is left out.
pub(super) fn certificates() -> Vec<Offered> {
    let home = std::env::home_dir();
    let (here, machine) = (PathBuf::new(), PathBuf::from(OF_THE_MACHINE));
    let places = [(Some(here), 1), (home.clone(), 0), (Some(machine), 1)];
    let mut files = Vec::new();
    for (folder, depth) in places {
        if let Some(folder) = folder {
            let mut left = ENTRIES;
            certificate_files(&folder, depth, &mut left, &mut files);
        }
    }
    let now = OffsetDateTime::now_utc();
    let mut seen: BTreeSet<Fingerprint> = BTreeSet::new();
    let (mut authorities, mut others) = (Vec::new(), Vec::new());
    for file in files.iter().take(FILES) {
        let Ok(given) = certificates_in(file) else {
            // A key, or something else that may not be given: it is no offer.
            continue;
        };
        let fingerprints = given.iter().map(|one| one.certificate.fingerprint);
        let is_public = |one: &Fingerprint| mozilla::is_public_root(*one);
        let own: Vec<Fingerprint> = fingerprints.filter(|one| !is_public(one)).collect();
        if own.iter().all(|one| seen.contains(one)) {
            continue;
        }
        seen.extend(own);
        let label = format!(
            "{}, in {}",
            in_words(&given, now),
            shown(file, home.as_deref())
        );
        let offered = Offered {
            source: as_source(&file.display().to_string()),
            label,
        };
        let is_authority = |one: &Given| one.certificate.role().is_authority();
        if given.iter().any(is_authority) {
            authorities.push(offered);
        } else {
            others.push(offered);
        }
    }
    authorities.append(&mut others);
    authorities.truncate(OFFERED);
    authorities
}

/// The files of a folder that are called as certificates are, and of those in it, as deep as that; of at most `left` entries.
fn certificate_files(folder: &Path, depth: usize, left: &mut usize, found: &mut Vec<PathBuf>) {
    let entries = files::entries(folder).take(*left).filter_map(|entry| {
        *left = left.saturating_sub(1);
        let name = entry.file_name().into_string().ok()?;
        (!name.starts_with('.')).then_some((name, entry.file_type().ok()?))
    });
    let mut entries: Vec<(String, FileType)> = entries.collect();
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for (name, kind) in entries {
        let is_called_so = is_certificate_name(&name);
        let path = folder.join(&name);
        if kind.is_dir() {
            folders.push(path);
            continue;
        }
        // Nothing is asked of the disk for the many that are no offer; a link may lead to a folder.
        if !is_called_so && !kind.is_symlink() {
            continue;
        }
        match path.metadata() {
            Ok(about) if about.is_dir() => folders.push(path),
            Ok(about) if about.is_file() && about.len() <= BYTES && is_called_so => {
                files.push(path);
            }
            _ => {}
        }
    }
    found.append(&mut files);
    if depth > 0 {
        for folder in folders {
            certificate_files(&folder, depth - 1, left, found);
        }
    }
}

/// A path as `--ca` takes it for one: neither for an option, nor for another kind of source.
fn as_source(path: &str) -> String {
    if path.starts_with('-') || path.contains(':') && !Path::new(path).is_absolute() {
        format!("./{path}")
    } else {
        path.to_owned()
    }
}

/// A path as people write it.
fn shown(file: &Path, home: Option<&Path>) -> String {
    let below_home = home.and_then(|home| file.strip_prefix(home).ok());
    below_home.map_or_else(
        || file.display().to_string(),
        |rest| Path::new("~").join(rest).display().to_string(),
    )
}

/// So many names are told of a file with many certificates.
const NAMED: usize = 3;

/// What is in a file: of one certificate its subject, role and end, of more their names and the first end.
pub(super) fn in_words(given: &[Given], now: OffsetDateTime) -> String {
    if let [one] = given {
        return about(&one.certificate, now);
    }
    let names: Vec<&str> = given
        .iter()
        .take(NAMED)
        .map(|one| name(&one.certificate))
        .collect();
    let more = match given.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let first = given.iter().min_by_key(|one| one.certificate.not_after);
    let end = first.map(|one| format!(", {}", end(&one.certificate, now)));
    format!(
        "{} certificates: {}{more}{}",
        given.len(),
        names.join(", "),
        end.unwrap_or_default()
    )
}

/// Subject, role and end.
pub(super) fn about(one: &Certificate, now: OffsetDateTime) -> String {
    format!("{} ({}), {}", name(one), one.role(), end(one, now))
}

fn end(one: &Certificate, now: OffsetDateTime) -> String {
    let word = if one.not_after < now {
        "ended"
    } else {
        "until"
    };
    format!("{word} {}", date(one.not_after))
}

/// What people call a certificate.
pub(super) fn name(certificate: &Certificate) -> &str {
    let name = certificate.common_name.as_ref();
    name.unwrap_or(&certificate.subject)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::{Place, Source};

    #[test]
    fn a_file_is_offered_as_what_is_taken_for_a_file() {
        for name in ["-x.pem", "secret:x.pem", "ca.pem", "of/ca.pem"] {
            let source = as_source(name);
            assert!(!source.starts_with('-'), "{source}");
            let place = source.parse::<Source>().unwrap().place;
            assert!(matches!(place, Place::Path(_)), "{source}");
        }
        assert_eq!(as_source("of/ca.pem"), "of/ca.pem");
    }
}
