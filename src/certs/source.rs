//! `--ca [ALIAS=]FILE`: where certificates come from.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, Result};

use super::bundle::Given;
use super::{alias, pem};
use crate::exit::Stop;

/// Larger than any bundle in use (Mozilla's has 220 KB); a device or a disk image ends here.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// One `--ca` argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The alias the user chose.
    pub alias: Option<String>,
    /// The file to read.
    pub path: PathBuf,
}

impl FromStr for Source {
    type Err = String;

    /// A file whose name holds `=` wins over an alias, as the user sees it in the folder.
    fn from_str(argument: &str) -> Result<Self, Self::Err> {
        match argument.split_once('=') {
            Some((name, file)) if !Path::new(argument).exists() => {
                if !alias::is_valid(name) {
                    return Err(format!(
                        "the alias {name:?} cannot be a ConfigMap key: use letters, digits, '-', '_' and '.', for example {:?}",
                        alias::sanitise(name)
                    ));
                }
                Ok(Self {
                    alias: Some(name.to_owned()),
                    path: file.into(),
                })
            }
            _ => Ok(Self {
                alias: None,
                path: argument.into(),
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
        let blocks = pem::parse(&bytes)
            .map_err(|e| Stop::refused(format!("{shown}:{}: {}", e.line, e.problem)))?;
        let stem = self.path.file_stem().map(|s| s.to_string_lossy());
        Ok(blocks
            .into_iter()
            .map(|block| Given {
                origin: format!("{shown}:{}", block.line),
                wanted: self.alias.clone(),
                fallback: stem.as_deref().unwrap_or("ca").to_owned(),
                certificate: block.certificate,
            })
            .collect())
    }
}
