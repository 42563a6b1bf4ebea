//! The override file's part in carrying out a target: written before helm runs, put back where the release stayed.

use std::path::PathBuf;

use anyhow::Result;
use time::OffsetDateTime;

use crate::backups::Backups;
use crate::exit::Stop;
use crate::files;
use crate::interrupt;
use crate::plan::FileChange;

/// Where a failed upgrade leaves the override file.
#[derive(Debug)]
pub enum FileEnd {
    /// It is what it was.
    AsBefore,
    /// It has the new content, as its release has.
    Kept,
    /// Somebody else wrote to it while helm ran, so it was left alone.
    ChangedByOthers,
    /// It has the new content, and could not be put back.
    NotPutBack(anyhow::Error),
}

/// The edit as it is to be made now: where another target was to write the file and did not, this one does.
///
/// # Errors
/// The file cannot be read.
pub(super) fn as_it_stands(file: &FileChange) -> Result<FileChange> {
    let mut now = file.clone();
    if let Some(unwritten) = &file.unwritten
        && files::read(&file.path)? == *unwritten
    {
        now.before.clone_from(unwritten);
    }
    Ok(now)
}

/// Writes the override file, if it changes, and gives the place of its former content, where git does not have it.
///
/// # Errors
/// It changed since it was read, or cannot be written; it is as it was then.
pub fn write(file: &FileChange, backups: &Backups) -> Result<Option<PathBuf>> {
    interrupt::check()?;
    if files::read(&file.path)? != file.before {
        return Err(Stop::refused(format!(
            "{} was changed by somebody else since it was shown here; nothing was done. Run the command again",
            file.path.display()
        ))
        .into());
    }
    if !file.changes() {
        return Ok(None);
    }
    let now = OffsetDateTime::now_utc();
    let backup = match &file.before {
        Some(text) => backups.keep(&file.path, text, now)?,
        None => None,
    };
    if let Err(error) = files::replace(&file.path, &file.after) {
        // Nothing was written, so there is nothing to go back to.
        if let Some(backup) = backup {
            std::fs::remove_file(backup).ok();
        }
        return Err(error);
    }
    Ok(backup)
}

/// Puts the former content back, unless the file is no longer what was written. A copy that is not needed then is removed.
pub(super) fn put_back(file: &FileChange, backup: &mut Option<PathBuf>) -> FileEnd {
    if !file.changes() {
        return FileEnd::AsBefore;
    }
    match files::read(&file.path) {
        Ok(now) if now == file.before => {}
        Ok(now) if now.as_ref() != Some(&file.after) => return FileEnd::ChangedByOthers,
        Ok(_) => {
            let restored = match &file.before {
                Some(text) => files::replace(&file.path, text),
                None => std::fs::remove_file(&file.path).map_err(Into::into),
            };
            if let Err(error) = restored {
                return FileEnd::NotPutBack(error);
            }
        }
        Err(error) => return FileEnd::NotPutBack(error),
    }
    // A copy too many harms nobody.
    if let Some(backup) = backup.take() {
        std::fs::remove_file(backup).ok();
    }
    FileEnd::AsBefore
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(folder: &tempfile::TempDir, before: Option<&str>) -> (FileChange, Option<PathBuf>) {
        let path = folder.path().join("values.yaml");
        if let Some(text) = before {
            files::replace(&path, text).unwrap();
        }
        let file = FileChange {
            path,
            before: before.map(str::to_owned),
            after: "new\n".to_owned(),
            inside: None,
            unwritten: None,
        };
        let backups = Backups::into(Some(folder.path().to_path_buf()));
        let backup = write(&file, &backups).unwrap();
        assert_eq!(files::read(&file.path).unwrap().as_deref(), Some("new\n"));
        (file, backup)
    }

    #[test]
    fn a_file_goes_back_and_its_copy_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let (file, mut backup) = written(&folder, Some("old\n"));
        assert!(matches!(put_back(&file, &mut backup), FileEnd::AsBefore));
        assert_eq!(files::read(&file.path).unwrap().as_deref(), Some("old\n"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_changed_since_it_was_shown_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let backups = Backups::into(Some(folder.path().to_path_buf()));
        let path = folder.path().join("values.yaml");
        for (before, now) in [
            (Some("old\n"), "theirs\n"),
            (None, "theirs\n"),
            (Some("old\n"), "new\n"),
        ] {
            files::replace(&path, now).unwrap();
            let file = FileChange {
                path: path.clone(),
                before: before.map(str::to_owned),
                after: "new\n".to_owned(),
                inside: None,
                unwritten: None,
            };
            let error = write(&file, &backups).unwrap_err();
            assert!(error.to_string().contains("was changed by somebody else"));
            assert_eq!(files::read(&path).unwrap().as_deref(), Some(now));
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn who_shares_a_file_writes_it_where_the_first_did_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = FileChange {
            path: folder.path().join("values.yaml"),
            before: Some("new\n".to_owned()),
            after: "new\n".to_owned(),
            inside: None,
            unwritten: Some(Some("old\n".to_owned())),
        };
        files::replace(&file.path, "old\n").unwrap();
        let backups = Backups::into(Some(folder.path().to_path_buf()));
        let now = as_it_stands(&file).unwrap();
        assert!(write(&now, &backups).unwrap().is_some());
        assert_eq!(files::read(&file.path).unwrap().as_deref(), Some("new\n"));
        assert_eq!(
            write(&as_it_stands(&file).unwrap(), &backups).unwrap(),
            None
        );
        files::replace(&file.path, "theirs\n").unwrap();
        assert!(write(&as_it_stands(&file).unwrap(), &backups).is_err());
    }

    #[test]
    fn a_new_file_goes() {
        let folder = tempfile::tempdir().unwrap();
        let (file, mut backup) = written(&folder, None);
        assert!(matches!(put_back(&file, &mut backup), FileEnd::AsBefore));
        assert!(!file.path.exists());
    }

    #[test]
    fn what_somebody_else_wrote_meanwhile_stays_and_so_does_the_copy() {
        let folder = tempfile::tempdir().unwrap();
        let (file, mut backup) = written(&folder, Some("old\n"));
        files::replace(&file.path, "theirs\n").unwrap();
        assert!(matches!(
            put_back(&file, &mut backup),
            FileEnd::ChangedByOthers
        ));
        assert_eq!(
            files::read(&file.path).unwrap().as_deref(),
            Some("theirs\n")
        );
        assert!(backup.unwrap().exists());
    }

    #[test]
    fn a_file_that_cannot_be_put_back_is_told_and_its_copy_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (file, mut backup) = written(&folder, Some("old\n"));
        let mut permissions = std::fs::metadata(&file.path).unwrap().permissions();
        permissions.set_readonly(true);
        std::fs::set_permissions(&file.path, permissions).unwrap();
        assert!(matches!(
            put_back(&file, &mut backup),
            FileEnd::NotPutBack(_)
        ));
        assert!(backup.unwrap().exists());
    }
}
