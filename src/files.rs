//! The user's files: replaced whole or not at all, with a copy of what was there.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::exit::Stop;
use crate::platform;

/// Backups of one file that stay beside a new one; older ones are removed.
const BACKUPS_KEPT: usize = 5;
const BACKUP_SUFFIX: &str = ".bak";
const TEMPORARY_PREFIX: &str = ".clearml-certs-";

/// The largest text file that is read. A release has to fit into a Secret of 1 MiB, so no values file comes near; an edit and its
/// preview hold some twenty copies.
const LARGEST: u64 = 8 * 1024 * 1024;

/// Reads a text file; `None` where it does not exist.
///
/// # Errors
/// It exists but cannot be read, is not UTF-8, or is no regular file: a pipe, say, which can be read only once.
pub fn read(path: &Path) -> Result<Option<String>> {
    if let Some(why) = unusual(path) {
        bail!(why);
    }
    match fs::read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(error) => Err(not_utf8(path, error.as_bytes()).into()),
        },
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// What encoding a file has instead, as far as it tells, and how it becomes UTF-8.
fn not_utf8(path: &Path, bytes: &[u8]) -> Stop {
    let shown = path.display();
    let encoding = match bytes {
        [0xFF, 0xFE, ..] => Some("UTF-16LE"),
        [0xFE, 0xFF, ..] => Some("UTF-16BE"),
        _ => None,
    };
    Stop::refused(match encoding {
        Some(encoding) => format!(
            "{shown} is {encoding}, as PowerShell's > writes it, and not every Helm reads that. Write it as UTF-8: iconv -f UTF-16 -t UTF-8 {shown} > NEW, or Set-Content -Encoding utf8 [not-utf8]"
        ),
        None => format!(
            "{shown} is not UTF-8 text, which Helm reads alone. Save it as UTF-8 [not-utf8]"
        ),
    })
}

/// What a regular file holds that helm reads by itself; `None` for what is none, or is not there.
///
/// # Errors
/// It is a pipe: helm reads it for the preview, and finds nothing in it for the upgrade.
pub fn read_for_helm(path: &Path) -> Result<Option<Vec<u8>>> {
    let Ok(found) = fs::metadata(path) else {
        return Ok(None);
    };
    if platform::is_pipe(&found) {
        bail!(Stop::refused(format!(
            "{} is a pipe, which can be read only once, and helm reads it for the preview and for the upgrade: write what it gives to a file, and name that",
            path.display()
        )));
    }
    Ok(if found.is_file() {
        fs::read(path).ok()
    } else {
        None
    })
}

/// Why something is neither a regular file nor nothing at all.
fn unusual(path: &Path) -> Option<String> {
    let shown = path.display();
    match (fs::metadata(path), fs::symlink_metadata(path)) {
        (Ok(found), _) if found.is_file() && found.len() > LARGEST => Some(format!(
            "{shown} has {} MiB, which is more than any release of Helm can hold",
            found.len() / 1024 / 1024
        )),
        (Ok(found), _) if found.is_file() => None,
        (Ok(found), _) if found.is_dir() => Some(format!("{shown} is a folder, and no file")),
        (Ok(_), _) => Some(format!(
            "{shown} is a device or a pipe, and no file: helm reads it once more, and it cannot be edited. Write what it gives to a file, and name that"
        )),
        // The link is there, and what it leads to is not.
        (Err(_), Ok(found)) if found.is_symlink() => Some(format!(
            "{shown} is a link to {}, which is not there",
            fs::read_link(path).unwrap_or_default().display()
        )),
        (Err(_), _) => None,
    }
}

/// Replaces the file's content in one step: whoever reads it sees the old file or the new one, whole.
///
/// Follows a symbolic link to the file itself, and keeps mode, owner, group, access list and attributes. A new file gets the mode
/// that the umask leaves.
///
/// # Errors
/// It is no regular file, the folder cannot be written to, or what the file has beside its content cannot be kept; it is as it
/// was.
pub fn replace(path: &Path, text: &str) -> Result<()> {
    if let Some(why) = unusual(path) {
        bail!(why);
    }
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let before = fs::metadata(&target).ok();
    // A rename would get past the file's own mode, which says that it is not to be written.
    if before
        .as_ref()
        .is_some_and(|before| before.permissions().readonly())
    {
        bail!(
            "{} is read-only; it is as it was. Make it writable first ({}), or name another file",
            path.display(),
            platform::MAKES_WRITABLE
        );
    }
    write_whole(&target, text, before.as_ref(), false)
        .with_context(|| format!("cannot write {}; it is as it was", path.display()))
}

/// Why a file could not be replaced, as far as that can be told without trying.
#[must_use]
pub fn obstacle(path: &Path) -> Option<String> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let folder = folder_of(&target);
    let before = fs::metadata(&target).ok();
    if let Some(why) = unusual(path) {
        Some(why)
    } else if before
        .as_ref()
        .is_some_and(|file| file.permissions().readonly())
    {
        Some(format!("{} is read-only", path.display()))
    } else if let Some(owner) = before.as_ref().and_then(platform::foreign_owner) {
        Some(format!(
            "{} belongs to {owner}, and would be yours once it is replaced",
            path.display()
        ))
    } else if !folder.exists() {
        Some(format!("there is no folder {}", folder.display()))
    } else if !platform::may_write_in(folder) {
        Some(format!(
            "the folder {} cannot be written to, so {} cannot be replaced",
            folder.display(),
            path.display()
        ))
    } else {
        None
    }
}

/// Writes a new file that nobody but its owner may read: it holds credentials.
///
/// # Errors
/// It is there already, or the folder cannot be written to.
pub fn write_private(path: &Path, text: &str) -> Result<()> {
    if path.symlink_metadata().is_ok() {
        bail!("{} is there already", path.display());
    }
    write_whole(path, text, None, true).with_context(|| format!("cannot write {}", path.display()))
}

fn write_whole(
    target: &Path,
    text: &str,
    before: Option<&fs::Metadata>,
    is_private: bool,
) -> Result<()> {
    let folder = folder_of(target);
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY_PREFIX);
    if before.is_none() && !is_private {
        platform::as_new_file(&mut builder);
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    if let Some(before) = before {
        platform::keep_owner(file.path(), before)?;
        platform::keep_attributes(target, file.path())?;
        file.as_file().set_permissions(before.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(target)?;
    // The rename itself lasts only once the folder is on disk.
    if let Ok(folder) = fs::File::open(folder) {
        folder.sync_all().ok();
    }
    Ok(())
}

/// Copies the file's content into `folder`, as `NAME.20260131T120000.000Z.bak`, and returns the copy's path. Its mode is the
/// file's own, less what the rest of the world may do: the content holds credentials.
///
/// # Errors
/// The folder cannot be written to.
pub fn back_up(
    path: &Path,
    text: &str,
    folder: &Path,
    name: &str,
    now: OffsetDateTime,
) -> Result<PathBuf> {
    let format =
        format_description!("[year][month][day]T[hour][minute][second].[subsecond digits:3]Z");
    let backup = folder.join(format!("{name}.{}{BACKUP_SUFFIX}", now.format(&format)?));
    // Before there is a new one: it must not go whatever the clock says, and if it is not needed after all, the others stay.
    prune(folder, name);
    write_backup(path, folder, &backup, text)
        .with_context(|| format!("cannot write the backup {}", backup.display()))?;
    Ok(backup)
}

fn write_backup(path: &Path, folder: &Path, backup: &Path, text: &str) -> Result<()> {
    let before = fs::metadata(path)?;
    let mut file = tempfile::Builder::new()
        .prefix(TEMPORARY_PREFIX)
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    // Where the group cannot be kept, or an access list says more than the mode, only the owner reads the copy.
    let keeps_group =
        platform::keep_owner(file.path(), &before).is_ok() && !platform::has_access_list(path);
    file.as_file()
        .set_permissions(platform::private(&before.permissions(), keeps_group))?;
    file.as_file().sync_all()?;
    file.persist(backup)?;
    Ok(())
}

/// Failing to remove an old backup harms nobody.
fn prune(folder: &Path, name: &str) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let prefix = format!("{name}.");
    let mut backups: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .filter(|entry| {
            let found = entry.file_name();
            let found = found.to_string_lossy();
            let stamp = found
                .strip_prefix(&prefix)
                .and_then(|rest| rest.strip_suffix(BACKUP_SUFFIX));
            stamp.is_some_and(|stamp| stamp.len() == 20 && stamp.ends_with('Z'))
        })
        .map(|entry| entry.path())
        .collect();
    backups.sort_unstable();
    let surplus = backups.len().saturating_sub(BACKUPS_KEPT);
    for old in backups.into_iter().take(surplus) {
        fs::remove_file(old).ok();
    }
}

/// Held while files of a folder are edited: a second run there waits instead of overwriting the first one's work.
///
/// The lock is the open folder itself, so nothing is left behind however the run ends.
#[derive(Debug, Default)]
pub struct FolderLocks {
    held: BTreeMap<PathBuf, Option<fs::File>>,
}

impl FolderLocks {
    /// Locks the folder of `path`, once; false where another run holds it.
    #[must_use]
    pub fn take(&mut self, path: &Path) -> bool {
        // Links in two folders may lead to one file.
        let real = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let folder = folder_of(&real);
        let folder = folder
            .canonicalize()
            .unwrap_or_else(|_| folder.to_path_buf());
        if self.held.contains_key(&folder) {
            return true;
        }
        // Where a folder cannot be opened (Windows), or its file system has no locks (some NFS), the check of the content
        // just before the write still stands.
        let file = fs::File::open(&folder).ok();
        if let Some(Err(fs::TryLockError::WouldBlock)) = file.as_ref().map(fs::File::try_lock) {
            return false;
        }
        self.held.insert(folder, file);
        true
    }
}

/// The file that a path leads to, however it is written.
#[must_use]
pub fn place_of(path: &Path) -> PathBuf {
    let known = path.canonicalize().or_else(|_| std::path::absolute(path));
    known.unwrap_or_else(|_| path.to_path_buf())
}

/// What a folder holds, the current one where its path is empty; nothing where it cannot be read.
pub fn entries(folder: &Path) -> impl Iterator<Item = fs::DirEntry> {
    let looked_in = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    fs::read_dir(looked_in).into_iter().flatten().flatten()
}

/// The folder that a file is in.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_only_file_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("values.yaml");
        replace(&file, "a: 1\n").unwrap();
        let mut permissions = fs::metadata(&file).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&file, permissions).unwrap();
        assert!(
            replace(&file, "a: 2\n")
                .unwrap_err()
                .to_string()
                .contains("read-only")
        );
        assert_eq!(fs::read_to_string(&file).unwrap(), "a: 1\n");
    }

    #[test]
    fn a_replaced_file_has_the_new_text_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("values.yaml");
        replace(&file, "a: 1\n").unwrap();
        replace(&file, "a: 2\n").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "a: 2\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn few_backups_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("values.yaml");
        replace(&file, "a: 1\n").unwrap();
        for seconds in 0..10 {
            let now = OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(seconds);
            back_up(&file, "a: 1\n", folder.path(), "values.yaml", now).unwrap();
        }
        // The file itself, those that are kept, and the newest.
        let left = || fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left(), 1 + BACKUPS_KEPT + 1);
        let there = |seconds: &str| {
            let name = format!("values.yaml.{seconds}.000Z.bak");
            folder.path().join(name).exists()
        };
        assert!(there("19700101T000009"));
        // A clock that was set back makes nothing of a new one's age.
        let long_ago = OffsetDateTime::UNIX_EPOCH - time::Duration::days(1);
        back_up(&file, "a: 1\n", folder.path(), "values.yaml", long_ago).unwrap();
        assert!(there("19691231T000000"));
        assert_eq!(left(), 1 + BACKUPS_KEPT + 1);
    }

    #[test]
    fn copies_that_are_not_ours_are_not_pruned() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("values.yaml");
        replace(&file, "a: 1\n").unwrap();
        // Whatever a user may call his own, early and late in the alphabet.
        let theirs = [
            "0.bak",
            "mine.bak",
            "19700101.bak",
            "20000101T000000.000X.bak",
            "19700101T000000.000Z.orig",
        ];
        let theirs = theirs.map(|ending| folder.path().join(format!("values.yaml.{ending}")));
        for copy in &theirs {
            replace(copy, "theirs").unwrap();
        }
        for seconds in 0..10 {
            let now = OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(seconds);
            back_up(&file, "a: 1\n", folder.path(), "values.yaml", now).unwrap();
        }
        assert!(theirs.iter().all(|copy| copy.exists()));
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
