//! Copies of the user's files before they are replaced. They hold credentials, so they lie where no commit takes them along.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use crate::environment::variable;
use crate::files;
use crate::platform::make_private_folder;
use crate::process;

/// Where copies go.
#[derive(Debug, Clone, Default)]
pub struct Backups {
    folder: Option<PathBuf>,
}

impl Backups {
    /// Into a folder that the user named; `None` for the state folder of the user (`$XDG_STATE_HOME`).
    #[must_use]
    pub fn into(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    /// Copies the content that a file has, and gives the copy's place; `None` where git has that content already.
    ///
    /// # Errors
    /// The folder that the user named cannot be made, or no folder can be written to.
    pub fn keep(&self, path: &Path, text: &str, now: OffsetDateTime) -> Result<Option<PathBuf>> {
        if let Some(folder) = &self.folder {
            make_private_folder(folder)
                .with_context(|| format!("cannot make the folder {}", folder.display()))?;
            return files::back_up(path, text, folder, &name_of(path), now).map(Some);
        }
        if is_in_git(path, text) {
            return Ok(None);
        }
        // Without a place of its own, a copy beside the file is better than none.
        let folder = state_folder().filter(|folder| make_private_folder(folder).is_ok());
        let backup =
            folder.and_then(|folder| files::back_up(path, text, &folder, &name_of(path), now).ok());
        let backup = match backup {
            Some(backup) => Ok(backup),
            None => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                files::back_up(path, text, files::folder_of(path), &name, now)
            }
        };
        backup.map(Some)
    }
}

/// `$XDG_STATE_HOME/helm-clearml-certs/backups`, by its documented default in the home folder.
fn state_folder() -> Option<PathBuf> {
    let named = |name| variable(name).map(PathBuf::from);
    let home = || Some(std::env::home_dir()?.join(".local/state"));
    // A relative one is to be ignored (XDG Base Directory Specification).
    let states = named("XDG_STATE_HOME")
        .filter(|folder| folder.is_absolute())
        .or_else(|| named("LOCALAPPDATA"))
        .or_else(home)
        .filter(|folder| folder.is_absolute())?;
    Some(states.join("helm-clearml-certs/backups"))
}

/// A file's name, told from its namesakes of other folders.
fn name_of(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let folder = files::folder_of(&whole).to_string_lossy().into_owned();
    let digest = Sha256::digest(folder.as_bytes());
    let mark: Vec<String> = digest
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!("{name}.{}", mark.concat())
}

/// Whether git has this content of a file in its last commit. The bytes are compared: git's own word for "unchanged" overlooks
/// links, filters and files that it was told to skip.
fn is_in_git(path: &Path, text: &str) -> bool {
    let (Ok(git), Ok(whole)) = (which::which("git"), path.canonicalize()) else {
        return false;
    };
    let Some(name) = whole.file_name().and_then(|name| name.to_str()) else {
        return false;
    };
    let folder = files::folder_of(&whole).display().to_string();
    let blob = format!("HEAD:./{name}");
    let words = ["-C", folder.as_str(), "cat-file", "blob", blob.as_str()];
    let output = process::output(
        &process::command(&git, &words),
        &format!("git {}", shell_words::join(words)),
    );
    output.is_ok_and(|output| output.status.success() && output.stdout == text.as_bytes())
}
