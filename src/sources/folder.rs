//! Certificates from a folder and all below it.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::{Reading, file, holds_certificate, is_certificate_name, is_key_name, skipped};
use crate::exit::Stop;
use crate::finding::Finding;

/// Deeper than any folder of certificates; a loop of links ends here.
const MAX_DEPTH: usize = 16;

/// More than any folder of certificates holds; a home folder named by mistake ends here.
const MAX_FILES: usize = 10_000;

/// Bytes at the beginning of a file that tell what it is, with room for some text before the first certificate.
const LOOKED_AT: u64 = 16 * 1024;

/// Reads all of it. Who is only `looking` sees the others beside a file that is refused.
pub(super) fn read(folder: &Path, looking: bool) -> Result<Reading> {
    let mut files = Vec::new();
    collect(folder, 0, &mut files)?;
    files.sort_unstable();
    let mut all = Reading::default();
    let mut others = Vec::new();
    for path in files {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_plain = path.extension().is_none();
        // To read from a pipe or a device may never end.
        let is_special = path.metadata().is_ok_and(|one| !one.is_file());
        if is_special {
            others.push(inside(folder, &path));
        } else if is_certificate_name(&name) || is_plain && begins_with_certificate(&path) {
            match file::read(&path) {
                Ok(reading) => {
                    all.given.extend(reading.given);
                    all.notes.extend(reading.notes);
                }
                Err(error) if looking && error.is::<Stop>() => all.notes.push(refused(&error)),
                Err(error) => return Err(error),
            }
        } else if !is_key_name(&name) || begins_with_certificate(&path) {
            others.push(inside(folder, &path));
        }
    }
    all.notes
        .extend(skipped(&format!("{}: ", folder.display()), &others));
    if all.given.is_empty() && all.notes.iter().all(|one| one.code != REFUSED) {
        return Err(Stop::refused(format!(
            "{} holds no certificate file (.pem, .crt, .cer, .der, .p7b, .p7c)",
            folder.display()
        ))
        .into());
    }
    Ok(all)
}

fn inside(folder: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(folder).unwrap_or(path);
    inside.display().to_string()
}

/// A file that is none of certificates alone.
const REFUSED: &str = "file-refused";

fn refused(error: &anyhow::Error) -> Finding {
    Finding::error("file-refused", format!("{error:#}"))
        .hint("take it out of the folder: --ca refuses the whole folder for it; or name the others by themselves")
}

/// Whether a file holds a certificate, by its first bytes.
fn begins_with_certificate(path: &Path) -> bool {
    let mut start = Vec::new();
    path.is_file()
        && std::fs::File::open(path)
            .and_then(|file| file.take(LOOKED_AT).read_to_end(&mut start))
            .is_ok()
        && holds_certificate(&start)
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<()> {
    let unreadable = || format!("cannot read the folder {}", folder.display());
    for entry in std::fs::read_dir(folder).with_context(unreadable)? {
        let entry = entry.with_context(unreadable)?;
        // Kubernetes keeps what it mounts there, and links to it from beside.
        if entry.file_name().as_encoded_bytes().starts_with(b"..") {
            continue;
        }
        let path = entry.path();
        if path.is_dir() && depth < MAX_DEPTH {
            collect(&path, depth + 1, files)?;
        } else {
            files.push(path);
        }
        if files.len() > MAX_FILES {
            return Err(Stop::refused(format!(
                "more than {MAX_FILES} files below {}: that is no folder of certificates",
                folder.display()
            ))
            .into());
        }
    }
    Ok(())
}
