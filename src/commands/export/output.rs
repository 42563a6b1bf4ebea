//! Files for an engine, on disk.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use time::OffsetDateTime;

use crate::backups::Backups;
use crate::exit::Stop;
use crate::export::{self, Exported};
use crate::files;
use crate::ui::Screen;

/// Writes all files, or none: one that is not ours stays.
pub(super) fn write(
    exported: &[Exported],
    folder: &Path,
    backups: Option<PathBuf>,
    screen: &Screen,
) -> Result<()> {
    let mut changes = Vec::new();
    let mut others = Vec::new();
    for file in exported {
        let path = folder.join(&file.path);
        let before = files::read(&path)?;
        match before {
            Some(before) if before == file.text => screen.as_it_should_be(&path),
            Some(before) if !export::is_ours(&before) => {
                others.push(format!("  {}", path.display()));
            }
            before => changes.push((path, before, &file.text)),
        }
    }
    if !others.is_empty() {
        return Err(Stop::refused(format!(
            "these files are there, and were not written by export; move them away, or name another folder:\n{}\nNothing was written.",
            others.join("\n")
        ))
        .into());
    }
    let backups = Backups::into(backups);
    for (path, before, text) in changes {
        let parent = files::folder_of(&path);
        std::fs::create_dir_all(parent)
            .with_context(|| format!("cannot make the folder {}", parent.display()))?;
        let backup = match before {
            Some(before) => backups.keep(&path, &before, OffsetDateTime::now_utc())?,
            None => None,
        };
        files::replace(&path, text)?;
        screen.is_written(&path, backup.as_deref());
    }
    Ok(())
}
