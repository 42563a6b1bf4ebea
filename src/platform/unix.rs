//! Linux and macOS: rights and owners of files, signals, terminals.

use std::ffi::OsStr;
use std::fs::{Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::ExitStatus;

use rustix::process::{Pid, Signal, getegid, geteuid, getgroups, kill_process};
use rustix::stdio::stdin;
use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcsetattr,
};

/// The command that makes a file writable.
pub(crate) const MAKES_WRITABLE: &str = "chmod u+w";

/// A temporary file that becomes a new file gets the mode that the umask leaves.
pub(crate) fn as_new_file(builder: &mut tempfile::Builder<'_, '_>) {
    builder.permissions(Permissions::from_mode(0o666));
}

/// Gives a file the owner and the group that another one has.
///
/// # Errors
/// Only root may give files away, and a group has to be one's own.
pub(crate) fn keep_owner(path: &Path, before: &Metadata) -> io::Result<()> {
    let now = std::fs::metadata(path)?;
    if (now.uid(), now.gid()) == (before.uid(), before.gid()) {
        return Ok(());
    }
    std::os::unix::fs::chown(path, Some(before.uid()), Some(before.gid()))
}

/// The owner of a file, or its group, where a file that replaces it could not be theirs.
pub(crate) fn foreign_owner(file: &Metadata) -> Option<String> {
    let me = geteuid();
    let groups = || {
        getgroups()
            .unwrap_or_default()
            .into_iter()
            .chain([getegid()])
    };
    if me.is_root() {
        None
    } else if me.as_raw() != file.uid() {
        Some(format!("another user ({})", file.uid()))
    } else if !groups().any(|group| group.as_raw() == file.gid()) {
        Some(format!("a group that is not yours ({})", file.gid()))
    } else {
        None
    }
}

/// Whether it is a pipe.
pub(crate) fn is_pipe(found: &Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&found.file_type())
}

/// The attribute in which Linux keeps an access list (acl(5)).
const ACCESS_LIST: &str = "system.posix_acl_access";

/// Gives a file the access list and the attributes that another one has, and no others.
///
/// # Errors
/// The system refuses one. Its own are its business: `security.` and `trusted.` of Linux, and what macOS notes of where a file is
/// from, which it lets nobody set.
pub(crate) fn keep_attributes(from: &Path, to: &Path) -> io::Result<()> {
    // A file system without attributes has none to keep.
    let Ok(names) = xattr::list(from) else {
        return Ok(());
    };
    let is_systems = |name: &OsStr| {
        let name = name.as_encoded_bytes();
        let of_macos = [
            "com.apple.provenance",
            "com.apple.macl",
            "com.apple.rootless",
        ];
        name.starts_with(b"security.")
            || name.starts_with(b"trusted.")
            || of_macos.iter().any(|one| one.as_bytes() == name)
    };
    for name in names.filter(|name| !is_systems(name)) {
        if let Some(value) = xattr::get(from, &name)? {
            xattr::set(to, &name, &value)?;
        }
    }
    // The folder may have given it one of its own.
    if !has_access_list(from) && has_access_list(to) {
        xattr::remove(to, ACCESS_LIST)?;
    }
    Ok(())
}

/// Whether a file has an access list: its mode's group bits mean something else then.
pub(crate) fn has_access_list(path: &Path) -> bool {
    matches!(xattr::get(path, ACCESS_LIST), Ok(Some(_)))
}

/// The same rights, less what the rest of the world may do, and without `group` what the group may.
pub(crate) fn private(permissions: &Permissions, group: bool) -> Permissions {
    let others = if group { 0o007 } else { 0o077 };
    Permissions::from_mode(permissions.mode() & !others)
}

/// Makes a folder, and those around it, that nobody else may look into.
pub(crate) fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

/// Whether files can be made in a folder, as far as the system tells beforehand.
pub(crate) fn may_write_in(folder: &Path) -> bool {
    rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_ok()
}

/// The signal that ended a process.
pub(crate) fn signal_of(status: ExitStatus) -> Option<i32> {
    status.signal()
}

/// Asks a process to end. It may have ended by itself.
pub(crate) fn ask_to_end(process: u32) {
    if let Some(process) = i32::try_from(process).ok().and_then(Pid::from_raw) {
        // A shell that runs us in the background lets children ignore SIGINT.
        kill_process(process, Signal::TERM).ok();
    }
}

/// Ends a process that does not heed being asked.
pub(crate) fn end_by_force(process: u32) {
    if let Some(process) = i32::try_from(process).ok().and_then(Pid::from_raw) {
        kill_process(process, Signal::KILL).ok();
    }
}

/// The process that started this one.
pub(crate) fn parent() -> u32 {
    std::os::unix::process::parent_id()
}

/// The prompts make the terminal raw for one key at a time. What is typed or pasted between two keys would be echoed, and a
/// Ctrl-C there would be a signal that no prompt sees. While this lives, neither is so.
pub(crate) struct QuietTerminal(Option<Termios>);

impl QuietTerminal {
    pub(crate) fn new() -> Self {
        let former = tcgetattr(stdin()).ok();
        if let Some(mut modes) = former.clone() {
            modes
                .local_modes
                .remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
            let _ = tcsetattr(stdin(), OptionalActions::Drain, &modes);
        }
        Self(former)
    }
}

/// Throws away what was typed and is not read yet.
pub(crate) fn drop_typed_ahead() {
    let _ = tcflush(stdin(), QueueSelector::IFlush);
}

impl Drop for QuietTerminal {
    fn drop(&mut self) {
        if let Some(modes) = &self.0 {
            let _ = tcsetattr(stdin(), OptionalActions::Drain, modes);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use time::OffsetDateTime;

    use rustix::fs::{CWD, Mode, mkfifoat};

    use super::*;
    use crate::files::{FolderLocks, back_up, replace};

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn a_replaced_file_keeps_its_mode_and_a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().join("real.yaml");
        let link = folder.path().join("link.yaml");
        replace(&real, "a: 1\n").unwrap();
        fs::set_permissions(&real, Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("real.yaml", &link).unwrap();
        replace(&link, "a: 2\n").unwrap();
        assert_eq!(fs::read_to_string(&real).unwrap(), "a: 2\n");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(mode(&real), 0o640);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_backup_has_the_files_mode_less_the_worlds() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("values.yaml");
        replace(&file, "a: 1\n").unwrap();
        for (own, expected) in [(0o644, 0o640), (0o600, 0o600), (0o660, 0o660)] {
            fs::set_permissions(&file, Permissions::from_mode(own)).unwrap();
            let now = OffsetDateTime::now_utc();
            let backup = back_up(&file, "a: 1\n", folder.path(), "values.yaml", now).unwrap();
            assert_eq!(mode(&backup), expected);
            fs::remove_file(backup).unwrap();
        }
    }

    #[test]
    fn a_second_run_in_the_folder_is_refused_until_the_first_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("values.yaml");
        let mut first = FolderLocks::default();
        assert!(first.take(&file));
        assert!(first.take(&folder.path().join("other.yaml")));
        let second = || FolderLocks::default().take(&file);
        assert!(!second());
        // A link from elsewhere leads to the same file.
        let elsewhere = tempfile::tempdir().unwrap();
        let link = elsewhere.path().join("link.yaml");
        replace(&file, "a: 1\n").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(!FolderLocks::default().take(&link));
        drop(first);
        assert!(second());
    }

    #[test]
    fn what_is_no_regular_file_is_neither_read_nor_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        mkfifoat(CWD, &pipe, Mode::from_raw_mode(0o600)).unwrap();
        let dangling = folder.path().join("dangling");
        std::os::unix::fs::symlink("nowhere", &dangling).unwrap();
        for (path, why) in [
            (pipe.as_path(), "is a device or a pipe"),
            (Path::new("/dev/null"), "is a device or a pipe"),
            (
                dangling.as_path(),
                "is a link to nowhere, which is not there",
            ),
            (folder.path(), "is a folder"),
        ] {
            for error in [
                crate::files::read(path).unwrap_err(),
                replace(path, "a: 1\n").unwrap_err(),
            ] {
                assert!(error.to_string().contains(why), "{error}");
            }
            assert!(crate::files::obstacle(path).unwrap().contains(why));
        }
        let refused = crate::files::read_for_helm(&pipe).unwrap_err();
        assert!(
            refused.to_string().contains("can be read only once"),
            "{refused}"
        );
        let null = crate::files::read_for_helm(Path::new("/dev/null"));
        assert_eq!(null.unwrap(), None, "as often as one likes");
        assert!(fs::symlink_metadata(&dangling).unwrap().is_symlink());
    }

    #[test]
    fn a_replaced_file_keeps_its_attributes_and_its_access_list() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("values.yaml");
        replace(&file, "a: 1\n").unwrap();
        // Read and write for the owner and for one other user, nothing for the group, and the mask that this gives.
        let entries: [(u16, u16, u32); 5] = [
            (1, 6, !0),
            (2, 6, 12345),
            (4, 0, !0),
            (16, 6, !0),
            (32, 0, !0),
        ];
        let mut list = 2u32.to_le_bytes().to_vec();
        for (tag, rights, id) in entries {
            list.extend(
                [
                    &tag.to_le_bytes()[..],
                    &rights.to_le_bytes(),
                    &id.to_le_bytes(),
                ]
                .concat(),
            );
        }
        let attributes = [("user.note", b"ours".to_vec()), (ACCESS_LIST, list)];
        for (name, value) in &attributes {
            if xattr::set(&file, name, value).is_err() {
                eprintln!("no {name} on this file system: skipped");
                return;
            }
        }
        replace(&file, "a: 2\n").unwrap();
        for (name, value) in &attributes {
            assert_eq!(
                xattr::get(&file, name).unwrap().as_ref(),
                Some(value),
                "{name}"
            );
        }
        assert_eq!(mode(&file), 0o660);
        let now = OffsetDateTime::now_utc();
        let backup = back_up(&file, "a: 1\n", folder.path(), "values.yaml", now).unwrap();
        assert_eq!(
            mode(&backup),
            0o600,
            "the group may not read the file itself"
        );
    }
}
