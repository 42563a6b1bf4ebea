//! Certificates from a file, or from standard input.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::{Reading, is_certificate_name, object, parsed, values};
use crate::certs::pem;
use crate::exit::Stop;
use crate::finding::Finding;
use crate::nearest::nearest_file;

/// Larger than any bundle in use (Mozilla's has 220 KB, ten thousand certificates about 20 MB); a device or a disk image ends
/// here.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

pub(super) fn read(path: &Path) -> Result<Reading> {
    let shown = path.display().to_string();
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("there is no file {shown}{}", meant(path, &shown))
        }
        file => file.with_context(|| format!("cannot read the certificate file {shown}"))?,
    };
    let bytes = bounded(file, &shown)?;
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    let is_structured = ["yaml", "yml", "json"].iter().any(|one| ending == *one);
    if is_structured
        && let Some(reading) = object::of_manifests(&String::from_utf8_lossy(&bytes), &shown)
    {
        return reading;
    }
    let given = if is_structured {
        values::of_file(&bytes, &shown)?
    } else {
        let stem = path.file_stem().map(|s| s.to_string_lossy());
        parsed(&bytes, &shown, stem.as_deref().unwrap_or("ca"))?
    };
    Ok(Reading {
        given,
        notes: commented_out(&bytes, &shown),
    })
}

/// What may be meant by a file that is not there.
fn meant(path: &Path, shown: &str) -> String {
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|one| one.is_ascii_digit());
    if let Some((host, port)) = shown.split_once(':')
        && !host.is_empty()
        && is_port(port)
    {
        return format!("\nhint: a server is named with https://{shown}");
    }
    match nearest_file(path, |file| file.is_dir() || may_be_certificate(file)) {
        Some(near) => format!("\nhint: did you mean {}?", near.display()),
        None => "\nhint: certificates are in a file, a folder, https://HOST, secret:[NAMESPACE/]NAME, configmap:[NAMESPACE/]NAME, release:[NAMESPACE/]NAME or system".to_owned(),
    }
}

/// By its name; private keys and requests often lie beside.
fn may_be_certificate(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    is_certificate_name(&name)
}

pub(super) fn read_stdin() -> Result<Reading> {
    let shown = "standard input";
    let bytes = bounded(std::io::stdin().lock(), shown)?;
    Ok(Reading {
        given: parsed(&bytes, shown, "ca")?,
        notes: commented_out(&bytes, shown),
    })
}

fn commented_out(bytes: &[u8], shown: &str) -> Vec<Finding> {
    let lines = pem::commented_out(bytes).into_iter();
    let notes = lines.map(|line| {
        Finding::note(
            "certificate-commented-out",
            format!("{shown}:{line}: a certificate that is commented out was left aside"),
        )
    });
    notes.collect()
}

fn bounded(from: impl Read, shown: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("cannot read the certificate file {shown}"))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Stop::refused(format!(
            "{shown} is larger than {} MiB: that is no certificate bundle",
            MAX_BYTES / 1024 / 1024
        ))
        .into());
    }
    Ok(bytes)
}
