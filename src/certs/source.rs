//! `--ca [ALIAS=]SOURCE`: where certificates come from.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, Result};

use super::bundle::Given;
use super::{alias, mozilla, pem};
use crate::exit::Stop;

/// Larger than any bundle in use (Mozilla's has 220 KB, ten thousand certificates about 20 MB); a device or a disk image ends here.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// The word for the machine's own bundle.
const SYSTEM: &str = "system";

/// Where distributions keep their bundle; the first that exists is taken (Debian, Fedora and RHEL, openSUSE, Alpine and
/// macOS).
const SYSTEM_BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// One `--ca` argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The alias the user chose.
    pub alias: Option<String>,
    /// The file to read.
    pub path: PathBuf,
    /// Whether it is the machine's own bundle.
    pub is_system: bool,
}

impl FromStr for Source {
    type Err = String;

    /// A file whose name holds `=` wins over an alias, as the user sees it in the folder.
    fn from_str(argument: &str) -> Result<Self, Self::Err> {
        if argument == SYSTEM {
            return Ok(Self {
                alias: None,
                path: system_bundle()?,
                is_system: true,
            });
        }
        match argument.split_once('=') {
            Some((name, file)) if !Path::new(argument).exists() => {
                if !alias::is_valid(name) {
                    return Err(format!(
                        "the alias {name:?} cannot be a ConfigMap key: use letters, digits, '-', '_' and '.', for example {:?}",
                        alias::sanitise(name)
                    ));
                }
                if mozilla::is_taken_name(name) {
                    return Err(format!(
                        "the alias {name:?} is the file name of a public root, whose place in /etc/ssl/certs it would take: choose another"
                    ));
                }
                Ok(Self {
                    alias: Some(name.to_owned()),
                    path: file.into(),
                    is_system: false,
                })
            }
            _ => Ok(Self {
                alias: None,
                path: argument.into(),
                is_system: false,
            }),
        }
    }
}

impl Source {
    /// Reads every certificate of the file.
    ///
    /// # Errors
    /// The file cannot be read, or holds something else than certificates (a [`Stop`] with code 3).
    pub fn read(&self) -> Result<Vec<Given>> {
        let shown = self.path.display();
        let file = std::fs::File::open(&self.path)
            .with_context(|| format!("cannot read the certificate file {shown}"))?;
        let mut bytes = Vec::new();
        file.take(MAX_BYTES + 1)
            .read_to_end(&mut bytes)
            .with_context(|| format!("cannot read the certificate file {shown}"))?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(Stop::refused(format!(
                "{shown} is larger than {} MiB: that is no certificate bundle",
                MAX_BYTES / 1024 / 1024
            ))
            .into());
        }
        let blocks =
            pem::parse(&bytes).map_err(|e| Stop::refused(e.in_file(&shown.to_string())))?;
        let stem = self.path.file_stem().map(|s| s.to_string_lossy());
        Ok(blocks
            .into_iter()
            .map(|block| Given {
                origin: format!("{shown}:{}", block.line),
                wanted: self.alias.clone(),
                fallback: stem.as_deref().unwrap_or("ca").to_owned(),
                certificate: block.certificate,
                from_system: self.is_system,
            })
            .collect())
    }
}

fn system_bundle() -> Result<PathBuf, String> {
    SYSTEM_BUNDLES
        .iter()
        .map(PathBuf::from)
        .find(|path| path.is_file())
        .ok_or_else(|| {
            format!(
                "this machine has its CA bundle in none of the usual places ({}); name the file instead of \"system\"",
                SYSTEM_BUNDLES.join(", ")
            )
        })
}
