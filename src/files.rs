//! The user's files: replaced whole or not at all, with a copy of what was there.

use std::fs::{self, Permissions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use time::macros::format_description;

/// Backups kept of one file; older ones are removed.
const BACKUPS_KEPT: usize = 10;

/// Reads a text file; `None` where it does not exist.
///
/// # Errors
/// It exists but cannot be read, or is not UTF-8.
pub fn read(path: &Path) -> Result<Option<String>> {
    match fs::read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(_) => bail!("{} is not UTF-8 text", path.display()),
        },
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Replaces the file's content in one step: whoever reads it sees the old file or the new one, whole.
///
/// Follows a symbolic link to the file itself, and keeps mode and owner. A new file gets the mode that the umask leaves.
///
/// # Errors
/// The folder cannot be written to; the file is as it was.
pub fn replace(path: &Path, text: &str) -> Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let before = fs::metadata(&target).ok();
    write_whole(&target, text, before.as_ref())
        .with_context(|| format!("cannot write {}; it is as it was", path.display()))
}

fn write_whole(target: &Path, text: &str, before: Option<&fs::Metadata>) -> Result<()> {
    let folder = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".clearml-certs-");
    if before.is_none() {
        new_file_mode(&mut builder);
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    if let Some(before) = before {
        file.as_file().set_permissions(before.permissions())?;
        keep_owner(file.path(), before);
    }
    file.as_file().sync_all()?;
    file.persist(target)?;
    // The rename itself lasts only once the folder is on disk.
    if let Ok(folder) = fs::File::open(folder) {
        folder.sync_all().ok();
    }
    Ok(())
}

#[cfg(unix)]
fn new_file_mode(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt as _;
    builder.permissions(Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn new_file_mode(_: &mut tempfile::Builder<'_, '_>) {}

/// Only root may give files away; for everybody else the owner is the same already.
#[cfg(unix)]
fn keep_owner(path: &Path, before: &fs::Metadata) {
    use std::os::unix::fs::MetadataExt as _;
    std::os::unix::fs::chown(path, Some(before.uid()), Some(before.gid())).ok();
}

#[cfg(not(unix))]
fn keep_owner(_: &Path, _: &fs::Metadata) {}

/// Copies the file into the backup folder, readable by its owner alone, and returns the copy's path.
///
/// # Errors
/// The folder cannot be made or written to.
pub fn back_up(path: &Path, text: &str, now: OffsetDateTime) -> Result<PathBuf> {
    let folder = backup_folder();
    make_private_folder(&folder)
        .with_context(|| format!("cannot make the backup folder {}", folder.display()))?;
    let stem = backup_stem(path);
    let format =
        format_description!("[year][month][day]T[hour][minute][second].[subsecond digits:3]Z");
    let backup = folder.join(format!("{stem}.{}", now.format(&format)?));
    // A temporary file is private to its owner from the start.
    let mut file = tempfile::NamedTempFile::new_in(&folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(&backup)
        .with_context(|| format!("cannot write the backup {}", backup.display()))?;
    prune(&folder, &stem);
    Ok(backup)
}

/// Helm's data folder is the user's own; beside the override file a copy with credentials could end up in git.
fn backup_folder() -> PathBuf {
    let data = std::env::var_os("HELM_DATA_HOME")
        .filter(|folder| !folder.is_empty())
        .map_or_else(std::env::temp_dir, PathBuf::from);
    data.join("clearml-certs").join("backups")
}

/// Files of the same name in different folders do not share their backups.
fn backup_stem(path: &Path) -> String {
    let whole = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let digest = Sha256::digest(whole.as_os_str().as_encoded_bytes());
    let mark = digest
        .iter()
        .take(4)
        .fold(0u32, |mark, byte| mark << 8 | u32::from(*byte));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!("{name}.{mark:08x}")
}

#[cfg(unix)]
fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(not(unix))]
fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)
}

/// Failing to remove an old backup harms nobody.
fn prune(folder: &Path, stem: &str) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let prefix = format!("{stem}.");
    let mut backups: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .map(|entry| entry.path())
        .collect();
    backups.sort_unstable();
    let surplus = backups.len().saturating_sub(BACKUPS_KEPT);
    for old in backups.into_iter().take(surplus) {
        fs::remove_file(old).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_file_keeps_its_mode_and_a_link_stays_a_link() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().join("real.yaml");
        let link = folder.path().join("link.yaml");
        replace(&real, "a: 1\n").unwrap();
        fs::set_permissions(&real, Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("real.yaml", &link).unwrap();
        replace(&link, "a: 2\n").unwrap();
        assert_eq!(fs::read_to_string(&real).unwrap(), "a: 2\n");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(
            fs::metadata(&real).unwrap().permissions().mode() & 0o777,
            0o640
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_folder_in_the_way_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        fs::create_dir(&taken).unwrap();
        assert!(replace(&taken, "a: 1\n").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
