//! Linux and macOS: rights and owners of files, signals, terminals.

use std::fs::{Metadata, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::ExitStatus;

use rustix::process::{Pid, Signal, kill_process};
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

/// Only root may give files away; for everybody else the owner is the same already.
pub(crate) fn keep_owner(path: &Path, before: &Metadata) {
    std::os::unix::fs::chown(path, Some(before.uid()), Some(before.gid())).ok();
}

/// The same rights, less what the rest of the world may do.
pub(crate) fn private(permissions: &Permissions) -> Permissions {
    Permissions::from_mode(permissions.mode() & !0o007)
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
        first.take(&file).unwrap();
        first.take(&folder.path().join("other.yaml")).unwrap();
        let second = || FolderLocks::default().take(&file);
        assert!(second().unwrap_err().to_string().contains("another"));
        drop(first);
        second().unwrap();
    }
}
